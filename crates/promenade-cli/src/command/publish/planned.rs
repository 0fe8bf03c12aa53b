//! What a plan is going to tag: the files of a commit that nobody has made yet.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use promenade::git::Repository;
use promenade::process::{Step, StoredPlan};
use promenade::promotion::CommitId;
use tempfile::TempDir;

use crate::context::git_error;
use crate::world::PLAN;
use crate::{CliError, Context};

/// Its files, as long as this value lives.
pub(super) struct PlannedTree {
    /// The tag, or the commit.
    pub(super) name: String,
    work_tree: PathBuf,
    dir: TempDir,
}

impl PlannedTree {
    /// Returns where a directory of the work tree lies among them.
    pub(super) fn directory(&self, of: &Path) -> Result<PathBuf, CliError> {
        let real = |path: &Path| path.canonicalize().map_err(CliError::world);
        let (of, top) = (real(of)?, real(&self.work_tree)?);
        let inner = of.strip_prefix(top).map_err(CliError::input)?;
        Ok(self.dir.path().join(inner))
    }
}

/// A commit that is there, and what the commits of the plan change on top of it.
struct Tagged<'a> {
    name: String,
    base: &'a CommitId,
    files: BTreeMap<&'a str, Option<&'a [u8]>>,
}

/// Writes out what a plan is going to tag, if a plan is named or a hook runs for one. The files lie in the
/// directory where cargo builds: its configuration is found there as it is here.
pub(super) fn export(
    named: Option<&Path>,
    context: &Context,
    target: &Path,
) -> Result<Option<PlannedTree>, CliError> {
    let told = || std::env::var_os(PLAN).filter(|path| !path.is_empty());
    let Some(path) = named
        .map(Path::to_path_buf)
        .or_else(|| told().map(PathBuf::from))
    else {
        return Ok(None);
    };
    let text = String::from_utf8(context.read(&path)?).map_err(CliError::input)?;
    let stored = StoredPlan::parse(&text).map_err(CliError::input)?;
    let Some(tagged) = tagged(stored.steps(), &path)? else {
        return Ok(None);
    };
    let repository = context.repository()?;
    let tree = PlannedTree {
        name: tagged.name.clone(),
        work_tree: repository.work_tree().map_err(git_error)?,
        dir: directory(target)?,
    };
    write(&repository, &tagged, tree.dir.path())?;
    Ok(Some(tree))
}

fn tagged<'a>(steps: &'a [Step], plan: &Path) -> Result<Option<Tagged<'a>>, CliError> {
    let tag = steps.iter().find_map(|step| match step {
        Step::Tag { request, .. } => Some((request.name.clone(), &request.target)),
        _ => None,
    });
    let commit = || {
        steps.iter().find_map(|step| match step {
            Step::Commit { id, .. } => Some((format!("commit {id}"), id)),
            _ => None,
        })
    };
    let Some((name, mut base)) = tag.or_else(commit) else {
        return Ok(None);
    };
    let mut files = BTreeMap::new();
    // From the newest commit down: what a later one says of a file holds.
    let planned = |id: &CommitId| {
        steps.iter().find_map(|step| match step {
            Step::Commit {
                id: own, request, ..
            } if own == id => Some(request),
            _ => None,
        })
    };
    while let Some(request) = planned(base) {
        if request.source.is_some() {
            let (plan, branch) = (plan.display(), &request.branch);
            return Err(CliError::input(format!(
                "the plan makes a merge or a pick on `{branch}`, which `publish --verify` cannot look at before \
                 it is made; make it with `apply {plan} --until commit --execute`, check out `{branch}` and \
                 run `publish --verify` there; `undo {plan} --execute` takes it back"
            )));
        }
        for (path, after) in &request.files {
            files.entry(path.as_str()).or_insert(after.as_deref());
        }
        base = &request.parent;
    }
    Ok(Some(Tagged { name, base, files }))
}

fn directory(target: &Path) -> Result<TempDir, CliError> {
    let made = std::fs::create_dir_all(target).and_then(|()| {
        tempfile::Builder::new()
            .prefix("promenade-verify-")
            .tempdir_in(target)
    });
    made.map_err(|error| {
        CliError::world(format!("cannot write in `{}`: {error}", target.display()))
    })
}

fn write(repository: &Repository, tagged: &Tagged<'_>, dir: &Path) -> Result<(), CliError> {
    repository
        .export(tagged.base.as_str(), dir)
        .map_err(git_error)?;
    for (name, after) in &tagged.files {
        let inner = Path::new(name);
        if !inner
            .components()
            .all(|part| matches!(part, Component::Normal(_)))
        {
            return Err(CliError::input(format!("the plan writes to `{name}`")));
        }
        let path = dir.join(inner);
        let failed = |error: std::io::Error| {
            CliError::world(format!("cannot write `{}`: {error}", path.display()))
        };
        match after {
            Some(bytes) => {
                if let Some(folder) = path.parent() {
                    std::fs::create_dir_all(folder).map_err(failed)?;
                }
                std::fs::write(&path, bytes).map_err(failed)?;
            }
            None => std::fs::remove_file(&path).map_err(failed)?,
        }
    }
    Ok(())
}
