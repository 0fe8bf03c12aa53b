//! What the manifest says between releases, and what its history must not do.

use semver::Version;

use crate::next::{base, raise, raise_level, with_prerelease};
use crate::{
    AfterRelease, Level, Meaning, Next, NextVersionError, NextVersionErrorKind, Rule, SchemeKind,
    VersionPolicy,
};

/// The branch whose manifest moves on after a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Branch {
    /// The main branch, where a release of this level is planned next.
    Main(Level),
    /// The branch of a line, where only patches follow.
    Patch,
}

impl VersionPolicy {
    /// Returns what the manifest says right after `released`; nothing if it stays as it is.
    ///
    /// # The marker `-dev` (B20 to B22)
    ///
    /// ```
    /// use promenade_version::{AfterRelease, BelowOne, Branch, Level, SchemeKind, VersionPolicy};
    ///
    /// let policy = VersionPolicy::builder(SchemeKind::Semver)
    ///     .below_one(BelowOne::ZeroIsOpen)
    ///     .after_release(AfterRelease::Marker("dev".parse()?))
    ///     .build()?;
    /// let released = policy.scheme().parse("1.5.0")?;
    /// let main = policy.after(&released, Branch::Main(Level::Minor))?.ok_or("stays")?;
    /// assert_eq!(main.text(), "1.6.0-dev");
    /// let patch = policy.after(&released, Branch::Patch)?.ok_or("stays")?;
    /// assert_eq!(patch.text(), "1.5.1-dev");
    /// assert_eq!(policy.drop_marker(patch.version())?.text(), "1.5.1");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # The next version (A17)
    ///
    /// ```
    /// use promenade_version::{AfterRelease, Branch, Level, SchemeKind, VersionPolicy};
    ///
    /// let policy = VersionPolicy::builder(SchemeKind::MajorMinor)
    ///     .after_release(AfterRelease::NextInManifest)
    ///     .build()?;
    /// let released = policy.scheme().parse("0.1")?;
    /// let main = policy.after(&released, Branch::Main(Level::Minor))?.ok_or("stays")?;
    /// assert_eq!(main.text(), "0.2");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// `OpenSeries` if `released` is a candidate, `NotReleased` if it is a state of the manifest,
    /// `NeedsDate` on the main branch of a calendar scheme, whose next version nobody knows yet,
    /// `NoPatch` and `Overflow`.
    pub fn after(
        &self,
        released: &Version,
        branch: Branch,
    ) -> Result<Option<Next>, NextVersionError> {
        self.state_after(released, branch)
            .map_err(|kind| NextVersionError::new(self.scheme(), Some(released), kind))
    }

    fn state_after(
        &self,
        released: &Version,
        branch: Branch,
    ) -> Result<Option<Next>, NextVersionErrorKind> {
        match self.scheme().meaning(released) {
            Meaning::Candidate => return Err(NextVersionErrorKind::OpenSeries),
            Meaning::Manifest => return Err(NextVersionErrorKind::NotReleased),
            Meaning::Release | Meaning::StableSuffix => {}
        }
        if *self.after_release() == AfterRelease::None {
            return Ok(None);
        }
        let next = match (branch, self.scheme().kind()) {
            (Branch::Patch, _) => {
                let index = self
                    .scheme()
                    .patch_index()
                    .ok_or(NextVersionErrorKind::NoPatch)?;
                raise(released, index)?
            }
            (Branch::Main(_), SchemeKind::Calendar(_)) => {
                return Err(NextVersionErrorKind::NeedsDate);
            }
            (Branch::Main(_), SchemeKind::Integer) => raise(released, 0)?,
            (Branch::Main(level), SchemeKind::Semver | SchemeKind::MajorMinor) => {
                raise_level(released, level)?
            }
        };
        let (version, rule) = match self.after_release() {
            AfterRelease::Marker(marker) => {
                let identifiers = self.scheme().suffixes().manifest_identifiers(marker);
                let marked = with_prerelease(&next, &identifiers.unwrap_or_default())?;
                (marked, Rule::MarkerSet)
            }
            AfterRelease::NextInManifest | AfterRelease::None => (next, Rule::NextInManifest),
        };
        self.step(rule, released, version).map(Some)
    }

    /// Returns the release that a state of the manifest announces: `1.6.0-dev` gives `1.6.0`.
    ///
    /// # Errors
    /// `NotAManifestState` if the version carries no declared marker.
    pub fn drop_marker(&self, state: &Version) -> Result<Next, NextVersionError> {
        let fail = |kind| NextVersionError::new(self.scheme(), Some(state), kind);
        if self.scheme().meaning(state) != Meaning::Manifest {
            return Err(fail(NextVersionErrorKind::NotAManifestState));
        }
        self.step(Rule::MarkerDropped, state, base(state))
            .map_err(fail)
    }
}
