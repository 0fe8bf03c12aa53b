//! Templates of tags, branches and messages by themselves, bound to a scheme and to names.

use promenade_version::Scheme;

use crate::bound::{Bound, Kind};
use crate::template::Pattern;
use crate::{
    Ambiguity, AmbiguousTemplateError, BranchTemplate, FormatNameError, MessageTemplate,
    TagTemplate, Values, Vocabulary, proof,
};

/// A template with its scheme and its names: writes, reads, and is proven to be one-to-one.
///
/// ```
/// use promenade_tag::{BranchTemplate, Values, Vocabulary};
/// use promenade_version::{Scheme, Version};
///
/// let scheme = Scheme::semver();
/// let template: BranchTemplate = "hotfix/v{next_patch}".parse()?;
/// let naming = template.bind(&scheme, &Vocabulary::default())?;
/// let name = naming.format(&Values::of_version(Version::new(0, 6, 0), &scheme))?;
/// assert_eq!(name, "hotfix/v0.6.1");
/// let read = naming.parse(&name).ok_or("no hotfix branch")?;
/// assert_eq!(read.next_patch, Some(Version::new(0, 6, 1)));
/// assert_eq!(naming.parse("hotfix/v0.6.0+1"), None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Naming {
    scheme: Scheme,
    bound: Bound,
}

impl Naming {
    fn new(
        pattern: Pattern,
        kind: Kind,
        scheme: &Scheme,
        vocabulary: &Vocabulary,
    ) -> Result<Self, AmbiguousTemplateError> {
        let bound = Bound {
            vocabulary: vocabulary.clone(),
            ..Bound::new(pattern, kind)
        };
        proof::prove(&[&bound], scheme).map_err(|(.., ambiguity)| {
            AmbiguousTemplateError::new(bound.pattern.source(), *ambiguity)
        })?;
        Ok(Self {
            scheme: scheme.clone(),
            bound,
        })
    }

    /// Returns the text of the template.
    #[must_use]
    pub fn template(&self) -> &str {
        self.bound.pattern.source()
    }

    /// Writes the name of `values`; it reads back as what the template names of them.
    ///
    /// # Errors
    /// [`FormatNameError`] if a value is missing, or has no place in such a name.
    pub fn format(&self, values: &Values) -> Result<String, FormatNameError> {
        self.bound.format(values, &self.scheme)
    }

    /// Reads a name; `None` if it is no name of this template.
    #[must_use]
    pub fn parse(&self, name: &str) -> Option<Values> {
        self.bound.parse(name, &self.scheme)
    }

    /// Proves that no text is a name of two of these templates.
    ///
    /// # Errors
    /// [`AmbiguousTemplateError`] with a shortest text that is.
    pub fn prove_apart(all: &[&Self]) -> Result<(), AmbiguousTemplateError> {
        for (index, one) in all.iter().enumerate() {
            for other in all.iter().take(index) {
                proof::prove(&[&other.bound, &one.bound], &one.scheme).map_err(
                    |(.., ambiguity): (_, _, Box<Ambiguity>)| {
                        AmbiguousTemplateError::new(one.template(), *ambiguity)
                    },
                )?;
            }
        }
        Ok(())
    }
}

impl TagTemplate {
    /// Binds the template to the scheme of its versions and the names of its placeholders.
    ///
    /// # Errors
    /// [`AmbiguousTemplateError`] with a shortest name that has two readings.
    pub fn bind(
        &self,
        scheme: &Scheme,
        vocabulary: &Vocabulary,
    ) -> Result<Naming, AmbiguousTemplateError> {
        Naming::new(self.0.clone(), Kind::Ref, scheme, vocabulary)
    }
}

impl BranchTemplate {
    /// Binds the template to the scheme of its versions and the names of its placeholders.
    ///
    /// # Errors
    /// [`AmbiguousTemplateError`] with a shortest name that has two readings.
    pub fn bind(
        &self,
        scheme: &Scheme,
        vocabulary: &Vocabulary,
    ) -> Result<Naming, AmbiguousTemplateError> {
        Naming::new(self.0.clone(), Kind::Ref, scheme, vocabulary)
    }

    /// Names a branch, once: without the proof that no name has two readings, but the name
    /// reads back as what it was made from.
    ///
    /// # Errors
    /// [`FormatNameError`] if a value is missing, or git would not accept the name.
    pub fn render(&self, values: &Values, scheme: &Scheme) -> Result<String, FormatNameError> {
        Bound::new(self.0.clone(), Kind::Ref).format(values, scheme)
    }
}

impl MessageTemplate {
    /// Binds the template to the scheme of its versions and the names of its placeholders.
    ///
    /// # Errors
    /// [`AmbiguousTemplateError`] with a shortest message that has two readings.
    pub fn bind(
        &self,
        scheme: &Scheme,
        vocabulary: &Vocabulary,
    ) -> Result<Naming, AmbiguousTemplateError> {
        Naming::new(self.0.clone(), Kind::Text, scheme, vocabulary)
    }

    /// Writes the text of `values` without the proof that it reads back: for messages that only
    /// people read.
    ///
    /// # Errors
    /// [`FormatNameError`] if a value is missing, or the scheme has no text for the version.
    pub fn render(&self, values: &Values, scheme: &Scheme) -> Result<String, FormatNameError> {
        Bound::new(self.0.clone(), Kind::Text).render(values, scheme)
    }
}
