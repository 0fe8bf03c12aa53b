//! Carrying out a plan of channels in a registry.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use promenade::digest::Digest;
use promenade::process::Process;
use promenade::registry::{
    ChannelMove, DockerConfig, HttpRegistry, MoveReport, Mutability, Outcome, Reference, Refusal,
    Registry, move_channels,
};
use promenade::tag::{ChannelPlan, ChannelSet, ImageRepository, Move, Positions, Target};
use serde_json::{Value, json};

use crate::{CliError, Exit};

/// How long one request may take.
const LIMIT: Duration = Duration::from_secs(30);

#[derive(Clone, Debug, clap::Args)]
pub(super) struct ExecuteArgs {
    /// Carry the plan out in the registry; without it, the plan is only printed
    #[arg(long)]
    pub(super) execute: bool,
    /// The registry and the repository in it, instead of those of the process
    #[arg(long, value_name = "HOST/NAME", requires = "execute")]
    registry: Option<String>,
    /// The digest of the image that is published
    #[arg(long, value_name = "DIGEST", requires = "execute")]
    digest: Option<Digest>,
}

/// What became of a plan.
pub(super) struct Applied {
    pub(super) json: Vec<Value>,
    pub(super) text: String,
    pub(super) exit: Exit,
}

/// Carries a plan out. `before` is where the channels are by what was released; `published` is the
/// tag of the version that is published, if one is.
pub(super) fn apply(
    args: &ExecuteArgs,
    plan: &ChannelPlan,
    before: &Positions,
    published: Option<&str>,
    process: &Process,
) -> Result<Applied, CliError> {
    if !plan.refused().is_empty() {
        let text = "nothing was moved: the plan holds refusals\n".to_owned();
        let json = Vec::new();
        return Ok(Applied {
            json,
            text,
            exit: Exit::Held,
        });
    }
    let registry = open(args, process)?;
    let desk = Desk {
        registry: &registry,
        set: process.channels(),
        before,
        image: published.zip(args.digest),
    };
    let mut moves = plan
        .moves()
        .iter()
        .map(|one| desk.wish(one))
        .collect::<Result<Vec<_>, _>>()?;
    // Names for ever come first: if one of them is taken, nothing moves.
    moves.sort_by_key(|one| one.mutability() == Mutability::Moving);
    Ok(report(&move_channels(&registry, &moves)))
}

fn open(args: &ExecuteArgs, process: &Process) -> Result<HttpRegistry, CliError> {
    let of_process = process.registry().map(|rules| rules.repository.as_str());
    let place = args.registry.as_deref().or(of_process).ok_or_else(|| {
        CliError::input("the process names no registry; name one with `--registry HOST/NAME`")
    })?;
    let (host, name) = place
        .split_once('/')
        .ok_or_else(|| CliError::input(format!("`{place}` is not of the form `HOST/NAME`")))?;
    let repository: ImageRepository = name.parse().map_err(CliError::input)?;
    let config = docker_config().map_or_else(
        || Ok(DockerConfig::default()),
        |path| DockerConfig::read(&path),
    );
    let credentials = config
        .and_then(|config| config.credentials(host))
        .map_err(CliError::world)?;
    HttpRegistry::new(host, &repository, credentials, LIMIT).map_err(CliError::input)
}

/// Where docker keeps its credentials.
fn docker_config() -> Option<PathBuf> {
    let named = std::env::var_os("DOCKER_CONFIG").map(PathBuf::from);
    let home = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".docker"));
    Some(named.or(home)?.join("config.json"))
}

struct Desk<'a> {
    registry: &'a dyn Registry,
    set: &'a ChannelSet,
    before: &'a Positions,
    /// The tag that is published, and its image.
    image: Option<(&'a str, Digest)>,
}

impl Desk<'_> {
    fn wish(&self, one: &Move) -> Result<ChannelMove, CliError> {
        let channel = one.channel.parse().map_err(CliError::input)?;
        let from = one.from.as_ref().map(|at| self.image_of(at)).transpose()?;
        let to = self.image_of(&one.to)?;
        Ok(ChannelMove::new(
            channel,
            self.mutability(&one.channel),
            from,
            to,
        ))
    }

    fn mutability(&self, channel: &str) -> Mutability {
        let rule = self.set.rule_of(channel);
        rule.map_or(Mutability::Immutable, |rule| rule.mutability)
    }

    /// Finds the image of a version: it was given, or a name of it that never moves says it.
    fn image_of(&self, target: &Target) -> Result<Digest, CliError> {
        if let Some(text) = &target.digest {
            return text.parse().map_err(CliError::input);
        }
        if let Some((tag, digest)) = self.image
            && target.tag.as_deref() == Some(tag)
        {
            return Ok(digest);
        }
        let names = self
            .before
            .iter()
            .filter(|(name, at)| at.is(target) && self.mutability(name) != Mutability::Moving);
        for (name, _) in names {
            let channel = Reference::Channel(name.parse().map_err(CliError::input)?);
            if let Some(found) = self.registry.find(&channel).map_err(CliError::world)? {
                return Ok(found.digest);
            }
        }
        Err(CliError::input(format!(
            "nobody says which image `{target}` is: no name of it that never moves is in the \
             registry; for the version that is published, give `--digest`"
        )))
    }
}

fn report(report: &MoveReport) -> Applied {
    let mut text = String::new();
    let mut json = Vec::new();
    let mut exit = Exit::Done;
    for (one, outcome) in report.moves() {
        let word = match outcome {
            Outcome::Moved => "moved",
            Outcome::AlreadyThere => "already-there",
            Outcome::LostRace { .. } => "lost-race",
            Outcome::Indeterminate { .. } => "indeterminate",
            Outcome::Refused(_) => "refused",
            Outcome::NotTried => "not-tried",
        };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{}  {}  {outcome}", one.channel(), one.to());
        json.push(json!({
            "channel": one.channel().as_str(), "digest": one.to().to_string(),
            "outcome": word, "why": outcome.to_string(),
        }));
        if exit == Exit::Done {
            exit = exit_of(outcome);
        }
    }
    Applied { json, text, exit }
}

fn exit_of(outcome: &Outcome) -> Exit {
    match outcome {
        Outcome::Moved | Outcome::AlreadyThere | Outcome::NotTried => Exit::Done,
        Outcome::LostRace { .. } | Outcome::Refused(Refusal::Immutable { .. }) => Exit::Conflict,
        Outcome::Indeterminate { .. } | Outcome::Refused(Refusal::Registry(_)) => Exit::World,
        Outcome::Refused(_) => Exit::Held,
    }
}
