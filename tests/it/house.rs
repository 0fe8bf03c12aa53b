//! A repository that a story plays in: real git, a process, builds that are recorded.

use std::path::{Path, PathBuf};
use std::process::Command;

use promenade::digest::Digest;
use promenade::git::{GitLedger, Ident, Repository};
use promenade::process::Process;
use promenade::promotion::ledger::{OpId, StreamId};
use promenade::promotion::{Artifacts, Command as Act, CommitId, Context, Journal};
use serde_json::Value;

use crate::command::{Run, git, promenade_in};

/// The day a story begins.
const START: &str = "2026-11-02T09:00:00Z";

/// A repository with a process, and a clock that goes on with every step.
pub(crate) struct House {
    dir: tempfile::TempDir,
    pub(crate) process: String,
    /// What the commands find in their environment besides.
    pub(crate) env: Vec<(String, String)>,
    now: std::cell::Cell<chrono::DateTime<chrono::Utc>>,
}

impl House {
    /// Makes a repository with these files, committed on `branch`, under a preset.
    pub(crate) fn new(preset: &str, branch: &str, files: &[(&str, &str)]) -> Self {
        let house = Self {
            dir: tempfile::tempdir().unwrap(),
            process: format!("preset:{preset}"),
            env: Vec::new(),
            now: std::cell::Cell::new(START.parse().unwrap()),
        };
        std::fs::create_dir(house.path()).unwrap();
        git(&house.path(), &["init", "-q", "-b", branch]);
        for (key, value) in [
            ("user.name", "Ada"),
            ("user.email", "ada@example.org"),
            ("commit.gpgsign", "false"),
            ("core.autocrlf", "false"),
        ] {
            house.config(key, value);
        }
        house.commit("a first version", files);
        house
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.dir.path().join("repo")
    }

    /// A place beside the repository.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn config(&self, key: &str, value: &str) {
        git(&self.path(), &["config", key, value]);
    }

    #[track_caller]
    pub(crate) fn git(&self, args: &[&str]) -> String {
        git(&self.path(), args)
    }

    /// Writes files and commits them; gives the commit.
    #[track_caller]
    pub(crate) fn commit(&self, message: &str, files: &[(&str, &str)]) -> String {
        for (path, text) in files {
            let path = self.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        self.wait(chrono::TimeDelta::minutes(1));
        self.git(&["add", "--all"]);
        let date = self.now.get().to_rfc3339();
        let output = Command::new("git")
            .current_dir(self.path())
            .args(["commit", "-q", "--allow-empty", "-m", message])
            .env("GIT_AUTHOR_DATE", &date)
            .env("GIT_COMMITTER_DATE", &date)
            .output()
            .unwrap();
        let err = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "git commit: {err}");
        self.head()
    }

    pub(crate) fn head(&self) -> String {
        self.git(&["rev-parse", "HEAD"]).trim().to_owned()
    }

    /// Lets time pass.
    pub(crate) fn wait(&self, time: chrono::TimeDelta) {
        self.now.set(self.now.get() + time);
    }

    /// Runs a command at the time of the story.
    pub(crate) fn run(&self, args: &[&str]) -> Run {
        self.wait(chrono::TimeDelta::minutes(1));
        let at = self.now.get().to_rfc3339();
        let global = ["--process", &self.process, "--at", &at, "--format", "json"];
        promenade_in(&self.path(), &[&global[..], args].concat(), &self.env)
    }

    /// Takes a preset with more after it as the process.
    pub(crate) fn goes_by(&mut self, preset: &str, more: &str) {
        let path = self.beside("release.toml");
        let text = promenade::process::preset::text(preset).unwrap();
        std::fs::write(&path, format!("{text}\n{more}")).unwrap();
        self.process = path.to_str().unwrap().to_owned();
    }

    /// Takes a step of the process, which must be done.
    #[track_caller]
    pub(crate) fn act(&self, args: &[&str]) -> Value {
        let run = self.run(&[args, &["--execute"]].concat());
        assert_eq!(run.code, 0, "{args:?}: {}{}", run.out, run.err);
        let report: Value = serde_json::from_str(&run.out).unwrap();
        assert_eq!(report["schema"], "promenade.plan/1");
        assert_eq!(report["executed"], true);
        let steps = report["steps"].as_array().unwrap().len();
        assert_eq!(report["outcomes"].as_array().unwrap().len(), steps);
        self.is_clean();
        report
    }

    /// Tries a step that must be held, and gives the gates that hold it.
    #[track_caller]
    pub(crate) fn held(&self, args: &[&str]) -> Vec<String> {
        let before = self.refs();
        let run = self.run(&[args, &["--execute"]].concat());
        assert_eq!(run.code, 1, "{args:?}: {}{}", run.out, run.err);
        assert_eq!(self.refs(), before, "a step that is held changes nothing");
        let report: Value = serde_json::from_str(&run.out).unwrap();
        let blockers = report["blockers"].as_array().unwrap().iter();
        blockers
            .map(|one| one["gate"].as_str().unwrap().to_owned())
            .collect()
    }

    /// Records checks of a version, promotes it into an environment, and sees that it runs there.
    #[track_caller]
    pub(crate) fn enters(&self, environment: &str, version: &str, checks: &[&str]) {
        for check in checks {
            self.act(&["record", check, "pass", "--version", version]);
        }
        self.act(&["promote", environment, "--version", version]);
        self.act(&["observe", environment, "--version", version]);
        let (runs, base) = (self.runs(environment), version.split('-').next().unwrap());
        assert!(
            runs.starts_with(base),
            "{environment} runs {runs}, expected {version}"
        );
    }

    /// The version that an environment runs, verified.
    #[track_caller]
    pub(crate) fn runs(&self, environment: &str) -> String {
        let run = self.run(&["status"]);
        let board: Value = serde_json::from_str(&run.out).unwrap();
        let rows = board["versions"].as_array().unwrap().iter();
        let mut there = rows.filter(|row| row["environments"][environment] == "verified");
        there.next().unwrap()["subject"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// Has git sign with an ssh key, and trust it.
    pub(crate) fn signs_with_ssh(&self, key: &Path) -> String {
        let public = std::fs::read_to_string(key.with_extension("pub")).unwrap();
        let allowed = self.beside("allowed");
        std::fs::write(&allowed, format!("ada@example.org {public}")).unwrap();
        self.config("gpg.format", "ssh");
        self.config("user.signingkey", key.to_str().unwrap());
        self.config("gpg.ssh.allowedSignersFile", allowed.to_str().unwrap());
        let listed = Command::new("ssh-keygen")
            .args(["-l", "-E", "sha256", "-f"])
            .arg(key)
            .output()
            .unwrap();
        let listed = String::from_utf8(listed.stdout).unwrap();
        format!("ssh:{}", listed.split(' ').nth(1).unwrap())
    }

    /// Has git sign with a gpg key that is made here, in a home of its own; gives the home, whose
    /// agent ends with it.
    pub(crate) fn signs_with_gpg(&self) -> Option<GpgHome> {
        self.signs_with_gpg_under("", "")
    }

    /// As [`House::signs_with_gpg`], with a passphrase, and under a configuration of the agent that holds
    /// once the key is made.
    pub(crate) fn signs_with_gpg_under(&self, passphrase: &str, agent: &str) -> Option<GpgHome> {
        let program = testkit::program("gpg")?;
        // The path of an agent's socket must be short.
        let home = tempfile::Builder::new()
            .prefix("gpg")
            .tempdir_in("/tmp")
            .unwrap();
        let home = GpgHome { program, home };
        home.run(&[
            "--pinentry-mode=loopback",
            &format!("--passphrase={passphrase}"),
            "--quick-generate-key",
            "Ada <ada@example.org>",
            "ed25519",
            "sign",
            "never",
        ]);
        if !agent.is_empty() {
            // The agent that made the key knows its passphrase.
            home.end();
            std::fs::write(home.home.path().join("gpg-agent.conf"), agent).unwrap();
        }
        let listed = home.run(&["--with-colons", "--list-secret-keys"]);
        let print = listed
            .lines()
            .find(|line| line.starts_with("fpr:"))
            .unwrap();
        let print = print.split(':').nth(9).unwrap();
        // Git and Promenade both run this program: it knows its home.
        let script = self.beside("gpg");
        let text = format!(
            "#!/bin/sh\nexec {} --homedir {} \"$@\"\n",
            home.program.display(),
            home.home.path().display()
        );
        executable(&script, &text);
        self.config("gpg.format", "openpgp");
        self.config("gpg.program", script.to_str().unwrap());
        self.config("user.signingkey", print);
        Some(home)
    }

    /// The version that a channel points at, as the ledger has it.
    #[track_caller]
    pub(crate) fn channel(&self, name: &str) -> String {
        let run = self.run(&["status"]);
        let board: Value = serde_json::from_str(&run.out).unwrap();
        let channels = board["channels"].as_array().unwrap().iter();
        let mut named = channels.filter(|channel| channel["channel"] == name);
        let found = named
            .next()
            .unwrap_or_else(|| panic!("no channel {name}: {board}"));
        found["version"].as_str().unwrap().to_owned()
    }

    /// Prints a plan that cannot be carried out, and gives the gates that stand in its way.
    #[track_caller]
    pub(crate) fn held_plan(&self, args: &[&str]) -> Vec<String> {
        let run = self.run(args);
        assert_eq!(run.code, 1, "{args:?}: {}{}", run.out, run.err);
        let report: Value = serde_json::from_str(&run.out).unwrap();
        let blockers = report["blockers"].as_array().unwrap().iter();
        blockers
            .map(|one| one["gate"].as_str().unwrap().to_owned())
            .collect()
    }

    /// Publishes at a bare repository beside this one, which it gives.
    pub(crate) fn publishes(&self) -> PathBuf {
        let bare = self.beside("remote.git");
        git(
            self.dir.path(),
            &["init", "-q", "--bare", "-b", "main", "remote.git"],
        );
        self.git(&["remote", "add", "origin", bare.to_str().unwrap()]);
        self.git(&["push", "-q", "origin", "main", "refs/promenade/ledger"]);
        bare
    }

    /// Makes another clone of a remote.
    pub(crate) fn clone_of(&self, bare: &Path, name: &str) -> PathBuf {
        let other = self.beside(name);
        git(
            self.dir.path(),
            &["clone", "-q", bare.to_str().unwrap(), name],
        );
        git(&other, &["config", "user.name", "Bob"]);
        git(&other, &["config", "user.email", "bob@example.org"]);
        other
    }

    /// The time of the story.
    pub(crate) fn now(&self) -> String {
        self.now.get().to_rfc3339()
    }

    /// Puts every ref back to where [`House::refs`] had it, and the files with them.
    #[track_caller]
    pub(crate) fn reset(&self, refs: &str) {
        for line in self.refs().lines() {
            let (_, name) = line.split_once(' ').unwrap();
            if !refs.contains(&format!(" {name}\n")) {
                self.git(&["update-ref", "-d", name]);
            }
        }
        for line in refs.lines() {
            let (id, name) = line.split_once(' ').unwrap();
            self.git(&["update-ref", name, id]);
        }
        self.git(&["reset", "-q", "--hard"]);
    }

    /// Every ref and where it points.
    #[track_caller]
    pub(crate) fn refs(&self) -> String {
        self.git(&["for-each-ref", "--format=%(objectname) %(refname)"])
    }

    /// `git status` has nothing to say, and `git fsck` neither.
    #[track_caller]
    pub(crate) fn is_clean(&self) {
        assert_eq!(self.git(&["status", "--porcelain"]), "");
    }

    /// Records what a commit was built to: an artifact and an image that depend on its source.
    pub(crate) fn build(&self, commit: &str) {
        let tree = self.git(&["rev-parse", &format!("{commit}^{{tree}}")]);
        let artifacts = Artifacts::new([("app", Digest::sha256(tree.as_bytes()))]).unwrap();
        let repository = Repository::open(self.path()).unwrap();
        self.wait(chrono::TimeDelta::minutes(1));
        let now = self.now.get();
        let who = Ident::new("CI", "ci@example.org", now.fixed_offset()).unwrap();
        let ledger = GitLedger::new(&repository, &who);
        let process = self.read_process();
        let stream = StreamId::new("ledger").unwrap();
        let journal = Journal::new(&ledger, stream, process.promotion());
        let command = Act::RecordBuild {
            artifacts,
            commit: CommitId::new(commit).unwrap(),
            version: None,
        };
        let op = OpId::new(format!("build-{commit}")).unwrap();
        let asking = Context::new("ci:build".parse().unwrap(), now);
        let _ = journal.run(&op, &command, &asking).unwrap();
    }

    fn read_process(&self) -> Process {
        match self.process.strip_prefix("preset:") {
            Some(name) => Process::preset(name).unwrap(),
            None => {
                let text = std::fs::read_to_string(&self.process).unwrap();
                Process::parse(&self.process, &text).unwrap()
            }
        }
    }
}

/// Makes an ssh key with `ssh-keygen`; gives the path of its private half.
pub(crate) fn ssh_key(dir: &Path) -> Option<PathBuf> {
    let program = testkit::program("ssh-keygen")?;
    let path = dir.join("key");
    let output = Command::new(program)
        .args([
            "-q",
            "-t",
            "ed25519",
            "-N",
            "",
            "-C",
            "ada@example.org",
            "-f",
        ])
        .arg(&path)
        .output()
        .unwrap();
    assert!(output.status.success());
    Some(path)
}

/// A home of gpg; its agent ends with it.
pub(crate) struct GpgHome {
    program: PathBuf,
    home: tempfile::TempDir,
}

impl GpgHome {
    #[track_caller]
    fn run(&self, args: &[&str]) -> String {
        let output = Command::new(&self.program)
            .args(["--batch", "--quiet", "--no-tty", "--homedir"])
            .arg(self.home.path())
            .args(args)
            .output()
            .unwrap();
        let err = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "gpg {args:?}: {err}");
        String::from_utf8(output.stdout).unwrap()
    }
}

impl GpgHome {
    /// Ends the agent.
    fn end(&self) {
        let _ = Command::new("gpgconf")
            .arg("--homedir")
            .arg(self.home.path())
            .args(["--kill", "all"])
            .status();
    }
}

impl Drop for GpgHome {
    fn drop(&mut self) {
        self.end();
    }
}

/// Writes a program.
pub(crate) fn executable(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt as _;

    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}
