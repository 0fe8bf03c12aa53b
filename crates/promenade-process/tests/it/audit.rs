//! Rules and baselines of an audit.

use std::collections::BTreeSet;

use promenade_process::Process;
use promenade_process::audit::{self, Baseline, RuleId};
use promenade_tag::TagFacts;

#[test]
fn the_page_of_the_rules_is_that_of_the_documentation() {
    let page = testkit::workspace().join("docs/rules.md");
    let found = std::fs::read_to_string(page).unwrap();
    assert!(
        found == RuleId::pages(),
        "docs/rules.md is old; write it with `cargo xtask audit --rules > docs/rules.md`"
    );
}

#[test]
fn every_rule_has_an_id_of_its_own_that_reads_back() {
    let ids: BTreeSet<_> = RuleId::ALL.iter().map(|rule| rule.id()).collect();
    assert_eq!(ids.len(), RuleId::ALL.len());
    for rule in RuleId::ALL {
        assert_eq!(rule.id().parse(), Ok(rule));
        assert!(
            rule.about().ends_with('.') && !rule.remedy().ends_with('.'),
            "{rule}"
        );
    }
    let error = "tag-unsignd".parse::<RuleId>().unwrap_err();
    assert_eq!(
        error.to_string(),
        "unknown rule `tag-unsignd`; did you mean `tag-unsigned`?"
    );
}

/// The ids that `promenade-tag` has for what is wrong with a tag are those of the rules.
#[test]
fn every_finding_of_a_tag_is_a_rule() {
    for id in promenade_tag::TagFinding::IDS {
        assert!(id.parse::<RuleId>().is_ok(), "{id}");
    }
}

fn mithril() -> audit::Audit {
    let process = Process::preset("mithril-adr12").unwrap();
    let commit = |digit: char| digit.to_string().repeat(40);
    let tags = [
        TagFacts::lightweight("2603.0-pre", commit('1')),
        TagFacts::lightweight("2603.1-pre", commit('2')),
        TagFacts::lightweight("2603.1", commit('3')),
    ];
    audit::tags(&process, &tags)
}

/// A legacy name is forgiven its form, and not that its version has another commit too; in any order.
#[test]
fn a_version_of_a_legacy_tag_is_found_twice_in_any_order() {
    let process = Process::preset("celo").unwrap();
    let commit = |digit: char| digit.to_string().repeat(40);
    let legacy = || TagFacts::lightweight("attestation-service-1-0-2", commit('1'));
    let regular = || TagFacts::lightweight("attestation-service-v1.0.2", commit('2'));
    let found = |tags: &[TagFacts]| {
        let audit = audit::tags(&process, tags);
        let found = audit.findings();
        let found = found.filter(|one| one.rule == RuleId::TagVersionOnTwoCommits);
        found.map(|one| one.subject.clone()).collect::<Vec<_>>()
    };
    assert_eq!(
        found(&[legacy(), regular()]),
        ["attestation-service-v1.0.2"]
    );
    assert_eq!(
        found(&[regular(), legacy()]),
        ["attestation-service-v1.0.2"]
    );
}

#[test]
fn a_baseline_reads_back_and_knows_every_finding_it_was_made_of() {
    let audit = mithril();
    assert!(audit.findings().len() > 4);
    let baseline = Baseline::of(&audit);
    let read = Baseline::parse(&baseline.to_text()).unwrap();
    assert_eq!(read, baseline);
    assert!(audit.findings().all(|finding| read.knows(finding)));
    assert_eq!(read.gone(&audit::Audit::default()), audit.findings().len());

    let error = Baseline::parse(r#"{"schema": "promenade.baseline/2", "findings": []}"#);
    assert_eq!(
        error.unwrap_err().to_string(),
        "not a baseline: schema `promenade.baseline/2`, expected `promenade.baseline/1`"
    );
    assert!(Baseline::parse("[]").is_err());
    let empty = Baseline::default();
    assert_eq!(Baseline::parse(&empty.to_text()).unwrap(), empty);
}

#[test]
fn a_release_on_another_commit_than_its_candidate_is_an_error() {
    let audit = mithril();
    let found: Vec<_> = audit
        .findings()
        .filter(|finding| finding.rule == RuleId::ReleaseOtherCommit)
        .map(|finding| finding.subject.as_str())
        .collect();
    assert_eq!(found, ["2603.1"]);
}

/// The log is what the published schema asks for; the program that says so is not ours.
#[test]
fn the_sarif_log_is_valid() {
    let log = mithril().to_sarif(audit::Severity::Note, Some(&Baseline::default()));
    assert_eq!(log["version"], "2.1.0");
    let results = log["runs"][0]["results"].as_array().unwrap();
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        let rule = &log["runs"][0]["tool"]["driver"]["rules"][index];
        assert_eq!(rule["id"], result["ruleId"]);
        assert_eq!(result["baselineState"], "new");
    }
    let Some(schema) = testkit::checkout("PROMENADE_SARIF_SCHEMA") else {
        return;
    };
    let Some(check) = testkit::program("check-jsonschema") else {
        return;
    };
    let dir = std::env::temp_dir().join(format!("promenade-sarif-{}", std::process::id()));
    std::fs::write(&dir, log.to_string()).unwrap();
    let checked = std::process::Command::new(check)
        // The published schema holds an expression that only some dialects take.
        .args(["--regex-variant", "python", "--schemafile"])
        .arg(schema)
        .arg(&dir)
        .output()
        .unwrap();
    std::fs::remove_file(&dir).unwrap();
    let said = String::from_utf8_lossy(&checked.stdout);
    assert!(checked.status.success(), "{said}");
}
