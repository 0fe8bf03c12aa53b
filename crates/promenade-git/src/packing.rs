//! Reading while git, or another program, packs: what is read is in two places for a while, and whoever
//! looked at one of them too early and at the other too late sees it in none.

use std::fs::Metadata;
use std::time::SystemTime;

/// How often an object is looked for that was not found. Git looks twice as well
/// (`reprepare_packed_git`).
const LOOKS_FOR_OBJECTS: u32 = 3;

/// How often refs are read that were packed meanwhile.
const LOOKS_FOR_REFS: u32 = 50;

/// Reads objects, and reads again what failed: a loose object goes once it is in a pack, and `gix` does not
/// look into new packs where the file goes between two of its steps.
pub(crate) fn again<T, E>(mut read: impl FnMut() -> Result<T, E>) -> Result<T, E> {
    for _ in 1..LOOKS_FOR_OBJECTS {
        if let Ok(found) = read() {
            return Ok(found);
        }
    }
    read()
}

/// Reads refs, and reads them again if they were packed meanwhile: `gix` reads the packed ones first. A
/// loose one that is packed after that is missing, or is what it was long ago.
pub(crate) fn steady<T>(repository: &gix::Repository, mut read: impl FnMut() -> T) -> T {
    let path = repository.refs.packed_refs_path();
    let packed = || path.metadata().ok().and_then(|file| stamp(&file));
    let mut before = packed();
    for _ in 1..LOOKS_FOR_REFS {
        let found = read();
        let after = packed();
        if after == before {
            return found;
        }
        before = after;
        // What cannot be read now fails when it is read.
        let _ = repository.refs.force_refresh_packed_buffer();
    }
    read()
}

/// What differs where a file was replaced.
fn stamp(file: &Metadata) -> Option<(SystemTime, u64, u64)> {
    #[cfg(unix)]
    let inode = std::os::unix::fs::MetadataExt::ino(file);
    #[cfg(not(unix))]
    let inode = 0;
    Some((file.modified().ok()?, file.len(), inode))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;
    use crate::Repository;

    #[test]
    fn refs_that_are_packed_while_they_are_read_are_read_again() {
        let dir = tempfile::tempdir().unwrap();
        let repository = Repository::init(dir.path()).unwrap();
        let git = |args: &[&str]| {
            let mut git = Command::new("git");
            let who = ["-c", "user.name=A", "-c", "user.email=a@b"];
            let done = git.arg("-C").arg(dir.path()).args(who).args(args).status();
            assert!(done.unwrap().success());
        };
        git(&["commit", "-q", "--allow-empty", "-m", "one"]);
        let (old, name) = (repository.head().unwrap(), "refs/heads/main");
        git(&["pack-refs", "--all"]);
        git(&["commit", "-q", "--allow-empty", "-m", "two"]);
        let local = repository.local();
        // What was packed is known before the branch is packed again, and its file goes.
        let stale = local.refs.cached_packed_buffer().unwrap().unwrap();
        let mut reads = 0;
        let found = steady(&local, || {
            reads += 1;
            if reads == 1 {
                git(&["pack-refs", "--all"]);
                return stale.find(name).unwrap().target();
            }
            let packed = local.refs.cached_packed_buffer().unwrap().unwrap();
            packed.find(name).unwrap().target()
        });
        assert_eq!(reads, 2);
        assert_eq!(found.to_string(), repository.head().unwrap().as_str());
        assert_ne!(found.to_string(), old.as_str());
    }
}
