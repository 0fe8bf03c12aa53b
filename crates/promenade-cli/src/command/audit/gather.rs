//! What an audit is told besides the history: verdicts of keyrings, the ledger, tags of other repositories.

use std::collections::BTreeMap;
use std::io::IsTerminal as _;

use promenade::git::{Archive, GitError, GitLedger, Ident, Repository};
use promenade::manifest::definitions::UpstreamTag;
use promenade::process::audit::{LedgerFacts, Progress, SignatureFacts, SignatureOutcome};
use promenade::process::port::past::Past as _;
use promenade::process::{Flow, Process};
use promenade::promotion::ledger::StreamId;
use promenade::promotion::replay;
use promenade::signature::Verdict;

use crate::command::verdict::KeyringArgs;
use crate::context::{STREAM, git_error};
use crate::{CliError, Context};

/// Judges the signatures of tags, by the people of the process or by the keyring that was named.
pub(super) fn signatures(
    keys: &KeyringArgs,
    repository: &Repository,
    archive: &Archive,
    process: &Process,
    context: &Context,
) -> Result<BTreeMap<String, SignatureFacts>, CliError> {
    let sight = archive.sight().map_err(CliError::world)?;
    let verdicts = keys.judge(repository, &sight.tags, process, context)?;
    let mut facts = BTreeMap::new();
    for report in verdicts.reports() {
        let problems: Vec<_> = report.problems().iter().map(ToString::to_string).collect();
        let verdict = report.signature();
        let outcome = match verdict {
            _ if !problems.is_empty() => SignatureOutcome::Bad,
            Some(Verdict::Good(_)) => SignatureOutcome::Good,
            Some(Verdict::UnknownSigner { .. } | Verdict::Untrusted { .. }) => {
                SignatureOutcome::Untrusted
            }
            Some(Verdict::Unsupported { .. }) => SignatureOutcome::Unsupported,
            Some(Verdict::Bad { .. }) | None => SignatureOutcome::Bad,
        };
        let why = verdict.map(ToString::to_string).into_iter().chain(problems);
        let why: Vec<_> = why.collect();
        let one = SignatureFacts::new(outcome, why.join("; "));
        facts.insert(report.name().to_owned(), one);
    }
    Ok(facts)
}

/// Replays the ledger, if there is one.
pub(super) fn ledger(repository: &Repository, context: &Context) -> Result<LedgerFacts, CliError> {
    if repository
        .reference(&format!("refs/promenade/{STREAM}"))
        .map_err(git_error)?
        .is_none()
    {
        return Ok(LedgerFacts::None);
    }
    let nobody = Ident::new(
        "promenade",
        "promenade@localhost",
        context.at().fixed_offset(),
    );
    let store = GitLedger::new(repository, &nobody.map_err(git_error)?);
    let stream = StreamId::new(STREAM).map_err(CliError::input)?;
    Ok(match replay(&store, &stream) {
        Ok((state, _)) => LedgerFacts::Whole(Box::new(state)),
        Err(error) => LedgerFacts::Broken(error.to_string()),
    })
}

/// Returns what is checked out if the main branch of the process does not exist.
pub(super) fn missing_main(
    repository: &Repository,
    process: &Process,
) -> Result<Option<String>, CliError> {
    let main = &process.branches().main;
    for name in [
        format!("refs/heads/{main}"),
        format!("refs/remotes/origin/{main}"),
    ] {
        match repository.resolve(&name) {
            Ok(_) => return Ok(None),
            Err(GitError::UnknownRevision { .. }) => {}
            Err(error) => return Err(git_error(error)),
        }
    }
    let branch = repository.branch().map_err(git_error)?;
    Ok(Some(branch.unwrap_or_else(|| "HEAD".to_owned())))
}

/// Reads the tags of another repository: `NAME=DIR`.
pub(super) fn upstream(text: &str) -> Result<(String, Vec<UpstreamTag>), CliError> {
    let (name, dir) = text.split_once('=').ok_or_else(|| {
        CliError::input(format!("invalid upstream `{text}`: expected `NAME=DIR`"))
    })?;
    let tags = Repository::open(dir)
        .and_then(|other| other.tags())
        .map_err(git_error)?;
    let tags = tags.into_iter().filter_map(|tag| {
        let name = String::from_utf8(tag.name).ok()?;
        Some(UpstreamTag::new(name, tag.date?))
    });
    Ok((name.to_owned(), tags.collect()))
}

/// A bar on standard error, if that is a terminal.
pub(super) struct Bar(Option<indicatif::ProgressBar>);

impl Bar {
    pub(super) fn new(context: &Context) -> Self {
        let shown = std::io::stderr().is_terminal() && !context.global.quiet;
        Self(shown.then(indicatif::ProgressBar::new_spinner))
    }

    pub(super) fn step(&self, progress: Progress) -> Flow {
        if let Some(bar) = &self.0 {
            let total = progress
                .total
                .map_or_else(String::new, |total| format!(" of {total}"));
            bar.set_message(format!("{}: {}{total}", progress.phase, progress.done));
            bar.tick();
        }
        Flow::Continue
    }

    pub(super) fn end(&self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}
