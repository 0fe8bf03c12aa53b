//! An audit for people: findings by what they are about, with lines of the files that show them.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use promenade::process::audit::{Audit, Finding, Severity};

const DIM: Style = Style::new().dimmed();
const BOLD: Style = Style::new().bold();

/// Renders the findings that are listed, and the counts of all.
pub(super) fn render(
    process: &str,
    audit: &Audit,
    listed: &[&Finding],
    new: &[bool],
    gone: usize,
) -> String {
    let mut text = String::new();
    for (finding, _) in listed.iter().zip(new).filter(|(_, new)| **new) {
        one(&mut text, finding);
    }
    let count = |severity| {
        let found = listed.iter().zip(new);
        found
            .filter(|(finding, new)| **new && finding.severity == severity)
            .count()
    };
    let known = new.iter().filter(|new| !**new).count();
    let counts: Vec<_> = [Severity::Error, Severity::Warning, Severity::Note]
        .into_iter()
        .map(|severity| (count(severity), severity))
        .filter(|(count, _)| *count > 0)
        .map(|(count, severity)| {
            let style = color(severity);
            let plural = if count == 1 { "" } else { "s" };
            format!("{style}{count} {severity}{plural}{style:#}")
        })
        .collect();
    // Writing to a string cannot fail.
    let _ = write!(text, "{BOLD}{process}{BOLD:#}: ");
    let _ = match counts.as_slice() {
        [] => writeln!(text, "nothing new was found"),
        counts => writeln!(text, "{}", counts.join(", ")),
    };
    if known > 0 {
        let _ = writeln!(text, "{DIM}{known:>6} known findings, not shown{DIM:#}");
    }
    if gone > 0 {
        let _ = writeln!(
            text,
            "{DIM}{gone:>6} known findings are gone: write the baseline again{DIM:#}"
        );
    }
    for (what, count) in audit.summary() {
        let _ = writeln!(text, "{DIM}{count:>6} {what}{DIM:#}");
    }
    text
}

fn one(text: &mut String, finding: &Finding) {
    let style = color(finding.severity).bold();
    let _ = writeln!(
        text,
        "{style}{}{style:#}{BOLD} {}{BOLD:#}: {} {DIM}[{}]{DIM:#}",
        finding.severity, finding.subject, finding.message, finding.rule
    );
    if let Some(excerpt) = &finding.excerpt {
        let at = finding.commit.as_deref().unwrap_or_default();
        let at = at.get(..10).unwrap_or(at);
        let _ = writeln!(
            text,
            "  {DIM}-->{DIM:#} {at}:{}:{}",
            excerpt.path, excerpt.line
        );
        for (line, shown) in &excerpt.lines {
            let mark = if *line == excerpt.line { '>' } else { ' ' };
            let _ = writeln!(text, "  {DIM}{mark}{line:>5} |{DIM:#} {shown}");
        }
    } else if let Some(commit) = &finding.commit {
        let _ = writeln!(text, "  {DIM}-->{DIM:#} {commit}");
    }
    if finding.severity > Severity::Note {
        let _ = writeln!(text, "  {DIM}= remedy:{DIM:#} {}", finding.remedy);
    }
}

fn color(severity: Severity) -> Style {
    match severity {
        Severity::Error => AnsiColor::Red.on_default(),
        Severity::Warning => AnsiColor::Yellow.on_default(),
        Severity::Note => AnsiColor::Cyan.on_default(),
    }
}
