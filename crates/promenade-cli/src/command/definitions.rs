//! `definitions`: the lint of environment definitions, and pins set by an edit of one line.

use std::path::PathBuf;

use promenade::manifest::definitions::{
    DefinitionFinding, DefinitionPolicy, Definitions, Pin, Severity,
};
use promenade::manifest::fs::Directory;
use serde_json::{Value, json};

use super::edit::{self, Outcome};
use crate::{CliError, Context, Exit, Report};

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct DefinitionsArgs {
    #[command(subcommand)]
    command: DefinitionsCommand,
}

#[derive(Clone, Debug, clap::Subcommand)]
enum DefinitionsCommand {
    /// Says what the operator would refuse, and the mistakes that it would not see
    Lint {
        /// The directory that holds the folders of definitions; by default that of `--repo`,
        /// or the root of the repository whose process it is
        dir: Option<PathBuf>,
        /// The environment they are deployed to; `branch` may stand in a test environment only
        #[arg(long, value_name = "NAME")]
        environment: Option<String>,
    },
    /// Sets what is deployed, by an edit of one line
    Set {
        /// The image, or the repository of what has none
        name: String,
        /// A release (`v1.2.3`), a branch (`branch:NAME`), or `suspend`
        pin: Pin,
        /// Write the file
        #[arg(long)]
        execute: bool,
    },
}

pub(crate) fn run(args: &DefinitionsArgs, context: &Context) -> Result<Report, CliError> {
    let policy = policy(context)?;
    match &args.command {
        DefinitionsCommand::Lint { dir, environment } => {
            let dir = dir.clone().unwrap_or_else(|| context.base());
            let tree = Directory::open(dir).map_err(CliError::input)?;
            let definitions = Definitions::read(&tree, &policy).map_err(CliError::input)?;
            Ok(lint(&definitions, environment.as_deref()))
        }
        DefinitionsCommand::Set { name, pin, execute } => {
            let tree = Directory::open(context.base()).map_err(CliError::input)?;
            let definitions = Definitions::read(&tree, &policy).map_err(CliError::input)?;
            let planned = definitions.set(name, pin).map_err(CliError::input)?;
            let fields = json!({ "name": name, "pin": pin.to_string() });
            edit::report(
                &Outcome {
                    schema: "promenade.definitions-set/1",
                    fields,
                    summary: format!("{name}: {pin}\n"),
                    files: &[planned],
                },
                &tree,
                *execute,
            )
        }
    }
}

/// Returns the policy of a process that is named or stands there, else that of Kayron.
fn policy(context: &Context) -> Result<DefinitionPolicy, CliError> {
    let named = match context.names_process() {
        true => context.process()?.definitions().cloned(),
        false => None,
    };
    Ok(named.unwrap_or_else(DefinitionPolicy::kayron))
}

fn lint(definitions: &Definitions, environment: Option<&str>) -> Report {
    let findings = definitions.lint(environment);
    let count = definitions.entries().len();
    let mut text: String = findings
        .iter()
        .map(|finding| format!("{finding}\n"))
        .collect();
    if findings.is_empty() {
        text = format!("{count} definitions, no findings\n");
    }
    let held = findings
        .iter()
        .any(|finding| finding.severity > Severity::Note);
    let objects: Vec<_> = findings.iter().map(object).collect();
    Report::new(
        "promenade.definitions-lint/1",
        json!({ "definitions": count, "clean": !held, "findings": objects }),
        text,
    )
    .exit(if held { Exit::Held } else { Exit::Done })
}

fn object(finding: &DefinitionFinding) -> Value {
    json!({
        "rule": finding.rule.id(),
        "severity": finding.severity.to_string(),
        "file": finding.file,
        "index": finding.index,
        "line": finding.position.map(|position| position.line()),
        "column": finding.position.map(|position| position.column()),
        "message": finding.message,
    })
}
