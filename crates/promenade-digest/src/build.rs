//! Build sets: every artifact of a release in one record, with a digest of the record.

use std::collections::BinaryHeap;
use std::fmt::Write as _;

use crate::artifact::parse_size;
use crate::name::{case_twins, same_before};
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
    artifacts: Vec<Artifact>,
}

impl BuildSet {
    /// Makes the set of artifacts.
    ///
    /// # Errors
    /// [`BuildSetError`] if a name occurs twice, or twice but for case.
    pub fn new(artifacts: impl IntoIterator<Item = Artifact>) -> Result<Self, BuildSetError> {
        let mut artifacts: Vec<Artifact> = artifacts.into_iter().collect();
        check_names(&artifacts)?;
        if !artifacts.is_sorted_by(|one, next| one.name < next.name) {
            // A heap sorts with a fifth of the code of `sort`, and a release has few artifacts.
            artifacts = BinaryHeap::from(artifacts).into_sorted_vec();
        }
        Ok(Self { artifacts })
    }

    /// Returns the artifacts, sorted by name.
    pub fn artifacts(&self) -> impl ExactSizeIterator<Item = &Artifact> {
        self.artifacts.iter()
    }

    /// Returns an artifact by name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Artifact> {
        let found = self
            .artifacts
            .binary_search_by(|artifact| artifact.name.as_str().cmp(name));
        found.ok().and_then(|at| self.artifacts.get(at))
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
        for artifact in &self.artifacts {
            let Artifact {
                name,
                id,
                media_type,
            } = artifact;
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{id} {media_type} {name}");
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
        let mut artifacts = Vec::new();
        for (text, line) in lines {
            artifacts.push(parse_line(text).map_err(|kind| error(line, kind))?);
        }
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
        let mut missing = Vec::new();
        for name in &expected.names {
            if self.get(name.as_str()).is_none() {
                missing.push(name.clone());
            }
        }
        let mut unexpected = Vec::new();
        for artifact in &self.artifacts {
            if !expected.extra && expected.names.binary_search(&artifact.name).is_err() {
                unexpected.push(artifact.name.clone());
            }
        }
        let mut roles = expected.roles.clone();
        roles.retain(|role| {
            let mut artifacts = self.artifacts.iter();
            !artifacts.any(|artifact| artifact.media_type.role() == *role)
        });
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
        let mut differences = Vec::new();
        let (mut ours, mut theirs) = (self.artifacts.as_slice(), other.artifacts.as_slice());
        loop {
            match (ours.split_first(), theirs.split_first()) {
                (Some((one, rest)), Some((other, others))) if one.name == other.name => {
                    if one != other {
                        differences.push(BuildDifference::Changed {
                            name: one.name.clone(),
                            recorded: one.id,
                            found: other.id,
                        });
                    }
                    (ours, theirs) = (rest, others);
                }
                (Some((one, rest)), other)
                    if other.is_none_or(|(other, _)| one.name < other.name) =>
                {
                    let name = one.name.clone();
                    differences.push(BuildDifference::Missing { name });
                    ours = rest;
                }
                (_, Some((other, others))) => {
                    let name = other.name.clone();
                    differences.push(BuildDifference::Added { name });
                    theirs = others;
                }
                (_, None) => break,
            }
        }
        if differences.is_empty() {
            Ok(())
        } else {
            Err(CompareBuildsError { differences })
        }
    }
}

/// Checks that no name occurs twice, or twice but for case.
fn check_names(artifacts: &[Artifact]) -> Result<(), BuildSetError> {
    let names: Vec<&ArtifactName> = artifacts.iter().map(|artifact| &artifact.name).collect();
    let same = same_before(names.iter().map(|name| name.as_bytes()).collect());
    let twins = case_twins(&names);
    for ((name, same), twin) in names.iter().zip(same).zip(twins) {
        if same.is_some() {
            let name = (*name).clone();
            return Err(BuildSetError::Duplicate { name });
        }
        if let Some(twin) = twin.and_then(|at| names.get(at)) {
            return Err(BuildSetError::CaseTwins {
                name: (*name).clone(),
                twin: (*twin).clone(),
            });
        }
    }
    Ok(())
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
        set.artifacts
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
    /// In order, each once.
    names: Vec<ArtifactName>,
    /// In order, each once.
    roles: Vec<Role>,
    extra: bool,
}

impl ExpectedArtifacts {
    /// Expects exactly these names.
    #[must_use]
    pub fn new(names: impl IntoIterator<Item = ArtifactName>) -> Self {
        Self {
            names: sorted(names.into_iter().collect()),
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
        if known.bytes().any(|byte| matches!(byte, b'{' | b'}')) {
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
        self.names = sorted(self.names);
        self.extra |= other.extra;
        other.roles.into_iter().fold(self, Self::with_role)
    }

    /// Demands at least one artifact of a role: a bill of materials, an attestation.
    #[must_use]
    pub fn with_role(mut self, role: Role) -> Self {
        if let Err(at) = self.roles.binary_search(&role) {
            self.roles.insert(at, role);
        }
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

/// Puts names in order, each once.
fn sorted(names: Vec<ArtifactName>) -> Vec<ArtifactName> {
    let mut names = BinaryHeap::from(names).into_sorted_vec();
    names.dedup();
    names
}
