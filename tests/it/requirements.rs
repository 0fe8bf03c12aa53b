//! The four processes, rule by rule: the page that says what carries each rule out is complete and true,
//! and what no other test holds is held here.

use std::collections::{BTreeMap, BTreeSet};

use promenade::process::{Process, preset};
use promenade::promotion::Condition;
use serde_json::Value;

use crate::house::House;

/// One row of the page.
struct Row {
    presets: Vec<String>,
    id: String,
    carrier: String,
    tests: Vec<String>,
}

fn page() -> Vec<Row> {
    let path = testkit::workspace().join("crates/promenade/docs/processes.md");
    let text = std::fs::read_to_string(path).unwrap();
    let mut presets = Vec::new();
    let mut rows = Vec::new();
    for line in text.lines() {
        if let Some(names) = line.strip_prefix("Presets: ") {
            presets = quoted(names);
        }
        let cells: Vec<_> = line.split('|').map(str::trim).collect();
        if let ["", id, _, carrier, tests, ""] = cells.as_slice()
            && is_id(id)
        {
            rows.push(Row {
                presets: presets.clone(),
                id: (*id).to_owned(),
                carrier: (*carrier).to_owned(),
                tests: quoted(tests),
            });
        }
    }
    rows
}

fn quoted(text: &str) -> Vec<String> {
    let parts = text.split('`').skip(1).step_by(2);
    parts.map(str::to_owned).collect()
}

fn is_id(text: &str) -> bool {
    text.strip_prefix(['A', 'B', 'C', 'D']).is_some_and(|rest| {
        !rest.is_empty() && rest.split('.').all(|part| part.parse::<u8>().is_ok())
    })
}

fn expected_ids() -> Vec<String> {
    let plain = [('A', 23), ('B', 31), ('C', 36), ('D', 16)];
    let mut ids: Vec<_> = plain
        .iter()
        .flat_map(|(letter, last)| (1..=*last).map(move |number| format!("{letter}{number}")))
        .collect();
    ids.extend((1..=8).map(|number| format!("C21.{number}")));
    ids.sort();
    ids
}

#[test]
fn every_rule_stands_on_the_page_once() {
    let mut ids: Vec<_> = page().into_iter().map(|row| row.id).collect();
    ids.sort();
    assert_eq!(ids, expected_ids());
}

#[test]
fn every_test_that_the_page_names_is_there() {
    let mut sources: BTreeMap<String, String> = BTreeMap::new();
    for row in page() {
        assert!(!row.tests.is_empty(), "{} has no test", row.id);
        for test in row.tests {
            let parts: Vec<_> = test.split("::").collect();
            let [package, module, name] = parts.as_slice() else {
                panic!("{}: `{test}` is no crate::module::test", row.id);
            };
            let root = testkit::workspace();
            let file = match *package {
                "tests" => root.join(format!("tests/it/{module}.rs")),
                package => root.join(format!("crates/{package}/tests/it/{module}.rs")),
            };
            let text = sources
                .entry(file.display().to_string())
                .or_insert_with(|| std::fs::read_to_string(&file).unwrap_or_default());
            let at = text.find(&format!("fn {name}("));
            let before = at.and_then(|at| text.get(..at)).unwrap_or_default();
            let mut lines = before.lines().rev().map(str::trim);
            let marked = lines.find(|line| !line.is_empty() && !line.starts_with("//"));
            assert!(marked == Some("#[test]"), "{}: `{test}` is no test", row.id);
        }
    }
}

#[test]
fn every_key_that_the_page_names_is_in_its_presets() {
    for row in page() {
        for key in quoted(&row.carrier) {
            let parts: Vec<_> = key.split('.').collect();
            let [table, name] = parts.as_slice() else {
                continue;
            };
            let known = row.presets.iter().any(|preset| {
                let text = preset::text(preset).unwrap();
                let file: Value = toml::from_str(text).unwrap();
                match &file[table] {
                    Value::Array(all) => all.iter().any(|one| !one[name].is_null()),
                    one => !one[name].is_null(),
                }
            });
            assert!(known, "{}: no `{key}` in {:?}", row.id, row.presets);
        }
    }
}

#[test]
fn every_rule_that_a_preset_cites_is_known() {
    let known: BTreeSet<_> = expected_ids().into_iter().collect();
    let mut cited = 0;
    for name in preset::NAMES {
        for line in preset::text(name).unwrap().lines() {
            let comment = line.split_once('#').map_or("", |(_, comment)| comment);
            for word in comment.split(|c: char| !c.is_ascii_alphanumeric() && c != '.') {
                if is_id(word.trim_end_matches('.')) {
                    cited += 1;
                    let word = word.trim_end_matches('.');
                    assert!(known.contains(word), "{name} cites {word}: {line}");
                }
            }
        }
    }
    assert!(cited > 60, "{cited}");
}

/// A23: a name that nobody defined is no environment, and the nearest one is shown.
#[test]
fn an_environment_that_no_process_has_is_refused_with_those_it_has() {
    let house = House::new("mithril", "main", &[("README.md", "signers\n")]);
    let run = house.run(&["promote", "pre-release-preprod", "--execute"]);
    assert_eq!(run.code, 2, "{}{}", run.out, run.err);
    assert!(run.err.contains("`pre-release-preprod`"), "{}", run.err);
    assert!(run.err.contains("pre-release-preview"), "{}", run.err);
}

/// B1: released when there is something to release.
#[test]
fn celo_asks_for_no_cadence() {
    let celo = Process::preset("celo").unwrap();
    assert!(celo.version().cadence().is_none());
    let mithril = Process::preset("mithril").unwrap();
    assert!(mithril.version().cadence().is_some());
}

/// B5, B25, B30, C31: what people do is recorded by name, and holds until then.
#[test]
fn an_item_of_a_checklist_holds_until_it_is_recorded_with_evidence() {
    let mut house = House::new("cargo-workspace", "main", &[("README.md", "acme\n")]);
    let text = "[process]\nformat = 1\nname = \"acme\"\n\n[version]\nscheme = \"integer\"\n\n\
         [[tag]]\nclass = \"release\"\ntemplate = \"v{version}\"\n\n[[environment]]\nname = \"production\"\n\
         accepts = \"release\"\ngates = [{ checklist = \"announce\" }, { checklist = \"audit\" }]\n";
    let process = house.beside("release.toml");
    std::fs::write(&process, text).unwrap();
    house.process = process.to_str().unwrap().to_owned();
    house.build(&house.head());
    house.act(&["release", "1"]);
    assert_eq!(
        house.held(&["promote", "production"]),
        ["checklist:announce", "checklist:audit"]
    );
    let told = "https://forge.example/acme/acme/discussions/7";
    house.act(&[
        "record",
        "announce",
        "pass",
        "--version",
        "1",
        "--reason",
        told,
    ]);
    assert_eq!(house.held(&["promote", "production"]), ["checklist:audit"]);
    // An audit that is not wanted is justified, not forgotten.
    let silent = house.run(&[
        "record",
        "audit",
        "not-applicable",
        "--version",
        "1",
        "--execute",
    ]);
    assert_ne!(silent.code, 0, "{}", silent.out);
    house.act(&[
        "record",
        "audit",
        "not-applicable",
        "--version",
        "1",
        "--reason",
        "no key was touched",
    ]);
    house.act(&["promote", "production"]);
    let log = house.run(&["ledger", "export"]);
    assert!(log.out.contains(told), "{}", log.out);
}

/// A house under the rules of RustShare, but for signatures.
fn rustshare() -> House {
    let mut house = House::new(
        "rustshare",
        "main",
        &[
            (
                "Cargo.toml",
                "[package]\nname = \"acme\"\nversion = \"0.1.0\"\nedition = \"2024\"\n",
            ),
            (
                "Cargo.lock",
                "version = 4\n\n[[package]]\nname = \"acme\"\nversion = \"0.1.0\"\n",
            ),
            (
                "CHANGELOG.md",
                "# Changelog\n\n## [Unreleased]\n\n- Everything.\n",
            ),
            ("docs/upgrading.md", "# Upgrading\n"),
        ],
    );
    let text = preset::text("rustshare").unwrap();
    let text = text.replace("signature = \"required\"", "signature = \"none\"");
    let process = house.beside("release.toml");
    std::fs::write(&process, text).unwrap();
    house.process = process.to_str().unwrap().to_owned();
    house
}

fn first_release(house: &House) {
    house.build(&house.head());
    house.act(&["candidate", "--impact", "feature"]);
    house.enters("staging", "0.1.0-rc.1", &["smoke", "scan"]);
    for check in ["integration", "migration"] {
        house.act(&["record", check, "pass", "--version", "0.1.0-rc.1"]);
    }
    house.act(&["release"]);
}

/// C25, C26: the changelog moves in the shorter lane too, and the tag says what it is.
#[test]
fn a_hotfix_changes_the_changelog_and_says_so_in_its_tag() {
    let house = rustshare();
    first_release(&house);
    let changelog = house.git(&["show", "v0.1.0:CHANGELOG.md"]);
    let entry = changelog.replacen(
        "## [Unreleased]\n",
        "## [Unreleased]\n\n- It does not crash.\n",
        1,
    );
    let fix = house.commit("fix: no crash", &[("CHANGELOG.md", &entry)]);
    house.build(&fix);
    house.act(&["record", "integration", "pass", "--commit", &fix]);
    house.act(&["release", "0.1.1", "--lane", "hotfix"]);
    let message = house.git(&["for-each-ref", "--format=%(contents)", "refs/tags/v0.1.1"]);
    assert_eq!(message.trim(), "Hotfix v0.1.1");
    let changelog = house.git(&["show", "v0.1.1:CHANGELOG.md"]);
    assert!(changelog.contains("## [0.1.1]"), "{changelog}");
}

/// C35: the step says that a person makes the tag.
#[test]
fn the_plan_says_that_a_person_makes_the_tag() {
    let house = rustshare();
    house.build(&house.head());
    let run = house.run(&["candidate", "--impact", "feature"]);
    let plan: Value = serde_json::from_str(&run.out).unwrap();
    let steps = plan["steps"].as_array().unwrap().iter();
    let tags: Vec<_> = steps.filter(|step| step["step"] == "tag").collect();
    assert_eq!(tags.len(), 1, "{plan}");
    assert_eq!(tags[0]["by"], "person");
}

/// C28: no port and no adapter has a way to delete what was published.
#[test]
fn nothing_that_was_published_can_be_deleted() {
    let ports = testkit::workspace().join("crates/promenade-process/src/port");
    let mut folders = vec![ports];
    for name in ["promenade-forge", "promenade-registry"] {
        folders.push(testkit::workspace().join(format!("crates/{name}/src")));
    }
    let (mut read, mut cleared) = (0, 0);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            read += 1;
            let text = std::fs::read_to_string(&path).unwrap();
            for word in ["fn delete", "fn remove_release", "fn destroy"] {
                assert!(!text.contains(word), "{} has {word}", path.display());
            }
            // What is left of an upload that failed was never published.
            for (at, _) in text.match_indices("Verb::Delete,") {
                cleared += 1;
                let before = &text[at.saturating_sub(300)..at];
                assert!(before.contains("if asset.is_whole() {"), "{before}");
            }
        }
    }
    assert!(read > 20 && cleared <= 1, "{read} {cleared}");
    let house = rustshare();
    first_release(&house);
    let refs = house.refs();
    house.act(&["deprecate", "0.1.0", "--reason", "it eats files"]);
    for line in refs.lines().filter(|line| line.contains("refs/tags/")) {
        assert!(house.refs().contains(line), "{line}");
    }
}

/// D5: the long and the short names.
#[test]
fn environments_of_splits_are_known_by_their_short_names() {
    let splits = Process::preset("splits").unwrap();
    for (short, long) in [
        ("dev", "development"),
        ("test", "testing"),
        ("stage", "staging"),
        ("prod", "production"),
    ] {
        let rule = splits.promotion().environment(short).unwrap();
        assert_eq!(rule.name.as_str(), long);
    }
}

/// D6, D7: integration tests where branches run; smoke tests of staging before production.
#[test]
fn each_line_of_defence_of_splits_is_a_gate() {
    let splits = Process::preset("splits").unwrap();
    let has = |environment: &str, check: &str| {
        let rule = splits.promotion().environment(environment).unwrap();
        rule.gates
            .iter()
            .any(|gate| matches!(&gate.condition, Condition::Check(name) if name.as_str() == check))
    };
    assert!(has("testing", "integration"));
    assert!(has("staging", "lint"));
    assert!(has("production", "smoke") && has("production", "lint"));
}
