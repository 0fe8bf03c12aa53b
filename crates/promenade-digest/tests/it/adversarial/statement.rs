//! 139–154: statements about something else, at another time, by nobody.

use promenade_digest::attestation::{
    Envelope, EnvelopeError, EnvelopeSignature, Expectation, Outcome, PAYLOAD_TYPE,
    ParseStatementErrorKind, Statement, StatementChain, StatementMismatch, Timestamp, pae,
};
use promenade_digest::{Artifact, ArtifactId, BuildDifference, BuildSet, Digest, JsonError, kind};
use proptest::prelude::*;

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn build(files: &[(&str, &str)]) -> BuildSet {
    let artifacts = files.iter().map(|(name, text)| {
        let id = ArtifactId::<kind::File>::of(text.as_bytes());
        Artifact::new(name.parse().unwrap(), id)
    });
    BuildSet::new(artifacts).unwrap()
}

fn statement() -> Statement {
    Statement {
        build: build(&[("app.tar.gz", "app"), ("app.spdx.json", "{}")]),
        version: "1.4.0".to_owned(),
        tags: vec!["v1.4.0".to_owned(), "latest".to_owned()],
        from: Some("staging".to_owned()),
        to: "production".to_owned(),
        resource: "https://registry.example/acme/app".to_owned(),
        sequence: 1,
        previous: None,
        policy: Digest::sha256(b"release.toml"),
        at: time("2026-03-01T12:00:00Z"),
        expires: Some(time("2026-04-01T00:00:00Z")),
        verifier: "https://promenade.example/verifier".to_owned(),
        outcome: Outcome::Passed,
    }
}

fn expectation() -> Expectation {
    let statement = statement();
    Expectation {
        build: statement.build,
        version: statement.version,
        from: statement.from,
        to: statement.to,
        resource: statement.resource,
        policy: statement.policy,
        now: time("2026-03-02T00:00:00Z"),
    }
}

/// The only thing that is not as expected.
#[track_caller]
fn mismatch(statement: &Statement, expected: &Expectation) -> StatementMismatch {
    let error = statement.verify(expected).unwrap_err();
    assert_eq!(error.mismatches().len(), 1, "{error}");
    error.mismatches()[0].clone()
}

#[track_caller]
fn other_field(statement: &Statement, field: &'static str) {
    match mismatch(statement, &expectation()) {
        StatementMismatch::Field { field: found, .. } => assert_eq!(found, field),
        other => panic!("{other}"),
    }
}

/// A signature that holds for these bytes and this key only: a keyed hash.
fn signed(key: &str, bytes: &[u8]) -> EnvelopeSignature {
    let keyed = [key.as_bytes(), b"\0", bytes].concat();
    EnvelopeSignature {
        key_id: Some(key.to_owned()),
        signature: Digest::sha256(&keyed).as_bytes().to_vec(),
    }
}

fn envelope(payload: Vec<u8>) -> Envelope {
    Envelope::sign(PAYLOAD_TYPE, payload, |bytes| {
        Ok::<_, ()>(signed("alice", bytes))
    })
    .unwrap()
}

/// Verifies with the keys of alice and bob.
fn open<'a>(
    envelope: &'a Envelope,
    payload_type: &str,
    threshold: usize,
) -> Result<&'a [u8], EnvelopeError> {
    envelope.verify(payload_type, threshold, |bytes, signature| {
        ["alice", "bob"]
            .into_iter()
            .find(|key| signed(key, bytes).signature == signature.signature)
            .map(str::to_owned)
    })
}

#[test]
fn a_good_statement_holds() {
    let statement = statement();
    assert_eq!(Statement::parse(&statement.render()).unwrap(), statement);
    statement.verify(&expectation()).unwrap();
    let text = envelope(statement.render()).render();
    let envelope = Envelope::parse(text.as_bytes()).unwrap();
    assert_eq!(
        open(&envelope, PAYLOAD_TYPE, 1).unwrap(),
        statement.render()
    );
    assert_eq!(envelope.render(), text);
}

#[test]
fn the_json_is_a_statement_with_a_verification_summary() {
    let value: serde_json::Value = serde_json::from_slice(&statement().render()).unwrap();
    assert_eq!(value["_type"], "https://in-toto.io/Statement/v1");
    assert_eq!(
        value["predicateType"],
        "https://slsa.dev/verification_summary/v1"
    );
    let predicate = &value["predicate"];
    assert_eq!(predicate["verificationResult"], "PASSED");
    assert_eq!(
        predicate["resourceUri"],
        "https://registry.example/acme/app"
    );
    assert_eq!(predicate["timeVerified"], "2026-03-01T12:00:00Z");
    let digest = Digest::sha256(b"app").encoded();
    assert_eq!(value["subject"][1]["digest"]["sha256"], digest.as_str());
}

#[test]
fn adv_139_a_signature_of_another_file() {
    // A signature over a statement names its artifact: it cannot stand for another one.
    let other = Statement {
        build: build(&[("other.tar.gz", "app")]),
        ..statement()
    };
    let signature = envelope(other.render()).signatures()[0].clone();
    let carried = Envelope::sign(PAYLOAD_TYPE, statement().render(), |_| {
        Ok::<_, ()>(signature)
    });
    let error = open(&carried.unwrap(), PAYLOAD_TYPE, 1).unwrap_err();
    let (expected, found) = (1, 0);
    assert_eq!(error, EnvelopeError::Threshold { expected, found });
    let whole = envelope(other.render());
    let read = Statement::parse(open(&whole, PAYLOAD_TYPE, 1).unwrap()).unwrap();
    let kind = mismatch(&read, &expectation());
    assert!(matches!(kind, StatementMismatch::Build(_)), "{kind}");
}

#[test]
fn adv_140_envelopes_that_say_two_things() {
    let payload = statement().render();
    let good = envelope(payload.clone());
    // Another payload type: refused when asked for ours, and not signed when asked for theirs.
    let swapped = good.render().replace("vnd.in-toto+json", "vnd.other+json");
    let swapped = Envelope::parse(swapped.as_bytes()).unwrap();
    let error = open(&swapped, PAYLOAD_TYPE, 1).unwrap_err();
    assert!(
        matches!(error, EnvelopeError::PayloadType { .. }),
        "{error}"
    );
    let error = open(&swapped, "application/vnd.other+json", 1).unwrap_err();
    assert!(matches!(error, EnvelopeError::Threshold { .. }), "{error}");
    // Bytes that move between type and payload change the lengths.
    assert_ne!(pae("a", b"b c"), pae("a b", b"c"));
    assert_ne!(pae("a 1", b"b"), pae("a", b"1 b"));
    // One key twice is one key; two keys are two.
    let twice = good
        .clone()
        .countersign(|bytes| Ok::<_, ()>(signed("alice", bytes)))
        .unwrap();
    let (expected, found) = (2, 1);
    let error = open(&twice, PAYLOAD_TYPE, 2).unwrap_err();
    assert_eq!(error, EnvelopeError::Threshold { expected, found });
    let both = twice
        .countersign(|bytes| Ok::<_, ()>(signed("bob", bytes)))
        .unwrap();
    open(&both, PAYLOAD_TYPE, 2).unwrap();
    // No threshold at all is one key.
    let none = good.render().replace("\"sig\":\"", "\"sig\":\"AAAA");
    let none = Envelope::parse(none.as_bytes()).unwrap();
    open(&none, PAYLOAD_TYPE, 0).unwrap_err();
    // Keys twice, keys in another case, unknown keys, other base64, no signatures.
    let text = good.render();
    for (from, to) in [
        ("{\"payload\":", "{\"payload\":\"e30=\",\"payload\":"),
        ("{\"payload\":", "{\"Payload\":\"e30=\",\"payload\":"),
        ("{\"payload\":", "{\"more\":1,\"payload\":"),
        ("\"keyid\":", "\"KEYID\":"),
        ("{\"payload\":\"", "{\"payload\":\"\\n"),
        ("\"sig\":\"", "\"sig\":\" "),
    ] {
        let broken = text.replacen(from, to, 1);
        assert_ne!(broken, text);
        Envelope::parse(broken.as_bytes()).unwrap_err();
    }
    let unsigned = br#"{"payload": "e30=", "payloadType": "a", "signatures": []}"#;
    assert_eq!(
        Envelope::parse(unsigned).unwrap_err(),
        EnvelopeError::Unsigned
    );
}

#[test]
fn adv_141_the_right_name_with_another_digest() {
    let other = Statement {
        build: build(&[("app.tar.gz", "evil"), ("app.spdx.json", "{}")]),
        ..statement()
    };
    match mismatch(&other, &expectation()) {
        StatementMismatch::Build(error) => assert!(matches!(
            error.differences(),
            [BuildDifference::Changed { name, .. }] if name.as_str() == "app.tar.gz"
        )),
        other => panic!("{other}"),
    }
    // A digest under the name of another algorithm.
    let text = String::from_utf8(statement().render()).unwrap();
    let swapped = text.replacen("\"sha256\":", "\"sha512\":", 1);
    let error = Statement::parse(swapped.as_bytes()).unwrap_err();
    assert!(
        matches!(error.kind(), ParseStatementErrorKind::Digest(_)),
        "{error}"
    );
}

#[test]
fn adv_142_another_predicate_type() {
    let text = String::from_utf8(statement().render()).unwrap();
    for found in [
        "https://slsa.dev/provenance/v1",
        "https://slsa.dev/verification_summary/v0.2",
    ] {
        let other = text.replace("https://slsa.dev/verification_summary/v1", found);
        let error = Statement::parse(other.as_bytes()).unwrap_err();
        let found = found.to_owned();
        assert_eq!(
            *error.kind(),
            ParseStatementErrorKind::PredicateType { found }
        );
    }
    let other = text.replace("Statement/v1", "Statement/v0.1");
    let error = Statement::parse(other.as_bytes()).unwrap_err();
    assert!(
        matches!(error.kind(), ParseStatementErrorKind::Type { .. }),
        "{error}"
    );
    let twice = text.replace(
        "\"predicateType\":",
        "\"predicateType\":\"x\",\"predicateType\":",
    );
    let error = Statement::parse(twice.as_bytes()).unwrap_err();
    let key = "predicateType".to_owned();
    let expected = ParseStatementErrorKind::Json(JsonError::DuplicateKey { key });
    assert_eq!(*error.kind(), expected);
}

#[test]
fn adv_143_a_verification_that_failed() {
    let failed = Statement {
        outcome: Outcome::Failed,
        ..statement()
    };
    let read = Statement::parse(&failed.render()).unwrap();
    assert_eq!(mismatch(&read, &expectation()), StatementMismatch::Failed);
    let text = String::from_utf8(failed.render()).unwrap();
    Statement::parse(text.replace("FAILED", "passed").as_bytes()).unwrap_err();
}

#[test]
fn adv_144_another_environment_or_resource() {
    let to = "staging".to_owned();
    other_field(&Statement { to, ..statement() }, "environment");
    let resource = "https://registry.example/acme/other".to_owned();
    other_field(
        &Statement {
            resource,
            ..statement()
        },
        "resource",
    );
    let policy = Digest::sha256(b"another process");
    other_field(
        &Statement {
            policy,
            ..statement()
        },
        "policy",
    );
}

/// A chain of one statement, and the statement that follows it.
fn chain() -> (StatementChain, Statement) {
    let chain = StatementChain::default()
        .extend(&statement(), &expectation().now)
        .unwrap();
    let next = Statement {
        version: "1.5.0".to_owned(),
        sequence: 2,
        previous: chain.head(),
        at: time("2026-03-01T13:00:00Z"),
        ..statement()
    };
    (chain, next)
}

#[track_caller]
fn refused(chain: &StatementChain, statement: &Statement) -> Vec<StatementMismatch> {
    let error = chain.extend(statement, &expectation().now).unwrap_err();
    error.mismatches().to_vec()
}

#[test]
fn adv_145_an_old_statement_again() {
    let (chain, next) = chain();
    let (expected, found) = (2, 1);
    let mismatches = refused(&chain, &statement());
    assert_eq!(
        mismatches[0],
        StatementMismatch::Sequence { expected, found }
    );
    let longer = chain.extend(&next, &expectation().now).unwrap();
    refused(&longer, &next);
    refused(&longer, &statement());
}

#[test]
fn adv_146_a_gap_and_a_fork() {
    let (chain, next) = chain();
    let sequence = 3;
    let gap = Statement {
        sequence,
        ..next.clone()
    };
    let expected = 2;
    let found = 3;
    assert_eq!(
        refused(&chain, &gap),
        [StatementMismatch::Sequence { expected, found }]
    );
    let fork = Statement {
        previous: Some(Digest::sha256(b"another past")),
        ..next
    };
    let mismatches = refused(&chain, &fork);
    assert!(matches!(
        mismatches[..],
        [StatementMismatch::Previous { .. }]
    ));
    let sequence = u64::MAX;
    refused(&chain, &Statement { sequence, ..fork });
}

#[test]
fn adv_147_another_previous_digest() {
    let (chain, next) = chain();
    let previous = None;
    let mismatches = refused(&chain, &Statement { previous, ..next });
    let expected = chain.head();
    let found = None;
    assert_eq!(
        mismatches,
        [StatementMismatch::Previous { expected, found }]
    );
    // The digest covers everything: any other first statement has another one.
    let tags = vec!["v1.4.0".to_owned()];
    assert_ne!(
        Some(
            Statement {
                tags,
                ..statement()
            }
            .digest()
        ),
        chain.head()
    );
}

#[test]
fn adv_148_a_part_of_the_artifacts() {
    let part = Statement {
        build: build(&[("app.tar.gz", "app")]),
        ..statement()
    };
    match mismatch(&part, &expectation()) {
        StatementMismatch::Build(error) => assert!(matches!(
            error.differences(),
            [BuildDifference::Missing { name }] if name.as_str() == "app.spdx.json"
        )),
        other => panic!("{other}"),
    }
    let more = Statement {
        build: build(&[("app.tar.gz", "app"), ("app.spdx.json", "{}"), ("more", "")]),
        ..statement()
    };
    mismatch(&more, &expectation());
    let text = String::from_utf8(statement().render()).unwrap();
    let start = text.find("\"subject\":[").unwrap();
    let end = text.find("],\"predicateType\"").unwrap();
    let none = format!("{}{}", &text[..start + 11], &text[end..]);
    let error = Statement::parse(none.as_bytes()).unwrap_err();
    assert_eq!(*error.kind(), ParseStatementErrorKind::Empty);
}

#[test]
fn adv_149_built_again_under_the_same_version() {
    let recorded = build(&[("app.tar.gz", "one build"), ("app.spdx.json", "{}")]);
    let again = build(&[("app.tar.gz", "another build"), ("app.spdx.json", "{}")]);
    let error = recorded.same_build(&again).unwrap_err();
    assert_eq!(error.differences().len(), 1);
    assert_ne!(recorded.digest(), again.digest());
    recorded.same_build(&recorded.clone()).unwrap();
    // The version alone proves nothing.
    let rebuilt = Statement {
        build: again,
        ..statement()
    };
    let expected = Expectation {
        build: recorded,
        ..expectation()
    };
    assert!(matches!(
        mismatch(&rebuilt, &expected),
        StatementMismatch::Build(_)
    ));
}

#[test]
fn adv_150_an_environment_left_out() {
    let from = Some("testing".to_owned());
    other_field(
        &Statement {
            from,
            ..statement()
        },
        "previous environment",
    );
    let from = None;
    other_field(
        &Statement {
            from,
            ..statement()
        },
        "previous environment",
    );
    let version = "1.4.1".to_owned();
    other_field(
        &Statement {
            version,
            ..statement()
        },
        "version",
    );
}

#[test]
fn adv_151_an_expired_statement() {
    let at_the_second = Expectation {
        now: time("2026-04-01T00:00:00Z"),
        ..expectation()
    };
    let kind = mismatch(&statement(), &at_the_second);
    assert!(matches!(kind, StatementMismatch::Expired { .. }), "{kind}");
    let just_before = Expectation {
        now: time("2026-03-31T23:59:59Z"),
        ..expectation()
    };
    statement().verify(&just_before).unwrap();
    for text in [
        "2026-04-01",
        "2026-04-01T00:00:00+00:00",
        "2026-13-01T00:00:00Z",
        "2026-04-01t00:00:00z",
    ] {
        text.parse::<Timestamp>().unwrap_err();
    }
}

#[test]
fn adv_152_a_clock_that_goes_backwards() {
    let (chain, next) = chain();
    let at = time("2026-03-01T11:59:59Z");
    let mismatches = refused(&chain, &Statement { at, ..next.clone() });
    assert!(matches!(mismatches[..], [StatementMismatch::Time { .. }]));
    // Neither is it from the future.
    let at = time("2026-03-02T00:00:01Z");
    let mismatches = refused(&chain, &Statement { at, ..next });
    assert!(matches!(mismatches[..], [StatementMismatch::Time { .. }]));
}

#[test]
fn adv_153_edited_after_it_was_signed() {
    let payload = statement().render();
    let signature = envelope(payload.clone()).signatures()[0].clone();
    let text = String::from_utf8(payload).unwrap();
    for (from, to) in [
        ("production", "pr0duction"),
        ("PASSED", "FAILED"),
        ("1.4.0", "1.4.1"),
    ] {
        let edited = text.replacen(from, to, 1).into_bytes();
        let carried = Envelope::sign(PAYLOAD_TYPE, edited, |_| Ok::<_, ()>(signature.clone()));
        let error = open(&carried.unwrap(), PAYLOAD_TYPE, 1).unwrap_err();
        assert!(matches!(error, EnvelopeError::Threshold { .. }), "{error}");
    }
}

#[test]
fn adv_154_two_statements_for_one_head() {
    let (chain, ours) = chain();
    let theirs = Statement {
        to: "mainnet".to_owned(),
        ..ours.clone()
    };
    // Both were made for the same head; the first moves it.
    let now = expectation().now;
    let moved = chain.extend(&ours, &now).unwrap();
    let mismatches = refused(&moved, &theirs);
    let (expected, found) = (3, 2);
    assert_eq!(
        mismatches[0],
        StatementMismatch::Sequence { expected, found }
    );
    assert!(matches!(mismatches[1], StatementMismatch::Previous { .. }));
    // Whichever is first.
    let moved = chain.extend(&theirs, &now).unwrap();
    refused(&moved, &ours);
}

proptest! {
    /// One flipped bit of an envelope: it does not open, or nothing that it says has changed
    /// (the key hint is not authenticated, and nothing is decided by it).
    #[test]
    fn one_flipped_bit_in_an_envelope_is_found(at: prop::sample::Index, bit in 0..8_u8) {
        let payload = statement().render();
        let mut bytes = envelope(payload.clone()).render().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        if let Ok(read) = Envelope::parse(&bytes)
            && let Ok(opened) = open(&read, PAYLOAD_TYPE, 1)
        {
            prop_assert_eq!(opened, payload);
        }
    }

    /// One flipped bit of a statement: it is not read, or it is another statement by its digest.
    #[test]
    fn one_flipped_bit_in_a_statement_is_found(at: prop::sample::Index, bit in 0..8_u8) {
        let good = statement();
        let mut bytes = good.render();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        if let Ok(read) = Statement::parse(&bytes) {
            prop_assert_ne!(&read, &good);
            prop_assert_ne!(read.digest(), good.digest());
            prop_assert_eq!(read.render(), bytes);
        }
    }
}
