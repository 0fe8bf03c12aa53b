//! `audit`: the history of a repository against its process.

mod gather;
mod text;

use std::path::PathBuf;

use promenade::process::audit::{Audit, Auditor, Baseline, Finding, RuleId, Severity};
use serde_json::{Value, json};

use super::verdict::KeyringArgs;
use crate::context::{Format, git_error};
use crate::{CliError, Context, Exit, Report};

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct AuditArgs {
    /// The least severity that is listed; the summary counts all
    #[arg(long, value_enum, default_value_t = Least::Note)]
    least: Least,
    /// Findings that are known: only others count
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Writes every finding of this run to the file of `--baseline`
    #[arg(long, requires = "baseline")]
    write_baseline: bool,
    /// Only what was made after this revision: findings on commits that it does not reach
    #[arg(long, value_name = "REV")]
    since: Option<String>,
    /// The branch or ref whose history is audited, instead of the main branch of the process
    #[arg(long, value_name = "REF")]
    branch: Option<String>,
    /// The repository of something that definitions pin, so that pins are compared with its tags
    #[arg(long, value_name = "NAME=DIR")]
    upstream: Vec<String>,
    /// Prints the page of all rules, and audits nothing
    #[arg(long)]
    rules: bool,
    #[command(flatten)]
    keys: KeyringArgs,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Least {
    Note,
    Warning,
    Error,
}

impl Least {
    fn severity(self) -> Severity {
        match self {
            Self::Note => Severity::Note,
            Self::Warning => Severity::Warning,
            Self::Error => Severity::Error,
        }
    }
}

pub(crate) fn run(args: &AuditArgs, context: &Context) -> Result<Report, CliError> {
    if args.rules {
        return Ok(rules());
    }
    let process = context.process()?;
    let repository = context.repository()?;
    // An empty repository has no history either, and says so.
    repository.head().map_err(git_error)?;
    let archive = promenade::git::Archive::new(&repository);
    let mut auditor = Auditor::new(&process, &archive)
        .signatures(gather::signatures(
            &args.keys,
            &repository,
            &archive,
            &process,
            context,
        )?)
        .ledger(gather::ledger(&repository, context)?);
    auditor = match &args.branch {
        Some(branch) => auditor.branch(branch),
        None => match gather::missing_main(&repository, &process)? {
            Some(instead) => auditor.branch_instead(instead),
            None => auditor,
        },
    };
    for upstream in &args.upstream {
        let (name, tags) = gather::upstream(upstream)?;
        auditor = auditor.upstream(name, tags);
    }
    let progress = gather::Bar::new(context);
    let audit = auditor
        .run(&mut |step| progress.step(step))
        .map_err(CliError::world)?;
    progress.end();
    let baseline = baseline(args, &audit, context)?;
    let listed = listed(args, &audit, &archive)?;
    let new: Vec<bool> = listed
        .iter()
        .map(|finding| baseline.as_ref().is_none_or(|known| !known.knows(finding)))
        .collect();
    let faults = listed
        .iter()
        .zip(&new)
        .any(|(finding, new)| *new && finding.severity > Severity::Note);
    // Notes are facts of the history, not faults; neither is what is known.
    let exit = if faults { Exit::Held } else { Exit::Done };
    let json = match context.global.format {
        Format::Sarif => {
            let shown: Audit = listed.iter().map(|finding| (*finding).clone()).collect();
            return Ok(Report::bare(shown.to_sarif(Severity::Note, baseline.as_ref())).exit(exit));
        }
        Format::Json | Format::Text => object(&audit, &listed, &new, baseline.as_ref()),
    };
    let gone = baseline.as_ref().map_or(0, |known| known.gone(&audit));
    let text = text::render(process.name(), &audit, &listed, &new, gone);
    Ok(Report::new("promenade.audit/1", json, text).exit(exit))
}

fn rules() -> Report {
    let rules: Vec<_> = RuleId::ALL
        .into_iter()
        .map(|rule| {
            json!({
                "rule": rule.id(),
                "area": rule.area(),
                "severity": rule.severity().name(),
                "about": rule.about(),
                "remedy": rule.remedy(),
            })
        })
        .collect();
    Report::new(
        "promenade.audit-rules/1",
        json!({ "rules": rules }),
        RuleId::pages(),
    )
}

/// Reads the baseline, or writes it first.
fn baseline(
    args: &AuditArgs,
    audit: &Audit,
    context: &Context,
) -> Result<Option<Baseline>, CliError> {
    let Some(path) = &args.baseline else {
        return Ok(None);
    };
    if args.write_baseline {
        let baseline = Baseline::of(audit);
        std::fs::write(path, baseline.to_text()).map_err(|error| {
            CliError::world(format!("cannot write `{}`: {error}", path.display()))
        })?;
        return Ok(Some(baseline));
    }
    let text = String::from_utf8(context.read(path)?).map_err(CliError::input)?;
    let parsed = Baseline::parse(&text);
    let named = |error| CliError::input(format!("{}: {error}", path.display()));
    parsed.map(Some).map_err(named)
}

/// The findings to list: of the severity asked for, and on commits that `--since` does not reach.
fn listed<'a>(
    args: &AuditArgs,
    audit: &'a Audit,
    archive: &promenade::git::Archive,
) -> Result<Vec<&'a Finding>, CliError> {
    let least = args.least.severity();
    let findings: Vec<_> = audit
        .findings()
        .filter(|finding| finding.severity >= least)
        .collect();
    let Some(since) = &args.since else {
        return Ok(findings);
    };
    let commits: Vec<&str> = findings
        .iter()
        .map(|finding| finding.commit.as_deref().unwrap_or_default())
        .collect();
    let reached = archive.reached(since, &commits).map_err(CliError::input)?;
    let kept = findings.into_iter().zip(reached);
    Ok(kept
        .filter(|(_, reached)| !reached)
        .map(|(finding, _)| finding)
        .collect())
}

fn object(audit: &Audit, listed: &[&Finding], new: &[bool], baseline: Option<&Baseline>) -> Value {
    let findings: Vec<_> = listed
        .iter()
        .zip(new)
        .map(|(finding, new)| {
            let excerpt = finding.excerpt.as_ref();
            json!({
                "rule": finding.rule.id(),
                "severity": finding.severity.name(),
                "subject": finding.subject,
                "commit": finding.commit,
                "message": finding.message,
                "remedy": finding.remedy,
                "file": excerpt.map(|excerpt| &excerpt.path),
                "line": excerpt.map(|excerpt| excerpt.line),
                "known": baseline.map(|_| !new),
            })
        })
        .collect();
    json!({ "findings": findings, "summary": audit.summary() })
}
