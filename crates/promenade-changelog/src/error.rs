//! Why a document was not read, and why an edit was not made.

use std::ops::Range;

use chrono::NaiveDate;

/// Two edits overlap.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("edits of bytes {first:?} and {second:?} overlap")]
pub struct BuildEditsError {
    pub(crate) first: Range<usize>,
    pub(crate) second: Range<usize>,
}

/// Edits were made for another text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("edit of bytes {range:?} does not fit this text of {len} bytes: it was made for another")]
pub struct ApplyEditsError {
    pub(crate) range: Range<usize>,
    pub(crate) len: usize,
}

/// Bytes are not a document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} is not UTF-8 (byte {at})")]
pub struct ParseChangelogError {
    pub(crate) line: usize,
    pub(crate) at: usize,
}

impl ParseChangelogError {
    /// Returns the line, counted from 1.
    #[must_use]
    pub fn line(&self) -> usize {
        self.line
    }

    /// Returns the byte, counted from 0.
    #[must_use]
    pub fn at(&self) -> usize {
        self.at
    }
}

/// An edit was refused; the document is as it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot {verb}: {kind}")]
pub struct EditChangelogError {
    pub(crate) verb: &'static str,
    pub(crate) kind: EditChangelogErrorKind,
}

impl EditChangelogError {
    pub(crate) fn new(verb: &'static str, kind: EditChangelogErrorKind) -> Self {
        Self { verb, kind }
    }

    /// Returns what was to be done.
    #[must_use]
    pub fn verb(&self) -> &str {
        self.verb
    }

    /// Returns why it was refused.
    #[must_use]
    pub fn kind(&self) -> &EditChangelogErrorKind {
        &self.kind
    }
}

/// Why an edit was refused. Lines are counted from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EditChangelogErrorKind {
    /// There is no section of unreleased changes.
    #[error("there is no Unreleased section; expected one above {}", place(*.release))]
    NoUnreleased {
        /// Line of the first release, if there is one.
        release: Option<usize>,
    },
    /// The section of unreleased changes is not on top.
    #[error("Unreleased (line {line}) stands below a release (line {release})")]
    UnreleasedBelowRelease {
        /// Line of the section.
        line: usize,
        /// Line of the release above it.
        release: usize,
    },
    /// The unreleased section holds nothing, and the policy asks for entries.
    #[error("Unreleased (line {line}) has no entry, and the policy requires one")]
    UnreleasedEmpty {
        /// Line of the section.
        line: usize,
    },
    /// No section has this version.
    #[error("there is no section for version `{version}`{}", near(.nearest.as_ref()))]
    UnknownVersion {
        /// The version asked for.
        version: String,
        /// The newest known one and its line, to show how they are spelt here.
        nearest: Option<(String, usize)>,
    },
    /// Several sections have this version.
    #[error("version `{version}` has sections on lines {lines:?}; expected one")]
    DuplicateVersion {
        /// The version asked for.
        version: String,
        /// The lines of the sections.
        lines: Vec<usize>,
    },
    /// No entry of the section has this text.
    #[error("no entry of the section on line {line} says `{text}`")]
    UnknownEntry {
        /// The text asked for.
        text: String,
        /// Line of the section.
        line: usize,
    },
    /// Several entries of the section have this text, or would have it.
    #[error("the entries on lines {lines:?} say `{text}`, or would; expected one")]
    DuplicateEntry {
        /// The text asked for.
        text: String,
        /// The lines of the entries.
        lines: Vec<usize>,
    },
    /// The version has a section already.
    #[error("version `{version}` has a section already (line {line})")]
    VersionExists {
        /// The version.
        version: String,
        /// Line of the section.
        line: usize,
    },
    /// The release would be older than one below it.
    #[error("date {date} is before {newest} of the release on line {line}")]
    DateBackwards {
        /// The date given.
        date: NaiveDate,
        /// The date of the newest release.
        newest: NaiveDate,
        /// Its line.
        line: usize,
    },
    /// A text cannot stand where it was asked to stand.
    #[error("{what} `{text}` {why}")]
    UnfitText {
        /// What the text was to be.
        what: &'static str,
        /// The text.
        text: String,
        /// Why not.
        why: &'static str,
    },
    /// The place of the edit lies in a code fence, a comment or the like that nothing closes.
    #[error(
        "a code fence or comment (line {line}) is not closed: what is added would be part of it"
    )]
    OpenBlock {
        /// Line where it starts.
        line: usize,
    },
    /// What follows is indented and would become part of the list item that is added.
    #[error("line {line} is indented: it would become part of the entry above it")]
    Indented {
        /// The line.
        line: usize,
    },
    /// After the edit a section or an entry would begin or end elsewhere, or have another version.
    #[error("line {line} would not be read back as it is meant")]
    Misread {
        /// Line of the section or of the entry.
        line: usize,
    },
    /// Two parts of the edit would change the same bytes.
    #[error("two changes meet on line {line}")]
    Tangled {
        /// Line of the second one.
        line: usize,
    },
    /// The document has no place of the kind asked for.
    #[error("found no {what}")]
    NoPlace {
        /// What was looked for.
        what: &'static str,
    },
}

fn near(known: Option<&(String, usize)>) -> String {
    known.map_or_else(
        || "; the document has no release".to_owned(),
        |(known, line)| format!("; the newest one is `{known}` (line {line})"),
    )
}

fn place(release: Option<usize>) -> String {
    release.map_or_else(
        || "the releases".to_owned(),
        |line| format!("the first release (line {line})"),
    )
}
