//! What a command gives back: a report for people and for programs, or an error; and exit codes.

use std::fmt;

use promenade::process::port::repository::RepositoryError;
use serde_json::Value;

/// The exit codes of the command line; a contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done, or clean.
    Done,
    /// Held by a blocker, or findings.
    Held,
    /// Bad usage or bad input.
    Input,
    /// A stale head, or a name that exists already.
    Conflict,
    /// The world failed: input or output, network, a missing program.
    World,
}

impl Exit {
    /// Returns the code that the process exits with.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Held => 1,
            Self::Input => 2,
            Self::Conflict => 3,
            Self::World => 4,
        }
    }
}

/// What a command reports, for people (bytes) and for programs (one JSON object).
#[derive(Clone, Debug)]
#[must_use]
pub struct Report {
    pub(crate) exit: Exit,
    pub(crate) text: Vec<u8>,
    pub(crate) json: Value,
}

impl Report {
    /// Makes a report with exit code 0. `schema` names the JSON object and its version
    /// (`promenade.version-next/1`); `json` must be an object, which gets it as `"schema"`.
    pub fn new(schema: &str, json: Value, text: impl Into<Vec<u8>>) -> Self {
        let mut object = serde_json::Map::new();
        object.insert("schema".to_owned(), Value::from(schema));
        match json {
            Value::Object(fields) => object.extend(fields),
            other => {
                object.insert("value".to_owned(), other);
            }
        }
        Self {
            exit: Exit::Done,
            text: text.into(),
            json: Value::Object(object),
        }
    }

    /// Makes a report whose JSON is an object of another format, which names its own schema.
    pub(crate) fn bare(json: Value) -> Self {
        Self {
            exit: Exit::Done,
            text: Vec::new(),
            json,
        }
    }

    /// Sets the exit code, for a report of something held or found.
    pub fn exit(mut self, exit: Exit) -> Self {
        self.exit = exit;
        self
    }
}

/// Why a command did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CliError {
    pub(crate) exit: Exit,
    pub(crate) message: String,
}

impl CliError {
    /// Bad usage or bad input: exit code 2.
    pub fn input(error: impl fmt::Display) -> Self {
        Self {
            exit: Exit::Input,
            message: error.to_string(),
        }
    }

    /// A stale head, or a name that exists already: exit code 3.
    pub fn conflict(error: impl fmt::Display) -> Self {
        Self {
            exit: Exit::Conflict,
            message: error.to_string(),
        }
    }

    /// The world failed: exit code 4.
    pub fn world(error: impl fmt::Display) -> Self {
        Self {
            exit: Exit::World,
            message: error.to_string(),
        }
    }

    /// What a repository answered: refused is bad input, a name that is taken a conflict, else the world.
    pub(crate) fn repository(error: RepositoryError) -> Self {
        match error {
            RepositoryError::Conflict { .. } => Self::conflict(error),
            RepositoryError::Refused { .. } => Self::input(error),
            _ => Self::world(error),
        }
    }

    /// Returns the exit code.
    #[must_use]
    pub fn exit(&self) -> Exit {
        self.exit
    }
}

impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for CliError {}
