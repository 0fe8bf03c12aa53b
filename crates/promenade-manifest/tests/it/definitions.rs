//! Environment definitions: pins by one line, holes as warnings, what is desired against what runs.

use std::collections::BTreeMap;

use promenade_manifest::definitions::{
    Comparison, DefinitionPolicy, Definitions, EnvironmentRef, EnvironmentRefs, ForgeRelease,
    LatestBy, Observed, Pin, RefFacts, ResolvedRef, compare, pin_changes,
};

use crate::cargo_edit::{Files, files};

pub(crate) fn read(files: &Files) -> Definitions {
    Definitions::read(files, &DefinitionPolicy::kayron()).unwrap()
}

fn one(service: &str) -> Files {
    files(&[
        (
            "infrastructure/infrastructure.yaml",
            "- github: \"infrastructure\"\n  provider: \"cloudformation\"\n  deploy:\n    release: \"v0.1.6\"\n",
        ),
        ("service/service.yaml", service),
    ])
}

const GOOD: &str = "- docker: kayron\n  github: kayron\n  deploy:\n    release: v0.2.1\n";

#[track_caller]
fn lint(files: &Files, environment: Option<&str>) -> String {
    let findings = read(files).lint(environment);
    findings
        .iter()
        .map(|finding| format!("{finding}\n"))
        .collect()
}

#[test]
fn sound_definitions_have_no_findings() {
    assert_eq!(lint(&one(GOOD), None), "");
}

#[test]
fn every_hole_of_the_operator_is_a_warning() {
    let files = one(
        "- docker: a\n  github: a\n  deploy: { branch: feature/x }\n\
         - docker: a\n  github: a\n  deploy: { release: v1.2 }\n\
         - docker: b\n  github: b\n  provider: cloudformation\n  deploy: { suspend: true }\n  labels: {}\n\
         - docker: c\n  github: c\n  deploy: { preview: true, webhook: x }\n",
    );
    insta::assert_snapshot!(lint(&files, None), @r"
    error: 2 infrastructure entries, expected exactly 1 (one-infrastructure)
    service/service.yaml:1:3: warning: branch `feature/x` outside a test environment (branch-outside-test)
    service/service.yaml:4:3: warning: `a` is defined by service/service.yaml:1:3 already (duplicate)
    service/service.yaml:4:3: warning: release `v1.2`, expected three numbers (short-release)
    service/service.yaml:7:3: warning: an image and a provider, expected one (docker-and-provider)
    service/service.yaml:11:3: warning: unknown key `labels`, which the operator ignores (unknown-key)
    service/service.yaml:12:3: warning: `preview` without `branch`, `release` or `suspend` (preview-alone)
    service/service.yaml:14:28: warning: unknown key `deploy.webhook`, which the operator ignores (unknown-key)
    ");
    assert!(!lint(&files, Some("test")).contains("branch-outside-test"));
    let mut files = one(GOOD);
    files.insert("root.yaml".to_owned(), b"[]\n".to_vec());
    files.insert(
        "service-old/x/y.yaml".to_owned(),
        b"- docker: z\n  github: z\n  deploy: {suspend: true}\n".to_vec(),
    );
    files.insert("docs/x.yaml".to_owned(), b"not: loaded\n".to_vec());
    insta::assert_snapshot!(lint(&files, None), @r"
    root.yaml: warning: a definition file outside infrastructure and service, which the operator loads all the same (outside-roots)
    service-old/x/y.yaml: warning: a definition file outside infrastructure and service, which the operator loads all the same (outside-roots)
    ");
}

#[test]
fn wrong_shapes_are_errors_with_their_place() {
    insta::assert_snapshot!(lint(&one("docker: x\n"), None), @"service/service.yaml:1:1: error: the file must be a list of definitions (shape)");
    insta::assert_snapshot!(lint(&one("- x\n- docker: [a]\n  github: a\n  deploy: 3\n- docker: a\n  github: a\n  deploy: { suspend: maybe }\n"), None), @r"
    service/service.yaml:1:3: error: an entry must be a mapping (shape)
    service/service.yaml:2:3: error: `deploy` is empty, expected `branch`, `release` or `suspend` (deploy-empty)
    service/service.yaml:2:3: error: no `docker` and no `provider`, expected one (no-provider)
    service/service.yaml:2:11: error: `docker` must be a text on one line (shape)
    service/service.yaml:4:11: error: `deploy` must be a mapping (shape)
    service/service.yaml:5:3: error: `deploy` is empty, expected `branch`, `release` or `suspend` (deploy-empty)
    service/service.yaml:7:22: error: `suspend` must be `true` or `false` (shape)
    ");
    insta::assert_snapshot!(lint(&files(&[]), None), @r"
    error: no definitions, expected at least one (no-definitions)
    note: 0 infrastructure entries, expected exactly 1 (one-infrastructure)
    ");
    let error = Definitions::read(&one("- docker: 'a\n"), &DefinitionPolicy::kayron()).unwrap_err();
    assert_eq!(
        (error.file(), error.position().map(|p| p.line())),
        ("service/service.yaml", Some(1))
    );
}

#[track_caller]
fn set(files: &Files, name: &str, pin: &str) -> String {
    let definitions = read(files);
    match definitions.set(name, &pin.parse::<Pin>().unwrap()) {
        Ok(edit) => {
            let before = String::from_utf8(edit.before().to_vec()).unwrap();
            let after = String::from_utf8(edit.after()).unwrap();
            let lines: Vec<_> = before
                .split('\n')
                .zip(after.split('\n'))
                .filter(|(old, new)| old != new)
                .map(|(old, new)| format!("-{old}\n+{new}\n"))
                .collect();
            assert_eq!(before.lines().count(), after.lines().count());
            assert!(lines.len() <= 1, "more than one line: {lines:?}");
            lines.concat()
        }
        Err(error) => format!("error: {error}"),
    }
}

#[test]
fn a_pin_is_set_by_one_line_that_keeps_its_comment() {
    // The bump of e0fe20f1 and its neighbours: the old value stays as a comment.
    let files = files(&[
        (
            "infrastructure/infrastructure.yaml",
            "- github: 'infrastructure'\r\n  provider: cloudformation\r\n  deploy:\r\n    release: \"v0.1.6\" # was v0.1.5\r\n",
        ),
        (
            "service/a.yaml",
            "- docker: a\n  github: a\n  deploy: {release: v0.1.0, preview: true}\n- docker: b\n  github: b\n  deploy:\n    branch: main   # test\n- docker: c\n  github: c\n  deploy:\n    suspend: true",
        ),
    ]);
    insta::assert_snapshot!(set(&files, "infrastructure", "v0.1.5"), @r#"
    -    release: "v0.1.6" # was v0.1.5
    +    release: "v0.1.5" # was v0.1.5
    "#);
    insta::assert_snapshot!(set(&files, "infrastructure", "branch:feature/x"), @r#"
    -    release: "v0.1.6" # was v0.1.5
    +    branch: "feature/x" # was v0.1.5
    "#);
    insta::assert_snapshot!(set(&files, "a", "v0.10.0-rc.1"), @r"
    -  deploy: {release: v0.1.0, preview: true}
    +  deploy: {release: v0.10.0-rc.1, preview: true}
    ");
    insta::assert_snapshot!(set(&files, "b", "v1.0.0"), @r#"
    -    branch: main   # test
    +    release: "v1.0.0"   # test
    "#);
    insta::assert_snapshot!(set(&files, "b", "branch:lite"), @r"
    -    branch: main   # test
    +    branch: lite   # test
    ");
    insta::assert_snapshot!(set(&files, "b", "branch:true"), @"error: service/a.yaml:4:3: cannot write `true`: without quotes it would no longer be a text");
    insta::assert_snapshot!(set(&files, "b", "suspend"), @r"
    -    branch: main   # test
    +    suspend: true   # test
    ");
    insta::assert_snapshot!(set(&files, "c", "v1.0.0"), @r#"
    -    suspend: true
    +    release: "v1.0.0"
    "#);
    assert_eq!(set(&files, "c", "suspend"), "");
    insta::assert_snapshot!(set(&files, "d", "v1.0.0"), @"error: no definition `d`; the definitions are infrastructure, a, b, c");
    let twice = one(&format!("{GOOD}{GOOD}"));
    insta::assert_snapshot!(set(&twice, "kayron", "v1.0.0"), @"error: service/service.yaml:5:3: `kayron` is defined twice");
    let several = one("- docker: a\n  github: a\n  deploy: {release: v1.0.0, suspend: true}\n");
    insta::assert_snapshot!(set(&several, "a", "v1.0.0"), @"error: service/service.yaml:1:3: `a` must have one strategy to set, found `release, suspend`");
}

#[test]
fn pins_that_are_none_are_refused() {
    for (pin, why) in [
        (
            "1.2.3",
            "invalid release `1.2.3`: expected `v` and a version",
        ),
        (
            "v1.2.3+b",
            "invalid release `v1.2.3+b`: expected a version without build metadata, which no image tag can hold",
        ),
        (
            "branch:-x",
            "invalid branch `-x`: expected a name that git accepts for a branch",
        ),
        (
            "branch:a..b",
            "invalid branch `a..b`: expected a name that git accepts for a branch",
        ),
        (
            "branch:",
            "invalid branch ``: expected a name that git accepts for a branch",
        ),
    ] {
        assert_eq!(pin.parse::<Pin>().unwrap_err().to_string(), why);
    }
    for pin in ["v1.2.3", "branch:feature/x", "suspend"] {
        assert_eq!(pin.parse::<Pin>().unwrap().to_string(), pin);
    }
}

#[test]
fn what_runs_is_compared_with_what_is_desired() {
    let definitions = read(&one(
        "- docker: a\n  github: a\n  deploy: {release: v0.9.0}\n\
         - docker: b\n  github: b\n  deploy: {suspend: true}\n\
         - docker: c\n  github: c\n  deploy: {branch: main}\n\
         - docker: d\n  github: d\n  deploy: {preview: true}\n",
    ));
    let of = |name: &str, observed: &Observed| {
        let entry = definitions.entries().iter().find(|e| e.name() == name);
        compare(entry.unwrap(), observed)
    };
    assert_eq!(
        of("a", &Observed::new(Some("v0.9.0"), false)),
        Comparison::InSync
    );
    assert_eq!(
        of("a", &Observed::new(Some("v0.10.0"), true)),
        Comparison::Drift {
            from: Some("v0.10.0".into()),
            to: "v0.9.0".into(),
            downgrade: true
        }
    );
    assert_eq!(
        of("a", &Observed::new(Some("v0.8.9"), true)),
        Comparison::Drift {
            from: Some("v0.8.9".into()),
            to: "v0.9.0".into(),
            downgrade: false
        }
    );
    assert_eq!(
        of("a", &Observed::new(None, false)),
        Comparison::NotReady {
            desired: "v0.9.0".into()
        }
    );
    assert_eq!(
        of("b", &Observed::new(Some("v1"), true)),
        Comparison::Suspended
    );
    assert_eq!(
        of("c", &Observed::new(Some("v1"), true)),
        Comparison::Unknown
    );
    let mut head = Observed::new(Some("aa"), true);
    head.head = Some("bb".to_owned());
    assert_eq!(
        of("c", &head),
        Comparison::Drift {
            from: Some("aa".into()),
            to: "bb".into(),
            downgrade: false
        }
    );
    assert_eq!(of("d", &Observed::new(None, true)), Comparison::Unknown);
}

#[test]
fn a_lower_pin_is_a_downgrade() {
    let before = read(&one(GOOD));
    let after = read(&one(&GOOD.replace("v0.2.1", "v0.2.0")));
    let changes = pin_changes(&before, &after);
    assert_eq!(changes.len(), 1);
    assert!(changes[0].downgrade);
    assert!(!pin_changes(&after, &before)[0].downgrade);
    assert_eq!(pin_changes(&before, &before), []);
}

#[test]
fn the_latest_release_is_by_date_or_by_version() {
    let at = |day: u32| format!("2025-01-{day:02}T00:00:00Z").parse().unwrap();
    let mut facts = RefFacts::new("main", vec!["main".to_owned(), "testing".to_owned()]);
    facts.releases = vec![
        ForgeRelease::new("v0.10.0", at(1)),
        ForgeRelease::new("v0.9.1", at(2)),
        ForgeRelease::new("v0.11.0-rc.1", at(3)),
    ];
    facts.releases[2].prerelease = true;
    assert_eq!(facts.latest(LatestBy::Date).as_deref(), Some("v0.9.1"));
    assert_eq!(facts.latest(LatestBy::Version).as_deref(), Some("v0.10.0"));
    let refs = EnvironmentRefs::new(
        BTreeMap::from([
            (
                "production".to_owned(),
                EnvironmentRef::LatestReleaseByVersion,
            ),
            ("testing".to_owned(), EnvironmentRef::NamedBranch),
            ("qa".to_owned(), EnvironmentRef::NamedBranch),
        ]),
        None,
    );
    assert_eq!(
        refs.resolve("prod", &facts),
        Ok(ResolvedRef::Tag("v0.10.0".into()))
    );
    assert_eq!(
        refs.resolve("test", &facts),
        Ok(ResolvedRef::Branch("testing".into()))
    );
    assert_eq!(
        refs.resolve("qa", &facts).unwrap_err().to_string(),
        "no branch `qa`"
    );
    assert_eq!(
        refs.resolve("stage", &facts).unwrap_err().to_string(),
        "unknown environment `staging`; the known ones are production, qa, testing"
    );
}

#[test]
fn the_policy_round_trips_and_refuses_what_it_does_not_know() {
    let text = "roots = [\"infrastructure\", \"service\"]\nunknown-keys = \"deny\"\n\
                test-environments = [\"testing\"]\n[refs]\nothers = \"named-or-default-branch\"\n\
                named = { staging = \"default-branch\", production = \"latest-release-by-date\" }\n";
    let policy: DefinitionPolicy = toml::from_str(text).unwrap();
    let json = serde_json::to_string(&policy).unwrap();
    assert_eq!(
        serde_json::from_str::<DefinitionPolicy>(&json).unwrap(),
        policy
    );
    let kayron = serde_json::to_string(&DefinitionPolicy::kayron()).unwrap();
    assert_eq!(
        serde_json::from_str::<DefinitionPolicy>(&kayron).unwrap(),
        DefinitionPolicy::kayron()
    );
    for (text, why) in [
        (
            "roots = []\n[refs]\n",
            "no roots: definitions must lie in at least one folder",
        ),
        (
            "roots = [\"../x\"]\n[refs]\n",
            "invalid folder `../x`: expected a relative path with `/`, without `.` and `..`",
        ),
        (
            "roots = [\"x\"]\nextension = \".yaml\"\n[refs]\n",
            "invalid extension `.yaml`: expected it without a dot",
        ),
    ] {
        assert_eq!(
            toml::from_str::<DefinitionPolicy>(text)
                .unwrap_err()
                .message(),
            why
        );
    }
    let denied = Definitions::read(&one(&format!("{GOOD}  labels: x\n")), &policy).unwrap();
    assert_eq!(
        denied.lint(None)[0].to_string(),
        "service/service.yaml:5:3: error: unknown key `labels`, which the operator ignores (unknown-key)"
    );
}
