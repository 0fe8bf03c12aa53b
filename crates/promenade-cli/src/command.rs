//! The built-in commands, a file each.

mod audit;
mod changelog;
mod channels;
mod definitions;
mod demo;
mod digest;
mod edit;
mod ledger;
mod manifest;
mod status;
mod tags;
mod verdict;
mod version;

use crate::{CliError, Context, Report};

/// A built-in command.
#[derive(Clone, Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Compares the history of a repository with its process
    Audit(audit::AuditArgs),
    /// Lossless edits of a changelog
    Changelog(changelog::ChangelogArgs),
    /// Channels: which names move where, which do not, and why
    Channels(channels::ChannelsArgs),
    /// Environment definitions: their lint, and pins set by an edit of one line
    Definitions(definitions::DefinitionsArgs),
    /// Shows a whole life cycle in a throw-away repository
    Demo(demo::DemoArgs),
    /// Digests of files and directories, and checks of checksum files
    Digest(digest::DigestArgs),
    /// Says everything that holds the next step of an environment, and who or when clears it
    Explain(status::ExplainArgs),
    /// The ledger: its story, its verification, and how it is shared
    Ledger(ledger::LedgerArgs),
    /// The files that name the version: whether they agree, and the edit that changes it
    Manifest(manifest::ManifestArgs),
    /// Draws the board: environments and versions, channels, what is owed
    Status(status::StatusArgs),
    /// Every tag: its class, version, object, signature and findings
    Tags(tags::TagsArgs),
    /// Versions: the current one, the next one, how a text reads
    Version(version::VersionArgs),
}

impl Command {
    pub(crate) fn run(&self, context: &Context) -> Result<Report, CliError> {
        match self {
            Self::Audit(args) => audit::run(args, context),
            Self::Changelog(args) => changelog::run(args, context),
            Self::Channels(args) => channels::run(args, context),
            Self::Definitions(args) => definitions::run(args, context),
            Self::Demo(args) => demo::run(args, context),
            Self::Digest(args) => digest::run(args, context),
            Self::Explain(args) => status::explain(args, context),
            Self::Ledger(args) => ledger::run(args, context),
            Self::Manifest(args) => manifest::run(args, context),
            Self::Status(args) => status::status(args, context),
            Self::Tags(args) => tags::run(args, context),
            Self::Version(args) => version::run(args, context),
        }
    }
}
