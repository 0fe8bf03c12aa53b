//! Faults seeded into a sound process: each is found, with a story of at most twelve steps.

use std::time::Duration;

use promenade_process::check::{Checked, FaultRule, check};
use promenade_process::{Flow, Process, preset};

/// A sound process: candidates in staging, releases in production, a shorter way for hotfixes.
const SOUND: &str = r#"
[process]
format = 1
name = "acme"

[version]
scheme = "semver"
below-one = "breaking-is-minor"
candidate = { label = "rc.{n}", counter = "label" }

[branches]
hotfix = "hotfix/v{next_patch}"

[release]
gates = [{ check = "integration" }]

[[tag]]
class = "release"
template = "v{version}"

[[tag]]
class = "candidate"
template = "v{version}"

[[channel]]
name = "latest"
on = "release"
mutability = "moving"
follows = "highest"

[[channel]]
name = "live"
on = "promotion"
environment = "production"
mutability = "moving"

[[environment]]
name = "staging"
stage = "pre-release"
accepts = "candidate"
gates = [{ check = "smoke" }]

[[environment]]
name = "production"
stage = "production"
after = ["staging"]
accepts = "release"
gates = [{ approvals = { count = 2, from = ["maintainers"] } }, { soak = { for = "7d", in = "staging" } }]

[[person]]
name = "ada"
keys = ["ssh:SHA256:a"]
roles = ["maintainers"]

[[person]]
name = "bob"
keys = ["ssh:SHA256:b"]
roles = ["maintainers"]
"#;

/// How many states one check may look at: more take longer than anybody waits.
const STATES: usize = 5_000;

/// How long one check may have the processor, where everything is optimised.
const LIMIT: Duration = Duration::from_secs(2);

fn run(process: &Process, beside: &[&Process]) -> Checked {
    let mut checked = None;
    let took = testkit::clock::worked(|| {
        checked = Some(check(process, beside, &mut |_| Flow::Continue).unwrap());
    });
    let checked = checked.unwrap();
    let (name, states) = (process.name(), checked.states());
    assert!(states <= STATES, "{name}: {states} states");
    assert!(cfg!(debug_assertions) || took < LIMIT, "{name}: {took:?}");
    checked
}

/// The sound process with some of its text replaced.
fn seeded(edits: &[(&str, &str)]) -> String {
    let mut text = SOUND.to_owned();
    for (from, to) in edits {
        assert!(text.contains(from), "`{from}` is not in the process");
        text = text.replacen(from, to, 1);
    }
    text
}

const AFTER: &str = "after = [\"staging\"]\n";
const SOAK: &str = r#"{ soak = { for = "7d", in = "staging" } }"#;
const STAGING: &str = "name = \"staging\"\nstage = \"pre-release\"\naccepts = \"candidate\"";
const PRODUCTION: &str = "after = [\"staging\"]\naccepts = \"release\"";

/// A name, the edits that seed the fault, and the fault that is found.
type Seed = (
    &'static str,
    &'static [(&'static str, &'static str)],
    FaultRule,
    &'static str,
);

const SEEDS: [Seed; 20] = [
    (
        "production waits for nothing",
        &[(AFTER, ""), (SOAK, r#"{ check = "e2e" }"#)],
        FaultRule::PathSkips,
        "production",
    ),
    (
        "a soak in an environment that candidates cannot enter",
        &[(
            r#"gates = [{ check = "smoke" }]"#,
            r#"gates = [{ soak = { for = "1d", in = "production" } }]"#,
        )],
        FaultRule::GateNeverOpens,
        "staging",
    ),
    (
        "a release waits for production, and production for the release",
        &[("[release]\n", "[release]\nafter = [\"production\"]\n")],
        FaultRule::EnvironmentUnreachable,
        "production",
    ),
    (
        "a freeze for the whole week",
        &[(
            r#"{ check = "smoke" }"#,
            r#"{ freeze = { zone = "UTC", weekly = [{ from = "mon 00:00", to = "fri 00:00" }, { from = "thu 00:00", to = "mon 01:00" }] } }"#,
        )],
        FaultRule::GateNeverOpens,
        "staging",
    ),
    (
        "hotfixes wait for a soak where they do not pass",
        &[(
            STAGING,
            "name = \"staging\"\nstage = \"pre-release\"\naccepts = \"release\"\nlanes = [\"regular\"]",
        )],
        FaultRule::GateNeverOpens,
        "production",
    ),
    (
        "production takes candidates",
        &[(PRODUCTION, "after = [\"staging\"]\naccepts = \"candidate\"")],
        FaultRule::UnreleasedInProduction,
        "production",
    ),
    (
        "production takes commits, so that of a rejected candidate too",
        &[
            (
                STAGING,
                "name = \"staging\"\nstage = \"pre-release\"\naccepts = \"commit\"",
            ),
            (PRODUCTION, "after = [\"staging\"]\naccepts = \"commit\""),
        ],
        FaultRule::RejectedInProduction,
        "production",
    ),
    (
        "production comes before staging",
        &[
            (AFTER, ""),
            (
                STAGING,
                "name = \"staging\"\nstage = \"pre-release\"\nafter = [\"production\"]\naccepts = \"release\"",
            ),
            (SOAK, r#"{ check = "e2e" }"#),
        ],
        FaultRule::StageInverted,
        "staging",
    ),
    (
        "production comes before staging, and nothing before production",
        &[
            (AFTER, ""),
            (
                STAGING,
                "name = \"staging\"\nstage = \"pre-release\"\nafter = [\"production\"]\naccepts = \"release\"",
            ),
            (SOAK, r#"{ check = "e2e" }"#),
        ],
        FaultRule::PathSkips,
        "production",
    ),
    (
        "a hotfix is asked nothing on its way",
        &[
            (
                r#"gates = [{ check = "integration" }]"#,
                r#"gates = [{ check = "integration", lanes = ["regular"] }]"#,
            ),
            (
                r#"gates = [{ check = "smoke" }]"#,
                r#"gates = [{ check = "smoke", lanes = ["regular"] }]"#,
            ),
            (
                r#"from = ["maintainers"] } }, "#,
                r#"from = ["maintainers"] }, lanes = ["regular"] }, "#,
            ),
            (
                SOAK,
                r#"{ soak = { for = "7d", in = "staging" }, lanes = ["regular"] }"#,
            ),
        ],
        FaultRule::HotfixUnchecked,
        "production",
    ),
    (
        "no way leads hotfixes to production",
        &[(
            PRODUCTION,
            "after = [\"staging\"]\naccepts = \"release\"\nlanes = [\"regular\"]",
        )],
        FaultRule::LaneStuck,
        "hotfix",
    ),
    (
        "no way leads regular releases to production",
        &[(
            PRODUCTION,
            "after = [\"staging\"]\naccepts = \"release\"\nlanes = [\"hotfix\"]",
        )],
        FaultRule::LaneStuck,
        "regular",
    ),
    (
        "a gate for a lane that does not pass",
        &[
            (
                STAGING,
                "name = \"staging\"\nstage = \"pre-release\"\naccepts = \"candidate\"\nlanes = [\"regular\"]",
            ),
            (
                r#"[{ check = "smoke" }]"#,
                r#"[{ check = "smoke", lanes = ["hotfix"] }]"#,
            ),
            (SOAK, r#"{ check = "e2e" }"#),
        ],
        FaultRule::GateNeverAsked,
        "staging",
    ),
    (
        "candidates without a version",
        &[(
            "candidate = { label = \"rc.{n}\", counter = \"label\" }\n",
            "",
        )],
        FaultRule::CandidateUnnamed,
        "staging",
    ),
    (
        "candidates without a tag",
        &[(
            "[[tag]]\nclass = \"candidate\"\ntemplate = \"v{version}\"\n",
            "",
        )],
        FaultRule::CandidateUnnamed,
        "staging",
    ),
    (
        "releases without a tag",
        &[(
            "[[tag]]\nclass = \"release\"\ntemplate = \"v{version}\"\n",
            "",
        )],
        FaultRule::ReleaseUnnamed,
        "production",
    ),
    (
        "latest follows the most recent release, so a backport too",
        &[("follows = \"highest\"", "follows = \"most-recent\"")],
        FaultRule::ChannelBackwards,
        "latest",
    ),
    (
        "a channel of an environment that is not there",
        &[(
            "environment = \"production\"\n",
            "environment = \"prodution\"\n",
        )],
        FaultRule::ChannelNeverMoves,
        "live",
    ),
    (
        "a channel of candidates that are never made",
        &[
            (
                "candidate = { label = \"rc.{n}\", counter = \"label\" }\n",
                "",
            ),
            (
                "name = \"latest\"\non = \"release\"",
                "name = \"next\"\non = \"candidate\"",
            ),
        ],
        FaultRule::ChannelNeverMoves,
        "next",
    ),
    (
        "a freeze that ends when nobody lives any more",
        &[(
            r#"{ check = "smoke" }"#,
            r#"{ freeze = { zone = "UTC", dated = [{ from = "2020-01-01", to = "2999-01-01" }] } }"#,
        )],
        FaultRule::GateNeverOpens,
        "staging",
    ),
];

#[test]
fn the_sound_process_is_sound() {
    let process = Process::parse("release.toml", SOUND).unwrap();
    let checked = run(&process, &[]);
    assert!(checked.is_sound() && checked.is_complete(), "{checked:#?}");
    assert!(checked.states() > 20, "{}", checked.states());
}

#[test]
fn every_preset_is_sound() {
    for name in preset::NAMES {
        let checked = run(&Process::preset(name).unwrap(), &[]);
        assert!(
            checked.is_sound() && checked.is_complete(),
            "{name}: {checked:#?}"
        );
    }
}

#[test]
fn every_seeded_fault_is_found_with_a_short_story() {
    for (name, edits, rule, subject) in SEEDS {
        let text = seeded(edits);
        let process =
            Process::parse("release.toml", &text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let checked = run(&process, &[]);
        let found = checked
            .faults()
            .find(|fault| fault.rule == rule && fault.subject == subject);
        let Some(fault) = found else {
            panic!("{name}: {checked:#?}");
        };
        let steps = fault.story.len();
        assert!(
            (1..=12).contains(&steps),
            "{name}: {steps} steps: {fault:#?}"
        );
    }
}

#[test]
fn two_processes_that_write_one_channel_are_told_apart_by_their_image() {
    let one = Process::parse("one.toml", SOUND).unwrap();
    let other = Process::parse(
        "two.toml",
        &seeded(&[("name = \"acme\"", "name = \"other\"")]),
    )
    .unwrap();
    let checked = run(&one, &[&other]);
    let shared: Vec<_> = checked
        .faults()
        .map(|fault| (fault.rule, fault.subject.as_str()))
        .collect();
    assert_eq!(shared, [(FaultRule::ChannelShared, "latest")]);
    let registry = |image: &str| {
        format!(
            "{SOUND}\n[registry]\nrepository = \"registry.example/acme/{image}\"\nimage = \"image\"\n"
        )
    };
    let one = Process::parse("one.toml", &registry("one")).unwrap();
    let other = Process::parse("two.toml", &registry("two")).unwrap();
    assert!(run(&one, &[&other]).is_sound());
}

#[test]
fn a_story_is_told_in_the_order_in_which_it_happens() {
    let (_, edits, _, _) = SEEDS[6];
    let process = Process::parse("release.toml", &seeded(edits)).unwrap();
    let checked = run(&process, &[]);
    let fault = checked
        .faults()
        .find(|fault| fault.rule == FaultRule::RejectedInProduction)
        .unwrap();
    insta::assert_snapshot!(fault.story.join("\n"), @r"
    register candidate 1.0.0-rc.1 on lane regular
    reject 1.0.0-rc.1
    smoke passes, as staging asks
    ada and bob approve for production
    promote commit 9505cac to staging, and see it run there
    wait until 2026-01-12 08:00
    promote commit 9505cac to production, and see it run there
    ");
}

#[test]
fn a_check_can_be_stopped() {
    let process = Process::preset("mithril-adr12").unwrap();
    let stopped = check(&process, &[], &mut |_| Flow::Stop).unwrap_err();
    assert!(stopped.states > 0);
}
