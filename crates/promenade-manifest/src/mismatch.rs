//! What a check finds: a place that names another version than it should.

use std::fmt;

use crate::Position;

/// A place that names another version than it should.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Mismatch {
    /// The file.
    pub file: String,
    /// The line and column of the version.
    pub position: Position,
    /// Whose version it is: a package, or a group.
    pub subject: String,
    /// What stands there.
    pub found: String,
    /// What should stand there.
    pub expected: String,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}:{}: `{}` for `{}`, expected `{}`",
            self.file, self.position, self.found, self.subject, self.expected
        )
    }
}
