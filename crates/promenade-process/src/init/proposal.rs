//! What a repository shows, and the process that explains it best.

use std::collections::{BTreeMap, BTreeSet};

use promenade_changelog::Changelog;
use promenade_tag::Class;

use super::text::Shape;
use crate::{ParseProcessError, Process};

/// Schemes, the likeliest first: of two that explain as much the first is taken.
const SCHEMES: [&str; 4] = [
    r#""semver""#,
    r#"{ calendar = "YYWW.PATCH" }"#,
    r#""major-minor""#,
    r#""integer""#,
];
/// How often a suffix must stand on tags to count as the label of candidates.
const LABELS: usize = 4;

/// What a repository shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The names of the tags.
    pub tags: Vec<String>,
    /// How many of them are tag objects.
    pub annotated: usize,
    /// How many of them carry a signature.
    pub signed: usize,
    /// The branch that is checked out.
    pub main: Option<String>,
    /// The names of the branches.
    pub branches: Vec<String>,
    /// The path and the text of the changelog.
    pub changelog: Option<(String, String)>,
    /// The manifests at the root: `Cargo.toml`, `package.json`.
    pub manifests: Vec<String>,
    /// The files that describe what runs on a push or a tag.
    pub workflows: Vec<String>,
}

/// No process file could be made of what was found.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the proposal is no process: {problem}")]
pub struct ProposeError {
    problem: String,
}

/// A process file, and how much of the history it explains.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Proposal {
    text: String,
    explained: usize,
    unexplained: Vec<String>,
    sections: Option<(usize, Vec<String>)>,
}

impl Proposal {
    /// Returns the process file.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns how many tags it reads as candidates or releases.
    #[must_use]
    pub fn explained(&self) -> usize {
        self.explained
    }

    /// Returns the tags that it does not read.
    #[must_use]
    pub fn unexplained(&self) -> &[String] {
        &self.unexplained
    }

    /// Returns those of [`Proposal::unexplained`] that look as if they held a version.
    pub fn unexplained_versions(&self) -> impl Iterator<Item = &str> {
        self.unexplained
            .iter()
            .map(String::as_str)
            .filter(|name| holds_version(name))
    }

    /// Returns how many sections of the changelog have a tag, and the versions of those that have none.
    #[must_use]
    pub fn sections(&self) -> Option<(usize, &[String])> {
        self.sections
            .as_ref()
            .map(|(count, without)| (*count, without.as_slice()))
    }
}

/// Proposes a process file.
///
/// # Errors
/// [`ProposeError`] if the file that fits best is none; a fault of this function.
pub fn propose(name: &str, facts: &Facts) -> Result<Proposal, ProposeError> {
    let mut best: Option<(usize, Shape, Process)> = None;
    let mut failed = None;
    for shape in shapes(name, facts) {
        let process = match Process::parse("release.toml", &shape.text(facts)) {
            Ok(process) => process,
            Err(error) => {
                failed.get_or_insert(error);
                continue;
            }
        };
        let count = facts
            .tags
            .iter()
            .filter(|tag| is_read(&process, tag))
            .count();
        if best.as_ref().is_none_or(|(most, _, _)| count > *most) {
            best = Some((count, shape, process));
        }
    }
    let Some((explained, shape, process)) = best else {
        let problem = failed.map_or_else(String::new, |error: ParseProcessError| error.to_string());
        return Err(ProposeError { problem });
    };
    let unexplained = facts
        .tags
        .iter()
        .filter(|tag| !is_read(&process, tag))
        .cloned()
        .collect();
    Ok(Proposal {
        text: shape.text(facts),
        explained,
        unexplained,
        sections: sections(facts, &process),
    })
}

fn is_read(process: &Process, tag: &str) -> bool {
    let class = process.tags().read(tag).class;
    matches!(class, Class::Release | Class::Candidate | Class::Legacy)
}

/// Says whether a name holds digits with dots or dashes between, as versions do.
fn holds_version(name: &str) -> bool {
    let parts: Vec<_> = name
        .split(|c: char| !c.is_ascii_digit())
        .filter(|part| !part.is_empty())
        .collect();
    parts.len() >= 2
}

/// Every shape that is worth a try: where most versions have three numbers, no scheme of fewer is.
fn shapes(name: &str, facts: &Facts) -> Vec<Shape> {
    let templates = templates(&facts.tags);
    let labels = labels(&facts.tags);
    let numbers = |tag: &String| {
        let version = version_start(tag).and_then(|start| tag.get(start..))?;
        let core = version.split(['-', '+']).next().unwrap_or(version);
        Some(core.split('.').count())
    };
    let counts: Vec<usize> = facts.tags.iter().filter_map(numbers).collect();
    let three = counts.iter().filter(|count| **count >= 3).count();
    let schemes = if three * 2 > counts.len() {
        SCHEMES.get(..1)
    } else {
        None
    };
    let mut lists: Vec<Vec<String>> = vec![
        labels.clone(),
        labels.into_iter().take(1).collect(),
        Vec::new(),
    ];
    lists.dedup();
    let mut shapes = Vec::new();
    for scheme in schemes.unwrap_or(&SCHEMES) {
        for labels in &lists {
            let counters: &[&str] = if labels.is_empty() {
                &["label"]
            } else {
                &["label", "patch"]
            };
            for counter in counters {
                shapes.push(Shape {
                    name: name.to_owned(),
                    scheme,
                    counter,
                    labels: labels.clone(),
                    templates: templates.clone(),
                });
            }
        }
    }
    shapes
}

/// The prefixes of tags that hold versions, the commonest first: the text before the first digit that a version
/// starts with.
fn templates(tags: &[String]) -> Vec<(String, usize)> {
    let mut prefixes: BTreeMap<&str, usize> = BTreeMap::new();
    for tag in tags.iter().filter(|tag| holds_version(tag)) {
        let start = version_start(tag);
        if let Some(prefix) = start.and_then(|start| tag.get(..start)) {
            *prefixes.entry(prefix).or_default() += 1;
        }
    }
    let mut prefixes: Vec<_> = prefixes
        .into_iter()
        .map(|(prefix, count)| (prefix.to_owned(), count))
        .collect();
    prefixes.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    prefixes
}

/// Where the version of a tag starts: after the last letter, `-` or `/` that is followed by digits and a dot.
fn version_start(tag: &str) -> Option<usize> {
    let bytes = tag.as_bytes();
    (0..bytes.len()).find(|at| {
        let rest = bytes.get(*at..).unwrap_or_default();
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let after = rest.get(digits);
        let before = at.checked_sub(1).and_then(|before| bytes.get(before));
        let begins = before.is_none_or(|byte| !byte.is_ascii_digit() && *byte != b'.');
        digits > 0 && begins && after == Some(&b'.')
    })
}

/// The labels of candidates: `rc.{n}`, `pre`, the commonest first.
fn labels(tags: &[String]) -> Vec<String> {
    let mut labels: BTreeMap<String, usize> = BTreeMap::new();
    for tag in tags {
        let Some(rest) = version_start(tag).and_then(|start| tag.get(start..)) else {
            continue;
        };
        let Some((_, suffix)) = rest.split_once('-') else {
            continue;
        };
        let label = suffix.trim_end_matches(|c: char| c.is_ascii_digit());
        let numbered = label.len() < suffix.len();
        let plain = label.trim_end_matches('.');
        let letters = !plain.is_empty() && plain.bytes().all(|byte| byte.is_ascii_alphabetic());
        if letters {
            let number = if numbered { "{n}" } else { "" };
            *labels.entry(format!("{label}{number}")).or_default() += 1;
        }
    }
    let mut labels: Vec<_> = labels.into_iter().collect();
    labels.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    labels
        .into_iter()
        .map(|(label, _)| label)
        .take(LABELS)
        .collect()
}

fn sections(facts: &Facts, process: &Process) -> Option<(usize, Vec<String>)> {
    let (_, text) = facts.changelog.as_ref()?;
    let tagged: BTreeSet<String> = facts
        .tags
        .iter()
        .filter_map(|tag| process.tags().read(tag).version)
        .filter_map(|version| process.version().scheme().format(&version).ok())
        .collect();
    let changelog = Changelog::parse(text);
    let versions: Vec<_> = changelog
        .releases()
        .filter_map(|section| section.version())
        .collect();
    let without = versions
        .iter()
        .filter(|version| !tagged.contains(**version));
    let without: Vec<String> = without.map(|version| (*version).to_owned()).collect();
    Some((versions.len() - without.len(), without))
}
