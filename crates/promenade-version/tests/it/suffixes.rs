//! What suffixes mean, and that one text has one reading.

use promenade_version::{
    Meaning, ParseVersionErrorKind, PolicyError, Scheme, SchemeBuilder, SchemeKind,
};

#[track_caller]
fn check(scheme: &Scheme, text: &str, semver: &str, meaning: Meaning) {
    let version = scheme.parse(text).unwrap();
    assert_eq!(version.to_string(), semver);
    assert_eq!(scheme.meaning(&version), meaning);
    assert_eq!(scheme.format(&version).unwrap(), text);
}

#[track_caller]
fn refuse(scheme: &Scheme, text: &str, canonical: &str) {
    let error = scheme.parse(text).unwrap_err();
    let kind = ParseVersionErrorKind::NotCanonical {
        canonical: canonical.to_owned(),
    };
    assert_eq!(error.kind(), &kind, "{error}");
}

fn semver() -> SchemeBuilder {
    Scheme::builder(SchemeKind::Semver)
}

#[test]
fn a_fork_suffix_is_stable_despite_its_hyphen() {
    let scheme = semver().stable("{hex}").build().unwrap();
    check(
        &scheme,
        "1.12.2-ce60d74",
        "1.12.2+ce60d74",
        Meaning::StableSuffix,
    );
    check(
        &scheme,
        "1.10.1-0123456",
        "1.10.1+0123456",
        Meaning::StableSuffix,
    );
    check(&scheme, "1.10.1-rc.1", "1.10.1-rc.1", Meaning::Candidate);
    assert!(scheme.parse("1.10.1-de69705").unwrap() > scheme.parse("1.10.1").unwrap());
    refuse(&scheme, "1.12.2+ce60d74", "1.12.2-ce60d74");
}

#[test]
fn labels_with_a_number_keep_numeric_order() {
    let scheme = Scheme::builder(SchemeKind::MajorMinor)
        .candidate("prerelease{n}")
        .build()
        .unwrap();
    check(
        &scheme,
        "0.1-prerelease10",
        "0.1.0-prerelease.10",
        Meaning::Candidate,
    );
    let numbers = [1, 2, 9, 10, 11, 100].map(|n| format!("0.1-prerelease{n}"));
    let versions: Vec<_> = numbers
        .iter()
        .map(|text| scheme.parse(text).unwrap())
        .collect();
    assert!(versions.is_sorted());
    refuse(&scheme, "0.1-prerelease.10", "0.1-prerelease10");
    refuse(&scheme, "0.1-prerelease010", "0.1-prerelease10");
}

#[test]
fn a_state_of_the_manifest_precedes_every_candidate() {
    let scheme = semver()
        .manifest("dev")
        .manifest("unstable")
        .candidate("alpha.{n}");
    let scheme = scheme.build().unwrap();
    check(&scheme, "1.6.0-dev", "1.6.0-0.dev", Meaning::Manifest);
    assert!(scheme.parse("1.6.0-unstable").unwrap() < scheme.parse("1.6.0-alpha.0").unwrap());
    refuse(&scheme, "1.6.0-0.dev", "1.6.0-dev");
    // Where the letters already say so, the text is its own value.
    let scheme = semver()
        .manifest("dev")
        .candidate("rc.{n}")
        .build()
        .unwrap();
    check(&scheme, "1.6.0-dev", "1.6.0-dev", Meaning::Manifest);
}

#[test]
fn two_part_versions_have_one_spelling() {
    let scheme = Scheme::builder(SchemeKind::MajorMinor)
        .stable("hotfix")
        .build()
        .unwrap();
    check(&scheme, "0.1", "0.1.0", Meaning::Release);
    check(&scheme, "0.1.1", "0.1.1", Meaning::Release);
    refuse(&scheme, "0.1.0", "0.1");
    refuse(&scheme, "v0.1.0", "0.1");
    refuse(&scheme, "00.1.0-hotfix", "0.1-hotfix");
    assert!(scheme.parse("0").is_err() && scheme.parse("0.1.2.3").is_err());
    assert!(scheme.parse("0.1+meta").is_err());
}

#[test]
fn one_number_versions_have_one_number() {
    let scheme = Scheme::builder(SchemeKind::Integer)
        .candidate("rc{n}")
        .build()
        .unwrap();
    check(&scheme, "12", "12.0.0", Meaning::Release);
    check(&scheme, "12-rc2", "12.0.0-rc.2", Meaning::Candidate);
    refuse(&scheme, "v12", "12");
    assert!(scheme.parse("12.1").is_err());
    assert!(
        scheme
            .format(&promenade_version::Version::new(12, 1, 0))
            .is_err()
    );
}

#[test]
fn an_undeclared_suffix_is_refused_with_the_declared_ones() {
    let scheme = Scheme::builder(SchemeKind::Calendar("YYWW.PATCH".parse().unwrap()));
    let scheme = scheme.candidate("pre").stable("hotfix").build().unwrap();
    let error = scheme.parse("2543.1-fix").unwrap_err();
    insta::assert_snapshot!(error, @"invalid calendar version `2543.1-fix`: suffix `fix` is not declared; declared: `-pre`, `-hotfix`");
}

#[test]
fn a_suffix_with_two_readings_is_refused_when_it_is_declared() {
    let ambiguous = [
        semver().candidate("rc{n}").candidate("rc2"),
        semver().candidate("rc.{n}").legacy("rc{n}"),
        semver().stable("hotfix").manifest("hotfix"),
        semver().stable("{hex}").candidate("deadbeef"),
    ];
    for builder in ambiguous {
        let error = builder.build().unwrap_err();
        assert!(
            matches!(error, PolicyError::AmbiguousSuffixes { .. }),
            "{error}"
        );
    }
    let error = semver()
        .candidate("rc.{n}")
        .candidate("beta.{n}")
        .build()
        .unwrap_err();
    assert!(matches!(error, PolicyError::LabelOrder { .. }), "{error}");
}

#[test]
fn hostile_names_are_refused_or_read_exactly() {
    // Names that real repositories have (REQUIREMENTS, section 4).
    for text in [
        "1.2.5-",
        "1.1.00",
        "1.0.0(12)",
        ".1.4.0",
        "{new_major}.{new_minor}",
        "undefined",
        "2019-01-07",
        "",
        " 1.2.3",
        "1.2.3 ",
        "１.2.3",
        "1.2.3\n",
        "+1.2.3",
        "1.+2.3",
    ] {
        assert!(Scheme::semver().parse(text).is_err(), "{text:?}");
    }
}
