//! The files of a build that a release on the forge has (C21.8).

use std::collections::{BTreeMap, BTreeSet};

use promenade_digest::Digest;
use promenade_promotion::Artifacts;

use super::{Draft, PlanError};
use crate::port::forge::{AssetError, AssetFile};

/// What lies in the directory of a build, and what of it is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Build {
    /// Where the directory lies, for messages.
    pub place: String,
    /// Its files.
    pub files: Vec<BuildFile>,
    /// The names of the artifacts that are attached; every one that is recorded, if none is named.
    pub only: BTreeSet<String>,
}

/// A file of a build.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BuildFile {
    /// Its name, relative to the directory.
    pub name: String,
    /// Where it lies.
    pub path: String,
    /// The digest of its bytes.
    pub digest: Digest,
    /// How many bytes it has.
    pub size_bytes: u64,
    /// What its bytes are.
    pub media_type: String,
}

impl BuildFile {
    /// Takes what was found of a file.
    #[must_use]
    pub fn new(name: impl Into<String>, path: impl Into<String>, digest: Digest) -> Self {
        Self {
            name: name.into(),
            path: path.into(),
            digest,
            size_bytes: 0,
            media_type: "application/octet-stream".to_owned(),
        }
    }

    /// Says how many bytes it has, and what they are.
    #[must_use]
    pub fn of(mut self, size_bytes: u64, media_type: impl Into<String>) -> Self {
        self.size_bytes = size_bytes;
        self.media_type = media_type.into();
        self
    }
}

impl Build {
    /// Takes the files that were found in a directory.
    #[must_use]
    pub fn new(place: impl Into<String>, files: impl IntoIterator<Item = BuildFile>) -> Self {
        Self {
            place: place.into(),
            files: files.into_iter().collect(),
            only: BTreeSet::new(),
        }
    }

    /// Wants these artifacts only.
    #[must_use]
    pub fn only<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.only = names.into_iter().map(Into::into).collect();
        self
    }
}

impl Draft<'_, '_> {
    /// Compares the files of a build with what was recorded, and gives what is to be attached. Images are
    /// in a registry and no files.
    pub(super) fn assets(
        &mut self,
        build: &Build,
        artifacts: &Artifacts,
    ) -> Result<Vec<AssetFile>, PlanError> {
        if self.process().forge().is_none() {
            return Err(PlanError::Unknown {
                what: "the forge".to_owned(),
                reason: "the process has no `[forge]` that files could be attached at".to_owned(),
            });
        }
        let recorded = artifacts.by_name();
        let fail = |name: &str, problem: String| PlanError::Asset(AssetError::new(name, problem));
        if let Some(unknown) = build.only.iter().find(|name| !recorded.contains_key(*name)) {
            let known: Vec<_> = recorded.keys().map(String::as_str).collect();
            let known = known.join(", ");
            return Err(fail(
                unknown,
                format!("the recorded build has none of this name; it has {known}"),
            ));
        }
        let found: BTreeMap<_, _> = build.files.iter().map(|one| (&one.name, one)).collect();
        let image = self.process().image();
        let mut assets = Vec::new();
        for (name, digest) in recorded {
            let wanted = match build.only.is_empty() {
                true => image != Some(name.as_str()),
                false => build.only.contains(name),
            };
            if !wanted {
                continue;
            }
            let file = found.get(name).ok_or_else(|| {
                let problem = format!(
                    "the recorded build has it, and `{}` does not; `--asset` names those that are to be \
                     attached",
                    build.place
                );
                fail(name, problem)
            })?;
            if file.digest != *digest {
                let problem = format!(
                    "`{}` is not what was recorded: expected {digest}, found {}",
                    file.path, file.digest
                );
                return Err(fail(name, problem));
            }
            let (path, media_type) = (&file.path, &file.media_type);
            let asset = AssetFile::new(name, path, *digest, file.size_bytes, media_type);
            assets.push(asset.map_err(PlanError::Asset)?);
        }
        for file in build
            .files
            .iter()
            .filter(|file| !recorded.contains_key(&file.name))
        {
            self.because(format!(
                "{} is not attached: it is none of the recorded build",
                file.name
            ));
        }
        Ok(assets)
    }
}
