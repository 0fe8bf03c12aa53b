//! The rules of definitions.

use std::collections::BTreeMap;

use super::definition::{Definition, Strategy};
use super::finding::{DefinitionFinding, DefinitionRule, Severity};
use super::names::{BranchName, ImagePath, ReleasePin, RepositoryName};
use super::read::Definitions;
use super::{ParsePinError, UnknownKeys};

/// The only provider that there is.
const PROVIDER: &str = "cloudformation";

impl Definitions {
    /// Returns everything that is wrong: what the operator refuses, and the holes it leaves.
    /// `environment` names where the definitions are deployed; none stands for one that is shared.
    #[must_use]
    pub fn lint(&self, environment: Option<&str>) -> Vec<DefinitionFinding> {
        let mut findings = Vec::new();
        self.lint_files(&mut findings);
        let mut names: BTreeMap<(bool, &str), &Definition> = BTreeMap::new();
        for entry in &self.entries {
            let mut lint = Lint {
                entry,
                findings: &mut findings,
            };
            lint.who();
            lint.deploy(self.policy.is_test(environment));
            lint.unknown(self.policy.unknown_keys);
            let key = (entry.docker.is_some(), entry.name());
            if entry.name().is_empty() {
                continue;
            }
            if let Some(first) = names.insert(key, entry) {
                let message = format!(
                    "`{}` is defined by {}:{} already",
                    entry.name(),
                    first.file,
                    first.position
                );
                lint.add(DefinitionRule::Duplicate, Severity::Warning, message);
            }
        }
        let infrastructure = self.entries.iter();
        let infrastructure = infrastructure
            .filter(|entry| entry.provider.is_some())
            .count();
        if infrastructure != 1 {
            let message = format!("{infrastructure} infrastructure entries, expected exactly 1");
            // Services alone are a repository that is not complete yet; its operator will say so.
            let severity = if infrastructure == 0 {
                Severity::Note
            } else {
                Severity::Error
            };
            findings.push(about_all(
                DefinitionRule::OneInfrastructure,
                severity,
                message,
            ));
        }
        findings.sort();
        findings
    }

    fn lint_files(&self, findings: &mut Vec<DefinitionFinding>) {
        if self.entries.is_empty() && self.misshapen.is_empty() {
            let message = "no definitions, expected at least one".to_owned();
            findings.push(about_all(DefinitionRule::Empty, Severity::Error, message));
        }
        for (file, index, at, message) in &self.misshapen {
            let document = self
                .documents
                .iter()
                .find(|document| document.file == *file);
            findings.push(DefinitionFinding {
                file: Some(file.clone()),
                index: *index,
                position: document.map(|document| document.position(*at)),
                rule: DefinitionRule::Shape,
                severity: Severity::Error,
                message: message.clone(),
            });
        }
        for file in &self.outside {
            findings.push(DefinitionFinding {
                file: Some(file.clone()),
                index: None,
                position: None,
                rule: DefinitionRule::OutsideRoots,
                severity: Severity::Warning,
                message: format!(
                    "a definition file outside {}, which the operator loads all the same",
                    self.policy.roots.join(" and ")
                ),
            });
        }
    }
}

fn about_all(rule: DefinitionRule, severity: Severity, message: String) -> DefinitionFinding {
    DefinitionFinding {
        file: None,
        index: None,
        position: None,
        rule,
        severity,
        message,
    }
}

struct Lint<'a> {
    entry: &'a Definition,
    findings: &'a mut Vec<DefinitionFinding>,
}

impl Lint<'_> {
    fn add(&mut self, rule: DefinitionRule, severity: Severity, message: String) {
        self.findings.push(DefinitionFinding {
            file: Some(self.entry.file.clone()),
            index: Some(self.entry.index),
            position: Some(self.entry.position),
            rule,
            severity,
            message,
        });
    }

    fn error(&mut self, rule: DefinitionRule, message: impl Into<String>) {
        self.add(rule, Severity::Error, message.into());
    }

    fn valid<T>(&mut self, rule: DefinitionRule, parsed: Result<T, ParsePinError>) -> Option<T> {
        match parsed {
            Ok(value) => Some(value),
            Err(error) => {
                self.error(rule, error.to_string());
                None
            }
        }
    }

    /// `docker`, `github`, `provider`.
    fn who(&mut self) {
        let entry = self.entry;
        match entry.github() {
            None => self.error(DefinitionRule::Github, "no `github`, expected a repository"),
            Some(name) => {
                self.valid(DefinitionRule::Github, name.parse::<RepositoryName>());
            }
        }
        if let Some(image) = entry.docker() {
            self.valid(DefinitionRule::Docker, image.parse::<ImagePath>());
        }
        match (entry.docker(), entry.provider()) {
            (None, None) => {
                self.error(
                    DefinitionRule::NoProvider,
                    "no `docker` and no `provider`, expected one",
                );
            }
            (_, Some(provider)) if provider != PROVIDER => {
                let message = format!("provider `{provider}`, expected `{PROVIDER}`");
                self.error(DefinitionRule::Provider, message);
            }
            (Some(_), Some(_)) => self.add(
                DefinitionRule::DockerAndProvider,
                Severity::Warning,
                "an image and a provider, expected one".to_owned(),
            ),
            _ => {}
        }
        if entry.provider().is_some() && entry.preview {
            self.error(
                DefinitionRule::ProviderPreview,
                "`preview` of infrastructure",
            );
        }
    }

    fn deploy(&mut self, is_test: bool) {
        let entry = self.entry;
        let strategies = entry.strategies();
        if strategies.is_empty() && !entry.preview {
            let message = "`deploy` is empty, expected `branch`, `release` or `suspend`";
            self.error(DefinitionRule::DeployEmpty, message);
        }
        if strategies.is_empty() && entry.preview {
            self.add(
                DefinitionRule::PreviewAlone,
                Severity::Warning,
                "`preview` without `branch`, `release` or `suspend`".to_owned(),
            );
        }
        if strategies.len() > 1 {
            let names: Vec<_> = strategies.iter().map(|one| one.key()).collect();
            let message = format!("more than one strategy: {}", names.join(", "));
            self.error(DefinitionRule::SeveralStrategies, message);
        }
        for strategy in strategies {
            match strategy {
                Strategy::Suspend => {}
                Strategy::Release(release) => {
                    let pin = self.valid(DefinitionRule::Release, release.parse::<ReleasePin>());
                    if pin.is_some_and(|pin| !pin.is_full()) {
                        let message = format!("release `{release}`, expected three numbers");
                        self.add(DefinitionRule::ShortRelease, Severity::Warning, message);
                    }
                }
                Strategy::Branch(branch) => {
                    if let Err(error) = branch.parse::<BranchName>() {
                        let message = error.to_string();
                        self.add(DefinitionRule::Branch, Severity::Warning, message);
                    }
                    if !is_test {
                        let message = format!("branch `{branch}` outside a test environment");
                        self.add(
                            DefinitionRule::BranchOutsideTest,
                            Severity::Warning,
                            message,
                        );
                    }
                }
            }
        }
    }

    fn unknown(&mut self, policy: UnknownKeys) {
        let severity = match policy {
            UnknownKeys::Ignore => Severity::Warning,
            UnknownKeys::Deny => Severity::Error,
        };
        for (key, position) in &self.entry.unknown {
            self.findings.push(DefinitionFinding {
                file: Some(self.entry.file.clone()),
                index: Some(self.entry.index),
                position: Some(*position),
                rule: DefinitionRule::UnknownKey,
                severity,
                message: format!("unknown key `{key}`, which the operator ignores"),
            });
        }
    }
}

impl Strategy<'_> {
    /// Returns the key that a definition writes it with.
    #[must_use]
    pub fn key(&self) -> &'static str {
        match self {
            Self::Branch(_) => "branch",
            Self::Release(_) => "release",
            Self::Suspend => "suspend",
        }
    }
}
