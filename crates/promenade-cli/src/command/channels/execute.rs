//! Carrying out a plan of channels in a registry.

use std::fmt::Write as _;

use promenade::digest::Digest;
use promenade::git::{GitLedger, Ident};
use promenade::process::Process;
use promenade::promotion::ledger::{Head, LedgerStore as _, StreamId};
use promenade::registry::{
    Authority, ChannelMove, ChannelName, LedgerAuthority, MoveReport, Mutability, Outcome,
    Patience, Reference, Refusal, Registry, move_channels, reconcile,
};
use promenade::tag::{ChannelPlan, ChannelSet, Move, Positions, Target};
use serde_json::{Value, json};

use crate::context::git_error;
use crate::{CliError, Context, Exit, registry};

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

/// The ledger of the repository, which decides where channels belong.
pub(super) struct Recorded {
    ledger: GitLedger,
    stream: StreamId,
    image: String,
}

impl Recorded {
    /// Opens the ledger, if there is a repository and its ledger holds anything.
    pub(super) fn open(context: &Context, process: &Process) -> Result<Option<Self>, CliError> {
        let repository = match context.repository() {
            Ok(repository) => repository,
            Err(error) if error.exit() == Exit::Input => return Ok(None),
            Err(error) => return Err(error),
        };
        let nobody = Ident::new(
            "promenade",
            "promenade@localhost",
            context.at().fixed_offset(),
        );
        let ledger = GitLedger::new(&repository, &nobody.map_err(git_error)?);
        let stream = context.stream(Some(process))?;
        if ledger.head(&stream).map_err(CliError::world)? == Head::EMPTY {
            return Ok(None);
        }
        let image = process.image().ok_or_else(|| {
            CliError::input("the process does not say which artifact is the image: `[registry]`")
        })?;
        let image = image.to_owned();
        Ok(Some(Self {
            ledger,
            stream,
            image,
        }))
    }

    pub(super) fn authority(&self) -> LedgerAuthority<'_> {
        LedgerAuthority::new(&self.ledger, &self.stream, &self.image)
    }
}

/// The ledger; for names of commits, of which it says nothing, the plan.
struct Both<'a> {
    ledger: &'a LedgerAuthority<'a>,
    commits: &'a [ChannelMove],
}

impl Authority for Both<'_> {
    fn wanted(&self, channel: &ChannelName) -> Result<Option<Digest>, String> {
        match self.ledger.wanted(channel)? {
            Some(wanted) => Ok(Some(wanted)),
            None => self.commits.wanted(channel),
        }
    }

    fn expects(&self, channel: &ChannelName, observed: Option<&Digest>) -> Result<bool, String> {
        Ok(self.ledger.expects(channel, observed)? || self.commits.expects(channel, observed)?)
    }
}

/// Carries a plan out. `before` is where the channels are by what was released; `published` is the
/// tag of the version that is published, if one is. Where there is a ledger, it decides: what it has
/// not recorded is not moved, and what it wants elsewhere is told.
pub(super) fn apply(
    args: &ExecuteArgs,
    plan: &ChannelPlan,
    before: &Positions,
    published: Option<&str>,
    process: &Process,
    recorded: Option<&Recorded>,
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
    let registry = registry::open(args.registry.as_deref(), process)?;
    let authority = recorded.map(Recorded::authority);
    let desk = Desk {
        registry: &registry,
        set: process.channels(),
        before,
        image: published.zip(args.digest),
        ledger: authority.as_ref(),
    };
    let (mut moves, mut commits) = (Vec::new(), Vec::new());
    for one in plan.moves() {
        let wish = desk.wish(one)?;
        if one.to.version.is_none() {
            commits.push(wish.clone());
        }
        moves.push(wish);
    }
    // Names for ever come first: if one of them is taken, nothing moves.
    moves.sort_by_key(|one| one.mutability() == Mutability::Moving);
    Ok(report(&match &authority {
        None => move_channels(&registry, &moves),
        Some(ledger) => {
            let commits = commits.as_slice();
            let both = Both { ledger, commits };
            reconcile(&registry, &both, &moves, Patience::default())
        }
    }))
}

/// Brings every channel of the ledger to where the ledger has it.
pub(super) fn bring(
    args: &ExecuteArgs,
    process: &Process,
    authority: &LedgerAuthority<'_>,
    moves: &[ChannelMove],
) -> Result<Applied, CliError> {
    let registry = registry::open(args.registry.as_deref(), process)?;
    let brought = reconcile(&registry, authority, moves, Patience::default());
    Ok(report(&brought))
}

struct Desk<'a> {
    registry: &'a dyn Registry,
    set: &'a ChannelSet,
    before: &'a Positions,
    /// The tag that is published, and its image.
    image: Option<(&'a str, Digest)>,
    /// The ledger, if there is one: it knows every image.
    ledger: Option<&'a LedgerAuthority<'a>>,
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
        let given = self
            .image
            .filter(|(tag, _)| target.tag.as_deref() == Some(tag))
            .map(|(_, digest)| digest);
        if let (Some(ledger), Some(version)) = (self.ledger, &target.version) {
            let known = ledger.image_of(version).map_err(CliError::input)?;
            let known = known.ok_or_else(|| {
                CliError::input(format!("the ledger holds no image of `{target}`"))
            })?;
            return match given {
                Some(given) if given != known => Err(CliError::conflict(format!(
                    "the image of `{target}` is {known} in the ledger, not {given}"
                ))),
                _ => Ok(known),
            };
        }
        if let Some(digest) = given {
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
