//! Asking a failing registry again.

use std::collections::BTreeSet;
use std::time::Duration;

use promenade_digest::Digest;
use promenade_process::port::registry::{
    ChannelName, Descriptor, Manifest, Reference, Registry, RegistryError,
};

/// How often a failing registry is asked again, and how long to wait between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// How often one question is asked at most.
    pub attempts: u32,
    /// How long to wait before the second attempt; twice as long before each later one.
    pub pause: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            attempts: 6,
            pause: Duration::from_millis(50),
        }
    }
}

/// A registry whose questions are asked again while the answer is a passing failure. Puts are not:
/// what became of one is found out by looking.
pub(crate) struct Patient<'a> {
    pub(crate) registry: &'a dyn Registry,
    pub(crate) patience: Patience,
}

impl Patient<'_> {
    fn ask<T>(&self, ask: impl Fn() -> Result<T, RegistryError>) -> Result<T, RegistryError> {
        let mut pause = self.patience.pause;
        for _ in 1..self.patience.attempts {
            match ask() {
                Err(error) if error.is_passing() => std::thread::sleep(pause),
                answer => return answer,
            }
            pause = pause.saturating_mul(2);
        }
        ask()
    }
}

impl Registry for Patient<'_> {
    fn find(&self, reference: &Reference) -> Result<Option<Descriptor>, RegistryError> {
        self.ask(|| self.registry.find(reference))
    }

    fn fetch(&self, digest: &Digest) -> Result<Manifest, RegistryError> {
        self.ask(|| self.registry.fetch(digest))
    }

    fn put(&self, channel: &ChannelName, manifest: &Manifest) -> Result<(), RegistryError> {
        self.registry.put(channel, manifest)
    }

    fn list(&self) -> Result<BTreeSet<ChannelName>, RegistryError> {
        self.ask(|| self.registry.list())
    }
}
