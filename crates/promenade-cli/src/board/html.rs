//! The board as a page: one file that asks for nothing else, and runs nothing.

use std::fmt::Write as _;

use promenade::promotion::{Rank, Stage};

use super::picture::{Column, Picture, Row};
use super::svg::{STYLE, class, escape, stage_class, timeline, word};

const PAGE: &str = include_str!("page.css");

/// How wide the timeline is drawn; the page scales it.
const WIDE: f64 = 1040.0;

/// Writes the whole page.
pub(crate) fn draw(picture: &Picture) -> String {
    let mut body = String::new();
    let name = escape(&picture.process);
    // Writing to a string cannot fail.
    let _ = writeln!(
        body,
        "<header><h1>{name}</h1><p>as of <time datetime=\"{}\">{}</time> · ledger <code>{}</code></p></header>",
        picture.at.to_rfc3339(),
        picture.at.format("%Y-%m-%d %H:%M UTC"),
        escape(&picture.head),
    );
    grid(&mut body, picture);
    next(&mut body, picture);
    channels(&mut body, picture);
    owed(&mut body, picture);
    sealed(&mut body, picture);
    let (lines, height) = timeline(&picture.timeline, WIDE);
    if !lines.is_empty() {
        let _ = writeln!(
            body,
            "<section><h2>Timeline</h2><svg class=\"board\" viewBox=\"0 0 {WIDE} {height}\" role=\"img\" \
             aria-label=\"What ran where\">{lines}</svg></section>"
        );
    }
    log(&mut body, picture);
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\">\n<meta http-equiv=\"Content-Security-Policy\" \
         content=\"default-src 'none'; style-src 'unsafe-inline'\">\n<meta name=\"color-scheme\" \
         content=\"light dark\">\n<title>{name}</title>\n<style>{STYLE}{PAGE}</style>\n</head>\n\
         <body class=\"page\">\n<main>\n{body}</main>\n</body>\n</html>\n"
    )
}

fn grid(body: &mut String, picture: &Picture) {
    body.push_str("<section><div class=\"scroll\"><table><thead><tr><th scope=\"col\">version</th><th scope=\"col\">standing</th>");
    for column in &picture.columns {
        let held = match &column.held {
            Some(held) => format!("<b class=\"held\" title=\"{}\">held</b>", escape(held)),
            None => String::new(),
        };
        let _ = write!(
            body,
            "<th scope=\"col\" class=\"mid\">{}{held}<small>{}</small></th>",
            escape(&column.name),
            escape(&column.about),
        );
    }
    body.push_str("</tr></thead><tbody>\n");
    if picture.rows.is_empty() {
        let _ = write!(
            body,
            "<tr><td class=\"empty\" colspan=\"{}\">Nothing was registered yet.</td></tr>",
            picture.columns.len() + 2
        );
    }
    for row in &picture.rows {
        line(body, row);
    }
    body.push_str("</tbody></table></div></section>\n");
}

fn line(body: &mut String, row: &Row) {
    let stage = row.stage.map_or("build", Stage::as_str);
    let note = match &row.note {
        Some(note) => format!("<small>{}</small>", escape(note)),
        None => String::new(),
    };
    // A build without a version is called by its commit already.
    let commit = match row.stage {
        Some(_) => format!("<small><code>{}</code></small>", escape(&row.commit)),
        None => String::new(),
    };
    let _ = write!(
        body,
        "<tr><th scope=\"row\">{}{commit}</th><td><span class=\"stage {}\">{stage}</span>{note}</td>",
        escape(&row.name),
        stage_class(row.stage),
    );
    for cell in &row.cells {
        let (kind, word) = (class(*cell), word(*cell));
        let _ = match kind {
            "absent" => write!(body, "<td class=\"mid\"></td>"),
            "past" => write!(
                body,
                "<td class=\"mid\"><span class=\"ring\" title=\"ran here before\"></span></td>"
            ),
            kind => write!(
                body,
                "<td class=\"mid\"><span class=\"pill {kind}\">{word}</span></td>"
            ),
        };
    }
    body.push_str("</tr>\n");
}

fn next(body: &mut String, picture: &Picture) {
    let waiting: Vec<&Column> = picture
        .columns
        .iter()
        .filter(|column| column.next.is_some())
        .collect();
    if waiting.is_empty() {
        return;
    }
    body.push_str("<section><h2>Next steps</h2><div class=\"cards\">\n");
    for column in waiting {
        let Some(next) = &column.next else { continue };
        let _ = write!(
            body,
            "<article><h3>{} <span>→</span> {}</h3>",
            escape(&next.subject),
            escape(&column.name)
        );
        if next.waits.is_empty() {
            body.push_str("<p class=\"open\">open: nothing holds it</p>");
        }
        body.push_str("<ul>");
        for wait in &next.waits {
            let kind = match wait.rank {
                Rank::Waiting => "flight",
                Rank::Blocked | Rank::NeedsPerson => "unsure",
                Rank::Unknown | Rank::Permanent => "bad",
            };
            let _ = write!(
                body,
                "<li><code class=\"{kind}\">{}</code> {}",
                escape(&wait.gate),
                escape(&wait.why)
            );
            if let Some((until, over)) = wait.until {
                let percent = over.unwrap_or(0.0) * 100.0;
                let _ = write!(
                    body,
                    "<div class=\"bar\"><i style=\"width:{percent:.1}%\"></i></div><small>until <time datetime=\"{}\">{}</time></small>",
                    until.to_rfc3339(),
                    until.format("%a %d %b %Y, %H:%M UTC"),
                );
            } else if let Some(by) = &wait.by {
                let _ = write!(body, "<small>clears by {}</small>", escape(by));
            }
            body.push_str("</li>");
        }
        body.push_str("</ul></article>\n");
    }
    body.push_str("</div></section>\n");
}

fn channels(body: &mut String, picture: &Picture) {
    if picture.channels.is_empty() {
        return;
    }
    body.push_str("<section><h2>Channels</h2><ul class=\"chips\">");
    for (name, version) in &picture.channels {
        let _ = write!(
            body,
            "<li>{} <span>→</span> <b>{}</b></li>",
            escape(name),
            escape(version)
        );
    }
    body.push_str("</ul></section>\n");
}

fn owed(body: &mut String, picture: &Picture) {
    if picture.owed.is_empty() {
        return;
    }
    body.push_str("<section><h2>Owed</h2><ul class=\"owed\">");
    for owed in &picture.owed {
        let _ = write!(body, "<li>{}</li>", escape(owed));
    }
    body.push_str("</ul></section>\n");
}

fn sealed(body: &mut String, picture: &Picture) {
    if picture.sealed.is_empty() {
        return;
    }
    body.push_str("<section><h2>Under an embargo</h2><ul class=\"owed\">");
    for sealed in &picture.sealed {
        let _ = write!(
            body,
            "<li>{}, until it is disclosed",
            escape(&sealed.said())
        );
        for commitment in &sealed.commitments {
            let _ = write!(body, "<small><code>{commitment}</code></small>");
        }
        body.push_str("</li>");
    }
    body.push_str("</ul></section>\n");
}

fn log(body: &mut String, picture: &Picture) {
    let log = &picture.timeline.log;
    if log.is_empty() {
        return;
    }
    let _ = writeln!(
        body,
        "<section><details><summary>All {} events</summary><div class=\"scroll\"><table class=\"log\"><tbody>",
        log.len()
    );
    for entry in log.iter().rev() {
        let _ = writeln!(
            body,
            "<tr><td><time>{}</time></td><td>{}</td><td>{}</td></tr>",
            entry.at.format("%Y-%m-%d %H:%M"),
            escape(&entry.what),
            escape(&entry.by),
        );
    }
    body.push_str("</tbody></table></div></details></section>\n");
}
