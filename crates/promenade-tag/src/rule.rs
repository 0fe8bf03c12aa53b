//! The rules of tags, as a process file writes them.

use promenade_version::Meaning;

use crate::{MessageTemplate, TagTemplate};

/// What a tag stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Class {
    /// A numbered candidate of a version.
    Candidate,
    /// A released version.
    Release,
    /// A moving name: Mithril's `unstable`.
    Channel,
    /// A name of the past, which is read and never written.
    Legacy,
    /// Anything else.
    Other,
}

impl Class {
    /// Returns the name that process files and reports use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Candidate => "candidate",
            Self::Release => "release",
            Self::Channel => "channel",
            Self::Legacy => "legacy",
            Self::Other => "other",
        }
    }

    /// Says whether a tag of this class may stand for a version of this meaning.
    #[must_use]
    pub fn takes(self, meaning: Meaning) -> bool {
        match self {
            Self::Candidate => meaning == Meaning::Candidate,
            Self::Release => matches!(meaning, Meaning::Release | Meaning::StableSuffix),
            Self::Channel | Self::Legacy => true,
            Self::Other => false,
        }
    }
}

/// Whether the tags of a rule must be signed (C6, C33, C34, B10).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum SignaturePolicy {
    /// Nothing is said about signatures.
    #[default]
    None,
    /// An unsigned tag is worth a warning.
    Recommended,
    /// An unsigned tag is an error.
    Required,
}

/// Who makes a tag (C35).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum MadeBy {
    /// A person or a program.
    #[default]
    Anyone,
    /// A person, with their own key; no workflow pushes these tags.
    Person,
    /// A program.
    Automation,
}

impl MadeBy {
    /// Returns the name that process files and reports use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Anyone => "anyone",
            Self::Person => "person",
            Self::Automation => "automation",
        }
    }
}

/// One `[[tag]]` table: the tags of a class, how they are written, and what they must be.
///
/// ```
/// use promenade_tag::{Class, TagRule};
///
/// let mut rule = TagRule::new(Class::Release, "v{version}".parse()?);
/// rule.annotated = true;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(rename_all = "kebab-case", deny_unknown_fields)
)]
#[non_exhaustive]
pub struct TagRule {
    /// What these tags stand for.
    pub class: Class,
    /// Whether these are names of the past, which are read and never written; the class `legacy`
    /// says the same of tags of any version.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "std::ops::Not::not")
    )]
    pub legacy: bool,
    /// How they are named.
    pub template: TagTemplate,
    /// The component of these tags, where the template has no `{component}`.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    pub component: Option<String>,
    /// The names that `{component}` may take; any identifier where there are none.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Vec::is_empty")
    )]
    pub components: Vec<String>,
    /// The names that `{scope}` may take; any identifier where there are none.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Vec::is_empty")
    )]
    pub scopes: Vec<String>,
    /// The names that `{environment}` may take; any identifier where there are none.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Vec::is_empty")
    )]
    pub environments: Vec<String>,
    /// For legacy tags: the version that a name stands for, written with the placeholders of the
    /// template as they stood in the name: `{major}.{minor}-pre` for `{major}.{minor}-prerelease`.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    pub reads: Option<MessageTemplate>,
    /// Whether these tags must be tag objects.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "std::ops::Not::not")
    )]
    pub annotated: bool,
    /// Whether these tags must be signed; a signature needs a tag object.
    #[cfg_attr(feature = "serde", serde(default))]
    pub signature: SignaturePolicy,
    /// What a tag object of these tags says.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    pub message: Option<MessageTemplate>,
    /// What a tag object says where the version is a hotfix (C26).
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    pub hotfix_message: Option<MessageTemplate>,
    /// Whether these names are used as image tags too, and so must fit that grammar.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "std::ops::Not::not")
    )]
    pub image: bool,
    /// Who makes these tags.
    #[cfg_attr(feature = "serde", serde(default))]
    pub by: MadeBy,
}

impl TagRule {
    /// Makes a rule that asks for nothing but the name.
    #[must_use]
    pub fn new(class: Class, template: TagTemplate) -> Self {
        Self {
            class,
            legacy: false,
            template,
            component: None,
            components: Vec::new(),
            scopes: Vec::new(),
            environments: Vec::new(),
            reads: None,
            annotated: false,
            signature: SignaturePolicy::None,
            message: None,
            hotfix_message: None,
            image: false,
            by: MadeBy::Anyone,
        }
    }

    /// Says whether these names are read and never written.
    #[must_use]
    pub fn is_legacy(&self) -> bool {
        self.legacy || self.class == Class::Legacy
    }

    /// Returns the class of the names that the rule reads.
    pub(crate) fn reads_as(&self) -> Class {
        if self.is_legacy() {
            Class::Legacy
        } else {
            self.class
        }
    }

    /// Says whether these tags must be tag objects: asked for, or needed for the signature.
    #[must_use]
    pub fn needs_object(&self) -> bool {
        self.annotated || self.signature == SignaturePolicy::Required
    }
}
