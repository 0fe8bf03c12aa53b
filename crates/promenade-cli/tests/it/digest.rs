//! `digest`, against the programs that people use for it.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

fn promenade(dir: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_promenade"))
        .current_dir(dir)
        .arg("digest")
        .args(args)
        .output()
        .unwrap()
}

#[track_caller]
fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn files_are_printed_as_coreutils_prints_them() {
    let dir = tempfile::tempdir().unwrap();
    let names = ["a b", "back\\slash", "new\nline", "-dash"];
    for name in names {
        fs::write(dir.path().join(name), name).unwrap();
    }
    fs::create_dir(dir.path().join("sub")).unwrap();
    fs::write(dir.path().join("sub/f"), "x").unwrap();
    let args = ["--", "a b", "back\\slash", "new\nline", "-dash", "./sub/f"];
    for (program, algorithm) in [("sha256sum", "sha256"), ("sha512sum", "sha512")] {
        let Some(program) = testkit::program(program) else {
            return;
        };
        let theirs = Command::new(program)
            .current_dir(dir.path())
            .args(args)
            .output()
            .unwrap();
        let ours = promenade(
            dir.path(),
            &[&["--algorithm", algorithm], &args[..]].concat(),
        );
        assert!(ours.status.success());
        assert_eq!(ours.stdout, theirs.stdout);
        assert_eq!(ours.stderr, b"");
    }
    let missing = promenade(dir.path(), &["a b", "absent"]);
    assert_eq!(missing.status.code(), Some(2));
    assert_eq!(missing.stdout, b"");
}

#[test]
fn a_check_demands_the_expected_names() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("app"), "app").unwrap();
    fs::write(dir.path().join("decoy"), "decoy").unwrap();
    let sums = promenade(dir.path(), &["decoy"]).stdout;
    fs::write(dir.path().join("SUMS"), &sums).unwrap();
    let good = promenade(dir.path(), &["--check", "SUMS"]);
    assert_eq!(
        (good.status.code(), &good.stdout[..]),
        (Some(0), &b"decoy: OK\n"[..])
    );
    let decoy = promenade(dir.path(), &["--check", "SUMS", "--expect", "app"]);
    assert_eq!(decoy.status.code(), Some(1));
    let args = ["--check", "SUMS", "--expect", "app", "--format", "json"];
    let object = json(&promenade(dir.path(), &args));
    assert_eq!(object["schema"], "promenade.digest-check/1");
    assert_eq!(object["missing"], serde_json::json!(["app"]));
    fs::write(dir.path().join("decoy"), "changed").unwrap();
    assert_eq!(
        promenade(dir.path(), &["--check", "SUMS"]).status.code(),
        Some(1)
    );
    fs::write(dir.path().join("SUMS"), [b"# decoy\n", &sums[..]].concat()).unwrap();
    assert_eq!(
        promenade(dir.path(), &["--check", "SUMS"]).status.code(),
        Some(2)
    );
}

#[test]
fn a_tree_has_the_digest_that_nix_hash_prints() {
    let Some(nix_hash) = testkit::program("nix-hash") else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir_all(dir.path().join("t/empty")).unwrap();
    fs::write(dir.path().join("t/f"), "x").unwrap();
    let output = Command::new(nix_hash)
        .current_dir(dir.path())
        .args(["--type", "sha256", "t"])
        .output()
        .unwrap();
    let theirs = String::from_utf8(output.stdout).unwrap();
    let ours = promenade(dir.path(), &["tree", "t"]);
    let expected = format!("sha256:{}  t\n", theirs.trim());
    assert_eq!(String::from_utf8(ours.stdout).unwrap(), expected);
    assert_eq!(
        promenade(dir.path(), &["tree", "absent"]).status.code(),
        Some(2)
    );
}

#[test]
fn an_image_has_the_digest_that_skopeo_shows() {
    let (Some(skopeo), Some(umoci)) = (testkit::program("skopeo"), testkit::program("umoci"))
    else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let run = |program: &Path, args: &[&str]| {
        let output = Command::new(program)
            .current_dir(dir.path())
            .args(args)
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    run(&umoci, &["init", "--layout", "img"]);
    run(&umoci, &["new", "--image", "img:v1"]);
    run(&umoci, &["unpack", "--rootless", "--image", "img:v1", "b"]);
    fs::write(dir.path().join("b/rootfs/f"), "hello\n").unwrap();
    run(&umoci, &["repack", "--image", "img:v1", "b"]);
    let copy = [
        "copy",
        "-q",
        "--insecure-policy",
        "oci:img:v1",
        "docker-archive:s.tar:app:1.2.3",
    ];
    run(&skopeo, &copy);
    let digest = run(
        &skopeo,
        &["inspect", "--format", "{{.Digest}}", "oci:img:v1"],
    );
    let layout = json(&promenade(
        dir.path(),
        &["image", "img", "--format", "json"],
    ));
    assert_eq!(layout["schema"], "promenade.digest-image/1");
    assert_eq!(layout["images"][0]["manifest"], digest.trim());
    let saved = json(&promenade(
        dir.path(),
        &["image", "s.tar", "--format", "json"],
    ));
    assert_eq!(saved["format"], "docker-archive");
    assert_eq!(
        saved["images"][0]["names"][0],
        "docker.io/library/app:1.2.3"
    );
    let archive = promenade(dir.path(), &["s.tar", "--format", "json"]);
    assert_eq!(
        saved["archive"]["digest"],
        json(&archive)["files"][0]["digest"]
    );
    assert_eq!(
        promenade(dir.path(), &["image", "b/rootfs/f"])
            .status
            .code(),
        Some(2)
    );
}
