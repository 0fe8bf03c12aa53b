//! A secret that is never printed.

use std::fmt;

/// A token that a server takes for who asks. It is never printed, and never shown to another host.
///
/// ```
/// use promenade_forge::Token;
///
/// let token = Token::new("very-secret")?;
/// assert_eq!(format!("{token:?}"), "Token(hidden)");
/// assert!(Token::new("two\nlines").is_err());
/// # Ok::<(), promenade_forge::TokenError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

/// A text cannot be a token. What was given is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a token: expected one word of printable ASCII")]
pub struct TokenError(());

impl Token {
    /// Takes a token; white space around it is not part of it.
    ///
    /// # Errors
    /// [`TokenError`] if it is empty, or could not stand in a header.
    pub fn new(text: impl AsRef<str>) -> Result<Self, TokenError> {
        let text = text.as_ref().trim();
        let plain = !text.is_empty() && text.bytes().all(|c| c.is_ascii_graphic());
        if plain {
            Ok(Self(text.to_owned()))
        } else {
            Err(TokenError(()))
        }
    }

    pub(crate) fn secret(&self) -> &str {
        &self.0
    }

    /// Takes the token out of a text that came from elsewhere.
    pub(crate) fn hide(&self, text: &str) -> String {
        text.replace(&self.0, "***")
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(hidden)")
    }
}
