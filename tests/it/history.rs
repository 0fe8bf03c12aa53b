//! Real histories, rebuilt from the corpus, read backwards by their processes.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::command::{json, promenade};
use crate::rebuilt::rebuild;

/// Rebuilds a repository of the corpus and audits it.
fn audit(name: &str, preset: &str) -> Option<Value> {
    let corpus = testkit::corpus()?;
    let dir = tempfile::tempdir().unwrap();
    let repository = dir.path().join("repository");
    rebuild(&corpus.join(name).join("tags.tsv"), &repository);
    Some(json(
        &repository,
        &["--process", &format!("preset:{preset}"), "audit"],
    ))
}

/// The subjects of the findings of a rule, in the order of the audit.
fn subjects<'a>(audit: &'a Value, rule: &str) -> Vec<&'a str> {
    let findings = audit["findings"].as_array().unwrap().iter();
    let of_rule = findings.filter(|finding| finding["rule"] == rule);
    of_rule
        .map(|finding| finding["subject"].as_str().unwrap())
        .collect()
}

fn count(audit: &Value, what: &str) -> u64 {
    audit["summary"][what].as_u64().unwrap_or_default()
}

/// A9, A11, A13, A14: 91 tags, nine candidates rejected, three releases without a candidate.
#[test]
fn mithril_is_read_by_its_own_practice() {
    let Some(audit) = audit("mithril", "mithril-adr12") else {
        return;
    };
    assert_eq!(count(&audit, "tags"), 91);
    let legacy_candidates = count(&audit, "class legacy");
    assert_eq!(count(&audit, "class candidate") + legacy_candidates, 47);
    assert_eq!(count(&audit, "class release"), 41);
    assert_eq!(count(&audit, "class channel"), 1, "`unstable`");
    assert_eq!(count(&audit, "class other"), 2);
    let rejected = subjects(&audit, "candidate-rejected");
    let versions: Vec<_> = rejected
        .iter()
        .map(|tag| tag.split('-').next().unwrap())
        .collect();
    assert_eq!(
        versions,
        [
            "2246.0", "2250.0", "2304.0", "2321.0", "2331.0", "2403.0", "2418.0", "2437.0",
            "2603.0"
        ]
    );
    for finding in audit["findings"].as_array().unwrap() {
        if finding["rule"] == "candidate-rejected" {
            let message = finding["message"].as_str().unwrap();
            let line = finding["subject"]
                .as_str()
                .unwrap()
                .split('.')
                .next()
                .unwrap();
            assert!(message.contains(&format!("`{line}.1")), "{message}");
        }
    }
    assert_eq!(subjects(&audit, "release-other-commit"), Vec::<&str>::new());
    assert_eq!(
        subjects(&audit, "release-without-candidate"),
        ["2517.1", "2543.1-hotfix", "2617.0"]
    );
}

/// B8, B10: of the eleven tags of the service seven conform and four are legacy; none is an object.
#[test]
fn celo_has_four_legacy_tags_and_no_tag_object() {
    let Some(audit) = audit("celo-monorepo", "celo") else {
        return;
    };
    assert_eq!(count(&audit, "tags"), 261);
    assert_eq!(count(&audit, "class release"), 7);
    assert_eq!(
        subjects(&audit, "tag-legacy"),
        [
            "attestation-service-1-0-2",
            "attestation-service-1-0-3",
            "attestation-service-1-0-4",
            "attestation-service-1-0-5"
        ]
    );
    assert_eq!(subjects(&audit, "tag-lightweight").len(), 7);
    assert_eq!(subjects(&audit, "tag-unsigned").len(), 7);
}

/// D3: 52 production tags, all lightweight, ordered by version and not by text.
#[test]
fn splits_orders_its_tags_by_version() {
    let Some(corpus) = testkit::corpus() else {
        return;
    };
    let Some(audit) = audit("splits-releases", "splits") else {
        return;
    };
    assert_eq!(count(&audit, "class release"), 52);
    // The rebuilt commits have no files; of the tags nothing is found.
    let of_tags = |finding: &&Value| finding["subject"] != "definitions";
    let findings = audit["findings"].as_array().unwrap().iter();
    assert_eq!(findings.filter(of_tags).count(), 0);

    let process = promenade::process::Process::preset("splits").unwrap();
    let mut versions: Vec<_> = testkit::tsv(corpus.join("splits-releases/tags.tsv"))
        .iter()
        .map(|row| process.tags().read(row.get("tag")).version.unwrap())
        .collect();
    versions.sort();
    let place: BTreeMap<String, usize> = versions
        .iter()
        .enumerate()
        .map(|(at, version)| (version.to_string(), at))
        .collect();
    assert!(place["0.5.9"] < place["0.5.10"]);
}

/// Bad places are named in a sentence that helps, with exit code 2, and never a panic.
#[test]
fn directories_that_cannot_be_audited_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let audit = ["--process", "preset:splits", "audit"];
    let nowhere = promenade(dir.path(), &audit);
    assert_eq!(nowhere.code, 2, "{}", nowhere.err);
    assert!(
        nowhere.err.contains("is not in a git repository"),
        "{}",
        nowhere.err
    );

    crate::command::git(dir.path(), &["init", "-q", "-b", "main", "empty"]);
    let empty = promenade(&dir.path().join("empty"), &audit);
    assert_eq!(empty.code, 2, "{}", empty.err);
    assert!(empty.err.contains("no commit yet"), "{}", empty.err);

    let run = promenade(dir.path(), &["--process", "nowhere.toml", "status"]);
    assert_eq!(run.code, 2, "{}", run.err);
    assert!(
        run.err.contains("cannot read `nowhere.toml`"),
        "{}",
        run.err
    );
    assert!(run.err.contains("preset:NAME"), "{}", run.err);
}
