//! `record`: the outcome of a check, of a signature's verification, or of an item of a checklist.

use std::collections::BTreeMap;

use promenade::digest::Digest;
use promenade::process::port::hook::HookCall;
use promenade::promotion::{Command, CommandRule, Condition, EnvironmentName, GateName, Outcome};
use serde_json::json;

use crate::world::{self, ActArgs, HookRunner, Site};
use crate::{CliError, Context, Report};

/// How long the command of a gate may take.
const LIMIT_SECS: u64 = 3600;

#[derive(Clone, Debug, clap::Args)]
#[group(id = "what", required = true, args = ["version", "commit", "artifact"])]
pub(crate) struct RecordArgs {
    /// The name of the check, as the gates of the process name it
    gate: GateName,
    /// The outcome: pass, fail, pending, not-run or not-applicable
    #[arg(required_unless_present = "run", conflicts_with = "run")]
    outcome: Option<Outcome>,
    /// Run the command that the process names for the gate, and record how it ended
    #[arg(long)]
    run: bool,
    /// The version whose artifacts were checked
    #[arg(long)]
    version: Option<String>,
    /// The commit whose build was checked
    #[arg(long, value_name = "REV")]
    commit: Option<String>,
    /// The identity of the artifact set that was checked
    #[arg(long, value_name = "DIGEST")]
    artifact: Option<Digest>,
    /// The environment, if the outcome means only there
    #[arg(long = "env", value_name = "ENV")]
    environment: Option<String>,
    /// Where its log is; or why it does not apply, which must be said then
    #[arg(long)]
    reason: Option<String>,
    #[command(flatten)]
    act: ActArgs,
}

pub(crate) fn run(args: &RecordArgs, context: &Context) -> Result<Report, CliError> {
    let site = Site::open(context)?;
    let (state, _) = site.replay()?;
    let found = match (&args.version, &args.commit) {
        (Some(text), _) => state.artifacts_of(&site.version(text)?.into()),
        (None, Some(revision)) => state.artifacts_of(&site.find(revision)?.into()),
        (None, None) => args.artifact,
    };
    let artifacts = found
        .ok_or_else(|| CliError::input("no build of it is recorded; `build record` records one"))?;
    let environment = match &args.environment {
        None => None,
        Some(name) => {
            let rule = site.process.promotion().environment(name);
            Some(rule.map_err(CliError::input)?.name.clone())
        }
    };
    let (outcome, reason) = match args.outcome {
        Some(outcome) => (outcome, args.reason.clone()),
        None => {
            let call = call(args, &site, &artifacts, environment.as_ref())?;
            if !args.act.execute {
                return Ok(would_run(&call));
            }
            // Who acts must be known before anything is run.
            site.hand(args.act.who.as_deref(), context.at())?;
            let runner = HookRunner::new(site.repository.directory());
            let (status, text) = runner.end_of(&call).map_err(CliError::world)?;
            let said = format!("{status}: {}", world::last_line(&text));
            let outcome = if status.success() {
                Outcome::Pass
            } else {
                Outcome::Fail
            };
            (outcome, args.reason.clone().or(Some(said)))
        }
    };
    let title = format!("record {}: {outcome}", args.gate);
    let command = Command::RecordCheck {
        artifacts,
        environment,
        gate: args.gate.clone(),
        outcome,
        reason,
    };
    world::run(&args.act, context, &site, |planner, _| {
        planner.commands(&title, [command])
    })
}

/// The call of a gate's command.
fn call(
    args: &RecordArgs,
    site: &Site,
    artifacts: &Digest,
    environment: Option<&EnvironmentName>,
) -> Result<HookCall, CliError> {
    let rule = command_of(site, &args.gate)?;
    let told = [
        ("PROMENADE_GATE", Some(args.gate.to_string())),
        ("PROMENADE_ARTIFACTS", Some(artifacts.to_string())),
        ("PROMENADE_VERSION", args.version.clone()),
        ("PROMENADE_COMMIT", args.commit.clone()),
        (
            "PROMENADE_ENVIRONMENT",
            environment.map(ToString::to_string),
        ),
    ];
    let told = told.into_iter();
    let env: BTreeMap<_, _> = told
        .filter_map(|(key, value)| Some((key.to_owned(), value?)))
        .collect();
    Ok(HookCall {
        name: rule.name.to_string(),
        command: rule.run,
        env,
        limit_secs: LIMIT_SECS,
    })
}

/// The command that the process names for a gate.
fn command_of(site: &Site, name: &GateName) -> Result<CommandRule, CliError> {
    let policy = site.process.promotion();
    let environments = policy.environments().iter().flat_map(|rule| &rule.gates);
    let all: Vec<_> = environments
        .chain(&policy.release().gates)
        .filter_map(|gate| match &gate.condition {
            Condition::Command(rule) => Some(rule),
            _ => None,
        })
        .collect();
    let mut named = all.iter().filter(|rule| rule.name == *name);
    match (named.next(), named.next()) {
        (Some(one), None) => Ok((*one).clone()),
        (Some(one), Some(other)) if one.run == other.run => Ok((*one).clone()),
        (Some(_), Some(_)) => Err(CliError::input(format!(
            "the process names several commands for `{name}`; run one, and record its outcome"
        ))),
        (None, _) => {
            let known: Vec<_> = all.iter().map(|rule| rule.name.as_str()).collect();
            Err(CliError::input(format!(
                "`{name}` is no gate with a command; expected one of: {}",
                known.join(", ")
            )))
        }
    }
}

fn would_run(call: &HookCall) -> Report {
    let json = json!({ "title": format!("run {}", call.name), "command": call.command, "executed": false });
    let text = format!(
        "run {}: {}, and record how it ends\nrun again with `--execute`\n",
        call.name,
        call.command.join(" ")
    );
    Report::new("promenade.record-run/1", json, text)
}
