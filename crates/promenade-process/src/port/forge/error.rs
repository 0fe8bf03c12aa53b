//! The errors of the forge port.

use promenade_digest::Digest;

/// A forge did not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("forge, {action}: {kind}")]
pub struct ForgeError {
    action: String,
    kind: Box<ForgeErrorKind>,
}

impl ForgeError {
    /// Describes a failure of `action` ("create the release of `v1.4.0`").
    pub fn new(action: impl Into<String>, kind: ForgeErrorKind) -> Self {
        Self {
            action: action.into(),
            kind: Box::new(kind),
        }
    }

    /// Returns what was tried.
    #[must_use]
    pub fn action(&self) -> &str {
        &self.action
    }

    /// Returns why it failed.
    #[must_use]
    pub fn kind(&self) -> &ForgeErrorKind {
        &self.kind
    }
}

/// Why a forge did not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ForgeErrorKind {
    /// Nobody knows: the forge failed, or the answer was lost.
    #[error("the outcome is unknown: {cause}")]
    Unknown {
        /// What happened.
        cause: String,
    },
    /// The tag has a release already.
    #[error("a release of this tag exists already")]
    Exists,
    /// There is no such release.
    #[error("there is no such release")]
    Absent,
    /// The release does not say what was expected.
    #[error("somebody edited the release meanwhile; read again and decide again")]
    Changed,
    /// The name is taken by other bytes.
    #[error("an asset of this name exists with digest {found}, not {expected}")]
    OtherBytes {
        /// The digest of what was to be attached.
        expected: Digest,
        /// The digest of what is there.
        found: Digest,
    },
    /// An asset of this name exists, and the forge does not say what it holds.
    #[error("an asset of this name exists, and the forge does not tell its digest")]
    UnknownBytes,
    /// The forge does not know who asks, or does not let them.
    #[error("access is refused: {cause}")]
    Denied {
        /// What the forge answered.
        cause: String,
    },
    /// The forge asks to wait longer than the caller wants to; nothing was done.
    #[error("the forge asks to wait{}", retry_secs.map_or_else(String::new, |secs| format!(" {secs} seconds")))]
    Throttled {
        /// How long, in seconds, if it says so.
        retry_secs: Option<u64>,
    },
    /// The forge answered what cannot be true, or what cannot be read.
    #[error("the answer of the forge cannot be: {problem}")]
    Protocol {
        /// What is wrong with it.
        problem: String,
    },
    /// What was asked cannot be: a draft cannot be the latest, a name has a slash.
    #[error("refused: {problem}")]
    Invalid {
        /// What is wrong with it.
        problem: String,
    },
}
