//! Plans that were begun: kept beside the repository until they are done, so that any of them can be
//! taken up again after a crash.

use std::path::{Path, PathBuf};

use promenade::digest::Digest;
use promenade::process::{Plan, StoredPlan};

use crate::CliError;

/// The plans of a repository that were begun.
pub(crate) struct Shelf {
    dir: PathBuf,
}

impl Shelf {
    /// The shelf in a git directory.
    pub(crate) fn new(git_dir: &Path) -> Self {
        Self {
            dir: git_dir.join("promenade").join("begun"),
        }
    }

    /// Keeps a plan, and gives the file.
    pub(crate) fn keep(&self, plan: &Plan) -> Result<PathBuf, CliError> {
        let text = StoredPlan::of(plan.clone()).to_text();
        let name: String = Digest::sha256(text.as_bytes())
            .encoded()
            .chars()
            .take(16)
            .collect();
        let path = self.dir.join(format!("{name}.json"));
        std::fs::create_dir_all(&self.dir)
            .and_then(|()| write(&path, &text))
            .map_err(|error| {
                CliError::world(format!(
                    "cannot keep the plan in `{}`: {error}",
                    path.display()
                ))
            })?;
        Ok(path)
    }

    /// Forgets a plan that is done, or of which nothing is left.
    pub(crate) fn forget(&self, path: &Path) {
        // A file that stays is a plan that is applied again, and found done.
        let _ = std::fs::remove_file(path);
    }

    /// Gives the one plan that was begun.
    pub(crate) fn only(&self) -> Result<PathBuf, CliError> {
        let entries = std::fs::read_dir(&self.dir).into_iter().flatten().flatten();
        let mut begun: Vec<_> = entries
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|it| it == "json"))
            .collect();
        begun.sort();
        match begun.as_slice() {
            [one] => Ok(one.clone()),
            [] => Err(CliError::input(
                "no plan was begun here; name the file of one",
            )),
            several => {
                let names: Vec<_> = several
                    .iter()
                    .map(|path| path.display().to_string())
                    .collect();
                Err(CliError::input(format!(
                    "{} plans were begun here; name one of {}",
                    several.len(),
                    names.join(", ")
                )))
            }
        }
    }
}

/// Writes a file that is there as a whole or not at all.
pub(crate) fn write(path: &Path, text: &str) -> std::io::Result<()> {
    let fresh = path.with_extension("json.new");
    std::fs::write(&fresh, text)?;
    std::fs::File::open(&fresh)?.sync_all()?;
    std::fs::rename(&fresh, path)
}
