//! Promenade releases itself: its own process file, in a clone of its own repository.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::command::{Run, git, promenade};
use crate::house::ssh_key;

/// Packs what would be published, without building it; gives the number of packages.
fn package(repository: &Path, out: &Path) -> usize {
    let crates = std::fs::read_dir(repository.join("crates")).unwrap();
    let mut names: Vec<_> = crates
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("promenade"))
        .collect();
    names.sort();
    let target = out.with_extension("target");
    let output = Command::new(env!("CARGO"))
        .current_dir(repository)
        .args([
            "package",
            "--offline",
            "--quiet",
            "--no-verify",
            "--exclude-lockfile",
        ])
        .arg("--target-dir")
        .arg(&target)
        .args(names.iter().flat_map(|name| ["-p", name]))
        .output()
        .unwrap();
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{err}");
    std::fs::create_dir(out).unwrap();
    for name in &names {
        let file = format!("{name}-0.1.0.crate");
        std::fs::copy(target.join("package").join(&file), out.join(&file)).unwrap();
    }
    names.len()
}

/// Everything that 0.1.0 goes through, but its publication: built once, a candidate, the checks, the
/// plan, the commit and the tag, the environment, the ledger.
#[test]
fn promenade_cuts_its_own_first_release() {
    let dir = tempfile::tempdir().unwrap();
    let work = dir.path().join("work");
    let root = testkit::workspace();
    let from = root.to_str().unwrap();
    git(dir.path(), &["clone", "-q", "--no-tags", from, "work"]);
    git(&work, &["checkout", "-q", "-B", "main", "HEAD"]);
    git(&work, &["remote", "remove", "origin"]);
    for (key, value) in [("user.name", "Ada"), ("user.email", "ada@forge.example")] {
        git(&work, &["config", key, value]);
    }
    let Some(key) = ssh_key(dir.path()) else {
        return;
    };
    let public = std::fs::read_to_string(key.with_extension("pub")).unwrap();
    let allowed = dir.path().join("allowed");
    std::fs::write(&allowed, format!("ada@forge.example {public}")).unwrap();
    for (name, value) in [
        ("gpg.format", "ssh"),
        ("user.signingkey", key.to_str().unwrap()),
        ("gpg.ssh.allowedSignersFile", allowed.to_str().unwrap()),
    ] {
        git(&work, &["config", name, value]);
    }
    let run = |args: &[&str]| -> Run {
        let at = ["--at", "2026-12-01T09:00:00Z", "--format", "json"];
        promenade(&work, &[&at[..], args].concat())
    };
    let act = |args: &[&str]| -> Value {
        let done = run(&[args, &["--execute"]].concat());
        assert_eq!(done.code, 0, "{args:?}: {}{}", done.out, done.err);
        serde_json::from_str(&done.out).unwrap()
    };
    for sound in [["check"].as_slice(), &["manifest", "check"]] {
        let found = run(sound);
        assert_eq!(found.code, 0, "{sound:?}: {}{}", found.out, found.err);
    }

    let out = dir.path().join("out");
    let packages = package(&work, &out);
    let built = act(&["build", "record", out.to_str().unwrap()]);
    assert_eq!(
        built["build"]["artifacts"].as_array().unwrap().len(),
        packages
    );
    act(&["candidate"]);
    let held = run(&["release"]);
    assert_eq!(held.code, 1, "{}", held.out);
    assert!(held.out.contains("\"check:ci\""), "{}", held.out);
    act(&["record", "ci", "pass", "--version", "0.1.0-rc.1"]);

    // The plan is shown, and nothing is done.
    let refs = git(&work, &["for-each-ref"]);
    let plan = run(&["release"]);
    assert_eq!(plan.code, 0, "{}{}", plan.out, plan.err);
    assert!(plan.out.contains("\"release 0.1.0\""), "{}", plan.out);
    assert_eq!(git(&work, &["for-each-ref"]), refs);

    let released = act(&["release"]);
    assert_eq!(released["title"], "release 0.1.0");
    git(&work, &["verify-tag", "v0.1.0"]);
    let changelog = git(&work, &["show", "v0.1.0:CHANGELOG.md"]);
    assert!(changelog.contains("## [0.1.0] - 2026-12-01"), "{changelog}");
    let subject = git(&work, &["log", "-1", "--format=%s", "v0.1.0"]);
    assert_eq!(subject, "release: v0.1.0\n");
    assert_eq!(git(&work, &["status", "--porcelain"]), "");

    assert_eq!(
        run(&["promote", "crates"]).code,
        1,
        "nobody saw it built from its package"
    );
    act(&["record", "packaged", "pass", "--version", "0.1.0"]);
    act(&["promote", "crates"]);
    act(&["observe", "crates", "--version", "0.1.0"]);

    let verified = run(&["ledger", "verify"]);
    assert_eq!(verified.code, 0, "{}", verified.out);
    let verified: Value = serde_json::from_str(&verified.out).unwrap();
    assert_eq!(
        (&verified["ok"], &verified["error"]),
        (&true.into(), &Value::Null)
    );
    let audit = run(&["audit", "--least", "error"]);
    assert_eq!(audit.code, 0, "{}", audit.out);
}
