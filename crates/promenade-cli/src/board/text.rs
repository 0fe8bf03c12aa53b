//! The board for a terminal: as wide as that is, coloured by what things mean.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use promenade::promotion::{Cell, Rank, Stage};

use super::picture::{Column, Picture};

const DIM: Style = Style::new().dimmed();
const BOLD: Style = Style::new().bold();
/// How long the bar of a wait is.
const BAR: usize = 20;

/// A text and its colour.
struct Painted(String, Style);

impl Painted {
    fn width(&self) -> usize {
        self.0.chars().count()
    }

    /// Fills up to a width; what is too long is cut.
    fn to(&self, width: usize) -> String {
        let style = self.1;
        let text: String = if self.width() > width {
            let kept = self.0.chars().take(width.saturating_sub(1));
            kept.chain(['…']).collect()
        } else {
            self.0.clone()
        };
        let fill = " ".repeat(width.saturating_sub(text.chars().count()));
        format!("{style}{text}{style:#}{fill}")
    }
}

/// Draws the board in so many columns of a terminal.
pub(crate) fn draw(picture: &Picture, width: usize) -> String {
    let mut out = String::new();
    let table = table(picture);
    let widths = widths(&table);
    let whole: usize = widths.iter().map(|width| width + 2).sum();
    if whole <= width.saturating_add(2) {
        for row in &table {
            let cells = row.iter().zip(&widths).map(|(cell, width)| cell.to(*width));
            let line: Vec<_> = cells.collect();
            push(&mut out, &line.join("  "));
        }
    } else {
        narrow(&mut out, picture, width);
    }
    waits(&mut out, picture, width);
    rest(&mut out, picture);
    out
}

/// Adds a line without blanks at its end.
fn push(out: &mut String, line: &str) {
    out.push_str(line.trim_end());
    out.push('\n');
}

fn table(picture: &Picture) -> Vec<Vec<Painted>> {
    let head = ["version", "standing"].map(str::to_owned).into_iter();
    let head = head.chain(picture.columns.iter().map(|column| column.name.clone()));
    let mut table = vec![head.map(|name| Painted(name, DIM)).collect::<Vec<_>>()];
    for row in &picture.rows {
        let stage = Painted(
            row.stage.map_or("build", Stage::as_str).to_owned(),
            standing(row.stage),
        );
        let mut line = vec![Painted(row.name.clone(), BOLD), stage];
        line.extend(row.cells.iter().map(|cell| symbol(*cell)));
        table.push(line);
    }
    table
}

fn widths(table: &[Vec<Painted>]) -> Vec<usize> {
    let columns = table.iter().map(Vec::len).max().unwrap_or_default();
    let width = |column: usize| {
        let cells = table.iter().filter_map(|row| row.get(column));
        cells.map(Painted::width).max().unwrap_or_default()
    };
    (0..columns).map(width).collect()
}

/// Where the grid does not fit: a line for each environment, and one for each version that is nowhere.
fn narrow(out: &mut String, picture: &Picture, width: usize) {
    for (at, column) in picture.columns.iter().enumerate() {
        push(out, &Painted(column.name.clone(), BOLD).to(width));
        let here = picture.rows.iter().filter_map(|row| {
            let cell = row.cells.get(at).copied()?;
            (!matches!(cell, Cell::Absent | Cell::Past)).then_some((row, cell))
        });
        for (row, cell) in here {
            let symbol = symbol(cell);
            let line = format!(
                "  {} {}",
                Painted(row.name.clone(), Style::new()).to(14),
                symbol.to(12)
            );
            push(out, &line);
        }
    }
    let nowhere = picture
        .rows
        .iter()
        .filter(|row| row.cells.iter().all(|cell| *cell == Cell::Absent));
    for row in nowhere {
        let stage = row.stage.map_or("build", Stage::as_str);
        let line = format!("{} {stage}", Painted(row.name.clone(), BOLD).to(16));
        push(out, &line);
    }
}

/// What holds the next step of each environment: bars for what time clears.
fn waits(out: &mut String, picture: &Picture, width: usize) {
    let waiting: Vec<&Column> = picture
        .columns
        .iter()
        .filter(|column| {
            column
                .next
                .as_ref()
                .is_some_and(|next| !next.waits.is_empty())
        })
        .collect();
    if waiting.is_empty() {
        return;
    }
    push(out, "");
    for column in waiting {
        let Some(next) = &column.next else { continue };
        let line = format!(
            "{BOLD}{}{BOLD:#} {DIM}->{DIM:#} {}",
            next.subject, column.name
        );
        push(out, &line);
        for wait in &next.waits {
            let style = match wait.rank {
                Rank::Waiting => AnsiColor::Blue.on_default(),
                Rank::Blocked | Rank::NeedsPerson => AnsiColor::Yellow.on_default(),
                Rank::Unknown | Rank::Permanent => AnsiColor::Red.on_default(),
            };
            let gate = Painted(wait.gate.clone(), style);
            let room = width.saturating_sub(gate.width() + 4).max(20);
            let why = Painted(wait.why.clone(), Style::new());
            push(
                out,
                &format!(
                    "  {} {}",
                    gate.to(gate.width()),
                    why.to(why.width().min(room))
                ),
            );
            if let Some((until, over)) = wait.until {
                let bar = over.map(bar).unwrap_or_default();
                push(
                    out,
                    &format!(
                        "  {style}{bar}{style:#} {DIM}until{DIM:#} {}",
                        until.format("%Y-%m-%d %H:%M UTC")
                    ),
                );
            }
        }
    }
}

/// A bar that is full to a share from 0 to 1.
fn bar(over: f64) -> String {
    let full = (0..BAR)
        .filter(|at| f64::from(u32::try_from(*at).unwrap_or(0)) + 0.5 < over * 20.0)
        .count();
    format!("{}{}", "━".repeat(full), "╌".repeat(BAR - full))
}

fn rest(out: &mut String, picture: &Picture) {
    if !picture.channels.is_empty() {
        let channels = picture
            .channels
            .iter()
            .map(|(name, version)| format!("{name} -> {version}"));
        let channels: Vec<_> = channels.collect();
        // Writing to a string cannot fail.
        let _ = writeln!(out, "\n{DIM}channels{DIM:#}  {}", channels.join("   "));
    }
    let red = AnsiColor::Red.on_default();
    let yellow = AnsiColor::Yellow.on_default();
    for column in &picture.columns {
        if let Some(why) = &column.held {
            let _ = writeln!(out, "{red}held{red:#}      {}: {why}", column.name);
        }
    }
    for owed in &picture.owed {
        let _ = writeln!(out, "{yellow}owed{yellow:#}      {owed}");
    }
    for sealed in &picture.sealed {
        let (said, short) = (sealed.said(), sealed.short().collect::<Vec<_>>());
        let short = short.join(", ");
        let _ = writeln!(
            out,
            "{yellow}sealed{yellow:#}    {said}, until `disclose`: {DIM}{short}{DIM:#}"
        );
    }
}

fn standing(stage: Option<Stage>) -> Style {
    match stage {
        Some(Stage::Released) => AnsiColor::Green.on_default(),
        Some(Stage::Candidate | Stage::Prerelease) => AnsiColor::Blue.on_default(),
        Some(Stage::Rejected | Stage::RolledBack | Stage::Deprecated) => {
            AnsiColor::Red.on_default()
        }
        Some(Stage::Selected) | None => DIM,
    }
}

fn symbol(cell: Cell) -> Painted {
    let (text, style) = match cell {
        Cell::Absent => ("·", DIM),
        Cell::InFlight => ("→ on its way", AnsiColor::Blue.on_default()),
        Cell::Verified => ("● verified", AnsiColor::Green.on_default()),
        Cell::Drifted => ("≠ drifted", AnsiColor::Red.on_default()),
        Cell::Unsure => ("? unsure", AnsiColor::Yellow.on_default()),
        Cell::Past => ("○ before", DIM),
    };
    Painted(text.to_owned(), style)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_full_when_the_wait_is_over_and_empty_at_its_start() {
        assert_eq!(bar(0.0).matches('━').count(), 0);
        assert_eq!(bar(0.5).matches('━').count(), 10);
        assert_eq!(bar(1.0).matches('━').count(), BAR);
        assert_eq!(bar(0.3).chars().count(), BAR);
    }

    #[test]
    fn what_is_too_long_is_cut_to_its_width() {
        assert_eq!(Painted("abcdef".to_owned(), Style::new()).to(4), "abc…");
        assert_eq!(Painted("ab".to_owned(), Style::new()).to(4), "ab  ");
    }
}
