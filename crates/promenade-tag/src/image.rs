//! The names of container images: tags and repositories (OCI distribution specification 1.1).

use std::fmt;
use std::str::FromStr;

use crate::{ImageNameErrorKind, ParseImageNameError};

/// The most bytes of an image tag (OCI distribution specification, "Pulling manifests").
pub const MAX_IMAGE_TAG_BYTES: usize = 128;
/// The most bytes of the name of an image repository that every registry takes.
pub const MAX_IMAGE_REPOSITORY_BYTES: usize = 255;

/// The tag of an image: `[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}`. A plus sign is not among them.
///
/// ```
/// use promenade_tag::ImageTag;
///
/// assert!("1.2.3-rc.2".parse::<ImageTag>().is_ok());
/// assert!("1.2.3+meta".parse::<ImageTag>().is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "String", into = "String"))]
pub struct ImageTag(String);

/// The name of an image repository: lower-case parts between slashes, without the registry's host.
///
/// ```
/// use promenade_tag::ImageRepository;
///
/// assert!("my-org/my_app".parse::<ImageRepository>().is_ok());
/// assert!("double//slash".parse::<ImageRepository>().is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "String", into = "String"))]
pub struct ImageRepository(String);

pub(crate) fn check_tag(text: &str) -> Result<(), ImageNameErrorKind> {
    if text.is_empty() {
        return Err(ImageNameErrorKind::Empty);
    }
    let wrong = text.char_indices().find(|(at, c)| match c {
        'a'..='z' | 'A'..='Z' | '0'..='9' | '_' => false,
        '.' | '-' => *at == 0,
        _ => true,
    });
    if let Some((at, found)) = wrong {
        return Err(ImageNameErrorKind::Character { at, found });
    }
    check_length(text, MAX_IMAGE_TAG_BYTES)
}

fn check_length(text: &str, most: usize) -> Result<(), ImageNameErrorKind> {
    if text.len() > most {
        return Err(ImageNameErrorKind::TooLong {
            most,
            found: text.len(),
        });
    }
    Ok(())
}

/// `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*`, and the same again after each slash.
fn check_repository(text: &str) -> Result<(), ImageNameErrorKind> {
    if text.is_empty() {
        return Err(ImageNameErrorKind::Empty);
    }
    let wrong = text
        .char_indices()
        .find(|(_, c)| !matches!(c, 'a'..='z' | '0'..='9' | '.' | '_' | '-' | '/'));
    if let Some((at, found)) = wrong {
        return Err(ImageNameErrorKind::Character { at, found });
    }
    let alphanumeric = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    for (index, part) in text.split('/').enumerate() {
        let part = part.as_bytes();
        let ends = part.first().is_some_and(alphanumeric) && part.last().is_some_and(alphanumeric);
        let separators = part.split(alphanumeric).all(|separator| {
            matches!(separator, b"" | b"." | b"_" | b"__") || separator.iter().all(|b| *b == b'-')
        });
        if !ends || !separators {
            return Err(ImageNameErrorKind::Separator { part: index + 1 });
        }
    }
    check_length(text, MAX_IMAGE_REPOSITORY_BYTES)
}

macro_rules! name {
    ($name:ident, $what:literal, $check:ident) => {
        impl $name {
            /// Returns the text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = ParseImageNameError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match $check(text) {
                    Ok(()) => Ok(Self(text.to_owned())),
                    Err(kind) => Err(ParseImageNameError::new($what, text, kind)),
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = ParseImageNameError;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name!(ImageTag, "image tag", check_tag);
name!(ImageRepository, "image repository", check_repository);
