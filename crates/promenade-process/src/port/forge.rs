//! Releases on a forge: a page per tag, with notes and assets.
//!
//! A tag and the name of a release are separate fields. Nothing is ever deleted: the port has no
//! verb for it, and a bad release keeps its page and gets a banner.

mod banner;
pub mod conformance;
mod error;
mod file;
mod value;

pub use banner::{DeprecateError, deprecate, deprecation};
pub use error::{ForgeError, ForgeErrorKind};
pub use file::{AssetError, AssetFile, Assets};
pub use value::{Asset, Release, ReleaseId, ReleaseText, Stage};

/// The releases of one repository on a forge.
///
/// Implementations are checked by [`conformance::check`].
pub trait Forge: Send + Sync {
    /// Returns every release, drafts included, by tag.
    ///
    /// Forges hide drafts when asked for one tag, so a release is found by listing.
    ///
    /// # Errors
    /// [`ForgeError`] if the forge does not answer, refuses, or answers what cannot be true.
    fn list(&self) -> Result<Vec<Release>, ForgeError>;

    /// Creates the release of a tag, without assets.
    ///
    /// # Errors
    /// [`ForgeErrorKind::Exists`] if the tag has a release, draft or not. After
    /// [`ForgeErrorKind::Unknown`] the release may exist or not: look.
    fn create(&self, tag: &str, text: &ReleaseText) -> Result<Release, ForgeError>;

    /// Replaces name, notes, stage and the wish to be shown as the latest, if the release still
    /// says `expected`.
    ///
    /// # Errors
    /// [`ForgeErrorKind::Changed`] if somebody edited it meanwhile, [`ForgeErrorKind::Absent`] if
    /// there is no such release.
    fn edit(
        &self,
        id: &ReleaseId,
        expected: &ReleaseText,
        text: &ReleaseText,
    ) -> Result<Release, ForgeError>;

    /// Attaches bytes under a name. Attaching the same bytes twice is attaching them once.
    ///
    /// # Errors
    /// [`ForgeErrorKind::OtherBytes`] if the name is taken by other bytes: an asset is never
    /// replaced.
    fn attach(
        &self,
        id: &ReleaseId,
        name: &str,
        media_type: &str,
        bytes: &[u8],
    ) -> Result<Asset, ForgeError>;
}
