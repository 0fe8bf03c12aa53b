//! Channels, as the process moves them: one name at a time, with a look before and after.

use promenade_digest::Digest;
use promenade_tag::Mutability;

use super::repository::Applied;

/// Where channels live: a registry, or anything else that points names at digests.
pub trait Channels {
    /// Moves a channel from `from` (nothing: it must not exist) to `to`.
    ///
    /// # Errors
    /// [`MoveChannelError`] naming what was found; the channel was not moved by this call then, or
    /// nobody knows, and it must be looked at again.
    fn move_to(
        &self,
        channel: &str,
        mutability: Mutability,
        from: Option<&Digest>,
        to: &Digest,
    ) -> Result<Applied<()>, MoveChannelError>;
}

/// A channel was not moved.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MoveChannelError {
    /// Somebody else moved it.
    #[error(
        "channel `{channel}` is at {}, expected {}",
        place(found),
        place(expected)
    )]
    LostRace {
        /// The channel.
        channel: String,
        /// Where it was expected.
        expected: Box<Option<Digest>>,
        /// Where it is.
        found: Box<Option<Digest>>,
    },
    /// The registry refused.
    #[error("channel `{channel}` cannot be moved: {reason}")]
    Refused {
        /// The channel.
        channel: String,
        /// Why.
        reason: String,
    },
    /// Nobody knows where it is; look again.
    #[error("channel `{channel}` could not be read back: {reason}")]
    Indeterminate {
        /// The channel.
        channel: String,
        /// Why.
        reason: String,
    },
}

fn place(digest: &Option<Digest>) -> String {
    digest
        .as_ref()
        .map_or_else(|| "nothing".to_owned(), Digest::to_string)
}
