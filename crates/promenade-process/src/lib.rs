//! The release process as a value: the process file, plan, apply, explain and audit, and the ports
//! that adapters implement.
//!
//! ```
//! use promenade_process::Process;
//!
//! let process = Process::preset("rustshare")?;
//! let tag = process.tags().read("v0.4.0-rc.1");
//! assert!(tag.is_candidate());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Scope and non-scope
//!
//! A [`Process`] is the file, read and checked. A [`Planner`] is pure: from a process, the state of its
//! ledger and a wish it makes a [`Plan`], or everything that holds it. [`apply`] carries a plan out
//! through the [`port`]s, step by step. [`audit`] reads the same rules backwards. Nothing here reads a
//! clock, a file or a repository: adapters do.

mod apply;
pub mod audit;
pub mod check;
mod embargo;
mod error;
mod file;
mod hook;
mod impact;
pub mod init;
mod keyring;
mod nearest;
mod plan;
mod planner;
pub mod port;
pub mod preset;
mod process;
mod schema;

pub use apply::{
    ApplyError, ApplyErrorKind, Flow, Outcome, Receipt, UndoError, World, apply, ready, undo,
};
pub use embargo::{Embargo, embargo_stream};
pub use error::{ParseProcessError, UnknownPresetError};
pub use file::{
    BranchRules, CommitRules, ImageRepositoryName, LedgerRules, PinRule, RegistryRules,
};
pub use hook::{ForgeRules, HookEvent, HookRule, HookTime, ParseVariableNameError, VariableName};
pub use impact::{ComponentRule, ImpactReason, ImpactRules, ImpactSource, Impacts};
pub use keyring::{KeyRule, TrustedKey, TrustedKeys};
pub use plan::{DocumentChange, Plan, SCHEMA as PLAN_SCHEMA, Step, StoredPlan, StoredPlanError};
pub use planner::{
    Build, BuildFile, Documents, EmergencyRequest, Hand, HotfixRequest, PlanError, Planned,
    Planner, ReleaseRequest, Remote, Withdrawal,
};
pub use process::Process;
pub use schema::json_schema;
