//! Plans: ordered steps as plain data, with the state they expect.

use std::fmt;

use chrono::{DateTime, SecondsFormat, Utc};
use promenade_digest::Digest;
use promenade_promotion::ledger::{Head, OpId};
use promenade_promotion::{CommitId, Event};
use promenade_tag::{MadeBy, Mutability};
use serde_json::{Value, json};

use crate::port::repository::{CommitRequest, TagRequest};

/// What is going to be done, in order, and the state that it was planned for.
///
/// A plan is made by a [`Planner`](crate::Planner) and by nothing else; [`apply`](crate::apply) takes
/// it by value. It prints as the list of its steps.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Plan {
    pub(crate) title: String,
    pub(crate) at: DateTime<Utc>,
    pub(crate) expected: Head,
    pub(crate) why: Vec<String>,
    pub(crate) steps: Vec<Step>,
}

/// One step of a plan. Each can tell done from not done by looking at the world.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// Makes a branch.
    Branch {
        /// Its name.
        name: String,
        /// Where it starts.
        at: CommitId,
    },
    /// Makes a commit on a branch.
    Commit {
        /// The id that it will have.
        id: CommitId,
        /// What it holds.
        request: Box<CommitRequest>,
        /// The documents it changes, for people.
        documents: Vec<DocumentChange>,
    },
    /// Makes a tag.
    Tag {
        /// What it says.
        request: Box<TagRequest>,
        /// Who makes it: a person, or a program (C35).
        by: MadeBy,
    },
    /// Appends events to the ledger.
    Record {
        /// The head that the ledger has before.
        expected: Head,
        /// The id of the operation.
        op: OpId,
        /// The events, all or none.
        events: Vec<Event>,
    },
    /// Moves a channel in the registry.
    Channel {
        /// Its name.
        name: String,
        /// Where it is.
        from: Option<Digest>,
        /// Where it goes.
        to: Digest,
        /// Whether it may ever point elsewhere.
        mutability: Mutability,
        /// Why.
        why: String,
    },
}

/// A document before and after a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentChange {
    /// Its path.
    pub path: String,
    /// Its bytes before; nothing if it is new.
    pub before: Vec<u8>,
    /// Its bytes after.
    pub after: Vec<u8>,
}

impl Plan {
    /// Returns what the plan is for, in a few words.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }

    /// Returns the time it was made for.
    #[must_use]
    pub fn at(&self) -> DateTime<Utc> {
        self.at
    }

    /// Returns the head that the ledger must have.
    #[must_use]
    pub fn expected_head(&self) -> &Head {
        &self.expected
    }

    /// Returns the reasons of what was computed, a sentence each.
    #[must_use]
    pub fn reasons(&self) -> &[String] {
        &self.why
    }

    /// Returns the steps in order.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Tells whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Returns the plan as JSON, schema `promenade.plan/1`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "schema": "promenade.plan/1",
            "title": self.title,
            "at": self.at.to_rfc3339_opts(SecondsFormat::AutoSi, true),
            "expected_head": self.expected.to_string(),
            "why": self.why,
            "steps": self.steps.iter().map(Step::to_json).collect::<Vec<_>>(),
        })
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "plan: {}", self.title)?;
        for why in &self.why {
            writeln!(f, "  because {why}")?;
        }
        for (index, step) in self.steps.iter().enumerate() {
            writeln!(f, "  {}. {step}", index + 1)?;
        }
        if self.steps.is_empty() {
            writeln!(f, "  nothing to do")?;
        }
        Ok(())
    }
}

impl Step {
    /// Returns the word for this kind of step.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Branch { .. } => "branch",
            Self::Commit { .. } => "commit",
            Self::Tag { .. } => "tag",
            Self::Record { .. } => "record",
            Self::Channel { .. } => "channel",
        }
    }

    fn to_json(&self) -> Value {
        let fields = match self {
            Self::Branch { name, at } => json!({ "name": name, "at": at.as_str() }),
            Self::Commit {
                id,
                request,
                documents,
            } => json!({
                "id": id.as_str(),
                "branch": request.branch,
                "parent": request.parent.as_str(),
                "message": request.message,
                "documents": documents.iter().map(DocumentChange::to_json).collect::<Vec<_>>(),
            }),
            Self::Tag { request, by } => json!({
                "name": request.name,
                "target": request.target.as_str(),
                "message": request.message,
                "signed": request.signed,
                "by": by.name(),
            }),
            Self::Record {
                expected,
                op,
                events,
            } => json!({
                "expected_head": expected.to_string(),
                "operation": op.as_str(),
                "events": events.iter().map(event_json).collect::<Vec<_>>(),
            }),
            Self::Channel {
                name,
                from,
                to,
                why,
                ..
            } => json!({
                "name": name,
                "from": from.map(|digest| digest.to_string()),
                "to": to.to_string(),
                "why": why,
            }),
        };
        json!({ "step": self.kind(), self.kind(): fields })
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Branch { name, at } => write!(f, "branch {name} from {}", short(at)),
            Self::Commit {
                id,
                request,
                documents,
            } => {
                let subject = request.message.lines().next().unwrap_or_default();
                write!(f, "commit {} on {}: {subject}", short(id), request.branch)?;
                let paths: Vec<_> = documents
                    .iter()
                    .map(|change| change.path.as_str())
                    .collect();
                write!(f, " ({})", paths.join(", "))
            }
            Self::Tag { request, by } => {
                let kind = match (&request.message, request.signed) {
                    (None, _) => "lightweight",
                    (Some(_), true) => "annotated, signed",
                    (Some(_), false) => "annotated",
                };
                let target = short(&request.target);
                write!(
                    f,
                    "tag {} on {target} ({kind}, by a {})",
                    request.name,
                    by.name()
                )
            }
            Self::Record { events, .. } => {
                let events: Vec<_> = events.iter().map(|event| event.kind.to_string()).collect();
                write!(f, "record {}", events.join("; "))
            }
            Self::Channel {
                name,
                from,
                to,
                why,
                ..
            } => {
                let from = from.map_or_else(|| "nothing".to_owned(), |digest| brief(&digest));
                write!(f, "channel {name}: {from} -> {} ({why})", brief(to))
            }
        }
    }
}

impl DocumentChange {
    fn to_json(&self) -> Value {
        json!({
            "path": self.path,
            "before": Digest::sha256(&self.before).to_string(),
            "after": Digest::sha256(&self.after).to_string(),
        })
    }
}

fn event_json(event: &Event) -> Value {
    // An event's canonical bytes are JSON; the text is a fall-back that cannot be reached.
    let bytes = event.canonical_bytes();
    serde_json::from_slice(&bytes)
        .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&bytes).into_owned()))
}

/// The first digits of a commit, for people.
pub(crate) fn short(commit: &CommitId) -> &str {
    commit.as_str().get(..10).unwrap_or(commit.as_str())
}

/// The first digits of a digest, for people.
pub(crate) fn brief(digest: &Digest) -> String {
    let encoded = digest.encoded();
    encoded.get(..12).unwrap_or(&encoded).to_owned()
}
