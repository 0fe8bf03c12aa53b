//! The table of `cargo xtask cost`, kept from run to run.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;

use promenade_cli::CliError;

use super::Cost;
use super::subject::{PEERS, PROMOTION_SECONDS_MAX, SECONDS_MAX, Subject, subjects};
use crate::programs::root;

/// Where the table is kept.
const TABLE: &str = "benches/COST.md";

/// The rows of the table, by crate and features.
pub(super) struct Table {
    rows: BTreeMap<(String, String), String>,
}

impl Table {
    fn path() -> PathBuf {
        root().join(TABLE)
    }

    /// Reads the rows that an earlier run wrote.
    pub(super) fn read() -> Result<Self, CliError> {
        let text = match std::fs::read_to_string(Self::path()) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(CliError::world(error)),
        };
        let mut rows = BTreeMap::new();
        for line in text.lines().filter(|line| line.starts_with("| `")) {
            let mut cells = line.split('|').map(str::trim).skip(1);
            if let (Some(name), Some(features)) = (cells.next(), cells.next()) {
                let name = name.trim_matches('`').to_owned();
                rows.insert((name, features.to_owned()), line.to_owned());
            }
        }
        Ok(Self { rows })
    }

    pub(super) fn insert(&mut self, subject: &Subject, cost: &Cost) {
        let dev = cost
            .dev_secs
            .map_or_else(String::new, |secs| format!("{secs:.1}"));
        let row = format!(
            "| `{}` | {} | {} | {dev} | {:.1} | {} |",
            subject.name,
            subject.features,
            cost.crates,
            cost.release_secs,
            size(cost.size_bytes)
        );
        let key = (subject.name.clone(), subject.features.clone());
        self.rows.insert(key, row);
    }

    pub(super) fn text(&self) -> Result<String, CliError> {
        let mut text = head();
        let subjects = subjects()?;
        for (title, is_peer) in [("Ours", false), ("Peers", true)] {
            let known = subjects.iter().filter(|one| one.is_peer == is_peer);
            let rows: Vec<_> = known
                .filter_map(|one| self.rows.get(&(one.name.clone(), one.features.clone())))
                .collect();
            if rows.is_empty() {
                continue;
            }
            let _ = writeln!(
                text,
                "\n## {title}\n\n\
                 | crate | features | other crates | dev, CPU s | release, CPU s | program |\n\
                 |---|---|---:|---:|---:|---:|"
            );
            for row in rows {
                let _ = writeln!(text, "{row}");
            }
        }
        Ok(text)
    }

    pub(super) fn write(&self) -> Result<(), CliError> {
        std::fs::write(Self::path(), self.text()?).map_err(CliError::world)
    }
}

fn size(bytes: u64) -> String {
    format!("{} kB", bytes.div_ceil(1000))
}

/// What the table is, and on what it was measured.
fn head() -> String {
    let mut text = format!(
        "# Cost to embed\n\n\
         Written by `cargo xtask cost --peers`: each crate is built from nothing, as the dependency of a program of its own,\n\
         what has limits three times, of which the least counts. Other crates: all that `cargo tree --edges normal` names besides it. CPU seconds: user and system of the\n\
         build of the crate and what it needs. Program: the size of one, optimised and stripped, that runs the example on\n\
         the crate's first page; a peer's does what its main verb needs.\n\n\
         The first five stand alone: at most 15 other crates (`promotion` 25) and below {SECONDS_MAX} seconds each, in\n\
         `cargo build` and in `cargo build --release`, or the command fails. One build does not reach that: `promotion` in\n\
         release takes 11 seconds for what it needs and as many for itself, and is held below {PROMOTION_SECONDS_MAX} instead. Of one\n\
         that is also measured without its default features, the limits are for those.\n\n\
         A busy machine takes up to a half more processor time for the same build: measure on a quiet one.\n\n"
    );
    text.push_str(&crate::bench::machine());
    let rustc = Command::new("rustc").arg("--version").output();
    let rustc = rustc.map(|output| output.stdout).unwrap_or_default();
    let _ = writeln!(
        text,
        "Versions: {}, peers as follows: {}.",
        String::from_utf8_lossy(&rustc)
            .split(" (")
            .next()
            .unwrap_or_default(),
        PEERS
            .iter()
            .map(|peer| format!("{} {}", peer.0, peer.1))
            .collect::<Vec<_>>()
            .join(", ")
    );
    text
}
