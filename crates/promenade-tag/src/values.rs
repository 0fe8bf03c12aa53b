//! The values that templates write and read.

use chrono::NaiveDate;
use promenade_version::{Scheme, Version};
use semver::{BuildMetadata, Prerelease};

/// What a template is formatted from, and what reading a name gives back: of the values, those
/// that the template names.
///
/// ```
/// use promenade_tag::Values;
/// use promenade_version::{Scheme, Version};
///
/// let scheme = Scheme::semver();
/// let values = Values::of_version(Version::new(1, 4, 2), &scheme).with_component("api");
/// assert_eq!(values.minor, Some(4));
/// assert_eq!(values.line.as_deref(), Some("1.4.x"));
/// assert_eq!(values.next_patch, Some(Version::new(1, 4, 3)));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Values {
    /// `{component}`.
    pub component: Option<String>,
    /// `{scope}`.
    pub scope: Option<String>,
    /// `{version}`, or the version that the parts make up.
    pub version: Option<Version>,
    /// `{major}`.
    pub major: Option<u64>,
    /// `{minor}`.
    pub minor: Option<u64>,
    /// `{patch}`.
    pub patch: Option<u64>,
    /// `{prerelease}`.
    pub prerelease: Option<Prerelease>,
    /// `{build}`.
    pub build: Option<BuildMetadata>,
    /// `{date}`.
    pub date: Option<NaiveDate>,
    /// `{commit}`: what the name holds of it, in lower-case hexadecimal.
    pub commit: Option<String>,
    /// `{environment}`.
    pub environment: Option<String>,
    /// `{line}`.
    pub line: Option<String>,
    /// `{next_patch}`.
    pub next_patch: Option<Version>,
    /// `{tag}`.
    pub tag: Option<String>,
}

impl Values {
    /// Makes the values that a version determines: itself, its parts, and where the scheme has
    /// patches its line and the next patch on it.
    #[must_use]
    pub fn of_version(version: Version, scheme: &Scheme) -> Self {
        let line = scheme.line_of(&version);
        let next = line
            .as_ref()
            .and_then(|line| next_patch(&version, line.numbers().len()));
        Self {
            major: Some(version.major),
            minor: Some(version.minor),
            patch: Some(version.patch),
            prerelease: Some(version.pre.clone()).filter(|pre| !pre.is_empty()),
            build: Some(version.build.clone()).filter(|build| !build.is_empty()),
            line: line.map(|line| line.to_string()),
            next_patch: next,
            version: Some(version),
            ..Self::default()
        }
    }

    /// Sets the component.
    #[must_use]
    pub fn with_component(mut self, component: impl Into<String>) -> Self {
        self.component = Some(component.into());
        self
    }

    /// Sets the scope.
    #[must_use]
    pub fn with_scope(mut self, scope: impl Into<String>) -> Self {
        self.scope = Some(scope.into());
        self
    }

    /// Sets the date.
    #[must_use]
    pub fn with_date(mut self, date: NaiveDate) -> Self {
        self.date = Some(date);
        self
    }

    /// Sets the commit, by its whole id in lower-case hexadecimal.
    #[must_use]
    pub fn with_commit(mut self, commit: impl Into<String>) -> Self {
        self.commit = Some(commit.into());
        self
    }

    /// Sets the environment.
    #[must_use]
    pub fn with_environment(mut self, environment: impl Into<String>) -> Self {
        self.environment = Some(environment.into());
        self
    }

    /// Sets the line, `1.x` or `1.4.x`.
    #[must_use]
    pub fn with_line(mut self, line: impl Into<String>) -> Self {
        self.line = Some(line.into());
        self
    }

    /// Sets the name of the tag.
    #[must_use]
    pub fn with_tag(mut self, tag: impl Into<String>) -> Self {
        self.tag = Some(tag.into());
        self
    }
}

/// Raises the patch, which is the number at `index`.
fn next_patch(version: &Version, index: usize) -> Option<Version> {
    let mut next = Version::new(version.major, version.minor, version.patch);
    let patch = match index {
        0 => &mut next.major,
        1 => &mut next.minor,
        _ => &mut next.patch,
    };
    *patch = patch.checked_add(1)?;
    Some(next)
}
