//! Remotes, through the program `git`: looking, fetching one ref, and pushing with a lease.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::refs::full_name;
use crate::{CommitId, Git, GitError, Repository, object};

/// How long the network may take.
const TIMEOUT: Duration = Duration::from_secs(120);

/// A ref of a remote to move, and where it must be before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lease {
    pub(crate) name: String,
    pub(crate) expected: Option<CommitId>,
    pub(crate) new: CommitId,
}

/// What became of a push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PushOutcome {
    /// The remote is where it was to be.
    Done,
    /// It was not where it was expected, and is here (or has no such ref).
    Moved(Option<CommitId>),
}

impl Repository {
    /// Returns where a ref of a remote is, by its full name.
    ///
    /// # Errors
    /// [`GitError::Program`] if the remote cannot be reached, [`GitError::TimedOut`] if it does not
    /// answer.
    pub fn remote_ref(&self, remote: &str, name: &str) -> Result<Option<CommitId>, GitError> {
        full_name(name)?;
        let out = self
            .network(remote)?
            .args(["ls-remote", "--refs", remote, name])
            .run()?;
        let text = String::from_utf8_lossy(&out);
        let mut lines = text.lines().filter_map(|line| line.split_once('\t'));
        // A pattern may match a longer name that ends like this one.
        let line = lines.find(|(_, found)| *found == name);
        line.map(|(id, _)| id.parse()).transpose()
    }

    /// Returns where each of these refs of a remote is, by full name; those it has not are left out.
    ///
    /// # Errors
    /// [`GitError::Program`] if the remote cannot be reached, [`GitError::TimedOut`] if it does not
    /// answer.
    pub fn remote_refs(
        &self,
        remote: &str,
        names: &[&str],
    ) -> Result<BTreeMap<String, CommitId>, GitError> {
        for name in names {
            full_name(name)?;
        }
        let git = self.network(remote)?.args(["ls-remote", "--refs", remote]);
        let out = git.args(names).run()?;
        let text = String::from_utf8_lossy(&out);
        let lines = text.lines().filter_map(|line| line.split_once('\t'));
        // A pattern may match a longer name that ends like this one.
        lines
            .filter(|(_, found)| names.contains(found))
            .map(|(id, found)| Ok((found.to_owned(), id.parse()?)))
            .collect()
    }

    /// Returns where the branches of a remote are, and its ledgers, by full name.
    ///
    /// # Errors
    /// As [`Repository::remote_refs`].
    pub fn remote_branches(&self, remote: &str) -> Result<BTreeMap<String, CommitId>, GitError> {
        let git = self.network(remote)?.args(["ls-remote", "--refs", remote]);
        let out = git.args(["refs/heads/*", "refs/promenade/*"]).run()?;
        let text = String::from_utf8_lossy(&out);
        let lines = text.lines().filter_map(|line| line.split_once('\t'));
        lines
            .map(|(id, found)| Ok((found.to_owned(), id.parse()?)))
            .collect()
    }

    /// Pushes refs of a remote, each from where it is expected to where it shall be: all, or none.
    /// The hooks of the repository run, tags that are not named stay, and nothing is forced.
    pub(crate) fn push_all(&self, remote: &str, leases: &[Lease]) -> Result<(), GitError> {
        let mut git = self
            .network(remote)?
            .args(["push", "--porcelain", "--atomic", "--no-follow-tags"])
            .arg("--recurse-submodules=no");
        for lease in leases {
            full_name(&lease.name)?;
            let expected = lease.expected.as_ref().map_or("", CommitId::as_str);
            git = git.arg(format!("--force-with-lease={}:{expected}", lease.name));
        }
        git = git.arg(remote);
        let git = leases.iter().fold(git, |git, lease| {
            git.arg(format!("{}:{}", lease.new, lease.name))
        });
        let output = git.output()?;
        if output.code == Some(0) {
            return Ok(());
        }
        let failed = match rejected(&output.stdout) {
            Some((name, reason)) => GitError::Refused {
                remote: remote.to_owned(),
                name,
                reason,
            },
            None => git.failed(&output),
        };
        // Not from what it prints, which changes: from where the remote is now.
        let names: Vec<_> = leases.iter().map(|lease| lease.name.as_str()).collect();
        let Ok(there) = self.remote_refs(remote, &names) else {
            return Err(failed);
        };
        if leases
            .iter()
            .all(|lease| there.get(&lease.name) == Some(&lease.new))
        {
            return Ok(());
        }
        for lease in leases {
            let found = there.get(&lease.name);
            if found != lease.expected.as_ref() && found != Some(&lease.new) {
                return Err(GitError::Moved {
                    name: lease.name.clone(),
                    expected: lease.expected.clone(),
                    found: found.cloned(),
                });
            }
        }
        Err(failed)
    }

    /// Fetches a ref of a remote, and checks that a commit came with it. No ref of ours moves.
    pub(crate) fn fetch_object(
        &self,
        remote: &str,
        name: &str,
        id: &CommitId,
    ) -> Result<(), GitError> {
        if object::exists(&self.local().objects, &id.object()?) {
            return Ok(());
        }
        self.network(remote)?
            .args(["fetch", "--quiet", "--no-tags", "--no-write-fetch-head"])
            .args([
                "--no-auto-maintenance",
                "--no-recurse-submodules",
                "--refmap=",
            ])
            .args([remote, name])
            .run()?;
        if object::exists(&self.local().objects, &id.object()?) {
            return Ok(());
        }
        // It moved between looking and fetching, and what was seen is not an ancestor any more.
        Err(GitError::object(
            id,
            format!("is not at `{remote}` any more"),
        ))
    }

    /// Pushes one ref of the remote from where it is expected to where it shall be.
    pub(crate) fn push_ref(&self, remote: &str, lease: &Lease) -> Result<PushOutcome, GitError> {
        full_name(&lease.name)?;
        let expected = lease.expected.as_ref().map_or("", CommitId::as_str);
        let git = self
            .network(remote)?
            .args(["push", "--porcelain", "--atomic", "--no-verify", "--quiet"])
            .arg(format!("--force-with-lease={}:{expected}", lease.name))
            .args([remote, &format!("{}:{}", lease.new, lease.name)]);
        let output = git.output()?;
        if output.code == Some(0) {
            return Ok(PushOutcome::Done);
        }
        let text = String::from_utf8_lossy(&output.stdout);
        let rejected = text.lines().find(|line| line.starts_with('!'));
        let failed = match rejected {
            Some(line) => GitError::Refused {
                remote: remote.to_owned(),
                name: lease.name.clone(),
                reason: line.rsplit('\t').next().unwrap_or(line).to_owned(),
            },
            None => git.failed(&output),
        };
        // Not from what it prints, which is in English and changes: from where the remote is now.
        let found = self.remote_ref(remote, &lease.name)?;
        if found.as_ref() == Some(&lease.new) {
            return Ok(PushOutcome::Done);
        }
        if found != lease.expected {
            return Ok(PushOutcome::Moved(found));
        }
        Err(failed)
    }

    fn network(&self, remote: &str) -> Result<Git, GitError> {
        if remote.is_empty() || remote.starts_with('-') {
            return Err(GitError::Invalid {
                what: "remote",
                input: remote.to_owned(),
                reason: "expected the name of a remote, a URL or a path".to_owned(),
            });
        }
        // A remote may be named by a path, which git takes from where it runs.
        Ok(Git::in_dir(self.directory()).timeout(TIMEOUT))
    }
}

/// The ref that a remote rejected for a reason of its own, and the reason, from what `push
/// --porcelain` prints; those that were only dropped with it say so.
fn rejected(stdout: &[u8]) -> Option<(String, String)> {
    let text = String::from_utf8_lossy(stdout);
    let lines: Vec<_> = text
        .lines()
        .filter_map(|line| line.strip_prefix('!'))
        .collect();
    let own = lines
        .iter()
        .find(|line| !line.contains("atomic"))
        .or(lines.first())?;
    let mut fields = own.trim_start().split('\t');
    let name = fields.next()?.rsplit(':').next()?.to_owned();
    Some((name, fields.next().unwrap_or_default().to_owned()))
}
