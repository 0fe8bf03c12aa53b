//! Who made a commit or a tag, and when.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, FixedOffset, Offset as _, TimeZone as _, Utc};
use gix::bstr::ByteSlice as _;

use crate::GitError;

/// A name, an address and a time, as git writes them into commits and tags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ident {
    name: Arc<str>,
    email: Arc<str>,
    at: DateTime<FixedOffset>,
}

impl Ident {
    /// Checks that git can write this: neither is empty, and neither holds `<`, `>`, a line break,
    /// NUL, or spaces at its ends.
    ///
    /// # Errors
    /// [`GitError::Invalid`] with the text.
    pub fn new(
        name: impl Into<String>,
        email: impl Into<String>,
        at: DateTime<FixedOffset>,
    ) -> Result<Self, GitError> {
        let (name, email) = (name.into(), email.into());
        for (what, text) in [("name", &name), ("email address", &email)] {
            if text.is_empty() || text.trim() != text || text.contains(['<', '>', '\n', '\r', '\0'])
            {
                return Err(GitError::Invalid {
                    what,
                    input: text.clone(),
                    reason: "expected one line without `<`, `>` or spaces at its ends".to_owned(),
                });
            }
        }
        Ok(Self {
            name: name.into(),
            email: email.into(),
            at,
        })
    }

    /// Returns the same person at another time.
    #[must_use]
    pub fn at(&self, at: DateTime<FixedOffset>) -> Self {
        Self { at, ..self.clone() }
    }

    /// Returns the name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the address.
    #[must_use]
    pub fn email(&self) -> &str {
        &self.email
    }

    /// Returns the time, to the second.
    #[must_use]
    pub fn time(&self) -> DateTime<FixedOffset> {
        self.at
    }

    pub(crate) fn signature(&self) -> gix::actor::Signature {
        gix::actor::Signature {
            name: (*self.name).into(),
            email: (*self.email).into(),
            time: gix::date::Time {
                seconds: self.at.timestamp(),
                offset: self.at.offset().fix().local_minus_utc(),
            },
        }
    }
}

/// The people of a history, each kept once: few people write many commits.
#[derive(Default)]
pub(crate) struct People(HashMap<Vec<u8>, Arc<str>>);

impl People {
    /// Reads what a commit says, leniently: history holds names that git would not write today.
    pub(crate) fn read(&mut self, signature: gix::actor::SignatureRef<'_>) -> Ident {
        Ident {
            name: self.text(signature.name),
            email: self.text(signature.email),
            at: signature.time().map_or_else(|_| epoch(), date),
        }
    }

    fn text(&mut self, bytes: &[u8]) -> Arc<str> {
        if let Some(text) = self.0.get(bytes) {
            return Arc::clone(text);
        }
        let text: Arc<str> = bytes.to_str_lossy().trim().into();
        self.0.insert(bytes.to_owned(), Arc::clone(&text));
        text
    }
}

fn epoch() -> DateTime<FixedOffset> {
    DateTime::<Utc>::UNIX_EPOCH.fixed_offset()
}

/// Returns a time of git; an offset that no clock has is taken as UTC.
pub(crate) fn date(time: gix::date::Time) -> DateTime<FixedOffset> {
    let utc = DateTime::from_timestamp(time.seconds, 0).unwrap_or(DateTime::<Utc>::UNIX_EPOCH);
    let offset = FixedOffset::east_opt(time.offset).unwrap_or_else(|| Utc.fix());
    offset.from_utc_datetime(&utc.naive_utc())
}
