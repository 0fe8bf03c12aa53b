//! Trust: whether a record was written by whom it names.
//!
//! An event says who acts, and whoever may write to a ledger can write any name. A [`Witness`] knows
//! better: a store that keeps signatures says whose key signed a record. With one, an approval or a
//! waiver counts only if its record was signed by a key of the person it names; a rejection, a hold and
//! a withdrawal count all the same, since an invented one can only stop what should have gone on.

use std::fmt;

use crate::Actor;
use crate::event::{Event, EventKind};
use crate::ledger::Record;
use crate::roster::{PersonRule, Roster};

/// Knows who wrote a record, by what is kept beside it and never by what it says.
pub trait Witness: Send + Sync {
    /// Returns the key that signed a record.
    ///
    /// # Errors
    /// Why nobody can be named, to be read after "it does not count: ".
    fn author(&self, record: &Record) -> Result<Actor, String>;
}

/// An approval or waiver that does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doubt {
    /// The record.
    pub seq: u64,
    /// The kind of its event.
    pub event: String,
    /// Who it says that acted.
    pub by: Actor,
    /// Why that is not believed.
    pub why: String,
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            seq,
            event,
            by,
            why,
        } = self;
        write!(f, "record {seq} (`{event}` by {by}) does not count: {why}")
    }
}

/// A witness, and the people whose keys it may name.
#[derive(Clone, Copy)]
pub(crate) struct Trust<'a> {
    pub(crate) roster: &'a Roster,
    pub(crate) witness: &'a dyn Witness,
}

impl Trust<'_> {
    /// Returns why an event must not count, if it must not.
    pub(crate) fn doubt(&self, record: &Record, event: &Event) -> Option<Doubt> {
        let (EventKind::Approved { .. } | EventKind::Waived { .. }) = event.kind else {
            return None;
        };
        let why = match self.witness.author(record) {
            Ok(author) if self.is_same(&author, &event.by) => return None,
            Ok(author) => match self.person(&author) {
                Some(person) => format!("it is signed by {author}, a key of {}", person.name),
                None => format!("it is signed by {author}, a key of nobody"),
            },
            Err(why) => why,
        };
        Some(Doubt {
            seq: record.seq,
            event: event.kind.name().to_owned(),
            by: event.by.clone(),
            why,
        })
    }

    fn is_same(&self, author: &Actor, named: &Actor) -> bool {
        is_same_key(author, named)
            || self
                .person(author)
                .zip(self.person(named))
                .is_some_and(|(author, named)| author.name == named.name)
    }

    fn person(&self, actor: &Actor) -> Option<&PersonRule> {
        let owns = |person: &&PersonRule| person.keys.iter().any(|key| is_same_key(key, actor));
        self.roster.people().iter().find(owns)
    }
}

/// Returns whether two actors are one key: the digits of an OpenPGP fingerprint have two spellings.
fn is_same_key(left: &Actor, right: &Actor) -> bool {
    let (left, right) = (left.as_str(), right.as_str());
    left == right || (left.starts_with("openpgp:") && left.eq_ignore_ascii_case(right))
}
