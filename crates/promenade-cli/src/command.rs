//! The built-in commands, a file each.

mod changelog;
mod channels;
mod definitions;
mod digest;
mod edit;
mod manifest;
mod tags;
mod version;

use crate::{CliError, Context, Report};

/// A built-in command.
#[derive(Clone, Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Lossless edits of a changelog
    Changelog(changelog::ChangelogArgs),
    /// Channels: which names move where, which do not, and why
    Channels(channels::ChannelsArgs),
    /// Environment definitions: their lint, and pins set by an edit of one line
    Definitions(definitions::DefinitionsArgs),
    /// Digests of files and directories, and checks of checksum files
    Digest(digest::DigestArgs),
    /// The files that name the version: whether they agree, and the edit that changes it
    Manifest(manifest::ManifestArgs),
    /// Tags: class, component, version, object, signature, findings
    Tags(tags::TagsArgs),
    /// Versions: the current one, the next one, how a text reads
    Version(version::VersionArgs),
}

impl Command {
    pub(crate) fn run(&self, context: &Context) -> Result<Report, CliError> {
        match self {
            Self::Channels(args) => channels::run(args, context),
            Self::Definitions(args) => definitions::run(args, context),
            Self::Changelog(args) => changelog::run(args, context),
            Self::Digest(args) => digest::run(args, context),
            Self::Manifest(args) => manifest::run(args, context),
            Self::Tags(args) => tags::run(args, context),
            Self::Version(args) => version::run(args, context),
        }
    }
}
