//! The order of version texts: by number, never by text.

use semver::{BuildMetadata, Prerelease, Version};

/// Reads a version text leniently: `1.2`, `v1.2.3`, `2543.0-pre`, `1.2.3.4` (the fourth number
/// becomes build metadata), leading zeros.
pub(crate) fn key(text: &str) -> Option<Version> {
    let text = text.strip_prefix(['v', 'V']).unwrap_or(text);
    if let Ok(version) = Version::parse(text) {
        return Some(version);
    }
    let core = text
        .bytes()
        .take_while(|b| b.is_ascii_digit() || *b == b'.')
        .count();
    let (numbers, suffix) = text.split_at(core);
    let mut parts = numbers.split('.').map(|part| part.parse::<u64>().ok());
    let mut version = Version::new(
        parts.next()??,
        parts.next().unwrap_or(Some(0))?,
        parts.next().unwrap_or(Some(0))?,
    );
    if let Some(fourth) = parts.next() {
        version.build = BuildMetadata::new(&fourth?.to_string()).ok()?;
    }
    let (pre, build) = suffix.split_once('+').unwrap_or((suffix, ""));
    let pre = pre.trim_start_matches(['-', '.', '~', '_']);
    version.pre = Prerelease::new(pre).ok()?;
    if !build.is_empty() {
        version.build = BuildMetadata::new(build).ok()?;
    }
    Some(version)
}

/// Returns whether two texts name one version.
pub(crate) fn same(a: &str, b: &str) -> bool {
    bare(a) == bare(b)
}

/// Hashes a version text so that the same versions have the same hash.
pub(crate) fn hash(text: &str) -> u32 {
    crate::link::hash(bare(text).bytes())
}

pub(crate) fn bare(text: &str) -> &str {
    text.strip_prefix(['v', 'V']).unwrap_or(text)
}

/// Returns whether a text is a candidate of a later version.
pub(crate) fn is_candidate(text: &str) -> bool {
    key(text).is_some_and(|version| !version.pre.is_empty())
}
