//! Where something stands in a file.

use std::fmt;

/// A line and a column, both counted from 1; the column counts bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    line: usize,
    column: usize,
}

impl Position {
    /// Returns the position of byte `at` of `text`; past the end, that of the end.
    #[must_use]
    pub fn of(text: &[u8], at: usize) -> Self {
        let head = text.get(..at).unwrap_or(text);
        let line = head.iter().filter(|byte| **byte == b'\n').count() + 1;
        let start = head.iter().rposition(|byte| *byte == b'\n');
        Self {
            line,
            column: head.len() - start.map_or(0, |newline| newline + 1) + 1,
        }
    }

    /// Makes a position from a line and a column counted from 1; zeros count as 1.
    #[must_use]
    pub fn new(line: usize, column: usize) -> Self {
        Self {
            line: line.max(1),
            column: column.max(1),
        }
    }

    /// Returns the line, counted from 1.
    #[must_use]
    pub fn line(self) -> usize {
        self.line
    }

    /// Returns the column in bytes, counted from 1.
    #[must_use]
    pub fn column(self) -> usize {
        self.column
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}
