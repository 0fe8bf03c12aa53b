//! Refs: reading them, and moving them by compare-and-swap.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use gix::bstr::{BStr, BString, ByteSlice as _};
use gix::refs::transaction::{Change, LogChange, PreviousValue, RefEdit};
use gix::refs::{FullName, Target};

use crate::claim::Claim;
use crate::packing;
use crate::{CommitId, GitError, Ident, Repository};

/// How long a ref that another program holds is waited for.
const LOCK_WAIT: Duration = Duration::from_secs(2);

impl Repository {
    /// Returns what a ref points at, by its full name (`refs/heads/main`), not peeled.
    ///
    /// # Errors
    /// [`GitError::Invalid`] if git would not accept the name, [`GitError::Io`] if it cannot be read.
    pub fn reference(&self, name: &str) -> Result<Option<CommitId>, GitError> {
        let name = full_name(name)?;
        Ok(find(&self.local(), &name)?.map(CommitId::of))
    }

    /// Moves a ref from `expected` (nothing: it must not exist) to `new`, or changes nothing.
    ///
    /// A ref that exists already is refused even if it is where it shall be: of two that create
    /// the same name, exactly one succeeds. A lock that an earlier move of this program left when it was
    /// killed is taken away; that of another program is waited for.
    ///
    /// # Errors
    /// [`GitError::Exists`] or [`GitError::Moved`] with what was found, [`GitError::Locked`] if
    /// another program holds the ref for longer than two seconds.
    pub fn move_ref(
        &self,
        name: &str,
        expected: Option<&CommitId>,
        new: &CommitId,
        why: &str,
        who: &Ident,
    ) -> Result<(), GitError> {
        let expected = expected.map(CommitId::object).transpose()?;
        let name = full_name(name)?;
        let _claim = Claim::take(&self.git_dir(), &name, &new.object()?)?;
        let deadline = Instant::now() + LOCK_WAIT;
        let mut pause = Duration::from_millis(1);
        loop {
            let repository = self.local();
            let error = match swap(&repository, &name, expected, new.object()?, why, who) {
                Ok(true) => return Ok(()),
                Ok(false) => None,
                Err(error) => Some(error),
            };
            let found = find(&repository, &name)?;
            match (expected, found, error) {
                (None, Some(at), _) => {
                    return Err(GitError::Exists {
                        name: name.to_string(),
                        at: CommitId::of(at),
                    });
                }
                (expected, found, _) if expected != found => {
                    return Err(GitError::Moved {
                        name: name.to_string(),
                        expected: expected.map(CommitId::of),
                        found: found.map(CommitId::of),
                    });
                }
                (_, _, error) if Instant::now() >= deadline => {
                    let lock = self.git_dir().join(format!("{name}.lock"));
                    return Err(match error {
                        Some(error) if !lock.exists() => {
                            GitError::io(format!("moving `{name}`"), error)
                        }
                        _ => GitError::Locked { path: lock },
                    });
                }
                // It is where it was expected, so only a lock was in the way.
                _ => {
                    std::thread::sleep(pause);
                    pause = (pause * 2).min(Duration::from_millis(50));
                }
            }
        }
    }

    /// Takes a ref away that is where it is expected, or changes nothing. For names that nobody else
    /// can have seen: what was published is never deleted.
    pub(crate) fn drop_ref(&self, name: &str, expected: &CommitId) -> Result<(), GitError> {
        let name = full_name(name)?;
        let repository = self.local();
        let edit = RefEdit {
            change: Change::Delete {
                expected: PreviousValue::MustExistAndMatch(Target::Object(expected.object()?)),
                log: gix::refs::transaction::RefLog::AndReference,
            },
            name: name.clone(),
            deref: false,
        };
        let Err(error) = repository.edit_reference(edit) else {
            return Ok(());
        };
        let found = find(&repository, &name)?.map(CommitId::of);
        if found.as_ref() == Some(expected) {
            return Err(GitError::io(format!("taking `{name}` away"), error));
        }
        Err(GitError::Moved {
            name: name.to_string(),
            expected: Some(expected.clone()),
            found,
        })
    }

    /// Creates a branch (short name) at a commit.
    ///
    /// # Errors
    /// [`GitError::Exists`] if it exists, even at that commit; [`GitError::Invalid`] for a name that
    /// git refuses.
    pub fn create_branch(&self, name: &str, at: &CommitId, who: &Ident) -> Result<(), GitError> {
        let why = format!("branch: created at {}", at.short());
        self.move_ref(&format!("refs/heads/{name}"), None, at, &why, who)
    }
}

/// Checks the full name of a ref by git's own rules.
pub(crate) fn full_name(name: &str) -> Result<FullName, GitError> {
    let invalid = |reason: String| GitError::Invalid {
        what: "ref name",
        input: name.to_owned(),
        reason,
    };
    // Git gives no meaning to a branch or tag that reads as an option.
    let short = name.splitn(3, '/').nth(2).unwrap_or(name);
    if !name.starts_with("refs/") || short.is_empty() || short.starts_with('-') {
        return Err(invalid(
            "expected `refs/…/name`, not starting with `-`".to_owned(),
        ));
    }
    FullName::try_from(name).map_err(|error| invalid(error.to_string()))
}

/// Finds what a ref points at, not peeled; symbolic refs are followed.
pub(crate) fn find(
    repository: &gix::Repository,
    name: &FullName,
) -> Result<Option<gix::ObjectId>, GitError> {
    packing::steady(repository, || look(repository, name))
}

/// The refs below a prefix.
pub(crate) struct Listed<T> {
    /// What was taken of each, by name.
    pub(crate) refs: Vec<T>,
    /// Why others cannot be read.
    pub(crate) broken: Vec<GitError>,
    /// Whether a file went after its name was read.
    gone: bool,
}

impl<T> Listed<T> {
    /// Returns what was taken of each, if none is broken.
    pub(crate) fn whole(self) -> Result<Vec<T>, GitError> {
        match self.broken.into_iter().next() {
            Some(error) => Err(error),
            None => Ok(self.refs),
        }
    }
}

/// Lists the refs below a prefix: what `take` makes of the full name of each and of what it points at, which
/// a symbolic one does not say.
pub(crate) fn list<T>(
    repository: &gix::Repository,
    prefix: &str,
    take: impl Fn(&BStr, Option<gix::ObjectId>) -> T,
) -> Result<Listed<T>, GitError> {
    packing::steady(repository, || {
        let listed = walk(repository, prefix, &take)?;
        if !listed.gone {
            return Ok(listed);
        }
        let named = walk(repository, prefix, &|name, id| (name.to_owned(), id))?;
        let mut all: BTreeMap<_, _> = named.refs.into_iter().collect();
        add_packed(repository, prefix, &mut all).map_err(|error| unread(prefix, error))?;
        let all = all.iter().map(|(name, id)| take(name.as_bstr(), *id));
        Ok(Listed {
            refs: all.collect(),
            ..listed
        })
    })
}

fn walk<T>(
    repository: &gix::Repository,
    prefix: &str,
    take: &impl Fn(&BStr, Option<gix::ObjectId>) -> T,
) -> Result<Listed<T>, GitError> {
    let fail = |error| unread(prefix, error);
    let mut listed = Listed {
        refs: Vec::new(),
        broken: Vec::new(),
        gone: false,
    };
    for one in repository
        .references()
        .map_err(fail)?
        .prefixed(prefix)
        .map_err(fail)?
    {
        match one {
            Ok(one) => {
                let id = one.try_id().map(gix::Id::detach);
                listed.refs.push(take(one.name().as_bstr(), id));
            }
            Err(error) if error.is_not_found() => listed.gone = true,
            Err(error) => listed.broken.push(fail(error)),
        }
    }
    Ok(listed)
}

/// Adds the packed refs that are not known.
fn add_packed(
    repository: &gix::Repository,
    prefix: &str,
    known: &mut BTreeMap<BString, Option<gix::ObjectId>>,
) -> Result<(), gix::Error> {
    let Some(packed) = repository.refs.cached_packed_buffer()? else {
        return Ok(());
    };
    for one in packed.iter_prefixed(prefix.into())? {
        let one = one?;
        known
            .entry(one.name.as_bstr().to_owned())
            .or_insert_with(|| Some(one.target()));
    }
    Ok(())
}

fn unread(prefix: &str, error: gix::Error) -> GitError {
    GitError::io(format!("reading `{prefix}`"), error)
}

fn look(repository: &gix::Repository, name: &FullName) -> Result<Option<gix::ObjectId>, GitError> {
    let found = repository
        .try_find_reference(name.as_ref())
        .map_err(|error| GitError::io(format!("reading `{name}`"), error))?;
    let Some(found) = found else { return Ok(None) };
    match found.try_id() {
        Some(id) => Ok(Some(id.detach())),
        None => {
            let mut found = found;
            let id = found
                .follow_to_object()
                .map_err(|error| GitError::io(format!("following `{name}`"), error))?;
            Ok(Some(id.detach()))
        }
    }
}

/// Returns whether the ref was moved: `false` if it was to be created and exists with this value.
fn swap(
    repository: &gix::Repository,
    name: &FullName,
    expected: Option<gix::ObjectId>,
    new: gix::ObjectId,
    why: &str,
    who: &Ident,
) -> Result<bool, String> {
    let previous = match expected {
        Some(id) => PreviousValue::MustExistAndMatch(Target::Object(id)),
        None => PreviousValue::MustNotExist,
    };
    let log = LogChange {
        message: why.into(),
        ..LogChange::default()
    };
    let edit = RefEdit {
        change: Change::Update {
            log,
            expected: previous,
            new: Target::Object(new),
        },
        name: name.clone(),
        deref: false,
    };
    let signature = who.signature();
    let mut time = gix::date::parse::TimeBuf::default();
    let done = repository
        .edit_references_as([edit], Some(signature.to_ref(&mut time)))
        .map_err(|error| error.to_string())?;
    // `MustNotExist` lets an equal value pass; what was seen under the lock is given back.
    let existed = done.iter().any(|edit| {
        matches!(
            &edit.change,
            Change::Update {
                expected: PreviousValue::MustExistAndMatch(_),
                ..
            }
        )
    });
    Ok(expected.is_some() || !existed)
}
