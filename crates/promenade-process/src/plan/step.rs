//! The steps of a plan.

use std::fmt;

use promenade_digest::Digest;
use promenade_promotion::ledger::{Head, OpId};
use promenade_promotion::{CommitId, Event};
use promenade_tag::{MadeBy, Mutability};
use serde::{Deserialize, Serialize};

use super::{brief, content, short};
use crate::embargo::under;
use crate::port::forge::{AssetFile, ReleaseText};
use crate::port::hook::HookCall;
use crate::port::repository::{Change, CommitRequest, PushRequest, Source, TagRequest};

/// One step of a plan. Each can tell done from not done by looking at the world.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "kebab-case", deny_unknown_fields)]
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
        #[serde(with = "content::head")]
        expected: Head,
        /// The id of the operation.
        #[serde(with = "content::text")]
        op: OpId,
        /// The events, all or none.
        #[serde(with = "content::events")]
        events: Vec<Event>,
    },
    /// Appends events to the private stream of an embargo, which is never published. They are kept in the
    /// form in which they will be disclosed.
    Private {
        /// The head that the stream has before.
        #[serde(with = "content::head")]
        expected: Head,
        /// The id of the operation.
        #[serde(with = "content::text")]
        op: OpId,
        /// The events, all or none.
        #[serde(with = "content::events")]
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
    /// Runs a command that the process names.
    Hook(Box<HookCall>),
    /// Makes the release of a tag on the forge, or moves it on to its stage.
    Forge {
        /// The tag.
        tag: String,
        /// What it says, if it is made; one that is there keeps its name and its notes.
        text: ReleaseText,
        /// The files that are attached to it before it is shown (C21.8).
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        assets: Vec<AssetFile>,
    },
    /// Puts the banner of a deprecated release on top of its notes on the forge (C29), and takes the
    /// mark of the latest from it. A tag without a release there needs none.
    Banner {
        /// The tag.
        tag: String,
        /// Why, in one line.
        reason: String,
        /// What to use instead.
        instead: Option<String>,
    },
    /// Has the forge show the release of a tag as the latest, in the place of one that is none any more
    /// (C30). A tag without a release there needs none, and one that came later stays the latest.
    Latest {
        /// The tag.
        tag: String,
        /// The tags of all releases when this was planned: what else is the latest came later.
        known: Vec<String>,
    },
    /// Publishes refs, all or none.
    Push {
        /// Which, and where.
        request: Box<PushRequest>,
    },
}

/// A document before and after a commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentChange {
    /// Its path.
    pub path: String,
    /// Its bytes before; nothing if it is new.
    #[serde(with = "content::bytes")]
    pub before: Vec<u8>,
    /// Its bytes after.
    #[serde(with = "content::bytes")]
    pub after: Vec<u8>,
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
            Self::Private { .. } => "private",
            Self::Channel { .. } => "channel",
            Self::Hook(_) => "hook",
            Self::Forge { .. } => "forge",
            Self::Banner { .. } => "banner",
            Self::Latest { .. } => "latest",
            Self::Push { .. } => "push",
        }
    }

    /// Returns the change of the repository that it is, if it is one.
    pub(crate) fn change(&self) -> Option<Change<'_>> {
        match self {
            Self::Branch { name, at } => Some(Change::Branch { name, at }),
            Self::Commit { id, request, .. } => Some(Change::Commit { id, request }),
            Self::Tag { request, .. } => Some(Change::Tag(request)),
            Self::Push { request } => Some(Change::Push(request)),
            Self::Record { .. }
            | Self::Private { .. }
            | Self::Channel { .. }
            | Self::Hook(_)
            | Self::Forge { .. }
            | Self::Banner { .. }
            | Self::Latest { .. } => None,
        }
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
                match &request.source {
                    None => {}
                    Some(Source::Pick(from)) => return write!(f, " (picked from {})", short(from)),
                    Some(Source::Merge(from)) => return write!(f, " (merges {})", short(from)),
                }
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
                write!(f, "tag {} on {target} ({kind}", request.name)?;
                match by {
                    MadeBy::Anyone => f.write_str(")"),
                    _ => write!(f, ", by a {})", by.name()),
                }
            }
            Self::Record { events, .. } => {
                let events: Vec<_> = events.iter().map(|event| event.kind.to_string()).collect();
                write!(f, "record {}", events.join("; "))
            }
            Self::Private { events, .. } => {
                let events = events.iter().filter_map(|event| under(event));
                let events: Vec<_> = events.map(|(event, _)| event.kind.to_string()).collect();
                write!(f, "keep in private: {}", events.join("; "))
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
            Self::Hook(call) => write!(f, "run {}: {}", call.name, call.command.join(" ")),
            Self::Forge { tag, text, assets } => {
                write!(f, "forge release `{}` of {tag} ({})", text.name, text.stage)?;
                if assets.is_empty() {
                    return Ok(());
                }
                let assets: Vec<_> = assets.iter().map(AssetFile::to_string).collect();
                write!(f, " with {}", assets.join(", "))
            }
            Self::Banner { tag, reason, .. } => {
                write!(f, "forge banner on {tag}: deprecated, {reason}")
            }
            Self::Latest { tag, .. } => write!(f, "forge release of {tag} is the latest again"),
            Self::Push { request } => {
                let names: Vec<_> = request.refs.iter().map(|one| one.name.as_str()).collect();
                write!(f, "push {} to {}", names.join(", "), request.remote)
            }
        }
    }
}
