//! The least that a program on `gix` must do for what `cargo xtask peers` asks: each ref and each commit is read once, and
//! nothing is checked or kept. `limit next` tells the highest version and the commits since, `limit since TAG` prints the
//! subjects of the commits that TAG does not have.
//!
//! Of a history without merges only: what TAG reaches is left out by ending at its commit.

use std::error::Error;
use std::io::Write as _;

use gix::revision::walk::Sorting;
use gix::traverse::commit::simple::CommitTimeOrder;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let repository = gix::open(".")?;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    match arguments[..] {
        ["next"] => {
            let highest = highest(&repository)?.ok_or("no tag is a version")?;
            let mut commits = 0_u32;
            walk(&repository, "v-last", |_| {
                commits += 1;
                Ok(())
            })?;
            writeln!(out, "{highest} and {commits} commits")?;
        }
        ["since", tag] => walk(&repository, tag, |subject| {
            out.write_all(subject)?;
            Ok(out.write_all(b"\n")?)
        })?,
        _ => return Err("limit next, or limit since TAG".into()),
    }
    Ok(out.flush()?)
}

/// The highest version that a packed tag names.
fn highest(repository: &gix::Repository) -> Result<Option<semver::Version>, Box<dyn Error>> {
    let refs = std::fs::read_to_string(repository.git_dir().join("packed-refs"))?;
    let versions = refs
        .lines()
        .filter_map(|line| line.split_once(" refs/tags/v"))
        .filter_map(|(_, version)| semver::Version::parse(version).ok());
    Ok(versions.max())
}

/// Reads each commit since a tag once, and hands on the first line of what it says.
fn walk(
    repository: &gix::Repository,
    since: &str,
    mut each: impl FnMut(&[u8]) -> Result<(), Box<dyn Error>>,
) -> Result<(), Box<dyn Error>> {
    let end = repository.rev_parse_single(since)?.detach();
    let order = Sorting::ByCommitTime(CommitTimeOrder::NewestFirst);
    let walk = repository
        .rev_walk([repository.head_id()?])
        .sorting(order)
        .selected(move |id| *id != *end)?;
    for commit in walk {
        let commit = commit?.object()?;
        each(
            commit
                .message_raw()?
                .split(|byte| *byte == b'\n')
                .next()
                .unwrap_or_default(),
        )?;
    }
    Ok(())
}
