//! The `[version]` table, in the shape of the process file.

use promenade_version::VersionPolicy;
use serde_json::{Value, json};

#[track_caller]
fn round_trip(table: Value) -> VersionPolicy {
    let policy: VersionPolicy = serde_json::from_value(table).unwrap();
    let written = serde_json::to_value(&policy).unwrap();
    let again: VersionPolicy = serde_json::from_value(written).unwrap();
    assert_eq!(again, policy);
    policy
}

#[track_caller]
fn refused(table: Value) -> String {
    serde_json::from_value::<VersionPolicy>(table)
        .unwrap_err()
        .to_string()
}

#[test]
fn every_process_is_a_table() {
    // The sketch of the format.
    round_trip(json!({
        "scheme": "semver", "below-one": "breaking-is-minor",
        "candidate": {"label": "rc.{n}", "counter": "label"},
        "stable-suffixes": [], "after-release": "none",
    }));
    // Mithril, the text.
    round_trip(json!({
        "scheme": "major-minor",
        "candidate": {"label": "prerelease{n}", "counter": "label"},
        "after-release": "next-in-manifest",
        "lanes": {"regular": {"at-least": "minor"}, "hotfix": {"at-most": "patch"}},
        "cadence": {"every": "2w", "anchor": "2022-11-03"},
        "group": [
            {"name": "distribution", "sharing": "lockstep", "packages": ["aggregator", "signer"]},
            {"name": "network-protocol", "sharing": "independent"},
        ],
    }));
    // Mithril, its later practice.
    let adr12 = round_trip(json!({
        "scheme": {"calendar": "YYWW.PATCH"},
        "candidate": {"label": "pre", "counter": "patch", "legacy": ["prerelease"]},
        "stable-suffixes": ["hotfix"],
    }));
    assert!(adr12.scheme().parse("2543.1-hotfix").is_ok());
    assert!(adr12.scheme().parse("2318.0-prerelease").is_ok());
    // Celo.
    round_trip(json!({
        "scheme": "semver", "below-one": "zero-is-open", "manifest-states": ["unstable"],
        "after-release": {"marker": "dev"}, "unique": "introduction",
        "schedule": [{"at": "T-7d", "action": "candidate to alfajores"}, {"at": "T", "action": "release"}],
        "support": {"any": [{"newest": 2}, {"succeeded-within": "90d"}, {"since": "1.4.x"}]},
    }));
    // Labels in progression, from 0, with a base that moves.
    round_trip(json!({
        "scheme": "semver", "below-one": "semver", "initial": "0.1.0",
        "candidate": {"label": "rc.{n}", "counter": "label", "start": 0,
                      "earlier": ["alpha.{n}", "beta.{n}"], "base": "from-candidate"},
        "stable-suffixes": ["{hex}"],
    }));
}

#[test]
fn a_refusal_names_the_key_and_what_it_expects() {
    insta::assert_snapshot!(refused(json!({"scheme": "semver"})), @"`below-one` is required when the scheme is semver: one of semver, breaking-is-minor, zero-is-open");
    insta::assert_snapshot!(
        refused(json!({"scheme": "integer", "candidate": {"label": "pre", "counter": "patch"}})),
        @"`candidate` counts in the patch, and `integer` has none"
    );
    insta::assert_snapshot!(
        refused(json!({"scheme": "integer", "candidate": {"label": "rc", "counter": "label"}})),
        @"invalid suffix `rc`: the counter is in the label, which needs `{n}`"
    );
    insta::assert_snapshot!(
        refused(json!({"scheme": "integer", "initial": "1.0"})),
        @"`initial` is no version of the scheme: invalid integer version `1.0`: expected one number, as in `12`, found 2"
    );
    insta::assert_snapshot!(
        refused(json!({"scheme": {"calendar": "MM.YYYY"}})),
        @"invalid calendar format `MM.YYYY`: tokens must run from the year down to the day, from MAJOR to PATCH, each at most once"
    );
    insta::assert_snapshot!(
        refused(json!({"scheme": "integer", "stable-suffixes": ["dev"], "after-release": {"marker": "dev"}})),
        @"suffixes `dev` and `dev` both read `dev`"
    );
    insta::assert_snapshot!(
        refused(json!({"scheme": "integer", "group": [
            {"name": "a", "sharing": "lockstep", "packages": ["x"]},
            {"name": "b", "sharing": "linked", "packages": ["x"]}]})),
        @"package `x` is in the groups `a` and `b`"
    );
    assert!(refused(json!({"scheme": "integer", "lane": {}})).contains("unknown field `lane`"));
}
