//! A checked set of channel rules.

use std::collections::BTreeMap;

use promenade_version::{Meaning, Scheme, Version};

use super::{BuildMetadataPolicy, Published};
use crate::bound::{Bound, Kind};
use crate::{
    BuildChannelSetError, BuildChannelSetErrorKind, ChannelRule, Class, FormatNameErrorKind,
    Mutability, Placeholder, Target, Trigger, Values, Vocabulary, proof,
};

/// What each channel points at, by name.
pub type Positions = BTreeMap<String, Target>;

/// The channels of a process, under one scheme, proven free of names that two rules claim.
///
/// ```
/// use promenade_tag::{ChannelEvent, ChannelRule, ChannelSet, Mutability, Published, Trigger};
/// use promenade_version::{Scheme, Version};
///
/// let rules = ["{major}.{minor}", "latest"].map(|name| {
///     Ok(ChannelRule::new(name.parse()?, Trigger::Release, Mutability::Moving))
/// });
/// let rules = rules.into_iter().collect::<Result<Vec<_>, promenade_tag::ParseTemplateError>>()?;
/// let set = ChannelSet::build(rules, &Scheme::semver())?;
///
/// // A backport moves its own line only.
/// let released = [Published::new("v1.2.4", Version::new(1, 2, 4)),
///     Published::new("v1.3.0", Version::new(1, 3, 0))];
/// let event = ChannelEvent::publish(Published::new("v1.2.5", Version::new(1, 2, 5)));
/// let plan = set.plan(&released, &set.positions(&released), &event)?;
/// assert_eq!(plan.moves().len(), 1);
/// assert_eq!(plan.moves()[0].channel, "1.2");
/// assert_eq!(plan.kept()[0].why.to_string(), "v1.3.0 is higher");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct ChannelSet {
    pub(crate) scheme: Scheme,
    pub(crate) channels: Vec<Channel>,
}

/// A rule in its context.
#[derive(Clone, Debug)]
pub(crate) struct Channel {
    pub(crate) rule: ChannelRule,
    pub(crate) bound: Bound,
    pub(crate) since: Option<Version>,
}

/// Why a channel has no name here.
pub(crate) enum NoName {
    /// A value is missing.
    NotKnown(Placeholder),
    /// The version has no such name.
    Refused(String),
}

impl ChannelSet {
    /// Checks the rules together.
    ///
    /// # Errors
    /// [`BuildChannelSetError`] names the rule: it contradicts itself, needs what its events do
    /// not have, would put a candidate under `latest`, or claims a name that another rule claims;
    /// then the error has the shortest such name.
    pub fn build(rules: Vec<ChannelRule>, scheme: &Scheme) -> Result<Self, BuildChannelSetError> {
        let mut channels = Vec::with_capacity(rules.len());
        for (index, rule) in rules.into_iter().enumerate() {
            let template = rule.name.to_string();
            let channel = Channel::new(rule, scheme)
                .map_err(|kind| BuildChannelSetError::new(index, &template, kind))?;
            channels.push(channel);
        }
        let all: Vec<&Bound> = channels.iter().map(|channel| &channel.bound).collect();
        proof::prove(&all, scheme).map_err(|(_, index, ambiguity)| {
            let template = channels
                .get(index)
                .map_or("", |channel| channel.rule.name.as_str());
            BuildChannelSetError::new(
                index,
                template,
                BuildChannelSetErrorKind::Ambiguous(*ambiguity),
            )
        })?;
        Ok(Self {
            scheme: scheme.clone(),
            channels,
        })
    }

    /// Iterates over the rules, in the order in which they were given.
    pub fn rules(&self) -> impl Iterator<Item = &ChannelRule> {
        self.channels.iter().map(|channel| &channel.rule)
    }

    /// Returns the rule whose name this is.
    #[must_use]
    pub fn rule_of(&self, channel: &str) -> Option<&ChannelRule> {
        self.channel_of(channel).map(|channel| &channel.rule)
    }

    pub(crate) fn channel_of(&self, name: &str) -> Option<&Channel> {
        self.channels
            .iter()
            .find(|channel| channel.bound.read(name, &self.scheme).is_some())
    }

    /// Returns which trigger a version pulls when it is published; none for states of a manifest.
    pub(crate) fn trigger(&self, version: &Version) -> Option<Trigger> {
        match self.scheme.meaning(version) {
            Meaning::Release | Meaning::StableSuffix => Some(Trigger::Release),
            Meaning::Candidate => Some(Trigger::Candidate),
            Meaning::Manifest => None,
        }
    }

    /// Returns the values of names of a published version.
    pub(crate) fn values(&self, published: &Published) -> Values {
        let mut values = Values::of_version(published.version.clone(), &self.scheme)
            .with_tag(published.tag.clone());
        values.component.clone_from(&published.component);
        values.commit.clone_from(&published.commit);
        values
    }
}

impl Channel {
    fn new(rule: ChannelRule, scheme: &Scheme) -> Result<Self, BuildChannelSetErrorKind> {
        check(&rule)?;
        let since = match &rule.since {
            None => None,
            Some(text) => {
                let version =
                    scheme
                        .parse(text)
                        .map_err(|error| BuildChannelSetErrorKind::Since {
                            reason: error.to_string(),
                        })?;
                Some(version)
            }
        };
        let only = |trigger| rule.on.has(trigger) && rule.on.iter().count() == 1;
        let class = if only(Trigger::Candidate) {
            Some(Class::Candidate)
        } else if only(Trigger::Release) {
            Some(Class::Release)
        } else {
            None
        };
        let bound = Bound {
            vocabulary: Vocabulary {
                components: rule.components.clone(),
                scopes: Vec::new(),
                environments: rule.environments.clone(),
            },
            component: rule.component.clone(),
            class,
            ..Bound::new(rule.name.0.clone(), Kind::Image)
        };
        Ok(Self { rule, bound, since })
    }

    /// Says whether a publication of this kind moves the channel.
    pub(crate) fn moves_on(&self, trigger: Trigger) -> bool {
        let build = self.rule.on.has(Trigger::Build) && trigger != Trigger::Promotion;
        build || self.rule.on.has(trigger)
    }

    /// Says whether versions of the component may move the channel.
    pub(crate) fn is_of(&self, component: Option<&str>) -> bool {
        match &self.rule.component {
            Some(own) => component.is_none_or(|component| component == own),
            None => true,
        }
    }

    /// Names the channel for `values`.
    pub(crate) fn name(&self, values: &Values, scheme: &Scheme) -> Result<String, NoName> {
        let drops = self.rule.build_metadata == BuildMetadataPolicy::Drop;
        let without = values
            .version
            .clone()
            .filter(|version| drops && is_spelt(version, scheme));
        let formatted = match without {
            Some(mut version) => {
                version.build = semver::BuildMetadata::EMPTY;
                let mut values = values.clone();
                values.version = Some(version);
                self.bound.format(&values, scheme)
            }
            None => self.bound.format(values, scheme),
        };
        formatted.map_err(|error| match error.kind() {
            FormatNameErrorKind::Missing { field } => NoName::NotKnown(*field),
            _ => NoName::Refused(error.to_string()),
        })
    }

    /// Says whether the name is used for `version` already.
    pub(crate) fn in_use(&self, version: &Version) -> bool {
        self.since.as_ref().is_none_or(|since| version >= since)
    }
}

/// Says whether the version's text has a plus sign: build metadata that is no stable suffix.
pub(crate) fn is_spelt(version: &Version, scheme: &Scheme) -> bool {
    !version.build.is_empty()
        && scheme
            .format(version)
            .is_ok_and(|text| text.as_bytes().contains(&b'+'))
}

fn check(rule: &ChannelRule) -> Result<(), BuildChannelSetErrorKind> {
    let has = |field| rule.name.names(field);
    let on = |trigger| rule.on.has(trigger);
    let pushes = on(Trigger::Push) || on(Trigger::Build);
    let version = [
        Placeholder::Version,
        Placeholder::Major,
        Placeholder::Minor,
        Placeholder::Patch,
        Placeholder::Prerelease,
        Placeholder::Build,
        Placeholder::Line,
        Placeholder::Tag,
    ];
    if pushes && let Some(field) = version.iter().find(|field| has(**field)) {
        return Err(BuildChannelSetErrorKind::NoValue {
            field: *field,
            trigger: Trigger::Push.name(),
        });
    }
    let promotion = on(Trigger::Promotion);
    if has(Placeholder::Environment)
        && let Some(trigger) = rule.on.iter().find(|own| *own != Trigger::Promotion)
    {
        return Err(BuildChannelSetErrorKind::NoValue {
            field: Placeholder::Environment,
            trigger: trigger.name(),
        });
    }
    if has(Placeholder::Scope) {
        return Err(BuildChannelSetErrorKind::NoValue {
            field: Placeholder::Scope,
            trigger: rule.on.iter().next().map_or("release", Trigger::name),
        });
    }
    if rule.environment.is_some() && !promotion {
        return Err(BuildChannelSetErrorKind::EnvironmentWithoutPromotion);
    }
    if rule.component.is_some() && has(Placeholder::Component) {
        return Err(BuildChannelSetErrorKind::ComponentTwice);
    }
    let lists = [
        (Placeholder::Component, &rule.components),
        (Placeholder::Environment, &rule.environments),
    ];
    for (field, names) in lists {
        if !names.is_empty() && !has(field) {
            return Err(BuildChannelSetErrorKind::UnusedNames { field });
        }
    }
    if rule.name.as_str() == "latest" && (pushes || on(Trigger::Candidate)) {
        return Err(BuildChannelSetErrorKind::LatestOfCandidates);
    }
    if rule.mutability == Mutability::Moving {
        return Ok(());
    }
    if rule.exclusive || rule.follows.is_some() {
        return Err(BuildChannelSetErrorKind::ImmutableMoves);
    }
    let names_one = has(Placeholder::Version)
        || has(Placeholder::Tag)
        || rule
            .name
            .placeholders()
            .any(|field| matches!(field, Placeholder::Commit(_)))
        || (has(Placeholder::Major) && has(Placeholder::Minor) && has(Placeholder::Patch));
    if names_one {
        Ok(())
    } else {
        Err(BuildChannelSetErrorKind::ImmutableShared)
    }
}
