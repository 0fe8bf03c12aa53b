//! 39–50: files and trees that change, loop, or are no files.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::ops::ControlFlow;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use promenade_digest::fs::{hash_file, record_build, tree_id};
use promenade_digest::{
    Algorithm, ArtifactId, HashError, TreeNode, WalkErrorKind, kind, unobserved,
};

fn tree(dir: &Path) -> ArtifactId<kind::Tree> {
    tree_id(dir, &mut unobserved()).unwrap()
}

/// A directory with a file `a`, and its digest before and after a change.
#[track_caller]
fn changes(change: impl FnOnce(&Path)) {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a"), "one").unwrap();
    let before = tree(dir.path());
    change(dir.path());
    assert_ne!(tree(dir.path()), before);
}

#[test]
fn adv_039_a_file_that_grows_or_shrinks() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log");
    let size = 1 << 20;
    fs::write(&path, vec![1; size]).unwrap();
    let grown = hash_file(&path, Algorithm::Sha256, &mut |_| {
        let mut file = OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(b"more").unwrap();
        ControlFlow::Continue(())
    });
    let expected = size as u64;
    let kind = grown.unwrap_err().kind().clone();
    assert_eq!(kind, WalkErrorKind::Hash(HashError::TooLong { expected }));

    fs::write(&path, vec![1; size]).unwrap();
    let shrunk = hash_file(&path, Algorithm::Sha256, &mut |_| {
        let file = OpenOptions::new().write(true).open(&path).unwrap();
        file.set_len(100_000).unwrap();
        ControlFlow::Continue(())
    });
    let kind = shrunk.unwrap_err().kind().clone();
    assert!(
        matches!(kind, WalkErrorKind::Hash(HashError::TooShort { .. })),
        "{kind}"
    );
}

#[test]
fn adv_040_links_that_loop_and_links_that_escape() {
    let dir = tempfile::tempdir().unwrap();
    symlink("loop", dir.path().join("loop")).unwrap();
    symlink("..", dir.path().join("up")).unwrap();
    symlink("/etc/passwd", dir.path().join("out")).unwrap();
    // A tree records where they point, and goes nowhere.
    let link = |target: &str| TreeNode::Symlink {
        target: target.into(),
    };
    let expected = [
        ("loop", link("loop")),
        ("up", link("..")),
        ("out", link("/etc/passwd")),
    ];
    assert_eq!(tree(dir.path()), TreeNode::directory(expected).id());
    // A build is made of files.
    let error = record_build(dir.path(), &mut unobserved()).unwrap_err();
    assert_eq!(*error.kind(), WalkErrorKind::Symlink);
    let error = hash_file(
        &dir.path().join("out"),
        Algorithm::Sha256,
        &mut unobserved(),
    );
    assert_eq!(*error.unwrap_err().kind(), WalkErrorKind::Symlink);
}

#[test]
fn adv_041_the_executable_bit() {
    changes(|dir| {
        fs::set_permissions(dir.join("a"), fs::Permissions::from_mode(0o755)).unwrap();
    });
}

#[test]
fn adv_042_an_empty_directory() {
    changes(|dir| fs::create_dir(dir.join("empty")).unwrap());
}

#[test]
fn adv_043_a_link_and_a_copy() {
    changes(|dir| {
        fs::copy(dir.join("a"), dir.join("b")).unwrap();
        let copied = tree(dir);
        fs::remove_file(dir.join("b")).unwrap();
        symlink("a", dir.join("b")).unwrap();
        assert_ne!(tree(dir), copied);
    });
}

#[test]
fn adv_044_set_user_id() {
    for mode in [0o4755, 0o2755] {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("su");
        fs::write(&path, "one").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let error = tree_id(dir.path(), &mut unobserved()).unwrap_err();
        assert_eq!(*error.kind(), WalkErrorKind::SpecialBits);
        let error = record_build(dir.path(), &mut unobserved()).unwrap_err();
        assert_eq!(*error.kind(), WalkErrorKind::SpecialBits);
    }
}

#[test]
fn adv_045_devices_pipes_and_sockets() {
    if testkit::program("mkfifo").is_none() {
        return;
    }
    let null = hash_file(Path::new("/dev/null"), Algorithm::Sha256, &mut unobserved());
    assert_eq!(*null.unwrap_err().kind(), WalkErrorKind::Special);
    let dir = tempfile::tempdir().unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(dir.path().join("socket")).unwrap();
    let error = tree_id(dir.path(), &mut unobserved()).unwrap_err();
    assert_eq!(*error.kind(), WalkErrorKind::Special);
    let error = record_build(dir.path(), &mut unobserved()).unwrap_err();
    assert_eq!(*error.kind(), WalkErrorKind::Special);
    let pipes = tempfile::tempdir().unwrap();
    let mkfifo = std::process::Command::new("mkfifo")
        .arg(pipes.path().join("pipe"))
        .status();
    assert!(mkfifo.unwrap().success());
    let error = tree_id(pipes.path(), &mut unobserved()).unwrap_err();
    assert_eq!(*error.kind(), WalkErrorKind::Special);
}

#[test]
fn adv_046_hard_links_are_files() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a"), "one").unwrap();
    fs::hard_link(dir.path().join("a"), dir.path().join("b")).unwrap();
    let copies = tempfile::tempdir().unwrap();
    fs::write(copies.path().join("a"), "one").unwrap();
    fs::write(copies.path().join("b"), "one").unwrap();
    assert_eq!(tree(dir.path()), tree(copies.path()));
    let build = record_build(dir.path(), &mut unobserved()).unwrap();
    assert_eq!(
        build,
        record_build(copies.path(), &mut unobserved()).unwrap()
    );
}

#[test]
fn adv_047_pairs_that_read_alike_when_joined() {
    let file = |text: &str| TreeNode::File {
        executable: false,
        contents: text.into(),
    };
    let link = |target: &str| TreeNode::Symlink {
        target: target.into(),
    };
    let dir = |entries: &[(&str, TreeNode)]| TreeNode::directory(entries.to_vec());
    let trees = [
        dir(&[("a", file("bc"))]),
        dir(&[("ab", file("c"))]),
        dir(&[("a", file("b")), ("c", file(""))]),
        dir(&[("a", dir(&[("b", file("c"))]))]),
        dir(&[("a", link("bc"))]),
        dir(&[("a", file("")), ("bc", file(""))]),
        dir(&[("a", dir(&[])), ("bc", dir(&[]))]),
        dir(&[("a", dir(&[("bc", dir(&[]))]))]),
        // Contents that look like the format itself.
        dir(&[("a", file(")\0\0\0\0\0\0\0"))]),
    ];
    let ids: std::collections::BTreeSet<_> = trees.iter().map(TreeNode::id).collect();
    assert_eq!(ids.len(), trees.len());
}

#[test]
fn adv_048_names_are_sorted_by_bytes() {
    let dir = tempfile::tempdir().unwrap();
    // A locale would put `a` before `B`, and `_` elsewhere.
    let names = ["B", "_", "a", "a b", "a-b", "ab", "\u{e9}"];
    for name in names.iter().rev() {
        fs::write(dir.path().join(name), "one").unwrap();
    }
    let build = record_build(dir.path(), &mut unobserved()).unwrap();
    let recorded: Vec<_> = build.artifacts().map(|a| a.name.as_str()).collect();
    assert_eq!(recorded, names);
    let Some(nix_hash) = testkit::program("nix-hash") else {
        return;
    };
    let args = ["--type", "sha256"];
    let output = std::process::Command::new(nix_hash)
        .args(args)
        .arg(dir.path())
        .output();
    let text = String::from_utf8(output.unwrap().stdout).unwrap();
    assert_eq!(tree(dir.path()).digest().encoded(), text.trim());
}

#[test]
fn adv_049_a_git_directory_is_a_directory() {
    changes(|dir| {
        fs::create_dir(dir.join(".git")).unwrap();
        let empty = tree(dir);
        fs::write(dir.join(".git/config"), "[core]\n").unwrap();
        assert_ne!(tree(dir), empty);
    });
}

#[test]
fn adv_050_a_tree_that_changes_meanwhile() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a"), "one").unwrap();
    fs::write(dir.path().join("b"), "two").unwrap();
    // What was written a moment ago may have the same time as what is written now.
    let long_ago =
        std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
    let folder = fs::File::open(dir.path()).unwrap();
    folder.set_modified(long_ago).unwrap();
    let path = dir.path().to_owned();
    let error = tree_id(dir.path(), &mut |_| {
        fs::write(path.join("c"), "three").unwrap();
        ControlFlow::Continue(())
    });
    assert_eq!(*error.unwrap_err().kind(), WalkErrorKind::Changed);
    // A file that is gone is no empty file.
    let error = tree_id(dir.path(), &mut |_| {
        let _ = fs::remove_file(path.join("c"));
        ControlFlow::Continue(())
    });
    assert!(matches!(
        error.unwrap_err().kind(),
        WalkErrorKind::Io { .. }
    ));
}

#[test]
fn a_cancelled_walk_says_so() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a"), "one").unwrap();
    let error = tree_id(dir.path(), &mut |_| ControlFlow::Break(())).unwrap_err();
    assert!(error.is_cancelled());
    let error = record_build(dir.path(), &mut |_| ControlFlow::Break(())).unwrap_err();
    assert!(error.is_cancelled());
    assert!(
        error.to_string().contains("cancelled after 3 bytes"),
        "{error}"
    );
}
