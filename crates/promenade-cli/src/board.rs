//! The board: environments × versions, candidates and their fate, what the next steps wait for, channels, what
//! is owed, and the whole history along the time. Drawn for a terminal, as a picture and as a page.

mod html;
mod picture;
mod svg;
mod text;

pub(crate) use html::draw as html;
pub(crate) use picture::{Picture, Sealed};
pub(crate) use svg::draw as svg;
pub(crate) use text::draw as text;

/// How wide a terminal is taken to be that does not say so.
const WIDE: usize = 100;

/// Returns how many columns standard output has: those of the terminal, or plenty where it is none.
pub(crate) fn width() -> usize {
    use std::io::IsTerminal as _;
    if !std::io::stdout().is_terminal() {
        return usize::MAX;
    }
    let named = std::env::var("COLUMNS")
        .ok()
        .and_then(|columns| columns.parse().ok());
    let size = || terminal_size::terminal_size().map(|(columns, _)| usize::from(columns.0));
    named.or_else(size).unwrap_or(WIDE)
}
