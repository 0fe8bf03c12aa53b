//! The files of a build, for the release on the forge.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use promenade::process::port::forge::{AssetError, AssetFile, Assets};
use promenade::process::{Build, BuildFile};
use promenade_digest::fs;

use crate::CliError;
use crate::progress::Progress;

/// The files that are attached to a release on the forge.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct AssetArgs {
    /// Attach the recorded artifacts to the release on the forge: the directory where they lie, as
    /// `build record` read it
    #[arg(long, value_name = "DIR")]
    assets: Option<PathBuf>,
    /// Only this artifact; may be given several times
    #[arg(long = "asset", value_name = "NAME", requires = "assets")]
    only: Vec<String>,
}

impl AssetArgs {
    /// Hashes the files of the directory, if one was named.
    pub(crate) fn build(&self) -> Result<Option<Build>, CliError> {
        let Some(dir) = &self.assets else {
            return Ok(None);
        };
        let place = dir.display().to_string();
        // A plan may be carried out from elsewhere.
        let dir = std::path::absolute(dir).map_err(CliError::world)?;
        if !dir.is_dir() {
            return Err(CliError::input(format!(
                "cannot read `{place}`: no such directory"
            )));
        }
        let threads = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        let mut progress = Progress::new(&place, None);
        let set = fs::record_build_parallel(&dir, threads, &mut |bytes| progress.at(bytes));
        let set = set.map_err(CliError::input)?;
        let files = set.artifacts().map(|artifact| {
            let (name, id) = (artifact.name.as_str(), &artifact.id);
            let path = dir.join(name).display().to_string();
            let file = BuildFile::new(name, path, id.digest());
            file.of(id.size(), artifact.media_type.as_str())
        });
        Ok(Some(Build::new(place, files).only(self.only.clone())))
    }
}

/// The files of this machine.
pub(crate) struct FilesHere;

impl Assets for FilesHere {
    fn read(&self, asset: &AssetFile) -> Result<Vec<u8>, AssetError> {
        std::fs::read(&asset.path).map_err(|error| {
            let problem = format!("cannot read `{}`: {error}", asset.path);
            AssetError::new(&asset.name, problem)
        })
    }
}
