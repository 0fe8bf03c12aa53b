//! The suite of semver.org, and the `semver` crate as the oracle of grammar and order.

use promenade_version::{ParseVersionErrorKind, Scheme, Version, strategy};
use proptest::prelude::*;

/// The valid texts behind the regular expression that semver.org suggests.
const VALID: [&str; 31] = [
    "0.0.4",
    "1.2.3",
    "10.20.30",
    "1.1.2-prerelease+meta",
    "1.1.2+meta",
    "1.1.2+meta-valid",
    "1.0.0-alpha",
    "1.0.0-beta",
    "1.0.0-alpha.beta",
    "1.0.0-alpha.beta.1",
    "1.0.0-alpha.1",
    "1.0.0-alpha0.valid",
    "1.0.0-alpha.0valid",
    "1.0.0-alpha-a.b-c-somethinglong+build.1-aef.1-its-okay",
    "1.0.0-rc.1+build.1",
    "2.0.0-rc.1+build.123",
    "1.2.3-beta",
    "10.2.3-DEV-SNAPSHOT",
    "1.2.3-SNAPSHOT-123",
    "1.0.0",
    "2.0.0",
    "1.1.7",
    "2.0.0+build.1848",
    "2.0.1-alpha.1227",
    "1.0.0-alpha+beta",
    "1.2.3----RC-SNAPSHOT.12.9.1--.12+788",
    "1.2.3----R-S.12.9.1--.12+meta",
    "1.2.3----RC-SNAPSHOT.12.9.1--.12",
    "1.0.0+0.build.1-rc.10000aaa-kk-0.1",
    TOO_LONG,
    "1.0.0-0A.is.legal",
];

/// Valid, and beyond 64 bits: a named error.
const TOO_LONG: &str = "99999999999999999999999.999999999999999999.99999999999999999";

/// The invalid texts of the same suite.
const INVALID: [&str; 39] = [
    "1",
    "1.2",
    "1.2.3-0123",
    "1.2.3-0123.0123",
    "1.1.2+.123",
    "+invalid",
    "-invalid",
    "-invalid+invalid",
    "-invalid.01",
    "alpha",
    "alpha.beta",
    "alpha.beta.1",
    "alpha.1",
    "alpha+beta",
    "alpha_beta",
    "alpha.",
    "alpha..",
    "beta",
    "1.0.0-alpha_beta",
    "-alpha.",
    "1.0.0-alpha..",
    "1.0.0-alpha..1",
    "1.0.0-alpha...1",
    "1.0.0-alpha....1",
    "1.0.0-alpha.....1",
    "1.0.0-alpha......1",
    "1.0.0-alpha.......1",
    "01.1.1",
    "1.01.1",
    "1.1.01",
    "1.2.3.DEV",
    "1.2-SNAPSHOT",
    "1.2.31.2.3----RC-SNAPSHOT.12.09.1--..12+788",
    "1.2-RC-SNAPSHOT",
    "-1.0.3-gamma+b7718",
    "+justmeta",
    "9.8.7+meta+meta",
    "9.8.7-whatever+meta+meta",
    "99999999999999999999999.999999999999999999.99999999999999999----RC-SNAPSHOT.12.09.1--------------------------------..12",
];

#[test]
fn valid_texts_are_read_and_printed_back() {
    let scheme = Scheme::semver();
    for text in VALID.iter().filter(|text| **text != TOO_LONG) {
        let version = scheme.parse(text).unwrap();
        assert_eq!(scheme.format(&version).unwrap(), *text);
    }
}

#[test]
fn a_component_beyond_64_bits_is_a_named_error() {
    let error = Scheme::semver().parse(TOO_LONG).unwrap_err();
    let kind = ParseVersionErrorKind::Overflow {
        component: "major",
        digits: "99999999999999999999999".to_owned(),
    };
    assert_eq!(error.kind(), &kind);
}

#[test]
fn invalid_texts_are_refused() {
    for text in INVALID {
        let error = Scheme::semver().parse(text).unwrap_err();
        assert_eq!(error.input(), text);
    }
}

#[test]
fn a_refusal_names_the_canonical_form() {
    let cases = [
        ("01.2.3", "1.2.3"),
        ("1.2.03-rc.1", "1.2.3-rc.1"),
        ("v1.2.3", "1.2.3"),
        ("vv1.2.3", "1.2.3"),
        ("v01.02.3+x", "1.2.3+x"),
    ];
    for (text, canonical) in cases {
        let error = Scheme::semver().parse(text).unwrap_err();
        let kind = ParseVersionErrorKind::NotCanonical {
            canonical: canonical.to_owned(),
        };
        assert_eq!(error.kind(), &kind, "{text}");
    }
}

/// Precedence as item 11 of the specification words it, written without the crate.
fn precedence(a: &Version, b: &Version) -> std::cmp::Ordering {
    let numbers = |v: &Version| (v.major, v.minor, v.patch);
    let identifier = |a: &str, b: &str| match (a.parse::<u64>(), b.parse::<u64>()) {
        (Ok(a), Ok(b)) => a.cmp(&b),
        (Ok(_), Err(_)) => std::cmp::Ordering::Less,
        (Err(_), Ok(_)) => std::cmp::Ordering::Greater,
        (Err(_), Err(_)) => a.cmp(b),
    };
    numbers(a)
        .cmp(&numbers(b))
        .then_with(|| match (a.pre.is_empty(), b.pre.is_empty()) {
            (true, true) => std::cmp::Ordering::Equal,
            (true, false) => std::cmp::Ordering::Greater,
            (false, true) => std::cmp::Ordering::Less,
            (false, false) => {
                let (a, b): (Vec<_>, Vec<_>) =
                    (a.pre.split('.').collect(), b.pre.split('.').collect());
                let differing = a.iter().zip(&b).map(|(a, b)| identifier(a, b));
                differing
                    .fold(std::cmp::Ordering::Equal, |order, next| order.then(next))
                    .then(a.len().cmp(&b.len()))
            }
        })
}

proptest! {
    #[test]
    fn the_strict_scheme_accepts_what_the_semver_crate_accepts(
        text in r"v?[0-9.]{0,9}(-[0-9a-z.-]{0,8})?(\+[0-9a-z.+-]{0,6})?"
    ) {
        let (ours, theirs) = (Scheme::semver().parse(&text), Version::parse(&text));
        prop_assert_eq!(ours.ok(), theirs.ok());
    }

    #[test]
    fn order_is_the_precedence_of_the_specification(
        a in strategy::version(), b in strategy::version()
    ) {
        prop_assert_eq!(a.cmp_precedence(&b), precedence(&a, &b));
        if precedence(&a, &b).is_ne() {
            prop_assert_eq!(a.cmp(&b), precedence(&a, &b));
        }
    }
}
