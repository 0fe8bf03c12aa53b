//! Forms: the text around a version, such as `v{version}`.

use std::fmt;
use std::str::FromStr;

use promenade_version::{FormatVersionError, Scheme};
use semver::Version;

/// The text around a version, and how much of the version stands there.
///
/// One of `{version}`, `{major}.{minor}` and `{major}` stands in it, once.
///
/// ```
/// use promenade_manifest::Form;
/// use promenade_version::Scheme;
///
/// let form: Form = "acme = \"{major}.{minor}\"".parse()?;
/// let version = Scheme::semver().parse("1.4.2")?;
/// assert_eq!(form.render(&version, &Scheme::semver())?, "acme = \"1.4\"");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "String", into = "String"))]
pub struct Form {
    before: String,
    precision: Precision,
    after: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Precision {
    Full,
    Minor,
    Major,
}

impl Precision {
    const ALL: [Self; 3] = [Self::Full, Self::Minor, Self::Major];

    fn placeholder(self) -> &'static str {
        match self {
            Self::Full => "{version}",
            Self::Minor => "{major}.{minor}",
            Self::Major => "{major}",
        }
    }
}

/// A text is no form.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "invalid form `{input}`: expected `{{version}}`, `{{major}}.{{minor}}` or `{{major}}`, once"
)]
pub struct ParseFormError {
    input: String,
}

impl Form {
    /// Returns the text that the form makes of a version.
    ///
    /// # Errors
    /// [`FormatVersionError`] if `{version}` is asked for and the scheme has no text for it.
    pub fn render(&self, version: &Version, scheme: &Scheme) -> Result<String, FormatVersionError> {
        let middle = match self.precision {
            Precision::Full => scheme.format(version)?,
            Precision::Minor => format!("{}.{}", version.major, version.minor),
            Precision::Major => version.major.to_string(),
        };
        Ok(format!("{}{middle}{}", self.before, self.after))
    }

    /// Returns whether the whole version stands in the form.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.precision == Precision::Full
    }

    pub(crate) fn before(&self) -> &str {
        &self.before
    }

    pub(crate) fn after(&self) -> &str {
        &self.after
    }
}

impl Default for Form {
    /// `{version}`.
    fn default() -> Self {
        Self {
            before: String::new(),
            precision: Precision::Full,
            after: String::new(),
        }
    }
}

impl FromStr for Form {
    type Err = ParseFormError;

    fn from_str(input: &str) -> Result<Self, Self::Err> {
        let error = || ParseFormError {
            input: input.to_owned(),
        };
        let (precision, (before, after)) = Precision::ALL
            .into_iter()
            .find_map(|precision| Some((precision, input.split_once(precision.placeholder())?)))
            .ok_or_else(error)?;
        if Precision::ALL.iter().any(|other| {
            before.contains(other.placeholder()) || after.contains(other.placeholder())
        }) || format!("{before}{after}").contains("{minor}")
        {
            return Err(error());
        }
        Ok(Self {
            before: before.to_owned(),
            precision,
            after: after.to_owned(),
        })
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}{}{}",
            self.before,
            self.precision.placeholder(),
            self.after
        )
    }
}

impl TryFrom<String> for Form {
    type Error = ParseFormError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Form> for String {
    fn from(form: Form) -> Self {
        form.to_string()
    }
}
