//! The shape of the policy values in a process file.

use serde::{Deserialize, Serialize};

use crate::{
    Dependents, FilePolicy, Form, KeyPath, ManifestKind, ManifestPolicy, Place, PolicyError,
    Versions,
};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct RawManifest {
    kind: ManifestKind,
    path: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    group: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    packages: Vec<String>,
    #[serde(default)]
    versions: Versions,
    #[serde(default)]
    dependents: Dependents,
    #[serde(default, skip_serializing_if = "is_false")]
    optional: bool,
}

impl TryFrom<RawManifest> for ManifestPolicy {
    type Error = PolicyError;

    fn try_from(raw: RawManifest) -> Result<Self, Self::Error> {
        Ok(Self::new(raw.kind, &raw.path)?
            .group(raw.group)
            .packages(raw.packages)
            .versions(raw.versions)
            .dependents(raw.dependents)
            .optional(raw.optional))
    }
}

impl From<ManifestPolicy> for RawManifest {
    fn from(policy: ManifestPolicy) -> Self {
        Self {
            kind: policy.kind(),
            path: policy.path().to_owned(),
            group: policy.group_name().map(str::to_owned),
            packages: policy.package_names().to_vec(),
            versions: policy.versions_rule(),
            dependents: policy.dependents_rule(),
            optional: policy.is_optional(),
        }
    }
}

#[derive(Serialize, Deserialize, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct RawFile {
    path: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    group: Option<String>,
    #[cfg(feature = "yaml")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    yaml: Option<KeyPath>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    json: Option<KeyPath>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    toml: Option<KeyPath>,
    #[serde(default, skip_serializing_if = "is_false")]
    openapi: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    env: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pattern: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    times: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    form: Option<Form>,
}

fn is_false(value: &bool) -> bool {
    !value
}

impl TryFrom<RawFile> for FilePolicy {
    type Error = PolicyError;

    fn try_from(raw: RawFile) -> Result<Self, Self::Error> {
        let given: Vec<_> = [
            #[cfg(feature = "yaml")]
            ("yaml", raw.yaml.is_some()),
            ("json", raw.json.is_some()),
            ("toml", raw.toml.is_some()),
            ("openapi", raw.openapi),
            ("env", raw.env.is_some()),
            ("pattern", raw.pattern.is_some()),
        ]
        .into_iter()
        .filter_map(|(key, given)| given.then_some(key))
        .collect();
        if given.len() > 1 {
            return Err(PolicyError::SeveralPlaces {
                path: raw.path,
                places: given.join(", "),
            });
        }
        if let Some(pattern) = &raw.pattern {
            if raw.form.is_some() {
                return Err(PolicyError::PatternAndForm { path: raw.path });
            }
            return Ok(Self::pattern(&raw.path, pattern, raw.times.unwrap_or(1))?.group(raw.group));
        }
        if raw.times.is_some() {
            return Err(PolicyError::Times { path: raw.path });
        }
        let place = raw
            .json
            .map(Place::Json)
            .or(raw.toml.map(Place::Toml))
            .or(raw.env.map(Place::Env))
            .or(raw.openapi.then_some(Place::OpenApi));
        #[cfg(feature = "yaml")]
        let place = place.or(raw.yaml.map(Place::Yaml));
        let place = place.unwrap_or(Place::Whole);
        Ok(Self::new(&raw.path, place, raw.form.unwrap_or_default())?.group(raw.group))
    }
}

impl From<FilePolicy> for RawFile {
    fn from(policy: FilePolicy) -> Self {
        let mut raw = Self {
            path: policy.path().to_owned(),
            group: policy.group_name().map(str::to_owned),
            ..Self::default()
        };
        let form = policy.form();
        match policy.place().clone() {
            Place::Whole => {}
            #[cfg(feature = "yaml")]
            Place::Yaml(path) => raw.yaml = Some(path),
            Place::Json(path) => raw.json = Some(path),
            Place::Toml(path) => raw.toml = Some(path),
            Place::OpenApi => raw.openapi = true,
            Place::Env(name) => raw.env = Some(name),
            Place::Pattern {
                line_start,
                line_end,
                times,
            } => {
                let start = if line_start { "^" } else { "" };
                let end = if line_end { "$" } else { "" };
                raw.pattern = Some(format!("{start}{form}{end}"));
                raw.times = Some(times);
                return raw;
            }
        }
        if *form != Form::default() {
            raw.form = Some(form.clone());
        }
        raw
    }
}

#[cfg(feature = "yaml")]
mod definitions {
    use std::collections::BTreeSet;

    use serde::{Deserialize, Serialize};

    use crate::definitions::{
        DefinitionPolicy, DefinitionPolicyError, EnvironmentRefs, UnknownKeys,
    };

    #[derive(Serialize, Deserialize)]
    #[serde(deny_unknown_fields, rename_all = "kebab-case")]
    pub(crate) struct RawDefinitions {
        roots: Vec<String>,
        #[serde(default = "yaml")]
        extension: String,
        #[serde(default)]
        unknown_keys: UnknownKeys,
        #[serde(default)]
        test_environments: BTreeSet<String>,
        refs: EnvironmentRefs,
    }

    fn yaml() -> String {
        "yaml".to_owned()
    }

    impl TryFrom<RawDefinitions> for DefinitionPolicy {
        type Error = DefinitionPolicyError;

        fn try_from(raw: RawDefinitions) -> Result<Self, Self::Error> {
            Ok(Self::kayron()
                .with_roots(raw.roots)?
                .with_extension(raw.extension)?
                .with_unknown_keys(raw.unknown_keys)
                .with_test_environments(raw.test_environments)
                .with_refs(raw.refs))
        }
    }

    impl From<DefinitionPolicy> for RawDefinitions {
        fn from(policy: DefinitionPolicy) -> Self {
            Self {
                roots: policy.roots,
                extension: policy.extension,
                unknown_keys: policy.unknown_keys,
                test_environments: policy.test_environments,
                refs: policy.refs,
            }
        }
    }
}

#[cfg(feature = "yaml")]
pub(crate) use definitions::RawDefinitions;
