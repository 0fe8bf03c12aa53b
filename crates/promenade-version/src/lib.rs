//! Version policy as a value: schemes, impact, bump rules, candidate series, release lines, groups
//! and cadence.
//!
//! ```
//! use promenade_version::{Meaning, Scheme};
//!
//! let scheme = Scheme::semver();
//! let version = scheme.parse("0.4.0-rc.1")?;
//! assert_eq!(scheme.meaning(&version), Meaning::Candidate);
//! assert_eq!(scheme.format(&version)?, "0.4.0-rc.1");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod error;
mod level;
mod scheme;

pub use error::{FormatVersionError, ParseVersionError, ParseVersionErrorKind};
pub use level::{Impact, Level};
pub use scheme::{Meaning, Scheme};
pub use semver::Version;
