//! The registry port over HTTP.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use promenade_digest::Digest;
use promenade_process::port::registry::{
    ChannelName, Descriptor, Manifest, Reference, Registry, RegistryError,
    RegistryErrorKind as Kind,
};
use promenade_tag::ImageRepository;
use serde::Deserialize;

use super::Credentials;
use super::url::{Url, is_loopback};
use super::wire::{Answer, Method, Wire, protocol, refusal};

/// The largest manifest that is read, in bytes (what registries take at most).
const MAX_MANIFEST_BYTES: u64 = 4 * 1024 * 1024;
/// The largest page of a list that is read, in bytes.
const MAX_PAGE_BYTES: u64 = 16 * 1024 * 1024;
/// How many pages a list may have.
const MAX_PAGES: usize = 10_000;
/// The kinds of manifests, as registries are asked for them: without this they answer 404.
const MANIFESTS: &str = "application/vnd.oci.image.index.v1+json, \
     application/vnd.oci.image.manifest.v1+json, \
     application/vnd.docker.distribution.manifest.list.v2+json, \
     application/vnd.docker.distribution.manifest.v2+json";

/// One repository of a registry that speaks the OCI distribution protocol.
///
/// Nothing a registry says about bytes is believed: they are fetched and hashed, in
/// [`find`](Registry::find) too. Tags that stand in for a referrers index (`sha256-…`,
/// `sha256-….sig`) are not channels and are not listed.
pub struct HttpRegistry {
    wire: Wire,
    base: Url,
}

/// A registry cannot be spoken to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenRegistryError {
    /// The host is not one.
    #[error("`{host}` is not the host of a registry: expected a name and perhaps a port")]
    Host {
        /// What was given.
        host: String,
    },
    /// The registry is elsewhere and this build has no TLS.
    #[error("`{host}` is not this machine and this build speaks no TLS (feature `tls`)")]
    NoTls {
        /// What was given.
        host: String,
    },
}

#[derive(Deserialize)]
struct Page {
    tags: Option<Vec<String>>,
}

impl HttpRegistry {
    /// Speaks to a host (`registry.example`, `127.0.0.1:5000`) about one repository. Only this
    /// machine is spoken to without TLS. One request with its answer may take `limit`.
    ///
    /// # Errors
    /// [`OpenRegistryError`] if the host is not one, or is elsewhere and there is no TLS.
    pub fn new(
        host: &str,
        repository: &ImageRepository,
        credentials: Credentials,
        limit: Duration,
    ) -> Result<Self, OpenRegistryError> {
        let local = is_loopback(host);
        let scheme = if local { "http" } else { "https" };
        let base = Url::parse(&format!("{scheme}://{host}/v2/{repository}"))
            .filter(|base| base.authority == host.to_ascii_lowercase())
            .ok_or_else(|| OpenRegistryError::Host {
                host: host.to_owned(),
            })?;
        if !local && !cfg!(feature = "tls") {
            return Err(OpenRegistryError::NoTls {
                host: host.to_owned(),
            });
        }
        Ok(Self {
            wire: Wire::new(credentials, limit, local),
            base,
        })
    }

    fn url(&self, rest: &str) -> Url {
        Url {
            path: format!("{}/{rest}", self.base.path),
            ..self.base.clone()
        }
    }

    fn manifest(&self, reference: &str, digest: Option<&Digest>) -> Result<Manifest, Kind> {
        let url = self.url(&format!("manifests/{reference}"));
        let answer = self
            .wire
            .ask(Method::Get, &url, MANIFESTS, MAX_MANIFEST_BYTES)?;
        if answer.status != 200 {
            return Err(refusal(&answer));
        }
        let media_type = answer
            .header("content-type")
            .map(|text| text.split(';').next().unwrap_or(text).trim().to_owned())
            .filter(|media_type| !media_type.is_empty())
            .ok_or_else(|| protocol("a manifest without a media type"))?;
        if let Some(expected) = digest {
            let checked = Manifest::checked(media_type, answer.body, expected);
            return checked.map_err(|found| other_bytes(*expected, found));
        }
        check_header(&answer)?;
        Ok(Manifest::new(media_type, answer.body))
    }

    fn blob(&self, digest: &Digest) -> Result<Descriptor, Kind> {
        let url = self.url(&format!("blobs/{digest}"));
        let answer = self.wire.ask(Method::Head, &url, "*/*", 0)?;
        if answer.status != 200 {
            return Err(refusal(&answer));
        }
        let size_bytes = answer
            .header("content-length")
            .and_then(|text| text.parse().ok())
            .ok_or_else(|| protocol("a blob without a size"))?;
        Ok(Descriptor::new(*digest, size_bytes, None))
    }

    fn pages(&self) -> Result<BTreeSet<ChannelName>, Kind> {
        let mut channels = BTreeSet::new();
        let mut seen = BTreeSet::new();
        let mut url = self.url("tags/list?n=1000");
        loop {
            if !seen.insert(url.clone()) || seen.len() > MAX_PAGES {
                return Err(protocol("the pages of the list lead in a circle"));
            }
            let answer = self
                .wire
                .ask(Method::Get, &url, "application/json", MAX_PAGE_BYTES)?;
            match answer.status {
                200 => {}
                // A repository that holds nothing is one that a registry does not know.
                404 if seen.len() == 1 => return Ok(channels),
                _ => return Err(refusal(&answer)),
            }
            let page: Page = serde_json::from_slice(&answer.body)
                .map_err(|error| protocol(&format!("the list cannot be read: {error}")))?;
            for tag in page.tags.unwrap_or_default() {
                let name: ChannelName =
                    tag.parse().map_err(|error| protocol(&format!("{error}")))?;
                if !stands_in_for_referrers(name.as_str()) {
                    channels.insert(name);
                }
            }
            match next_page(&answer)? {
                Some(next) => url = next,
                None => return Ok(channels),
            }
        }
    }
}

impl Registry for HttpRegistry {
    fn find(&self, reference: &Reference) -> Result<Option<Descriptor>, RegistryError> {
        let found = match reference {
            Reference::Channel(name) => self
                .manifest(name.as_str(), None)
                .map(|manifest| manifest.descriptor()),
            Reference::Manifest(digest) => self
                .manifest(&digest.to_string(), Some(digest))
                .map(|manifest| manifest.descriptor()),
            Reference::Blob(digest) => self.blob(digest),
        };
        match found {
            Ok(found) => Ok(Some(found)),
            Err(Kind::Absent) => Ok(None),
            Err(kind) => Err(RegistryError::new(format!("find {reference}"), kind)),
        }
    }

    fn fetch(&self, digest: &Digest) -> Result<Manifest, RegistryError> {
        self.manifest(&digest.to_string(), Some(digest))
            .map_err(|kind| RegistryError::new(format!("fetch manifest {digest}"), kind))
    }

    fn put(&self, channel: &ChannelName, manifest: &Manifest) -> Result<(), RegistryError> {
        let fail = |kind| RegistryError::new(format!("put channel `{channel}`"), kind);
        let url = self.url(&format!("manifests/{channel}"));
        let method = Method::Put {
            media_type: manifest.media_type(),
            body: manifest.bytes(),
        };
        let answer = self
            .wire
            .ask(method, &url, "*/*", MAX_PAGE_BYTES)
            .map_err(fail)?;
        match answer.status {
            200..=202 => Ok(()),
            _ => Err(fail(refusal(&answer))),
        }
    }

    fn list(&self) -> Result<BTreeSet<ChannelName>, RegistryError> {
        self.pages()
            .map_err(|kind| RegistryError::new("list the channels", kind))
    }
}

impl fmt::Debug for HttpRegistry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HttpRegistry({})", self.base)
    }
}

/// The header need not be there; if it is, it must fit the bytes.
fn check_header(answer: &Answer) -> Result<(), Kind> {
    let Some(stated) = answer.header("docker-content-digest") else {
        return Ok(());
    };
    let stated: Digest = stated
        .parse()
        .map_err(|error| protocol(&format!("the header states an {error}")))?;
    match Manifest::checked("", answer.body.as_slice(), &stated) {
        Ok(_) => Ok(()),
        Err(found) => Err(other_bytes(stated, found)),
    }
}

fn other_bytes(expected: Digest, found: Digest) -> Kind {
    Kind::OtherBytes {
        expected: Box::new(expected),
        found: Box::new(found),
    }
}

/// Reads `Link: <…>; rel="next"`. It may lead to another page of the same registry only.
fn next_page(answer: &Answer) -> Result<Option<Url>, Kind> {
    let Some(link) = answer.header("link") else {
        return Ok(None);
    };
    let next = link.split(',').find_map(|one| {
        let (reference, params) = one.trim().strip_prefix('<')?.split_once('>')?;
        let params = params.replace(['"', ' '], "");
        params
            .split(';')
            .any(|param| param == "rel=next")
            .then_some(reference)
    });
    let Some(next) = next else {
        return Ok(None);
    };
    let url = answer
        .url
        .join(next)
        .ok_or_else(|| protocol(&format!("the next page `{next}` is no URL")))?;
    if url.same_origin(&answer.url) {
        Ok(Some(url))
    } else {
        Err(protocol(&format!("the next page lies elsewhere: {url}")))
    }
}

/// `sha256-<hex>` and what cosign appends to it (`.sig`, `.att`, `.sbom`).
fn stands_in_for_referrers(tag: &str) -> bool {
    ["sha256-", "sha512-"].iter().any(|prefix| {
        tag.strip_prefix(prefix).is_some_and(|rest| {
            let hex = rest.split('.').next().unwrap_or(rest);
            matches!(hex.len(), 64 | 128) && hex.bytes().all(|c| c.is_ascii_hexdigit())
        })
    })
}
