//! The version policy: the `[version]` table of a process file.

use semver::Version;

use crate::{
    AfterRelease, BelowOne, Cadence, CandidatePolicy, Counter, Groups, Label, LaneRules,
    PolicyError, ScheduleStep, Scheme, SchemeKind, StableSuffix, Support, Uniqueness,
};

/// How versions move: the `[version]` table of a process file.
///
/// ```
/// use promenade_version::{BelowOne, CandidatePolicy, SchemeKind, VersionPolicy};
///
/// let policy = VersionPolicy::builder(SchemeKind::Semver)
///     .below_one(BelowOne::BreakingIsMinor)
///     .candidate(CandidatePolicy::in_label("rc.{n}")?)
///     .build()?;
/// assert_eq!(policy.scheme().name(), "semver");
/// // The rule below 1.0.0 is required for SemVer: there is no opinion to fall back on.
/// assert!(VersionPolicy::builder(SchemeKind::Semver).build().is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(try_from = "VersionPolicyBuilder", into = "VersionPolicyBuilder")
)]
pub struct VersionPolicy {
    scheme: Scheme,
    table: VersionPolicyBuilder,
}

/// Declares a [`VersionPolicy`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(rename_all = "kebab-case", deny_unknown_fields)
)]
#[must_use]
pub struct VersionPolicyBuilder {
    scheme: SchemeKind,
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    below_one: Option<BelowOne>,
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    candidate: Option<CandidatePolicy>,
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Vec::is_empty")
    )]
    stable_suffixes: Vec<StableSuffix>,
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Vec::is_empty")
    )]
    manifest_states: Vec<Label>,
    #[cfg_attr(feature = "serde", serde(default))]
    after_release: AfterRelease,
    #[cfg_attr(feature = "serde", serde(default))]
    lanes: LaneRules,
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    initial: Option<String>,
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    unique: Option<Uniqueness>,
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    cadence: Option<Cadence>,
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Vec::is_empty")
    )]
    schedule: Vec<ScheduleStep>,
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    support: Option<Support>,
    #[cfg_attr(
        feature = "serde",
        serde(default, rename = "group", skip_serializing_if = "no_groups")
    )]
    groups: Groups,
}

#[cfg(feature = "serde")]
fn no_groups(groups: &Groups) -> bool {
    groups.groups().is_empty()
}

impl VersionPolicyBuilder {
    /// Sets the rule for versions below 1.0.0.
    pub fn below_one(mut self, rule: BelowOne) -> Self {
        self.below_one = Some(rule);
        self
    }

    /// Sets how candidates are numbered.
    pub fn candidate(mut self, candidate: CandidatePolicy) -> Self {
        self.candidate = Some(candidate);
        self
    }

    /// Adds a suffix that is stable.
    pub fn stable_suffix(mut self, suffix: StableSuffix) -> Self {
        self.stable_suffixes.push(suffix);
        self
    }

    /// Adds a state of the manifest that is read; the marker of `after-release` is one already.
    pub fn manifest_state(mut self, state: Label) -> Self {
        self.manifest_states.push(state);
        self
    }

    /// Sets what the manifest says after a release.
    pub fn after_release(mut self, after: AfterRelease) -> Self {
        self.after_release = after;
        self
    }

    /// Sets which levels each lane may raise.
    pub fn lanes(mut self, lanes: LaneRules) -> Self {
        self.lanes = lanes;
        self
    }

    /// Sets the text of the first version.
    pub fn initial(mut self, text: impl Into<String>) -> Self {
        self.initial = Some(text.into());
        self
    }

    /// Sets what "one commit per released version" means.
    pub fn unique(mut self, unique: Uniqueness) -> Self {
        self.unique = Some(unique);
        self
    }

    /// Sets when releases are due.
    pub fn cadence(mut self, cadence: Cadence) -> Self {
        self.cadence = Some(cadence);
        self
    }

    /// Adds a step to the schedule around a release.
    pub fn schedule_step(mut self, step: ScheduleStep) -> Self {
        self.schedule.push(step);
        self
    }

    /// Sets which lines are supported.
    pub fn support(mut self, support: Support) -> Self {
        self.support = Some(support);
        self
    }

    /// Sets the groups of packages.
    pub fn groups(mut self, groups: Groups) -> Self {
        self.groups = groups;
        self
    }

    /// Builds the policy.
    ///
    /// # Errors
    /// [`PolicyError`] names the key that is missing or that contradicts another.
    pub fn build(self) -> Result<VersionPolicy, PolicyError> {
        if self.scheme == SchemeKind::Semver && self.below_one.is_none() {
            return Err(PolicyError::Missing {
                key: "below-one",
                scheme: "semver",
                expected: "semver, breaking-is-minor, zero-is-open",
            });
        }
        let mut builder = Scheme::builder(self.scheme.clone());
        if let Some(candidate) = &self.candidate {
            for label in candidate.labels() {
                builder = builder.candidate(label.to_string());
            }
            for label in candidate.legacy_labels() {
                builder = builder.legacy(label.to_string());
            }
        }
        for suffix in &self.stable_suffixes {
            builder = builder.stable(suffix.to_string());
        }
        let marker = match &self.after_release {
            AfterRelease::Marker(marker) if marker.is_numbered() => {
                return Err(PolicyError::Contradiction {
                    key: "after-release",
                    reason: format!("has the marker `{marker}`, which would need a number"),
                });
            }
            AfterRelease::Marker(marker) => Some(marker),
            AfterRelease::None | AfterRelease::NextInManifest => None,
        };
        for state in &self.manifest_states {
            if Some(state) != marker {
                builder = builder.manifest(state.to_string());
            }
        }
        if let Some(marker) = marker {
            builder = builder.manifest(marker.to_string());
        }
        let scheme = builder.build()?;
        self.check(&scheme)?;
        Ok(VersionPolicy {
            scheme,
            table: self,
        })
    }

    fn check(&self, scheme: &Scheme) -> Result<(), PolicyError> {
        let in_patch =
            self.candidate.as_ref().map(CandidatePolicy::counter) == Some(Counter::Patch);
        if in_patch && scheme.patch_index().is_none() {
            return Err(PolicyError::Contradiction {
                key: "candidate",
                reason: format!("counts in the patch, and `{}` has none", scheme.kind()),
            });
        }
        if let Some(initial) = &self.initial {
            scheme
                .parse(initial)
                .map_err(|error| PolicyError::Contradiction {
                    key: "initial",
                    reason: format!("is no version of the scheme: {error}"),
                })?;
        }
        Ok(())
    }
}

impl TryFrom<VersionPolicyBuilder> for VersionPolicy {
    type Error = PolicyError;

    fn try_from(table: VersionPolicyBuilder) -> Result<Self, PolicyError> {
        table.build()
    }
}

impl From<VersionPolicy> for VersionPolicyBuilder {
    fn from(policy: VersionPolicy) -> Self {
        policy.table
    }
}

impl VersionPolicy {
    /// Starts the declaration of a policy.
    pub fn builder(scheme: SchemeKind) -> VersionPolicyBuilder {
        VersionPolicyBuilder {
            scheme,
            below_one: None,
            candidate: None,
            stable_suffixes: Vec::new(),
            manifest_states: Vec::new(),
            after_release: AfterRelease::default(),
            lanes: LaneRules::default(),
            initial: None,
            unique: None,
            cadence: None,
            schedule: Vec::new(),
            support: None,
            groups: Groups::default(),
        }
    }

    /// Returns the scheme that the policy declares.
    #[must_use]
    pub fn scheme(&self) -> &Scheme {
        &self.scheme
    }

    /// Returns the rule below 1.0.0; other schemes than SemVer follow [`BelowOne::Semver`] unless
    /// the policy says otherwise.
    #[must_use]
    pub fn below_one(&self) -> BelowOne {
        self.table.below_one.unwrap_or(BelowOne::Semver)
    }

    /// Returns how candidates are numbered, if the policy has candidates.
    #[must_use]
    pub fn candidate(&self) -> Option<&CandidatePolicy> {
        self.table.candidate.as_ref()
    }

    /// Returns what the manifest says after a release.
    #[must_use]
    pub fn after_release(&self) -> &AfterRelease {
        &self.table.after_release
    }

    /// Returns which levels each lane may raise.
    #[must_use]
    pub fn lanes(&self) -> &LaneRules {
        &self.table.lanes
    }

    /// Returns the first version, where the policy names one.
    #[must_use]
    pub fn initial(&self) -> Option<Version> {
        let text = self.table.initial.as_deref()?;
        self.scheme.parse(text).ok()
    }

    /// Returns what "one commit per released version" means, where the policy demands it.
    #[must_use]
    pub fn unique(&self) -> Option<Uniqueness> {
        self.table.unique
    }

    /// Returns when releases are due; nothing if they are made as needed.
    #[must_use]
    pub fn cadence(&self) -> Option<&Cadence> {
        self.table.cadence.as_ref()
    }

    /// Returns the schedule around a release.
    #[must_use]
    pub fn schedule(&self) -> &[ScheduleStep] {
        &self.table.schedule
    }

    /// Returns which lines are supported, where the policy says so.
    #[must_use]
    pub fn support(&self) -> Option<&Support> {
        self.table.support.as_ref()
    }

    /// Returns the groups of packages.
    #[must_use]
    pub fn groups(&self) -> &Groups {
        &self.table.groups
    }
}
