//! Environment definitions against the decision tables and the history of a real repository.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use promenade_manifest::definitions::{
    DefinitionRule, EnvironmentRefs, ForgeRelease, ImagePath, Pin, RefFacts, ReleasePin,
    ResolvedRef, Severity, UpstreamError, UpstreamTag, pin_changes, verify_upstream,
};
use testkit::Row;

use crate::cargo_edit::Files;
use crate::definitions::read;

/// Writes the definition that a row of a table describes.
fn entry(fields: &[(&str, Option<&str>)], deploy: &[(&str, Option<&str>)]) -> String {
    let mut text = String::new();
    let mut lead = "- ";
    for (key, value) in fields {
        if let Some(value) = value {
            writeln!(text, "{lead}{key}: \"{value}\"").unwrap();
            lead = "  ";
        }
    }
    writeln!(text, "{lead}deploy:").unwrap();
    for (key, value) in deploy {
        if let Some(value) = value {
            let quote = if matches!(*value, "true" | "false") {
                ""
            } else {
                "\""
            };
            writeln!(text, "    {key}: {quote}{value}{quote}").unwrap();
        }
    }
    text
}

#[test]
fn every_row_of_the_definition_table_has_its_verdict() {
    let Some(corpus) = testkit::corpus() else {
        return;
    };
    let rows = testkit::tsv(corpus.join("vectors/kayron_definition.tsv"));
    assert_eq!(rows.len(), 15);
    for row in rows {
        let rule = row.get("rule");
        let fields = ["docker", "github", "provider"].map(|key| (key, row.opt(key)));
        let deploy = ["branch", "release", "suspend", "preview"].map(|key| (key, row.opt(key)));
        let mut files = Files::new();
        if rule != "no definitions at all" {
            files.insert(
                "service/x.yaml".to_owned(),
                entry(&fields, &deploy).into_bytes(),
            );
        }
        let findings = read(&files).lint(Some("testing"));
        let errors: Vec<_> = findings
            .iter()
            .filter(|finding| {
                // A table of single definitions says nothing of how many there are.
                finding.severity == Severity::Error
                    && finding.rule != DefinitionRule::OneInfrastructure
            })
            .collect();
        let warned = findings
            .iter()
            .any(|finding| finding.severity == Severity::Warning);
        match row.get("verdict") {
            "reject" => {
                assert_eq!(errors.len(), 1, "{rule}: {errors:?}");
                let id = match rule {
                    "no definitions at all" => "no-definitions",
                    "deployment strategy missing" => "deploy-empty",
                    "docker or provider required" => "no-provider",
                    "github required" => "github-format",
                    "more than one strategy" => "several-strategies",
                    "preview not allowed for an infrastructure provider" => "provider-preview",
                    "provider must be cloudformation" => "provider-name",
                    other => panic!("a new rule: {other}"),
                };
                assert_eq!(errors[0].rule.id(), id, "{rule}");
            }
            "accept" => assert!(errors.is_empty() && !warned, "{rule}: {findings:?}"),
            "accept (hole)" => assert!(errors.is_empty() && warned, "{rule}: {findings:?}"),
            other => panic!("a new verdict: {other}"),
        }
    }
}

#[test]
fn every_row_of_the_string_tables_has_its_verdict() {
    let Some(corpus) = testkit::corpus() else {
        return;
    };
    let check = |table: &str, count: usize, accepts: &dyn Fn(&str) -> bool| {
        let rows = testkit::tsv(corpus.join("vectors").join(table));
        assert_eq!(rows.len(), count);
        for row in rows {
            let value = row.get("value").replace("(empty)", "");
            assert_eq!(
                accepts(&value),
                row.get("accepted") == "yes",
                "{value:?} in {table}"
            );
        }
    };
    check("kayron_release_string.tsv", 17, &|text| {
        text.parse::<ReleasePin>().is_ok()
    });
    check("kayron_docker_string.tsv", 16, &|text| {
        text.parse::<ImagePath>().is_ok()
    });
}

#[test]
fn every_row_of_the_environment_table_has_its_ref() {
    let Some(corpus) = testkit::corpus() else {
        return;
    };
    let rows = testkit::tsv(corpus.join("vectors/kayron_environment_ref.tsv"));
    assert_eq!(rows.len(), 8);
    let refs = EnvironmentRefs::kayron();
    for row in rows {
        let environment = row.get("environment");
        for branch_exists in [true, false] {
            if !matches!(
                (row.get("branch_of_that_name_exists"), branch_exists),
                ("any" | "-", _) | ("yes", true) | ("no", false)
            ) {
                continue;
            }
            let mut facts = RefFacts::new("main", vec!["main".to_owned()]);
            if branch_exists {
                facts.branches.push(environment.to_owned());
            }
            if let tag @ ("v0.1.0" | "any") = row.get("latest_github_release") {
                let tag = if tag == "any" { "v9.0.0" } else { tag };
                facts.releases = vec![
                    ForgeRelease::new("v7.0.0", "2020-01-01T00:00:00Z".parse().unwrap()),
                    ForgeRelease::new(tag, "2025-01-01T00:00:00Z".parse().unwrap()),
                ];
            }
            let resolved = refs.resolve(environment, &facts);
            let expected = row.get("resolved_ref");
            let text = match &resolved {
                Ok(ResolvedRef::Branch(name)) if name == "main" => {
                    "commit of default branch HEAD".to_owned()
                }
                Ok(ResolvedRef::Branch(name)) => format!("commit of branch {name}"),
                Ok(ResolvedRef::Tag(tag)) => format!("tag {tag}"),
                Ok(other) => panic!("{other:?}"),
                Err(error) if error.to_string().starts_with("no release") => {
                    "error: release not found".to_owned()
                }
                Err(_) => "never resolved".to_owned(),
            };
            assert!(
                expected.starts_with(&text),
                "{environment}: {text}, expected {expected}"
            );
        }
    }
}

/// One state of the definitions, rebuilt from the rows of its commit.
fn state(rows: &[&Row], problems: &str) -> Files {
    let mut files: BTreeMap<&str, String> = BTreeMap::new();
    let mut indices: BTreeMap<&str, usize> = BTreeMap::new();
    for row in rows {
        let Some(file) = row.opt("file") else {
            continue;
        };
        let index = indices.entry(file).or_default();
        let place = format!("{file}[{index}]: ");
        *index += 1;
        let is_image = row.get("kind") == "docker";
        let service = row.get("service");
        let fields = [
            ("docker", is_image.then_some(service)),
            ("github", Some(service)),
            ("provider", (!is_image).then_some("cloudformation")),
        ];
        let strategy = row.get("strategy");
        let value = |key: &str| (strategy == key).then(|| row.get("value"));
        let mut suspend = (strategy == "suspend").then_some("true");
        if problems.contains(&format!("{place}more than one strategy")) {
            suspend = Some("true");
        }
        let unknown = problems.contains(&format!(
            "{place}(not an error for Kayron) unknown keys webhook"
        ));
        let deploy = [
            ("branch", value("branch")),
            ("release", value("release")),
            ("suspend", suspend),
            ("preview", (row.get("preview") == "true").then_some("true")),
            ("webhook", unknown.then_some("https://example.org")),
        ];
        files
            .entry(file)
            .or_default()
            .push_str(&entry(&fields, &deploy));
    }
    files
        .into_iter()
        .map(|(path, text)| (path.to_owned(), text.into_bytes()))
        .collect()
}

/// Writes the errors as the tables of the corpus do.
fn problems(files: &Files) -> BTreeSet<String> {
    let findings = read(files).lint(Some("testing"));
    let errors = findings.iter().filter(|finding| {
        finding.severity == Severity::Error || finding.rule == DefinitionRule::OneInfrastructure
    });
    errors
        .map(|finding| {
            let place = match (&finding.file, finding.index) {
                (Some(file), Some(index)) => format!("{file}[{index}]: "),
                _ => String::new(),
            };
            match finding.rule {
                DefinitionRule::Empty => "no release definitions".to_owned(),
                DefinitionRule::DeployEmpty => format!("{place}deploy empty"),
                DefinitionRule::SeveralStrategies => format!("{place}more than one strategy"),
                DefinitionRule::OneInfrastructure => {
                    "0 infrastructure releases (operator requires exactly 1)".to_owned()
                }
                _ => panic!("unexpected: {finding}"),
            }
        })
        .collect()
}

fn expected(cell: &str) -> BTreeSet<String> {
    cell.split(" | ")
        .filter(|problem| !matches!(*problem, "-" | "ok") && !problem.contains("not an error"))
        .map(
            |problem| match problem.split_once("more than one strategy") {
                Some((place, _)) => format!("{place}more than one strategy"),
                None => problem.to_owned(),
            },
        )
        .collect()
}

#[test]
fn every_commit_of_the_history_has_its_verdict() {
    let Some(corpus) = testkit::corpus() else {
        return;
    };
    let releases = testkit::tsv(corpus.join("splits-releases/releases.tsv"));
    let lint = testkit::tsv(corpus.join("splits-releases/lint.tsv"));
    assert_eq!(lint.len(), 75);
    let (mut failed, mut warned) = (0, 0);
    for row in &lint {
        let rows: Vec<_> = releases
            .iter()
            .filter(|r| r.get("commit") == row.get("commit"))
            .collect();
        let files = state(&rows, row.get("problems"));
        let found = problems(&files);
        assert_eq!(
            found,
            expected(row.get("problems")),
            "commit {}",
            row.get("commit")
        );
        assert_eq!(found.is_empty(), row.get("verdict") == "ok");
        failed += usize::from(!found.is_empty());
        let unknown = read(&files).lint(Some("testing"));
        warned += usize::from(unknown.iter().any(|f| f.rule == DefinitionRule::UnknownKey));
        assert_eq!(read(&files).entries().len().to_string(), row.get("entries"));
    }
    assert_eq!((failed, warned), (4, 3));
}

#[test]
fn every_commit_off_the_default_branch_has_its_verdict() {
    let Some(corpus) = testkit::corpus() else {
        return;
    };
    let rows = testkit::tsv(corpus.join("splits-releases/offmain.tsv"));
    let mut commits: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
    for row in &rows {
        commits.entry(row.get("commit")).or_default().push(row);
    }
    let mut branches = 0;
    for (commit, rows) in &commits {
        let cell = rows[0].get("lint_of_commit");
        let files = state(rows, cell);
        assert_eq!(problems(&files), expected(cell), "commit {commit}");
        let shared = read(&files).lint(None);
        let outside = |f: &&_| {
            let finding: &promenade_manifest::definitions::DefinitionFinding = f;
            finding.rule == DefinitionRule::BranchOutsideTest
        };
        branches += shared.iter().filter(outside).count();
    }
    assert_eq!(
        branches, 55,
        "every `branch` would be a finding on the default branch"
    );
    let double = commits
        .keys()
        .find(|commit| commit.starts_with("eb3a2bf803"))
        .unwrap();
    let found = problems(&state(
        &commits[double],
        commits[double][0].get("lint_of_commit"),
    ));
    assert_eq!(found.len(), 2, "{found:?}");
}

#[test]
fn a_pin_ahead_of_upstream_is_refused() {
    let Some(corpus) = testkit::corpus() else {
        return;
    };
    let rows = testkit::tsv(corpus.join("splits-releases/upstream_check.tsv"));
    assert_eq!(rows.len(), 28);
    let mut refused = Vec::new();
    for row in &rows {
        let tags: Vec<_> = row
            .opt("upstream_tag_date")
            .map(|at| UpstreamTag::new(row.get("value"), at.parse().unwrap()))
            .into_iter()
            .collect();
        let pin: ReleasePin = row.get("value").parse().unwrap();
        let pinned = row.get("date").parse().unwrap();
        let verdict = match verify_upstream(row.get("service"), &pin, pinned, &tags) {
            Ok(()) => "ok",
            Err(UpstreamError::Missing { .. }) => "missing upstream",
            Err(UpstreamError::Younger { .. }) => "upstream tag commit newer than pin",
            Err(other) => panic!("{other}"),
        };
        assert_eq!(verdict, row.get("verdict"));
        if verdict != "ok" {
            refused.push(format!(
                "{} {} {}",
                &row.get("commit")[..8],
                row.get("service"),
                pin
            ));
        }
    }
    // The state that v0.1.0 names.
    assert_eq!(
        refused,
        ["74070ce4 kayron v0.2.0", "74070ce4 specta v0.4.1"]
    );
}

#[test]
fn the_rollback_of_e0fe20f1_is_a_downgrade_and_one_line() {
    let Some(corpus) = testkit::corpus() else {
        return;
    };
    let releases = testkit::tsv(corpus.join("splits-releases/releases.tsv"));
    let at = |prefix: &str| {
        let rows: Vec<_> = releases
            .iter()
            .filter(|r| r.get("commit").starts_with(prefix))
            .collect();
        state(&rows, "")
    };
    let (before, after) = (read(&at("9c372f4f")), read(&at("e0fe20f1")));
    let changes: Vec<_> = pin_changes(&before, &after)
        .into_iter()
        .map(|change| (change.name, change.from, change.to, change.downgrade))
        .collect();
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(
        changes,
        [
            (
                "infrastructure".to_owned(),
                text("release=v0.1.6"),
                text("release=v0.1.5"),
                true
            ),
            (
                "splits-lite".to_owned(),
                text("release=v0.1.0"),
                None,
                false
            ),
        ]
    );
    let mut files = at("9c372f4f");
    let path = "infrastructure/infrastructure.yaml";
    let commented = String::from_utf8(files[path].clone()).unwrap();
    let commented = commented.replace("\"v0.1.6\"", "\"v0.1.6\" # \"v0.1.4\"");
    files.insert(path.to_owned(), commented.clone().into_bytes());
    let edit = read(&files)
        .set("infrastructure", &"v0.1.5".parse::<Pin>().unwrap())
        .unwrap();
    assert_eq!(edit.lines().len(), 1);
    assert_eq!(
        String::from_utf8(edit.after()).unwrap(),
        commented.replace("\"v0.1.6\"", "\"v0.1.5\"")
    );
}
