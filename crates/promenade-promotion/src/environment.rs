//! Environments as process files declare them.

use crate::gate::GateRule;
use crate::subject::{Accepts, Lane};
use crate::word::keywords;
use crate::{EnvironmentName, Label};

/// One `[[environment]]` table of a process file.
///
/// ```
/// # #[cfg(feature = "serde")] {
/// use promenade_promotion::{Accepts, EnvironmentRule};
///
/// let rule: EnvironmentRule = serde_json::from_str(
///     r#"{"name": "staging", "accepts": "candidate", "gates": [{"check": "smoke"}]}"#,
/// )?;
/// assert_eq!(rule.accepts, Accepts::Candidate);
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(deny_unknown_fields, rename_all = "kebab-case")
)]
#[non_exhaustive]
pub struct EnvironmentRule {
    /// The name; unique among names and aliases.
    pub name: EnvironmentName,
    /// What it is for: `testing`, `pre-release`, `production`.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    pub stage: Option<Label>,
    /// The network it runs: `preview`, `preprod`, `mainnet`.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    pub network: Option<Label>,
    /// Other names for it.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Vec::is_empty")
    )]
    pub aliases: Vec<EnvironmentName>,
    /// The environments that must have verified the same digests before.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "After::is_default")
    )]
    pub after: After,
    /// The least that is accepted.
    pub accepts: Accepts,
    /// What must hold before a promotion.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Vec::is_empty")
    )]
    pub gates: Vec<GateRule>,
    /// What a newer candidate does to an older one.
    #[cfg_attr(feature = "serde", serde(default))]
    pub queue: Queue,
    /// The lanes that pass through it; empty for all. A lane that is not named here takes the shorter
    /// path: what comes after this environment then comes after its predecessors.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Vec::is_empty")
    )]
    pub lanes: Vec<Lane>,
    /// The ways in which artifacts may differ from those that the predecessors verified.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Vec::is_empty")
    )]
    pub derivation: Vec<DerivationKind>,
    /// Whether an older version may follow a newer one.
    #[cfg_attr(feature = "serde", serde(default))]
    pub downgrade: Downgrade,
    /// What ends the hold after a rollback.
    #[cfg_attr(feature = "serde", serde(default))]
    pub after_rollback: AfterRollback,
    /// Whether a rollback waits for the end of a freeze.
    #[cfg_attr(feature = "serde", serde(default))]
    pub rollback_in_freeze: RollbackInFreeze,
}

impl EnvironmentRule {
    /// Makes an environment without predecessors, gates or aliases.
    #[must_use]
    pub fn new(name: EnvironmentName, accepts: Accepts) -> Self {
        Self {
            name,
            stage: None,
            network: None,
            aliases: Vec::new(),
            after: After::default(),
            accepts,
            gates: Vec::new(),
            queue: Queue::default(),
            lanes: Vec::new(),
            derivation: Vec::new(),
            downgrade: Downgrade::default(),
            after_rollback: AfterRollback::default(),
            rollback_in_freeze: RollbackInFreeze::default(),
        }
    }
}

/// Which predecessors must have verified a version: all of them (`after = ["a", "b"]` or
/// `{ all = ["a", "b"] }`) or any of them (`{ any = ["a", "b"] }`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum After {
    /// Every one of these.
    All(Vec<EnvironmentName>),
    /// At least one of these.
    Any(Vec<EnvironmentName>),
}

impl After {
    /// Returns the names.
    #[must_use]
    pub fn names(&self) -> &[EnvironmentName] {
        match self {
            Self::All(names) | Self::Any(names) => names,
        }
    }

    /// Returns whether there is no predecessor.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names().is_empty()
    }
}

#[cfg(feature = "serde")]
impl After {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl Default for After {
    fn default() -> Self {
        Self::All(Vec::new())
    }
}

keywords! {
    /// What a newer candidate does to an older one on its way into an environment.
    #[derive(Default)]
    Queue, "queue policy" {
        /// The newer one takes its place: an older one no longer gets in.
        #[default]
        Superseded = "superseded",
        /// One after the other, in the order in which they were registered.
        Queued = "queued",
        /// One at a time, in any order.
        Parallel = "parallel",
    }
}

keywords! {
    /// Whether an older version may follow a newer one in an environment.
    #[derive(Default)]
    Downgrade, "downgrade policy" {
        /// Only if the promotion says that it is meant, and why.
        #[default]
        Consent = "consent",
        /// Never; a rollback is the only way back.
        Never = "never",
    }
}

keywords! {
    /// What ends the hold that a rollback puts on an environment (INV-16).
    #[derive(Default)]
    AfterRollback, "hold policy" {
        /// Only a person who takes the hold off.
        #[default]
        Hold = "hold",
        /// That, or a version newer than the one that was rolled back.
        Newer = "newer",
    }
}

keywords! {
    /// Whether a rollback is possible in a freeze (INV-18).
    #[derive(Default)]
    RollbackInFreeze, "rollback policy" {
        /// It is, and recorded.
        #[default]
        Allowed = "allowed",
        /// It waits like any promotion.
        Refused = "refused",
    }
}

keywords! {
    /// How an artifact set derives from another one, where the bytes are not the same.
    DerivationKind, "derivation" {
        /// The same build with the version stamped in; there is a proof.
        Restamped = "restamped",
        /// Built again from the same source.
        Rebuilt = "rebuilt",
    }
}
