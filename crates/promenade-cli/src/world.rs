//! The world of a command: a repository with its ledger, the process, a key, a registry; and how a
//! plan is made in it, shown, and carried out.

mod act;
mod files;
mod hooks;
pub(crate) mod interrupt;
mod key;
mod shelf;
mod since;

use std::cell::RefCell;
use std::fmt::Write as _;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use promenade::forge::Forge;
use promenade::git::{GitLedger, Ident, Repository, Work};
use promenade::process::port::channels::Channels;
use promenade::process::port::repository::{Author, Obstacle};
use promenade::process::{
    ApplyError, ApplyErrorKind, Embargo, Flow, Hand, Outcome, Plan, PlanError, Planned, Planner,
    Process, Receipt, Remote, Step, UndoError, World, apply, embargo_stream, ready, undo,
};
use promenade::promotion::ledger::{Head, LedgerStore as _, StreamId};
use promenade::promotion::{Actor, Blockers, CommitId, Event, Replay, State, Subject};
use promenade::registry::{LedgerAuthority, Registry, RegistryChannels};
use promenade::signature::{GIT_NAMESPACE, MakeSignature};
use promenade::version::Version;

pub(crate) use act::{ActArgs, carry_out, held, run, run_because, subject};
pub(crate) use files::AssetArgs;
pub(crate) use hooks::{HookRunner, PLAN, last_line};
pub(crate) use shelf::Shelf;

use crate::context::{STREAM, git_error};
use crate::{CliError, Context, Exit, diff, forge, registry, trust};

/// A repository, with everything that planning in it and acting on it needs.
pub(crate) struct Site {
    pub(crate) repository: Repository,
    pub(crate) process: Process,
    pub(crate) stream: StreamId,
    component: Option<String>,
    ledger: GitLedger,
    key: Option<Arc<dyn MakeSignature>>,
    /// The time by which signatures are judged.
    at: DateTime<Utc>,
    replay: RefCell<Replay>,
    /// Whether it works under an embargo.
    pub(crate) embargoed: bool,
}

impl Site {
    /// Opens the repository and the process that a command line names.
    pub(crate) fn open(context: &Context) -> Result<Self, CliError> {
        let repository = context.repository()?;
        let process = context.process()?;
        let key = key::signer(&repository)?;
        let who = repository.identity(context.at().fixed_offset());
        let who = who.map_err(git_error)?;
        let component = context.component(&process)?.map(str::to_owned);
        let stream = context.stream(Some(&process))?;
        let mut site = Self::new(repository, process, key, &who, context.at())?;
        site.replay = RefCell::new(Replay::new(&stream));
        (site.stream, site.component) = (stream, component);
        site.embargoed = context.global.embargoed;
        Ok(site)
    }

    /// Takes a repository, its process and a key.
    pub(crate) fn new(
        repository: Repository,
        process: Process,
        key: Option<Box<dyn MakeSignature>>,
        who: &Ident,
        at: DateTime<Utc>,
    ) -> Result<Self, CliError> {
        let stream = StreamId::new(STREAM).map_err(CliError::input)?;
        let mut ledger = GitLedger::new(&repository, who).describe(describe);
        let key: Option<Arc<dyn MakeSignature>> = key.map(Arc::from);
        if let Some(key) = key.clone().filter(|_| process.ledger().signed) {
            ledger = ledger.signed(move |bytes| {
                let made = key.sign(GIT_NAMESPACE, bytes);
                made.map_err(|error| error.to_string())
            });
        }
        Ok(Self {
            repository,
            process,
            ledger,
            key,
            at,
            component: None,
            replay: RefCell::new(Replay::new(&stream)),
            embargoed: false,
            stream,
        })
    }

    /// Returns the ledger.
    pub(crate) fn ledger(&self) -> &GitLedger {
        &self.ledger
    }

    /// Returns the key that signs, if there is one.
    pub(crate) fn key(&self) -> Option<&dyn MakeSignature> {
        self.key.as_deref()
    }

    /// Returns who plans: an actor that was named, or whoever holds the key.
    pub(crate) fn hand(&self, named: Option<&str>, at: DateTime<Utc>) -> Result<Hand, CliError> {
        let who = self.repository.identity(at.fixed_offset());
        let who = who.map_err(git_error)?;
        let actor = key::actor(named, self.key(), who.email(), &self.process)?;
        Ok(self.hand_of(actor, who.name(), who.email(), at))
    }

    /// Returns a known actor as the one who plans.
    pub(crate) fn hand_of(&self, actor: Actor, name: &str, email: &str, at: DateTime<Utc>) -> Hand {
        Hand {
            actor,
            author: Author {
                name: name.to_owned(),
                email: email.to_owned(),
            },
            at,
            signs: self.key.is_some(),
        }
    }

    /// Reads what the ledger has got since the last time, and gives its state (under an embargo with what
    /// is private) and head.
    pub(crate) fn replay(&self) -> Result<(State, Head), CliError> {
        let (state, head) = self.public()?;
        match self.embargoed {
            true => Ok((in_private(&self.embargo()?, &state)?, head)),
            false => Ok((state, head)),
        }
    }

    /// Gives the state and head of the public ledger.
    pub(crate) fn public(&self) -> Result<(State, Head), CliError> {
        let mut replay = self.replay.borrow_mut();
        let process = Some(&self.process);
        trust::read_on(&mut replay, &self.ledger, &self.stream, process, self.at)?;
        Ok((replay.state().clone(), replay.head()))
    }

    /// Returns the repository as plans read it and are applied to it.
    pub(crate) fn work(&self) -> Work<'_> {
        let work = Work::new(&self.repository);
        match self.key() {
            Some(key) => work.signed(key),
            None => work,
        }
    }

    /// Plans, and publishes nothing. Nothing is changed.
    pub(crate) fn plan(
        &self,
        hand: &Hand,
        wish: impl FnOnce(&Planner<'_>, &Work<'_>) -> Result<Planned, PlanError>,
    ) -> Result<Planned, CliError> {
        self.plan_for(hand, None, &[], wish)
    }

    /// Reads the private stream.
    pub(crate) fn embargo(&self) -> Result<Embargo, CliError> {
        embargo(&self.ledger, &self.stream)
    }

    /// Plans under an embargo: nothing is published, and what is recorded is sealed.
    pub(crate) fn plan_in_private(
        &self,
        hand: &Hand,
        why: &[String],
        wish: impl FnOnce(&Planner<'_>, &Work<'_>) -> Result<Planned, PlanError>,
    ) -> Result<Planned, CliError> {
        let (public, head) = self.public()?;
        let embargo = self.embargo()?;
        let state = in_private(&embargo, &public)?;
        let planner = Planner::new(&self.process, &self.stream, &state, head, hand)
            .of_component(self.component.as_deref())
            .because(why);
        wish(&planner.under_embargo(&embargo), &self.work()).map_err(CliError::input)
    }

    /// Plans, for a remote to publish at and for reasons that are known before. Nothing is changed.
    pub(crate) fn plan_for(
        &self,
        hand: &Hand,
        remote: Option<&Remote>,
        why: &[String],
        wish: impl FnOnce(&Planner<'_>, &Work<'_>) -> Result<Planned, PlanError>,
    ) -> Result<Planned, CliError> {
        let (state, head) = self.replay()?;
        let planner = Planner::new(&self.process, &self.stream, &state, head, hand)
            .of_component(self.component.as_deref())
            .because(why);
        let planner = match remote {
            Some(remote) => planner.publishing(remote),
            None => planner,
        };
        wish(&planner, &self.work()).map_err(CliError::input)
    }

    /// Looks at the remote that is published at: the named one, else that of the main branch.
    pub(crate) fn remote(&self, named: Option<&str>) -> Result<Option<Remote>, CliError> {
        let config = |key: &str| self.repository.config(key).map_err(git_error);
        let main = &self.process.branches().main;
        let name = match named {
            Some(name) => name.to_owned(),
            None => match config(&format!("branch.{main}.remote"))? {
                Some(name) => name,
                None if config("remote.origin.url")?.is_some() => "origin".to_owned(),
                None => return Ok(None),
            },
        };
        let refs = self.repository.remote_branches(&name).map_err(git_error)?;
        let refs = refs.into_iter().map(|(name, id)| (name, id.to_string()));
        Ok(Some(Remote {
            refs: refs.collect(),
            ledger: GitLedger::ref_name(&self.stream),
            name,
        }))
    }

    /// Opens what a plan needs outside of the repository.
    pub(crate) fn outside(&self, plan: &Plan, registry: Option<&str>) -> Result<Outside, CliError> {
        let moves = plan
            .steps()
            .iter()
            .any(|step| matches!(step, Step::Channel { .. }));
        let registry = match moves {
            true => Some(Arc::new(registry::open(registry, &self.process)?) as Arc<dyn Registry>),
            false => None,
        };
        let releases = plan.steps().iter().any(|step| {
            matches!(
                step,
                Step::Forge { .. } | Step::Banner { .. } | Step::Latest { .. }
            )
        });
        let forge = match releases {
            true => forge::open(&self.process)?.map(|forge| Box::new(forge) as Box<dyn Forge>),
            false => None,
        };
        Ok(Outside {
            registry,
            forge,
            hooks: HookRunner::new(self.repository.directory()),
        })
    }

    /// Says what stands in the way of a plan.
    pub(crate) fn ready(&self, plan: &Plan, outside: &Outside) -> Result<Vec<Obstacle>, CliError> {
        let (work, ledger) = (self.work(), self.ledger_at(plan.at()));
        let authority = self.authority(&ledger);
        let channels = outside.channels(&authority);
        let found = ready(
            plan,
            &self.world(&work, &ledger, outside, channels.as_ref()),
        );
        found.map_err(|kind| match kind {
            ApplyErrorKind::Repository(_) | ApplyErrorKind::Ledger(_) => CliError::world(kind),
            kind => CliError::input(kind),
        })
    }

    /// Carries a plan out. `observe` is told how each step came out, and may stop after it.
    pub(crate) fn apply(
        &self,
        plan: Plan,
        outside: &Outside,
        observe: &mut dyn FnMut(&Step, Outcome) -> Flow,
    ) -> Result<Receipt, ApplyError> {
        let (work, ledger) = (self.work(), self.ledger_at(plan.at()));
        let authority = self.authority(&ledger);
        let channels = outside.channels(&authority);
        apply(
            plan,
            &self.world(&work, &ledger, outside, channels.as_ref()),
            observe,
        )
    }

    /// Takes a plan back that nobody else can have seen.
    pub(crate) fn undo(
        &self,
        plan: &Plan,
        outside: &Outside,
        observe: &mut dyn FnMut(&Step, Outcome),
    ) -> Result<(), CliError> {
        let (work, ledger) = (self.work(), self.ledger_at(plan.at()));
        let world = self.world(&work, &ledger, outside, None);
        undo(plan, &world, &ledger, observe).map_err(|error| match &error {
            UndoError::Ledger(_) => CliError::conflict(error),
            UndoError::Repository { .. } | UndoError::Public { .. } => CliError::conflict(error),
            _ => CliError::world(error),
        })
    }

    fn ledger_at(&self, at: DateTime<Utc>) -> GitLedger {
        self.ledger.clone().clock(move || at)
    }

    /// Returns what the ledger says of channels. Only a process that names its image moves any.
    fn authority<'a>(&'a self, ledger: &'a GitLedger) -> LedgerAuthority<'a> {
        LedgerAuthority::new(
            ledger,
            &self.stream,
            self.process.image().unwrap_or_default(),
        )
    }

    fn world<'a>(
        &'a self,
        work: &'a Work<'a>,
        ledger: &'a GitLedger,
        outside: &'a Outside,
        channels: Option<&'a RegistryChannels<'a>>,
    ) -> World<'a> {
        let mut world = World::new(work, ledger, &self.stream);
        world.channels = channels.map(|channels| channels as &dyn Channels);
        world.forge = outside.forge.as_deref();
        world.hooks = Some(&outside.hooks);
        world.assets = Some(&files::FilesHere);
        world
    }

    /// Replays the ledger up to a head that it had.
    pub(crate) fn state_at(&self, head: &Head) -> Result<State, CliError> {
        let mut replay = Replay::new(&self.stream);
        let mut failed = None;
        let read = self.ledger.read(&self.stream, 1, &mut |record| {
            if record.seq > head.seq {
                return false;
            }
            failed = replay.step(&record).err();
            failed.is_none()
        });
        let now = read.map_err(CliError::world)?;
        if let Some(error) = failed {
            return Err(CliError::input(error));
        }
        if replay.head() != *head {
            return Err(CliError::conflict(format!(
                "the plan was made for ledger head {head}, and the ledger is at {now}; plan again"
            )));
        }
        Ok(replay.state().clone())
    }

    /// Returns the commit that a revision stands for.
    pub(crate) fn find(&self, revision: &str) -> Result<CommitId, CliError> {
        let id = self.repository.resolve(revision).map_err(git_error)?;
        CommitId::new(id.as_str()).map_err(CliError::input)
    }

    /// Reads a version in the scheme of the process, or as the ledger writes it.
    pub(crate) fn version(&self, text: &str) -> Result<Version, CliError> {
        let read = self.process.version().scheme().parse(text);
        read.or_else(|error| text.parse().map_err(|_| CliError::input(error)))
    }

    /// Writes a version in the scheme of the process.
    pub(crate) fn text(&self, version: &Version) -> String {
        let scheme = self.process.version().scheme();
        scheme
            .format(version)
            .unwrap_or_else(|_| version.to_string())
    }

    /// Writes a version in the scheme of the process, or a commit.
    pub(crate) fn name(&self, subject: &Subject) -> String {
        match subject {
            Subject::Version(version) => self.text(version),
            Subject::Commit(commit) => commit.to_string(),
        }
    }

    /// Reads a version or a commit.
    pub(crate) fn subject(&self, text: &str) -> Result<Subject, CliError> {
        match CommitId::new(text) {
            Ok(commit) => Ok(Subject::Commit(commit)),
            Err(_) => self.version(text).map(Subject::Version),
        }
    }
}

/// What a plan needs outside of the repository.
pub(crate) struct Outside {
    pub(crate) registry: Option<Arc<dyn Registry>>,
    pub(crate) forge: Option<Box<dyn Forge>>,
    pub(crate) hooks: HookRunner,
}

impl Outside {
    /// The registry, whose channels belong where the ledger has them: the plan records a move before
    /// it makes it, and somebody else may have recorded another one since.
    fn channels<'a>(&'a self, ledger: &'a LedgerAuthority<'a>) -> Option<RegistryChannels<'a>> {
        let registry = self.registry.as_deref()?;
        Some(RegistryChannels::under(registry, ledger))
    }
}

/// Reads the private stream, with a secret that is drawn for one plan.
pub(crate) fn embargo(ledger: &GitLedger, stream: &StreamId) -> Result<Embargo, CliError> {
    let mut secret = [0_u8; 32];
    getrandom::fill(&mut secret)
        .map_err(|error| CliError::world(format!("no random numbers: {error}")))?;
    let secret: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
    let (mut events, mut broken) = (Vec::new(), None);
    let private = embargo_stream(stream);
    let head = ledger.read(&private, 1, &mut |record| {
        match Event::parse(&record.body) {
            Ok(event) => events.push(event),
            Err(error) => broken = Some(format!("private record {}: {error}", record.seq)),
        }
        broken.is_none()
    });
    let head = head.map_err(CliError::world)?;
    match broken {
        Some(why) => Err(CliError::input(why)),
        None => Ok(Embargo::new(stream, head, events, secret)),
    }
}

/// The state with what is under the embargo.
pub(crate) fn in_private(embargo: &Embargo, public: &State) -> Result<State, CliError> {
    embargo.state(public).map_err(|error| {
        CliError::conflict(format!(
            "the private ledger does not follow the public one: {error}; if a plan was begun under the \
             embargo, `apply` goes on with it"
        ))
    })
}

/// Prints a plan for people: its steps, and the diff of every file that it changes.
pub(crate) fn show(plan: &Plan) -> String {
    let mut text = plan.to_string();
    for step in plan.steps() {
        if let Step::Commit { documents, .. } = step {
            for change in documents {
                let diff = diff::unified(&change.path, &change.before, &change.after);
                text.push_str(&indent(&diff));
            }
        }
    }
    text
}

/// Prints what holds a plan.
pub(crate) fn show_held(title: &str, blockers: &Blockers) -> String {
    let mut text = format!("refused: {title}\n");
    for blocker in blockers.as_slice() {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  - {blocker}");
    }
    text
}

/// Gives a plan that was not carried out its exit code.
pub(crate) fn apply_error(error: &ApplyError) -> CliError {
    let exit = match error.kind() {
        _ if error.is_conflict() => Exit::Conflict,
        ApplyErrorKind::NotReady { obstacles } => {
            let hardest = obstacles.iter().map(|one| one.kind).max();
            hardest.map_or(Exit::World, act::exit_of)
        }
        _ => Exit::World,
    };
    CliError {
        exit,
        message: error.to_string(),
    }
}

/// The subject of a record's commit, from its body.
pub(crate) fn describe(body: &[u8]) -> String {
    Event::parse(body).map_or_else(|error| error.to_string(), |event| event.kind.to_string())
}

pub(crate) fn indent(text: &str) -> String {
    text.lines().map(|line| format!("    {line}\n")).collect()
}
