//! The keyring of a process: whose keys count, for which tags, from when until when.

use chrono::{DateTime, Utc};
use promenade_promotion::{Actor, PersonName, Roster};
use serde::{Deserialize, Serialize};

use crate::port::signature::{SignatureKind, Signer, TagSigners, list_matches};

/// One `[[key]]` table: what a key of a person may sign, and when.
///
/// A key of a `[[person]]` without such a table may sign everything at any time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct KeyRule {
    /// The key, as the person lists it: `ssh:SHA256:…` or `openpgp:…`.
    pub id: Actor,
    /// The key itself: a line `ssh-ed25519 AAAA…`, or an armored OpenPGP certificate. An ssh signature
    /// brings its key along, so the fingerprint is enough for it; an OpenPGP signature does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_key: Option<String>,
    /// From when on its signatures count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_after: Option<DateTime<Utc>>,
    /// Until when its signatures count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_before: Option<DateTime<Utc>>,
    /// The names of the tags it may sign: patterns with `*` and `?`, commas between them, `!` in front
    /// of what is not meant.
    #[serde(default = "all", skip_serializing_if = "is_all")]
    pub tags: String,
}

impl KeyRule {
    fn plain(id: Actor) -> Self {
        Self {
            id,
            public_key: None,
            valid_after: None,
            valid_before: None,
            tags: all(),
        }
    }
}

fn all() -> String {
    "*".to_owned()
}

fn is_all(tags: &str) -> bool {
    tags == "*"
}

/// A key that a process trusts, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedKey {
    person: PersonName,
    kind: SignatureKind,
    rule: KeyRule,
}

impl TrustedKey {
    /// Returns whose key it is.
    #[must_use]
    pub fn person(&self) -> &PersonName {
        &self.person
    }

    /// Returns the kind of its signatures: [`SignatureKind::Ssh`] or [`SignatureKind::Pgp`].
    #[must_use]
    pub fn kind(&self) -> SignatureKind {
        self.kind
    }

    /// Returns the key as an actor: `ssh:SHA256:…` or `openpgp:…`.
    #[must_use]
    pub fn actor(&self) -> &Actor {
        &self.rule.id
    }

    /// Returns the fingerprint, as the tools of its kind print it: `SHA256:…`, or hexadecimal digits
    /// in upper case.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let text = self.rule.id.as_str();
        let (_, fingerprint) = text.split_once(':').unwrap_or(("", text));
        match self.kind {
            SignatureKind::Ssh => fingerprint.to_owned(),
            _ => fingerprint.to_ascii_uppercase(),
        }
    }

    /// Returns the key itself, if the process holds it.
    #[must_use]
    pub fn public_key(&self) -> Option<&str> {
        self.rule.public_key.as_deref()
    }

    /// Returns from when on its signatures count, if the process says so.
    #[must_use]
    pub fn valid_after(&self) -> Option<DateTime<Utc>> {
        self.rule.valid_after
    }

    /// Returns until when its signatures count, if the process says so.
    #[must_use]
    pub fn valid_before(&self) -> Option<DateTime<Utc>> {
        self.rule.valid_before
    }

    /// Returns the patterns of the tags that it may sign.
    #[must_use]
    pub fn tags(&self) -> &str {
        &self.rule.tags
    }

    /// Returns true if it may sign a tag of this name.
    #[must_use]
    pub fn may_sign(&self, tag: &str) -> bool {
        list_matches(&self.rule.tags, tag)
    }
}

/// The keys that a process trusts: those of its people.
///
/// They are of the process file that the caller names, never of the tree of a tag that is judged.
///
/// ```
/// use promenade_process::Process;
///
/// let process = Process::parse("release.toml", r#"
///     [process]
///     format = 1
///     name = "acme"
///
///     [version]
///     scheme = "integer"
///
///     [[person]]
///     name = "ada"
///     keys = ["ssh:SHA256:nLPnMZC4Df0xQ6XbBV2yT8mG1c7jrK5uWqHsEoaYtI9", "ci:nightly"]
///
///     [[key]]
///     id = "ssh:SHA256:nLPnMZC4Df0xQ6XbBV2yT8mG1c7jrK5uWqHsEoaYtI9"
///     valid-before = "2027-01-01T00:00:00Z"
///     tags = "v*,!v0.*"
/// "#)?;
/// let [key] = process.keyring().keys() else { panic!("a CI identity is no key") };
/// assert_eq!(key.person().as_str(), "ada");
/// assert!(key.may_sign("v1") && !key.may_sign("v0.1"));
/// # Ok::<(), promenade_process::ParseProcessError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedKeys {
    keys: Vec<TrustedKey>,
}

impl TrustedKeys {
    /// Joins the people and the tables about their keys; a fault is told with the index of the table.
    pub(crate) fn build(roster: &Roster, rules: Vec<KeyRule>) -> Result<Self, (usize, String)> {
        let mut keys: Vec<TrustedKey> = Vec::new();
        for person in roster.people() {
            for actor in &person.keys {
                if let Some(kind) = kind(actor) {
                    keys.push(TrustedKey {
                        person: person.name.clone(),
                        kind,
                        rule: KeyRule::plain(actor.clone()),
                    });
                }
            }
        }
        let mut seen: Vec<Actor> = Vec::new();
        for (index, rule) in rules.into_iter().enumerate() {
            let fault = |problem: String| (index, format!("key `{}`: {problem}", rule.id));
            if seen.contains(&rule.id) {
                return Err(fault("it has a table already".to_owned()));
            }
            if kind(&rule.id).is_none() {
                return Err(fault("expected `ssh:` or `openpgp:`".to_owned()));
            }
            if let (Some(after), Some(before)) = (rule.valid_after, rule.valid_before)
                && before <= after
            {
                return Err(fault(
                    "valid-before is not later than valid-after".to_owned(),
                ));
            }
            let Some(key) = keys.iter_mut().find(|key| key.rule.id == rule.id) else {
                return Err(fault("no `[[person]]` lists it".to_owned()));
            };
            seen.push(rule.id.clone());
            key.rule = rule;
        }
        Ok(Self { keys })
    }

    /// Returns the keys, in the order of the people and of the keys they list.
    #[must_use]
    pub fn keys(&self) -> &[TrustedKey] {
        &self.keys
    }

    /// Returns true if nobody is trusted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Returns the key that made a signature.
    #[must_use]
    pub fn find(&self, signer: &Signer) -> Option<&TrustedKey> {
        self.keys
            .iter()
            .find(|key| key.kind == signer.kind && key.fingerprint() == signer.key)
    }

    /// Returns who may sign which tags, for a check of tags.
    #[must_use]
    pub fn tag_signers(&self) -> Vec<TagSigners> {
        self.keys
            .iter()
            .map(|key| TagSigners::new(key.tags(), [key.fingerprint()]))
            .collect()
    }
}

/// The kind of signatures that an actor makes; none for X.509, whose trust is not judged here, and for CI.
fn kind(actor: &Actor) -> Option<SignatureKind> {
    match actor.as_str().split_once(':')?.0 {
        "ssh" => Some(SignatureKind::Ssh),
        "openpgp" => Some(SignatureKind::Pgp),
        _ => None,
    }
}
