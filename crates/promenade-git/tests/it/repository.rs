//! Facts, commits, tags, history.

use promenade_git::{Change, CommitRequest, GitError, Repository, TagRequest};
use promenade_tag::{ObjectKind, SignatureKind};

use crate::support::{ada, commit, fresh, fsck, git};

#[test]
fn a_directory_without_a_repository_is_refused_with_help() {
    let dir = tempfile::tempdir().unwrap();
    let error = Repository::discover(dir.path()).unwrap_err();
    assert!(matches!(error, GitError::NoRepository { .. }));
    assert!(error.to_string().contains("run `git init`"), "{error}");
    let absent = Repository::discover(dir.path().join("absent")).unwrap_err();
    assert!(matches!(absent, GitError::NoRepository { .. }));
    let open = Repository::open(dir.path()).unwrap_err();
    assert!(matches!(open, GitError::NoRepository { .. }));
}

#[test]
fn an_empty_repository_says_that_it_has_no_commit() {
    let (dir, repository) = fresh();
    assert!(matches!(repository.head(), Err(GitError::Empty { .. })));
    assert!(matches!(
        repository.resolve("HEAD"),
        Err(GitError::Empty { .. })
    ));
    assert_eq!(repository.branch().unwrap().as_deref(), Some("main"));
    assert!(repository.tags().unwrap().is_empty());
    assert_eq!(git(dir.path(), &["status", "--porcelain"]), "");
}

#[test]
fn a_bare_repository_can_be_read_and_has_no_work_tree() {
    let (dir, repository) = fresh();
    let id = commit(&repository, "a", "1");
    let bare = tempfile::tempdir().unwrap();
    let path = dir.path().to_str().unwrap();
    git(bare.path(), &["clone", "-q", "--bare", path, "b.git"]);
    let bare = Repository::open(bare.path().join("b.git")).unwrap();
    assert_eq!(bare.head().unwrap(), id);
    assert!(matches!(bare.status(), Err(GitError::Bare { .. })));
    assert!(
        bare.work_tree()
            .unwrap_err()
            .to_string()
            .contains("not bare")
    );
}

#[test]
fn a_shallow_clone_is_refused_where_history_counts() {
    let (dir, repository) = fresh();
    commit(&repository, "a", "1");
    commit(&repository, "a", "2");
    let clone = tempfile::tempdir().unwrap();
    let url = format!("file://{}", dir.path().display());
    git(clone.path(), &["clone", "-q", "--depth=1", &url, "c"]);
    let clone = Repository::open(clone.path().join("c")).unwrap();
    assert_eq!(clone.read_file("HEAD", "a").unwrap(), b"2");
    assert_eq!(clone.newest("HEAD", 9).unwrap().len(), 1);
    let error = clone.commits(&[], "HEAD").unwrap_err();
    assert!(error.to_string().contains("--unshallow"), "{error}");
    assert!(matches!(
        clone.is_ancestor("HEAD", "HEAD"),
        Err(GitError::Shallow { .. })
    ));
}

#[test]
fn an_exported_commit_is_what_git_checks_out() {
    if testkit::program("diff").is_none() {
        return;
    }
    let (dir, repository) = fresh();
    commit(&repository, "a/b.txt", "one");
    commit(&repository, "run.sh", "#!/bin/sh");
    git(dir.path(), &["update-index", "--chmod=+x", "run.sh"]);
    std::os::unix::fs::symlink("a/b.txt", dir.path().join("link")).unwrap();
    git(dir.path(), &["add", "link"]);
    git(dir.path(), &["commit", "-q", "-m", "a link"]);
    let id = repository.head().unwrap();
    std::fs::write(dir.path().join("a/b.txt"), "changed since").unwrap();
    let status = git(dir.path(), &["status", "--porcelain"]);
    let index = std::fs::read(dir.path().join(".git/index")).unwrap();

    let to = tempfile::tempdir().unwrap();
    repository
        .export(id.as_str(), &to.path().join("new"))
        .unwrap();
    let clone = dir.path().to_str().unwrap();
    git(to.path(), &["clone", "-q", clone, "clone"]);
    std::fs::remove_dir_all(to.path().join("clone/.git")).unwrap();
    let same = std::process::Command::new("diff")
        .args(["-r", "--no-dereference", "new", "clone"])
        .current_dir(to.path())
        .output()
        .unwrap();
    assert!(
        same.status.success(),
        "{}",
        String::from_utf8_lossy(&same.stdout)
    );
    let mode = |name: &str| {
        use std::os::unix::fs::PermissionsExt as _;
        let path = to.path().join(name).join("run.sh");
        std::fs::metadata(path).unwrap().permissions().mode()
    };
    assert_eq!(mode("new"), mode("clone"));
    assert_eq!(git(dir.path(), &["status", "--porcelain"]), status);
    assert_eq!(std::fs::read(dir.path().join(".git/index")).unwrap(), index);
    let error = repository.export("absent", to.path()).unwrap_err();
    assert!(matches!(error, GitError::UnknownRevision { .. }), "{error}");
}

#[test]
fn a_commit_leaves_index_and_work_tree_clean() {
    let (dir, repository) = fresh();
    commit(&repository, "a", "1");
    let request = CommitRequest::new("main", "more", ada())
        .file("deep/er/b", "2")
        .file("a", "3");
    repository.commit(&request).unwrap();
    assert_eq!(std::fs::read(dir.path().join("a")).unwrap(), b"3");
    assert_eq!(std::fs::read(dir.path().join("deep/er/b")).unwrap(), b"2");
    let remove = CommitRequest::new("main", "less", ada()).remove("deep/er/b");
    let id = repository.commit(&remove).unwrap();
    assert!(!dir.path().join("deep").exists());
    assert!(repository.status().unwrap().is_clean());
    assert_eq!(git(dir.path(), &["status", "--porcelain"]), "");
    assert_eq!(git(dir.path(), &["rev-parse", "HEAD"]).trim(), id.as_str());
    // Asked again for what is there already: the same commit, nothing new.
    let parent = repository.resolve("HEAD~1").unwrap();
    assert_eq!(repository.commit(&remove.parents([parent])).unwrap(), id);
    fsck(dir.path());
}

#[test]
fn a_commit_over_changes_of_a_person_is_refused_and_moves_nothing() {
    let (dir, repository) = fresh();
    commit(&repository, "a", "1");
    let before = commit(&repository, "b", "1");
    std::fs::write(dir.path().join("a"), "mine").unwrap();
    std::fs::write(dir.path().join("new"), "unknown").unwrap();
    let request = CommitRequest::new("main", "over it", ada()).file("a", "2");
    let error = repository.commit(&request).unwrap_err();
    assert!(
        matches!(&error, GitError::Dirty { paths } if paths.contains(&"a".to_owned())),
        "{error}"
    );
    assert_eq!(repository.head().unwrap(), before);
    assert_eq!(std::fs::read(dir.path().join("a")).unwrap(), b"mine");
    // Elsewhere it is no hindrance.
    let request = CommitRequest::new("main", "beside it", ada()).file("b", "2");
    repository.commit(&request).unwrap();
    assert_eq!(std::fs::read(dir.path().join("a")).unwrap(), b"mine");
    assert_eq!(repository.status().unwrap().changed, ["a"]);
    assert_eq!(repository.status().unwrap().untracked, ["new"]);
}

#[test]
fn a_commit_on_a_moved_branch_is_a_conflict() {
    let (_dir, repository) = fresh();
    let first = commit(&repository, "a", "1");
    let second = commit(&repository, "a", "2");
    let late = CommitRequest::new("main", "late", ada())
        .file("a", "3")
        .parents([first.clone()]);
    let error = repository.commit(&late).unwrap_err();
    assert!(
        matches!(error, GitError::Moved { expected: Some(e), found: Some(f), .. } if e == first && f == second)
    );
    assert_eq!(repository.head().unwrap(), second);
}

#[test]
fn tags_have_the_facts_that_git_shows() {
    let (dir, repository) = fresh();
    let id = commit(&repository, "a", "1");
    let tag = repository
        .create_tag(&TagRequest::new(
            "v1.0.0",
            id.clone(),
            "Release v1.0.0",
            ada(),
        ))
        .unwrap();
    repository
        .create_lightweight_tag("light", &id, &ada())
        .unwrap();
    git(
        dir.path(),
        &["tag", "-a", "-m", "of a tag", "nested", "v1.0.0"],
    );
    git(dir.path(), &["tag", "blob", "HEAD:a"]);
    git(dir.path(), &["tag", "tree", "HEAD^{tree}"]);
    let sign = |_: &[u8]| {
        Ok("-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----".to_owned())
    };
    let signed = TagRequest::new("v1.0.1", id.clone(), "Release", ada());
    repository.create_tag(&signed.signed(&sign)).unwrap();
    for packed in [false, true] {
        if packed {
            git(dir.path(), &["pack-refs", "--all"]);
        }
        let facts = repository.tags().unwrap();
        let names: Vec<_> = facts
            .iter()
            .map(|f| String::from_utf8_lossy(&f.name))
            .collect();
        assert_eq!(
            names,
            ["blob", "light", "nested", "tree", "v1.0.0", "v1.0.1"]
        );
        let kinds: Vec<_> = facts
            .iter()
            .map(|f| (f.object, f.depth, f.peeled_kind))
            .collect();
        use ObjectKind::{Blob, Commit, Tag, Tree};
        assert_eq!(
            kinds,
            [
                (Blob, 0, Blob),
                (Commit, 0, Commit),
                (Tag, 2, Commit),
                (Tree, 0, Tree),
                (Tag, 1, Commit),
                (Tag, 1, Commit)
            ]
        );
        let listed = git(
            dir.path(),
            &[
                "for-each-ref",
                "--format=%(objecttype) %(objectname)%(*objectname)",
                "refs/tags",
            ],
        );
        assert!(listed.contains(&format!("tag {tag}{id}")), "{listed}");
        assert_eq!(facts[1].peeled, id.as_str());
        assert_eq!(facts[4].inner_name.as_deref(), Some(b"v1.0.0".as_slice()));
        assert_eq!(
            facts[4].date.unwrap().to_rfc3339(),
            "2026-01-05T09:00:00+01:00"
        );
        assert_eq!(facts[5].signature, Some(SignatureKind::Ssh));
        assert_eq!(facts[4].signature, None);
    }
    fsck(dir.path());
}

#[test]
fn a_tag_that_exists_is_refused_even_if_it_is_equal() {
    let (_dir, repository) = fresh();
    let id = commit(&repository, "a", "1");
    let request = TagRequest::new("v1.0.0", id.clone(), "Release v1.0.0", ada());
    let tag = repository.create_tag(&request).unwrap();
    let again = repository.create_tag(&request).unwrap_err();
    assert_eq!(
        again,
        GitError::Exists {
            name: "refs/tags/v1.0.0".to_owned(),
            at: tag
        }
    );
    repository.create_lightweight_tag("l", &id, &ada()).unwrap();
    let again = repository
        .create_lightweight_tag("l", &id, &ada())
        .unwrap_err();
    assert_eq!(
        again,
        GitError::Exists {
            name: "refs/tags/l".to_owned(),
            at: id.clone()
        }
    );
    repository.create_branch("side", &id, &ada()).unwrap();
    assert!(matches!(
        repository.create_branch("side", &id, &ada()),
        Err(GitError::Exists { .. })
    ));
}

#[test]
fn names_that_git_refuses_are_refused() {
    let (dir, repository) = fresh();
    let id = commit(&repository, "a", "1");
    for name in [
        "", "-v", "a..b", "a b", "a~1", "a.lock", "@{", "a/", "/a", "a//b", "a\\b", "a?",
    ] {
        let ours = repository.create_lightweight_tag(name, &id, &ada());
        assert!(
            matches!(ours, Err(GitError::Invalid { .. })),
            "{name:?}: {ours:?}"
        );
        let (git_takes_it, _) =
            crate::support::try_git(dir.path(), &["tag", "--", name, id.as_str()]);
        assert!(!git_takes_it, "{name:?}");
    }
}

#[test]
fn differences_between_trees_are_those_of_git() {
    let (dir, repository) = fresh();
    let request = CommitRequest::new("main", "one", ada())
        .file("a", "1")
        .file("d/x", "1")
        .file("d/y", "1")
        .file("f", "1")
        .file("swap/in", "1");
    let one = repository.commit(&request).unwrap();
    let request = CommitRequest::new("main", "two", ada())
        .file("a", "2")
        .remove("d/x")
        .file("d/z/deep", "1")
        .remove("swap/in")
        .file("swap", "now a file");
    let two = repository.commit(&request).unwrap();
    let ours: String = repository
        .changed_paths(one.as_str(), two.as_str())
        .unwrap()
        .into_iter()
        .map(|c| {
            let letter = match c.change {
                Change::Added => 'A',
                Change::Removed => 'D',
                Change::Modified => 'M',
            };
            format!("{letter}\t{}\n", c.path)
        })
        .collect();
    let args = [
        "diff",
        "--name-status",
        "--no-renames",
        one.as_str(),
        two.as_str(),
    ];
    assert_eq!(ours, git(dir.path(), &args));
    // A commit against its first parent, and the first commit against nothing.
    for id in [&one, &two] {
        let ours: Vec<_> = repository.paths_of(id.as_str()).unwrap();
        let ours: Vec<_> = ours.into_iter().map(|change| change.path).collect();
        let args = [
            "show",
            "--first-parent",
            "--no-renames",
            "--name-only",
            "--format=",
            id.as_str(),
        ];
        assert_eq!(ours.join("\n") + "\n", git(dir.path(), &args));
    }
    assert_eq!(
        repository.files("HEAD").unwrap().join("\n") + "\n",
        git(dir.path(), &["ls-tree", "-r", "--name-only", "HEAD"])
    );
    assert!(matches!(
        repository.read_file("HEAD", "d"),
        Err(GitError::NoSuchFile { .. })
    ));
    fsck(dir.path());
}

#[test]
fn a_hotfix_is_merged_back_and_picked_as_git_would() {
    let (dir, repository) = fresh();
    let base = commit(&repository, "a", "one\ntwo\nthree\nfour\nfive\n");
    repository.create_branch("hotfix", &base, &ada()).unwrap();
    let fix = CommitRequest::new("hotfix", "fix", ada()).file("a", "ONE\ntwo\nthree\nfour\nfive\n");
    let fix = repository.commit(&fix).unwrap();
    assert_eq!(
        git(dir.path(), &["status", "--porcelain"]),
        "",
        "another branch is checked out"
    );
    let main = commit(&repository, "a", "one\ntwo\nthree\nfour\nFIVE\n");
    let picked = repository.cherry_pick(fix.as_str(), "main").unwrap();
    let merged = repository.merge("main", "hotfix").unwrap();
    assert_eq!(picked, merged);
    let request = CommitRequest::new("main", "Merge hotfix", ada())
        .tree(merged)
        .parents([main.clone(), fix.clone()]);
    let merge = repository.commit(&request).unwrap();
    assert_eq!(
        repository.read_file("HEAD", "a").unwrap(),
        b"ONE\ntwo\nthree\nfour\nFIVE\n"
    );
    assert_eq!(
        std::fs::read(dir.path().join("a")).unwrap(),
        b"ONE\ntwo\nthree\nfour\nFIVE\n"
    );
    assert_eq!(
        repository.commit_at("HEAD").unwrap().parents,
        [main.clone(), fix.clone()]
    );
    assert!(repository.is_ancestor(fix.as_str(), "main").unwrap());
    assert!(!repository.is_ancestor(merge.as_str(), "hotfix").unwrap());
    assert_eq!(
        repository.merge_base(main.as_str(), "hotfix").unwrap(),
        Some(base)
    );
    let other =
        CommitRequest::new("hotfix", "clash", ada()).file("a", "uno\ntwo\nthree\nfour\nfive\n");
    repository.commit(&other).unwrap();
    let clash =
        CommitRequest::new("main", "clash", ada()).file("a", "eins\ntwo\nthree\nfour\nfive\n");
    repository.commit(&clash).unwrap();
    let error = repository.merge("main", "hotfix").unwrap_err();
    assert_eq!(
        error,
        GitError::MergeConflict {
            paths: vec!["a".to_owned()]
        }
    );
    fsck(dir.path());
}

#[test]
fn commits_between_revisions_are_those_of_git_log() {
    let (dir, repository) = fresh();
    let base = commit(&repository, "a", "0");
    repository.create_branch("side", &base, &ada()).unwrap();
    for n in 1..40_i64 {
        let branch = if n % 3 == 0 { "side" } else { "main" };
        // Dates that stand still, and some that run backwards.
        let at = ada().time() + chrono::Duration::seconds(if n % 7 == 0 { -n } else { n / 2 });
        let request =
            CommitRequest::new(branch, format!("{n}"), ada().at(at)).file(branch, n.to_string());
        let id = repository.commit(&request).unwrap();
        if n % 10 == 9 {
            let other = if branch == "side" { "main" } else { "side" };
            let merged = repository.merge(branch, other).unwrap();
            let theirs = repository.resolve(other).unwrap();
            let request = CommitRequest::new(branch, "merge", ada().at(at))
                .tree(merged)
                .parents([id, theirs]);
            repository.commit(&request).unwrap();
        }
        if n % 5 == 0 {
            repository
                .create_lightweight_tag(
                    &format!("t{n}"),
                    &repository.resolve(branch).unwrap(),
                    &ada(),
                )
                .unwrap();
        }
    }
    for graph in [false, true] {
        if graph {
            git(dir.path(), &["commit-graph", "write", "--reachable"]);
        }
        for until in ["main", "side", "t35", "t20"] {
            for count in ["1", "7", "1000"] {
                let newest = repository.newest(until, count.parse().unwrap());
                let ours = newest.unwrap().into_iter();
                let ours: String = ours.map(|c| format!("{}\n", c.id)).collect();
                let args = ["log", "--format=%H", "-n", count, until, "--"];
                assert_eq!(ours, git(dir.path(), &args), "{count} of {until}");
            }
            for since in [
                vec![],
                vec!["t5"],
                vec!["t30"],
                vec!["side"],
                vec!["t10", "t25"],
                vec!["main"],
            ] {
                let ours: String = repository
                    .commits(&since, until)
                    .unwrap()
                    .into_iter()
                    .map(|c| format!("{} {}\n", c.id, c.subject()))
                    .collect();
                let mut args = vec!["log", "--format=%H %s", until, "--not"];
                args.extend(&since);
                args.push("--");
                assert_eq!(ours, git(dir.path(), &args), "{until} without {since:?}");
            }
        }
    }
}
