//! Ranges of npm: read as far as they are plain, moved to a new version.

use semver::{Version, VersionReq};

use crate::Dependents;
use crate::requirement::{follow as follow_requirement, splice};

/// Returns whether a range accepts a version; nothing if the text is no range (a tag, an URL, a
/// path, `workspace:*`), or one that is not read here (`1.2 - 2.3`).
pub(crate) fn accepts(range: &str, version: &Version) -> Option<bool> {
    let range = range.strip_prefix("workspace:").unwrap_or(range);
    if matches!(range, "*" | "^" | "~" | "" | "x" | "X") {
        return None;
    }
    let alternatives: Option<Vec<_>> = range.split("||").map(requirement).collect();
    let mut alternatives = alternatives?.into_iter();
    Some(alternatives.any(|requirement| requirement.matches(version)))
}

/// Returns the range that accepts `version`, if it must change.
pub(crate) fn follow(
    range: &str,
    version: &Version,
    policy: Dependents,
) -> Result<Option<String>, &'static str> {
    let Some(accepted) = accepts(range, version) else {
        return Ok(None);
    };
    let (protocol, body) = match range.strip_prefix("workspace:") {
        Some(body) => ("workspace:", body),
        None => ("", range),
    };
    let single = !body.contains("||") && body.split_whitespace().count() == 1;
    match policy {
        Dependents::Keep if !accepted => Err("the process keeps requirements as they are"),
        Dependents::WhenNeeded | Dependents::Keep if accepted => Ok(None),
        _ if !single && accepted => Ok(None),
        _ if !single => Err("a range of several parts has no one way to move"),
        _ => {
            let pieces = follow_requirement(body, version, Dependents::Follow)?;
            let new = format!("{protocol}{}", splice(body, &pieces));
            Ok((new != range).then_some(new))
        }
    }
}

/// Reads one alternative of a range with Cargo's reader; the differences are spelled out.
fn requirement(part: &str) -> Option<VersionReq> {
    let comparators: Vec<_> = part.split_whitespace().map(comparator).collect();
    if comparators.is_empty() || part.contains(" - ") {
        return None;
    }
    VersionReq::parse(&comparators.join(", ")).ok()
}

/// A bare `1.2.3` is exact in npm, a bare `1.2` means any of it.
fn comparator(text: &str) -> String {
    if !text.starts_with(|c: char| c.is_ascii_digit()) || text.contains(['*', 'x', 'X']) {
        return text.to_owned();
    }
    let core = text.split(['-', '+']).next().unwrap_or(text);
    match core.split('.').count() {
        3 => format!("={text}"),
        _ => format!("~{text}"),
    }
}
