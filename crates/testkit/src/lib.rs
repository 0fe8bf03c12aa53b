//! What the tests of several crates share: the corpus, outside programs, sizes, tables.
//!
//! A test that needs something this machine lacks asks for it here and returns when it is not
//! there. What was not run is written to the file that `PROMENADE_NOT_RUN` names; `cargo xtask test`
//! reads it and ends with the list, so no skip goes unseen.
//!
//! ```no_run
//! # fn a_real_test() {
//! let Some(corpus) = testkit::corpus() else { return };
//! for row in testkit::tsv(corpus.join("mithril/tags.tsv")) {
//!     println!("{}", row.get("tag"));
//! }
//! # }
//! ```

pub mod clock;
pub mod crates;
pub mod disk;
pub mod github;
pub mod http;

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// The environment variable that names the corpus folder.
pub const CORPUS: &str = "PROMENADE_CORPUS";
/// The environment variable that names the file where tests note what they did not run.
pub const NOT_RUN: &str = "PROMENADE_NOT_RUN";
/// The environment variable that asks for the sizes of the slow rows.
pub const SLOW: &str = "PROMENADE_SLOW";

/// What stands before a need in the notes that no package can meet.
pub const OPTIONAL: &str = "optional: ";

/// Returns the corpus folder, or notes that the test is not run because there is none.
#[must_use]
pub fn corpus() -> Option<PathBuf> {
    let folder = std::env::var_os(CORPUS).map(PathBuf::from);
    if folder.is_none() {
        note("corpus");
    }
    // Tests run in the folder of their package; the variable is relative to where cargo was called.
    folder.map(|folder| {
        if folder.is_absolute() {
            folder
        } else {
            workspace().join(folder)
        }
    })
}

/// Returns the checkout of an outside project that an environment variable names, or notes that the
/// test is not run because there is none. No package brings such a checkout, so it is optional: it
/// is listed, and is no failure where everything else must run.
#[must_use]
pub fn checkout(variable: &str) -> Option<PathBuf> {
    let folder = std::env::var_os(variable).map(PathBuf::from);
    if folder.is_none() {
        note(&format!("{OPTIONAL}{variable}"));
    }
    folder
}

/// Returns where an outside program lies, or notes that the test is not run because it is missing.
#[must_use]
pub fn program(name: &str) -> Option<PathBuf> {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&paths)
        .map(|dir| dir.join(name))
        .find(|path| path.is_file());
    if found.is_none() {
        note(name);
    }
    found
}

/// Returns the size of a row: `ci` in every run, `slow` where `cargo xtask slow` asks for it.
#[must_use]
pub fn scale(ci: usize, slow: usize) -> usize {
    if std::env::var_os(SLOW).is_some() {
        slow
    } else {
        ci
    }
}

/// Returns the root of the workspace.
#[must_use]
pub fn workspace() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_path_buf()
}

/// One row of a table, by column name.
#[derive(Clone, Debug)]
pub struct Row(BTreeMap<String, String>);

impl Row {
    /// Returns a cell.
    ///
    /// # Panics
    /// If the table has no such column: a fault of the test.
    #[must_use]
    #[expect(
        clippy::panic,
        reason = "a wrong column name is a fault of the test that asks"
    )]
    #[track_caller]
    pub fn get(&self, column: &str) -> &str {
        self.0
            .get(column)
            .unwrap_or_else(|| panic!("no column `{column}` in {:?}", self.0.keys()))
    }

    /// Returns a cell, or nothing where the table has `-` or nothing.
    #[must_use]
    #[track_caller]
    pub fn opt(&self, column: &str) -> Option<&str> {
        Some(self.get(column)).filter(|cell| !matches!(*cell, "" | "-"))
    }
}

/// Reads a tab separated table whose first line starts with `#` and names the columns.
///
/// # Panics
/// If the file cannot be read: a fault of the corpus.
#[must_use]
#[expect(
    clippy::panic,
    reason = "a corpus without the file is a fault that must be seen"
)]
#[track_caller]
pub fn tsv(path: impl AsRef<Path>) -> Vec<Row> {
    let path = path.as_ref();
    let text = std::fs::read_to_string(path)
        .unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()));
    let mut lines = text.lines();
    let header = lines.next().unwrap_or_default().trim_start_matches('#');
    let columns: Vec<_> = header.split('\t').map(str::to_owned).collect();
    lines
        .map(|line| {
            Row(columns
                .iter()
                .cloned()
                .zip(line.split('\t').map(str::to_owned))
                .collect())
        })
        .collect()
}

/// Notes that the running test is not run, and what it needs.
fn note(need: &str) {
    let thread = std::thread::current();
    let test = std::env::var("NEXTEST_TEST_NAME")
        .ok()
        .or_else(|| {
            thread
                .name()
                .filter(|name| *name != "main")
                .map(str::to_owned)
        })
        .or_else(|| std::env::args().skip(1).find(|arg| !arg.starts_with('-')))
        .unwrap_or_else(|| "?".to_owned());
    if let Some(path) = std::env::var_os(NOT_RUN)
        && let Ok(mut file) = OpenOptions::new().create(true).append(true).open(path)
    {
        // One write per line: appends of several processes do not mix.
        let _ = file.write_all(format!("{need}\t{test}\n").as_bytes());
    }
}
