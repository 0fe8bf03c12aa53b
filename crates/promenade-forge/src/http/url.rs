//! As much of URLs as is needed here.

use std::fmt;

use ureq::http::Uri;

use super::OpenError;

/// An absolute `http` or `https` URL without a user and a fragment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Url {
    secure: bool,
    /// Host and port, in lower case.
    authority: String,
    /// Path and query, starting with `/`.
    path: String,
}

impl Url {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let uri: Uri = text.parse().ok()?;
        let secure = match uri.scheme_str()? {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        let authority = uri.authority()?.as_str().to_ascii_lowercase();
        if authority.is_empty() || authority.contains('@') || text.contains('#') {
            return None;
        }
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        Some(Self {
            secure,
            authority,
            path: path.to_owned(),
        })
    }

    /// Reads the address of a server that secrets are shown to.
    pub(crate) fn server(text: &str) -> Result<Self, OpenError> {
        let url = text.to_owned();
        let found = Self::parse(text.trim_end_matches('/'))
            .filter(|found| !found.path.contains('?'))
            .ok_or_else(|| OpenError::Url { url: url.clone() })?;
        if !found.secure && !found.is_loopback() {
            return Err(OpenError::Open { url });
        }
        if found.secure && !cfg!(feature = "tls") {
            return Err(OpenError::NoTls { url });
        }
        Ok(found)
    }

    /// Appends a path and a query to this one.
    pub(crate) fn below(&self, rest: &str) -> Self {
        let folder = self.path.trim_end_matches('/');
        Self {
            path: format!("{folder}/{rest}"),
            ..self.clone()
        }
    }

    /// Reads a reference (of a redirect, of a next page) as seen from this URL.
    pub(crate) fn join(&self, reference: &str) -> Option<Self> {
        if reference.contains("://") {
            return Self::parse(reference);
        }
        let path = if reference.starts_with("//") {
            let scheme = if self.secure { "https" } else { "http" };
            return Self::parse(&format!("{scheme}:{reference}"));
        } else if reference.starts_with('/') {
            reference.to_owned()
        } else {
            let here = self.path.split('?').next().unwrap_or_default();
            let folder = here.rsplit_once('/').map_or("", |(folder, _)| folder);
            match reference.strip_prefix('?') {
                Some(query) => format!("{here}?{query}"),
                None => format!("{folder}/{reference}"),
            }
        };
        let joined = Self {
            path,
            ..self.clone()
        };
        Self::parse(&joined.to_string())
    }

    /// Returns true if both speak to the same port of the same host in the same way.
    pub(crate) fn same_origin(&self, other: &Self) -> bool {
        self.secure == other.secure && self.authority == other.authority
    }

    /// Returns true if going from here to there gives up a secure line, or leaves this machine by an
    /// open one.
    pub(crate) fn opens_up_to(&self, other: &Self) -> bool {
        !other.secure && (self.secure || !other.is_loopback())
    }

    /// Returns true if the other is a sister: `uploads.forge.example` of `api.forge.example`, and of
    /// this machine every port.
    pub(crate) fn is_beside(&self, other: &Self) -> bool {
        let family = |url: &Self| url.authority.split_once('.').map(|pair| pair.1.to_owned());
        let sisters =
            family(self).is_some_and(|own| own.contains('.') && Some(own) == family(other));
        let here = self.is_loopback() && other.is_loopback();
        here || (sisters && self.secure == other.secure)
    }

    pub(crate) fn is_loopback(&self) -> bool {
        let host = match self.authority.strip_prefix('[') {
            Some(rest) => rest.split(']').next().unwrap_or_default(),
            None => self.authority.split(':').next().unwrap_or_default(),
        };
        let address = host.parse::<std::net::IpAddr>();
        host == "localhost" || address.is_ok_and(|address| address.is_loopback())
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.secure { "https" } else { "http" };
        write!(f, "{scheme}://{}{}", self.authority, self.path)
    }
}

/// Writes a text as one part of a path or of a query.
pub(crate) fn encode(text: &str) -> String {
    let kept = |c: u8| c.is_ascii_alphanumeric() || b"-._~".contains(&c);
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            byte if kept(byte) => out.push(char::from(byte)),
            byte => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{Url, encode};

    #[test]
    fn references_are_seen_from_where_they_stand() {
        let at = Url::parse("https://API.example/repos/a/b/releases?page=1").unwrap();
        for (reference, expected) in [
            ("/x", "https://api.example/x"),
            ("next?n=2", "https://api.example/repos/a/b/next?n=2"),
            ("?page=2", "https://api.example/repos/a/b/releases?page=2"),
            ("//other.example/x", "https://other.example/x"),
            ("http://other.example", "http://other.example/"),
        ] {
            assert_eq!(at.join(reference).unwrap().to_string(), expected);
        }
        for refused in ["ftp://x/", "https://u:p@x/", "https://x/#f", "/a b"] {
            assert_eq!(at.join(refused), None, "{refused}");
        }
    }

    #[test]
    fn loopback_is_told_by_address_not_by_prefix() {
        for (url, expected) in [
            ("http://127.0.0.1:5000/", true),
            ("http://localhost/", true),
            ("http://[::1]:5000/", true),
            ("http://127.0.0.1.evil.example/", false),
            ("http://api.example/", false),
        ] {
            assert_eq!(Url::parse(url).unwrap().is_loopback(), expected, "{url}");
        }
    }

    #[test]
    fn a_secure_line_is_never_given_up() {
        let url = |text| Url::parse(text).unwrap();
        assert!(url("https://a.example/").opens_up_to(&url("http://a.example/")));
        assert!(url("http://127.0.0.1:1/").opens_up_to(&url("http://a.example/")));
        assert!(!url("http://127.0.0.1:1/").opens_up_to(&url("http://127.0.0.1:2/")));
        assert!(!url("https://a.example/").opens_up_to(&url("https://b.example/")));
    }

    #[test]
    fn sisters_have_one_domain() {
        let beside = |a, b| Url::parse(a).unwrap().is_beside(&Url::parse(b).unwrap());
        assert!(beside(
            "https://uploads.forge.example/",
            "https://api.forge.example/"
        ));
        assert!(beside("http://127.0.0.1:1/", "http://127.0.0.1:2/"));
        assert!(!beside("https://evil.example/", "https://forge.example/"));
        assert!(!beside(
            "https://uploads.evil.example/",
            "https://api.forge.example/"
        ));
    }

    #[test]
    fn what_is_not_plain_is_encoded() {
        assert_eq!(encode("a b/ü+~.tar"), "a%20b%2F%C3%BC%2B~.tar");
    }
}
