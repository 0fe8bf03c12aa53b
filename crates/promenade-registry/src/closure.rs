//! The closure of a manifest: everything that must be there for an image to run.
//!
//! Registries serve an index whose child was deleted, and accept one that states a wrong size
//! for a child. So the closure is walked before a channel moves and before a rollback target is taken.

use std::collections::BTreeSet;

use promenade_digest::Digest;
use promenade_process::port::registry::{Manifest, Reference, Registry, RegistryError};
use serde::Deserialize;

/// How deep indexes may be nested.
const MAX_DEPTH: usize = 4;
/// How many manifests and blobs one image may have.
const MAX_NODES: usize = 10_000;

/// An image is not complete in its registry.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("image {digest} is not complete: {kind}")]
pub struct CheckClosureError {
    digest: Digest,
    kind: Box<CheckClosureErrorKind>,
}

impl CheckClosureError {
    /// Returns the digest that was asked for.
    #[must_use]
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// Returns what is wrong.
    #[must_use]
    pub fn kind(&self) -> &CheckClosureErrorKind {
        &self.kind
    }
}

/// Why an image is not complete.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CheckClosureErrorKind {
    /// Something is not there.
    #[error("{what} is missing")]
    Missing {
        /// What.
        what: Reference,
    },
    /// Something has another size than stated.
    #[error("{what} has {found} bytes, expected {expected}")]
    Size {
        /// What.
        what: Reference,
        /// The size its parent states.
        expected: u64,
        /// The size it has.
        found: u64,
    },
    /// Something has another media type than stated.
    #[error("{what} is of type `{found}`, expected `{expected}`")]
    MediaType {
        /// What.
        what: Reference,
        /// The type its parent or its own text states.
        expected: String,
        /// The type it was served with.
        found: String,
    },
    /// A manifest cannot be read.
    #[error("manifest {digest} cannot be read: {problem}")]
    Manifest {
        /// Which.
        digest: Digest,
        /// Why.
        problem: String,
    },
    /// Indexes are nested too deeply, or there are too many parts.
    #[error("more than {limit} {what}")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
    /// The registry did not answer.
    #[error("{0}")]
    Registry(RegistryError),
}

use CheckClosureErrorKind as Kind;

#[derive(Deserialize)]
struct Part {
    #[serde(rename = "mediaType")]
    media_type: Option<String>,
    digest: String,
    size: u64,
}

#[derive(Deserialize)]
struct Node {
    #[serde(rename = "mediaType")]
    media_type: Option<String>,
    manifests: Option<Vec<Part>>,
    config: Option<Part>,
    layers: Option<Vec<Part>>,
}

/// Walks from an index or manifest to every configuration and layer, checks that each is there with
/// the size that its parent states, and returns everything that was seen.
///
/// # Errors
/// [`CheckClosureError`] with the first part that is missing or not as stated.
pub fn check_closure(
    registry: &dyn Registry,
    digest: &Digest,
) -> Result<BTreeSet<Reference>, CheckClosureError> {
    let mut seen = BTreeSet::new();
    let part = (*digest, None, None);
    walk(registry, part, 0, &mut seen).map_err(|kind| CheckClosureError {
        digest: *digest,
        kind: Box::new(kind),
    })?;
    Ok(seen)
}

type Stated = (Digest, Option<u64>, Option<String>);

fn walk(
    registry: &dyn Registry,
    (digest, size, media_type): Stated,
    depth: usize,
    seen: &mut BTreeSet<Reference>,
) -> Result<(), Kind> {
    if depth > MAX_DEPTH {
        return Err(Kind::TooMany {
            what: "levels of indexes",
            limit: MAX_DEPTH,
        });
    }
    let here = Reference::Manifest(digest);
    if !visit(&here, seen)? {
        return Ok(());
    }
    let found = registry.find(&here).map_err(Kind::Registry)?;
    if found.is_none() {
        return Err(Kind::Missing { what: here });
    }
    let manifest = registry.fetch(&digest).map_err(Kind::Registry)?;
    check_size(&here, size, manifest.bytes().len() as u64)?;
    let node = read(&manifest)?;
    for expected in [media_type, node.media_type].into_iter().flatten() {
        if expected != manifest.media_type() {
            let found = manifest.media_type().to_owned();
            let what = here;
            return Err(Kind::MediaType {
                what,
                expected,
                found,
            });
        }
    }
    for part in node.manifests.iter().flatten() {
        let child = (
            parse(&digest, part)?,
            Some(part.size),
            part.media_type.clone(),
        );
        walk(registry, child, depth + 1, seen)?;
    }
    for part in node.config.iter().chain(node.layers.iter().flatten()) {
        let blob = Reference::Blob(parse(&digest, part)?);
        if visit(&blob, seen)? {
            let found = registry.find(&blob).map_err(Kind::Registry)?;
            let Some(found) = found else {
                return Err(Kind::Missing { what: blob });
            };
            check_size(&blob, Some(part.size), found.size_bytes)?;
        }
    }
    Ok(())
}

fn visit(what: &Reference, seen: &mut BTreeSet<Reference>) -> Result<bool, Kind> {
    if seen.len() >= MAX_NODES {
        return Err(Kind::TooMany {
            what: "manifests and blobs",
            limit: MAX_NODES,
        });
    }
    Ok(seen.insert(what.clone()))
}

fn read(manifest: &Manifest) -> Result<Node, Kind> {
    let fault = |problem: String| Kind::Manifest {
        digest: *manifest.digest(),
        problem,
    };
    let node: Node =
        serde_json::from_slice(manifest.bytes()).map_err(|error| fault(error.to_string()))?;
    match (&node.manifests, &node.config, &node.layers) {
        (Some(_), None, None) | (None, Some(_), Some(_)) => Ok(node),
        // One text that is both an index and an image reads differently to different clients.
        _ => Err(fault(
            "expected either `manifests`, or `config` and `layers`".to_owned(),
        )),
    }
}

fn parse(parent: &Digest, part: &Part) -> Result<Digest, Kind> {
    part.digest
        .parse()
        .map_err(|error: promenade_digest::ParseDigestError| Kind::Manifest {
            digest: *parent,
            problem: error.to_string(),
        })
}

fn check_size(what: &Reference, expected: Option<u64>, found: u64) -> Result<(), Kind> {
    match expected {
        Some(expected) if expected != found => Err(Kind::Size {
            what: what.clone(),
            expected,
            found,
        }),
        _ => Ok(()),
    }
}
