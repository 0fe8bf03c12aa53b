//! `init`: proposes a process file, and says how much of the history it explains.

use std::cmp::Reverse;
use std::fmt::Write as _;

use promenade::git::{Archive, Repository};
use promenade::process::init::{Facts, Proposal, propose};
use promenade::process::port::past::{CommitTree, Content, Past};
use promenade::tag::{ObjectKind, TagFacts};
use promenade::version::{Scheme, Version};
use promenade_manifest::{FileTree, ManifestKind, ManifestPolicy, VersionFiles};
use serde_json::json;

use crate::context::git_error;
use crate::{CliError, Context, Report};

/// How many names are listed; the rest is counted.
const LISTED: usize = 20;
/// How many of the newest commits are read.
const MESSAGES: usize = 200;

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct InitArgs {
    /// Writes it to `release.toml`, if there is none; without this it is only printed
    #[arg(long)]
    execute: bool,
}

pub(crate) fn run(args: &InitArgs, context: &Context) -> Result<Report, CliError> {
    let repository = context.repository()?;
    let facts = facts(&repository)?;
    let directory = repository.directory();
    let name = directory
        .file_stem()
        .map_or_else(|| "app".into(), |name| name.to_string_lossy());
    let proposal = propose(&name, &facts).map_err(CliError::world)?;
    let mut text = proposal.text().to_owned();
    text.push_str(&account(&proposal, &facts));
    if let Err(why) = repository.require_history() {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "# It may see too little: {why}.");
    }
    let written = args
        .execute
        .then(|| write(&repository, &proposal))
        .transpose()?;
    if let Some(path) = &written {
        let _ = writeln!(text, "# written to {path}");
    }
    let sections = proposal.sections();
    let json = json!({
        "process": proposal.text(),
        "tags": facts.tags.len(),
        "explained": proposal.explained(),
        "versions": { "explained": proposal.versions().0, "of": proposal.versions().1 },
        "unexplained": proposal.unexplained().map(|(tag, _)| tag).collect::<Vec<_>>(),
        "why": proposal.unexplained().collect::<std::collections::BTreeMap<_, _>>(),
        "unexplained_versions": proposal.unexplained_versions().collect::<Vec<_>>(),
        "sections": sections.map(|(with, without)| json!({ "tagged": with, "untagged": without })),
        "written": written,
    });
    Ok(Report::new("promenade.init/1", json, text))
}

/// Looks at what the repository shows.
fn facts(repository: &Repository) -> Result<Facts, CliError> {
    let archive = Archive::new(repository);
    let sight = archive.sight().map_err(CliError::world)?;
    let head = repository.head().map_err(git_error)?;
    let tags = &sight.tags;
    let list = |path: &str| match archive.look(head.as_str(), path) {
        Ok(Content::Folder(entries)) => entries.into_iter().map(|entry| entry.name).collect(),
        _ => Vec::new(),
    };
    let root: Vec<String> = list("");
    let changelog = ["CHANGELOG.md", "Changelog.md", "CHANGES.md", "changelog.md"];
    let changelog = changelog
        .into_iter()
        .find(|name| root.iter().any(|found| found == name));
    let changelog = changelog.and_then(|name| match archive.look(head.as_str(), name) {
        Ok(Content::File(bytes)) => Some((name.to_owned(), String::from_utf8(bytes).ok()?)),
        _ => None,
    });
    let tree = CommitTree::new(&archive, head.as_str());
    let version_files = version_files(&tree);
    let newest = repository.newest(head.as_str(), MESSAGES);
    let newest = newest.map_err(git_error)?.into_iter();
    let single = newest.filter(|commit| commit.parents.len() < 2);
    Ok(Facts {
        messages: single.map(|commit| commit.message).collect(),
        tagged: tagged(repository, tags),
        annotated: tags
            .iter()
            .filter(|tag| tag.object == ObjectKind::Tag)
            .count(),
        signed: tags.iter().filter(|tag| tag.signature.is_some()).count(),
        tags: tags
            .iter()
            .filter_map(|tag| String::from_utf8(tag.name.clone()).ok())
            .collect(),
        main: repository.branch().map_err(git_error)?,
        branches: archive.branches(),
        changelog,
        edited: edited(&version_files, &tree),
        version_files,
        workflows: list(".github/workflows")
            .into_iter()
            .chain(list(".ci"))
            .collect(),
    })
}

/// The files that name versions. What `lerna.json` says is worth reading the packages for; a manifest that
/// cannot be read is named all the same.
fn version_files(tree: &CommitTree<'_>) -> VersionFiles {
    let is_there = |path: &str| matches!(tree.read(path), Ok(Some(_)));
    if is_there("lerna.json")
        && let Ok(found) = VersionFiles::found_in(tree)
    {
        return found;
    }
    let manifests = [
        (ManifestKind::Cargo, "Cargo.toml"),
        (ManifestKind::Npm, "package.json"),
    ];
    let there = manifests.into_iter().filter(|(_, path)| is_there(path));
    let policies = there.filter_map(|(kind, path)| ManifestPolicy::new(kind, path).ok());
    VersionFiles::new(policies.collect(), Vec::new()).unwrap_or_default()
}

/// The files that the next version edits; none if that cannot be told.
fn edited(files: &VersionFiles, tree: &CommitTree<'_>) -> Vec<String> {
    let scheme = Scheme::semver();
    let named = files.named(tree, &scheme).unwrap_or_default();
    let newest = named.iter().filter_map(|one| one.version.as_ref()).max();
    let next = newest.map(|newest| Version::new(newest.major.saturating_add(1), 0, 0));
    let edit = next.and_then(|next| files.plan_version_edit(tree, &scheme, None, &next).ok());
    edit.map_or_else(Vec::new, |edit| {
        let paths = edit.files().iter().map(|file| file.path().to_owned());
        paths.collect()
    })
}

/// The tags of commits with what their commits say, the newest commit first.
fn tagged(repository: &Repository, tags: &[TagFacts]) -> Vec<(String, String)> {
    let commits = tags.iter().filter_map(|tag| {
        let name = String::from_utf8(tag.name.clone()).ok()?;
        // What is no commit has no message.
        let commit = repository.commit_at(&tag.peeled).ok()?;
        Some((name, commit))
    });
    let mut commits: Vec<_> = commits.collect();
    commits.sort_by_key(|(_, commit)| Reverse(commit.committer.time()));
    let subjects = commits.into_iter();
    subjects
        .map(|(name, commit)| (name, commit.subject().to_owned()))
        .collect()
}

/// What the proposal explains, as comments below it.
fn account(proposal: &Proposal, facts: &Facts) -> String {
    let mut text = format!(
        "\n# It explains {} of {} tags, {} of {} that hold a version.\n",
        proposal.explained(),
        facts.tags.len(),
        proposal.versions().0,
        proposal.versions().1
    );
    let unexplained = proposal.unexplained();
    let count = unexplained.len();
    for (tag, why) in unexplained.take(LISTED) {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "#   not `{}`: {why}", tag.escape_debug());
    }
    if let Some(more) = count.checked_sub(LISTED).filter(|more| *more > 0) {
        let _ = writeln!(text, "#   and {more} more");
    }
    if let Some((with, without)) = proposal.sections() {
        let _ = writeln!(
            text,
            "# It finds tags for {with} sections of the changelog, and none for {}.",
            without.len()
        );
    }
    text
}

fn write(repository: &Repository, proposal: &Proposal) -> Result<String, CliError> {
    let path = repository
        .work_tree()
        .map_err(git_error)?
        .join("release.toml");
    let made = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&path);
    let shown = path.display().to_string();
    let mut file = made.map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => CliError::conflict(format!(
            "`{shown}` is there already and stays; without `--execute` the proposal is only printed"
        )),
        _ => CliError::world(format!("cannot write `{shown}`: {error}")),
    })?;
    std::io::Write::write_all(&mut file, proposal.text().as_bytes())
        .map_err(|error| CliError::world(format!("cannot write `{shown}`: {error}")))?;
    Ok(shown)
}
