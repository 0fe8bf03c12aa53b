//! How a scheme reads a text, and what it says of one that it does not read.

use std::borrow::Cow;

use semver::{BuildMetadata, Prerelease, Version};

use super::{Scheme, SchemeKind};
use crate::number::{self, Number};
use crate::suffix::Read;
use crate::{ParseVersionError, ParseVersionErrorKind};

impl Scheme {
    pub(super) fn parse_declared(&self, text: &str) -> Result<Version, ParseVersionError> {
        if self.is_semver()
            && let Some(version) = self.parse_semver(text)
        {
            return Ok(version);
        }
        self.read(text).map_err(|kind| {
            ParseVersionError::new(self.kind.name(), text, self.suggest(text, kind))
        })
    }

    /// Reads a SemVer text as its crate does; nothing where the text is to be read with more care.
    pub(super) fn parse_semver(&self, text: &str) -> Option<Version> {
        let mut version = Version::parse(text).ok()?;
        self.give_meaning(&mut version)?;
        Some(version)
    }

    /// Maps the suffix of a SemVer version; nothing where the text is to be read with more care.
    fn give_meaning(&self, version: &mut Version) -> Option<()> {
        if self.suffixes.is_empty() {
            return Some(());
        }
        if version.pre.is_empty() {
            return version.build.is_empty().then_some(());
        }
        match self.suffixes.read(&version.pre, true).ok()? {
            Read::Prerelease(Cow::Borrowed(_)) => {}
            Read::Prerelease(Cow::Owned(identifiers)) => {
                version.pre = prerelease(&identifiers).ok()?;
            }
            Read::Stable(_) if !version.build.is_empty() => return None,
            Read::Stable(identifiers) => {
                version.build = metadata(&identifiers).ok()?;
                version.pre = Prerelease::EMPTY;
            }
        }
        Some(())
    }

    /// Reads a text; the error names the canonical spelling of that part which has another.
    #[inline]
    pub(super) fn read(&self, text: &str) -> Result<Version, ParseVersionErrorKind> {
        let (numbers, end) = match self.read_quickly(text) {
            Some(found) => found,
            None => self.read_carefully(text)?,
        };
        let (core, tail) = text.split_at_checked(end).unwrap_or((text, ""));
        let (suffix, build) = parts(tail);
        let [major, minor, patch] = numbers;
        let mut version = Version::new(major, minor, patch);
        if let Some(suffix) = suffix {
            let open = self.is_semver();
            match self.suffixes.read(suffix, open) {
                Ok(Read::Prerelease(identifiers)) => version.pre = prerelease(&identifiers)?,
                Ok(Read::Stable(identifiers)) if build.is_none() => {
                    version.build = metadata(&identifiers)?;
                }
                Ok(Read::Stable(_)) => {
                    return Err(grammar("a stable suffix takes no build metadata"));
                }
                Err(kind) => return Err(in_text(kind, core, build)),
            }
        }
        if let Some(build) = build {
            if !self.is_semver() {
                return Err(grammar("this scheme has no build metadata"));
            }
            version.build = metadata(build)?;
            if suffix.is_none()
                && let Some(text) = self.suffixes.stable_text(&version.build)
            {
                return Err(ParseVersionErrorKind::NotCanonical {
                    canonical: format!("{core}-{text}"),
                });
            }
        }
        Ok(version)
    }

    /// Reads the numbers of a canonical text, and where they end.
    #[inline]
    fn read_quickly(&self, text: &str) -> Option<([u64; 3], usize)> {
        let scan = number::scan(text)?;
        let canonical = match &self.kind {
            SchemeKind::Calendar(format) => format.accepts(&scan),
            other => {
                let (least, most, _) = numbers_of(other);
                (least..=most).contains(&scan.count)
                    && !scan.parts.iter().any(|part| part.padded)
                    && (scan.count == least || scan.parts[2].value != 0)
            }
        };
        canonical.then(|| (scan.values(), scan.end))
    }

    /// Reads the numbers of any text, with the error that fits.
    fn read_carefully(&self, text: &str) -> Result<([u64; 3], usize), ParseVersionErrorKind> {
        let mut bytes = text.bytes();
        let end = bytes.position(|byte| matches!(byte, b'-' | b'+'));
        let end = end.unwrap_or(text.len());
        let (core, tail) = text.split_at_checked(end).unwrap_or((text, ""));
        match self.read_core(core) {
            Ok(numbers) => Ok((numbers, end)),
            Err(ParseVersionErrorKind::NotCanonical { canonical }) => {
                Err(ParseVersionErrorKind::NotCanonical {
                    canonical: format!("{canonical}{tail}"),
                })
            }
            Err(other) => Err(other),
        }
    }

    fn read_core(&self, core: &str) -> Result<[u64; 3], ParseVersionErrorKind> {
        if let SchemeKind::Calendar(format) = &self.kind {
            return format.parse(core);
        }
        let (least, most, expected) = numbers_of(&self.kind);
        let mut components = [0; 3];
        let mut canonical = true;
        let mut count = 0;
        for (at, part) in core.split('.').enumerate() {
            count = at + 1;
            let Some(slot) = components.get_mut(at) else {
                break;
            };
            canonical &= part.len() == 1 || !part.starts_with('0');
            *slot = match number::lenient(part) {
                Number::Value(value) => value,
                Number::NotDigits => {
                    return Err(ParseVersionErrorKind::Grammar {
                        reason: format!("expected {expected}; `{part}` is no number"),
                    });
                }
                Number::Overflow => {
                    return Err(ParseVersionErrorKind::Overflow {
                        component: component(at),
                        digits: part.to_owned(),
                    });
                }
            };
        }
        if count < least || most < count {
            return Err(ParseVersionErrorKind::Grammar {
                reason: format!("expected {expected}, found {count}"),
            });
        }
        if !canonical || (count > least && components[2] == 0) {
            let canonical = self
                .print_core(components)
                .map_err(|reason| grammar(&reason))?;
            return Err(ParseVersionErrorKind::NotCanonical { canonical });
        }
        Ok(components)
    }

    /// Looks for the canonical text that was probably meant: without `v`, and with the numbers and
    /// the suffix in their one spelling.
    fn suggest(&self, text: &str, kind: ParseVersionErrorKind) -> ParseVersionErrorKind {
        let mut spelling = text.trim_start_matches(['v', 'V']).to_owned();
        // Each round mends one place: the numbers, the suffix, the build metadata.
        for _ in 0..4 {
            match self.read(&spelling) {
                Ok(_) => {
                    return ParseVersionErrorKind::NotCanonical {
                        canonical: spelling,
                    };
                }
                Err(ParseVersionErrorKind::NotCanonical { canonical }) => spelling = canonical,
                Err(_) if text.starts_with(['v', 'V']) => return kind,
                Err(other) => return other,
            }
        }
        kind
    }
}

fn component(index: usize) -> &'static str {
    match index {
        0 => "major",
        1 => "minor",
        _ => "patch",
    }
}

/// Returns how many numbers a text has, at least and at most.
fn numbers_of(kind: &SchemeKind) -> (usize, usize, &'static str) {
    match kind {
        SchemeKind::Semver => (3, 3, "three numbers, as in `1.4.0`"),
        SchemeKind::MajorMinor => (2, 3, "two or three numbers, as in `0.1` or `0.1.1`"),
        SchemeKind::Integer => (1, 1, "one number, as in `12`"),
        SchemeKind::Calendar(format) => (format.len(), format.len(), "a date"),
    }
}

/// Cuts what follows the numbers into the suffix after the hyphen and what follows the plus sign.
fn parts(tail: &str) -> (Option<&str>, Option<&str>) {
    match tail.strip_prefix('-') {
        None => (None, tail.strip_prefix('+')),
        Some(tail) => match tail.bytes().position(|byte| byte == b'+') {
            Some(at) => (tail.get(..at), tail.get(at + 1..)),
            None => (Some(tail), None),
        },
    }
}

fn grammar(reason: &str) -> ParseVersionErrorKind {
    ParseVersionErrorKind::Grammar {
        reason: reason.to_owned(),
    }
}

fn prerelease(identifiers: &str) -> Result<Prerelease, ParseVersionErrorKind> {
    Prerelease::new(identifiers)
        .map_err(|error| ParseVersionErrorKind::Grammar {
            reason: format!("prerelease `{identifiers}`: {error}"),
        })
        .and_then(|pre| {
            if pre.is_empty() {
                Err(grammar("expected a suffix after the hyphen"))
            } else {
                Ok(pre)
            }
        })
}

fn metadata(identifiers: &str) -> Result<BuildMetadata, ParseVersionErrorKind> {
    BuildMetadata::new(identifiers)
        .map_err(|error| ParseVersionErrorKind::Grammar {
            reason: format!("build metadata `{identifiers}`: {error}"),
        })
        .and_then(|build| {
            if build.is_empty() {
                Err(grammar("expected build metadata after the plus sign"))
            } else {
                Ok(build)
            }
        })
}

/// Completes the canonical suffix that [`Suffixes`](crate::suffix::Suffixes) suggests to a whole text.
fn in_text(kind: ParseVersionErrorKind, core: &str, build: Option<&str>) -> ParseVersionErrorKind {
    match kind {
        ParseVersionErrorKind::NotCanonical { canonical } => ParseVersionErrorKind::NotCanonical {
            canonical: match build {
                Some(build) => format!("{core}-{canonical}+{build}"),
                None => format!("{core}-{canonical}"),
            },
        },
        other => other,
    }
}
