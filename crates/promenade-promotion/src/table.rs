//! The tables: what a step makes of the stage of a version, and what becomes of each command.
//!
//! [`next`] is the table of stages. What `decide` makes of every kind of command in every situation,
//! cell by cell:
#![doc = include_str!("cells.md")]

use crate::state::Stage;
use crate::word::keywords;

keywords! {
    /// A step that changes the stage of a version.
    Step, "step" {
        /// Registers a candidate.
        Register = "register",
        /// Rejects a candidate.
        Reject = "reject",
        /// Makes a release from it.
        Select = "select",
        /// Makes it a release that is marked as a pre-release.
        ReleaseAsPrerelease = "release as pre-release",
        /// Makes it a release.
        Release = "release",
        /// Advises against it.
        Deprecate = "deprecate",
        /// Takes it back from an environment.
        RollBack = "roll back",
        /// Sees it verified in an environment again.
        Reinstate = "reinstate",
    }
}

/// Returns the stage after a step, if the step is possible; `None` as a stage is an unknown version.
///
/// | stage | register | reject | select | release as pre-release | release | deprecate | roll back | reinstate |
/// |---|---|---|---|---|---|---|---|---|
/// | absent | candidate | – | – | pre-release | released | – | – | – |
/// | candidate | – | rejected | selected | pre-release | released | – | – | – |
/// | rejected | – | – | – | – | – | – | – | – |
/// | selected | – | – | – | – | – | – | – | – |
/// | pre-release | – | – | – | – | released | deprecated | – | – |
/// | released | – | – | – | – | – | deprecated | rolled-back | – |
/// | deprecated | – | – | – | – | – | – | – | – |
/// | rolled-back | – | – | – | – | – | deprecated | – | released |
#[must_use]
pub const fn next(stage: Option<Stage>, step: Step) -> Option<Stage> {
    match (stage, step) {
        (None, Step::Register) => Some(Stage::Candidate),
        (None | Some(Stage::Candidate), Step::ReleaseAsPrerelease) => Some(Stage::Prerelease),
        (None | Some(Stage::Candidate | Stage::Prerelease), Step::Release) => Some(Stage::Released),
        (Some(Stage::Candidate), Step::Reject) => Some(Stage::Rejected),
        (Some(Stage::Candidate), Step::Select) => Some(Stage::Selected),
        (Some(Stage::Prerelease | Stage::Released | Stage::RolledBack), Step::Deprecate) => {
            Some(Stage::Deprecated)
        }
        (Some(Stage::Released), Step::RollBack) => Some(Stage::RolledBack),
        (Some(Stage::RolledBack), Step::Reinstate) => Some(Stage::Released),
        (
            None,
            Step::Reject | Step::Select | Step::Deprecate | Step::RollBack | Step::Reinstate,
        )
        | (
            Some(Stage::Candidate),
            Step::Register | Step::Deprecate | Step::RollBack | Step::Reinstate,
        )
        | (Some(Stage::Rejected | Stage::Selected | Stage::Deprecated), _)
        | (
            Some(Stage::Prerelease),
            Step::Register
            | Step::Reject
            | Step::Select
            | Step::ReleaseAsPrerelease
            | Step::RollBack
            | Step::Reinstate,
        )
        | (
            Some(Stage::Released),
            Step::Register
            | Step::Reject
            | Step::Select
            | Step::ReleaseAsPrerelease
            | Step::Release
            | Step::Reinstate,
        )
        | (
            Some(Stage::RolledBack),
            Step::Register
            | Step::Reject
            | Step::Select
            | Step::ReleaseAsPrerelease
            | Step::Release
            | Step::RollBack,
        ) => None,
    }
}
