//! `status` and `explain`: the board, and what holds the next step.

use std::path::PathBuf;

use chrono::SecondsFormat;
use promenade::digest::Digest;
use promenade::promotion::ledger::Head;
use promenade::promotion::{
    Board, Cell, Context as Asking, Event, ObligationKind, Stage, State, Subject, explain as ask,
};
use serde_json::{Value, json};

use crate::board::{self, Picture, Sealed};
use crate::{CliError, Context, Exit, Report};

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct StatusArgs {
    /// Draws the board as a picture
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Writes the board as a page that needs nothing else
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct ExplainArgs {
    /// The environment, or another name of it
    environment: String,
    /// What is to get in: a version or a commit; by default what is next
    #[arg(long, value_name = "VERSION|COMMIT")]
    subject: Option<Subject>,
}

pub(crate) fn status(args: &StatusArgs, context: &Context) -> Result<Report, CliError> {
    let process = context.process()?;
    let (state, head, events) = context.history()?;
    let drawn = Board::new(&state, process.promotion());
    let rows: Vec<Value> = drawn
        .rows
        .iter()
        .map(|row| {
            let cells = drawn.columns.iter().zip(&row.cells);
            let cells: serde_json::Map<_, _> = cells
                .map(|(column, cell)| (column.environment.to_string(), Cell::as_str(*cell).into()))
                .collect();
            json!({
                "subject": row.subject.to_string(),
                "stage": row.stage.map(Stage::as_str),
                "commit": row.commit.as_str(),
                "environments": cells,
            })
        })
        .collect();
    let channels: Vec<_> = drawn
        .channels
        .iter()
        .map(|(name, version)| json!({"channel": name.as_str(), "version": version.to_string()}))
        .collect();
    let json = json!({
        "head": head.to_string(),
        "versions": rows,
        "channels": channels,
        "owed": drawn.owed,
        "embargo": embargo(&state, &events),
    });
    let asking = stranger(context)?;
    let (name, policy) = (process.name(), process.promotion());
    let picture = Picture::take(name, policy, &state, &events, head.to_string(), &asking);
    let mut text = board::text(&picture, board::width());
    if head == Head::EMPTY {
        text.push_str(
            "nothing is recorded yet: `ledger adopt` takes up what tags name, `ledger pull` fetches a ledger \
             that somebody shares, `build record` begins one\n",
        );
    }
    for (path, drawn) in [
        (&args.svg, board::svg as fn(&Picture) -> String),
        (&args.html, board::html),
    ] {
        if let Some(path) = path {
            std::fs::write(path, drawn(&picture)).map_err(|error| {
                CliError::world(format!("cannot write `{}`: {error}", path.display()))
            })?;
            text.push_str(&format!("wrote {}\n", path.display()));
        }
    }
    Ok(Report::new("promenade.status/1", json, text))
}

/// That something is sealed, since when and by whom, and what is owed for it; of what it is, nothing.
fn embargo(state: &State, events: &[Event]) -> Value {
    let sealed = Sealed::of(events);
    let sealed = sealed.iter().flat_map(|group| {
        let since = group.since.to_rfc3339_opts(SecondsFormat::AutoSi, true);
        let one = move |digest: &Digest| json!({ "commitment": digest.to_string(), "since": since, "by": group.by });
        group.commitments.iter().map(one)
    });
    let owed = state
        .open_obligations()
        .filter(|(_, owed)| owed.kind == ObligationKind::Disclose)
        .map(|(id, owed)| json!({ "id": id.as_str(), "why": owed.why }));
    json!({ "sealed": sealed.collect::<Vec<_>>(), "owed": owed.collect::<Vec<_>>() })
}

/// Nobody in particular asks: what depends on who acts is shown as it stands for a stranger.
fn stranger(context: &Context) -> Result<Asking, CliError> {
    let by = "ci:explain".parse().map_err(CliError::input)?;
    Ok(Asking::new(by, context.at()))
}

pub(crate) fn explain(args: &ExplainArgs, context: &Context) -> Result<Report, CliError> {
    let process = context.process()?;
    let (state, _) = context.replay()?;
    let asking = stranger(context)?;
    let policy = process.promotion();
    let explained = ask(
        &state,
        policy,
        &args.environment,
        args.subject.as_ref(),
        &asking,
    )
    .map_err(CliError::input)?;
    let verdict = if explained.is_open() { "open" } else { "held" };
    let what = explained
        .subject
        .as_ref()
        .map_or_else(|| "nothing".to_owned(), Subject::to_string);
    let mut text = format!("{} is {verdict} for {what}\n", explained.environment);
    for blocker in &explained.blockers {
        text.push_str(&format!("  - {blocker}\n"));
    }
    let blockers: Vec<_> = explained
        .blockers
        .iter()
        .map(|blocker| {
            let at = blocker.clears_at;
            json!({
                "gate": blocker.gate,
                "rank": blocker.rank.as_str(),
                "why": blocker.why,
                "clears_at": at.map(|at| at.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
                "clears_by": blocker.clears_by,
            })
        })
        .collect();
    let json = json!({
        "environment": explained.environment.to_string(),
        "subject": explained.subject.as_ref().map(Subject::to_string),
        "verdict": verdict,
        "blockers": blockers,
    });
    let report = Report::new("promenade.explain/1", json, text);
    Ok(if explained.is_open() {
        report
    } else {
        report.exit(Exit::Held)
    })
}
