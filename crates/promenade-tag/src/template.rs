//! Templates as texts: literals and placeholders, checked for what they may stand for.

use std::fmt;
use std::str::FromStr;

use crate::{ParseTemplateError, ParseTemplateErrorKind, Placeholder};

/// The most bytes a template may have.
pub const MAX_TEMPLATE_BYTES: usize = 512;

/// A piece of a template.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Segment {
    /// Text that stands for itself.
    Literal(String),
    /// A value.
    Field(Placeholder),
}

/// The source text and the pieces of a template of any kind.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Pattern {
    source: String,
    segments: Vec<Segment>,
}

impl Pattern {
    pub(crate) fn parse(source: &str) -> Result<Self, ParseTemplateErrorKind> {
        if source.is_empty() {
            return Err(ParseTemplateErrorKind::Empty);
        }
        if source.len() > MAX_TEMPLATE_BYTES {
            return Err(ParseTemplateErrorKind::TooLong {
                found: source.len(),
            });
        }
        let mut segments = Vec::new();
        let mut literal = String::new();
        let mut rest = source;
        while let Some(first) = rest.chars().next() {
            let at = source.len() - rest.len();
            if let Some(after) = rest.strip_prefix("{{") {
                literal.push('{');
                rest = after;
            } else if let Some(after) = rest.strip_prefix("}}") {
                literal.push('}');
                rest = after;
            } else if let Some(inside) = rest.strip_prefix('{') {
                let (name, after) = inside
                    .split_once('}')
                    .ok_or(ParseTemplateErrorKind::Unclosed { at })?;
                let field = Placeholder::parse(name).ok_or_else(|| {
                    ParseTemplateErrorKind::UnknownPlaceholder {
                        at,
                        found: name.to_owned(),
                    }
                })?;
                if !literal.is_empty() {
                    segments.push(Segment::Literal(std::mem::take(&mut literal)));
                }
                segments.push(Segment::Field(field));
                rest = after;
            } else if first == '}' {
                return Err(ParseTemplateErrorKind::Unopened { at });
            } else {
                literal.push(first);
                rest = rest.get(first.len_utf8()..).unwrap_or_default();
            }
        }
        if !literal.is_empty() {
            segments.push(Segment::Literal(literal));
        }
        Ok(Self {
            source: source.to_owned(),
            segments,
        })
    }

    pub(crate) fn source(&self) -> &str {
        &self.source
    }

    pub(crate) fn segments(&self) -> &[Segment] {
        &self.segments
    }

    pub(crate) fn fields(&self) -> impl Iterator<Item = Placeholder> + '_ {
        self.segments.iter().filter_map(|segment| match segment {
            Segment::Literal(_) => None,
            Segment::Field(field) => Some(*field),
        })
    }

    pub(crate) fn has(&self, field: Placeholder) -> bool {
        self.fields().any(|own| own == field)
    }

    fn without(self, refused: &[Placeholder]) -> Result<Self, ParseTemplateErrorKind> {
        let found = self.fields().find(|field| refused.contains(field));
        match found {
            Some(field) => Err(ParseTemplateErrorKind::PlaceholderNotAllowed { field }),
            None => Ok(self),
        }
    }

    /// Refuses literals that no ref name can hold (`git check-ref-format`).
    fn of_refs(self) -> Result<Self, ParseTemplateErrorKind> {
        let mut sample = String::new();
        for segment in &self.segments {
            sample.push_str(match segment {
                Segment::Literal(text) => text,
                // Stands for any value: no rule of ref names is about it.
                Segment::Field(_) => "0",
            });
        }
        if let Err(kind) = crate::refname::check(sample.as_bytes()) {
            return Err(ParseTemplateErrorKind::RefName { kind });
        }
        Ok(self)
    }

    /// Refuses literals that no image tag can hold (OCI distribution, `<reference>` as a tag).
    fn of_images(self) -> Result<Self, ParseTemplateErrorKind> {
        for segment in &self.segments {
            if let Segment::Literal(text) = segment {
                for found in text.chars() {
                    if !matches!(found, 'a'..='z' | 'A'..='Z' | '0'..='9' | '_' | '.' | '-') {
                        return Err(ParseTemplateErrorKind::ImageTag { found });
                    }
                }
            }
        }
        if let Some(Segment::Literal(text)) = self.segments.first()
            && let Some(found @ ('.' | '-')) = text.chars().next()
        {
            return Err(ParseTemplateErrorKind::ImageTag { found });
        }
        Ok(self)
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.source, f)
    }
}

macro_rules! template {
    ($(#[$doc:meta])* $name:ident, $check:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
        #[cfg_attr(feature = "serde", serde(try_from = "String", into = "String"))]
        pub struct $name(pub(crate) Pattern);

        impl $name {
            /// Returns the text of the template.
            #[must_use]
            pub fn as_str(&self) -> &str {
                self.0.source()
            }

            /// Iterates over the placeholders, in order.
            pub fn placeholders(&self) -> impl Iterator<Item = Placeholder> + '_ {
                self.0.fields()
            }

            /// Says whether the template names `placeholder`.
            #[must_use]
            pub fn names(&self, placeholder: Placeholder) -> bool {
                self.0.has(placeholder)
            }
        }

        impl FromStr for $name {
            type Err = ParseTemplateError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let check: fn(Pattern) -> Result<Pattern, ParseTemplateErrorKind> = $check;
                Pattern::parse(text)
                    .and_then(check)
                    .map(Self)
                    .map_err(|kind| ParseTemplateError::new(text, kind))
            }
        }

        impl TryFrom<String> for $name {
            type Error = ParseTemplateError;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(template: $name) -> Self {
                template.0.source
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

template!(
    /// The text of a tag template: `attestation-service-v{version}`.
    ///
    /// `{{` and `}}` are literal braces. What no ref name can hold is refused here; whether
    /// writing and reading are inverse depends on the version scheme, and is proven by
    /// [`TagPolicy::build`](crate::TagPolicy::build) or [`TagTemplate::bind`].
    ///
    /// ```
    /// use promenade_tag::TagTemplate;
    ///
    /// let template: TagTemplate = "v{version}".parse()?;
    /// assert_eq!(template.to_string(), "v{version}");
    /// assert!("v {version}".parse::<TagTemplate>().is_err());
    /// assert!("v{varsion}".parse::<TagTemplate>().is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    TagTemplate,
    |pattern| pattern.without(&[Placeholder::Tag])?.of_refs()
);

template!(
    /// The text of a branch template: `release/{component}/{major}.{minor}`,
    /// `hotfix/v{next_patch}`.
    BranchTemplate,
    |pattern| pattern.without(&[Placeholder::Tag])?.of_refs()
);

template!(
    /// The text of a message template: `Release candidate {version}`.
    MessageTemplate,
    Ok
);

template!(
    /// The text of a channel's name: `latest`, `{major}.{minor}`, `sha-{commit:7}`.
    ///
    /// What no image tag can hold is refused here.
    ChannelTemplate,
    |pattern| pattern

        .of_images()
);
