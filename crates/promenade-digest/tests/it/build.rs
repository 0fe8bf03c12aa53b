//! Build sets: canonical bytes, expectations, comparison, recording of directories.

use std::fs;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;

use promenade_digest::fs::{hash_files, record_build, record_build_parallel};
use promenade_digest::{
    Algorithm, AnyArtifactId, Artifact, ArtifactId, ArtifactName, BuildSet, BuildSetError, Digest,
    ExpectedArtifacts, HashError, ParseBuildSetErrorKind, Role, WalkErrorKind, kind, strategy,
    unobserved,
};

fn name(text: &str) -> ArtifactName {
    text.parse().unwrap()
}

fn file(name: &str, bytes: &[u8]) -> Artifact {
    Artifact::new(name.parse().unwrap(), ArtifactId::<kind::File>::of(bytes))
}

fn build(files: &[(&str, &str)]) -> BuildSet {
    BuildSet::new(files.iter().map(|(name, text)| file(name, text.as_bytes()))).unwrap()
}

#[test]
fn canonical_bytes_are_one_line_for_each_artifact() {
    let set = build(&[("b.tar.gz", "two"), ("a b.spdx.json", "one")]);
    let text = String::from_utf8(set.canonical_bytes()).unwrap();
    insta::assert_snapshot!(text, @r"
    promenade-build 1
    file sha256:7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed 3 application/spdx+json a b.spdx.json
    file sha256:3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3 3 application/gzip b.tar.gz
    ");
    assert_eq!(BuildSet::parse(text.as_bytes()).unwrap(), set);
    assert_eq!(set.digest(), Digest::sha256(text.as_bytes()));
}

#[test]
fn a_set_out_of_order_is_refused() {
    let set = build(&[("b", "two"), ("a", "one")]);
    let text = String::from_utf8(set.canonical_bytes()).unwrap();
    let mut lines: Vec<_> = text.lines().collect();
    lines.swap(1, 2);
    let swapped = format!("{}\n", lines.join("\n"));
    let error = BuildSet::parse(swapped.as_bytes()).unwrap_err();
    assert_eq!(*error.kind(), ParseBuildSetErrorKind::NotCanonical);
}

#[test]
fn one_name_is_there_once_also_but_for_case() {
    let twice = BuildSet::new([file("a", b"1"), file("a", b"2")]).unwrap_err();
    assert_eq!(twice, BuildSetError::Duplicate { name: name("a") });
    let twins = BuildSet::new([file("App", b"1"), file("app", b"1")]).unwrap_err();
    assert!(matches!(twins, BuildSetError::CaseTwins { .. }));
}

#[test]
fn what_is_missing_and_what_was_not_expected_is_named() {
    let set = build(&[("app-linux", "1"), ("app-macos", "2"), ("notes.txt", "3")]);
    let expected =
        ExpectedArtifacts::per_target("app-{target}", "1.0.0", &["linux", "windows"]).unwrap();
    let error = set
        .verify(&expected.clone().with_role(Role::Sbom))
        .unwrap_err();
    assert_eq!(error.missing(), [name("app-windows")]);
    assert_eq!(error.unexpected(), [name("app-macos"), name("notes.txt")]);
    insta::assert_snapshot!(error, @"the build is not the expected one: missing `app-windows`; unexpected `app-macos`, `notes.txt`; no artifact is a bill of materials");
    let error = set.verify(&expected.allow_extra()).unwrap_err();
    assert_eq!(error.unexpected(), []);
}

#[test]
fn an_unknown_placeholder_is_refused() {
    ExpectedArtifacts::per_target("app-{arch}", "1.0.0", &["linux"]).unwrap_err();
}

#[test]
fn a_directory_is_recorded_with_its_paths() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("linux")).unwrap();
    fs::write(dir.path().join("linux/app"), "one").unwrap();
    fs::write(dir.path().join("SHA256SUMS"), "two").unwrap();
    fs::write(dir.path().join("a"), "two").unwrap();
    let set = record_build(dir.path(), &mut unobserved()).unwrap();
    let names: Vec<_> = set.artifacts().map(|a| a.name.as_str()).collect();
    assert_eq!(names, ["SHA256SUMS", "a", "linux/app"]);
    set.verify_bytes("linux/app", b"one").unwrap();
    set.verify_bytes("linux/app", b"two").unwrap_err();
    set.verify_bytes("nothing", b"two").unwrap_err();
}

#[cfg(unix)]
#[test]
fn a_symbolic_link_in_a_build_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a"), "one").unwrap();
    std::os::unix::fs::symlink("a", dir.path().join("b")).unwrap();
    let error = record_build(dir.path(), &mut unobserved()).unwrap_err();
    assert_eq!(*error.kind(), WalkErrorKind::Symlink);
    assert_eq!(error.path(), dir.path().join("b"));
}

#[test]
fn serde_keeps_sets_and_their_rules() {
    let set = build(&[("a", "one"), ("b", "two")]);
    let json = serde_json::to_string(&set).unwrap();
    assert_eq!(serde_json::from_str::<BuildSet>(&json).unwrap(), set);
    let twice = json.replace("\"b\"", "\"a\"");
    let error = serde_json::from_str::<BuildSet>(&twice).unwrap_err();
    assert!(error.to_string().contains("is there twice"), "{error}");
}

#[test]
fn several_threads_find_what_one_finds() {
    let dir = tempfile::tempdir().unwrap();
    for n in 0..100 {
        let sub = dir.path().join(format!("d{}", n % 7));
        fs::create_dir_all(&sub).unwrap();
        fs::write(sub.join(n.to_string()), vec![1; n * 1000]).unwrap();
    }
    let one = record_build(dir.path(), &mut unobserved()).unwrap();
    let mut seen = 0;
    for threads in [1, 2, 5] {
        let threads = NonZeroUsize::new(threads).unwrap();
        let many = record_build_parallel(dir.path(), threads, &mut |bytes| {
            seen = bytes;
            ControlFlow::Continue(())
        });
        assert_eq!(many.unwrap(), one);
        assert_eq!(seen, (0..100).sum::<u64>() * 1000);
        let cancelled = record_build_parallel(dir.path(), threads, &mut |_| ControlFlow::Break(()));
        assert!(cancelled.unwrap_err().is_cancelled());
    }
}

#[test]
fn what_is_wrong_with_one_file_is_in_its_result() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a"), "one").unwrap();
    let paths = ["a", "absent", "a"].map(|name| dir.path().join(name));
    let two = NonZeroUsize::new(2).unwrap();
    let results = hash_files(&paths, Algorithm::Sha512, two, &mut unobserved()).unwrap();
    let digests: Vec<_> = results
        .iter()
        .map(|r| r.as_ref().ok().map(|h| h.digest()))
        .collect();
    let one = Some(Digest::sha512(b"one"));
    assert_eq!(digests, [one, None, one]);
    let error = hash_files(&paths, Algorithm::Sha512, two, &mut |_| {
        ControlFlow::Break(())
    });
    assert!(matches!(error.unwrap_err(), HashError::Cancelled { .. }));
}

proptest::proptest! {
    #[test]
    fn a_set_is_read_as_it_was_written(set in strategy::build_set()) {
        let bytes = set.canonical_bytes();
        proptest::prop_assert_eq!(&BuildSet::parse(&bytes).unwrap(), &set);
        let json = serde_json::to_string(&set).unwrap();
        proptest::prop_assert_eq!(serde_json::from_str::<BuildSet>(&json).unwrap(), set);
    }

    #[test]
    fn one_flipped_bit_in_a_set_is_found(
        set in strategy::build_set(),
        at: proptest::sample::Index,
        bit in 0..8_u8,
    ) {
        let mut bytes = set.canonical_bytes();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        if let Ok(read) = BuildSet::parse(&bytes) {
            proptest::prop_assert!(set.same_build(&read).is_err());
            proptest::prop_assert!(set.digest() != read.digest());
        }
    }

    #[test]
    fn an_identity_is_read_as_it_was_written(id in strategy::artifact_id()) {
        proptest::prop_assert_eq!(id.to_string().parse::<AnyArtifactId>().unwrap(), id);
    }
}
