//! Which commits a revert takes back, and which reverts are taken back themselves.

use super::{DraftCommit, first_line};

/// Finds the commits that a later one reverts, and the reverts of those; with the reason.
pub(super) fn cancelled(commits: &[DraftCommit]) -> Vec<Option<&'static str>> {
    let mut out = vec![None; commits.len()];
    let mut known = None;
    // The newest first: a revert that is itself reverted cancels nothing.
    for (at, commit) in commits.iter().enumerate().rev() {
        if out.get(at).is_some_and(Option::is_some) {
            continue;
        }
        let Some(target) = reverted(&commit.message) else {
            continue;
        };
        let known = known.get_or_insert_with(|| Known::new(commits));
        let free = |found: &usize| out.get(*found).is_some_and(Option::is_none);
        if let Some(found) = known.before(at, &target).filter(free) {
            for (at, reason) in [
                (found, "is reverted"),
                (at, "reverts a commit that is left out"),
            ] {
                if let Some(slot) = out.get_mut(at) {
                    *slot = Some(reason);
                }
            }
        }
    }
    out
}

/// The places of commits by id and by first line, each sorted: a history of many reverts is not searched
/// from its start for each.
struct Known<'c> {
    ids: Vec<(&'c str, usize)>,
    subjects: Vec<(&'c str, usize)>,
}

impl<'c> Known<'c> {
    fn new(commits: &'c [DraftCommit]) -> Self {
        let sorted = |text: fn(&'c DraftCommit) -> &'c str| {
            let texts = commits.iter().enumerate();
            let mut texts: Vec<_> = texts.map(|(at, commit)| (text(commit), at)).collect();
            texts.sort_unstable();
            texts
        };
        Self {
            ids: sorted(|commit| &commit.id),
            subjects: sorted(|commit| first_line(&commit.message)),
        }
    }

    /// Returns the last commit before a place that is meant: by its id, or else by its first line.
    fn before(&self, place: usize, target: &Reverted) -> Option<usize> {
        let by_id = target.id.as_deref().and_then(|start| {
            let from = self.ids.partition_point(|(id, _)| *id < start);
            let ids = self.ids.get(from..).unwrap_or_default().iter();
            ids.take_while(|(id, _)| id.starts_with(start))
                .map(|(_, at)| *at)
                .filter(|at| *at < place)
                .max()
        });
        by_id.or_else(|| {
            let wanted = (target.subject.as_str(), place);
            let end = self.subjects.partition_point(|known| *known < wanted);
            let (subject, at) = self.subjects.get(end.checked_sub(1)?)?;
            (*subject == target.subject).then_some(*at)
        })
    }
}

/// What a revert says that it takes back.
#[derive(Debug)]
struct Reverted {
    subject: String,
    id: Option<String>,
}

/// Reads `Revert "…"`, `revert: …` and the id in the body.
fn reverted(message: &str) -> Option<Reverted> {
    let subject = first_line(message);
    let quoted = |word: &str| {
        let rest = subject.strip_prefix(word)?.strip_prefix(" \"")?;
        rest.get(..rest.rfind('"')?)
    };
    let typed = subject.strip_prefix("revert: ").map(str::trim);
    // Git calls the revert of `Revert "x"` by the name `Reapply "x"` since 2.43.
    let target = match quoted("Reapply") {
        Some(again) => format!("Revert \"{again}\""),
        None => quoted("Revert").or(typed)?.to_owned(),
    };
    let id = message
        .split_once("This reverts commit ")
        .map(|(_, rest)| rest.chars().take_while(char::is_ascii_hexdigit).collect())
        .filter(|id: &String| !id.is_empty());
    Some(Reverted {
        subject: target,
        id,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Few ids, with common starts, and few first lines, so that most reverts find something.
    fn commits() -> impl Strategy<Value = Vec<DraftCommit>> {
        let subject = prop_oneof![Just("feat: a"), Just("fix: b"), Just("c")];
        let commit =
            ("[ab]{1,3}", subject, 0..4_u8, "[ab]{0,2}").prop_map(|(id, subject, kind, target)| {
                DraftCommit {
                    id,
                    message: match kind {
                        0 => subject.to_owned(),
                        1 => format!("Revert \"{subject}\""),
                        2 => format!("Revert \"{subject}\"\n\nThis reverts commit {target}."),
                        _ => format!("Reapply \"{subject}\"\n\nThis reverts commit {target}."),
                    },
                }
            });
        prop::collection::vec(commit, 0..12)
    }

    proptest! {
        #[test]
        fn the_commit_that_is_meant_is_the_last_one_that_fits(commits in commits()) {
            let known = Known::new(&commits);
            for (at, commit) in commits.iter().enumerate() {
                let Some(target) = reverted(&commit.message) else {
                    continue;
                };
                let earlier = || commits.iter().take(at);
                let by_id = target.id.as_ref().and_then(|id| {
                    earlier().rposition(|known| known.id.starts_with(id.as_str()))
                });
                let by_subject = earlier().rposition(|known| known.message.lines().next() == Some(&target.subject));
                prop_assert_eq!(known.before(at, &target), by_id.or(by_subject));
            }
        }
    }
}
