//! The scene: a real repository with its ledger, a registry in memory, a key, and a clock that the
//! story turns.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use promenade::digest::{self, Digest};
use promenade::git::{CommitRequest, Ident, Repository, Work};
use promenade::process::{ApplyErrorKind, Flow, PlanError, Planned, Planner, Process, preset};
use promenade::promotion::{Artifacts, Command, CommitId, ItemId, replay};
use promenade::registry::MemoryRegistry;
use promenade::signature::{MakeSignature as _, SshKey};
use promenade::version::Version;
use serde_json::{Value, json};

use super::content::{self, Files};
use crate::context::git_error;
use crate::world::interrupt::Answering;
use crate::world::{self, HookRunner, Outside, Site, describe, indent};
use crate::{CliError, board};

/// The key of the maintainer in the preset, which the demo replaces by one of its own.
const PRESET_KEY: &str = "ssh:SHA256:nLPnMZC4Df0xQ6XbBV2yT8mG1c7jrK5uWqHsEoaYtI9";

/// The maintainer's name and address.
const NAME: &str = "Ada";
const EMAIL: &str = "ada@forge.example";

/// Who acts.
#[derive(Clone, Copy)]
pub(super) enum Who {
    /// The maintainer, with her key.
    Ada,
    /// The workflow.
    Ci,
}

pub(super) struct Scene {
    dir: PathBuf,
    site: Site,
    registry: Arc<MemoryRegistry>,
    key: SshKey,
    now: DateTime<Utc>,
    out: String,
    refused: usize,
    /// Ctrl-c ends the story where its directory is still thrown away.
    answering: Answering,
}

impl Scene {
    /// Makes the repository with the files of version 0.2.0, its tag, and the process file.
    pub(super) fn set(
        dir: &Path,
        name: &str,
        at: DateTime<Utc>,
        answering: Answering,
    ) -> Result<Self, CliError> {
        let repository = Repository::init(dir).map_err(git_error)?;
        let key = SshKey::generate();
        let text = preset::text(name).map_err(CliError::input)?;
        let text = text.replace(PRESET_KEY, &format!("ssh:{}", key.key()));
        let process = Process::parse("release.toml", &text).map_err(CliError::input)?;
        let signer = Some(Box::new(key.clone()) as _);
        let mut scene = Self {
            dir: dir.to_path_buf(),
            site: Site::new(repository, process, signer, &ident(at)?, at)?,
            registry: Arc::new(MemoryRegistry::new()),
            key,
            now: at - TimeDelta::days(30),
            out: String::new(),
            refused: 0,
            answering,
        };
        let mut files = content::first();
        files.insert("release.toml".to_owned(), Some(text.into_bytes()));
        scene.commit("main", "a server that takes files", files)?;
        Ok(scene)
    }

    pub(super) fn act(&mut self, title: &str) {
        let _ = writeln!(self.out, "\n== {title}\n");
    }

    pub(super) fn say(&mut self, text: &str) {
        let _ = writeln!(self.out, "{text}");
    }

    /// Lets time pass.
    pub(super) fn wait(&mut self, time: TimeDelta) {
        self.now += time;
    }

    pub(super) fn repository(&self) -> &Repository {
        &self.site.repository
    }

    pub(super) fn now(&self) -> DateTime<Utc> {
        self.now
    }

    pub(super) fn ident(&self) -> Result<Ident, CliError> {
        ident(self.now)
    }

    /// Returns the maintainer's key.
    pub(super) fn key(&self) -> &SshKey {
        &self.key
    }

    /// Makes a commit of files on a branch.
    pub(super) fn commit(
        &mut self,
        branch: &str,
        message: &str,
        files: Files,
    ) -> Result<CommitId, CliError> {
        self.wait(TimeDelta::minutes(7));
        let request = CommitRequest::new(branch, message, self.ident()?);
        let request = files
            .into_iter()
            .fold(request, |request, (path, bytes)| match bytes {
                Some(bytes) => request.file(path, bytes),
                None => request.remove(path),
            });
        let id = self.repository().commit(&request).map_err(git_error)?;
        commit_id(id.as_ref())
    }

    /// Returns the commit that a revision stands for.
    pub(super) fn find(&self, revision: &str) -> Result<CommitId, CliError> {
        self.site.find(revision)
    }

    /// Builds a commit: writes real files, walks them, and puts the image into the registry.
    pub(super) fn build(&mut self, commit: &CommitId) -> Result<Artifacts, CliError> {
        let source = self
            .repository()
            .read_file(commit.as_str(), "src/main.rs")
            .map_err(git_error)?;
        let dist = self.dir.join("dist").join(commit.as_str());
        std::fs::create_dir_all(&dist).map_err(unwritten)?;
        for (name, bytes) in content::artifacts(&source) {
            std::fs::write(dist.join(name), bytes).map_err(unwritten)?;
        }
        let set =
            digest::fs::record_build(&dist, &mut digest::unobserved()).map_err(CliError::world)?;
        let image = self.registry.add_image(&set.canonical_bytes());
        let artifacts = set
            .artifacts()
            .map(|artifact| (artifact.name.as_str().to_owned(), artifact.id.digest()))
            .chain([("image".to_owned(), *image.digest())]);
        let artifacts = Artifacts::new(artifacts).map_err(CliError::input)?;
        self.run(Who::Ci, "record the build", |_| {
            vec![Command::RecordBuild {
                artifacts: artifacts.clone(),
                commit: commit.clone(),
                version: None,
            }]
        })?;
        Ok(artifacts)
    }

    /// Plans and applies commands of the promotion machine.
    pub(super) fn run(
        &mut self,
        who: Who,
        title: &str,
        commands: impl Fn(&Self) -> Vec<Command>,
    ) -> Result<bool, CliError> {
        let commands = commands(self);
        self.carry_out(who, |planner, _| planner.commands(title, commands))
    }

    /// Plans, prints the plan or what holds it, and applies it.
    pub(super) fn carry_out(
        &mut self,
        who: Who,
        plan: impl FnOnce(&Planner<'_>, &Work<'_>) -> Result<Planned, PlanError>,
    ) -> Result<bool, CliError> {
        self.wait(TimeDelta::minutes(11));
        let actor = match who {
            Who::Ada => format!("ssh:{}", self.key.key()),
            Who::Ci => "ci:forge.example/rustshare/rustshare".to_owned(),
        };
        let actor = actor.parse().map_err(CliError::input)?;
        let hand = self.site.hand_of(actor, NAME, EMAIL, self.now);
        let plan = match self.site.plan(&hand, plan)? {
            Planned::Held { title, blockers } => {
                self.refused += 1;
                self.out.push_str(&world::show_held(&title, &blockers));
                return Ok(false);
            }
            Planned::Ready(plan) => *plan,
        };
        self.out.push_str(&world::show(&plan));
        let count = match plan.steps().len() {
            1 => "1 step".to_owned(),
            count => format!("{count} steps"),
        };
        let outside = Outside {
            registry: Some(Arc::clone(&self.registry) as _),
            forge: None,
            hooks: HookRunner::new(self.dir.clone()),
        };
        let answering = &self.answering;
        let applied = self
            .site
            .apply(plan, &outside, &mut |_, _| match answering.is_asked() {
                true => Flow::Stop,
                false => Flow::Continue,
            });
        let receipt = applied.map_err(|error| match error.kind() {
            ApplyErrorKind::Stopped => {
                CliError::world("the demo was stopped, and its repository thrown away")
            }
            _ => world::apply_error(&error),
        })?;
        let _ = writeln!(
            self.out,
            "applied {count}; ledger at record {}",
            receipt.head().seq
        );
        Ok(true)
    }

    /// Returns the artifacts of a version, as the ledger has them.
    pub(super) fn artifacts_of(&self, version: &Version) -> Result<Artifacts, CliError> {
        let (state, _) = self.site.replay()?;
        let identity = state.version(version).and_then(|record| record.artifacts);
        identity
            .and_then(|identity| state.sets.get(&identity)?.artifacts.clone())
            .ok_or_else(|| CliError::world(format!("version {version} has no artifacts")))
    }

    /// Returns the ids of the open obligations.
    pub(super) fn obligations(&self) -> Result<Vec<ItemId>, CliError> {
        let (state, _) = self.site.replay()?;
        Ok(state.open_obligations().map(|(id, _)| id.clone()).collect())
    }

    /// Prints the board of environments.
    pub(super) fn board(&mut self) -> Result<(), CliError> {
        let (state, _) = self.site.replay()?;
        let drawn = board::text(
            &board::Picture::still(self.site.process.promotion(), &state),
            usize::MAX,
        );
        let _ = write!(self.out, "\n{}", indent(&drawn));
        Ok(())
    }

    /// Prints what the registry shows.
    pub(super) fn channels(&mut self) -> Result<(), CliError> {
        let (state, _) = self.site.replay()?;
        self.say("\nchannels, as the registry has them:");
        for (name, digest) in self.registry.channels() {
            let version = state
                .channels
                .iter()
                .find(|(channel, _)| channel.as_str() == name.as_str())
                .map_or_else(String::new, |(_, channel)| channel.version.to_string());
            let digest: String = digest.encoded().chars().take(12).collect();
            let name: String = name.as_str().chars().take(24).collect();
            let _ = writeln!(self.out, "  {name:<24} {version:<12} image {digest}");
        }
        Ok(())
    }

    /// Ends the demo: the ledger, its verification, and what a program may read.
    pub(super) fn end(mut self) -> Result<(String, Value), CliError> {
        self.act("the ledger");
        let mut lines = Vec::new();
        let mut records = 0;
        promenade::promotion::ledger::LedgerStore::read(
            self.site.ledger(),
            &self.site.stream,
            1,
            &mut |record| {
                records = record.seq;
                lines.push(format!("  {:>3} {}", record.seq, describe(&record.body)));
                true
            },
        )
        .map_err(CliError::world)?;
        for line in lines {
            self.say(&line);
        }
        let (state, head) =
            replay(self.site.ledger(), &self.site.stream).map_err(CliError::world)?;
        let tags = self.repository().tags().map_err(git_error)?;
        let mut names: Vec<_> = tags
            .iter()
            .map(|tag| String::from_utf8_lossy(&tag.name).into_owned())
            .collect();
        names.sort();
        let _ = writeln!(
            self.out,
            "\n{records} records, verified; head {head}\nstate {}\ntags: {}\n{} refusals, each with its \
             blockers; nothing was deleted\n",
            state.hash(),
            names.join(", "),
            self.refused,
        );
        let channels: BTreeMap<_, _> = state
            .channels
            .iter()
            .map(|(name, channel)| (name.to_string(), channel.version.to_string()))
            .collect();
        let owed: Vec<_> = state
            .open_obligations()
            .map(|(id, _)| id.to_string())
            .collect();
        let json = json!({
            "records": records,
            "head": head.to_string(),
            "state": state.hash().to_string(),
            "tags": names,
            "channels": channels,
            "open_obligations": owed,
            "refusals": self.refused,
        });
        Ok((self.out, json))
    }

    /// Artifacts that nobody built from the commit they claim: what must be refused.
    pub(super) fn other_artifacts(&self) -> Result<Artifacts, CliError> {
        let digest = Digest::sha256(b"built again, somewhere else");
        Artifacts::new([("image", digest)]).map_err(CliError::input)
    }
}

fn ident(at: DateTime<Utc>) -> Result<Ident, CliError> {
    Ident::new(NAME, EMAIL, at.fixed_offset()).map_err(git_error)
}

fn commit_id(text: &str) -> Result<CommitId, CliError> {
    CommitId::new(text).map_err(CliError::input)
}

fn unwritten(error: std::io::Error) -> CliError {
    CliError::world(format!("cannot write the build: {error}"))
}
