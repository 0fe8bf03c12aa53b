//! Merges and picks computed as trees: no branch, no index and no work tree is touched.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::{CommitId, Git, GitError, Repository};

/// What comes out when a change is put onto a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Combination {
    /// The id of the tree; where both sides changed the same, its files hold both.
    pub(crate) tree: String,
    /// The paths in which both sides changed the same.
    pub(crate) conflicts: Vec<String>,
    /// The paths that change.
    pub(crate) changed: Vec<String>,
    /// The commit that both sides come from.
    pub(crate) base: Option<CommitId>,
}

/// Files to replace, by path; nothing removes one.
pub(crate) type Files = BTreeMap<String, Option<Vec<u8>>>;

/// What is put onto a commit.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Theirs<'a> {
    /// The change of one commit.
    Pick(&'a str),
    /// Everything that a commit reaches.
    Merge(&'a str),
}

impl Repository {
    /// Merges `theirs` into `ours` and returns the id of the merged tree.
    ///
    /// # Errors
    /// [`GitError::MergeConflict`] with the paths.
    pub fn merge(&self, ours: &str, theirs: &str) -> Result<String, GitError> {
        clean(self.combine(ours, Theirs::Merge(theirs), true, &Files::new())?)
    }

    /// Applies the change of one commit to `onto` and returns the id of the resulting tree.
    ///
    /// # Errors
    /// [`GitError::MergeConflict`] with the paths; [`GitError::Invalid`] for a commit that has not
    /// exactly one parent.
    pub fn cherry_pick(&self, commit: &str, onto: &str) -> Result<String, GitError> {
        clean(self.combine(onto, Theirs::Pick(commit), true, &Files::new())?)
    }

    /// Puts a change onto a commit. Without `keep` the objects of the tree go as they came, and files are
    /// replaced in it.
    pub(crate) fn combine(
        &self,
        onto: &str,
        theirs: Theirs<'_>,
        keep: bool,
        files: &Files,
    ) -> Result<Combination, GitError> {
        self.require_history()?;
        let onto = self.resolve(onto)?;
        let (base, theirs, options) = match theirs {
            Theirs::Merge(theirs) => {
                let theirs = self.resolve(theirs)?;
                let base = self.merge_base(onto.as_str(), theirs.as_str())?;
                (base, theirs, None)
            }
            Theirs::Pick(commit) => {
                let picked = self.commit_at(commit)?;
                let [parent] = picked.parents.as_slice() else {
                    return Err(GitError::Invalid {
                        what: "commit to pick",
                        input: commit.to_owned(),
                        reason: format!("expected one parent, found {}", picked.parents.len()),
                    });
                };
                let option = format!("--merge-base={parent}");
                (Some(parent.clone()), picked.id, Some(option))
            }
        };
        let scratch = (!keep).then(|| Scratch::new(self)).transpose()?;
        let git = |args: &[&str]| in_scratch(self, scratch.as_ref(), args);
        let merge = [
            "merge-tree",
            "--write-tree",
            "-z",
            "--name-only",
            "--no-messages",
        ];
        let merge = git(&merge)
            .args(options)
            .args([onto.as_str(), theirs.as_str()]);
        let output = merge.output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        let mut fields = text.split('\0').filter(|field| !field.is_empty());
        let mut tree = fields.next().unwrap_or_default().to_owned();
        let mut conflicts: Vec<String> = match output.code {
            Some(0) if !tree.is_empty() => Vec::new(),
            Some(1) if !tree.is_empty() => fields.map(str::to_owned).collect(),
            _ => return Err(merge.failed(&output)),
        };
        conflicts.sort();
        conflicts.dedup();
        if let Some(scratch) = &scratch
            && !files.is_empty()
        {
            tree = with_files(self, scratch, &tree, files)?;
        }
        let names = ["diff-tree", "-r", "-z", "--name-only", "--no-renames"];
        let names = git(&names).args([onto.as_str(), &tree]).run()?;
        let names = String::from_utf8_lossy(&names);
        let names = names.split('\0').filter(|name| !name.is_empty());
        Ok(Combination {
            changed: names.map(str::to_owned).collect(),
            tree,
            conflicts,
            base,
        })
    }
}

/// A call of git whose new objects go into the scratch, if there is one.
fn in_scratch(repository: &Repository, scratch: Option<&Scratch>, args: &[&str]) -> Git {
    let git = Git::in_dir(repository.git_dir()).args(args);
    match scratch {
        Some(scratch) => git
            .env("GIT_OBJECT_DIRECTORY", &scratch.dir)
            .env("GIT_ALTERNATE_OBJECT_DIRECTORIES", &scratch.objects)
            .env("GIT_INDEX_FILE", scratch.dir.join("index")),
        None => git,
    }
}

/// Replaces files in a tree that is in the scratch; the mode of a file that is there stays.
fn with_files(
    repository: &Repository,
    scratch: &Scratch,
    tree: &str,
    files: &Files,
) -> Result<String, GitError> {
    let git = |args: &[&str]| in_scratch(repository, Some(scratch), args);
    let line = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).trim().to_owned();
    let mut entries = Vec::new();
    for (path, bytes) in files {
        let Some(bytes) = bytes else {
            entries.extend_from_slice(format!("0 {tree}\t{path}\0").as_bytes());
            continue;
        };
        let blob = git(&["hash-object", "-w", "--stdin"]).input(bytes.as_slice());
        let blob = line(blob.run()?);
        let before = line(git(&["ls-tree", tree, "--"]).arg(path).run()?);
        let mode = match before.starts_with("100755") {
            true => "100755",
            false => "100644",
        };
        entries.extend_from_slice(format!("{mode} {blob}\t{path}\0").as_bytes());
    }
    git(&["read-tree", tree]).run()?;
    git(&["update-index", "-z", "--index-info"])
        .input(entries)
        .run()?;
    git(&["write-tree"]).run().map(line)
}

fn clean(combined: Combination) -> Result<String, GitError> {
    match combined.conflicts.is_empty() {
        true => Ok(combined.tree),
        false => Err(GitError::MergeConflict {
            paths: combined.conflicts,
        }),
    }
}

/// A place for objects that nobody keeps, which goes with the value. Git itself clears such places away
/// if a process is killed.
struct Scratch {
    dir: PathBuf,
    objects: PathBuf,
}

impl Scratch {
    fn new(repository: &Repository) -> Result<Self, GitError> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let objects = repository.local().objects.store_ref().path().to_path_buf();
        let objects = std::path::absolute(&objects).unwrap_or(objects);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let dir = objects.join(format!("tmp_objdir-pick-{}-{count}", std::process::id()));
        std::fs::create_dir(&dir)
            .map_err(|error| GitError::io("making a place for a merge", error))?;
        Ok(Self { dir, objects })
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What is left over is in nobody's way.
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}
