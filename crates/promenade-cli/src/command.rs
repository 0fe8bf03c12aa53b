//! The built-in commands, a file each.

mod digest;
mod version;

use crate::{CliError, Context, Report};

/// A built-in command.
#[derive(Clone, Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Digests of files and directories, and checks of checksum files
    Digest(digest::DigestArgs),
    /// Versions: the current one, the next one, how a text reads
    Version(version::VersionArgs),
}

impl Command {
    pub(crate) fn run(&self, context: &Context) -> Result<Report, CliError> {
        match self {
            Self::Digest(args) => digest::run(args, context),
            Self::Version(args) => version::run(args, context),
        }
    }
}
