//! Words: the checked names and identifiers of this crate, and the closed lists of keywords.

use std::fmt::Display;

/// A text is not a name of the wanted kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid {what} `{input}`: expected {expected}")]
pub struct ParseNameError {
    pub(crate) what: &'static str,
    pub(crate) input: String,
    pub(crate) expected: &'static str,
}

impl ParseNameError {
    /// Returns the text that was refused.
    #[must_use]
    pub fn input(&self) -> &str {
        &self.input
    }

    /// Returns what was expected.
    #[must_use]
    pub fn expected(&self) -> &'static str {
        self.expected
    }
}

/// The longest name, in bytes.
pub(crate) const MAX_NAME_BYTES: usize = 128;

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $what:literal, $check:path, $expected:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[cfg_attr(
            feature = "serde",
            derive(serde::Serialize, serde::Deserialize),
            serde(try_from = "String", into = "String")
        )]
        pub struct $name(String);

        impl $name {
            #[doc = concat!("Checks a text: ", $expected, ".")]
            ///
            /// # Errors
            #[doc = "[`ParseNameError`](crate::ParseNameError) with the text."]
            pub fn new(text: impl Into<String>) -> Result<Self, $crate::ParseNameError> {
                let text = text.into();
                if $check(&text) {
                    Ok(Self(text))
                } else {
                    Err($crate::ParseNameError { what: $what, input: text, expected: $expected })
                }
            }

            /// Returns the text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::ParseNameError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::new(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = $crate::ParseNameError;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                Self::new(text)
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl $crate::codec::Text for $name {
            fn to_text(&self) -> std::borrow::Cow<'_, str> {
                std::borrow::Cow::Borrowed(&self.0)
            }

            fn from_text(text: &str) -> Option<Self> {
                Self::new(text).ok()
            }
        }
    };
}

/// A closed list of keywords: an enum without data, with one spelling each.
macro_rules! keywords {
    ($(#[$doc:meta])* $name:ident, $what:literal {
        $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)+
    }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
        pub enum $name {
            $($(#[$variant_doc])* #[cfg_attr(feature = "serde", serde(rename = $text))] $variant,)+
        }

        impl $name {
            /// Every value, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Returns the keyword.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::ParseNameError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::ALL.iter().copied().find(|value| value.as_str() == text).ok_or_else(|| {
                    $crate::ParseNameError {
                        what: $what,
                        input: text.to_owned(),
                        expected: concat!("one of", $(" `", $text, "`"),+),
                    }
                })
            }
        }

        impl $crate::codec::Text for $name {
            fn to_text(&self) -> std::borrow::Cow<'_, str> {
                std::borrow::Cow::Borrowed(self.as_str())
            }

            fn from_text(text: &str) -> Option<Self> {
                text.parse().ok()
            }
        }
    };
}

pub(crate) use {keywords, name};

/// Lower case words: environments, roles, stages, networks.
pub(crate) fn is_lower(text: &str) -> bool {
    is_word(
        text,
        |byte| byte.is_ascii_lowercase() || byte.is_ascii_digit(),
        b"-_.",
    )
}

/// Words that may hold capitals: gates, people, obligations.
pub(crate) fn is_mixed(text: &str) -> bool {
    is_word(text, |byte| byte.is_ascii_alphanumeric(), b"-_.+/")
}

/// A channel as registries and repositories spell it.
pub(crate) fn is_channel(text: &str) -> bool {
    is_word(
        text,
        |byte| byte.is_ascii_alphanumeric() || byte == b'_',
        b"-_./:@+",
    )
}

/// Forty or sixty-four lower-case hexadecimal digits.
pub(crate) fn is_commit(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// `ssh:`, `openpgp:`, `x509:` or `ci:` and an identity without white space.
pub(crate) fn is_actor(text: &str) -> bool {
    text.split_once(':').is_some_and(|(kind, id)| {
        matches!(kind, "ssh" | "openpgp" | "x509" | "ci")
            && !id.is_empty()
            && id.len() <= 2 * MAX_NAME_BYTES
            && id.bytes().all(|byte| byte.is_ascii_graphic())
    })
}

fn is_word(text: &str, plain: impl Fn(u8) -> bool, also: &[u8]) -> bool {
    text.len() <= MAX_NAME_BYTES
        && text.bytes().next().is_some_and(&plain)
        && text.bytes().all(|byte| plain(byte) || also.contains(&byte))
}

name! {
    /// The name of an environment, or another name for it.
    EnvironmentName, "environment name", is_lower,
    "1 to 128 of a-z, 0-9, `-`, `_`, `.`, starting with a letter or digit"
}
name! {
    /// The stage or the network of an environment: `testing`, `pre-release`, `mainnet`.
    Label, "label", is_lower,
    "1 to 128 of a-z, 0-9, `-`, `_`, `.`, starting with a letter or digit"
}
name! {
    /// A role that people hold: `maintainers`.
    Role, "role", is_lower,
    "1 to 128 of a-z, 0-9, `-`, `_`, `.`, starting with a letter or digit"
}
name! {
    /// The name of a check, a checklist item, a signature or a gate of an embedder.
    GateName, "gate name", is_mixed,
    "1 to 128 of A-Z, a-z, 0-9, `-`, `_`, `.`, `+`, `/`, starting with a letter or digit"
}
name! {
    /// The id of an obligation, a freeze or an effect.
    ItemId, "id", is_mixed,
    "1 to 128 of A-Z, a-z, 0-9, `-`, `_`, `.`, `+`, `/`, starting with a letter or digit"
}
name! {
    /// The name of a person; several keys may be of one person.
    PersonName, "person name", is_mixed,
    "1 to 128 of A-Z, a-z, 0-9, `-`, `_`, `.`, `+`, `/`, starting with a letter or digit"
}
name! {
    /// The name of a clock whose readings are trusted besides that of the actor.
    ClockName, "clock name", is_lower,
    "1 to 128 of a-z, 0-9, `-`, `_`, `.`, starting with a letter or digit"
}
name! {
    /// A name in a registry that points at a digest.
    ChannelName, "channel name", is_channel,
    "1 to 128 of A-Z, a-z, 0-9, `-`, `_`, `.`, `/`, `:`, `@`, `+`, starting with a letter, digit or `_`"
}
name! {
    /// A commit: its full object id.
    CommitId, "commit id", is_commit,
    "40 or 64 lower-case hexadecimal digits"
}
name! {
    /// Who acts: a signing key (`ssh:SHA256:…`, `openpgp:…`, `x509:…`) or a CI identity (`ci:…`).
    Actor, "actor", is_actor,
    "`ssh:`, `openpgp:`, `x509:` or `ci:` and an identity without white space"
}

/// Returns words in a row: `a, b, c`.
pub(crate) fn list<T: Display>(words: impl IntoIterator<Item = T>) -> String {
    let mut row = String::new();
    for word in words {
        let comma = if row.is_empty() { "" } else { ", " };
        row += &format!("{comma}{word}");
    }
    row
}

/// Returns the known word that is nearest to `found`, if one is near enough to be meant.
pub(crate) fn nearest(found: &str, known: &mut dyn Iterator<Item = &str>) -> Option<String> {
    let limit = 1 + found.chars().count() / 3;
    known
        .map(|word| (strsim::osa_distance(found, word), word))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, word)| word.to_owned())
}
