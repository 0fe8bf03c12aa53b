//! `check`: whether the process file can go wrong, and the shortest story that leads there.

use std::fmt::Write as _;
use std::path::PathBuf;

use anstyle::{AnsiColor, Style};
use promenade::process::check::{self, Checked, Fault};
use promenade::process::{Flow, Process};
use serde_json::json;

use crate::{CliError, Context, Exit, Report};

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct CheckArgs {
    /// Another process that writes channels of the same image; may be given again
    #[arg(long, value_name = "FILE")]
    beside: Vec<PathBuf>,
}

pub(crate) fn run(args: &CheckArgs, context: &Context) -> Result<Report, CliError> {
    let process = context.process()?;
    let others: Vec<Process> = args
        .beside
        .iter()
        .map(|path| context.process_file(path))
        .collect::<Result<_, _>>()?;
    let beside: Vec<&Process> = others.iter().collect();
    let checked =
        check::check(&process, &beside, &mut |_| Flow::Continue).map_err(CliError::world)?;
    let faults: Vec<_> = checked
        .faults()
        .map(|fault| {
            json!({
                "rule": fault.rule.id(),
                "subject": fault.subject,
                "message": fault.message,
                "story": fault.story,
            })
        })
        .collect();
    let json = json!({
        "process": process.name(),
        "faults": faults,
        "states": checked.states(),
        "complete": checked.is_complete(),
    });
    let report = Report::new("promenade.check/1", json, text(&process, &checked));
    Ok(if checked.is_sound() {
        report
    } else {
        report.exit(Exit::Held)
    })
}

fn text(process: &Process, checked: &Checked) -> String {
    let mut text = String::new();
    for fault in checked.faults() {
        told(&mut text, fault);
    }
    let all = if checked.is_complete() {
        "all"
    } else {
        "the first"
    };
    let states = checked.states();
    let bold = Style::new().bold();
    // Writing to a string cannot fail.
    let _ = match checked.faults().len() {
        0 => writeln!(
            text,
            "{bold}{}{bold:#} is sound: {all} {states} states were looked at",
            process.name()
        ),
        count => {
            let faults = if count == 1 { "fault" } else { "faults" };
            writeln!(
                text,
                "{bold}{}{bold:#}: {count} {faults} in {all} {states} states",
                process.name()
            )
        }
    };
    text
}

fn told(text: &mut String, fault: &Fault) {
    let red = AnsiColor::Red.on_default().bold();
    let dim = Style::new().dimmed();
    let _ = writeln!(
        text,
        "{red}fault{red:#} {}: {} {dim}[{}]{dim:#}",
        fault.subject, fault.message, fault.rule
    );
    for (at, step) in fault.story.iter().enumerate() {
        let _ = writeln!(text, "  {dim}{:>2}.{dim:#} {step}", at + 1);
    }
    text.push('\n');
}
