//! `build record`: what a commit was built to, all of it, once.

use std::process::Command;

use promenade::digest::Digest;
use serde_json::Value;

use crate::house::House;

fn house() -> House {
    let house = House::new("cargo-workspace", "main", &[(".gitignore", "dist\n")]);
    let dist = house.path().join("dist/docs");
    std::fs::create_dir_all(&dist).unwrap();
    for (name, text) in [
        ("app-1.0.0-x86_64.tar.gz", "x86"),
        ("app-1.0.0-aarch64.tar.gz", "arm"),
        ("app.spdx.json", "{}"),
        ("docs/manual.txt", "read me"),
    ] {
        std::fs::write(house.path().join("dist").join(name), text).unwrap();
    }
    house
}

const RECORD: [&str; 5] = ["build", "record", "dist", "--as", "ci:build"];
const EXPECTED: [&str; 8] = [
    "--expect",
    "app-{version}-{target}.tar.gz",
    "--target",
    "x86_64",
    "--expect",
    "app.spdx.json",
    "--expect",
    "docs/manual.txt",
];

/// A4, C36, INV-2: kind, digest and size of every artifact; another build of the commit is refused.
#[test]
fn a_build_is_recorded_once_with_every_artifact() {
    let house = house();
    let refs = house.refs();
    let plan = house.run(&RECORD);
    assert_eq!(plan.code, 0, "{}", plan.err);
    assert_eq!(house.refs(), refs, "a plan changes nothing");

    let expected = [
        &EXPECTED[..],
        &["--target", "aarch64", "--version", "1.0.0"],
    ]
    .concat();
    let report = house.act(&[&RECORD[..], &expected, &["--require", "sbom"]].concat());
    let artifacts = report["build"]["artifacts"].as_array().unwrap();
    assert_eq!(artifacts.len(), 4);
    assert_eq!(artifacts[0]["name"], "app-1.0.0-aarch64.tar.gz");
    assert_eq!(artifacts[0]["kind"], "file");
    assert_eq!(artifacts[0]["size"], 3);
    assert_eq!(artifacts[0]["digest"], Digest::sha256(b"arm").to_string());
    assert_eq!(report["commit"], house.head());

    let again = house.act(&RECORD);
    assert_eq!(again["artifacts"], report["artifacts"]);
    assert_eq!(again["steps"], Value::Array(Vec::new()), "recorded already");
    std::fs::write(house.path().join("dist/app.spdx.json"), "{ }").unwrap();
    assert_eq!(house.held(&RECORD), ["identity"]);
    assert_eq!(house.run(&["ledger", "verify"]).code, 0);
}

#[test]
fn a_build_that_is_not_the_expected_one_is_not_recorded() {
    let house = house();
    let refs = house.refs();
    for (args, code, says) in [
        (
            &["--version", "1.0.0"][..],
            1,
            "unexpected `app-1.0.0-aarch64.tar.gz`",
        ),
        (
            &["--version", "1.0.1", "--allow-extra"],
            1,
            "missing `app-1.0.1-x86_64.tar.gz`",
        ),
        (&[], 2, "say which with `--version`"),
        (
            &[
                "--version",
                "1.0.0",
                "--allow-extra",
                "--require",
                "attestation",
            ],
            1,
            "an attestation",
        ),
        (
            &["--image", "app=nowhere", "--version", "1.0.0"],
            2,
            "`nowhere`",
        ),
        (&["--image", "app"], 2, "NAME=PATH"),
    ] {
        let run = house.run(&[&RECORD[..], &EXPECTED, args, &["--execute"]].concat());
        assert_eq!(run.code, code, "{args:?}: {}{}", run.out, run.err);
        let said = format!("{}{}", run.out, run.err);
        assert!(said.contains(says), "{args:?}: {said}");
    }
    let missing = house.run(&["build", "record", "nowhere", "--as", "ci:build"]);
    assert_eq!(missing.code, 2, "{}", missing.err);
    std::os::unix::fs::symlink("/etc/passwd", house.path().join("dist/link")).unwrap();
    let link = house.run(&[&RECORD[..], &["--execute"]].concat());
    assert_eq!(link.code, 2, "{}", link.out);
    assert!(link.out.contains("symbolic link") || link.err.contains("symbolic link"));
    assert_eq!(house.refs(), refs, "nothing was recorded");
}

/// An image is recorded by the digest that a registry gives it, not by that of an archive.
#[test]
fn an_image_is_recorded_by_its_manifest() {
    let house = house();
    let (Some(umoci), Some(skopeo)) = (testkit::program("umoci"), testkit::program("skopeo"))
    else {
        return;
    };
    let tool = |program: &std::path::Path, args: &[&str]| {
        let output = Command::new(program)
            .current_dir(house.beside(""))
            .args(args)
            .output()
            .unwrap();
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{args:?}: {err}");
        String::from_utf8(output.stdout).unwrap()
    };
    tool(&umoci, &["init", "--layout", "img"]);
    tool(&umoci, &["new", "--image", "img:v1"]);
    tool(&umoci, &["unpack", "--rootless", "--image", "img:v1", "b"]);
    std::fs::write(house.beside("b/rootfs/f"), "hello\n").unwrap();
    tool(&umoci, &["repack", "--image", "img:v1", "b"]);
    let digest = tool(
        &skopeo,
        &["inspect", "--format", "{{.Digest}}", "oci:img:v1"],
    );
    let image = format!("server={}", house.beside("img").display());
    let report = house.act(&[&RECORD[..], &["--image", &image]].concat());
    let artifacts = report["build"]["artifacts"].as_array().unwrap();
    let server = artifacts
        .iter()
        .find(|one| one["name"] == "server")
        .unwrap();
    assert_eq!(server["kind"], "oci-manifest");
    assert_eq!(server["digest"], digest.trim());
}
