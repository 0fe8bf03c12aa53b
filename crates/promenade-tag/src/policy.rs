//! A checked set of tag rules: classifies, names, writes messages.

use promenade_version::{Lane, Meaning, Scheme, Version};

use crate::bound::{Bound, Kind, MAX_NAME_BYTES};
use crate::reader::{Group, Reader};
use crate::{
    BuildTagPolicyError, BuildTagPolicyErrorKind, Class, NameTagError, Placeholder, TagFacts,
    TagName, TagRule, Values, Vocabulary, proof,
};

/// The rules of a repository's tags, under one scheme, proven free of names with two readings.
///
/// ```
/// use promenade_tag::{Class, TagPolicy, TagRule};
/// use promenade_version::{Scheme, Version};
///
/// let rules = vec![
///     TagRule::new(Class::Candidate, "v{version}".parse()?),
///     TagRule::new(Class::Release, "v{version}".parse()?),
/// ];
/// let policy = TagPolicy::build(rules, &Scheme::semver())?;
/// assert_eq!(policy.read("v0.4.0-rc.1").class, Class::Candidate);
/// assert_eq!(policy.read("v0.4.0").class, Class::Release);
/// assert_eq!(policy.read("v{new_major}.{new_minor}").class, Class::Other);
/// let name = policy.name(Class::Release, None, &Version::new(0, 4, 0))?;
/// assert_eq!(name.as_str(), "v0.4.0");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct TagPolicy {
    scheme: Scheme,
    rules: Vec<TagRule>,
    bound: Vec<Bound>,
    reader: Reader,
}

/// What a tag stands for under a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Classified<'a> {
    /// The class; [`Class::Other`] where no rule reads the name.
    pub class: Class,
    /// The rule that reads the name.
    pub rule: Option<&'a TagRule>,
    /// The component that the name or the rule gives.
    pub component: Option<&'a str>,
    /// The scope that the name gives.
    pub scope: Option<&'a str>,
    /// The version that the name holds.
    pub version: Option<Version>,
    /// What that version stands for.
    pub meaning: Option<Meaning>,
}

impl TagPolicy {
    /// Checks the rules together.
    ///
    /// # Errors
    /// [`BuildTagPolicyError`] names the rule: its names hold no version where the class needs
    /// one, a placeholder of its message has no value, or a name has two readings; then the
    /// error has the shortest such name.
    pub fn build(rules: Vec<TagRule>, scheme: &Scheme) -> Result<Self, BuildTagPolicyError> {
        let mut bound = Vec::with_capacity(rules.len());
        for (index, rule) in rules.iter().enumerate() {
            let checked = bind(rule)
                .map_err(|kind| BuildTagPolicyError::new(index, rule.template.as_str(), kind))?;
            bound.push(checked);
        }
        let all: Vec<&Bound> = bound.iter().collect();
        proof::prove(&all, scheme).map_err(|(_, index, ambiguity)| {
            let template = rules.get(index).map_or("", |rule| rule.template.as_str());
            BuildTagPolicyError::new(
                index,
                template,
                BuildTagPolicyErrorKind::Ambiguous(*ambiguity),
            )
        })?;
        Ok(Self {
            scheme: scheme.clone(),
            rules,
            reader: Reader::new(&bound),
            bound,
        })
    }

    /// Returns the scheme of the versions.
    #[must_use]
    pub fn scheme(&self) -> &Scheme {
        &self.scheme
    }

    /// Returns the rules, in the order in which they were given.
    #[must_use]
    pub fn rules(&self) -> &[TagRule] {
        &self.rules
    }

    /// Says what a tag stands for. Never fails: what no rule reads is [`Class::Other`].
    #[must_use]
    pub fn classify<'a>(&'a self, facts: &'a TagFacts) -> Classified<'a> {
        std::str::from_utf8(&facts.name).map_or(Classified::OTHER, |name| self.read(name))
    }

    /// Says what a name stands for.
    #[must_use]
    pub fn read<'a>(&'a self, name: &'a str) -> Classified<'a> {
        if name.len() > MAX_NAME_BYTES {
            return Classified::OTHER;
        }
        for group in self.reader.groups(name) {
            let Some(text) = group.behind(name) else {
                continue;
            };
            if !group.is_plain() {
                match self.search(group, name) {
                    Some(read) => return read,
                    None => continue,
                }
            }
            let Some(version) = self.scheme.recognise(text) else {
                continue;
            };
            let meaning = self.scheme.meaning(&version);
            let rule = group.rule_of(name, meaning);
            let Some(rule) = rule.and_then(|index| self.rules.get(index)) else {
                continue;
            };
            return Classified {
                class: rule.reads_as(),
                rule: Some(rule),
                component: rule.component.as_deref(),
                scope: None,
                version: Some(version),
                meaning: Some(meaning),
            };
        }
        Classified::OTHER
    }

    /// Reads a name that may be cut in several ways.
    #[inline(never)]
    fn search<'a>(&'a self, group: &Group, name: &'a str) -> Option<Classified<'a>> {
        let (index, spans, version) = group.search(name, &self.scheme)?;
        let rule = self.rules.get(index)?;
        let component = spans.get(Placeholder::Component);
        Some(Classified {
            class: rule.reads_as(),
            rule: Some(rule),
            component: component.or(rule.component.as_deref()),
            scope: spans.get(Placeholder::Scope),
            meaning: version.as_ref().map(|version| self.scheme.meaning(version)),
            version,
        })
    }

    /// Reads a name into the values of its template; `None` where no rule reads it.
    #[must_use]
    pub fn values(&self, name: &str) -> Option<Values> {
        self.bound
            .iter()
            .find_map(|bound| bound.parse(name, &self.scheme))
    }

    /// Names the tag of a version.
    ///
    /// # Errors
    /// [`NameTagError`] if no rule of the class writes this component and version, or the name
    /// would be no ref name (or no image tag where the rule says that it is one).
    pub fn name(
        &self,
        class: Class,
        component: Option<&str>,
        version: &Version,
    ) -> Result<TagName, NameTagError> {
        let mut values = Values::of_version(version.clone(), &self.scheme);
        values.component = component.map(str::to_owned);
        self.write(class, &values)
    }

    /// Names the tag of any values, for templates with a scope, a date, a commit, …
    ///
    /// # Errors
    /// As [`TagPolicy::name`].
    pub fn write(&self, class: Class, values: &Values) -> Result<TagName, NameTagError> {
        let mut reason = None;
        for (_, bound) in self.of_class(class, values.component.as_deref()) {
            match bound.format(values, &self.scheme) {
                Ok(name) => {
                    return name.parse().map_err(NameTagError::Name);
                }
                Err(error) => reason = Some(error),
            }
        }
        Err(match reason {
            Some(error) => NameTagError::Format(error),
            None => NameTagError::NoRule {
                class: class.name(),
                component: values.component.clone(),
            },
        })
    }

    /// Returns the rule that writes the tag of a version, if there is one.
    #[must_use]
    pub fn rule(
        &self,
        class: Class,
        component: Option<&str>,
        version: &Version,
    ) -> Option<&TagRule> {
        let mut values = Values::of_version(version.clone(), &self.scheme);
        values.component = component.map(str::to_owned);
        self.of_class(class, component)
            .find(|(_, bound)| bound.format(&values, &self.scheme).is_ok())
            .map(|(rule, _)| rule)
    }

    /// Writes the message of the tag of a version; `None` where the rule has none. Outside the
    /// regular lane it is the `hotfix-message`, where there is one (C26).
    ///
    /// # Errors
    /// [`NameTagError`] if the tag has no name, or the message a placeholder without a value.
    pub fn message(
        &self,
        class: Class,
        component: Option<&str>,
        version: &Version,
        lane: Lane,
    ) -> Result<Option<String>, NameTagError> {
        let tag = self.name(class, component, version)?;
        let message = self.rule(class, component, version).and_then(|rule| {
            let hotfix = rule
                .hotfix_message
                .as_ref()
                .filter(|_| lane != Lane::Regular);
            hotfix.or(rule.message.as_ref())
        });
        let Some(message) = message else {
            return Ok(None);
        };
        let mut values = Values::of_version(version.clone(), &self.scheme).with_tag(tag);
        values.component = component.map(str::to_owned);
        message
            .render(&values, &self.scheme)
            .map(Some)
            .map_err(NameTagError::Format)
    }

    fn of_class(
        &self,
        class: Class,
        component: Option<&str>,
    ) -> impl Iterator<Item = (&TagRule, &Bound)> {
        self.rules
            .iter()
            .zip(&self.bound)
            .filter(move |(rule, bound)| {
                let own = bound.pattern.has(Placeholder::Component)
                    || rule.component.is_none()
                    || component.is_none_or(|name| rule.component.as_deref() == Some(name));
                rule.class == class && own
            })
    }
}

impl Classified<'_> {
    const OTHER: Self = Self {
        class: Class::Other,
        rule: None,
        component: None,
        scope: None,
        version: None,
        meaning: None,
    };

    /// Says whether the tag stands for a released version: of class release, or a legacy name of
    /// a version that was one.
    #[must_use]
    pub fn is_release(&self) -> bool {
        let stable = matches!(self.meaning, Some(Meaning::Release | Meaning::StableSuffix));
        match self.class {
            Class::Release => true,
            Class::Legacy => stable,
            Class::Candidate | Class::Channel | Class::Other => false,
        }
    }

    /// Says whether the tag stands for a candidate: of class candidate, or a legacy name of one.
    #[must_use]
    pub fn is_candidate(&self) -> bool {
        match self.class {
            Class::Candidate => true,
            Class::Legacy => self.meaning == Some(Meaning::Candidate),
            Class::Release | Class::Channel | Class::Other => false,
        }
    }
}

/// Puts a rule in its context, and checks it alone.
fn bind(rule: &TagRule) -> Result<Bound, BuildTagPolicyErrorKind> {
    let kind = if rule.image {
        Kind::RefAndImage
    } else {
        Kind::Ref
    };
    let bound = Bound {
        vocabulary: Vocabulary {
            components: rule.components.clone(),
            scopes: rule.scopes.clone(),
            environments: rule.environments.clone(),
        },
        component: rule.component.clone(),
        class: Some(rule.class),
        legacy: rule.is_legacy(),
        reads: rule.reads.as_ref().map(|reads| reads.0.clone()),
        ..Bound::new(rule.template.0.clone(), kind)
    };
    let has = |field| rule.template.names(field);
    if rule.component.is_some() && has(Placeholder::Component) {
        return Err(BuildTagPolicyErrorKind::ComponentTwice);
    }
    let lists = [
        (Placeholder::Component, &rule.components),
        (Placeholder::Scope, &rule.scopes),
        (Placeholder::Environment, &rule.environments),
    ];
    for (field, names) in lists {
        if !names.is_empty() && !has(field) {
            return Err(BuildTagPolicyErrorKind::UnusedNames { field });
        }
        if names.iter().any(String::is_empty) {
            return Err(BuildTagPolicyErrorKind::EmptyName { field });
        }
    }
    if let Some(reads) = &rule.reads {
        if !rule.is_legacy() {
            return Err(BuildTagPolicyErrorKind::ReadsWithoutLegacy);
        }
        if let Some(field) = reads.placeholders().find(|field| !has(*field)) {
            return Err(BuildTagPolicyErrorKind::ReadsUnknown { field });
        }
    }
    match rule.class {
        Class::Other => Err(BuildTagPolicyErrorKind::ClassOther),
        Class::Candidate | Class::Release if !bound.determines_version() => {
            Err(BuildTagPolicyErrorKind::NoVersion)
        }
        _ => Ok(bound),
    }
}
