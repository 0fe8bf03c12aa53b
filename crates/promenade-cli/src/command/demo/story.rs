//! The story: a commit travels to production and back.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use promenade::git::{CommitRequest, TagRequest};
use promenade::process::{ReleaseRequest, Withdrawal};
use promenade::promotion::{
    AdoptedStage, AdoptedVersion, Artifacts, Command, CommitId, EnvironmentName, GateName, Outcome,
    ParseNameError, Subject,
};
use promenade::signature::MakeSignature as _;
use promenade::version::{Change, Impact, Version};

use super::content;
use super::scene::{Scene, Who};
use crate::CliError;
use crate::context::git_error;

pub(super) fn tell(scene: &mut Scene) -> Result<(), CliError> {
    adopt(scene)?;
    first_release(scene)?;
    let candidate = rejected_candidate(scene)?;
    let second = second_candidate(scene, &candidate)?;
    release(scene, &second)?;
    other_digest(scene)?;
    backport(scene)?;
    hotfix(scene)?;
    defect(scene)?;
    merge_back(scene)
}

/// The repository had a release before it had a ledger.
fn adopt(scene: &mut Scene) -> Result<(), CliError> {
    scene.act("a repository is taken up in mid-history, with its tag v0.2.0");
    let commit = scene.find("main")?;
    let target = scene.repository().resolve("main").map_err(git_error)?;
    let tag = TagRequest::new("v0.2.0", target, "Release v0.2.0", scene.ident()?);
    let key = scene.key();
    let sign = |payload: &[u8]| key.sign("git", payload).map_err(|error| error.to_string());
    scene
        .repository()
        .create_tag(&tag.signed(&sign))
        .map_err(git_error)?;
    let since = scene.now();
    scene.run(Who::Ada, "adopt the repository", |_| {
        vec![Command::Adopt {
            current: Vec::new(),
            source: "the tags of the repository".to_owned(),
            versions: vec![AdoptedVersion {
                commit: commit.clone(),
                since,
                stage: AdoptedStage::Released,
                tag: "v0.2.0".to_owned(),
                version: Version::new(0, 2, 0),
            }],
        }]
    })?;
    Ok(())
}

/// 0.3.0 takes the whole way, without trouble.
fn first_release(scene: &mut Scene) -> Result<(), CliError> {
    scene.act("0.3.0: built once, tried as rc.1, released");
    let commit = change(scene, "feat!: stream uploads", &["upload", "stream"], None)?;
    let artifacts = scene.build(&commit)?;
    candidate(scene, &commit)?;
    let version = version("0.3.0-rc.1")?;
    into_staging(scene, &version, &artifacts)?;
    checks(scene, &artifacts, &["integration", "migration"])?;
    let request = ReleaseRequest::of_candidate(Version::new(0, 3, 0), version, "main");
    scene.carry_out(Who::Ada, |planner, work| planner.release(work, &request))?;
    into_production(scene, &Version::new(0, 3, 0), &artifacts)?;
    scene.board()
}

/// A candidate that does not pass is rejected, for ever.
fn rejected_candidate(scene: &mut Scene) -> Result<Version, CliError> {
    scene.act("v0.4.0-rc.1: a gate fails, the candidate is rejected");
    let entry = "### Changed\n\n- Shares have an end date; links without one are gone.\n";
    let commit = change(
        scene,
        "feat!: let shares end",
        &["upload", "stream", "end"],
        Some(entry),
    )?;
    let artifacts = scene.build(&commit)?;
    candidate(scene, &commit)?;
    let version = version("0.4.0-rc.1")?;
    into_staging(scene, &version, &artifacts)?;
    record(scene, &artifacts, &["integration"], Outcome::Fail)?;
    scene.say("\nit is released all the same? no:");
    let request = ReleaseRequest::of_candidate(Version::new(0, 4, 0), version.clone(), "main");
    scene.carry_out(Who::Ada, |planner, work| planner.release(work, &request))?;
    let rejected = version.clone();
    scene.run(Who::Ada, "reject 0.4.0-rc.1", |_| {
        vec![Command::Reject {
            reason: "integration: shares end an hour early".to_owned(),
            version: rejected.clone(),
        }]
    })?;
    scene.say("\nanother try with the rejected one? no:");
    promote(scene, Who::Ci, "production", &version)?;
    Ok(version)
}

/// The next candidate is another commit, with a number of its own (C20).
fn second_candidate(scene: &mut Scene, rejected: &Version) -> Result<Version, CliError> {
    scene.act("v0.4.0-rc.2: mended, verified in staging, every gate has its evidence");
    let lines = ["upload", "stream", "end", "clock"];
    let commit = change(scene, "fix: end shares on time", &lines, None)?;
    let artifacts = scene.build(&commit)?;
    candidate(scene, &commit)?;
    let version = version("0.4.0-rc.2")?;
    if version <= *rejected {
        return Err(CliError::world(
            "the second candidate is not after the first",
        ));
    }
    into_staging(scene, &version, &artifacts)?;
    checks(scene, &artifacts, &["integration", "migration"])?;
    Ok(version)
}

/// The changelog is cut, the tag is made, the channels move: by the same digests.
fn release(scene: &mut Scene, candidate: &Version) -> Result<(), CliError> {
    scene.act("v0.4.0: the changelog is cut, the same digests are released");
    let version = Version::new(0, 4, 0);
    let request = ReleaseRequest::of_candidate(version.clone(), candidate.clone(), "main")
        .with_upgrade_notes("Give every link an end date before you upgrade.");
    scene.carry_out(Who::Ada, |planner, work| planner.release(work, &request))?;
    scene.say("\nstraight into production? not without an approval:");
    promote(scene, Who::Ci, "production", &version)?;
    let artifacts = scene.artifacts_of(&version)?;
    into_production(scene, &version, &artifacts)?;
    scene.channels()?;
    scene.board()
}

/// One version has one set of digests, for ever.
fn other_digest(scene: &mut Scene) -> Result<(), CliError> {
    scene.act("another digest under v0.4.0 is refused");
    let artifacts = scene.other_artifacts()?;
    let commit = scene.find("v0.4.0^{commit}")?;
    scene.run(Who::Ci, "record another build of 0.4.0", |_| {
        vec![Command::RecordBuild {
            artifacts: artifacts.clone(),
            commit: commit.clone(),
            version: Some(Version::new(0, 4, 0)),
        }]
    })?;
    Ok(())
}

/// A release of an older line moves its own line only.
fn backport(scene: &mut Scene) -> Result<(), CliError> {
    scene.act("a backport v0.3.1 moves 0.3 and leaves latest");
    let fixed = fix_on(
        scene,
        "hotfix/v0.3.1",
        "v0.3.0",
        &["upload", "stream", "clock"],
    )?;
    let artifacts = scene.build(&fixed)?;
    checks(scene, &artifacts, &["integration", "migration"])?;
    let request = ReleaseRequest::backport(Version::new(0, 3, 1), "hotfix/v0.3.1");
    scene.carry_out(Who::Ada, |planner, work| planner.release(work, &request))?;
    scene.channels()
}

/// A hotfix takes the shorter way and leaves a debt.
fn hotfix(scene: &mut Scene) -> Result<(), CliError> {
    scene.act("v0.4.1: a hotfix, with the debt to merge it back");
    let lines = ["upload", "stream", "end", "clock", "urgent"];
    let fixed = fix_on(scene, "hotfix/v0.4.1", "v0.4.0", &lines)?;
    let artifacts = scene.build(&fixed)?;
    checks(scene, &artifacts, &["integration"])?;
    let version = Version::new(0, 4, 1);
    let request = ReleaseRequest::hotfix(version.clone(), "hotfix/v0.4.1");
    scene.carry_out(Who::Ada, |planner, work| planner.release(work, &request))?;
    into_production(scene, &version, &artifacts)?;
    scene.board()
}

/// The hotfix is bad: deprecated, channels and production go back, nothing is deleted.
fn defect(scene: &mut Scene) -> Result<(), CliError> {
    scene.act("v0.4.1 is found defective: deprecated, channels and production back at v0.4.0");
    let reason = "uploads above 4 GiB are cut off";
    let (bad, good) = (Version::new(0, 4, 1), Version::new(0, 4, 0));
    let withdrawal = Withdrawal::new(bad, reason).instead(good.clone());
    scene.carry_out(Who::Ada, |planner, work| {
        planner.deprecate(work, &withdrawal)
    })?;
    let production = environment("production")?;
    let back = production.clone();
    scene.carry_out(Who::Ada, |planner, work| {
        planner.rollback(work, &back, Some(&good), reason)
    })?;
    let artifacts = scene.artifacts_of(&good)?;
    verify(scene, &production, &artifacts)?;
    scene.channels()?;
    scene.board()
}

/// The debt holds the next release until the merge is there.
fn merge_back(scene: &mut Scene) -> Result<(), CliError> {
    scene.act("the hotfix is merged back, and the debt is paid");
    let lines = ["upload", "stream", "end", "clock", "trash"];
    let commit = change(scene, "feat!: keep what is deleted", &lines, None)?;
    let artifacts = scene.build(&commit)?;
    candidate(scene, &commit)?;
    let version = version("0.5.0-rc.1")?;
    into_staging(scene, &version, &artifacts)?;
    checks(scene, &artifacts, &["integration", "migration"])?;
    scene.say("\nthe next release, before the hotfix is merged back? no:");
    let request = ReleaseRequest::of_candidate(Version::new(0, 5, 0), version, "main");
    scene.carry_out(Who::Ada, |planner, work| planner.release(work, &request))?;
    let merged = merge(scene, "main", "hotfix/v0.4.1")?;
    for id in scene.obligations()? {
        scene.run(Who::Ada, "the hotfix is in main", |_| {
            vec![Command::CloseObligation {
                evidence: format!("merge {merged} reaches v0.4.1"),
                id: id.clone(),
                waived: false,
            }]
        })?;
    }
    scene.board()
}

/// Changes the source (and adds an entry) on main.
fn change(
    scene: &mut Scene,
    message: &str,
    lines: &[&str],
    entry: Option<&str>,
) -> Result<CommitId, CliError> {
    let mut files = BTreeMap::new();
    files.insert("src/main.rs".to_owned(), Some(content::source(lines)));
    if let Some(entry) = entry {
        let path = "CHANGELOG.md";
        let before = scene
            .repository()
            .read_file("main", path)
            .map_err(git_error)?;
        let before = String::from_utf8_lossy(&before).into_owned();
        let heading = "## [Unreleased]\n";
        let after = before.replacen(heading, &format!("{heading}\n{entry}"), 1);
        files.insert(path.to_owned(), Some(after.into_bytes()));
    }
    scene.commit("main", message, files)
}

/// Opens a branch at a tag and mends something there, with an entry in the changelog.
fn fix_on(
    scene: &mut Scene,
    branch: &str,
    tag: &str,
    lines: &[&str],
) -> Result<CommitId, CliError> {
    let at = scene
        .repository()
        .resolve(&format!("{tag}^{{commit}}"))
        .map_err(git_error)?;
    let who = scene.ident()?;
    scene
        .repository()
        .create_branch(branch, &at, &who)
        .map_err(git_error)?;
    let before = scene
        .repository()
        .read_file(branch, "CHANGELOG.md")
        .map_err(git_error)?;
    let before = String::from_utf8_lossy(&before).into_owned();
    let heading = "## [Unreleased]\n";
    let entry = "\n### Fixed\n\n- Shares end on time.\n";
    let mut files = BTreeMap::new();
    files.insert("src/main.rs".to_owned(), Some(content::source(lines)));
    let changelog = before.replacen(heading, &format!("{heading}{entry}"), 1);
    files.insert("CHANGELOG.md".to_owned(), Some(changelog.into_bytes()));
    scene.commit(branch, "fix: end shares on time", files)
}

/// Merges a branch into another one, keeping the documents of the latter.
fn merge(scene: &mut Scene, ours: &str, theirs: &str) -> Result<CommitId, CliError> {
    let parents = [
        scene.repository().resolve(ours).map_err(git_error)?,
        scene.repository().resolve(theirs).map_err(git_error)?,
    ];
    scene.wait(TimeDelta::minutes(5));
    let message = format!("Merge branch '{theirs}' into {ours}");
    let lines = ["upload", "stream", "end", "clock", "urgent", "trash"];
    let request = CommitRequest::new(ours, message, scene.ident()?)
        .parents(parents)
        .file("src/main.rs", content::source(&lines));
    scene.repository().commit(&request).map_err(git_error)?;
    scene.say(&format!("merged {theirs} into {ours}"));
    scene.find(ours)
}

fn candidate(scene: &mut Scene, commit: &CommitId) -> Result<(), CliError> {
    scene.carry_out(Who::Ada, |planner, _| {
        planner.candidate(commit, Change::Impact(Impact::Breaking))
    })?;
    Ok(())
}

fn into_staging(
    scene: &mut Scene,
    version: &Version,
    artifacts: &Artifacts,
) -> Result<(), CliError> {
    checks(scene, artifacts, &["smoke", "scan"])?;
    promote(scene, Who::Ci, "staging", version)?;
    verify(scene, &environment("staging")?, artifacts)
}

fn into_production(
    scene: &mut Scene,
    version: &Version,
    artifacts: &Artifacts,
) -> Result<(), CliError> {
    let production = environment("production")?;
    let approved = Subject::Version(version.clone());
    scene.run(
        Who::Ada,
        &format!("approve {version} for production"),
        |_| {
            vec![Command::Approve {
                environment: production.clone(),
                subject: approved.clone(),
            }]
        },
    )?;
    promote(scene, Who::Ci, "production", version)?;
    verify(scene, &production, artifacts)
}

fn promote(scene: &mut Scene, who: Who, to: &str, version: &Version) -> Result<(), CliError> {
    let environment = environment(to)?;
    let subject = Subject::Version(version.clone());
    scene.carry_out(who, |planner, _| {
        planner.promote(&environment, &subject, matches!(who, Who::Ci), None)
    })?;
    Ok(())
}

fn verify(
    scene: &mut Scene,
    environment: &EnvironmentName,
    artifacts: &Artifacts,
) -> Result<(), CliError> {
    scene.carry_out(Who::Ci, |planner, _| {
        planner.observe(environment, artifacts.identity())
    })?;
    Ok(())
}

fn checks(scene: &mut Scene, artifacts: &Artifacts, gates: &[&str]) -> Result<(), CliError> {
    record(scene, artifacts, gates, Outcome::Pass)
}

fn record(
    scene: &mut Scene,
    artifacts: &Artifacts,
    gates: &[&str],
    outcome: Outcome,
) -> Result<(), CliError> {
    let names: Result<Vec<_>, _> = gates.iter().map(|gate| GateName::new(*gate)).collect();
    let names = names.map_err(CliError::input)?;
    scene.run(
        Who::Ci,
        &format!("record {}: {outcome}", gates.join(" and ")),
        |_| {
            let record = |gate: &GateName| Command::RecordCheck {
                artifacts: artifacts.identity(),
                environment: None,
                gate: gate.clone(),
                outcome,
                reason: None,
            };
            names.iter().map(record).collect()
        },
    )?;
    Ok(())
}

fn environment(name: &str) -> Result<EnvironmentName, CliError> {
    EnvironmentName::new(name).map_err(|error: ParseNameError| CliError::input(error))
}

fn version(text: &str) -> Result<Version, CliError> {
    text.parse().map_err(CliError::input)
}
