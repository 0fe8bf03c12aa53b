//! Gates: what must hold before an artifact set enters an environment.

use std::fmt;

use promenade_digest::Digest;

use crate::freeze::FreezeRule;
use crate::subject::Lane;
use crate::verdict::Blocker;
use crate::word::keywords;
use crate::{
    ClockName, EnvironmentName, EnvironmentRule, GateName, Moment, Role, Span, State, Subject,
};

/// One entry of `gates = […]`: a condition, and the lanes it holds for (all, if none is named).
///
/// In a process file an entry is a table with one key that says what it is, and `lanes` at need:
/// `{ check = "smoke" }`, `{ check = "integration", lanes = ["regular"] }`,
/// `{ approvals = { count = 2, from = ["maintainers"] } }`, `{ soak = { for = "7d", in = "staging" } }`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct GateRule {
    /// What must hold.
    pub condition: Condition,
    /// The lanes it holds for; empty for all.
    pub lanes: Vec<Lane>,
}

impl GateRule {
    /// Returns the name under which verdicts and waivers know this gate: `check:smoke`, `approvals`,
    /// `soak:staging`.
    #[must_use]
    pub fn id(&self) -> String {
        match &self.condition {
            Condition::Check(name) => format!("check:{name}"),
            Condition::Command(rule) => format!("command:{}", rule.name),
            Condition::Checklist(name) => format!("checklist:{name}"),
            Condition::Signature(name) => format!("signature:{name}"),
            Condition::Approvals(_) => "approvals".to_owned(),
            Condition::Soak(rule) => format!("soak:{}", rule.within),
            Condition::Freeze(_) => "freeze".to_owned(),
            Condition::Obligation(kind) => format!("obligation:{kind}"),
            Condition::Schedule(_) => "schedule".to_owned(),
        }
    }

    /// Returns whether the gate holds for a lane.
    #[must_use]
    pub fn is_for(&self, lane: Lane) -> bool {
        self.lanes.is_empty() || self.lanes.contains(&lane)
    }
}

impl From<Condition> for GateRule {
    fn from(condition: Condition) -> Self {
        Self {
            condition,
            lanes: Vec::new(),
        }
    }
}

/// What a gate asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// A recorded outcome of a check for exactly these digests: `{ check = "smoke" }`.
    Check(GateName),
    /// The same, of a command that the process runs: `{ command = { name = "scan", run = ["./scan.sh"] } }`.
    Command(CommandRule),
    /// A thing a person has done: `{ checklist = "announce" }`.
    Checklist(GateName),
    /// A verified signature of something: `{ signature = "tag" }`.
    Signature(GateName),
    /// People who agree: `{ approvals = { count = 2, from = ["maintainers"] } }`.
    Approvals(ApprovalsRule),
    /// Time spent, verified, in an environment: `{ soak = { for = "7d", in = "staging" } }`.
    Soak(SoakRule),
    /// Times at which nothing moves: `{ freeze = { zone = "UTC", weekly = […], dated = […] } }`.
    Freeze(FreezeRule),
    /// No open obligation of a kind: `{ obligation = "merge-back" }`.
    Obligation(ObligationKind),
    /// Not before the planned day plus an offset: `{ schedule = { offset = "-7d" } }`.
    Schedule(ScheduleRule),
}

/// A gate that is judged by a program: whoever runs the process runs it and records its outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(deny_unknown_fields, rename_all = "kebab-case")
)]
pub struct CommandRule {
    /// The name of the evidence.
    pub name: GateName,
    /// The program and its arguments.
    pub run: Vec<String>,
}

/// People who agree.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(deny_unknown_fields, rename_all = "kebab-case")
)]
pub struct ApprovalsRule {
    /// How many different people.
    pub count: u32,
    /// The roles of which each must hold one.
    pub from: Vec<Role>,
    /// Whether the one who registered the candidate and the one who promotes count.
    #[cfg_attr(feature = "serde", serde(default))]
    pub separation: Separation,
    /// How long an approval lasts.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    pub expires: Option<Span>,
}

keywords! {
    /// Whether those who made or move a candidate may approve it.
    #[derive(Default)]
    Separation, "separation of duty" {
        /// They may.
        #[default]
        None = "none",
        /// Neither the author of the candidate nor the one who promotes counts (INV-26).
        Duty = "duty",
    }
}

/// Time spent, verified and without a break, in an environment.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(deny_unknown_fields, rename_all = "kebab-case")
)]
pub struct SoakRule {
    /// How long.
    #[cfg_attr(feature = "serde", serde(rename = "for"))]
    pub at_least: Span,
    /// Where.
    #[cfg_attr(feature = "serde", serde(rename = "in"))]
    pub within: EnvironmentName,
    /// A clock besides that of the actor that must have been read at the start and now.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    pub clock: Option<ClockName>,
}

/// Not before the day that is planned for the version, plus an offset.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(deny_unknown_fields, rename_all = "kebab-case")
)]
pub struct ScheduleRule {
    /// The offset from the planned time; negative for before it.
    pub offset: Span,
}

keywords! {
    /// What a past event still owes.
    ObligationKind, "kind of obligation" {
        /// Merge a hotfix back into a line.
        MergeBack = "merge-back",
        /// Patch a supported line, or say why not.
        Patch = "patch",
        /// Publish what was held back.
        Disclose = "disclose",
        /// Anything else that a person must do.
        Task = "task",
    }
}

keywords! {
    /// The outcome of a check.
    Outcome, "outcome" {
        /// It holds.
        Pass = "pass",
        /// It does not.
        Fail = "fail",
        /// Nobody knows yet.
        Pending = "pending",
        /// It was not run.
        NotRun = "not-run",
        /// It has no meaning here; needs a reason.
        NotApplicable = "not-applicable",
    }
}

/// What a gate is asked: may this artifact set enter this environment now?
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Question<'a> {
    /// Everything that is recorded.
    pub state: &'a State,
    /// Where to.
    pub environment: &'a EnvironmentRule,
    /// What.
    pub subject: &'a Subject,
    /// The identity of its artifact set.
    pub artifacts: &'a Digest,
    /// Its lane.
    pub lane: Lane,
    /// When.
    pub now: &'a Moment,
}

/// What a gate answers.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Judgement {
    /// It holds.
    Pass,
    /// It has no meaning here, and why.
    NotApplicable(String),
    /// It does not hold yet, or never will.
    Hold(Blocker),
}

/// A gate of an embedder. Judges from the question alone: no clock, no files, no network; what it
/// must know of the world is recorded as evidence first.
///
/// It is judged for every environment, and shows in verdicts and explanations as `gate:ID`.
pub trait Gate: fmt::Debug + Send + Sync {
    /// Returns the name.
    fn id(&self) -> GateName;

    /// Judges.
    fn judge(&self, question: &Question<'_>) -> Judgement;
}
