//! Events in words: what a person reads in a log.

use std::fmt;

use semver::Version;

use crate::event::{Event, EventKind};
use crate::subject::Subject;

/// One line, without the actor and the time: `promoted 1.4.0 to production`.
impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Adopted {
                versions, source, ..
            } => {
                let count = match versions.len() {
                    1 => "1 version".to_owned(),
                    count => format!("{count} versions"),
                };
                write!(f, "adopted {count} from {source}")
            }
            Self::BuildRecorded {
                artifacts,
                commit,
                version,
            } => {
                let count = match artifacts.by_name().len() {
                    1 => "1 artifact".to_owned(),
                    count => format!("{count} artifacts"),
                };
                let of = version.as_ref().map(|version| format!(" of {version}"));
                let of = of.unwrap_or_default();
                write!(f, "built {count}{of} from {}", short(commit.as_str()))
            }
            Self::CandidateRegistered {
                version, commit, ..
            } => {
                write!(f, "candidate {version} from {}", short(commit.as_str()))
            }
            Self::CheckRecorded {
                gate,
                outcome,
                environment,
                ..
            } => {
                write!(f, "check {gate}: {outcome}{}", within(environment.as_ref()))
            }
            Self::Approved { environment, .. } => write!(f, "approved for {environment}"),
            Self::ApprovalWithdrawn { environment, .. } => {
                write!(f, "approval for {environment} withdrawn")
            }
            Self::CandidateRejected { version, reason } => {
                write!(f, "rejected {version}: {reason}")
            }
            Self::Promoted {
                subject,
                environment,
                ..
            } => {
                write!(f, "promoting {} to {environment}", name(subject))
            }
            Self::DeploymentStarted { environment } => write!(f, "deploying to {environment}"),
            Self::DeploymentVerified {
                environment,
                artifacts,
            } => {
                write!(
                    f,
                    "verified in {environment}: {}",
                    short(&artifacts.encoded())
                )
            }
            Self::DeploymentFailed {
                environment,
                reason,
            } => {
                write!(f, "deployment to {environment} failed: {reason}")
            }
            Self::Observed {
                environment,
                artifacts,
            } => {
                write!(
                    f,
                    "observed in {environment}: {}",
                    short(&artifacts.encoded())
                )
            }
            Self::Released { version, from, .. } => {
                let from = from.as_ref().map(|from| format!(", selected from {from}"));
                write!(f, "released {version}{}", from.unwrap_or_default())
            }
            Self::Scheduled { version, at } => {
                write!(f, "planned {version} for {}", at.date_naive())
            }
            Self::ChannelMoved {
                channel, from, to, ..
            } => {
                write!(f, "channel {channel}: {} -> {to}", place(from.as_ref()))
            }
            Self::Deprecated {
                version, reason, ..
            } => write!(f, "deprecated {version}: {reason}"),
            Self::RolledBack {
                environment,
                to,
                reason,
                ..
            } => {
                write!(f, "rolled {environment} back to {}: {reason}", name(to))
            }
            Self::Held {
                environment,
                reason,
            } => write!(f, "held {environment}: {reason}"),
            Self::HoldReleased { environment } => write!(f, "took the hold off {environment}"),
            Self::Frozen { id, reason, .. } => write!(f, "freeze {id}: {reason}"),
            Self::Thawed { id } => write!(f, "freeze {id} lifted"),
            Self::Waived {
                gate,
                environment,
                reason,
                ..
            } => {
                write!(f, "waived {gate} for {environment}: {reason}")
            }
            Self::ObligationOpened { why, .. } => write!(f, "owed: {why}"),
            Self::ObligationClosed {
                id,
                evidence,
                waived,
            } => {
                let how = if *waived { "waived" } else { "paid" };
                write!(f, "{how} {id}: {evidence}")
            }
            Self::EffectIntended { action, .. } => write!(f, "about to {action}"),
            Self::EffectSettled { id, done, observed } => {
                let how = if *done { "done" } else { "not done" };
                write!(f, "{id} {how}: {observed}")
            }
            Self::Sealed { commitment } => write!(f, "sealed {}", short(&commitment.encoded())),
            Self::Disclosed {
                commitment, event, ..
            } => {
                write!(f, "disclosed {}", short(&commitment.encoded()))?;
                match Event::parse(event.as_bytes()) {
                    Ok(told) => write!(f, ": {}", told.kind),
                    Err(_) => Ok(()),
                }
            }
            Self::Extension { namespace, .. } => write!(f, "note of {namespace}"),
            Self::Unknown { name, .. } => write!(f, "{name} (of a newer version)"),
        }
    }
}

fn short(hexadecimal: &str) -> &str {
    hexadecimal.get(..10).unwrap_or(hexadecimal)
}

fn name(subject: &Subject) -> String {
    match subject {
        Subject::Commit(commit) => short(commit.as_str()).to_owned(),
        Subject::Version(version) => version.to_string(),
    }
}

fn within(environment: Option<&crate::EnvironmentName>) -> String {
    environment
        .map(|environment| format!(" in {environment}"))
        .unwrap_or_default()
}

fn place(version: Option<&Version>) -> String {
    version.map_or_else(|| "nothing".to_owned(), Version::to_string)
}
