//! `ledger adopt`: the tags of a repository become the first event of its ledger.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use chrono::Utc;
use promenade::digest::Digest;
use promenade::process::Process;
use promenade::promotion::ledger::{Head, LedgerStore as _, OpId};
use promenade::promotion::{
    AdoptedStage, AdoptedVersion, Command, CommitId, Context as Asking, Done, EnvironmentName,
    Journal, RunCommandError, Subject,
};
use promenade::tag::{ObjectKind, TagFacts};
use serde_json::json;

use super::{Open, append, shown, store};
use crate::context::git_error;
use crate::world::Site;
use crate::{CliError, Context, Exit, Report};

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct AdoptArgs {
    /// What stands in an environment now, as far as it is known; may be given several times
    #[arg(long, value_name = "ENV=VERSION", value_parser = current)]
    current: Vec<(EnvironmentName, Subject)>,
    /// Who acts: a person of the process, or an identity such as `ci:…`; by default whoever holds
    /// the key that git signs with
    #[arg(long = "as", value_name = "PERSON")]
    who: Option<String>,
    /// Does it; without this the plan is printed
    #[arg(long)]
    execute: bool,
}

fn current(text: &str) -> Result<(EnvironmentName, Subject), String> {
    let (name, subject) = text
        .split_once('=')
        .ok_or_else(|| "expected `ENVIRONMENT=VERSION`".to_owned())?;
    let name = name.parse().map_err(|error| format!("{error}"))?;
    let subject = subject.parse().map_err(|error| format!("{error}"))?;
    Ok((name, subject))
}

pub(super) fn run(args: &AdoptArgs, open: &Open, context: &Context) -> Result<Report, CliError> {
    let process = context.process()?;
    let head = open.ledger.head(&open.stream).map_err(store)?;
    if head != Head::EMPTY {
        let name = promenade::git::GitLedger::ref_name(&open.stream);
        return Err(CliError::conflict(format!(
            "`{name}` holds {} records already; only an empty ledger can adopt a history",
            head.seq
        )));
    }
    let tags = open.repository.tags().map_err(git_error)?;
    let component = match context.names_component() {
        true => context.component(&process)?,
        false => None,
    };
    let (versions, passed_over) = versions(&process, &tags, component)?;
    let plan = text(&versions, &passed_over, args);
    let list: Vec<_> = versions
        .iter()
        .map(|one| {
            let stage = match one.stage {
                AdoptedStage::Candidate => "candidate",
                AdoptedStage::Released => "released",
            };
            json!({
                "tag": one.tag, "version": one.version.to_string(), "stage": stage,
                "commit": one.commit.as_str(), "since": one.since.to_rfc3339(),
            })
        })
        .collect();
    let report = |head: &Head, executed: bool, text: String| {
        let json = json!({
            "stream": open.stream.as_str(), "versions": list, "passed_over": passed_over,
            "head": shown(head), "executed": executed,
        });
        Report::new("promenade.ledger-adopt/1", json, text)
    };
    if versions.is_empty() && args.current.is_empty() {
        let text = format!("{plan}there is nothing to adopt\n");
        return Ok(report(&head, false, text));
    }
    if !args.execute {
        let text = format!("{plan}run again with `--execute`\n");
        return Ok(report(&head, false, text));
    }
    // A record is written in somebody's name.
    let at = context.at();
    let site = Site::open(context)?;
    let by = site.hand(args.who.as_deref(), at)?.actor;
    let command = Command::Adopt {
        current: args.current.clone(),
        source: "the tags of the repository".to_owned(),
        versions: versions.clone(),
    };
    // The same tags are the same operation, however often it is tried.
    let identity = Digest::sha256(plan.as_bytes()).encoded();
    let op = format!("adopt-{}", identity.get(..16).unwrap_or(&identity));
    let op = OpId::new(op).map_err(CliError::input)?;
    let journal = Journal::new(site.ledger(), open.stream.clone(), process.promotion());
    match journal.run(&op, &command, &Asking::new(by, at)) {
        Ok(Done::Appended { head, .. } | Done::Already { head, .. }) => {
            Ok(report(&head, true, format!("{plan}adopted\nhead {head}\n")))
        }
        Ok(Done::Held(blockers)) => {
            Ok(report(&head, false, format!("{plan}held: {blockers}\n")).exit(Exit::Held))
        }
        Err(RunCommandError::Append(error)) => Err(append(error)),
        Err(error @ RunCommandError::Contended { .. }) => Err(CliError::conflict(error)),
        Err(error) => Err(CliError::input(error)),
    }
}

/// Returns the versions that the tags tell of, oldest first, and the tags that tell of none.
fn versions(
    process: &Process,
    tags: &[TagFacts],
    component: Option<&str>,
) -> Result<(Vec<AdoptedVersion>, Vec<String>), CliError> {
    let mut found: BTreeMap<_, AdoptedVersion> = BTreeMap::new();
    let mut passed_over = Vec::new();
    for facts in tags {
        let read = process.tags().classify(facts);
        let name = String::from_utf8_lossy(&facts.name).into_owned();
        if component.is_some() && read.component != component {
            passed_over.push(name);
            continue;
        }
        let stage = match (read.is_release(), read.is_candidate()) {
            (true, _) => AdoptedStage::Released,
            (_, true) => AdoptedStage::Candidate,
            _ => {
                passed_over.push(name);
                continue;
            }
        };
        let (Some(version), ObjectKind::Commit) = (read.version, facts.peeled_kind) else {
            passed_over.push(name);
            continue;
        };
        let one = AdoptedVersion {
            commit: CommitId::new(facts.peeled.as_str()).map_err(CliError::input)?,
            since: facts
                .date
                .map_or(chrono::DateTime::UNIX_EPOCH, |at| at.with_timezone(&Utc)),
            stage,
            tag: name,
            version: version.clone(),
        };
        match found.get(&version) {
            None => {
                found.insert(version, one);
            }
            Some(other) if other.commit == one.commit => {
                // One state under two names; that it was released is what counts.
                if stage == AdoptedStage::Released {
                    found.insert(version, one);
                }
            }
            Some(other) => {
                return Err(CliError::input(format!(
                    "tags `{}` and `{}` are the same version at different commits; name their \
                     classes apart in the process file, or delete neither and adopt by hand",
                    other.tag, one.tag
                )));
            }
        }
    }
    let mut versions: Vec<_> = found.into_values().collect();
    versions.sort_by(|a, b| (a.since, &a.version).cmp(&(b.since, &b.version)));
    Ok((versions, passed_over))
}

fn text(versions: &[AdoptedVersion], passed_over: &[String], args: &AdoptArgs) -> String {
    let mut text = format!("adopt {} versions\n", versions.len());
    for one in versions {
        let stage = match one.stage {
            AdoptedStage::Candidate => "candidate",
            AdoptedStage::Released => "released",
        };
        let since = one.since.format("%Y-%m-%d");
        let short = one.commit.as_str().get(..12).unwrap_or_default();
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "  {since}  {short}  {stage:<9}  {} ({})",
            one.version, one.tag
        );
    }
    for (environment, subject) in &args.current {
        let _ = writeln!(text, "  {environment} is at {subject}");
    }
    if !passed_over.is_empty() {
        let _ = writeln!(text, "  {} tags tell of no version", passed_over.len());
    }
    text
}
