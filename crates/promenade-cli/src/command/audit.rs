//! `audit`: the history of a repository against its process.

use std::fmt::Write as _;

use promenade::process::audit::{self, Severity};
use serde_json::json;

use crate::context::git_error;
use crate::{CliError, Context, Exit, Report};

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct AuditArgs {
    /// The least severity that is listed; the summary counts all
    #[arg(long, value_enum, default_value_t = Least::Note)]
    least: Least,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Least {
    Note,
    Warning,
    Error,
}

pub(crate) fn run(args: &AuditArgs, context: &Context) -> Result<Report, CliError> {
    let process = context.process()?;
    let repository = context.repository()?;
    repository.require_history().map_err(git_error)?;
    // An empty repository has no history either, and says so.
    repository.head().map_err(git_error)?;
    let tags = repository.tags().map_err(git_error)?;
    let audit = audit::tags(&process, &tags);
    let least = match args.least {
        Least::Note => Severity::Note,
        Least::Warning => Severity::Warning,
        Least::Error => Severity::Error,
    };
    let listed: Vec<_> = audit
        .findings()
        .filter(|finding| finding.severity >= least)
        .collect();
    let mut text = String::new();
    for finding in &listed {
        let (severity, rule) = (finding.severity, finding.rule);
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "{severity:<7} {} {} [{rule}]",
            finding.subject, finding.message
        );
    }
    let _ = writeln!(
        text,
        "\n{}: {} findings",
        process.name(),
        audit.findings().len()
    );
    for (what, count) in audit.summary() {
        let _ = writeln!(text, "  {count:>5} {what}");
    }
    let findings: Vec<_> = listed
        .iter()
        .map(|finding| {
            json!({
                "rule": finding.rule,
                "severity": finding.severity.to_string(),
                "subject": finding.subject,
                "commit": finding.commit,
                "message": finding.message,
                "remedy": finding.remedy,
            })
        })
        .collect();
    let json = json!({ "findings": findings, "summary": audit.summary() });
    let report = Report::new("promenade.audit/1", json, text);
    // Notes are facts of the history, not faults.
    let faults = audit.count_from(Severity::Warning) > 0;
    Ok(if faults {
        report.exit(Exit::Held)
    } else {
        report
    })
}
