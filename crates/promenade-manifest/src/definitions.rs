//! Environment definitions: files that say which version of what runs in an environment.
//!
//! The schema is that of Kayron, the operator that deploys them; its rules are errors, the holes it
//! leaves are warnings (D1-D16).

mod compare;
mod definition;
mod finding;
mod lint;
mod names;
mod policy;
mod read;
mod reference;
mod set;

pub use compare::{
    Comparison, Observed, PinChange, UpstreamError, UpstreamTag, compare, pin_changes,
    verify_upstream,
};
pub use definition::{Definition, Strategy};
pub use finding::{DefinitionFinding, DefinitionRule, Severity};
pub use names::{BranchName, ImagePath, ParsePinError, Pin, ReleasePin, RepositoryName};
pub use policy::{DefinitionPolicy, DefinitionPolicyError, UnknownKeys};
pub use read::Definitions;
pub use reference::{
    EnvironmentRef, EnvironmentRefs, ForgeRelease, LatestBy, RefFacts, ResolveRefError, ResolvedRef,
};
