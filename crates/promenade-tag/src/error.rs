//! The errors of names and templates.

use std::fmt;

use crate::Placeholder;

/// A text is not a template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid template `{input}`: {kind}")]
pub struct ParseTemplateError {
    input: String,
    kind: ParseTemplateErrorKind,
}

impl ParseTemplateError {
    pub(crate) fn new(input: &str, kind: ParseTemplateErrorKind) -> Self {
        Self {
            input: input.to_owned(),
            kind,
        }
    }

    /// Returns the text that was refused.
    #[must_use]
    pub fn input(&self) -> &str {
        &self.input
    }

    /// Returns why it was refused.
    #[must_use]
    pub fn kind(&self) -> &ParseTemplateErrorKind {
        &self.kind
    }
}

/// Why a text is not a template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseTemplateErrorKind {
    /// There is nothing in it.
    #[error("expected a literal or a placeholder, found nothing")]
    Empty,
    /// It is longer than [`MAX_TEMPLATE_BYTES`](crate::MAX_TEMPLATE_BYTES).
    #[error("expected at most {} bytes, found {found}", crate::MAX_TEMPLATE_BYTES)]
    TooLong {
        /// Its length in bytes.
        found: usize,
    },
    /// A brace is opened and never closed.
    #[error("the `{{` at byte {at} is not closed; a literal brace is `{{{{`")]
    Unclosed {
        /// Where the brace stands.
        at: usize,
    },
    /// A brace is closed that was never opened.
    #[error("the `}}` at byte {at} closes nothing; a literal brace is `}}}}`")]
    Unopened {
        /// Where the brace stands.
        at: usize,
    },
    /// No placeholder has this name.
    #[error(
        "unknown placeholder `{{{found}}}` at byte {at}; expected one of {}",
        Placeholder::NAMES
    )]
    UnknownPlaceholder {
        /// Where it stands.
        at: usize,
        /// The name between the braces.
        found: String,
    },
    /// The placeholder has no meaning in a template of this kind.
    #[error("`{{{field}}}` has no meaning in this kind of template")]
    PlaceholderNotAllowed {
        /// The placeholder.
        field: Placeholder,
    },
    /// No name that the template writes could be a ref name.
    #[error("its names would not be ref names: {kind}")]
    RefName {
        /// The rule that every name would break.
        kind: RefNameErrorKind,
    },
    /// No name that the template writes could be an image tag.
    #[error(
        "its names would not be image tags: found {found:?}, expected letters, digits, `_`, `.`, `-`, and neither `.` nor `-` first"
    )]
    ImageTag {
        /// The character that no image tag has there.
        found: char,
    },
}

/// A text is not the name of a tag.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid tag name `{input}`: {kind}")]
pub struct ParseTagNameError {
    input: String,
    kind: RefNameErrorKind,
}

impl ParseTagNameError {
    pub(crate) fn new(input: &str, kind: RefNameErrorKind) -> Self {
        Self {
            input: input.to_owned(),
            kind,
        }
    }

    /// Returns the text that was refused.
    #[must_use]
    pub fn input(&self) -> &str {
        &self.input
    }

    /// Returns why it was refused.
    #[must_use]
    pub fn kind(&self) -> &RefNameErrorKind {
        &self.kind
    }
}

/// The rule of `git check-ref-format` that a name breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RefNameErrorKind {
    /// There is nothing in it.
    #[error("expected a name, found nothing")]
    Empty,
    /// A control character, a space, or one of `~^:?*[\`.
    #[error("byte {at} is {:?}, which git does not allow in a ref name", char::from(*byte))]
    Character {
        /// Where it stands.
        at: usize,
        /// The byte.
        byte: u8,
    },
    /// `..` or `@{`.
    #[error("`{found}` at byte {at} is not allowed in a ref name")]
    Sequence {
        /// Where it stands.
        at: usize,
        /// The two characters.
        found: &'static str,
    },
    /// A slash at an end, or two in a row.
    #[error("a slash at the start, at the end or doubled is not allowed in a ref name")]
    EmptyPart,
    /// A part starts with a dot.
    #[error("no part of a ref name may start with a dot")]
    LeadingDot,
    /// A part ends with `.lock`.
    #[error("no part of a ref name may end with `.lock`")]
    Lock,
    /// The name ends with a dot.
    #[error("a ref name may not end with a dot")]
    TrailingDot,
    /// The name starts with a hyphen: every program would read it as an option.
    #[error("the name of a tag may not start with a hyphen")]
    LeadingHyphen,
}

/// Values have no name under a template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{template}` cannot write this name: {kind}")]
pub struct FormatNameError {
    template: String,
    kind: FormatNameErrorKind,
}

impl FormatNameError {
    pub(crate) fn new(template: &str, kind: FormatNameErrorKind) -> Self {
        Self {
            template: template.to_owned(),
            kind,
        }
    }

    /// Returns the text of the template.
    #[must_use]
    pub fn template(&self) -> &str {
        &self.template
    }

    /// Returns why there is no name.
    #[must_use]
    pub fn kind(&self) -> &FormatNameErrorKind {
        &self.kind
    }
}

/// Why values have no name under a template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FormatNameErrorKind {
    /// A placeholder has no value.
    #[error("no value is given for `{{{field}}}`")]
    Missing {
        /// The placeholder.
        field: Placeholder,
    },
    /// The scheme has no text for the version.
    #[error("{reason}")]
    Version {
        /// What the scheme says.
        reason: String,
    },
    /// The name would read back as something else, or as nothing.
    #[error("`{name}` would not read back as what it was made from")]
    NotInverse {
        /// The name that would have been written.
        name: String,
    },
    /// The name is not a ref name.
    #[error("`{name}` is not a ref name: {kind}")]
    RefName {
        /// The name that would have been written.
        name: String,
        /// The rule that it breaks.
        kind: RefNameErrorKind,
    },
    /// The name is not an image tag.
    #[error("`{name}` is not an image tag: {kind}")]
    ImageTag {
        /// The name that would have been written.
        name: String,
        /// The rule that it breaks.
        kind: ImageNameErrorKind,
    },
    /// The template reads names of the past and writes none.
    #[error("it is a legacy template, which reads and never writes")]
    Legacy,
}

/// No tag can be named.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameTagError {
    /// No rule writes tags of this class for this component.
    #[error("no rule writes a {class} tag{}", of(component.as_deref()))]
    NoRule {
        /// The class that was asked for.
        class: &'static str,
        /// The component that was asked for.
        component: Option<String>,
    },
    /// The rule's template cannot write the values.
    #[error(transparent)]
    Format(FormatNameError),
    /// What the template writes is no tag name.
    #[error(transparent)]
    Name(ParseTagNameError),
}

fn of(component: Option<&str>) -> String {
    component.map_or_else(String::new, |name| format!(" of `{name}`"))
}

/// A set of tag rules is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("tag rule {} (`{template}`): {kind}", index + 1)]
pub struct BuildTagPolicyError {
    index: usize,
    template: String,
    kind: BuildTagPolicyErrorKind,
}

impl BuildTagPolicyError {
    pub(crate) fn new(index: usize, template: &str, kind: BuildTagPolicyErrorKind) -> Self {
        Self {
            index,
            template: template.to_owned(),
            kind,
        }
    }

    /// Returns the index of the rule, from 0.
    #[must_use]
    pub fn index(&self) -> usize {
        self.index
    }

    /// Returns the template of the rule.
    #[must_use]
    pub fn template(&self) -> &str {
        &self.template
    }

    /// Returns why it is refused.
    #[must_use]
    pub fn kind(&self) -> &BuildTagPolicyErrorKind {
        &self.kind
    }
}

/// Why a set of tag rules is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildTagPolicyErrorKind {
    /// Tags of this class stand for a version, and the template holds none.
    #[error("a candidate or release tag must hold a whole version")]
    NoVersion,
    /// `other` is what no rule reads.
    #[error("`other` is the class of tags that no rule reads; it has no rule")]
    ClassOther,
    /// The rule fixes the component that the template reads.
    #[error("`component` is for templates without `{{component}}`; list names in `components`")]
    ComponentTwice,
    /// Names are listed for a placeholder that the template lacks.
    #[error("names are listed for `{{{field}}}`, which the template lacks")]
    UnusedNames {
        /// The placeholder.
        field: Placeholder,
    },
    /// A listed name is empty.
    #[error("an empty name is listed for `{{{field}}}`")]
    EmptyName {
        /// The placeholder.
        field: Placeholder,
    },
    /// `reads` is for names of the past.
    #[error("`reads` is for rules of class `legacy`")]
    ReadsWithoutLegacy,
    /// `reads` needs what the name does not hold.
    #[error("`reads` needs `{{{field}}}`, which the template lacks")]
    ReadsUnknown {
        /// The placeholder.
        field: Placeholder,
    },
    /// A name has two readings.
    #[error(transparent)]
    Ambiguous(Ambiguity),
}

/// A name that two readings share: two templates, or one template in two ways.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` {certainty}: {first} and {second}{}", certainty.remedy())]
pub struct Ambiguity {
    pub(crate) certainty: Certainty,
    pub(crate) text: String,
    pub(crate) first: String,
    pub(crate) second: String,
}

/// How sure it is that a name has two readings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Certainty {
    /// The scheme takes both.
    Certain,
    /// The scheme takes the first; the second holds for a reader who does not know the scheme.
    AnyScheme,
    /// Nothing shows that it has one.
    Unproven,
}

impl Certainty {
    fn remedy(self) -> &'static str {
        match self {
            Self::Certain | Self::Unproven => "",
            Self::AnyScheme => {
                "; separate the name from the version by more than that, or write a rule for each name"
            }
        }
    }
}

impl fmt::Display for Certainty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Certain => "has two readings",
            Self::AnyScheme => "has two readings for all who do not know the scheme",
            Self::Unproven => "cannot be shown to have one reading",
        })
    }
}

impl Ambiguity {
    /// Says whether the scheme takes both readings. If not, the set is refused because nothing
    /// shows that it never will: a listed name runs into the version, and only who knows the
    /// scheme of the day can tell where it ends; or the languages of two templates meet in texts
    /// that the scheme has refused so far.
    #[must_use]
    pub fn is_certain(&self) -> bool {
        self.certainty == Certainty::Certain
    }

    /// Returns a shortest name that has two readings.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns both readings: the template and what each placeholder stands for.
    #[must_use]
    pub fn readings(&self) -> [&str; 2] {
        [&self.first, &self.second]
    }
}

/// A template has a name with two readings.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("ambiguous template `{template}`: {ambiguity}")]
pub struct AmbiguousTemplateError {
    template: String,
    ambiguity: Ambiguity,
}

impl AmbiguousTemplateError {
    pub(crate) fn new(template: &str, ambiguity: Ambiguity) -> Self {
        Self {
            template: template.to_owned(),
            ambiguity,
        }
    }

    /// Returns the text of the template.
    #[must_use]
    pub fn template(&self) -> &str {
        &self.template
    }

    /// Returns the name and its readings.
    #[must_use]
    pub fn ambiguity(&self) -> &Ambiguity {
        &self.ambiguity
    }
}

/// A text is not an image tag, or not the name of an image repository.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid {what} `{input}`: {kind}")]
pub struct ParseImageNameError {
    what: &'static str,
    input: String,
    kind: ImageNameErrorKind,
}

impl ParseImageNameError {
    pub(crate) fn new(what: &'static str, input: &str, kind: ImageNameErrorKind) -> Self {
        Self {
            what,
            input: input.to_owned(),
            kind,
        }
    }

    /// Returns the text that was refused.
    #[must_use]
    pub fn input(&self) -> &str {
        &self.input
    }

    /// Returns why it was refused.
    #[must_use]
    pub fn kind(&self) -> &ImageNameErrorKind {
        &self.kind
    }
}

/// The rule of the OCI distribution specification that a name breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ImageNameErrorKind {
    /// There is nothing in it.
    #[error("expected a name, found nothing")]
    Empty,
    /// It is too long.
    #[error("expected at most {most} bytes, found {found}")]
    TooLong {
        /// The most bytes that are allowed.
        most: usize,
        /// Its length.
        found: usize,
    },
    /// A character is not allowed where it stands.
    #[error("character {found:?} at byte {at} is not allowed there")]
    Character {
        /// Where it stands.
        at: usize,
        /// The character.
        found: char,
    },
    /// A part between slashes is empty, or has a separator at an end or too many in a row.
    #[error("part `{part}` must be letters and digits with single separators between them")]
    Separator {
        /// Which part between slashes, from 1.
        part: usize,
    },
}

/// A set of channel rules is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("channel rule {} (`{template}`): {kind}", index + 1)]
pub struct BuildChannelSetError {
    index: usize,
    template: String,
    kind: BuildChannelSetErrorKind,
}

impl BuildChannelSetError {
    pub(crate) fn new(index: usize, template: &str, kind: BuildChannelSetErrorKind) -> Self {
        Self {
            index,
            template: template.to_owned(),
            kind,
        }
    }

    /// Returns the index of the rule, from 0.
    #[must_use]
    pub fn index(&self) -> usize {
        self.index
    }

    /// Returns the template of the rule's names.
    #[must_use]
    pub fn template(&self) -> &str {
        &self.template
    }

    /// Returns why it is refused.
    #[must_use]
    pub fn kind(&self) -> &BuildChannelSetErrorKind {
        &self.kind
    }
}

/// Why a set of channel rules is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildChannelSetErrorKind {
    /// `since` is no version of the scheme.
    #[error("`since`: {reason}")]
    Since {
        /// What the scheme says.
        reason: String,
    },
    /// The events of the rule have no value for a placeholder.
    #[error("`{{{field}}}` has no value on {trigger}")]
    NoValue {
        /// The placeholder.
        field: Placeholder,
        /// The event.
        trigger: &'static str,
    },
    /// An environment is named, and promotions do not move the channel.
    #[error("`environment` is for channels that move on promotion")]
    EnvironmentWithoutPromotion,
    /// The rule fixes the component that the name holds.
    #[error("`component` is for names without `{{component}}`; list names in `components`")]
    ComponentTwice,
    /// Names are listed for a placeholder that the name lacks.
    #[error("names are listed for `{{{field}}}`, which the name lacks")]
    UnusedNames {
        /// The placeholder.
        field: Placeholder,
    },
    /// `latest` would point at something that is not released (C13).
    #[error("`latest` is for releases: neither a candidate nor a push may move it")]
    LatestOfCandidates,
    /// An immutable name says how it moves.
    #[error("an immutable name neither follows anything nor is exclusive")]
    ImmutableMoves,
    /// An immutable name that several versions would share.
    #[error("an immutable name must hold the version, the tag or the commit")]
    ImmutableShared,
    /// A name has two readings.
    #[error(transparent)]
    Ambiguous(Ambiguity),
}

/// An event cannot be planned for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanChannelsError {
    /// The version is a state of a manifest.
    #[error("`{tag}` is a state of a manifest between releases and is not published")]
    NotPublishable {
        /// Its tag.
        tag: String,
    },
    /// The version was withdrawn (INV-12).
    #[error("`{tag}` is withdrawn and never becomes the target of a channel again")]
    Withdrawn {
        /// Its tag.
        tag: String,
    },
    /// The tag to withdraw is not among the published ones.
    #[error("`{tag}` is not among the published versions")]
    Unknown {
        /// The tag.
        tag: String,
    },
}
