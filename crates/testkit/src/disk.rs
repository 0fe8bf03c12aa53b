//! What a disk may hold after a loss of power, given the changes that were made and synced.
//!
//! A store writes through a port; a test keeps the changes as a list of [`Op`] and asks for every
//! state that could be found afterwards: stopped at each boundary, with what was not synced kept, lost,
//! torn, or partly kept in any order. Names that were not synced may be lost one by one.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Returns a folder in memory, where this system has one, for tests that write a great deal and to which
/// it does not matter what a real disk would take; else the folder for temporary files.
#[must_use]
pub fn in_memory() -> PathBuf {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() {
        memory.to_path_buf()
    } else {
        std::env::temp_dir()
    }
}

/// A change of the file system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Op {
    /// Makes a directory.
    MakeDir(PathBuf),
    /// Makes a file of these bytes, or replaces them.
    Write(PathBuf, Vec<u8>),
    /// Makes the bytes of a file durable.
    SyncFile(PathBuf),
    /// Gives a file a second name.
    Link(PathBuf, PathBuf),
    /// Gives a file another name, which may be taken.
    Rename(PathBuf, PathBuf),
    /// Takes a name away.
    Remove(PathBuf),
    /// Makes the names in a directory durable.
    SyncDir(PathBuf),
}

/// A state that a disk may be found in.
#[derive(Clone, Debug)]
pub struct CrashState {
    /// After how many changes the power was lost.
    pub at: usize,
    /// What was done to what had not been synced.
    pub fate: &'static str,
    steps: Vec<Step>,
}

#[derive(Clone, Debug)]
enum Step {
    Dir(PathBuf),
    Put(PathBuf, Vec<u8>),
    Del(PathBuf),
}

/// What becomes of what was not synced.
#[derive(Clone, Copy, Debug)]
enum Fate {
    Kept,
    Lost,
    Torn,
    /// Decided one by one, by this seed.
    Mixed(u64),
}

struct Name {
    step: NameStep,
    durable: bool,
}

enum NameStep {
    Dir(PathBuf),
    Put(PathBuf, usize),
    Del(PathBuf),
}

#[derive(Clone)]
struct Inode {
    bytes: Vec<u8>,
    durable: bool,
}

/// Returns the states for each number of changes made, from none to all.
#[must_use]
pub fn crash_states(log: &[Op]) -> Vec<CrashState> {
    let fates: [(&str, Fate, Fate); 8] = [
        ("all kept", Fate::Kept, Fate::Kept),
        ("data lost", Fate::Lost, Fate::Kept),
        ("data torn", Fate::Torn, Fate::Kept),
        ("names lost", Fate::Kept, Fate::Lost),
        ("data and names lost", Fate::Lost, Fate::Lost),
        ("reordered, first way", Fate::Mixed(1), Fate::Mixed(11)),
        ("reordered, second way", Fate::Mixed(2), Fate::Mixed(12)),
        ("reordered, third way", Fate::Mixed(3), Fate::Mixed(13)),
    ];
    let mut states = Vec::new();
    for at in 0..=log.len() {
        let (inodes, names) = replay(log.get(..at).unwrap_or_default());
        for (fate, data, name) in fates {
            let steps = settle(&inodes, &names, data, name, at as u64);
            states.push(CrashState { at, fate, steps });
        }
    }
    states
}

fn replay(log: &[Op]) -> (Vec<Inode>, Vec<Name>) {
    let mut inodes: Vec<Inode> = Vec::new();
    let mut names: Vec<Name> = Vec::new();
    let mut live: BTreeMap<&Path, usize> = BTreeMap::new();
    let push = |names: &mut Vec<Name>, step| {
        names.push(Name {
            step,
            durable: false,
        })
    };
    for op in log {
        match op {
            Op::MakeDir(path) => push(&mut names, NameStep::Dir(path.clone())),
            Op::Write(path, bytes) => {
                let inode = inodes.len();
                inodes.push(Inode {
                    bytes: bytes.clone(),
                    durable: false,
                });
                live.insert(path, inode);
                push(&mut names, NameStep::Put(path.clone(), inode));
            }
            Op::SyncFile(path) => {
                let inode = live.get(path.as_path()).and_then(|at| inodes.get_mut(*at));
                if let Some(inode) = inode {
                    inode.durable = true;
                }
            }
            Op::Link(from, to) | Op::Rename(from, to) => {
                if let Some(inode) = live.get(from.as_path()).copied() {
                    live.insert(to, inode);
                    push(&mut names, NameStep::Put(to.clone(), inode));
                }
                if matches!(op, Op::Rename(..)) {
                    live.remove(from.as_path());
                    push(&mut names, NameStep::Del(from.clone()));
                }
            }
            Op::Remove(path) => {
                live.remove(path.as_path());
                push(&mut names, NameStep::Del(path.clone()));
            }
            Op::SyncDir(dir) => {
                for name in &mut names {
                    name.durable |= name.step.path().parent() == Some(dir);
                }
            }
        }
    }
    (inodes, names)
}

impl NameStep {
    fn path(&self) -> &Path {
        match self {
            Self::Dir(path) | Self::Put(path, _) | Self::Del(path) => path,
        }
    }
}

fn settle(inodes: &[Inode], names: &[Name], data: Fate, name: Fate, at: u64) -> Vec<Step> {
    let content = |inode: usize| {
        let Some(Inode { bytes, durable }) = inodes.get(inode).cloned() else {
            return Vec::new();
        };
        let half = bytes.get(..bytes.len() / 2).unwrap_or_default().to_vec();
        match data {
            _ if durable => bytes,
            Fate::Kept => bytes,
            Fate::Lost => Vec::new(),
            Fate::Torn => half,
            Fate::Mixed(seed) => match toss(seed, at, inode as u64) % 3 {
                0 => bytes,
                1 => half,
                _ => Vec::new(),
            },
        }
    };
    let mut steps = Vec::new();
    for (number, one) in names.iter().enumerate() {
        let keep = one.durable
            || match name {
                Fate::Kept | Fate::Torn => true,
                Fate::Lost => false,
                Fate::Mixed(seed) => toss(seed, at, number as u64).is_multiple_of(2),
            };
        if keep {
            steps.push(match &one.step {
                NameStep::Dir(path) => Step::Dir(path.clone()),
                NameStep::Put(path, inode) => Step::Put(path.clone(), content(*inode)),
                NameStep::Del(path) => Step::Del(path.clone()),
            });
        }
    }
    steps
}

/// A number that looks random and is the same in every run (splitmix64).
fn toss(seed: u64, at: u64, number: u64) -> u64 {
    let mut z = seed
        .wrapping_mul(0x9e37_79b9_7f4a_7c15)
        .wrapping_add(at << 32)
        .wrapping_add(number);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl CrashState {
    /// Makes the state in `into`: what was in `snapshot` before the first change, and of the changes,
    /// which were made below `root`, what is left.
    ///
    /// # Panics
    /// If the disk of the test fails.
    #[expect(
        clippy::expect_used,
        reason = "a failing disk of the test itself must be seen"
    )]
    pub fn build(&self, root: &Path, snapshot: &Path, into: &Path) {
        copy(snapshot, into);
        let here = |path: &Path| into.join(path.strip_prefix(root).unwrap_or(path));
        for step in &self.steps {
            match step {
                Step::Dir(path) => {
                    // Lost with its parent, or there already.
                    let _ = fs::create_dir(here(path));
                }
                Step::Put(path, bytes) => {
                    let path = here(path);
                    if path.parent().is_some_and(Path::is_dir) {
                        let _ = fs::remove_file(&path);
                        fs::write(&path, bytes).expect("the directory is there");
                    }
                }
                Step::Del(path) => {
                    let _ = fs::remove_file(here(path));
                }
            }
        }
    }
}

/// Copies a directory with all that is in it.
///
/// # Panics
/// If the disk of the test fails.
#[expect(
    clippy::expect_used,
    reason = "a failing disk of the test itself must be seen"
)]
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a directory can be made");
    for entry in fs::read_dir(from).expect("the directory can be read") {
        let entry = entry.expect("the directory can be read");
        let to = to.join(entry.file_name());
        if entry.file_type().expect("its type is known").is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).expect("a file can be copied");
        }
    }
}
