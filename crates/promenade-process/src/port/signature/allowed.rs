//! Who may sign which tags.

use serde::{Deserialize, Serialize};

use super::Signer;
use super::pattern::list_matches;

/// Lets some signers sign tags of some names.
///
/// ```
/// use promenade_process::port::signature::{SignatureKind, Signer, TagSigners};
///
/// let rule = TagSigners::new("v*,!v0.*", ["ada@example.org"]);
/// let ada = Signer {
///     kind: SignatureKind::Ssh,
///     principal: "ada@example.org".to_owned(),
///     key: "SHA256:…".to_owned(),
/// };
/// assert!(rule.allows("v1.4.0", &ada));
/// assert!(!rule.allows("v0.9.0", &ada));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TagSigners {
    tags: String,
    signers: Vec<String>,
}

impl TagSigners {
    /// Lets signers, named by principal or by the fingerprint of their key, sign the tags that a
    /// list of patterns matches (`*`, `?`, commas, `!` in front of what is not meant).
    #[must_use]
    pub fn new<S: Into<String>>(
        tags: impl Into<String>,
        signers: impl IntoIterator<Item = S>,
    ) -> Self {
        Self {
            tags: tags.into(),
            signers: signers.into_iter().map(Into::into).collect(),
        }
    }

    /// Returns true if this lets a signer sign a tag of this name.
    #[must_use]
    pub fn allows(&self, tag: &str, signer: &Signer) -> bool {
        let named = |name: &String| *name == signer.principal || *name == signer.key;
        list_matches(&self.tags, tag) && self.signers.iter().any(named)
    }
}
