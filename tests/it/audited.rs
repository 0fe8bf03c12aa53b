//! Audits of real histories with their files: changelogs, manifests, pins and definitions as the tables of
//! the corpus have them, rebuilt commit by commit.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::DateTime;
use serde_json::Value;

use crate::command::{git, json};
use crate::rebuilt::{Made, feed, import_files};

/// The findings of a rule, as (subject, commit) with the ids that the corpus has.
fn of_rule(audit: &Value, made: &Made, rule: &str) -> Vec<(String, String)> {
    let real: BTreeMap<_, _> = made
        .ids
        .iter()
        .map(|(real, id)| (id.as_str(), real))
        .collect();
    let findings = audit["findings"].as_array().unwrap().iter();
    let mut found: Vec<_> = findings
        .filter(|finding| finding["rule"] == rule)
        .map(|finding| {
            let commit = finding["commit"].as_str().unwrap_or_default();
            let commit = real.get(commit).map_or(commit, |real| real);
            let commit = commit.get(..10).unwrap_or(commit);
            (
                finding["subject"].as_str().unwrap().to_owned(),
                commit.to_owned(),
            )
        })
        .collect();
    found.sort();
    found
}

fn messages<'a>(audit: &'a Value, rule: &str, subject: &str) -> Vec<&'a str> {
    let findings = audit["findings"].as_array().unwrap().iter();
    findings
        .filter(|finding| finding["rule"] == rule && finding["subject"] == subject)
        .map(|finding| finding["message"].as_str().unwrap())
        .collect()
}

fn pair(subject: &str, commit: &str) -> (String, String) {
    (subject.to_owned(), commit.to_owned())
}

/// Makes lightweight tags at rebuilt commits.
fn tag(into: &Path, made: &Made, tags: &[(String, String)]) {
    let lines = tags
        .iter()
        .map(|(name, real)| format!("create refs/tags/{name}\0{}\0", made.ids[real]));
    let updates: String = lines.collect();
    feed(into, &["update-ref", "--stdin", "-z"], updates.as_bytes());
}

/// B4, B21, and the version 1.5.3 that never existed.
#[test]
fn celo_reentered_a_version_and_pinned_one_that_does_not_exist() {
    let Some(corpus) = testkit::corpus() else {
        return;
    };
    let corpus = corpus.join("celo-monorepo");
    let mut made = Made::default();
    for row in testkit::tsv(corpus.join("attestation_version_runs.tsv")) {
        let text = format!("{{\n  \"version\": \"{}\"\n}}\n", row.get("version"));
        let path = "packages/attestation-service/package.json";
        made.file(
            row.get("first_commit"),
            row.get("first_date"),
            path,
            Some(text),
        );
    }
    for row in testkit::tsv(corpus.join("environments.tsv")) {
        let environment = row.get("environment");
        let path = format!(".env.{environment}");
        if row.get("key") == "ATTESTATION_SERVICE_DOCKER_IMAGE_TAG" {
            let line = row
                .opt("value")
                .map(|value| format!("ATTESTATION_SERVICE_DOCKER_IMAGE_TAG=\"{value}\"\n"));
            made.file(row.get("commit"), row.get("date"), &path, line);
        }
    }
    let mut tags = Vec::new();
    for row in testkit::tsv(corpus.join("attestation_tags.tsv")) {
        made.commit(row.get("peeled"), row.get("date"));
        tags.push((row.get("tag").to_owned(), row.get("peeled").to_owned()));
    }
    let dir = tempfile::tempdir().unwrap();
    import_files(&mut made, "master", dir.path());
    tag(dir.path(), &made, &tags);
    let audit = json(dir.path(), &["--process", "preset:celo", "audit"]);

    assert_eq!(
        of_rule(&audit, &made, "version-reentered"),
        [pair("1.5.0", "c083d6da32")]
    );
    assert!(messages(&audit, "version-reentered", "1.5.0")[0].contains(&made.ids_of("ab681cd804")));
    assert_eq!(
        of_rule(&audit, &made, "tag-off-introduction"),
        [pair("attestation-service-v1.2.1", "ab46eecf3b")]
    );
    let message = messages(&audit, "tag-off-introduction", "attestation-service-v1.2.1")[0];
    assert!(message.contains(&made.ids_of("f632e799a9")), "{message}");
    assert_eq!(
        of_rule(&audit, &made, "pin-missing"),
        [
            pair("alfajores", "09ec6b5b35"),
            pair("baklava", "09ec6b5b35")
        ]
    );
    for environment in ["alfajores", "baklava"] {
        let message = messages(&audit, "pin-missing", environment)[0];
        assert!(message.contains("attestation-service-v1.5.3"), "{message}");
        assert!(message.contains(&made.ids_of("0efd57c828")), "{message}");
    }
    // Pinned in a590e492ce, three days before the tagged commit landed.
    assert_eq!(
        of_rule(&audit, &made, "pin-early"),
        [
            pair("alfajores", "a590e492ce"),
            pair("baklava", "a590e492ce")
        ]
    );
    assert_eq!(of_rule(&audit, &made, "tag-legacy").len(), 4);
}

/// The changelog as it stood at each tag: 2418.1 says `[2416.0] - UNRELEASED`, 2517.1 has no section.
#[test]
fn mithril_tagged_with_the_changelog_of_other_versions() {
    let Some(corpus) = testkit::corpus() else {
        return;
    };
    let corpus = corpus.join("mithril");
    let mut made = Made::default();
    let dates: BTreeMap<_, _> = testkit::tsv(corpus.join("tags.tsv"))
        .iter()
        .map(|row| (row.get("tag").to_owned(), row.get("date").to_owned()))
        .collect();
    let mut tags = Vec::new();
    for row in testkit::tsv(corpus.join("changelog_at_tag.tsv")) {
        let name = row.get("tag");
        let heading = |section: &str, date: Option<&str>| {
            let date = date.map_or_else(String::new, |date| format!(" - {date}"));
            format!("## {section}{date}\n\n- something\n\n")
        };
        let mut text = String::from("# Changelog\n\n");
        if !row.get("top_section").starts_with('(') {
            text.push_str(&heading(row.get("top_section"), row.opt("top_date")));
            if let Some(second) = row.opt("second_section") {
                text.push_str(&heading(second, Some("2022-01-01")));
            }
        }
        made.file(row.get("peeled"), &dates[name], "CHANGELOG.md", Some(text));
        tags.push((name.to_owned(), row.get("peeled").to_owned()));
    }
    let dir = tempfile::tempdir().unwrap();
    import_files(&mut made, "main", dir.path());
    tag(dir.path(), &made, &tags);
    let audit = json(dir.path(), &["--process", "preset:mithril-adr12", "audit"]);
    let pending = messages(&audit, "changelog-pending", "2418.1");
    assert!(pending[0].contains("[2416.0] - UNRELEASED"), "{pending:?}");
    let missing = messages(&audit, "changelog-section-missing", "2418.1");
    assert!(missing[0].contains("[2416.0]"), "{missing:?}");
    assert_eq!(
        messages(&audit, "changelog-section-missing", "2517.1").len(),
        1
    );
    // `[2537]` and `[2543]` are not the versions that were tagged.
    for tag in ["2537.0", "2543.0"] {
        assert_eq!(
            messages(&audit, "changelog-section-missing", tag).len(),
            1,
            "{tag}"
        );
    }
    // Only the two hotfixes are off main in reality; rebuilt, all lie on one line.
    assert_eq!(of_rule(&audit, &made, "hotfix-not-merged-back"), []);
}

/// Mithril's finals: 28 of 41 are unsigned, all before 2442.0; and the cadence of its text.
#[test]
fn mithril_signs_its_tags_since_2442() {
    let Some(corpus) = testkit::corpus() else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let repository = dir.path().join("repository");
    crate::rebuilt::rebuild(&corpus.join("mithril/tags.tsv"), &repository);
    let audit = json(&repository, &["--process", "preset:mithril-adr12", "audit"]);
    let finals: Vec<_> = audit["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["rule"] == "tag-unsigned" && finding["severity"] == "error")
        .map(|finding| finding["subject"].as_str().unwrap())
        .collect();
    assert_eq!(finals.len(), 28);
    assert!(finals.iter().all(|tag| *tag < "2442.0"), "{finals:?}");
}

/// One entry of a definition file.
fn entry(service: &str, kind: &str, strategy: &str, value: &str) -> String {
    let what = match kind {
        "cloudformation" => "provider: cloudformation".to_owned(),
        _ => format!("docker: \"{service}\""),
    };
    let deploy = match strategy {
        "none" => "{}".to_owned(),
        "suspend" => "{ suspend: true }".to_owned(),
        strategy => format!("{{ {strategy}: \"{value}\" }}"),
    };
    format!("- github: \"{service}\"\n  {what}\n  deploy: {deploy}\n")
}

/// D12 and the staging rollback: v0.1.0 pins what did not exist; e0fe20f1 goes back without consent.
#[test]
fn splits_pinned_ahead_of_upstream_and_went_back_in_staging() {
    let Some(corpus) = testkit::corpus() else {
        return;
    };
    let folder = corpus.join("splits-releases");
    let mut states: BTreeMap<(String, String, String), BTreeMap<String, String>> = BTreeMap::new();
    for row in testkit::tsv(folder.join("releases.tsv")) {
        if row.get("change") == "removed" {
            continue;
        }
        let key = (
            format!("{:0>4}", row.get("seq")),
            row.get("commit").to_owned(),
            row.get("date").to_owned(),
        );
        let text = entry(
            row.get("service"),
            row.get("kind"),
            row.get("strategy"),
            row.get("value"),
        );
        states
            .entry(key)
            .or_default()
            .entry(row.get("file").to_owned())
            .or_default()
            .push_str(&text);
    }
    let mut made = Made::default();
    let mut before: Vec<String> = Vec::new();
    for ((_, commit, date), files) in &states {
        for gone in before.iter().filter(|path| !files.contains_key(*path)) {
            made.file(commit, date, gone, None);
        }
        for (path, text) in files {
            made.file(commit, date, path, Some(text.clone()));
        }
        before = files.keys().cloned().collect();
    }
    let dir = tempfile::tempdir().unwrap();
    let repository = dir.path().join("releases");
    import_files(&mut made, "main", &repository);
    let tags: Vec<_> = testkit::tsv(folder.join("tags.tsv"))
        .iter()
        .map(|row| {
            (
                row.get("tag").to_owned(),
                row.get("peeled_commit").to_owned(),
            )
        })
        .collect();
    tag(&repository, &made, &tags);
    let kayron = dir.path().join("kayron");
    crate::rebuilt::rebuild(&corpus.join("kayron/tags.tsv"), &kayron);
    // What is known of the other repository: its tags that were pinned and do exist.
    let specta = dir.path().join("specta");
    let mut other = Made::default();
    let mut pinned = Vec::new();
    for row in testkit::tsv(folder.join("upstream_check.tsv")) {
        if row.get("service") == "specta"
            && let (Some(commit), Some(date)) =
                (row.opt("upstream_tag_commit"), row.opt("upstream_tag_date"))
        {
            other.commit(commit, date);
            pinned.push((row.get("value").to_owned(), commit.to_owned()));
        }
    }
    pinned.sort();
    pinned.dedup();
    import_files(&mut other, "main", &specta);
    tag(&specta, &other, &pinned);
    let audit = json(
        &repository,
        &[
            "--process",
            "preset:splits",
            "audit",
            "--upstream",
            &format!("kayron={}", kayron.display()),
            "--upstream",
            &format!("specta={}", specta.display()),
        ],
    );
    assert_eq!(
        of_rule(&audit, &made, "pin-early"),
        [pair("kayron", "74070ce410")]
    );
    assert_eq!(
        of_rule(&audit, &made, "pin-missing"),
        [pair("specta", "74070ce410")]
    );
    let downgrades = of_rule(&audit, &made, "definition-downgrade");
    assert!(
        downgrades.contains(&pair("infrastructure", "e0fe20f122")),
        "{downgrades:?}"
    );
    let lint: BTreeMap<_, _> = testkit::tsv(folder.join("lint.tsv"))
        .iter()
        .map(|row| {
            (
                row.get("commit")[..10].to_owned(),
                row.get("verdict").to_owned(),
            )
        })
        .collect();
    // What is refused was refused by the rules of the operator, at the same commits.
    for (subject, commit) in of_rule(&audit, &made, "definition-refused") {
        assert_eq!(lint[&commit], "FAIL", "{subject} at {commit}");
    }
    // Two strategies in one entry: on a branch, and mended there.
    let two = "- github: \"infrastructure\"\n  provider: cloudformation\n  deploy: { branch: \"lite\", suspend: true }\n";
    let blob = feed(
        &repository,
        &["hash-object", "-w", "--stdin"],
        two.as_bytes(),
    );
    let tree = feed(
        &repository,
        &["mktree"],
        format!("100644 blob {blob}\tinfrastructure.yaml\n").as_bytes(),
    );
    let root = feed(
        &repository,
        &["mktree"],
        format!("040000 tree {tree}\tinfrastructure\n").as_bytes(),
    );
    let who = ["-c", "user.name=A", "-c", "user.email=a@example.invalid"];
    let args = [&who[..], &["commit-tree", &root, "-p", "main", "-m", "two"]].concat();
    let commit = git(&repository, &args);
    git(
        &repository,
        &["update-ref", "refs/pull/13/head", commit.trim()],
    );
    let audit = json(
        &repository,
        &[
            "--process",
            "preset:splits",
            "audit",
            "--branch",
            "refs/pull/13/head",
            "--since",
            "main",
        ],
    );
    let refused = messages(
        &audit,
        "definition-refused",
        "infrastructure/infrastructure.yaml[0]",
    );
    assert_eq!(
        refused,
        ["more than one strategy: branch, suspend (several-strategies)"]
    );
}

/// The rebuilt commits stand in the order of their real dates.
#[test]
fn commits_are_rebuilt_in_the_order_of_time() {
    let mut made = Made::default();
    made.file("b", "2026-01-02T00:00:00Z", "x", Some("2".to_owned()));
    made.file("a", "2026-01-01T23:30:00-01:00", "x", Some("3".to_owned()));
    made.commit("c", "2026-01-01T00:00:00Z");
    let dir = tempfile::tempdir().unwrap();
    import_files(&mut made, "main", dir.path());
    let log = git(dir.path(), &["log", "--reverse", "--format=%s %cI", "main"]);
    let subjects: Vec<_> = log
        .lines()
        .map(|line| line.split(' ').next().unwrap())
        .collect();
    assert_eq!(subjects, ["c", "b", "a"]);
    let last = log.lines().last().unwrap().split(' ').nth(1).unwrap();
    assert!(DateTime::parse_from_rfc3339(last).is_ok());
}

/// C19 and C21: between the candidate and the release of RustShare only its documents change. Its 0.5.1 had more.
#[test]
fn a_release_differs_from_its_candidate_only_where_the_process_says() {
    let mut made = Made::default();
    let manifest = |version: &str| {
        Some(format!(
            "[package]\nname = \"rustshare-backend\"\nversion = \"{version}\"\nedition = \"2021\"\n"
        ))
    };
    let changelog = |version: &str| {
        Some(format!(
            "# Changelog\n\n## [{version}] - 2026-01-01\n\n- a share can expire\n"
        ))
    };
    let code = |text: &str| Some(format!("pub fn shares() -> u32 {{ {text} }}\n"));
    let mut tags = Vec::new();
    // What the release changes besides its documents.
    for (day, version, code_too) in [(1, "0.5.0", false), (2, "0.5.1", true)] {
        let at = |hour: u32| format!("2026-01-0{day}T{hour:02}:00:00Z");
        let (candidate, release) = (format!("rc of {version}"), format!("release of {version}"));
        made.file(&candidate, &at(8), "src/lib.rs", code(&day.to_string()));
        made.file(
            &candidate,
            &at(8),
            "Cargo.toml",
            manifest(&format!("{version}-rc.1")),
        );
        for (path, text) in [
            ("CHANGELOG.md", changelog(version)),
            ("Cargo.toml", manifest(version)),
            ("docs/upgrading.md", changelog(version)),
        ] {
            made.file(&release, &at(9), path, text);
        }
        if code_too {
            made.file(&release, &at(9), "src/lib.rs", code("0"));
            for n in 0..4 {
                made.file(&release, &at(9), &format!("src/new{n}.rs"), code("1"));
            }
        }
        tags.push((format!("v{version}-rc.1"), candidate));
        tags.push((format!("v{version}"), release));
    }
    let dir = tempfile::tempdir().unwrap();
    import_files(&mut made, "main", dir.path());
    tag(dir.path(), &made, &tags);
    let audit = json(dir.path(), &["--process", "preset:rustshare", "audit"]);
    let found = of_rule(&audit, &made, "release-other-paths");
    assert_eq!(found, [pair("v0.5.1", "release of")]);
    assert_eq!(
        messages(&audit, "release-other-paths", "v0.5.1"),
        [
            "differs from its candidate `v0.5.1-rc.1` in `src/lib.rs`, `src/new0.rs`, `src/new1.rs` and 2 more, \
             which the process does not name"
        ]
    );
    assert_eq!(of_rule(&audit, &made, "release-other-commit"), []);
}
