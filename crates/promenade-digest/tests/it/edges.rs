//! Edges of digests: each test stands where one comparison decides.

use std::collections::BTreeMap;
use std::io::{self, Read};

use promenade_digest::attestation::{Outcome, Statement, StatementChain, StatementMismatch};
use promenade_digest::{
    Algorithm, AnyArtifactId, Artifact, ArtifactId, ArtifactName, BuildDifference, BuildSet,
    ChecksumFile, ChecksumFormat, ChecksumLine, Digest, ExpectedArtifacts, Hasher,
    MAX_CHECKSUM_LINES, MediaType, Pass, Role, VerifyError, fs, hash, kind, unobserved,
};

fn name(text: &str) -> ArtifactName {
    text.parse().unwrap()
}

fn names(all: &[&str]) -> Vec<ArtifactName> {
    all.iter().map(|text| name(text)).collect()
}

fn build(files: &[(&str, &str)]) -> BuildSet {
    let artifacts = files.iter().map(|(name, text)| {
        let id = ArtifactId::<kind::File>::of(text.as_bytes());
        Artifact::new(name.parse().unwrap(), id)
    });
    BuildSet::new(artifacts).unwrap()
}

#[test]
fn an_artifact_is_its_size_and_its_digest() {
    let id = ArtifactId::<kind::File>::of(b"app");
    let any = AnyArtifactId::from(id);
    assert_eq!((id.size(), id.digest()), (3, Digest::sha256(b"app")));
    assert_eq!((any.size(), any.digest()), (3, Digest::sha256(b"app")));
    assert_eq!((id.verify(b"app"), any.verify(b"app")), (Ok(()), Ok(())));
    for other in [b"".as_slice(), b"ap", b"apps", b"App", b"app\n"] {
        let expect = any.verify(other);
        assert!(expect.is_err(), "{other:?}");
        assert_eq!(id.verify(other), expect);
        let is_size = matches!(expect, Err(VerifyError::Size { .. }));
        assert_eq!(is_size, other.len() != 3, "the size is looked at first");
    }
    let claimed = ArtifactId::<kind::File>::new(id.digest(), 4);
    assert!(claimed.verify(b"app").is_err());
    assert!(claimed > id && id == ArtifactId::of(b"app"));
    assert_eq!(id.to_string(), any.to_string());
}

#[test]
fn a_digest_is_hexadecimal_in_every_place() {
    for digest in [Digest::sha256(b"app"), Digest::sha512(b"app")] {
        let algorithm = digest.algorithm();
        let text = digest.to_string();
        let (name, _) = text.split_once(':').unwrap();
        assert_eq!(digest.encoded().len(), 2 * algorithm.size_bytes());
        assert_eq!(digest.to_string().parse(), Ok(digest));
        for wrong in ['z', 'g', '`', '/', ':', 'A', 'F', ' ', '~'] {
            let all: String = std::iter::repeat_n(wrong, digest.encoded().len()).collect();
            assert!(format!("{name}:{all}").parse::<Digest>().is_err(), "{all}");
        }
    }
    assert_eq!(Algorithm::Sha256.size_bytes(), 32);
    assert_eq!(Algorithm::Sha512.size_bytes(), 64);
}

#[test]
fn two_algorithms_take_one_pass_and_one_twice_is_one() {
    let run = |hasher: Hasher| Pass::new(hasher).run(b"app".as_slice(), &mut unobserved());
    let both = run(Hasher::new(Algorithm::Sha256).and(Algorithm::Sha512)).unwrap();
    assert_eq!(both.digest(), Digest::sha256(b"app"));
    assert_eq!(both.other(), Some(Digest::sha512(b"app")));
    let one = run(Hasher::new(Algorithm::Sha512).and(Algorithm::Sha512)).unwrap();
    assert_eq!((one.digest(), one.other()), (Digest::sha512(b"app"), None));
}

/// Gives one byte at a time, and is interrupted before each.
struct Interrupted<'a>(&'a [u8], bool);

impl Read for Interrupted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.1 = !self.1;
        if self.1 {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let count = self.0.len().min(1);
        buffer[..count].copy_from_slice(&self.0[..count]);
        self.0 = &self.0[count..];
        Ok(count)
    }
}

#[test]
fn a_reader_that_is_interrupted_is_asked_again() {
    let found = hash(Interrupted(b"app", false), Algorithm::Sha256).unwrap();
    assert_eq!((found.size(), found.digest()), (3, Digest::sha256(b"app")));
}

fn checksums(all: &[&str]) -> ChecksumFile {
    let line = |name: &&str| ChecksumLine::new(*name, Digest::sha256(name.as_bytes()));
    ChecksumFile::new(all.iter().map(line)).unwrap()
}

#[test]
fn a_checksum_file_gives_what_is_expected_of_it() {
    let file = checksums(&["b", "a", "c"]);
    let keys = |found: BTreeMap<ArtifactName, Digest>| {
        let each = found.into_iter().map(|(name, digest)| {
            assert_eq!(digest, Digest::sha256(name.as_str().as_bytes()));
            name.as_str().to_owned()
        });
        each.collect::<Vec<_>>()
    };
    for expected in [
        ["a", "b", "c"].as_slice(),
        &["c", "a", "b"],
        &["a", "a", "b", "c", "b"],
    ] {
        assert_eq!(
            keys(file.select(&names(expected)).unwrap()),
            ["a", "b", "c"]
        );
    }
    assert_eq!(
        keys(file.select_among(&names(&["c", "a"])).unwrap()),
        ["a", "c"]
    );
    let error = file.select(&names(&["a", "d", "c"])).unwrap_err();
    assert_eq!(
        (error.missing(), error.unexpected()),
        (&names(&["d"])[..], &names(&["b"])[..])
    );
    let error = file.select_among(&names(&["a", "d"])).unwrap_err();
    assert_eq!(
        (error.missing(), error.unexpected()),
        (&names(&["d"])[..], &[][..])
    );
}

#[test]
fn a_path_is_trusted_only_where_paths_are_expected() {
    let file = checksums(&["a", "dir/b"]);
    assert_eq!(file.paths().unwrap().len(), 2);
    let error = file.names().unwrap_err();
    assert_eq!(error.untrusted().len(), 1);
    assert!(file.select_among(&names(&["a"])).is_err());
    assert_eq!(file.select(&names(&["a", "dir/b"])).unwrap().len(), 2);
    assert_eq!(checksums(&["a", "b"]).names().unwrap().len(), 2);
}

#[test]
fn a_checksum_file_has_as_many_lines_as_it_may() {
    let digest = Digest::sha256(b"");
    let line = |at: usize| ChecksumLine::new(format!("{at:06}"), digest);
    let most = ChecksumFile::new((0..MAX_CHECKSUM_LINES).map(line)).unwrap();
    assert_eq!(most.lines().len(), MAX_CHECKSUM_LINES);
    let error = ChecksumFile::new((0..=MAX_CHECKSUM_LINES).map(line)).unwrap_err();
    assert_eq!(error.line(), MAX_CHECKSUM_LINES + 1);
    let bytes = most.render(ChecksumFormat::Gnu);
    assert_eq!(ChecksumFile::parse(&bytes, ChecksumFormat::Gnu), Ok(most));
}

#[test]
fn a_file_is_verified_by_what_it_holds() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("a"), "one").unwrap();
    std::fs::write(dir.path().join("b"), "two").unwrap();
    let digests = [
        (name("a"), Digest::sha256(b"one")),
        (name("b"), Digest::sha256(b"another")),
        (name("c"), Digest::sha256(b"three")),
    ];
    let mut seen = Vec::new();
    let found = fs::check_files(dir.path(), &digests.into(), &mut |bytes| {
        seen.push(bytes);
        std::ops::ControlFlow::Continue(())
    });
    let outcomes: Vec<_> = found
        .unwrap()
        .into_iter()
        .map(|file| file.outcome.is_ok())
        .collect();
    assert_eq!(outcomes, [true, false, false]);
    assert_eq!(seen.last(), Some(&6), "bytes of all files are counted");
    let other = [
        (name("a"), Digest::sha512(b"one")),
        (name("b"), Digest::sha256(b"two")),
    ];
    let found = fs::check_files(dir.path(), &other.into(), &mut unobserved()).unwrap();
    assert!(found.iter().all(|file| file.outcome.is_ok()));
}

#[test]
fn builds_differ_by_name_from_either_side() {
    let names = |one: &BuildSet, other: &BuildSet| {
        let error = one.same_build(other).unwrap_err();
        let named = error.differences().iter().map(|one| match one {
            BuildDifference::Missing { name } => format!("-{name}"),
            BuildDifference::Added { name } => format!("+{name}"),
            BuildDifference::Changed { name, .. } => format!("~{name}"),
        });
        named.collect::<Vec<_>>()
    };
    let ours = build(&[("a", "1"), ("c", "3"), ("d", "4")]);
    let theirs = build(&[("b", "2"), ("c", "3"), ("d", "5"), ("e", "6")]);
    assert_eq!(names(&ours, &theirs), ["-a", "+b", "~d", "+e"]);
    assert_eq!(names(&theirs, &ours), ["+a", "-b", "~d", "-e"]);
    assert_eq!(ours.same_build(&ours), Ok(()));
    let empty = build(&[]);
    assert_eq!(names(&ours, &empty), ["-a", "-c", "-d"]);
    assert_eq!((empty.len(), empty.is_empty()), (0, true));
    assert_eq!((ours.len(), ours.is_empty()), (3, false));
}

#[test]
fn expectations_add_up() {
    let set = build(&[("a", "1"), ("b", "2"), ("notes.txt", "3")]);
    let expect = |all: &[&str]| ExpectedArtifacts::new(names(all));
    let both = expect(&["b"]).and(expect(&["a", "b"]));
    let listed: Vec<_> = both.names().map(ArtifactName::as_str).collect();
    assert_eq!(listed, ["a", "b"]);
    let error = set.verify(&both).unwrap_err();
    assert_eq!(error.unexpected(), names(&["notes.txt"]));
    assert_eq!(
        set.verify(&both.clone().and(expect(&["notes.txt"]))),
        Ok(())
    );
    // More is allowed if either allows it.
    assert_eq!(
        set.verify(&expect(&["a"]).allow_extra().and(expect(&["b"]))),
        Ok(())
    );
    assert_eq!(
        set.verify(&expect(&["a"]).and(expect(&["b"]).allow_extra())),
        Ok(())
    );
    let sbom = expect(&["a"]).and(ExpectedArtifacts::default().with_role(Role::Sbom));
    let error = set.verify(&sbom.allow_extra()).unwrap_err();
    assert_eq!(error.missing_roles(), [Role::Sbom]);
}

#[test]
fn a_name_says_what_an_artifact_is_to_a_release() {
    for (file, role) in [
        ("app.tar.gz", Role::Payload),
        ("app.json", Role::Payload),
        ("app.cdx.json", Role::Sbom),
        ("app.cdx.xml", Role::Sbom),
        ("app.spdx", Role::Sbom),
        ("app.spdx.json", Role::Sbom),
        ("app.intoto.jsonl", Role::Attestation),
        ("app.intoto.json", Role::Attestation),
        ("app.sigstore.json", Role::Attestation),
        ("app.tar.gz.asc", Role::Signature),
        ("app.tar.gz.sig", Role::Signature),
        ("app.minisig", Role::Signature),
        ("SHA256SUMS", Role::Checksums),
        ("app.sha512", Role::Checksums),
    ] {
        assert_eq!(MediaType::of_name(&name(file)).role(), role, "{file}");
    }
    for text in [
        "text/plain",
        "a/b",
        "application/vnd.oci.image.index.v1+json",
        "x1/y_z",
    ] {
        assert!(MediaType::new(text).is_ok(), "{text}");
    }
    let long = format!("a/{}", "b".repeat(128));
    for text in [
        "text",
        "/plain",
        "text/",
        "te xt/plain",
        "text/pl,ain",
        "-a/b",
        "a/.b",
        &long,
    ] {
        assert!(MediaType::new(text).is_err(), "{text}");
    }
}

#[test]
fn a_chain_goes_on_at_its_next_number_and_not_in_the_future() {
    let statement = |sequence, previous, at: &str| Statement {
        build: build(&[("app.tar.gz", "app")]),
        version: "1.4.0".to_owned(),
        tags: Vec::new(),
        from: None,
        to: "production".to_owned(),
        resource: "https://registry.example/acme/app".to_owned(),
        sequence,
        previous,
        policy: Digest::sha256(b"release.toml"),
        at: at.parse().unwrap(),
        expires: None,
        verifier: "https://promenade.example/verifier".to_owned(),
        outcome: Outcome::Passed,
    };
    let now = "2026-03-01T12:00:00Z".parse().unwrap();
    let chain = StatementChain::default();
    let first = statement(1, None, "2026-03-01T12:00:00Z");
    // Made this very second.
    let chain = chain.extend(&first, &now).unwrap();
    assert_eq!((chain.sequence(), chain.head()), (1, Some(first.digest())));
    let second = statement(2, Some(first.digest()), "2026-03-01T12:00:00Z");
    let next = chain.extend(&second, &now).unwrap();
    assert_eq!(next.sequence(), 2);
    let mismatch = |statement: &Statement| {
        let error = chain.extend(statement, &now).unwrap_err();
        assert_eq!(error.mismatches().len(), 1, "{error}");
        error.mismatches()[0].clone()
    };
    for at in ["2026-03-01T12:00:01Z", "2026-03-01T11:59:59Z"] {
        let other = statement(2, Some(first.digest()), at);
        assert!(matches!(mismatch(&other), StatementMismatch::Time { .. }));
    }
    for sequence in [0, 1, 3] {
        let other = statement(sequence, Some(first.digest()), "2026-03-01T12:00:00Z");
        assert!(matches!(
            mismatch(&other),
            StatementMismatch::Sequence { .. }
        ));
    }
    let other = statement(2, Some(second.digest()), "2026-03-01T12:00:00Z");
    assert!(matches!(
        mismatch(&other),
        StatementMismatch::Previous { .. }
    ));
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_told_by_its_kind() {
    use promenade_digest::WalkErrorKind;

    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    std::fs::write(at("file"), "app").unwrap();
    std::fs::create_dir(at("dir")).unwrap();
    std::os::unix::fs::symlink("file", at("link")).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(at("socket")).unwrap();
    let kind = |name: &str| {
        let found = fs::hash_file(&at(name), Algorithm::Sha256, &mut unobserved());
        found
            .map(|hashed| hashed.size())
            .map_err(|error| error.kind().clone())
    };
    assert_eq!(kind("file").unwrap(), 3);
    assert!(matches!(kind("dir"), Err(WalkErrorKind::Directory)));
    assert!(matches!(kind("link"), Err(WalkErrorKind::Symlink)));
    assert!(matches!(kind("socket"), Err(WalkErrorKind::Special)));
}
