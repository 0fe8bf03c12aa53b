//! What a repository shows, and the process that explains it best.

use std::collections::{BTreeMap, BTreeSet};

use promenade_changelog::Changelog;
use promenade_manifest::VersionFiles;
use promenade_tag::Class;

use super::reading::{Form, Reading};
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
    /// The manifests and files at the root that name versions.
    pub version_files: VersionFiles,
    /// The paths of the files that another version edits.
    pub edited: Vec<String>,
    /// The messages of the newest commits, merges left out.
    pub messages: Vec<String>,
    /// The tags of commits, each with the first line of the message of its commit, the newest first.
    pub tagged: Vec<(String, String)>,
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
    versions: (usize, usize),
    unexplained: Vec<(String, String)>,
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

    /// Returns how many of the tags that hold a version it reads, and how many there are. A version has two or
    /// three numbers with dots between, and what SemVer lets follow them; `1-2-3` stands for one too.
    #[must_use]
    pub fn versions(&self) -> (usize, usize) {
        self.versions
    }

    /// Returns the tags that it does not read, and why not.
    pub fn unexplained(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.unexplained
            .iter()
            .map(|(tag, why)| (tag.as_str(), why.as_str()))
    }

    /// Returns those of [`Proposal::unexplained`] that hold a version.
    pub fn unexplained_versions(&self) -> impl Iterator<Item = &str> {
        self.unexplained
            .iter()
            .map(|(tag, _)| tag.as_str())
            .filter(|tag| Reading::of(tag).is_some())
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
    let unexplained: Vec<_> = facts
        .tags
        .iter()
        .filter(|tag| !is_read(&process, tag))
        .map(|tag| (tag.clone(), super::reading::why(&process, tag)))
        .collect();
    let hold = |tag: &&String| Reading::of(tag).is_some();
    let versions = facts.tags.iter().filter(hold).count();
    let not_read = unexplained.iter().map(|(tag, _)| tag).filter(hold).count();
    Ok(Proposal {
        text: shape.text(facts),
        explained,
        versions: (versions - not_read, versions),
        unexplained,
        sections: sections(facts, &process),
    })
}

fn is_read(process: &Process, tag: &str) -> bool {
    let class = process.tags().read(tag).class;
    matches!(class, Class::Release | Class::Candidate | Class::Legacy)
}

/// Every shape that is worth a try: where most versions have three numbers, no scheme of fewer is.
fn shapes(name: &str, facts: &Facts) -> Vec<Shape> {
    let (templates, old) = templates(&facts.tags);
    let labels = labels(&facts.tags);
    let readings = facts.tags.iter().filter_map(|tag| Reading::of(tag));
    let counts: Vec<usize> = readings
        .map(|reading| reading.core().split('.').count())
        .collect();
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
                    old: old.clone(),
                });
            }
        }
    }
    shapes
}

/// The prefixes of tags that hold versions, the commonest first, and the templates of old names that hold fewer
/// numbers than most, or other signs between them.
fn templates(tags: &[String]) -> (Vec<(String, usize)>, Vec<String>) {
    let mut prefixes: BTreeMap<&str, usize> = BTreeMap::new();
    let mut old = BTreeSet::new();
    let readings: Vec<_> = tags.iter().filter_map(|tag| Reading::of(tag)).collect();
    let two = readings.iter().filter(|one| one.form == Form::Two).count();
    for reading in &readings {
        let numbers = match reading.form {
            Form::Two if two * 2 < readings.len() => "{major}.{minor}",
            Form::Dashed => "{major}-{minor}-{patch}",
            Form::Two | Form::Three => {
                *prefixes.entry(reading.prefix).or_default() += 1;
                continue;
            }
        };
        // What follows the numbers is in no template.
        if reading.core() == reading.text {
            old.insert(format!("{}{numbers}", reading.prefix));
        }
    }
    let mut prefixes: Vec<_> = prefixes
        .into_iter()
        .map(|(prefix, count)| (prefix.to_owned(), count))
        .collect();
    prefixes.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    (prefixes, old.into_iter().collect())
}

/// The labels of candidates: `rc.{n}`, `pre`, the commonest first.
fn labels(tags: &[String]) -> Vec<String> {
    let mut labels: BTreeMap<String, usize> = BTreeMap::new();
    for tag in tags {
        let Some(reading) = Reading::of(tag).filter(|one| one.form != Form::Dashed) else {
            continue;
        };
        let Some((_, suffix)) = reading.text.split_once('-') else {
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
