//! The errors of the registry port.

use promenade_digest::Digest;

/// A registry did not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("registry, {action}: {kind}")]
pub struct RegistryError {
    action: String,
    kind: Box<RegistryErrorKind>,
}

impl RegistryError {
    /// Describes a failure of `action` ("resolve channel `latest`").
    pub fn new(action: impl Into<String>, kind: RegistryErrorKind) -> Self {
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
    pub fn kind(&self) -> &RegistryErrorKind {
        &self.kind
    }

    /// Returns true if trying again later may give another answer.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        matches!(
            *self.kind,
            RegistryErrorKind::Unknown { .. } | RegistryErrorKind::Throttled { .. }
        )
    }
}

/// Why a registry did not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryErrorKind {
    /// Nobody knows: the registry failed, or the answer was lost or cut short.
    #[error("the outcome is unknown: {cause}")]
    Unknown {
        /// What happened.
        cause: String,
    },
    /// What was asked for does not exist.
    #[error("it does not exist")]
    Absent,
    /// The registry does not know who asks, or does not let them.
    #[error("access is refused: {cause}")]
    Denied {
        /// What the registry answered.
        cause: String,
    },
    /// Too many requests.
    #[error("too many requests{}", retry_secs.map(|secs| format!("; try again in {secs} s")).unwrap_or_default())]
    Throttled {
        /// How long the registry asks to wait, in seconds.
        retry_secs: Option<u64>,
    },
    /// The registry understood and said no.
    #[error("refused: {cause}")]
    Refused {
        /// What the registry answered.
        cause: String,
    },
    /// The bytes that came have another digest than the one asked for.
    #[error("expected bytes with digest {expected}, found {found}")]
    OtherBytes {
        /// The digest that was asked for.
        expected: Box<Digest>,
        /// The digest of what came.
        found: Box<Digest>,
    },
    /// The answer breaks the protocol.
    #[error("the answer makes no sense: {problem}")]
    Protocol {
        /// What is wrong with it.
        problem: String,
    },
    /// The answer is larger than anything this may be.
    #[error("the answer is longer than {limit_bytes} bytes")]
    TooLarge {
        /// The limit, in bytes.
        limit_bytes: u64,
    },
}
