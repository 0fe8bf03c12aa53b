//! Lossless changelog editing: cut, add, yank, deprecate, fold, relink, merge and draft, byte for byte.
//!
//! ```
//! use chrono::NaiveDate;
//! use promenade_changelog::{Changelog, ChangelogPolicy, Cut};
//!
//! let text = "# Changelog\n\n## Unreleased\n\n- New.\n\n## 1.0.0 - 2024-01-02\n\n- First.\n";
//! let changelog = Changelog::parse(text);
//! let date = NaiveDate::from_ymd_opt(2024, 2, 3).ok_or("no such day")?;
//! let edits = changelog.cut(&Cut::new("1.1.0", date), &ChangelogPolicy::default())?;
//! let after = edits.apply(text)?;
//! assert!(after.contains("## Unreleased\n\n## 1.1.0 - 2024-02-03\n\n- New.\n"));
//! assert_eq!(edits.invert(text)?.apply(&after)?, text);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Days are `NaiveDate`s of `chrono` 0.4, which needs none of its features here:
//! `chrono = { version = "0.4", default-features = false }`.
//!
//! # Scope
//!
//! A [`Changelog`] is a view of its text; each verb (`cut`, `add`, `reword`, `open`, `yank`,
//! `deprecate`, `note`, `fold`, `rename`, `relink`) returns [`Edits`]: sorted, disjoint ranges of the original
//! bytes, each with an inverse. Doing a verb twice is doing it once. [`merge`] merges three texts by
//! entry, [`draft`] proposes entries from commits, [`UpgradeNotes`] keeps the second document.
//!
//! The structure is that of CommonMark 0.31, top level only: what stands in a fence, a comment, a
//! list or a quote is never taken for a version. How a file is written ([`Dialect`]) is learnt from
//! its newest versions; a [`ChangelogPolicy`], the `[changelog]` table of a process file, goes first.
//!
//! Not in scope: rendering, files, clocks and repositories. Dates and tags come in as arguments.
//! Nothing is normalised, so there is nothing that is not preserved.
//!
//! # Features
//!
//! - `draft`, `merge` and `upgrade`, on by default: [`draft`], [`merge`] and [`UpgradeNotes`]. Without them the
//!   crate is the editor of one document, and a seventh quicker to build.
//! - `serde`: serialises edits, policies and findings.
//! - `proptest1`: exports strategies for texts, edits and policies.

mod address;
mod category;
mod compare;
mod cut;
mod date;
mod dialect;
mod document;
#[cfg(feature = "draft")]
mod draft;
mod edit;
mod entry;
mod error;
mod fold;
mod heading;
mod index;
mod link;
mod lint;
mod mark;
#[cfg(feature = "merge")]
mod merge;
mod notes;
mod order;
mod policy;
mod relink;
mod rename;
mod reword;
mod scan;
mod section;
#[cfg(feature = "proptest1")]
pub mod strategy;
#[cfg(feature = "upgrade")]
mod upgrade;

pub use category::Category;
pub use cut::{Cut, Previous};
pub use date::DateStyle;
pub use dialect::Dialect;
pub use document::Changelog;
#[cfg(feature = "draft")]
pub use draft::{Draft, DraftCommit, DraftEntry, DraftLinks, draft};
pub use edit::{Edits, TextEdit};
pub use entry::Entry;
pub use error::{
    ApplyEditsError, BuildEditsError, EditChangelogError, EditChangelogErrorKind,
    ParseChangelogError,
};
pub use fold::{CandidateFixes, Folded};
pub use link::Link;
pub use lint::{LintContext, LintFinding, LintRule};
pub use mark::Deprecation;
#[cfg(feature = "merge")]
pub use merge::{Merged, merge};
pub use policy::{
    ChangelogPolicy, Compare, CompareBase, DialectPolicy, HeadingTemplate, LinkStyle,
    ParseTemplateError, ParseTemplateErrorKind, UrlTemplate,
};
pub use scan::{Block, BlockKind};
pub use section::{Section, SectionKind};
#[cfg(feature = "upgrade")]
pub use upgrade::UpgradeNotes;
