//! The port of channels onto a registry.

use promenade_digest::Digest;
use promenade_process::port::channels::{Channels, MoveChannelError};
use promenade_process::port::repository::Applied;
use promenade_tag::Mutability;

use crate::{
    Authority, ChannelMove, ChannelName, Outcome, Patience, Registry, move_channels, reconcile,
};

/// A registry as plans move its channels: one at a time, with a look before and after.
pub struct RegistryChannels<'a> {
    registry: &'a dyn Registry,
    authority: Option<&'a dyn Authority>,
}

impl<'a> RegistryChannels<'a> {
    /// Takes a registry that has one writer: each move is its own authority.
    #[must_use]
    pub fn new(registry: &'a dyn Registry) -> Self {
        Self {
            registry,
            authority: None,
        }
    }

    /// Takes a registry whose channels belong where an authority says: a ledger to which the plan
    /// appends before it moves anything.
    #[must_use]
    pub fn under(registry: &'a dyn Registry, authority: &'a dyn Authority) -> Self {
        Self {
            registry,
            authority: Some(authority),
        }
    }
}

impl Channels for RegistryChannels<'_> {
    fn move_to(
        &self,
        channel: &str,
        mutability: Mutability,
        from: Option<&Digest>,
        to: &Digest,
    ) -> Result<Applied<()>, MoveChannelError> {
        let refused = |reason: String| MoveChannelError::Refused {
            channel: channel.to_owned(),
            reason,
        };
        let name: ChannelName = channel
            .parse()
            .map_err(|error| refused(format!("{error}")))?;
        let wish = ChannelMove::new(name, mutability, from.copied(), *to);
        let wish = [wish];
        let report = match self.authority {
            Some(authority) => reconcile(self.registry, authority, &wish, Patience::default()),
            None => move_channels(self.registry, &wish),
        };
        match report.outcomes().next() {
            Some(Outcome::Moved) => Ok(Applied::Now(())),
            Some(Outcome::AlreadyThere) => Ok(Applied::Already(())),
            Some(Outcome::LostRace { observed }) => Err(MoveChannelError::LostRace {
                channel: channel.to_owned(),
                expected: Box::new(from.copied()),
                found: Box::new(*observed),
            }),
            Some(Outcome::Indeterminate { cause }) => Err(MoveChannelError::Indeterminate {
                channel: channel.to_owned(),
                reason: cause.clone(),
            }),
            Some(Outcome::Refused(refusal)) => Err(refused(refusal.to_string())),
            Some(Outcome::NotTried) | None => Err(refused("it was not tried".to_owned())),
        }
    }
}
