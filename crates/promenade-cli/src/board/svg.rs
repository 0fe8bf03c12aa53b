//! The board as a picture: one SVG that needs nothing else, light or dark as its reader is.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use promenade::promotion::{Cell, Stage};

use super::picture::{Picture, Timeline, What, share};

/// The colours and shapes of both the picture and the page.
pub(super) const STYLE: &str = include_str!("board.css");

const MARGIN: f64 = 32.0;
const LABEL: f64 = 210.0;
const COLUMN: f64 = 168.0;
const ROW: f64 = 34.0;
const LEAST: f64 = 860.0;

/// Escapes text for XML and HTML.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // No other control character may stand in XML.
            c if c.is_control() && !matches!(c, '\n' | '\t') => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

/// Shortens text to about so many characters.
fn fit(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return escape(text);
    }
    let kept: String = text.chars().take(most.saturating_sub(1)).collect();
    escape(&format!("{}…", kept.trim_end()))
}

pub(super) fn class(cell: Cell) -> &'static str {
    match cell {
        Cell::Absent => "absent",
        Cell::InFlight => "flight",
        Cell::Verified => "good",
        Cell::Drifted => "bad",
        Cell::Unsure => "unsure",
        Cell::Past => "past",
    }
}

pub(super) fn word(cell: Cell) -> &'static str {
    match cell {
        Cell::Absent => "",
        Cell::InFlight => "on its way",
        Cell::Verified => "running",
        Cell::Drifted => "drifted",
        Cell::Unsure => "unsure",
        Cell::Past => "before",
    }
}

pub(super) fn stage_class(stage: Option<Stage>) -> &'static str {
    match stage {
        Some(Stage::Released) => "good",
        Some(Stage::Candidate | Stage::Prerelease) => "flight",
        Some(Stage::Rejected | Stage::RolledBack | Stage::Deprecated) => "bad",
        Some(Stage::Selected) | None => "past",
    }
}

/// Draws the whole board.
pub(crate) fn draw(picture: &Picture) -> String {
    let columns: f64 = picture.columns.iter().map(|_| COLUMN).sum();
    let width = (MARGIN * 2.0 + LABEL + columns).max(LEAST);
    // Where there are few, they share the room.
    let column = match columns {
        0.0 => COLUMN,
        columns => COLUMN * (width - MARGIN * 2.0 - LABEL) / columns,
    };
    let mut body = String::new();
    let mut y = head(&mut body, picture);
    y = grid(&mut body, picture, y, (width, column));
    y = waits(&mut body, picture, y, width);
    y = chips(&mut body, picture, y, width);
    let _ = write!(body, r#"<g transform="translate({MARGIN} {})">"#, y + 8.0);
    body.push_str(&caption("timeline"));
    let (lines, height) = timeline(&picture.timeline, width - MARGIN * 2.0);
    let _ = write!(body, r#"<g transform="translate(0 16)">{lines}</g></g>"#);
    let height = y + height + 56.0;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"board\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{}\">\n<style>{STYLE}</style>\n\
         <rect class=\"paper\" width=\"100%\" height=\"100%\"/>\n{body}</svg>\n",
        escape(&format!("The board of {}", picture.process)),
    )
}

fn caption(text: &str) -> String {
    format!(
        r#"<text class="caption">{}</text>"#,
        escape(&text.to_uppercase())
    )
}

fn head(body: &mut String, picture: &Picture) -> f64 {
    // Writing to a string cannot fail.
    let _ = write!(
        body,
        r#"<text class="title" x="{MARGIN}" y="54">{}</text><text class="quiet" x="{MARGIN}" y="76">as of {} · ledger {}</text>"#,
        fit(&picture.process, 60),
        picture.at.format("%Y-%m-%d %H:%M UTC"),
        fit(&picture.head, 40),
    );
    112.0
}

fn grid(body: &mut String, picture: &Picture, top: f64, (width, wide): (f64, f64)) -> f64 {
    let mut x = MARGIN + LABEL;
    for column in &picture.columns {
        let middle = x + wide / 2.0;
        let _ = write!(
            body,
            r#"<text class="name mid" x="{middle}" y="{top}">{}</text><text class="quiet mid" x="{middle}" y="{}">{}</text>"#,
            fit(&column.name, 22),
            top + 17.0,
            fit(&column.about, 26),
        );
        x += wide;
    }
    let mut y = top + 32.0;
    let right = width - MARGIN;
    for row in &picture.rows {
        let base = y + ROW / 2.0 + 4.5;
        let _ = write!(
            body,
            r#"<line class="rule" x1="{MARGIN}" x2="{right}" y1="{y}" y2="{y}"/>"#
        );
        let stage = row.stage.map_or("build", Stage::as_str);
        let kind = stage_class(row.stage);
        body.push_str("<g>");
        if let Some(note) = &row.note {
            let _ = write!(body, "<title>{}</title>", escape(note));
        }
        let _ = write!(
            body,
            r#"<text class="version" x="{MARGIN}" y="{base}">{}</text><text class="stage {kind}" x="{}" y="{base}">{stage}</text>"#,
            fit(&row.name, 15),
            MARGIN + 118.0,
        );
        let mut x = MARGIN + LABEL;
        for cell in &row.cells {
            cell_at(body, *cell, x + wide / 2.0, y + ROW / 2.0);
            x += wide;
        }
        body.push_str("</g>");
        y += ROW;
    }
    let _ = write!(
        body,
        r#"<line class="rule" x1="{MARGIN}" x2="{right}" y1="{y}" y2="{y}"/>"#
    );
    for column in &picture.columns {
        if let Some(held) = &column.held {
            let _ = write!(
                body,
                r#"<text class="bad-text" x="{MARGIN}" y="{}">{} is held: {}</text>"#,
                y + 24.0,
                fit(&column.name, 24),
                fit(held, 80),
            );
            y += 22.0;
        }
    }
    y + 40.0
}

fn cell_at(body: &mut String, cell: Cell, x: f64, y: f64) {
    let (kind, word) = (class(cell), word(cell));
    let _ = match cell {
        Cell::Absent => write!(
            body,
            r#"<circle class="dot absent" cx="{x}" cy="{y}" r="2"/>"#
        ),
        Cell::Past => write!(
            body,
            r#"<circle class="dot past" cx="{x}" cy="{y}" r="5"/>"#
        ),
        _ => write!(
            body,
            r#"<rect class="pill {kind}" x="{}" y="{}" width="104" height="22" rx="11"/><text class="pill-text {kind} mid" x="{x}" y="{}">{word}</text>"#,
            x - 52.0,
            y - 11.0,
            y + 4.0,
        ),
    };
}

/// How many letters of ordinary text have room, whatever they are: most are narrower.
fn letters(room: f64) -> usize {
    (0..400_u16)
        .take_while(|count| f64::from(*count) * 6.8 < room)
        .count()
}

/// What the next steps wait for: under what time clears a bar, with the day it ends.
fn waits(body: &mut String, picture: &Picture, top: f64, width: f64) -> f64 {
    let waits = picture.columns.iter().flat_map(|column| {
        let next = column.next.iter();
        next.flat_map(move |next| next.waits.iter().map(move |wait| (column, next, wait)))
    });
    let waits: Vec<_> = waits.collect();
    if waits.is_empty() {
        return top;
    }
    let _ = write!(
        body,
        r#"<g transform="translate({MARGIN} {top})">{}</g>"#,
        caption("what the next steps wait for")
    );
    let mut y = top + 16.0;
    let x = MARGIN + LABEL + 20.0;
    let mut step = String::new();
    for (column, next, wait) in waits {
        let name = format!("{} → {}", fit(&next.subject, 16), fit(&column.name, 18));
        // A step is named once, in front of everything that holds it.
        if name != step {
            let _ = write!(
                body,
                r#"<text class="name" x="{MARGIN}" y="{}">{name}</text>"#,
                y + 15.0
            );
            step = name;
        }
        let _ = write!(
            body,
            r#"<text class="quiet" x="{x}" y="{}">{}</text>"#,
            y + 15.0,
            fit(
                &format!("{}: {}", wait.gate, wait.why),
                letters(width - MARGIN - x)
            ),
        );
        if let Some((until, over)) = wait.until {
            y += 22.0;
            let part = over.unwrap_or(0.0) * 220.0;
            let _ = write!(
                body,
                r#"<rect class="track" x="{x}" y="{}" width="220" height="8" rx="4"/><rect class="fill" x="{x}" y="{}" width="{part:.1}" height="8" rx="4"/><text class="name" x="{}" y="{}">until {}</text>"#,
                y + 7.0,
                y + 7.0,
                x + 232.0,
                y + 15.5,
                until.format("%a %d %b %Y, %H:%M UTC"),
            );
        }
        y += 26.0;
    }
    y + 28.0
}

/// Channels and what is owed.
fn chips(body: &mut String, picture: &Picture, top: f64, width: f64) -> f64 {
    let mut y = top;
    if !picture.channels.is_empty() {
        let _ = write!(
            body,
            r#"<g transform="translate({MARGIN} {y})">{}</g>"#,
            caption("channels")
        );
        y += 14.0;
        let mut x = MARGIN;
        for (name, version) in &picture.channels {
            let letters =
                i32::try_from(name.chars().count() + version.chars().count()).unwrap_or(i32::MAX);
            let wide = f64::from(letters.min(60)) * 7.6 + 44.0;
            if x + wide > width - MARGIN {
                x = MARGIN;
                y += 34.0;
            }
            let _ = write!(
                body,
                r#"<rect class="chip" x="{x}" y="{y}" width="{wide:.1}" height="26" rx="6"/><text class="name" x="{}" y="{}">{} <tspan class="quiet">→</tspan> <tspan class="version">{}</tspan></text>"#,
                x + 12.0,
                y + 17.5,
                fit(name, 30),
                fit(version, 30),
            );
            x += wide + 10.0;
        }
        y += 62.0;
    }
    if !picture.owed.is_empty() {
        let _ = write!(
            body,
            r#"<g transform="translate({MARGIN} {y})">{}</g>"#,
            caption("owed")
        );
        for owed in &picture.owed {
            y += 22.0;
            let _ = write!(
                body,
                r#"<text class="unsure-text" x="{MARGIN}" y="{y}">{}</text>"#,
                fit(owed, 110)
            );
        }
        y += 34.0;
    }
    if !picture.sealed.is_empty() {
        let _ = write!(
            body,
            r#"<g transform="translate({MARGIN} {y})">{}</g>"#,
            caption("under an embargo")
        );
        for sealed in &picture.sealed {
            y += 22.0;
            let short = sealed.short().collect::<Vec<_>>().join(", ");
            let _ = write!(
                body,
                r#"<text class="unsure-text" x="{MARGIN}" y="{y}">{}</text><text class="quiet" x="{MARGIN}" y="{}">{}</text>"#,
                fit(&sealed.said(), 110),
                y + 18.0,
                fit(&short, 110),
            );
            y += 20.0;
        }
        y += 34.0;
    }
    y
}

/// Draws what ran where along the time. Returns the lines and their height.
pub(super) fn timeline(timeline: &Timeline, width: f64) -> (String, f64) {
    const SIDE: f64 = 150.0;
    const LANE: f64 = 30.0;
    let mut body = String::new();
    let Some((from, until)) = timeline.span else {
        return (body, 0.0);
    };
    let wide = width - SIDE;
    let x = |at: DateTime<Utc>| SIDE + share(from, until, at).unwrap_or(0.0) * wide;
    let mut y = 8.0;
    let _ = write!(
        body,
        r#"<text class="quiet" x="0" y="{}">versions</text>"#,
        y + 14.0
    );
    let _ = write!(
        body,
        r#"<line class="rule" x1="{SIDE}" x2="{width}" y1="{}" y2="{}"/>"#,
        y + 10.0,
        y + 10.0
    );
    for mark in &timeline.marks {
        let kind = match mark.what {
            What::Candidate => "flight",
            What::Rejected | What::Deprecated => "bad",
            What::Released => "good",
        };
        let verb = match mark.what {
            What::Candidate => "candidate",
            What::Rejected => "rejected",
            What::Released => "released",
            What::Deprecated => "deprecated",
        };
        let _ = write!(
            body,
            r#"<circle class="dot {kind}" cx="{:.1}" cy="{}" r="5"><title>{verb} {} · {}</title></circle>"#,
            x(mark.at),
            y + 10.0,
            escape(&mark.version),
            mark.at.format("%Y-%m-%d %H:%M"),
        );
    }
    y += LANE + 4.0;
    for lane in &timeline.lanes {
        let _ = write!(
            body,
            r#"<text class="name" x="0" y="{}">{}</text>"#,
            y + 15.0,
            fit(&lane.name, 18)
        );
        let _ = write!(
            body,
            r#"<rect class="track" x="{SIDE}" y="{y}" width="{wide}" height="22" rx="4"/>"#
        );
        for (at, stay) in lane.stays.iter().enumerate() {
            let (start, end) = (x(stay.from), x(stay.until));
            let long = (end - start).max(3.0);
            let shade = if at % 2 == 0 { "even" } else { "odd" };
            let back = if stay.back { " back" } else { "" };
            let _ = write!(
                body,
                r#"<g><title>{} in {} · {} to {}</title><rect class="stay {shade}{back}" x="{start:.1}" y="{y}" width="{long:.1}" height="22" rx="4"/>"#,
                escape(&stay.subject),
                escape(&lane.name),
                stay.from.format("%Y-%m-%d %H:%M"),
                stay.until.format("%Y-%m-%d %H:%M"),
            );
            let letters =
                f64::from(i32::try_from(stay.subject.chars().count()).unwrap_or(i32::MAX));
            if letters * 7.0 + 10.0 < long {
                let _ = write!(
                    body,
                    r#"<text class="stay-text" x="{:.1}" y="{}">{}</text>"#,
                    start + 7.0,
                    y + 15.0,
                    escape(&stay.subject)
                );
            }
            body.push_str("</g>");
        }
        y += LANE;
    }
    // Within two days the hours tell more.
    let days = if until - from < chrono::TimeDelta::days(2) {
        "%d %b %H:%M"
    } else {
        "%d %b %Y"
    };
    for part in 0..=4_u8 {
        let share = f64::from(part) / 4.0;
        let seconds = (until - from).num_seconds() * i64::from(part) / 4;
        let at = from + chrono::TimeDelta::seconds(seconds);
        let anchor = match part {
            0 => "",
            4 => " end",
            _ => " mid",
        };
        let _ = write!(
            body,
            r#"<text class="quiet{anchor}" x="{:.1}" y="{}">{}</text>"#,
            SIDE + share * wide,
            y + 14.0,
            at.format(days),
        );
    }
    (body, y + 24.0)
}

#[cfg(test)]
mod tests {
    use promenade::promotion::Rank;

    use super::super::picture::{Column, Next, Wait};
    use super::*;

    /// The x of every text that starts there, and how many letters it has.
    fn texts(svg: &str) -> Vec<(f64, f64, String)> {
        let parts = svg.split("<text ").skip(1);
        let parts = parts.filter(|part| !part.starts_with("class=\"caption"));
        parts
            .filter_map(|part| {
                let (tag, rest) = part.split_once('>')?;
                let text = rest.split('<').next()?.to_owned();
                let middle = tag.contains("mid\"") || tag.contains("end\"");
                let x = tag.split("x=\"").nth(1)?.split('"').next()?.parse().ok()?;
                let count = f64::from(u16::try_from(text.chars().count()).ok()?);
                (!middle).then_some((x, count, text))
            })
            .collect()
    }

    #[test]
    fn a_soak_shows_the_day_it_ends_and_nothing_leaves_the_picture() {
        let until = "2026-11-06T10:00:00Z".parse().unwrap();
        let wait = |why: &str, until| Wait {
            gate: "soak:staging".to_owned(),
            why: why.to_owned(),
            by: None,
            rank: Rank::Waiting,
            until,
        };
        let long = "no outcome is recorded for the version, and that goes on and on ".repeat(4);
        let column = |name: &str, waits| Column {
            name: name.to_owned(),
            about: String::new(),
            held: None,
            next: Some(Next {
                subject: "0.1.1".to_owned(),
                waits,
            }),
        };
        let picture = Picture {
            columns: vec![
                column(
                    "canary",
                    vec![wait("for 1d of 2d", Some((until, Some(0.5))))],
                ),
                column("production", vec![wait(&long, None), wait(&long, None)]),
            ],
            ..Picture::empty()
        };
        let svg = draw(&picture);
        assert!(svg.contains("until Fri 06 Nov 2026, 10:00 UTC"), "{svg}");
        assert!(svg.contains("width=\"110.0\""), "half of the bar");
        assert_eq!(svg.matches("0.1.1 → production").count(), 1, "{svg}");
        for (x, count, text) in texts(&svg) {
            assert!(x + count * 6.8 <= LEAST, "`{text}` begins at {x}");
        }
    }
}
