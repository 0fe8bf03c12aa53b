//! `demo`: a whole life cycle in a throw-away repository.

mod content;
mod scene;
mod story;

use serde_json::json;

use crate::world::interrupt;
use crate::{CliError, Context, Report};
use scene::Scene;

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct DemoArgs {
    /// The process whose story is told
    #[arg(default_value = "rustshare", value_parser = ["rustshare"])]
    preset: String,
    /// Keeps the repository
    #[arg(long)]
    keep: bool,
}

pub(crate) fn run(args: &DemoArgs, context: &Context) -> Result<Report, CliError> {
    let answering = interrupt::answer();
    let dir = tempfile::Builder::new()
        .prefix("promenade-demo-")
        .tempdir()
        .map_err(|error| CliError::world(format!("cannot make a directory: {error}")))?;
    let mut scene = Scene::set(dir.path(), &args.preset, context.at(), answering)?;
    story::tell(&mut scene)?;
    let (text, json) = scene.end()?;
    let path = dir.path().to_path_buf();
    let last = if args.keep {
        let kept = dir.keep();
        format!("the repository is kept in {}\n", kept.display())
    } else {
        "the repository was thrown away; `--keep` keeps it\n".to_owned()
    };
    let json = json!({
        "preset": args.preset,
        "repository": args.keep.then(|| path.display().to_string()),
        "end": json,
    });
    Ok(Report::new("promenade.demo/1", json, text + &last))
}
