//! Publishing a release so that it can be run again.

use std::collections::BTreeMap;

use promenade_process::port::forge::{
    Forge, ForgeError, ForgeErrorKind, Release, ReleaseText, Stage,
};

/// What a release shall be: its tag, its text and its assets.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct ReleasePlan {
    tag: String,
    text: ReleaseText,
    assets: BTreeMap<String, (String, Vec<u8>)>,
}

/// An asset cannot be planned.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid asset name `{name}`: {problem}")]
pub struct PlanReleaseError {
    name: String,
    problem: &'static str,
}

/// A release could not be published.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PublishError {
    /// The forge failed or refused.
    #[error(transparent)]
    Forge(#[from] ForgeError),
    /// The tag has a published release that says something else.
    #[error("the release of `{tag}` is published and says something else; edit it on purpose")]
    OtherText {
        /// The tag.
        tag: String,
    },
}

impl ReleasePlan {
    /// Plans the release of a tag.
    pub fn new(tag: impl Into<String>, text: ReleaseText) -> Self {
        Self {
            tag: tag.into(),
            text,
            assets: BTreeMap::new(),
        }
    }

    /// Adds an asset.
    ///
    /// # Errors
    /// [`PlanReleaseError`] if the name stands twice or is one that forges rewrite: they replace
    /// blanks and other characters in silence, and then the name in a checksum file no longer fits.
    pub fn with_asset(
        mut self,
        name: &str,
        media_type: &str,
        bytes: &[u8],
    ) -> Result<Self, PlanReleaseError> {
        let fault = |problem| PlanReleaseError {
            name: name.to_owned(),
            problem,
        };
        let kept = |c: char| c.is_ascii_alphanumeric() || "._-+~@".contains(c);
        if name.is_empty() || !name.chars().all(kept) || name.starts_with('.') {
            return Err(fault(
                "expected A-Z, a-z, 0-9, `.`, `_`, `-`, `+`, `~`, `@`",
            ));
        }
        let asset = (media_type.to_owned(), bytes.to_vec());
        if self.assets.insert(name.to_owned(), asset).is_some() {
            return Err(fault("the name stands twice"));
        }
        Ok(self)
    }

    /// Returns the tag.
    #[must_use]
    pub fn tag(&self) -> &str {
        &self.tag
    }

    /// Returns the text.
    #[must_use]
    pub fn text(&self) -> &ReleaseText {
        &self.text
    }

    /// Returns the names of the assets.
    pub fn assets(&self) -> impl Iterator<Item = &str> {
        self.assets.keys().map(String::as_str)
    }
}

/// Publishes a release: a draft is made, the assets are attached, and only then is it shown, so
/// nobody sees a release without its files. Whatever is done already is left as it is.
///
/// # Errors
/// [`PublishError::OtherText`] if the tag has a published release with another text; a
/// [`ForgeError`] of the first step that failed. Run it again to take up there.
pub fn publish(forge: &dyn Forge, plan: &ReleasePlan) -> Result<Release, PublishError> {
    let draft = ReleaseText {
        stage: Stage::Draft,
        ..plan.text.clone()
    };
    let release = match find(forge, &plan.tag)? {
        Some(release) => release,
        None => match forge.create(&plan.tag, &draft) {
            Ok(release) => release,
            // Somebody else was first, or our own answer was lost: look at what is there.
            Err(error) if may_exist(error.kind()) => find(forge, &plan.tag)?.ok_or(error)?,
            Err(error) => return Err(error.into()),
        },
    };
    if !says(&release, plan) {
        return Err(PublishError::OtherText {
            tag: plan.tag.clone(),
        });
    }
    for (name, (media_type, bytes)) in &plan.assets {
        forge.attach(&release.id, name, media_type, bytes)?;
    }
    if release.text.stage == Stage::Draft && plan.text.stage != Stage::Draft {
        forge.edit(&release.id, &release.text, &plan.text)?;
    }
    let absent = || ForgeError::new("read back", ForgeErrorKind::Absent);
    Ok(find(forge, &plan.tag)?.ok_or_else(absent)?)
}

fn find(forge: &dyn Forge, tag: &str) -> Result<Option<Release>, ForgeError> {
    let releases = forge.list()?;
    Ok(releases.into_iter().find(|release| release.tag == tag))
}

fn may_exist(kind: &ForgeErrorKind) -> bool {
    matches!(
        kind,
        ForgeErrorKind::Exists | ForgeErrorKind::Unknown { .. }
    )
}

/// A draft says what is planned if its words do: its stage is ours to change. A release that was
/// the latest once may have given that up to a later one.
fn says(release: &Release, plan: &ReleasePlan) -> bool {
    let (there, wanted) = (&release.text, &plan.text);
    let stage = match (there.stage, wanted.stage) {
        (Stage::Draft, _) | (Stage::Full, Stage::Latest) => true,
        (there, wanted) => there == wanted,
    };
    there.name == wanted.name && there.notes == wanted.notes && stage
}
