//! The command line under `strace`: killed or stopped at any of its system calls that change the world.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::command::{git, promenade};

/// The calls that change files, start programs or wait for them.
const CALLS: &str = "openat,write,rename,renameat,renameat2,link,linkat,unlink,unlinkat,mkdir,mkdirat,\
     rmdir,fsync,fdatasync,symlink,symlinkat,chmod,fchmod,ftruncate,clone,clone3,vfork,wait4,waitid";

/// One call of one run: its name, and the how manyeth of that name it is.
#[derive(Clone, Debug)]
pub(crate) struct Point {
    pub(crate) call: String,
    pub(crate) nth: usize,
}

pub(crate) struct Strace {
    program: PathBuf,
}

impl Strace {
    pub(crate) fn find() -> Option<Self> {
        testkit::program("strace").map(|program| Self { program })
    }

    fn command(&self, repo: &Path, how: &[&str], args: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .current_dir(repo)
            .args(["-qq", "-o", "../strace.log"])
            .args(how)
            .arg(env!("CARGO_BIN_EXE_promenade-under-test"))
            .args(args)
            .env("LC_ALL", "C")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    }

    /// Runs to the end, and gives every call that changed something.
    #[track_caller]
    pub(crate) fn points(&self, repo: &Path, args: &[&str]) -> Vec<Point> {
        let trace = format!("trace={CALLS}");
        let status = self.command(repo, &["-e", &trace], args).status().unwrap();
        assert_eq!(status.code(), Some(0), "{args:?}");
        let log = std::fs::read_to_string(repo.join("../strace.log")).unwrap();
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        let mut points = Vec::new();
        for line in log.lines() {
            let Some((call, rest)) = line.split_once('(') else {
                continue;
            };
            let nth = seen.entry(call.to_owned()).or_default();
            *nth += 1;
            let reads = call == "openat" && !rest.contains("O_CREAT") && !rest.contains("O_TRUNC");
            let prints = call == "write" && (rest.starts_with("1,") || rest.starts_with("2,"));
            if !reads && !prints && call.chars().all(|c| c.is_ascii_alphanumeric()) {
                points.push(Point {
                    call: call.to_owned(),
                    nth: *nth,
                });
            }
        }
        points
    }

    /// Starts a run that is sent a signal as it enters a call.
    pub(crate) fn spawn(&self, repo: &Path, point: &Point, signal: &str, args: &[&str]) -> Child {
        let trace = format!("trace={}", point.call);
        let inject = format!("inject={}:signal={signal}:when={}", point.call, point.nth);
        let how = ["-e", trace.as_str(), "-e", inject.as_str()];
        self.command(repo, &how, args).spawn().unwrap()
    }
}

/// Waits until a run that was started with `SIGSTOP` stands still; false if it ended before.
pub(crate) fn stands_still(repo: &Path, child: &mut Child) -> bool {
    let log = repo.join("../strace.log");
    loop {
        let text = std::fs::read_to_string(&log).unwrap_or_default();
        if text.contains("stopped by SIGSTOP") {
            return true;
        }
        if child.try_wait().unwrap().is_some() {
            return false;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// The programs that another one has started.
fn children(parent: &Child) -> Vec<String> {
    let id = parent.id();
    let children = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap();
    children.split_whitespace().map(str::to_owned).collect()
}

/// Lets the program under `strace` go on.
pub(crate) fn go_on(strace: &Child) {
    for child in children(strace) {
        crate::command::signal("CONT", &child);
    }
}

/// The files that a program has locked, by number.
fn locks(id: &str) -> Vec<u64> {
    let files = std::fs::read_dir(format!("/proc/{id}/fdinfo")).unwrap();
    let texts = files.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap());
    let texts: Vec<_> = texts.collect();
    let lines = texts.iter().flat_map(|text| text.lines());
    // Lines as `lock: 1: FLOCK ADVISORY WRITE 4711 fe:00:1234 0 EOF`.
    let locks = lines.filter(|line| line.starts_with("lock:"));
    let file = |line: &str| {
        line.split_whitespace()
            .nth(6)?
            .rsplit(':')
            .next()?
            .parse()
            .ok()
    };
    locks.filter_map(file).collect()
}

/// Waits until a program ends, or comes to a file that the one that stands still under `strace` has locked:
/// it goes no further before that one does.
pub(crate) fn ends_or_waits_for(strace: &Child, other: &mut Child) {
    let locked: Vec<u64> = children(strace).iter().flat_map(|id| locks(id)).collect();
    let files = PathBuf::from(format!("/proc/{}/fd", other.id()));
    while other.try_wait().unwrap().is_none() {
        let open = std::fs::read_dir(&files).into_iter().flatten().flatten();
        let mut open = open.filter_map(|file| std::fs::metadata(file.path()).ok());
        if open.any(|file| locked.contains(&file.ino())) {
            return;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Waits until no program works below a folder any more: a push goes on when who started it is dead.
pub(crate) fn settle(folder: &Path) {
    let folder = folder.canonicalize().unwrap();
    loop {
        let all = std::fs::read_dir("/proc").unwrap().flatten();
        let busy = all
            .filter_map(|entry| std::fs::read_link(entry.path().join("cwd")).ok())
            .any(|cwd| cwd.starts_with(&folder));
        if !busy {
            return;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Copies a folder with everything in it, and gives the copy, which ends with its owner.
pub(crate) fn copy(folder: &Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    let status = Command::new("cp")
        .arg("-a")
        .arg(folder.join("."))
        .arg(copy.path())
        .status();
    assert!(status.unwrap().success());
    copy
}

/// Gives a repository a remote beside it that moves with the folder of both.
pub(crate) fn publishes(root: &Path, branch: &str) {
    git(root, &["init", "-q", "--bare", "-b", branch, "remote.git"]);
    let repo = root.join("repo");
    git(&repo, &["remote", "add", "origin", "../remote.git"]);
    git(&repo, &["push", "-q", "origin", branch]);
    if !git(&repo, &["for-each-ref", "refs/promenade/ledger"]).is_empty() {
        git(&repo, &["push", "-q", "origin", "refs/promenade/ledger"]);
    }
}

/// Everything that a plan can leave behind: refs here and at the remote, the index, the files.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct World {
    pub(crate) here: String,
    pub(crate) there: String,
    index: String,
    status: String,
    begun: usize,
}

impl World {
    #[track_caller]
    pub(crate) fn look(root: &Path) -> Self {
        let (repo, remote) = (root.join("repo"), root.join("remote.git"));
        let refs = ["for-each-ref", "--format=%(objectname) %(refname)"];
        for place in [&repo, &remote] {
            git(place, &["fsck", "--strict", "--no-dangling"]);
        }
        let begun = std::fs::read_dir(repo.join(".git/promenade/begun"));
        Self {
            here: git(&repo, &refs),
            there: git(&remote, &refs),
            index: git(&repo, &["ls-files", "--stage"]),
            status: git(&repo, &["status", "--porcelain"]),
            begun: begun.map_or(0, Iterator::count),
        }
    }
}

/// The time of a saved plan.
pub(crate) fn planned_at(plan: &Path) -> String {
    let text = std::fs::read_to_string(plan).unwrap();
    let plan: serde_json::Value = serde_json::from_str(&text).unwrap();
    plan["at"].as_str().unwrap().to_owned()
}

/// Runs the command line in a copy of a house.
pub(crate) fn run_in(root: &Path, args: &[&str]) -> crate::command::Run {
    promenade(&root.join("repo"), args)
}
