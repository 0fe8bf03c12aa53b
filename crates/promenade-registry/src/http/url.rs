//! As much of URLs as a registry needs.

use std::fmt;

/// An absolute `http` or `https` URL.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Url {
    pub(super) secure: bool,
    /// Host and port, in lower case.
    pub(super) authority: String,
    /// Path and query, starting with `/`.
    pub(super) path: String,
}

impl Url {
    /// Reads an absolute URL; user names, fragments and anything unprintable are refused.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://")?;
        let secure = match scheme {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let plain = text.bytes().all(|c| c.is_ascii_graphic());
        if authority.is_empty() || authority.contains('@') || text.contains('#') || !plain {
            return None;
        }
        let path = if path.starts_with('/') {
            path.to_owned()
        } else {
            format!("/{path}")
        };
        Some(Self {
            secure,
            authority: authority.to_ascii_lowercase(),
            path,
        })
    }

    /// Reads a reference (of a redirect, of a next page) as seen from this URL.
    pub(super) fn join(&self, reference: &str) -> Option<Self> {
        if reference.contains("://") {
            return Self::parse(reference);
        }
        if let Some(rest) = reference.strip_prefix("//") {
            let scheme = if self.secure { "https" } else { "http" };
            return Self::parse(&format!("{scheme}://{rest}"));
        }
        let path = if reference.starts_with('/') {
            reference.to_owned()
        } else {
            let here = self.path.split('?').next().unwrap_or_default();
            let folder = here.rsplit_once('/').map_or("", |(folder, _)| folder);
            match reference.strip_prefix('?') {
                Some(query) => format!("{here}?{query}"),
                None => format!("{folder}/{reference}"),
            }
        };
        let plain = path.bytes().all(|c| c.is_ascii_graphic()) && !path.contains('#');
        plain.then(|| Self {
            path,
            ..self.clone()
        })
    }

    /// Returns true if both speak to the same port of the same host in the same way.
    pub(super) fn same_origin(&self, other: &Self) -> bool {
        self.secure == other.secure && self.authority == other.authority
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.secure { "https" } else { "http" };
        write!(f, "{scheme}://{}{}", self.authority, self.path)
    }
}

/// Returns true if a host (with or without a port) is this machine.
pub(super) fn is_loopback(authority: &str) -> bool {
    let host = match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    host == "localhost"
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::{Url, is_loopback};

    #[test]
    fn references_are_seen_from_where_they_stand() {
        let at = Url::parse("https://Registry.example/v2/app/tags/list?n=10").unwrap();
        for (reference, expected) in [
            ("/v2/x", "https://registry.example/v2/x"),
            ("next?n=2", "https://registry.example/v2/app/tags/next?n=2"),
            (
                "?last=a",
                "https://registry.example/v2/app/tags/list?last=a",
            ),
            ("//other.example/x", "https://other.example/x"),
            ("http://other.example", "http://other.example/"),
        ] {
            assert_eq!(at.join(reference).unwrap().to_string(), expected);
        }
        for refused in [
            "ftp://x/",
            "https://u:p@x/",
            "https://x/#f",
            "https:///x",
            "/a b",
        ] {
            assert_eq!(at.join(refused), None, "{refused}");
        }
    }

    #[test]
    fn loopback_is_told_by_address_not_by_prefix() {
        for (host, expected) in [
            ("127.0.0.1:5000", true),
            ("localhost", true),
            ("[::1]:5000", true),
            ("127.0.0.1.evil.example", false),
            ("registry.example", false),
        ] {
            assert_eq!(is_loopback(host), expected, "{host}");
        }
    }
}
