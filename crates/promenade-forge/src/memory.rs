//! A forge in memory, for tests, simulation and the demonstration.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use promenade_digest::Digest;
use promenade_process::port::forge::{
    Asset, Forge, ForgeError, ForgeErrorKind, Release, ReleaseId, ReleaseText, Stage,
};

/// The releases of one repository, as long as the value lives.
#[derive(Debug)]
pub struct MemoryForge {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    tags: BTreeSet<String>,
    releases: BTreeMap<ReleaseId, Release>,
}

impl MemoryForge {
    /// Makes a forge without releases that knows these tags.
    pub fn new<T: Into<String>>(tags: impl IntoIterator<Item = T>) -> Self {
        Self {
            state: Mutex::new(State {
                tags: tags.into_iter().map(Into::into).collect(),
                releases: BTreeMap::new(),
            }),
        }
    }

    /// Tells the forge of a tag that was pushed.
    pub fn add_tag(&self, tag: impl Into<String>) {
        self.lock().tags.insert(tag.into());
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Everything is checked before the first change: a panic leaves nothing half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Leaves the mark of the latest release to `id` alone.
    fn keep_latest(&mut self, id: &ReleaseId) {
        let others = self.releases.values_mut().filter(|one| one.id != *id);
        for other in others.filter(|one| one.text.stage == Stage::Latest) {
            other.text.stage = Stage::Full;
        }
    }

    fn release(&mut self, id: &ReleaseId, action: &str) -> Result<&mut Release, ForgeError> {
        let absent = || ForgeError::new(action, ForgeErrorKind::Absent);
        self.releases.get_mut(id).ok_or_else(absent)
    }
}

impl Forge for MemoryForge {
    fn list(&self) -> Result<Vec<Release>, ForgeError> {
        let mut releases: Vec<_> = self.lock().releases.values().cloned().collect();
        releases.sort_by(|a, b| a.tag.cmp(&b.tag));
        Ok(releases)
    }

    fn create(&self, tag: &str, text: &ReleaseText) -> Result<Release, ForgeError> {
        let fail = |kind| ForgeError::new(format!("create the release of `{tag}`"), kind);
        let mut state = self.lock();
        if !state.tags.contains(tag) {
            // A real forge would make the tag on the default branch; that is never wanted.
            return Err(fail(ForgeErrorKind::Invalid {
                problem: "the tag does not exist".to_owned(),
            }));
        }
        if state.releases.values().any(|one| one.tag == tag) {
            return Err(fail(ForgeErrorKind::Exists));
        }
        let id = ReleaseId::new((state.releases.len() + 1).to_string());
        let release = Release {
            id: id.clone(),
            tag: tag.to_owned(),
            text: text.clone(),
            assets: BTreeMap::new(),
        };
        if text.stage == Stage::Latest {
            state.keep_latest(&id);
        }
        state.releases.insert(id, release.clone());
        Ok(release)
    }

    fn edit(
        &self,
        id: &ReleaseId,
        expected: &ReleaseText,
        text: &ReleaseText,
    ) -> Result<Release, ForgeError> {
        let action = format!("edit release {id}");
        let mut state = self.lock();
        let release = state.release(id, &action)?;
        if release.text != *expected {
            return Err(ForgeError::new(action, ForgeErrorKind::Changed));
        }
        release.text = text.clone();
        let edited = release.clone();
        if text.stage == Stage::Latest {
            state.keep_latest(id);
        }
        Ok(edited)
    }

    fn attach(
        &self,
        id: &ReleaseId,
        name: &str,
        _media_type: &str,
        bytes: &[u8],
    ) -> Result<Asset, ForgeError> {
        let action = format!("attach `{name}` to release {id}");
        let digest = Digest::sha256(bytes);
        let asset = Asset {
            digest: Some(digest),
            size_bytes: bytes.len() as u64,
        };
        let mut state = self.lock();
        let release = state.release(id, &action)?;
        match release.assets.get(name).map(|there| there.digest) {
            Some(Some(found)) if found != digest => {
                let expected = digest;
                let kind = ForgeErrorKind::OtherBytes { expected, found };
                Err(ForgeError::new(action, kind))
            }
            Some(_) => Ok(asset),
            None => {
                release.assets.insert(name.to_owned(), asset.clone());
                Ok(asset)
            }
        }
    }
}
