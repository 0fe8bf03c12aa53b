//! Version requirements: moved to a new version with their operators, precision and spacing kept.

use std::ops::Range;

use semver::{BuildMetadata, Comparator, Op, Prerelease, Version, VersionReq};

/// What happens to the requirements on a package whose version changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Dependents {
    /// `=`, `^`, `~` and plain requirements follow the version, at the precision they are written
    /// with; bounds (`>=`, `<`, …) move only where they exclude it. The default.
    #[default]
    Follow,
    /// A requirement changes only when it does not accept the new version.
    WhenNeeded,
    /// No requirement changes; one that does not accept the new version is an error.
    Keep,
}

/// One comparator of a requirement as it is written.
struct Written<'a> {
    comparator: Comparator,
    /// Where the version after the operator stands.
    range: Range<usize>,
    version: &'a str,
}

/// Returns the pieces of `requirement` to replace so that it accepts `version`, or why there are none.
pub(crate) fn follow(
    requirement: &str,
    version: &Version,
    policy: Dependents,
) -> Result<Vec<(Range<usize>, String)>, &'static str> {
    let parsed = VersionReq::parse(requirement).map_err(|_| "it is no requirement")?;
    let accepted = parsed.matches(version);
    match policy {
        Dependents::Keep if accepted => return Ok(Vec::new()),
        Dependents::Keep => return Err("the process keeps requirements as they are"),
        Dependents::WhenNeeded if accepted => return Ok(Vec::new()),
        Dependents::WhenNeeded | Dependents::Follow => {}
    }
    let mut pieces = Vec::new();
    for written in comparators(requirement, &parsed) {
        let new = moved(&written, version)?;
        if new != written.version {
            pieces.push((written.range, new));
        }
    }
    let after = splice(requirement, &pieces);
    match VersionReq::parse(&after) {
        Ok(requirement) if requirement.matches(version) => Ok(pieces),
        _ if version.pre.is_empty() => Err("its comparators exclude each other there"),
        _ => Err("no comparator of its kind accepts a prerelease"),
    }
}

/// Returns `text` with the pieces replaced.
pub(crate) fn splice(text: &str, pieces: &[(Range<usize>, String)]) -> String {
    let mut after = String::with_capacity(text.len());
    let mut at = 0;
    for (range, piece) in pieces {
        after.push_str(text.get(at..range.start).unwrap_or_default());
        after.push_str(piece);
        at = range.end;
    }
    after.push_str(text.get(at..).unwrap_or_default());
    after
}

/// Pairs the comparators that the parser found with the text of each; `*` has none.
fn comparators<'a>(requirement: &'a str, parsed: &VersionReq) -> Vec<Written<'a>> {
    let mut at = 0;
    let texts = requirement.split(',').map(|part| {
        let start = at;
        at += part.len() + 1;
        let skipped = part.len() - part.trim_start_matches(|c| " =<>^~".contains(c)).len();
        let version = part.get(skipped..).unwrap_or_default().trim_end();
        let start = start + skipped;
        (start..start + version.len(), version)
    });
    parsed
        .comparators
        .iter()
        .cloned()
        .zip(texts)
        .map(|(comparator, (range, version))| Written {
            comparator,
            range,
            version,
        })
        .collect()
}

fn moved(written: &Written<'_>, version: &Version) -> Result<String, &'static str> {
    let same = || Ok(written.version.to_owned());
    let release = Version {
        pre: Prerelease::EMPTY,
        build: BuildMetadata::EMPTY,
        ..version.clone()
    };
    let bounded = written.comparator.matches(&release);
    match written.comparator.op {
        Op::Greater if bounded => same(),
        Op::Greater => Err("a bound with `>` has no next lower version"),
        Op::Less | Op::LessEq if bounded => same(),
        Op::GreaterEq if bounded && version.pre.is_empty() => same(),
        Op::Less => above(written.version, &release),
        _ => Ok(at_precision(written.version, version)),
    }
}

/// Writes `version` with the components that `like` has; a prerelease needs all of them.
fn at_precision(like: &str, version: &Version) -> String {
    let core = like.split(['-', '+']).next().unwrap_or_default();
    let wild = core.contains(['*', 'x', 'X']);
    if !version.pre.is_empty() && !wild {
        return format!(
            "{}.{}.{}-{}",
            version.major, version.minor, version.patch, version.pre
        );
    }
    core.split('.')
        .zip([version.major, version.minor, version.patch])
        .map(|(part, number)| match part {
            "*" | "x" | "X" => part.to_owned(),
            _ => number.to_string(),
        })
        .collect::<Vec<_>>()
        .join(".")
}

/// Writes the lowest bound above `version` with the components that `like` has.
fn above(like: &str, version: &Version) -> Result<String, &'static str> {
    let raised = |number: u64| number.checked_add(1).ok_or("the bound above overflows");
    let core = like.split(['-', '+']).next().unwrap_or_default();
    let mut next = version.clone();
    match core.split('.').count() {
        1 => next.major = raised(next.major)?,
        2 => next.minor = raised(next.minor)?,
        _ => next.patch = raised(next.patch)?,
    }
    Ok(at_precision(core, &next))
}
