//! `version`: the current version, the next one, how a text reads.

use std::fmt::Write as _;

use promenade::version::{Meaning, Scheme};
use serde_json::json;

use crate::{CliError, Context, Exit, Report};

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct VersionArgs {
    #[command(subcommand)]
    command: VersionCommand,
}

#[derive(Clone, Debug, clap::Subcommand)]
enum VersionCommand {
    /// Reads version texts and says what each means
    Parse {
        /// The texts
        #[arg(required = true)]
        texts: Vec<String>,
    },
}

pub(crate) fn run(args: &VersionArgs, _context: &Context) -> Result<Report, CliError> {
    match &args.command {
        VersionCommand::Parse { texts } => Ok(parse(texts, &Scheme::semver())),
    }
}

fn parse(texts: &[String], scheme: &Scheme) -> Report {
    let mut lines = String::new();
    let mut exit = Exit::Done;
    let versions: Vec<_> = texts
        .iter()
        .map(|text| match scheme.parse(text) {
            Ok(version) => {
                let meaning = meaning(scheme.meaning(&version));
                // Writing to a string cannot fail.
                let _ = writeln!(lines, "{text}: {meaning}, {version}");
                json!({
                    "text": text, "scheme": scheme.name(), "semver": version.to_string(),
                    "meaning": meaning, "error": null,
                })
            }
            Err(error) => {
                exit = Exit::Input;
                let _ = writeln!(lines, "{text}: {error}");
                json!({
                    "text": text, "scheme": scheme.name(), "semver": null, "meaning": null,
                    "error": error.to_string(),
                })
            }
        })
        .collect();
    Report::new(
        "promenade.version-parse/1",
        json!({ "versions": versions }),
        lines,
    )
    .exit(exit)
}

fn meaning(meaning: Meaning) -> &'static str {
    match meaning {
        Meaning::Release => "release",
        Meaning::Candidate => "candidate",
        Meaning::StableSuffix => "stable-suffix",
        Meaning::Manifest => "manifest",
    }
}
