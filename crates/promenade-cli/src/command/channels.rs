//! `channels`: which names move where when a version is published, promoted or withdrawn.

mod execute;

use std::fmt::Write as _;

use promenade::process::Process;
use promenade::tag::{
    ChannelEvent, ChannelPlan, Hand, Published, Remedy, Standing, TagPolicy, Target,
};
use serde_json::{Value, json};

use self::execute::{Applied, ExecuteArgs, Recorded};
use crate::context::git_error;
use crate::{CliError, Context, Exit, Report};

#[derive(Clone, Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("event").required(true))]
pub(crate) struct ChannelsArgs {
    /// The tag of a version that is published
    #[arg(long, value_name = "TAG", group = "event")]
    publish: Option<String>,
    /// The tag of a version that turns out to be bad
    #[arg(long, value_name = "TAG", group = "event")]
    withdraw: Option<String>,
    /// A commit that is pushed to main
    #[arg(long, value_name = "COMMIT", group = "event")]
    push: Option<String>,
    /// Bring every channel of the ledger to where the ledger has it
    #[arg(long, group = "event")]
    reconcile: bool,
    /// The tags that were published before, oldest first; by default those of the repository
    #[arg(long, value_name = "TAG", num_args = 1..)]
    released: Vec<String>,
    /// Tags among them that are withdrawn
    #[arg(long, value_name = "TAG", num_args = 1..)]
    withdrawn: Vec<String>,
    /// The environment that `--publish` promotes to, instead of publishing
    #[arg(long, value_name = "ENVIRONMENT", requires = "publish")]
    promote: Option<String>,
    /// Wait for a version that mends the withdrawn one, instead of going back
    #[arg(long, requires = "withdraw")]
    roll_forward: bool,
    /// Why the version is withdrawn
    #[arg(long, requires = "withdraw", default_value = "withdrawn by hand")]
    reason: String,
    /// A person publishes: repairs of immutable names are theirs
    #[arg(long, requires = "publish")]
    by_hand: bool,
    #[command(flatten)]
    execute: ExecuteArgs,
}

pub(crate) fn run(args: &ChannelsArgs, context: &Context) -> Result<Report, CliError> {
    let process = context.process()?;
    let recorded = Recorded::open(context, &process)?;
    if args.reconcile {
        return reconcile(args, &process, recorded.as_ref());
    }
    if recorded.is_some() && args.execute.execute && !args.released.is_empty() {
        return Err(CliError::input(
            "the ledger says what was released; `--released` is for plans that are only printed",
        ));
    }
    let policy = process.tags();
    let mut all = if args.released.is_empty() {
        repository(policy, context)?
    } else {
        let tags = args.released.iter();
        tags.map(|tag| published(policy, tag))
            .collect::<Result<Vec<_>, _>>()?
    };
    for tag in &args.withdrawn {
        let one = all.iter_mut().find(|one| one.tag == *tag);
        let unknown = || CliError::input(format!("`{tag}` is not among the published versions"));
        one.ok_or_else(unknown)?.standing = Standing::Withdrawn;
    }
    let event = event(args, policy, &mut all, context)?;
    let set = process.channels();
    let positions = set.positions(&all);
    if let ChannelEvent::Withdraw { tag, .. } = &event
        && let Some(bad) = all.iter_mut().find(|one| one.tag == *tag)
    {
        bad.standing = Standing::Withdrawn;
    }
    let plan = set
        .plan(&all, &positions, &event)
        .map_err(CliError::input)?;
    let applied = if args.execute.execute {
        let published = args.publish.as_deref();
        let ledger = recorded.as_ref();
        let args = &args.execute;
        let applied = execute::apply(args, &plan, &positions, published, &process, ledger)?;
        Some(applied)
    } else {
        None
    };
    let authority = if recorded.is_some() { "ledger" } else { "plan" };
    Ok(report(&plan, &process, authority, applied))
}

/// Brings the registry to the ledger: what a run that was killed, or a stranger, left behind.
fn reconcile(
    args: &ChannelsArgs,
    process: &Process,
    recorded: Option<&Recorded>,
) -> Result<Report, CliError> {
    let recorded = recorded.ok_or_else(|| {
        CliError::input("there is no ledger to go by: no repository, or one without records")
    })?;
    let authority = recorded.authority();
    let wanted = authority.moves().map_err(CliError::input)?;
    let mut text = String::new();
    let width = wanted.iter().map(|one| one.channel().as_str().len()).max();
    let width = width.unwrap_or_default();
    for one in &wanted {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "ledger  {:width$}  {}", one.channel(), one.to());
    }
    let moves: Vec<Value> = wanted
        .iter()
        .map(|one| {
            json!({
                "channel": one.channel().as_str(), "from": null, "to": one.to().to_string(),
                "why": "the ledger has it there",
            })
        })
        .collect();
    let (mut done, mut exit) = (Value::Null, Exit::Done);
    if args.execute.execute {
        let applied = execute::bring(&args.execute, process, &authority, &wanted)?;
        text.push('\n');
        text.push_str(&applied.text);
        (done, exit) = (Value::Array(applied.json), applied.exit);
    }
    let json = json!({
        "process": process.name(), "authority": "ledger", "moves": moves, "kept": [],
        "refused": [], "applied": done,
    });
    Ok(Report::new("promenade.channels/1", json, text).exit(exit))
}

/// Reads the event, and takes the version that it is about out of those published before.
fn event(
    args: &ChannelsArgs,
    policy: &TagPolicy,
    all: &mut Vec<Published>,
    context: &Context,
) -> Result<ChannelEvent, CliError> {
    let date = Some(context.at().date_naive());
    if let Some(tag) = &args.withdraw {
        let remedy = if args.roll_forward {
            Remedy::RollForward
        } else {
            Remedy::Repoint
        };
        return Ok(ChannelEvent::Withdraw {
            tag: tag.clone(),
            remedy,
            reason: args.reason.clone(),
        });
    }
    if let Some(commit) = &args.push {
        return Ok(ChannelEvent::Push {
            commit: commit.clone(),
            digest: None,
            date,
        });
    }
    // clap asks for one of them.
    let tag = args.publish.as_deref().unwrap_or_default();
    let known = all.iter().position(|one| one.tag == tag);
    let one = match known {
        Some(index)
            if all
                .get(index)
                .is_some_and(|one| one.standing == Standing::Good) =>
        {
            all.remove(index)
        }
        _ => published(policy, tag)?,
    };
    Ok(match &args.promote {
        Some(environment) => ChannelEvent::Promote {
            environment: environment.clone(),
            published: one,
        },
        None => ChannelEvent::Publish {
            published: one,
            date,
            hand: if args.by_hand {
                Hand::Person
            } else {
                Hand::Automation
            },
        },
    })
}

/// Reads a tag as the version that it publishes.
fn published(policy: &TagPolicy, tag: &str) -> Result<Published, CliError> {
    let read = policy.read(tag);
    let versions = read.is_release() || read.is_candidate();
    match read.version.filter(|_| versions) {
        Some(version) => {
            let mut one = Published::new(tag, version);
            one.component = read.component.map(str::to_owned);
            Ok(one)
        }
        None => Err(CliError::input(format!(
            "`{tag}` is a tag of class {}; expected a candidate or a release",
            read.class.name()
        ))),
    }
}

/// Reads what the repository released, oldest first; nothing where there is no repository.
fn repository(policy: &TagPolicy, context: &Context) -> Result<Vec<Published>, CliError> {
    let repository = match context.repository() {
        Ok(repository) => repository,
        Err(error) if error.exit() == Exit::Input => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut facts = repository.tags().map_err(git_error)?;
    facts.sort_by_key(|one| one.date);
    let versions = facts.iter().filter_map(|facts| {
        let read = policy.classify(facts);
        let versions = read.is_release() || read.is_candidate();
        let mut one = Published::new(
            String::from_utf8_lossy(&facts.name),
            read.version.filter(|_| versions)?,
        );
        one.component = read.component.map(str::to_owned);
        one.commit = Some(facts.peeled.clone());
        Some(one)
    });
    Ok(versions.collect())
}

fn report(
    plan: &ChannelPlan,
    process: &Process,
    authority: &str,
    applied: Option<Applied>,
) -> Report {
    let at = |target: Option<&Target>| target.map(ToString::to_string);
    let moves: Vec<Value> = plan
        .moves()
        .iter()
        .map(|one| {
            json!({
                "channel": one.channel, "from": at(one.from.as_ref()), "to": one.to.to_string(),
                "why": one.why.to_string(),
            })
        })
        .collect();
    let kept: Vec<Value> = plan
        .kept()
        .iter()
        .map(|one| {
            json!({
                "channel": one.channel, "at": at(one.at.as_ref()), "why": one.why.to_string(),
            })
        })
        .collect();
    let refused: Vec<Value> = plan
        .refused()
        .iter()
        .map(|one| {
            json!({
                "channel": one.channel, "at": at(one.at.as_ref()), "to": one.to.to_string(),
                "why": one.why.to_string(),
            })
        })
        .collect();
    let exit = if refused.is_empty() {
        Exit::Done
    } else {
        Exit::Held
    };
    let mut text = text(plan);
    let mut exit = exit;
    let mut done = Value::Null;
    if let Some(applied) = applied {
        text.push('\n');
        text.push_str(&applied.text);
        exit = applied.exit;
        done = Value::Array(applied.json);
    }
    let json = json!({
        "process": process.name(), "authority": authority, "moves": moves, "kept": kept,
        "refused": refused, "applied": done,
    });
    Report::new("promenade.channels/1", json, text).exit(exit)
}

fn text(plan: &ChannelPlan) -> String {
    let mut text = String::new();
    let at = |target: Option<&Target>| target.map_or_else(|| "-".to_owned(), ToString::to_string);
    let names = plan.moves().iter().map(|one| one.channel.as_str());
    let names = names.chain(plan.kept().iter().map(|one| one.channel.as_str()));
    let names = names.chain(plan.refused().iter().map(|one| one.channel.as_str()));
    let width = names.map(|name| name.chars().count()).max();
    let width = width.unwrap_or_default();
    // Writing to a string cannot fail.
    for one in plan.moves() {
        let (from, name) = (at(one.from.as_ref()), &one.channel);
        let _ = writeln!(
            text,
            "move    {name:width$}  {from} -> {}  {}",
            one.to, one.why
        );
    }
    for one in plan.kept() {
        let (at, name) = (at(one.at.as_ref()), &one.channel);
        let _ = writeln!(text, "keep    {name:width$}  {at}  {}", one.why);
    }
    for one in plan.refused() {
        let (at, name) = (at(one.at.as_ref()), &one.channel);
        let _ = writeln!(text, "refuse  {name:width$}  {at}  {}", one.why);
    }
    if text.is_empty() {
        text.push_str("no channel has anything to do with this\n");
    }
    text
}
