//! Build sets: every artifact of a release in one record, with a digest of the record.

use std::collections::{BTreeMap, BTreeSet};

use crate::artifact::parse_size;
use crate::{
    AnyArtifactId, ArtifactName, BuildDifference, BuildSetError, CompareBuildsError, Digest,
    MediaType, ParseBuildSetError, ParseBuildSetErrorKind, Role, VerifyBuildError, VerifyError,
};

/// The largest build set that is read, in bytes.
pub const MAX_BUILD_SET_BYTES: usize = 16 * 1024 * 1024;

const FORMAT: &str = "promenade-build 1";

/// One artifact of a build: its name, its identity (kind, digest, size) and its media type.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(deny_unknown_fields, rename_all = "kebab-case")
)]
#[expect(
    clippy::exhaustive_structs,
    reason = "the canonical bytes of a build set hold exactly these"
)]
pub struct Artifact {
    /// The name it has in the release.
    pub name: ArtifactName,
    /// What it is.
    pub id: AnyArtifactId,
    /// How it is to be read.
    pub media_type: MediaType,
}

impl Artifact {
    /// Makes the record of an artifact, with the media type that its name stands for.
    #[must_use]
    pub fn new(name: ArtifactName, id: impl Into<AnyArtifactId>) -> Self {
        let media_type = MediaType::of_name(&name);
        Self {
            name,
            id: id.into(),
            media_type,
        }
    }
}

/// Everything that was made by one build, once: the unit that is promoted.
///
/// Artifacts are kept sorted by the bytes of their names. The canonical bytes are text, one line
/// for each artifact, and their SHA-256 is the digest of the set:
///
/// ```text
/// promenade-build 1
/// file sha256:5891… 6 application/gzip app-x86_64.tar.gz
/// oci-index sha256:44d3… 1609 application/vnd.oci.image.index.v1+json app
/// ```
///
/// ```
/// use promenade_digest::{Artifact, ArtifactId, ArtifactName, BuildSet, kind};
///
/// let name = ArtifactName::new("app.tar.gz")?;
/// let build = BuildSet::new([Artifact::new(name, ArtifactId::<kind::File>::of(b"hello\n"))])?;
/// assert_eq!(BuildSet::parse(&build.canonical_bytes())?, build);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(try_from = "Vec<Artifact>", into = "Vec<Artifact>")
)]
pub struct BuildSet {
    artifacts: BTreeMap<ArtifactName, Artifact>,
}

impl BuildSet {
    /// Makes the set of artifacts.
    ///
    /// # Errors
    /// [`BuildSetError`] if a name occurs twice, or twice but for case.
    pub fn new(artifacts: impl IntoIterator<Item = Artifact>) -> Result<Self, BuildSetError> {
        let mut map = BTreeMap::new();
        let mut folded = BTreeMap::new();
        for artifact in artifacts {
            let name = artifact.name.clone();
            if map.contains_key(&name) {
                return Err(BuildSetError::Duplicate { name });
            }
            if let Some(twin) = folded.insert(name.folded(), name.clone()) {
                return Err(BuildSetError::CaseTwins { name, twin });
            }
            map.insert(name, artifact);
        }
        Ok(Self { artifacts: map })
    }

    /// Returns the artifacts, sorted by name.
    pub fn artifacts(&self) -> impl ExactSizeIterator<Item = &Artifact> {
        self.artifacts.values()
    }

    /// Returns an artifact by name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Artifact> {
        let name = ArtifactName::new(name).ok()?;
        self.artifacts.get(&name)
    }

    /// Returns how many artifacts there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.artifacts.len()
    }

    /// Says whether there is no artifact.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.artifacts.is_empty()
    }

    /// Returns the bytes that the digest covers.
    #[must_use]
    pub fn canonical_bytes(&self) -> Vec<u8> {
        let mut text = format!("{FORMAT}\n");
        for artifact in self.artifacts.values() {
            let Artifact {
                name,
                id,
                media_type,
            } = artifact;
            text.push_str(&format!("{id} {media_type} {name}\n"));
        }
        text.into_bytes()
    }

    /// Returns the SHA-256 of the canonical bytes.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::sha256(&self.canonical_bytes())
    }

    /// Reads canonical bytes; the exact inverse of [`BuildSet::canonical_bytes`].
    ///
    /// # Errors
    /// [`ParseBuildSetError`] naming the line that is not as it must be.
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseBuildSetError> {
        let error = |line, kind| ParseBuildSetError { line, kind };
        if bytes.len() > MAX_BUILD_SET_BYTES {
            return Err(error(0, ParseBuildSetErrorKind::TooLong));
        }
        let text =
            std::str::from_utf8(bytes).map_err(|_| error(0, ParseBuildSetErrorKind::NotUtf8))?;
        let text = text
            .strip_suffix('\n')
            .ok_or_else(|| error(0, ParseBuildSetErrorKind::MissingNewline))?;
        let mut lines = text.split('\n').zip(1..);
        match lines.next() {
            Some((FORMAT, _)) => {}
            _ => return Err(error(1, ParseBuildSetErrorKind::Format)),
        }
        let artifacts: Vec<_> = lines
            .map(|(text, line)| parse_line(text).map_err(|kind| error(line, kind)))
            .collect::<Result<_, _>>()?;
        let set =
            Self::new(artifacts).map_err(|cause| error(0, ParseBuildSetErrorKind::Set(cause)))?;
        // One set has one spelling: what is out of order would be read, but not written.
        if set.canonical_bytes() == bytes {
            Ok(set)
        } else {
            Err(error(0, ParseBuildSetErrorKind::NotCanonical))
        }
    }

    /// Checks the set against what was expected of the release.
    ///
    /// # Errors
    /// [`VerifyBuildError`] with every artifact that is missing or was not expected.
    pub fn verify(&self, expected: &ExpectedArtifacts) -> Result<(), VerifyBuildError> {
        let missing: Vec<_> = expected
            .names
            .iter()
            .filter(|name| !self.artifacts.contains_key(*name))
            .cloned()
            .collect();
        let unexpected: Vec<_> = self
            .artifacts
            .keys()
            .filter(|name| !expected.extra && !expected.names.contains(*name))
            .cloned()
            .collect();
        let roles: BTreeSet<_> = self
            .artifacts
            .values()
            .map(|artifact| artifact.media_type.role())
            .collect();
        let roles: Vec<_> = expected.roles.difference(&roles).copied().collect();
        if missing.is_empty() && unexpected.is_empty() && roles.is_empty() {
            Ok(())
        } else {
            Err(VerifyBuildError {
                missing,
                unexpected,
                roles,
            })
        }
    }

    /// Checks that `bytes` are the artifact of that name.
    ///
    /// # Errors
    /// [`VerifyError::Unknown`] if the set has no such name, else as [`AnyArtifactId::verify`].
    pub fn verify_bytes(&self, name: &str, bytes: &[u8]) -> Result<(), VerifyError> {
        match self.get(name) {
            Some(artifact) => artifact.id.verify(bytes),
            None => Err(VerifyError::Unknown {
                name: name.to_owned(),
            }),
        }
    }

    /// Checks that `other` is the same build: a version is built once.
    ///
    /// # Errors
    /// [`CompareBuildsError`] with every artifact that was added, is missing, or has another
    /// identity or media type.
    pub fn same_build(&self, other: &Self) -> Result<(), CompareBuildsError> {
        let names: BTreeSet<_> = self
            .artifacts
            .keys()
            .chain(other.artifacts.keys())
            .collect();
        let differences: Vec<_> = names
            .into_iter()
            .filter_map(
                |name| match (self.artifacts.get(name), other.artifacts.get(name)) {
                    (Some(ours), Some(theirs)) if ours == theirs => None,
                    (Some(ours), Some(theirs)) => Some(BuildDifference::Changed {
                        name: name.clone(),
                        recorded: ours.id,
                        found: theirs.id,
                    }),
                    (Some(_), None) => Some(BuildDifference::Missing { name: name.clone() }),
                    _ => Some(BuildDifference::Added { name: name.clone() }),
                },
            )
            .collect();
        if differences.is_empty() {
            Ok(())
        } else {
            Err(CompareBuildsError { differences })
        }
    }
}

fn parse_line(text: &str) -> Result<Artifact, ParseBuildSetErrorKind> {
    let mut words = text.splitn(5, ' ');
    let mut word = || words.next().ok_or(ParseBuildSetErrorKind::Shape);
    let (kind, digest, size) = (word()?, word()?, word()?);
    let (media_type, name) = (word()?, word()?);
    Ok(Artifact {
        name: ArtifactName::new(name).map_err(ParseBuildSetErrorKind::Name)?,
        id: AnyArtifactId::new(
            kind.parse()
                .map_err(|_| ParseBuildSetErrorKind::Kind(kind.to_owned()))?,
            digest.parse().map_err(ParseBuildSetErrorKind::Digest)?,
            parse_size(size).ok_or(ParseBuildSetErrorKind::Size)?,
        ),
        media_type: MediaType::new(media_type).map_err(ParseBuildSetErrorKind::Name)?,
    })
}

impl TryFrom<Vec<Artifact>> for BuildSet {
    type Error = BuildSetError;

    fn try_from(artifacts: Vec<Artifact>) -> Result<Self, Self::Error> {
        Self::new(artifacts)
    }
}

impl From<BuildSet> for Vec<Artifact> {
    fn from(set: BuildSet) -> Self {
        set.artifacts.into_values().collect()
    }
}

/// What a release must consist of: names, and whether a bill of materials and an attestation are
/// among them.
///
/// ```
/// use promenade_digest::ExpectedArtifacts;
///
/// let targets = ["x86_64-linux", "aarch64-linux"];
/// let expected = ExpectedArtifacts::per_target("app-{version}-{target}.tar.gz", "1.4.0", &targets)?;
/// let names: Vec<_> = expected.names().map(AsRef::as_ref).collect();
/// assert_eq!(names, ["app-1.4.0-aarch64-linux.tar.gz", "app-1.4.0-x86_64-linux.tar.gz"]);
/// # Ok::<(), promenade_digest::ParseNameError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExpectedArtifacts {
    names: BTreeSet<ArtifactName>,
    roles: BTreeSet<Role>,
    extra: bool,
}

impl ExpectedArtifacts {
    /// Expects exactly these names.
    #[must_use]
    pub fn new(names: impl IntoIterator<Item = ArtifactName>) -> Self {
        Self {
            names: names.into_iter().collect(),
            ..Self::default()
        }
    }

    /// Expects one name per target: `{version}` and `{target}` in the template are replaced.
    ///
    /// # Errors
    /// [`crate::ParseNameError`] if the outcome is not the name of an artifact, or the template
    /// has another `{…}`.
    pub fn per_target(
        template: &str,
        version: &str,
        targets: &[impl AsRef<str>],
    ) -> Result<Self, crate::ParseNameError> {
        let known = template.replace("{version}", "").replace("{target}", "");
        if known.contains(['{', '}']) {
            return Err(crate::ParseNameError {
                input: template.to_owned(),
                kind: crate::ParseNameErrorKind::Placeholder,
            });
        }
        targets
            .iter()
            .map(|target| {
                let name = template.replace("{version}", version);
                ArtifactName::new(name.replace("{target}", target.as_ref()))
            })
            .collect::<Result<Vec<_>, _>>()
            .map(Self::new)
    }

    /// Expects the names of `other` as well, and what it demands.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.names.extend(other.names);
        self.roles.extend(other.roles);
        self.extra |= other.extra;
        self
    }

    /// Demands at least one artifact of a role: a bill of materials, an attestation.
    #[must_use]
    pub fn with_role(mut self, role: Role) -> Self {
        self.roles.insert(role);
        self
    }

    /// Allows artifacts that are not among the expected ones.
    #[must_use]
    pub fn allow_extra(mut self) -> Self {
        self.extra = true;
        self
    }

    /// Returns the expected names, sorted.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &ArtifactName> {
        self.names.iter()
    }
}
