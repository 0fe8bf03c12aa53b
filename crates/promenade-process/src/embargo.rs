//! The private side of an embargo: a stream of its own, sealed in the public one.
//!
//! Each event of an embargoed plan is kept whole in the private stream, as the event that will disclose
//! it, and only its commitment in the public stream. On disclosure the events are appended to the public
//! stream as they are: its chain proves then that each was there when it was sealed (INV-41).

use promenade_digest::Digest;
use promenade_promotion::ledger::{Head, StreamId};
use promenade_promotion::{Event, EventKind, EvolveError, State, embargo, evolve};

/// Returns the stream that holds what is sealed in another one. It is never published.
#[must_use]
pub fn embargo_stream(stream: &StreamId) -> StreamId {
    let name = format!("{stream}-embargo");
    StreamId::new(&name).unwrap_or_else(|_| {
        // A name that is too long to be longer.
        let digest = Digest::sha256(name.as_bytes()).encoded();
        StreamId::new(format!("{digest}-embargo")).expect("hexadecimal digits are a name")
    })
}

/// What is under an embargo, and what seals it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Embargo {
    stream: StreamId,
    head: Head,
    events: Vec<Event>,
    secret: String,
}

impl Embargo {
    /// Takes the private stream of `stream` with its head and its events. `secret` is what nobody can
    /// guess, drawn anew for each plan: commitments hide what they stand for behind it.
    #[must_use]
    pub fn new(
        stream: &StreamId,
        head: Head,
        events: impl IntoIterator<Item = Event>,
        secret: impl Into<String>,
    ) -> Self {
        Self {
            stream: embargo_stream(stream),
            head,
            events: events.into_iter().collect(),
            secret: secret.into(),
        }
    }

    /// Goes back to a head that the private stream had: what was kept since is left out.
    #[must_use]
    pub fn at(mut self, head: &Head) -> Self {
        self.events
            .truncate(usize::try_from(head.seq).unwrap_or(usize::MAX));
        self.head = *head;
        self
    }

    /// Returns the private stream.
    #[must_use]
    pub fn stream(&self) -> &StreamId {
        &self.stream
    }

    /// Returns the head of the private stream.
    #[must_use]
    pub fn head(&self) -> Head {
        self.head
    }

    /// Returns the events that are not disclosed yet, in the form in which they will be.
    pub fn waiting<'a>(&'a self, public: &'a State) -> impl Iterator<Item = &'a Event> {
        self.events.iter().filter(|event| match &event.kind {
            EventKind::Disclosed { commitment, .. } => {
                let seal = public.seals.get(commitment);
                !seal.is_some_and(|seal| seal.disclosed)
            }
            _ => false,
        })
    }

    /// Returns the state with everything that is under the embargo: what it will be after disclosure.
    ///
    /// # Errors
    /// [`EvolveError`] if an event is not sealed in the public state: the plan that made it was begun and
    /// not finished.
    pub fn state(&self, public: &State) -> Result<State, EvolveError> {
        self.waiting(public).try_fold(public.clone(), evolve)
    }

    /// Seals an event: the public event, and the private one that will disclose it.
    pub(crate) fn seal(&self, at: &Head, event: &Event) -> (Event, Event) {
        let mut bytes = format!("{}\n{at}\n", self.secret).into_bytes();
        bytes.extend_from_slice(&event.canonical_bytes());
        let nonce = Digest::sha256(&bytes).encoded();
        let with = |kind| Event {
            kind,
            ..event.clone()
        };
        (
            with(embargo::sealed(&nonce, event)),
            with(embargo::disclosed(&nonce, event)),
        )
    }
}

/// The event under a seal that is disclosed, if it can be read.
pub(crate) fn under(event: &Event) -> Option<(Event, &str)> {
    match &event.kind {
        EventKind::Disclosed { event, nonce, .. } => {
            Some((Event::parse(event.as_bytes()).ok()?, nonce))
        }
        _ => None,
    }
}
