//! A process: the file, read and checked.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use promenade_changelog::ChangelogPolicy;
use promenade_manifest::VersionFiles;
use promenade_manifest::definitions::DefinitionPolicy;
use promenade_promotion::{Gate, Policy, PolicyRules};
use promenade_tag::{ChannelSet, TagPolicy};
use promenade_version::VersionPolicy;
use toml::Spanned;

use crate::file::{FORMAT, File};
use crate::hook::{ForgeRules, HookRule};
use crate::{
    BranchRules, CommitRules, ComponentRule, ImpactRules, LedgerRules, ParseProcessError, PinRule,
    RegistryRules, TrustedKeys, UnknownPresetError,
};

/// A release process: every rule of it as a checked value.
///
/// ```
/// use promenade_process::Process;
///
/// let process = Process::parse("release.toml", r#"
///     [process]
///     format = 1
///     name = "acme"
///
///     [version]
///     scheme = "semver"
///     below-one = "breaking-is-minor"
///
///     [[environment]]
///     name = "production"
///     accepts = "release"
/// "#)?;
/// assert_eq!(process.name(), "acme");
///
/// let error = Process::parse("release.toml", "[process]\nformat = 1\nnam = \"acme\"\n").unwrap_err();
/// assert_eq!((error.line(), error.column()), (Some(3), Some(1)));
/// assert_eq!(error.suggestion(), Some("name"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Process {
    name: String,
    version: VersionPolicy,
    branches: BranchRules,
    commit: CommitRules,
    tags: TagPolicy,
    channels: ChannelSet,
    changelog: Option<ChangelogPolicy>,
    version_files: VersionFiles,
    definitions: Option<DefinitionPolicy>,
    pins: Vec<PinRule>,
    registry: Option<RegistryRules>,
    hooks: Vec<HookRule>,
    forge: Option<ForgeRules>,
    promotion: Policy,
    keyring: TrustedKeys,
    impact: ImpactRules,
    components: Vec<ComponentRule>,
    ledger: LedgerRules,
}

impl Process {
    /// Reads a process file. `origin` names it in errors: a path, or a preset.
    ///
    /// # Errors
    /// [`ParseProcessError`] with line, column and the nearest known word.
    pub fn parse(origin: &str, text: &str) -> Result<Self, ParseProcessError> {
        let file: File = toml::from_str(text)
            .map_err(|error| ParseProcessError::new(origin, text, error.span(), error.message()))?;
        let format = *file.process.format.get_ref();
        if format != FORMAT {
            let message = format!("unknown format {format}; this version reads format {FORMAT}");
            let span = Some(file.process.format.span());
            return Err(ParseProcessError::new(origin, text, span, message));
        }
        Checker { origin, text }.check(file)
    }

    /// Returns a process that ships with the crate; [`preset::NAMES`](crate::preset::NAMES) lists them.
    ///
    /// # Errors
    /// [`UnknownPresetError`] with the nearest known name.
    pub fn preset(name: &str) -> Result<Self, UnknownPresetError> {
        crate::preset::process(name)
    }

    /// Adds a gate of the embedder, which is judged for every environment. Gates are code: the digest of the
    /// rules that the ledger names does not cover them.
    #[must_use]
    pub fn with_gate(mut self, gate: Arc<dyn Gate>) -> Self {
        self.promotion = self.promotion.with_gate(gate);
        self
    }

    /// Returns the name of the process.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns how versions move.
    #[must_use]
    pub fn version(&self) -> &VersionPolicy {
        &self.version
    }

    /// Returns where work happens.
    #[must_use]
    pub fn branches(&self) -> &BranchRules {
        &self.branches
    }

    /// Returns the rules of the commit that prepares a release.
    #[must_use]
    pub fn commit(&self) -> &CommitRules {
        &self.commit
    }

    /// Returns how tags are called.
    #[must_use]
    pub fn tags(&self) -> &TagPolicy {
        &self.tags
    }

    /// Returns the channels.
    #[must_use]
    pub fn channels(&self) -> &ChannelSet {
        &self.channels
    }

    /// Returns what the changelog must be like, if the process has one.
    #[must_use]
    pub fn changelog(&self) -> Option<&ChangelogPolicy> {
        self.changelog.as_ref()
    }

    /// Returns the manifests and the other files that name versions.
    #[must_use]
    pub fn version_files(&self) -> &VersionFiles {
        &self.version_files
    }

    /// Returns where environment definitions lie, if the process has some.
    #[must_use]
    pub fn definitions(&self) -> Option<&DefinitionPolicy> {
        self.definitions.as_ref()
    }

    /// Returns the files that say what environments are meant to run.
    #[must_use]
    pub fn pins(&self) -> &[PinRule] {
        &self.pins
    }

    /// Returns the name of the artifact that channels point at, if there is a registry.
    #[must_use]
    pub fn image(&self) -> Option<&str> {
        self.registry
            .as_ref()
            .map(|registry| registry.image.as_str())
    }

    /// Returns the registry, if the process has one.
    #[must_use]
    pub fn registry(&self) -> Option<&RegistryRules> {
        self.registry.as_ref()
    }

    /// Returns where the impact of a release is read from.
    #[must_use]
    pub fn impact(&self) -> &ImpactRules {
        &self.impact
    }

    /// Returns the parts of the repository that have versions of their own.
    #[must_use]
    pub fn components(&self) -> &[ComponentRule] {
        &self.components
    }

    /// Returns the commands that run before and after its steps.
    #[must_use]
    pub fn hooks(&self) -> &[HookRule] {
        &self.hooks
    }

    /// Returns how releases are called on the forge, if the process has one.
    #[must_use]
    pub fn forge(&self) -> Option<&ForgeRules> {
        self.forge.as_ref()
    }

    /// Returns the environments, the people, and what a release needs.
    #[must_use]
    pub fn promotion(&self) -> &Policy {
        &self.promotion
    }

    /// Returns the keys of the people: whose signatures count, for which tags, and when.
    #[must_use]
    pub fn keyring(&self) -> &TrustedKeys {
        &self.keyring
    }

    /// Returns what a record of the ledger must carry to count.
    #[must_use]
    pub fn ledger(&self) -> &LedgerRules {
        &self.ledger
    }
}

/// Checks what only shows across tables, and points at the table.
struct Checker<'a> {
    origin: &'a str,
    text: &'a str,
}

impl Checker<'_> {
    fn check(&self, file: File) -> Result<Process, ParseProcessError> {
        let scheme = file.version.scheme().clone();
        let tag_spans = spans(&file.tag);
        let tags = TagPolicy::build(inner(file.tag), &scheme)
            .map_err(|error| self.error(tag_spans.get(error.index()), &error))?;
        let channel_spans = spans(&file.channel);
        let channels = ChannelSet::build(inner(file.channel), &scheme)
            .map_err(|error| self.error(channel_spans.get(error.index()), &error))?;
        let environments = file.environment;
        let names: Vec<_> = environments
            .iter()
            .map(|rule| (rule.get_ref().name.to_string(), rule.span()))
            .collect();
        let rules = PolicyRules {
            environments: inner(environments),
            people: file.person,
            release: file.release.map(Spanned::into_inner).unwrap_or_default(),
            waivers_from: file.waivers.from,
        };
        let promotion = Policy::build(rules).map_err(|error| {
            let about = error.environment();
            let found = names
                .iter()
                .rev()
                .find(|(name, _)| Some(name.as_str()) == about);
            self.error(found.map(|(_, span)| span), &error)
        })?;
        let key_spans = spans(&file.key);
        let keyring = TrustedKeys::build(promotion.roster(), inner(file.key))
            .map_err(|(index, problem)| self.error(key_spans.get(index), &problem))?;
        let ledger_span = file.ledger.as_ref().map(Spanned::span);
        let ledger = file.ledger.map(Spanned::into_inner).unwrap_or_default();
        if ledger.signed && keyring.is_empty() {
            let message = "nobody could sign a record: expected a `[[person]]` with an `ssh:` or `openpgp:` key";
            return Err(self.error(ledger_span.as_ref(), &message));
        }
        let component_spans = spans(&file.component);
        let components = inner(file.component);
        for (index, rule) in components.iter().enumerate() {
            let earlier = components.iter().take(index);
            if earlier.into_iter().any(|other| other.name == rule.name) {
                let message = format!("component `{}` stands twice; expected it once", rule.name);
                return Err(self.error(component_spans.get(index), &message));
            }
        }
        let mut pins = file.pin;
        for pin in &mut pins {
            let rule = promotion.environment(pin.environment.as_str());
            let rule = rule.map_err(|error| self.error(None, &format!("pin: {error}")))?;
            pin.environment = rule.name.clone();
        }
        let version_files = VersionFiles::new(file.manifest, file.file)
            .map_err(|error| self.error(None, &error))?;
        Ok(Process {
            name: file.process.name,
            version: file.version,
            branches: file.branches,
            commit: file.commit,
            tags,
            channels,
            changelog: file.changelog,
            version_files,
            definitions: file.definitions,
            pins,
            registry: file.registry,
            hooks: file.hook,
            forge: file.forge,
            promotion,
            keyring,
            impact: file.impact,
            components,
            ledger,
        })
    }

    fn error(&self, span: Option<&Range<usize>>, error: &dyn fmt::Display) -> ParseProcessError {
        ParseProcessError::new(self.origin, self.text, span.cloned(), error.to_string())
    }
}

fn spans<T>(tables: &[Spanned<T>]) -> Vec<Range<usize>> {
    tables.iter().map(Spanned::span).collect()
}

fn inner<T>(tables: Vec<Spanned<T>>) -> Vec<T> {
    tables.into_iter().map(Spanned::into_inner).collect()
}
