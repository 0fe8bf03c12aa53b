//! Who asks, and what a registry wants to see.

use std::fmt;

use base64ct::{Base64, Encoding as _};

/// What a registry is shown.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Credentials {
    /// Nobody in particular.
    Anonymous,
    /// A user and a password, or an access token as the password.
    Basic {
        /// The user.
        user: String,
        /// The password.
        password: String,
    },
    /// A refresh token that the token service of the registry takes.
    Identity {
        /// The token.
        token: String,
    },
}

impl Credentials {
    /// Returns the `Authorization` header, if a header says it.
    pub(super) fn header(&self) -> Option<String> {
        match self {
            Self::Basic { user, password } => {
                let pair = Base64::encode_string(format!("{user}:{password}").as_bytes());
                Some(format!("Basic {pair}"))
            }
            _ => None,
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Anonymous => "Anonymous",
            Self::Basic { .. } => "Basic(hidden)",
            Self::Identity { .. } => "Identity(hidden)",
        })
    }
}

/// A `WWW-Authenticate` header (RFC 9110, section 11.6.1): what a registry wants to see.
///
/// ```
/// use promenade_registry::Challenge;
///
/// let challenge = Challenge::parse(r#"Bearer realm="https://auth.example/token",scope="pull""#);
/// assert!(matches!(challenge, Some(Challenge::Bearer { realm, .. }) if realm.ends_with("/token")));
/// assert_eq!(Challenge::parse("Negotiate"), None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Challenge {
    /// A user and a password.
    Basic,
    /// A token of a token service.
    Bearer {
        /// Where the token service is.
        realm: String,
        /// What it is to be told about the registry.
        service: Option<String>,
        /// What it is to be told about the purpose.
        scope: Option<String>,
    },
}

impl Challenge {
    /// Reads a header; nothing if it asks for what is not known here, or names no token service.
    #[must_use]
    pub fn parse(header: &str) -> Option<Self> {
        let (scheme, rest) = header.trim().split_once(' ').unwrap_or((header.trim(), ""));
        if scheme.eq_ignore_ascii_case("basic") {
            return Some(Self::Basic);
        }
        if !scheme.eq_ignore_ascii_case("bearer") {
            return None;
        }
        let (mut realm, mut service, mut scope) = (None, None, None);
        let mut rest = rest.trim_start();
        while let Some((name, after)) = rest.split_once('=') {
            let (value, next) = match after.strip_prefix('"') {
                Some(quoted) => quoted.split_once('"')?,
                None => after.split_at(after.find(',').unwrap_or(after.len())),
            };
            let slot = match name.trim().to_ascii_lowercase().as_str() {
                "realm" => Some(&mut realm),
                "service" => Some(&mut service),
                "scope" => Some(&mut scope),
                _ => None,
            };
            if let Some(slot) = slot {
                *slot = Some(value.to_owned());
            }
            rest = next.trim_start_matches([',', ' ']);
        }
        Some(Self::Bearer {
            realm: realm?,
            service,
            scope,
        })
    }
}

/// Writes a text so that it may stand in a query.
pub(super) fn encode(text: &str) -> String {
    text.bytes()
        .map(|c| match c {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(c).to_string()
            }
            _ => format!("%{c:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::Challenge;

    #[test]
    fn challenges_are_read_in_any_order() {
        let header = r#"Bearer service="registry.example",realm="https://auth.example/token",scope="repository:app:pull,push",error=x"#;
        assert_eq!(
            Challenge::parse(header),
            Some(Challenge::Bearer {
                realm: "https://auth.example/token".to_owned(),
                service: Some("registry.example".to_owned()),
                scope: Some("repository:app:pull,push".to_owned()),
            }),
        );
        assert_eq!(
            Challenge::parse("Basic realm=\"x\""),
            Some(Challenge::Basic)
        );
        assert_eq!(Challenge::parse("Bearer service=\"x\""), None);
        assert_eq!(Challenge::parse("Negotiate"), None);
    }
}
