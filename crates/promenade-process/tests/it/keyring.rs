//! The keyring of a process: keys of people, for which tags, from when until when.

use promenade_process::Process;
use promenade_process::port::signature::{SignatureKind, Signer};

const ADA: &str = "ssh:SHA256:nLPnMZC4Df0xQ6XbBV2yT8mG1c7jrK5uWqHsEoaYtI9";
const PGP: &str = "openpgp:0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c";

fn text(tables: &str) -> String {
    format!(
        "[process]\nformat = 1\nname = \"acme\"\n\n[version]\nscheme = \"integer\"\n\n[[person]]\n\
         name = \"ada\"\nkeys = [\"{ADA}\", \"{PGP}\", \"ci:nightly\"]\n\n{tables}"
    )
}

#[track_caller]
fn process(tables: &str) -> Process {
    match Process::parse("release.toml", &text(tables)) {
        Ok(process) => process,
        Err(error) => panic!("{error}"),
    }
}

#[track_caller]
fn refused(tables: &str) -> String {
    Process::parse("release.toml", &text(tables))
        .unwrap_err()
        .to_string()
}

#[test]
fn a_key_without_a_table_counts_always_and_for_every_tag() {
    let process = process("");
    let keys: Vec<_> = process
        .keyring()
        .keys()
        .iter()
        .map(|key| (key.kind(), key.person().as_str(), key.fingerprint()))
        .collect();
    let upper = "0F1E2D3C4B5A69788796A5B4C3D2E1F00F1E2D3C".to_owned();
    let ssh = ADA.trim_start_matches("ssh:").to_owned();
    assert_eq!(
        keys,
        [
            (SignatureKind::Ssh, "ada", ssh),
            (SignatureKind::Pgp, "ada", upper)
        ]
    );
    assert!(process.keyring().keys().iter().all(|key| {
        key.may_sign("anything") && key.valid_after().is_none() && key.valid_before().is_none()
    }));
}

#[test]
fn a_table_narrows_a_key_by_name_and_time() {
    let process = process(&format!(
        "[[key]]\nid = \"{ADA}\"\ntags = \"v*,!v0.*\"\nvalid-after = \"2026-01-01T00:00:00Z\"\n"
    ));
    let keyring = process.keyring();
    let key = &keyring.keys()[0];
    assert!(key.may_sign("v1.0.0") && !key.may_sign("v0.9.0") && !key.may_sign("nightly"));
    assert_eq!(
        key.valid_after().unwrap().to_rfc3339(),
        "2026-01-01T00:00:00+00:00"
    );
    let signer = |kind| Signer {
        kind,
        principal: "whatever the signature says".to_owned(),
        key: ADA.trim_start_matches("ssh:").to_owned(),
    };
    assert_eq!(keyring.find(&signer(SignatureKind::Ssh)), Some(key));
    assert_eq!(keyring.find(&signer(SignatureKind::Pgp)), None);
    let rules = keyring.tag_signers();
    let allowed = |tag| {
        rules
            .iter()
            .any(|rule| rule.allows(tag, &signer(SignatureKind::Ssh)))
    };
    assert!(allowed("v1.0.0") && !allowed("v0.9.0"));
}

#[test]
fn a_table_that_is_about_nobody_is_shown_where_it_stands() {
    insta::assert_snapshot!(refused("[[key]]\nid = \"ssh:SHA256:other\"\n"), @"
    release.toml:12:1: key `ssh:SHA256:other`: no `[[person]]` lists it
       |
    12 | [[key]]
       | ^^^^^^^
    ");
    let twice = format!("[[key]]\nid = \"{ADA}\"\n\n[[key]]\nid = \"{ADA}\"\n");
    insta::assert_snapshot!(refused(&twice), @"
    release.toml:15:1: key `ssh:SHA256:nLPnMZC4Df0xQ6XbBV2yT8mG1c7jrK5uWqHsEoaYtI9`: it has a table already
       |
    15 | [[key]]
       | ^^^^^^^
    ");
    insta::assert_snapshot!(refused("[[key]]\nid = \"ci:nightly\"\n"), @"
    release.toml:12:1: key `ci:nightly`: expected `ssh:` or `openpgp:`
       |
    12 | [[key]]
       | ^^^^^^^
    ");
    let never = format!(
        "[[key]]\nid = \"{ADA}\"\nvalid-after = \"2026-01-02T00:00:00Z\"\nvalid-before = \"2026-01-01T00:00:00Z\"\n"
    );
    insta::assert_snapshot!(refused(&never), @"
    release.toml:12:1: key `ssh:SHA256:nLPnMZC4Df0xQ6XbBV2yT8mG1c7jrK5uWqHsEoaYtI9`: valid-before is not later than valid-after
       |
    12 | [[key]]
       | ^^^^^^^
    ");
    insta::assert_snapshot!(refused(&format!("[[key]]\nid = \"{ADA}\"\nvalid-form = 1\n")), @"
    release.toml:14:1: unknown field `valid-form`, expected one of `id`, `public-key`, `valid-after`, `valid-before`, `tags`; did you mean `valid-before`?
       |
    14 | valid-form = 1
       | ^^^^^^^^^^
    ");
}
