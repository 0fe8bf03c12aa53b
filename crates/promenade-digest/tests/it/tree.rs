//! Tree digests against `nix-hash`.

use std::fs;
use std::path::Path;
use std::process::Command;

use promenade_digest::fs::tree_id;
use promenade_digest::{TreeNode, strategy, unobserved};
use proptest::prelude::*;

/// What `nix-hash --type sha256` prints for a directory.
#[track_caller]
fn nix_hash(program: &Path, dir: &Path) -> String {
    let output = Command::new(program)
        .args(["--type", "sha256"])
        .arg(dir)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Writes a tree to disk.
fn plant(node: &TreeNode, path: &Path) {
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::fs::PermissionsExt as _;
    let os = |bytes: &[u8]| std::ffi::OsStr::from_bytes(bytes).to_owned();
    match node {
        TreeNode::File {
            executable,
            contents,
        } => {
            fs::write(path, contents).unwrap();
            let mode = if *executable { 0o755 } else { 0o644 };
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        }
        TreeNode::Symlink { target } => {
            std::os::unix::fs::symlink(os(target), path).unwrap();
        }
        TreeNode::Directory { entries } => {
            fs::create_dir(path).unwrap();
            for (name, node) in entries {
                plant(node, &path.join(os(name)));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn random_trees_have_the_digest_that_nix_hash_prints(tree in strategy::tree()) {
        let Some(program) = testkit::program("nix-hash") else { return Ok(()) };
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("root");
        plant(&tree, &root);
        let walked = tree_id(&root, &mut unobserved()).unwrap();
        prop_assert_eq!(walked, tree.id());
        prop_assert_eq!(walked.digest().encoded(), nix_hash(&program, &root));
    }
}
