//! `ledger`: its story, its proof, sharing it with a remote, and taking up a history.

mod adopt;
mod verify;

use std::fmt::Write as _;

use chrono::SecondsFormat;
use promenade::git::{GitError, GitLedger, Ident, Repository, ShareError};
use promenade::promotion::Event;
use promenade::promotion::export::{self, ExportError};
use promenade::promotion::ledger::{AppendError, Head, LedgerStore as _, StoreError, StreamId};
use serde_json::{Value, json};

use crate::context::git_error;
use crate::world::describe;
use crate::{CliError, Context, Report};

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct LedgerArgs {
    /// The stream, on `refs/promenade/STREAM`; by default `ledger`, or that of `--component`
    #[arg(long, global = true, value_name = "STREAM")]
    stream: Option<String>,
    #[command(subcommand)]
    command: LedgerCommand,
}

#[derive(Clone, Debug, clap::Subcommand)]
enum LedgerCommand {
    /// Tells the story, one record after the other
    Log {
        /// From this record on
        #[arg(long, value_name = "N", default_value_t = 1)]
        from: u64,
        /// At most this many records, the last ones
        #[arg(short = 'n', long, value_name = "COUNT")]
        last: Option<u64>,
    },
    /// Checks every record, the chain, every law, and a head that is known from elsewhere
    Verify {
        /// The head that must be part of it, as `verify` and `log` print it: `SEQ@sha256:…`
        #[arg(long, value_name = "SEQ@DIGEST", value_parser = head)]
        pinned: Option<Head>,
    },
    /// Publishes the records that the remote has not
    Push {
        /// The remote: a name, a URL or a path
        #[arg(default_value = "origin")]
        remote: String,
        /// Does it; without this the plan is printed
        #[arg(long)]
        execute: bool,
    },
    /// Fetches the records of a remote, checks them, and goes on to them
    Pull {
        /// The remote: a name, a URL or a path
        #[arg(default_value = "origin")]
        remote: String,
        /// The head that must be part of it
        #[arg(long, value_name = "SEQ@DIGEST", value_parser = head)]
        pinned: Option<Head>,
        /// Where both sides have records of their own, sets ours aside and takes theirs
        #[arg(long)]
        take_theirs: bool,
        /// Does it; without this the plan is printed
        #[arg(long)]
        execute: bool,
    },
    /// Prints every record as a line of JSON
    Export,
    /// Takes up a repository in mid-history: its tags become the first event
    Adopt(adopt::AdoptArgs),
}

pub(crate) fn run(args: &LedgerArgs, context: &Context) -> Result<Report, CliError> {
    let repository = context.repository()?;
    let stream = match (&args.stream, context.names_component()) {
        (Some(stream), _) => StreamId::new(stream.as_str()).map_err(CliError::input)?,
        (None, true) => context.stream(Some(&context.process()?))?,
        (None, false) => context.stream(None)?,
    };
    let open = Open {
        ledger: open(&repository, context)?,
        repository,
        stream,
    };
    match &args.command {
        LedgerCommand::Log { from, last } => open.log(*from, *last),
        LedgerCommand::Verify { pinned } => verify::run(&open, pinned.as_ref(), context),
        LedgerCommand::Push { remote, execute } => open.push(remote, *execute),
        LedgerCommand::Pull {
            remote,
            pinned,
            take_theirs,
            execute,
        } => open.pull(remote, pinned.as_ref(), *take_theirs, *execute),
        LedgerCommand::Export => open.export(),
        LedgerCommand::Adopt(args) => adopt::run(args, &open, context),
    }
}

/// A ledger, opened.
struct Open {
    repository: Repository,
    ledger: GitLedger,
    stream: StreamId,
}

fn open(repository: &Repository, context: &Context) -> Result<GitLedger, CliError> {
    let at = context.at().fixed_offset();
    let who = match repository.identity(at) {
        // Reading needs no name; what writes records asks for one.
        Err(GitError::NoIdentity) => Ident::new("promenade", "promenade@localhost", at),
        who => who,
    };
    let ledger = GitLedger::new(repository, &who.map_err(git_error)?);
    Ok(ledger.describe(describe))
}

impl Open {
    fn log(&self, from: u64, last: Option<u64>) -> Result<Report, CliError> {
        let from = match last {
            Some(last) => {
                let head = self.ledger.head(&self.stream).map_err(store)?;
                from.max((head.seq + 1).saturating_sub(last))
            }
            None => from,
        };
        let mut text = String::new();
        let mut records = Vec::new();
        let head = self.ledger.read(&self.stream, from, &mut |record| {
            let event = Event::parse(&record.body);
            let (at, by) = match &event {
                Ok(event) => (
                    event.at.at.to_rfc3339_opts(SecondsFormat::Secs, true),
                    event.by.to_string(),
                ),
                Err(_) => ("-".to_owned(), "-".to_owned()),
            };
            let what = describe(&record.body);
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{:>5}  {at}  {by}  {what}", record.seq);
            records.push(json!({
                "seq": record.seq,
                "hash": record.hash().to_string(),
                "op": record.op.to_string(),
                "at": at,
                "by": by,
                "event": event.as_ref().ok().map(|event| event.kind.name().to_owned()),
                "what": what,
            }));
            true
        });
        let head = head.map_err(store)?;
        let _ = writeln!(text, "head {head}");
        let json =
            json!({"stream": self.stream.as_str(), "head": shown(&head), "records": records});
        Ok(Report::new("promenade.ledger-log/1", json, text))
    }

    fn push(&self, remote: &str, execute: bool) -> Result<Report, CliError> {
        let head = self.ledger.head(&self.stream).map_err(store)?;
        if !execute {
            let there = self.there(remote)?;
            let name = GitLedger::ref_name(&self.stream);
            let text = format!(
                "would push {name}, which ends with {head}, to `{remote}`, where it is at {there}\n\
                 run again with `--execute`\n"
            );
            return Ok(self.shared("push", remote, &head, &head, false, text));
        }
        let pushed = self.ledger.push(remote, &self.stream).map_err(share)?;
        let text = match pushed.to.seq - pushed.from.seq {
            0 => format!("`{remote}` has everything: {}\n", pushed.to),
            count => format!("pushed {count} records to `{remote}`: {}\n", pushed.to),
        };
        Ok(self.shared("push", remote, &pushed.from, &pushed.to, true, text))
    }

    fn pull(
        &self,
        remote: &str,
        pinned: Option<&Head>,
        take_theirs: bool,
        execute: bool,
    ) -> Result<Report, CliError> {
        if !execute {
            let head = self.ledger.head(&self.stream).map_err(store)?;
            let there = self.there(remote)?;
            let text = format!(
                "would pull the ledger of `{remote}`, where it is at {there}; here it ends with {head}\n\
                 run again with `--execute`\n"
            );
            return Ok(self.shared("pull", remote, &head, &head, false, text));
        }
        let pulled = if take_theirs {
            self.ledger.pull_theirs(remote, &self.stream, pinned)
        } else {
            self.ledger.pull(remote, &self.stream, pinned)
        };
        let pulled = pulled.map_err(share)?;
        let mut text = format!("at {}", pulled.to);
        if pulled.from == pulled.to {
            text.push_str(", as before");
        } else {
            let _ = write!(text, ", before at {}", pulled.from);
        }
        if pulled.remote.seq < pulled.to.seq {
            let count = pulled.to.seq - pulled.remote.seq;
            let _ = write!(text, "; {count} records are not at `{remote}` yet");
        }
        text.push('\n');
        Ok(self.shared("pull", remote, &pulled.from, &pulled.to, true, text))
    }

    /// The commit that the ref of a remote is at, in words.
    fn there(&self, remote: &str) -> Result<String, CliError> {
        let name = GitLedger::ref_name(&self.stream);
        let there = self
            .repository
            .remote_ref(remote, &name)
            .map_err(git_error)?;
        Ok(there.map_or_else(
            || "nothing".to_owned(),
            |id| format!("commit {}", id.short()),
        ))
    }

    fn shared(
        &self,
        what: &str,
        remote: &str,
        from: &Head,
        to: &Head,
        executed: bool,
        text: String,
    ) -> Report {
        let json = json!({
            "stream": self.stream.as_str(), "remote": remote, "from": shown(from), "to": shown(to),
            "executed": executed,
        });
        Report::new(&format!("promenade.ledger-{what}/1"), json, text)
    }

    fn export(&self) -> Result<Report, CliError> {
        let mut text = String::new();
        let mut lines = Vec::new();
        export::json_lines(&self.ledger, &self.stream, &mut |line| {
            text.push_str(line);
            text.push('\n');
            lines.push(serde_json::from_str(line));
        })
        .map_err(|error| match error {
            ExportError::Store(error) => store(error),
            error => CliError::input(error),
        })?;
        let records: Result<Vec<Value>, _> = lines.into_iter().collect();
        let records = records.map_err(CliError::world)?;
        let head = self.ledger.head(&self.stream).map_err(store)?;
        let json =
            json!({"stream": self.stream.as_str(), "head": shown(&head), "records": records});
        Ok(Report::new("promenade.ledger-export/1", json, text))
    }
}

/// A head as reports show it.
fn shown(head: &Head) -> Value {
    json!({"seq": head.seq, "hash": head.hash.to_string(), "text": head.to_string()})
}

/// Reads a head as it is printed.
fn head(text: &str) -> Result<Head, String> {
    let expected = || "expected `SEQ@sha256:…`, as `ledger verify` prints it".to_owned();
    let (seq, hash) = text.split_once('@').ok_or_else(expected)?;
    let seq = seq.parse().map_err(|_| expected())?;
    let hash = hash.parse().map_err(|error| format!("{error}"))?;
    Ok(Head { seq, hash })
}

fn store(error: StoreError) -> CliError {
    match error {
        StoreError::Io { .. } => CliError::world(error),
        error => CliError::input(error),
    }
}

fn append(error: AppendError) -> CliError {
    match error {
        AppendError::Conflict { .. } => CliError::conflict(error),
        AppendError::Store(error) => store(error),
        error => CliError::world(error),
    }
}

fn share(error: ShareError) -> CliError {
    match error {
        ShareError::Diverged(_) | ShareError::Moved { .. } => CliError::conflict(error),
        ShareError::Git(error @ (GitError::TimedOut { .. } | GitError::Refused { .. })) => {
            CliError::world(error)
        }
        ShareError::Git(error) => git_error(error),
        ShareError::Store(error) => store(error),
        error => CliError::input(error),
    }
}
