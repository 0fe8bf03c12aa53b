//! The board, drawn for a terminal: environments × versions, channels, what is owed.

use std::fmt::Write as _;

use promenade::promotion::{Board, Cell, Follows, Policy, Stage, State, Subject};

/// Draws the board of a state as text.
pub(crate) fn text(state: &State, policy: &Policy) -> String {
    let board = Board::new(state, policy);
    let mut table = vec![vec!["version".to_owned(), "stage".to_owned()]];
    if let Some(head) = table.first_mut() {
        head.extend(
            board
                .columns
                .iter()
                .map(|column| column.environment.to_string()),
        );
    }
    for row in &board.rows {
        let mut line = vec![
            name(&row.subject),
            row.stage.map_or("build", Stage::as_str).to_owned(),
        ];
        line.extend(row.cells.iter().map(|cell| symbol(*cell).to_owned()));
        table.push(line);
    }
    let mut out = aligned(&table);
    let moving: Vec<_> = state
        .channels
        .iter()
        .filter(|(_, channel)| channel.follows != Follows::Fixed)
        .map(|(name, channel)| format!("{name} -> {}", channel.version))
        .collect();
    if !moving.is_empty() {
        let _ = writeln!(out, "\nchannels  {}", moving.join("   "));
    }
    for column in &board.columns {
        if let Some(why) = &column.held {
            let _ = writeln!(out, "held      {}: {why}", column.environment);
        }
    }
    for owed in &board.owed {
        let _ = writeln!(out, "owed      {owed}");
    }
    out
}

fn name(subject: &Subject) -> String {
    match subject {
        Subject::Version(version) => version.to_string(),
        Subject::Commit(commit) => commit.as_str().chars().take(10).collect(),
    }
}

fn symbol(cell: Cell) -> &'static str {
    match cell {
        Cell::Absent => "·",
        Cell::InFlight => "→ on its way",
        Cell::Verified => "● verified",
        Cell::Drifted => "≠ drifted",
        Cell::Unsure => "? unsure",
        Cell::Past => "○ before",
    }
}

/// Lays a table out in columns of equal width, two spaces apart.
fn aligned(table: &[Vec<String>]) -> String {
    let columns = table.iter().map(Vec::len).max().unwrap_or_default();
    let width = |column: usize| {
        let cells = table.iter().filter_map(|row| row.get(column));
        cells
            .map(|cell| cell.chars().count())
            .max()
            .unwrap_or_default()
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut out = String::new();
    for row in table {
        let cells = row.iter().zip(&widths);
        let line: Vec<_> = cells
            .map(|(cell, width)| format!("{cell:<width$}"))
            .collect();
        let _ = writeln!(out, "{}", line.join("  ").trim_end());
    }
    out
}
