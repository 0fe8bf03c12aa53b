//! A first process file for a repository that has none: proposed from its tags, branches,
//! commits, changelog and manifests.
//!
//! [`propose`] tries every way in which tags are commonly named, keeps the one that reads most of them, and says how
//! many it explains and which not. Nothing is asked, and nothing is written.
//!
//! ```
//! use promenade_process::init::{Facts, propose};
//!
//! let facts = Facts {
//!     tags: ["v1.0.0", "v1.1.0-rc.1", "v1.1.0", "nightly"].map(str::to_owned).to_vec(),
//!     ..Facts::default()
//! };
//! let proposal = propose("acme", &facts)?;
//! assert_eq!(proposal.explained(), 3);
//! assert_eq!(proposal.versions(), (3, 3));
//! assert!(proposal.unexplained().eq([("nightly", "holds no version")]));
//! assert!(proposal.text().contains("template = \"v{version}\""));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod habit;
mod proposal;
mod reading;
mod text;

pub use proposal::{Facts, Proposal, ProposeError, propose};
