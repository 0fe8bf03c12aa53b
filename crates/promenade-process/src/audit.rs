//! The process read backwards: history against the rules.
//!
//! An [`Auditor`] reads a repository through the port [`Past`](crate::port::past::Past) and judges it by
//! every [`RuleId`]; [`tags`] judges tags alone.
//!
//! ```
//! use promenade_process::{Process, audit};
//! use promenade_tag::TagFacts;
//!
//! let process = Process::preset("mithril-adr12")?;
//! let first = "f3ea8fb6e2d1c4b5a69788796a5b4c3d2e1f0a9b";
//! let second = "567a8e8e63b1c4b5a69788796a5b4c3d2e1f0a9b";
//! let tags = [
//!     TagFacts::lightweight("2603.0-pre", first),
//!     TagFacts::lightweight("2603.1-pre", second),
//!     TagFacts::lightweight("2603.1", second),
//! ];
//! let audit = audit::tags(&process, &tags);
//! let rejected = audit.findings().find(|f| f.rule == audit::RuleId::CandidateRejected);
//! assert_eq!(rejected.map(|finding| finding.subject.as_str()), Some("2603.0-pre"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod auditor;
mod baseline;
mod branches;
mod cadence;
mod changelog;
mod definitions;
mod finding;
mod ledger;
mod manifests;
mod order;
mod paths;
mod pins;
mod rule;
mod sarif;
mod signatures;
mod tags;
mod versions;

pub use auditor::{AuditError, Auditor, Progress};
pub use baseline::{Baseline, ParseBaselineError};
pub use finding::{Audit, Excerpt, Finding, Severity};
pub use ledger::LedgerFacts;
pub use rule::{RuleId, UnknownRuleError};
pub use signatures::{SignatureFacts, SignatureOutcome};
pub use tags::tags;
