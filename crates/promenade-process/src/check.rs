//! Whether what a process says can go wrong: every sequence of events of a small world, judged by the real
//! [`decide`](promenade_promotion::decide).
//!
//! A process file that can be read is free of contradictions between its tables; whether its rules together
//! do what they are for shows only when they are used. [`check`] plays the process with one version, its
//! candidate and its build, everybody who may approve, and a clock that goes on when something waits. What it
//! finds comes with the shortest story that leads there.
//!
//! ```
//! use promenade_process::{Flow, Process, check};
//!
//! let process = Process::parse("release.toml", r#"
//!     [process]
//!     format = 1
//!     name = "acme"
//!
//!     [version]
//!     scheme = "semver"
//!     below-one = "breaking-is-minor"
//!
//!     [[tag]]
//!     class = "release"
//!     template = "v{version}"
//!
//!     [[environment]]
//!     name = "staging"
//!     stage = "pre-release"
//!     accepts = "release"
//!
//!     [[environment]]
//!     name = "production"
//!     stage = "production"
//!     accepts = "release"
//! "#)?;
//! let checked = check::check(&process, &[], &mut |_| Flow::Continue)?;
//! let fault = checked.faults().next().ok_or("production waits for nothing")?;
//! assert_eq!(fault.rule.id(), "path-skips");
//! assert_eq!(fault.story.last().map(String::as_str), Some("promote 1.0.0 to production, and see it run there"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod channels;
mod fault;
mod moves;
mod names;
mod world;

use promenade_promotion::Lane;

pub use fault::{Checked, Fault, FaultRule};

use crate::{Flow, Process};

/// A check was stopped by its observer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("stopped after {states} states")]
pub struct CheckStopped {
    /// How many states were looked at.
    pub states: usize,
}

/// Checks a process. `beside` are other processes that write channels of the same image. The observer is told
/// how many states were looked at, and can stop the check.
///
/// # Errors
/// [`CheckStopped`] if it was stopped.
pub fn check(
    process: &Process,
    beside: &[&Process],
    observer: &mut dyn FnMut(usize) -> Flow,
) -> Result<Checked, CheckStopped> {
    let mut checked = Checked::default();
    names::check(process, &mut checked);
    channels::check(process, beside, &mut checked);
    let mut lanes = vec![Lane::Regular];
    if process.branches().hotfix.is_some() {
        lanes.push(Lane::Hotfix);
    }
    for lane in lanes {
        world::explore(process, lane, &mut checked, observer)?;
    }
    checked.settle();
    Ok(checked)
}
