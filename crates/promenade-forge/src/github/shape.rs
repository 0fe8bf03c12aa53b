//! The shapes of GitHub's releases.

use std::collections::BTreeMap;

use promenade_process::port::forge::{Asset, Release, ReleaseId, ReleaseText, Stage};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A release, as far as it is read.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct ReleaseShape {
    pub(super) id: u64,
    tag_name: String,
    name: Option<String>,
    body: Option<String>,
    draft: bool,
    prerelease: bool,
    pub(super) upload_url: String,
    #[serde(default)]
    assets: Vec<AssetShape>,
}

/// An asset, as far as it is read.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct AssetShape {
    pub(super) id: u64,
    pub(super) name: String,
    pub(super) state: String,
    size: u64,
    digest: Option<String>,
}

/// What is said of a release.
#[derive(Serialize)]
pub(super) struct SaidRelease<'a> {
    tag_name: &'a str,
    name: &'a str,
    body: &'a str,
    draft: bool,
    prerelease: bool,
    make_latest: &'static str,
}

#[derive(Deserialize)]
struct Refusal {
    #[serde(default)]
    message: String,
    #[serde(default)]
    errors: Vec<Value>,
}

impl<'a> SaidRelease<'a> {
    /// A draft and a pre-release cannot be the latest; a full one is only if that was asked for.
    pub(super) fn new(tag: &'a str, text: &'a ReleaseText) -> Self {
        Self {
            tag_name: tag,
            name: &text.name,
            body: &text.notes,
            draft: text.stage == Stage::Draft,
            prerelease: text.stage == Stage::Prerelease,
            make_latest: match text.stage {
                Stage::Latest => "true",
                Stage::Draft | Stage::Prerelease | Stage::Full => "false",
            },
        }
    }
}

impl ReleaseShape {
    pub(super) fn tag(&self) -> &str {
        &self.tag_name
    }

    /// `latest` is the id of the release that is shown as the latest.
    pub(super) fn release(&self, latest: Option<u64>) -> Release {
        let stage = match (self.draft, self.prerelease) {
            (true, _) => Stage::Draft,
            (false, true) => Stage::Prerelease,
            (false, false) if latest == Some(self.id) => Stage::Latest,
            (false, false) => Stage::Full,
        };
        let whole = self.assets.iter().filter(|asset| asset.is_whole());
        let assets: BTreeMap<_, _> = whole
            .map(|asset| (asset.name.clone(), asset.asset()))
            .collect();
        Release {
            id: ReleaseId::new(self.id.to_string()),
            tag: self.tag_name.clone(),
            text: ReleaseText {
                name: self.name.clone().unwrap_or_default(),
                notes: self.body.clone().unwrap_or_default(),
                stage,
            },
            assets,
        }
    }
}

impl AssetShape {
    /// An upload that failed halfway leaves an asset behind that has no bytes; it holds its name.
    pub(super) fn is_whole(&self) -> bool {
        self.state != "starter"
    }

    pub(super) fn asset(&self) -> Asset {
        Asset {
            digest: self.digest.as_deref().and_then(|text| text.parse().ok()),
            size_bytes: self.size,
        }
    }
}

/// Reads what is said with a refusal: a sentence, and whether the reason is that it is there already.
pub(super) fn refusal(body: &[u8]) -> (String, bool) {
    let Ok(refusal) = serde_json::from_slice::<Refusal>(body) else {
        return (String::new(), false);
    };
    let field = |error: &Value, name: &str| error.get(name)?.as_str().map(str::to_owned);
    let exists = |error: &Value| field(error, "code").as_deref() == Some("already_exists");
    let details: Vec<_> = refusal
        .errors
        .iter()
        .map(|error| {
            let parts = ["field", "code", "message"].map(|name| field(error, name));
            match error.as_str() {
                Some(text) => text.to_owned(),
                None => parts.into_iter().flatten().collect::<Vec<_>>().join(" "),
            }
        })
        .collect();
    let exists = refusal.errors.iter().any(exists);
    let mut text = refusal.message;
    if !details.is_empty() {
        text.push_str(&format!(" ({})", details.join("; ")));
    }
    (text, exists)
}
