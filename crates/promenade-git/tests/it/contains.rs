//! Which revisions hold a change, over generated histories with picks, reverts and merges. The oracles
//! are git's: `git branch --contains`, `git tag --contains`, `git cherry`, `git patch-id`, and what the
//! files say.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use promenade_git::Repository;
use promenade_process::port::holding::{Held, Holding, Trace};
use proptest::prelude::*;

use crate::support::{fresh, git, try_git};

const BRANCHES: [&str; 3] = ["main", "line-1", "line-2"];

/// How many changes a history may hold; each has a line of its own, far from the others.
const CHANGES: usize = 6;

/// One thing that somebody does; what git refuses (an empty pick, a merge of nothing) is left out.
#[derive(Clone, Debug)]
enum Deed {
    /// A change, on a branch.
    Change(usize),
    /// Something else, on a branch.
    Noise(usize),
    /// A commit that was made, onto a branch, with or without a word of where it is from.
    Pick(usize, usize, bool),
    /// A commit that was made, taken back on a branch.
    Revert(usize, usize),
    /// One branch into another.
    Merge(usize, usize),
}

fn deed(reverts: bool) -> impl Strategy<Value = Deed> {
    let branch = 0..BRANCHES.len();
    let made = 0..12_usize;
    prop_oneof![
        3 => branch.clone().prop_map(Deed::Change),
        1 => branch.clone().prop_map(Deed::Noise),
        4 => (made.clone(), branch.clone(), any::<bool>()).prop_map(|(a, b, c)| Deed::Pick(a, b, c)),
        if reverts { 3 } else { 0 } => (made, branch.clone()).prop_map(|(a, b)| Deed::Revert(a, b)),
        2 => (branch.clone(), branch).prop_map(|(a, b)| Deed::Merge(a, b)),
    ]
}

fn text(set: &BTreeSet<usize>) -> String {
    let line = |n: usize| match (n % 10, set.contains(&(n / 10))) {
        (5, true) => format!("LINE {n}\n"),
        _ => format!("line {n}\n"),
    };
    (0..CHANGES * 10).map(line).collect()
}

/// A history in real git.
struct History {
    dir: tempfile::TempDir,
    repository: Repository,
    /// The commits that make a change, and which.
    changes: BTreeMap<usize, String>,
    /// Every commit that is no merge, in the order in which they were made.
    made: Vec<String>,
    clock: u64,
}

impl History {
    fn new() -> Self {
        let (dir, repository) = fresh();
        let mut history = Self {
            dir,
            repository,
            changes: BTreeMap::new(),
            made: Vec::new(),
            clock: 0,
        };
        history.write("file", &text(&BTreeSet::new()));
        history.commit("a first version");
        for branch in &BRANCHES[1..] {
            git(history.path(), &["branch", "-q", branch]);
        }
        history
    }

    fn path(&self) -> &Path {
        self.dir.path()
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path().join(name), text).unwrap();
    }

    fn commit(&mut self, message: &str) -> String {
        self.clock += 1;
        git(self.path(), &["add", "--all"]);
        git(self.path(), &["commit", "-q", "-m", message]);
        self.head()
    }

    fn head(&self) -> String {
        git(self.path(), &["rev-parse", "HEAD"]).trim().to_owned()
    }

    /// Tries something that git may refuse; then nothing of it stays.
    fn try_to(&mut self, args: &[&str]) -> bool {
        let before = self.head();
        let (done, _) = try_git(self.path(), args);
        if !done {
            let _ = try_git(self.path(), &[args[0], "--abort"]);
            git(self.path(), &["reset", "-q", "--hard", &before]);
        }
        done && self.head() != before
    }

    fn act(&mut self, deed: &Deed) {
        let branch = match deed {
            Deed::Change(on) | Deed::Noise(on) | Deed::Pick(_, on, _) | Deed::Revert(_, on) => on,
            Deed::Merge(_, into) => into,
        };
        git(self.path(), &["checkout", "-q", BRANCHES[*branch]]);
        match deed {
            Deed::Change(_) => {
                let number = self.changes.len();
                if number == CHANGES {
                    return;
                }
                let file = std::fs::read_to_string(self.path().join("file")).unwrap();
                let at = number * 10 + 5;
                let new = file.replace(&format!("line {at}\n"), &format!("LINE {at}\n"));
                self.write("file", &new);
                let id = self.commit(&format!("change {number}"));
                self.changes.insert(number, id.clone());
                self.made.push(id);
            }
            Deed::Noise(_) => {
                let text = format!("{}\n", self.clock);
                self.write("noise", &text);
                self.write(&format!("noise-{}", BRANCHES[*branch]), &text);
                let id = self.commit("something else");
                self.made.push(id);
            }
            Deed::Pick(which, _, said) => {
                let Some(commit) = self.made.get(*which).cloned() else {
                    return;
                };
                let args: &[&str] = match said {
                    true => &["cherry-pick", "-x", &commit],
                    false => &["cherry-pick", &commit],
                };
                if self.try_to(args) {
                    self.made.push(self.head());
                }
            }
            Deed::Revert(which, _) => {
                let Some(commit) = self.made.get(*which).cloned() else {
                    return;
                };
                if self.try_to(&["revert", "--no-edit", &commit]) {
                    self.made.push(self.head());
                }
            }
            Deed::Merge(from, into) if from != into => {
                self.try_to(&["merge", "-q", "--no-ff", "--no-edit", BRANCHES[*from]]);
            }
            Deed::Merge(..) => {}
        }
    }

    fn tag_all(&self) -> Vec<String> {
        let all = git(self.path(), &["rev-list", "--all"]);
        let mut names = Vec::new();
        for (n, id) in all.lines().enumerate() {
            let name = format!("t{n}");
            git(self.path(), &["tag", &name, id]);
            names.push(name);
        }
        names
    }

    /// The patch of each commit, by git.
    fn patches(&self) -> BTreeMap<String, String> {
        let script = "git log --all -p --no-renames --full-index | git patch-id --stable";
        let output = std::process::Command::new("sh")
            .args(["-c", script])
            .current_dir(self.path())
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines()
            .filter_map(|line| line.split_once(' '))
            .map(|(patch, commit)| (commit.to_owned(), patch.to_owned()))
            .collect()
    }

    /// Whether the line of a change stands in the file of a revision.
    fn says(&self, revision: &str, number: usize) -> bool {
        let file = git(self.path(), &["show", &format!("{revision}:file")]);
        file.contains(&format!("LINE {}\n", number * 10 + 5))
    }

    fn listed(&self, args: &[&str]) -> BTreeSet<String> {
        let listed = git(self.path(), args);
        listed.lines().map(|line| line.trim().to_owned()).collect()
    }
}

fn check(deeds: &[Deed], reverts: bool) {
    let mut history = History::new();
    for deed in deeds {
        history.act(deed);
    }
    let mut tips = history.tag_all();
    tips.extend(BRANCHES.map(str::to_owned));
    let names: Vec<_> = tips.iter().map(String::as_str).collect();
    let patches = history.patches();
    for (number, change) in &history.changes {
        let found = history.repository.holdings(change, &names).unwrap();
        let format = "--format=%(refname:short)";
        let mut contain = history.listed(&["tag", "--contains", change, format]);
        contain.extend(history.listed(&["branch", "--contains", change, format]));
        for (tip, holding) in tips.iter().zip(&found) {
            let context = format!("change {number} in {tip}: {holding:?} after {deeds:?}");
            assert_eq!(holding.is_ancestor, contain.contains(tip), "{context}");
            agrees_with_the_files(&history, tip, *number, holding, &context);
            let reached = history.listed(&["rev-list", tip]);
            let patch = &patches[change];
            let alike = reached.iter().any(|id| patches.get(id) == Some(patch));
            if let Held::By { commit, trace } = &holding.held {
                assert!(reached.contains(commit.as_str()), "{context}");
                if *trace == Trace::SamePatch {
                    assert_eq!(patches.get(commit.as_str()), Some(patch), "{context}");
                }
            }
            if !reverts {
                assert_eq!(holding.holds(), Some(alike), "{context}");
                let parent = format!("{change}^");
                let cherry = git(history.path(), &["cherry", tip, change, &parent]);
                // Nothing is listed that the tip has, `-` is what it has the same of.
                assert_eq!(
                    holding.holds(),
                    Some(!cherry.starts_with('+')),
                    "{context}: git cherry says {cherry:?}"
                );
            }
        }
    }
}

fn agrees_with_the_files(
    history: &History,
    tip: &str,
    number: usize,
    holding: &Holding,
    context: &str,
) {
    match holding.holds() {
        Some(holds) => assert_eq!(holds, history.says(tip, number), "{context}"),
        None => {
            let Held::Unsure { commit } = &holding.held else {
                panic!("{context}")
            };
            // Branches that were merged into each other: their ancestors contradict each other.
            let merges = history.listed(&["rev-list", "--merges", commit.as_str()]);
            let crossed = |merge: &String| {
                let sides = [format!("{merge}^1"), format!("{merge}^2")];
                let bases = history.listed(&["merge-base", "--all", &sides[0], &sides[1]]);
                bases.len() > 1
            };
            assert!(merges.iter().any(crossed), "{context}");
        }
    }
}

/// Row 2: ancestry as `git branch --contains` and `git tag --contains` have it; picks as `git cherry` and
/// `git patch-id` have them.
#[test]
fn what_holds_a_change_is_what_git_says() {
    let cases = u32::try_from(testkit::scale(12, 250)).unwrap();
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases,
        failure_persistence: None,
        max_shrink_iters: 40,
        ..ProptestConfig::default()
    });
    let histories = proptest::collection::vec(deed(false), 4..18);
    runner
        .run(&histories, |deeds| {
            check(&deeds, false);
            Ok(())
        })
        .unwrap();
}

/// Row 2: with reverts, and reverts of reverts, what the files say.
#[test]
fn a_change_that_was_taken_back_is_not_held() {
    let cases = u32::try_from(testkit::scale(16, 250)).unwrap();
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases,
        failure_persistence: None,
        max_shrink_iters: 40,
        ..ProptestConfig::default()
    });
    let histories = proptest::collection::vec(deed(true), 6..22);
    runner
        .run(&histories, |deeds| {
            check(&deeds, true);
            Ok(())
        })
        .unwrap();
}

#[track_caller]
fn held(history: &History, change: &str, tip: &str) -> &'static str {
    let found = history.repository.holdings(change, &[tip]).unwrap();
    found[0].held.as_str()
}

/// A merge is taken back with everything that it brought, and a merge that takes the files of one side
/// leaves the other side out, whatever `git branch --contains` says.
#[test]
fn merges_are_taken_back_and_may_leave_a_side_out() {
    let mut history = History::new();
    for deed in [Deed::Noise(0), Deed::Change(1), Deed::Merge(1, 0)] {
        history.act(&deed);
    }
    let change = history.changes[&0].clone();
    assert_eq!(held(&history, &change, "main"), "itself");
    git(history.path(), &["revert", "-m", "1", "--no-edit", "HEAD"]);
    assert_eq!(held(&history, &change, "main"), "reverted");
    git(history.path(), &["revert", "--no-edit", "HEAD"]);
    assert_eq!(held(&history, &change, "main"), "restored");
    git(history.path(), &["checkout", "-q", "line-2"]);
    history.write("other", "1\n");
    history.commit("other");
    let ours = ["merge", "-q", "-s", "ours", "--no-edit", "line-1"];
    git(history.path(), &ours);
    assert_eq!(held(&history, &change, "line-2"), "dropped");
    let listed = history.listed(&["branch", "--contains", &change]);
    assert!(listed.contains("* line-2"), "{listed:?}");
}

/// A pick that had to be adapted is known by what its message says; a squash of it all by nothing.
#[test]
fn an_adapted_pick_is_known_by_its_message() {
    let mut history = History::new();
    history.act(&Deed::Change(0));
    let change = history.changes[&0].clone();
    git(history.path(), &["checkout", "-q", "line-1"]);
    let old = std::fs::read_to_string(history.path().join("file")).unwrap();
    history.write("file", &old.replace("line 5\n", "LINE five, here\n"));
    history.commit(&format!("change 0\n\n(cherry picked from commit {change})"));
    assert_eq!(held(&history, &change, "line-1"), "picked");
    // The change of the pick is that of the commit it was picked from.
    let pick = history.head();
    assert_eq!(held(&history, &pick, "main"), "picked");
    git(history.path(), &["checkout", "-q", "line-2"]);
    history.write("file", &old.replace("line 5\n", "LINE five, there\n"));
    history.commit("the same, told nowhere");
    assert_eq!(held(&history, &change, "line-2"), "absent");
    // A binary file is the same patch only if its bytes are the same.
    std::fs::write(history.path().join("blob"), [0, 1, 2]).unwrap();
    let first = history.commit("a binary file");
    git(history.path(), &["checkout", "-q", "line-1"]);
    std::fs::write(history.path().join("blob"), [0, 1, 3]).unwrap();
    history.commit("another binary file");
    assert_eq!(held(&history, &first, "line-1"), "absent");
}
