//! Builds, candidates, rejections, releases, deprecations.

use promenade_digest::Digest;
use semver::Version;

use super::{Decision, Desk, reason_given, unless};
use crate::command::{Command, MakeRelease};
use crate::environment::{After, EnvironmentRule};
use crate::event::{EventKind, Mark};
use crate::gate::ObligationKind;
use crate::judge::{Entry, Standing, owes};
use crate::policy::FinalCommit;
use crate::state::{Stage, VersionRecord};
use crate::subject::{Accepts, Lane, Line, Subject};
use crate::verdict::{Blocker, Blockers, Rank};
use crate::word::list;
use crate::{Artifacts, CommitId, ItemId, Map, table};

impl Desk<'_> {
    pub(super) fn version_command(&self, command: &Command) -> Decision {
        match command {
            Command::Adopt {
                current,
                source,
                versions,
            } => {
                if *self.state != crate::State::default() {
                    let why =
                        "the ledger holds events already; only an empty one can adopt a history";
                    return Err(Blocker::permanent("genesis", why).into());
                }
                let mut resolved = Map::new();
                for (name, subject) in current {
                    resolved.insert(self.environment(name)?.name.clone(), subject.clone());
                }
                Ok(vec![EventKind::Adopted {
                    current: resolved,
                    source: source.clone(),
                    versions: versions.clone(),
                }])
            }
            Command::RecordBuild {
                artifacts,
                commit,
                version,
            } => self.record_build(artifacts, commit, version.as_ref()),
            Command::RegisterCandidate {
                artifacts,
                commit,
                lane,
                tag,
                version,
            } => {
                if self.is_registered(version, commit, artifacts, Stage::Candidate)? {
                    return Ok(Vec::new());
                }
                self.same_build(commit, artifacts)?;
                Ok(vec![EventKind::CandidateRegistered {
                    artifacts: artifacts.clone(),
                    commit: commit.clone(),
                    lane: *lane,
                    tag: tag.clone(),
                    version: version.clone(),
                }])
            }
            Command::Reject { reason, version } => {
                let record = self.known(version)?;
                reason_given("reason", reason)?;
                if record.stage == Stage::Rejected {
                    return Ok(Vec::new());
                }
                self.step(version, record, table::Step::Reject)?;
                Ok(vec![EventKind::CandidateRejected {
                    reason: reason.clone(),
                    version: version.clone(),
                }])
            }
            Command::Release(release) => self.release(release),
            Command::Schedule { at, version } => {
                let record = self.known(version)?;
                if record.planned == Some(*at) {
                    return Ok(Vec::new());
                }
                Ok(vec![EventKind::Scheduled {
                    at: *at,
                    version: version.clone(),
                }])
            }
            Command::Deprecate {
                reason,
                replacement,
                version,
            } => self.deprecate(reason, replacement.as_ref(), version),
            _ => Ok(Vec::new()),
        }
    }

    fn record_build(
        &self,
        artifacts: &Artifacts,
        commit: &CommitId,
        version: Option<&Version>,
    ) -> Decision {
        self.same_build(commit, artifacts)?;
        if let Some((version, record)) = version.and_then(|v| Some((v, self.state.version(v)?))) {
            same_identity(version, record, commit, artifacts.identity())?;
        }
        if self.state.commits.contains_key(commit) {
            return Ok(Vec::new());
        }
        Ok(vec![EventKind::BuildRecorded {
            artifacts: artifacts.clone(),
            commit: commit.clone(),
            version: version.cloned(),
        }])
    }

    /// Another digest under the same commit is refused, for ever (INV-2).
    fn same_build(&self, commit: &CommitId, artifacts: &Artifacts) -> Result<(), Blockers> {
        let identity = artifacts.identity();
        match self
            .state
            .commits
            .get(commit)
            .filter(|known| **known != identity)
        {
            None => Ok(()),
            Some(known) => {
                let why =
                    format!("commit `{commit}` was built to {known}; {identity} is another build");
                Err(Blocker::permanent("identity", why).into())
            }
        }
    }

    /// Returns whether this very version is registered already in this stage; another one under its name is
    /// refused, for ever.
    fn is_registered(
        &self,
        version: &Version,
        commit: &CommitId,
        artifacts: &Artifacts,
        stage: Stage,
    ) -> Result<bool, Blockers> {
        let Some(record) = self.state.version(version) else {
            return Ok(false);
        };
        same_identity(version, record, commit, artifacts.identity())?;
        if record.stage == stage {
            return Ok(record.artifacts.is_some());
        }
        match stage {
            // A release was made of it since.
            Stage::Candidate if record.stage == Stage::Selected => Ok(true),
            Stage::Candidate => Err(Blocker::permanent(
                "stage",
                format!("version `{version}` is {} already", record.stage),
            )
            .into()),
            _ => Ok(false),
        }
    }

    fn step(
        &self,
        version: &Version,
        record: &VersionRecord,
        step: table::Step,
    ) -> Result<(), Blockers> {
        match table::next(Some(record.stage), step) {
            Some(_) => Ok(()),
            None => {
                let why = format!(
                    "version `{version}` is {}; it cannot be taken to `{step}`",
                    record.stage
                );
                Err(Blocker::permanent("stage", why).into())
            }
        }
    }

    fn deprecate(
        &self,
        reason: &str,
        replacement: Option<&Version>,
        version: &Version,
    ) -> Decision {
        let record = self.known(version)?;
        reason_given("reason", reason)?;
        if record.stage == Stage::Deprecated {
            return Ok(Vec::new());
        }
        self.step(version, record, table::Step::Deprecate)?;
        if let Some(replacement) = replacement {
            let stage = self.known(replacement)?.stage;
            if replacement == version || stage != Stage::Released {
                let why =
                    format!("replacement `{replacement}` is {stage}; expected another release");
                return Err(Blocker::permanent("replacement", why).into());
            }
        }
        Ok(vec![EventKind::Deprecated {
            reason: reason.to_owned(),
            replacement: replacement.cloned(),
            version: version.clone(),
        }])
    }

    fn release(&self, release: &MakeRelease) -> Decision {
        let MakeRelease {
            version,
            commit,
            artifacts,
            ..
        } = release;
        let target = match release.mark {
            Mark::Prerelease => Stage::Prerelease,
            Mark::Release => Stage::Released,
        };
        if self.is_registered(version, commit, artifacts, target)? {
            return Ok(Vec::new());
        }
        if release.derivation.is_none() {
            self.same_build(commit, artifacts)?;
        }
        let mut blockers = Vec::new();
        if let Some(record) = self.state.version(version) {
            let step = match release.mark {
                Mark::Prerelease => table::Step::ReleaseAsPrerelease,
                Mark::Release => table::Step::Release,
            };
            self.step(version, record, step)?;
        }
        self.origin(release, &mut blockers)?;
        self.release_gates(release, &mut blockers);
        let closes = self.obligations(release, &mut blockers);
        let mut kinds = vec![EventKind::Released {
            artifacts: artifacts.clone(),
            commit: commit.clone(),
            derivation: release.derivation.clone(),
            from: release.from.clone(),
            lane: release.lane,
            mark: release.mark,
            paths: release.paths.clone(),
            tag: release.tag.clone(),
            version: version.clone(),
        }];
        kinds.extend(closes);
        kinds.extend(self.merge_back(release));
        unless(blockers, kinds)
    }

    /// A release comes from a candidate that was verified, or is one that needs none.
    fn origin(&self, release: &MakeRelease, blockers: &mut Vec<Blocker>) -> Result<(), Blockers> {
        if release.from.is_none() {
            blockers.extend(self.was_rejected(release));
        }
        match &release.from {
            Some(from) => {
                let candidate = self.known(from)?;
                self.of_candidate(release, from, candidate, blockers);
            }
            None if release.backport => self.is_backport(release, blockers),
            None => {
                let candidates = self.policy.environments().iter().any(|rule| {
                    rule.accepts == Accepts::Candidate && self.policy.is_on(release.lane, rule)
                });
                // ADR 12: one tag for both states, the version that becomes a release is the candidate.
                if candidates && release.lane == Lane::Regular {
                    let why =
                        "a release on the regular lane is made from a candidate; none is named";
                    let by = "naming the candidate, or the lane `hotfix`, or a backport of an older line";
                    blockers.push(Blocker::new("candidate", Rank::NeedsPerson, why, by));
                }
            }
        }
        Ok(())
    }

    /// INV-12: what was rejected stays so, also under another version that needs no candidate.
    fn was_rejected(&self, release: &MakeRelease) -> Option<Blocker> {
        let identity = release.artifacts.identity();
        let mut versions = self.state.versions.iter();
        let (rejected, _) = versions.find(|(_, record)| {
            record.stage == Stage::Rejected && record.artifacts == Some(identity)
        })?;
        let why = format!(
            "candidate `{rejected}` was rejected, and `{}` is the same build",
            release.version
        );
        Some(Blocker::permanent("rejected", why))
    }

    fn of_candidate(
        &self,
        release: &MakeRelease,
        from: &Version,
        candidate: &VersionRecord,
        blockers: &mut Vec<Blocker>,
    ) {
        let version = &release.version;
        if from != version && !matches!(candidate.stage, Stage::Candidate | Stage::Selected) {
            let why = format!("`{from}` is {}; expected a candidate", candidate.stage);
            blockers.push(Blocker::permanent("candidate", why));
        }
        if candidate.stage == Stage::Selected {
            let other =
                self.state.versions.iter().find(|(other, record)| {
                    record.from.as_ref() == Some(from) && *other != version
                });
            if let Some((other, _)) = other {
                let why = format!("candidate `{from}` was selected for `{other}`");
                blockers.push(Blocker::permanent("candidate", why));
            }
        }
        blockers.extend(self.final_commit(release, from, candidate));
        let identity = release.artifacts.identity();
        let differs = candidate
            .artifacts
            .filter(|artifacts| *artifacts != identity);
        match (differs, &release.derivation) {
            (None, _) => {}
            (Some(artifacts), Some(derivation))
                if derivation.from == artifacts
                    && self.policy.release.derivation.contains(&derivation.kind) => {}
            (Some(artifacts), _) => {
                let why = format!("candidate `{from}` is {artifacts}; {identity} is another build");
                blockers.push(Blocker::permanent("identity", why));
            }
        }
    }

    /// INV-3: the final commit is the candidate's, or differs only where the process says so.
    fn final_commit(
        &self,
        release: &MakeRelease,
        from: &Version,
        candidate: &VersionRecord,
    ) -> Option<Blocker> {
        let (commit, version) = (&release.commit, &release.version);
        let refuse = |why: String| Some(Blocker::permanent("final", why));
        match &self.policy.release.final_commit {
            FinalCommit::SameTag if from != version => refuse(format!(
                "`{version}` is not `{from}`; candidate and release are one version here"
            )),
            FinalCommit::SameCommit | FinalCommit::SameTag if *commit != candidate.commit => {
                refuse(format!(
                    "candidate `{from}` is commit `{}`; found `{commit}`",
                    candidate.commit
                ))
            }
            FinalCommit::SameCommit | FinalCommit::SameTag => None,
            FinalCommit::Paths(_) if *commit == candidate.commit => None,
            FinalCommit::Paths(allowed) => {
                match release.paths.iter().find(|path| !allowed.contains(*path)) {
                    Some(path) => {
                        let allowed = list(allowed);
                        refuse(format!(
                            "the commits differ in `{path}`; only {allowed} may differ"
                        ))
                    }
                    None if release.paths.is_empty() => refuse(format!(
                        "commit `{commit}` is not that of `{from}`, and no path is said to differ"
                    )),
                    None => None,
                }
            }
        }
    }

    fn is_backport(&self, release: &MakeRelease, blockers: &mut Vec<Blocker>) {
        let version = &release.version;
        let released = |line: &Line, other: &Version, record: &VersionRecord| {
            record.stage.is_release() && line.holds(other)
        };
        let line = Line::of(version);
        let mut versions = self.state.versions.iter();
        let base =
            versions.any(|(other, record)| released(&line, other, record) && other < version);
        let newer = self.state.versions.iter().any(|(other, record)| {
            record.stage.is_release() && !line.holds(other) && other > version
        });
        if !base || !newer {
            let why = format!(
                "`{version}` is no backport: line `{line}` needs a release below it, and a newer line"
            );
            blockers.push(Blocker::permanent("backport", why));
        }
    }

    fn release_gates(&self, release: &MakeRelease, blockers: &mut Vec<Blocker>) {
        let subject = Subject::Version(release.version.clone());
        let mut rule = EnvironmentRule::clone(&self.policy.release_gates);
        if release.from.is_some() {
            rule.after = self
                .policy
                .release
                .after
                .clone()
                .unwrap_or(After::All(Vec::new()));
        }
        let artifacts = release.artifacts.identity();
        let entry = Entry {
            state: self.state,
            policy: self.policy,
            context: self.context,
            rule: &rule,
            subject: &subject,
            artifacts,
            base: release
                .derivation
                .as_ref()
                .map(|derivation| derivation.from),
            lane: release.lane,
        };
        blockers.extend(
            entry
                .standings()
                .into_iter()
                .filter_map(|(_, standing)| match standing {
                    Standing::Held(blocker) => Some(blocker),
                    Standing::Pass | Standing::NotApplicable(_) | Standing::Waived(_) => None,
                }),
        );
    }

    /// Open obligations of the line hold its next release (INV-39); a patch pays what it owes (INV-40).
    fn obligations(&self, release: &MakeRelease, blockers: &mut Vec<Blocker>) -> Vec<EventKind> {
        let version = &release.version;
        let mut closes = Vec::new();
        for (id, owed) in self
            .state
            .open_obligations()
            .filter(|(_, owed)| owed.line.holds(version))
        {
            let own_line = Line::of(&owed.version).holds(version);
            match owed.kind {
                ObligationKind::Patch if release.lane != Lane::Regular || release.backport => {
                    closes.push(EventKind::ObligationClosed {
                        evidence: format!("release {version}"),
                        id: id.clone(),
                        waived: false,
                    });
                }
                // The line of a hotfix holds the hotfix: nothing has to be merged back into it.
                ObligationKind::MergeBack if own_line => {}
                ObligationKind::MergeBack | ObligationKind::Patch | ObligationKind::Task => {
                    blockers.push(owes(&format!("obligation:{}", owed.kind), id, &owed.why));
                }
                ObligationKind::Disclose => {}
            }
        }
        closes
    }

    fn merge_back(&self, release: &MakeRelease) -> Vec<EventKind> {
        if release.lane != Lane::Hotfix {
            return Vec::new();
        }
        let version = &release.version;
        let every = || Line::new("x").expect("`x` is a line");
        let lines = if release.merge_back.is_empty() {
            vec![every()]
        } else {
            release.merge_back.clone()
        };
        let opened = |line: Line| {
            let id = merge_back_id(version, &line);
            EventKind::ObligationOpened {
                id,
                kind: ObligationKind::MergeBack,
                why: format!("hotfix {version} must be merged back into {}", named(&line)),
                line,
                version: version.clone(),
            }
        };
        let known = |kind: &EventKind| match kind {
            EventKind::ObligationOpened { id, .. } => self.state.obligations.contains_key(id),
            _ => false,
        };
        lines
            .into_iter()
            .map(opened)
            .filter(|kind| !known(kind))
            .collect()
    }
}

fn merge_back_id(version: &Version, line: &Line) -> ItemId {
    let named = ItemId::new(format!("merge-back-{version}-{line}"));
    // A version may be longer than an id.
    named.unwrap_or_else(|error| {
        let digest = Digest::sha256(error.input().as_bytes()).encoded();
        ItemId::new(format!("merge-back-{digest}")).expect("hexadecimal digits are of an id")
    })
}

/// One version has one commit and one artifact set, for ever (INV-1, INV-2).
fn same_identity(
    version: &Version,
    record: &VersionRecord,
    commit: &CommitId,
    identity: Digest,
) -> Result<(), Blockers> {
    if record.commit != *commit {
        let why = format!(
            "version `{version}` is commit `{}`; `{commit}` is another one",
            record.commit
        );
        return Err(Blocker::permanent("identity", why).into());
    }
    match record.artifacts.filter(|known| *known != identity) {
        None => Ok(()),
        Some(known) => {
            let why = format!("version `{version}` is {known}; {identity} is another digest");
            Err(Blocker::permanent("identity", why).into())
        }
    }
}

/// The line as a person would say it.
fn named(line: &Line) -> &str {
    match line.as_str() {
        "x" => "every line",
        one => one,
    }
}
