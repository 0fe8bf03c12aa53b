//! `build`: everything that a commit was built to, recorded once.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use promenade::promotion::{Artifacts, Command};
use promenade_digest::{
    AnyArtifactId, Artifact, ArtifactKind, ArtifactName, BuildSet, ExpectedArtifacts, MediaType,
    Role, fs,
};
use serde_json::{Value, json};

use super::digest::read_images;
use crate::progress::Progress;
use crate::world::{self, ActArgs, Site};
use crate::{CliError, Context, Exit, Report};

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct BuildArgs {
    #[command(subcommand)]
    command: BuildCommand,
}

#[derive(Clone, Debug, clap::Subcommand)]
enum BuildCommand {
    /// Records the artifacts of a commit: every file of a directory, and images
    Record(RecordArgs),
}

#[derive(Clone, Debug, clap::Args)]
struct RecordArgs {
    /// The directory whose files are the artifacts
    dir: PathBuf,
    /// The commit that was built
    #[arg(long, value_name = "REV", default_value = "HEAD")]
    commit: String,
    /// The version that the build carries, if it carries one
    #[arg(long)]
    version: Option<String>,
    /// An image that belongs to the build: an OCI layout, an OCI archive or a docker archive
    #[arg(long, value_name = "NAME=PATH", value_parser = image)]
    image: Vec<(ArtifactName, PathBuf)>,
    /// A name that must be there; with `{target}` one for each target, `{version}` is the version.
    /// With it, no other names may be there
    #[arg(long, value_name = "NAME")]
    expect: Vec<String>,
    /// A target of the names that are expected
    #[arg(long, value_name = "TARGET", requires = "expect")]
    target: Vec<String>,
    /// Allow names that are not expected
    #[arg(long, requires = "expect")]
    allow_extra: bool,
    /// Demand what must be among the artifacts
    #[arg(long, value_enum, value_name = "ROLE")]
    require: Vec<RoleArg>,
    #[command(flatten)]
    act: ActArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum RoleArg {
    /// A bill of materials
    Sbom,
    /// A statement about the artifacts
    Attestation,
    /// A detached signature
    Signature,
    /// A checksum file
    Checksums,
}

impl From<RoleArg> for Role {
    fn from(role: RoleArg) -> Self {
        match role {
            RoleArg::Sbom => Self::Sbom,
            RoleArg::Attestation => Self::Attestation,
            RoleArg::Signature => Self::Signature,
            RoleArg::Checksums => Self::Checksums,
        }
    }
}

fn image(text: &str) -> Result<(ArtifactName, PathBuf), String> {
    let (name, path) = text
        .split_once('=')
        .ok_or_else(|| "expected `NAME=PATH`".to_owned())?;
    let name = name.parse().map_err(|error| format!("{error}"))?;
    Ok((name, PathBuf::from(path)))
}

pub(crate) fn run(args: &BuildArgs, context: &Context) -> Result<Report, CliError> {
    let BuildCommand::Record(args) = &args.command;
    let site = Site::open(context)?;
    let commit = site.find(&args.commit)?;
    let version = args.version.as_deref().map(|text| site.version(text));
    let version = version.transpose()?;
    let text = version.as_ref().map(|version| site.text(version));
    let set = build_set(args)?;
    if let Err(error) = set.verify(&expected(args, text.as_deref(), &set)?) {
        let json =
            json!({ "commit": commit.as_str(), "build": object(&set), "error": error.to_string() });
        let text = format!("{}{error}\n", shown(&set));
        return Ok(Report::new("promenade.build-record/1", json, text).exit(Exit::Held));
    }
    let artifacts = set
        .artifacts()
        .map(|artifact| (artifact.name.as_str(), artifact.id.digest()));
    let artifacts = Artifacts::new(artifacts)
        .map_err(|error| CliError::input(format!("`{}`: {error}", args.dir.display())))?;
    let title = format!("record the build of {commit}");
    let identity = artifacts.identity();
    let command = Command::RecordBuild {
        artifacts,
        commit: commit.clone(),
        version,
    };
    let mut report = world::run(&args.act, context, &site, |planner, _| {
        planner.commands(&title, [command])
    })?;
    report.text.splice(..0, shown(&set).into_bytes());
    if let Some(fields) = report.json.as_object_mut() {
        fields.insert("commit".to_owned(), commit.as_str().into());
        fields.insert("version".to_owned(), text.into());
        fields.insert("artifacts".to_owned(), identity.to_string().into());
        fields.insert("build".to_owned(), object(&set));
    }
    Ok(report)
}

/// Hashes the files of the directory and the images.
fn build_set(args: &RecordArgs) -> Result<BuildSet, CliError> {
    let dir = &args.dir;
    if !dir.is_dir() {
        let message = format!("cannot read `{}`: no such directory", dir.display());
        return Err(CliError::input(message));
    }
    let threads = std::thread::available_parallelism().unwrap_or(std::num::NonZeroUsize::MIN);
    let mut progress = Progress::new(&dir.display().to_string(), None);
    let files = fs::record_build_parallel(dir, threads, &mut |bytes| progress.at(bytes));
    let files = files.map_err(CliError::input)?;
    let mut artifacts: Vec<_> = files.artifacts().cloned().collect();
    for (name, path) in &args.image {
        let id = image_id(path)?;
        let mut artifact = Artifact::new(name.clone(), id);
        if let Some(media_type) = media_type(id.kind()) {
            artifact.media_type = MediaType::new(media_type).map_err(CliError::world)?;
        }
        artifacts.push(artifact);
    }
    BuildSet::new(artifacts).map_err(CliError::input)
}

/// Returns what an image is in a registry: its index or manifest. A docker archive has neither, so
/// its only identity is that of the configuration.
fn image_id(path: &Path) -> Result<AnyArtifactId, CliError> {
    let images = read_images(path)?;
    let failed =
        |error: &dyn std::fmt::Display| CliError::input(format!("`{}`: {error}", path.display()));
    match images.roots() {
        [root] => Ok(*root),
        [] => {
            let image = images.single().map_err(|error| failed(&error))?;
            Ok(image.config().into())
        }
        roots => Err(failed(&format!(
            "{} images in it; expected one",
            roots.len()
        ))),
    }
}

/// Returns how the bytes of an image's identity are to be read.
fn media_type(kind: ArtifactKind) -> Option<&'static str> {
    match kind {
        ArtifactKind::OciManifest => Some("application/vnd.oci.image.manifest.v1+json"),
        ArtifactKind::OciIndex => Some("application/vnd.oci.image.index.v1+json"),
        ArtifactKind::ImageConfig => Some("application/vnd.oci.image.config.v1+json"),
        _ => None,
    }
}

/// Returns what the set must consist of; without any names, of what there is.
fn expected(
    args: &RecordArgs,
    version: Option<&str>,
    set: &BuildSet,
) -> Result<ExpectedArtifacts, CliError> {
    let mut expected = if args.expect.is_empty() {
        ExpectedArtifacts::new(set.artifacts().map(|artifact| artifact.name.clone()))
    } else {
        ExpectedArtifacts::new(args.image.iter().map(|(name, _)| name.clone()))
    };
    for name in &args.expect {
        if name.contains("{version}") && version.is_none() {
            let message = format!("`{name}` names the version; say which with `--version`");
            return Err(CliError::input(message));
        }
        let targets: &[String] = match (name.contains("{target}"), args.target.as_slice()) {
            (false, _) => &[String::new()],
            (true, []) => {
                let message = format!("`{name}` names the target; say which with `--target`");
                return Err(CliError::input(message));
            }
            (true, targets) => targets,
        };
        let names = ExpectedArtifacts::per_target(name, version.unwrap_or_default(), targets);
        expected = expected.and(names.map_err(CliError::input)?);
    }
    if args.allow_extra {
        expected = expected.allow_extra();
    }
    let roles: BTreeSet<Role> = args.require.iter().map(|role| (*role).into()).collect();
    Ok(roles
        .into_iter()
        .fold(expected, ExpectedArtifacts::with_role))
}

/// The set for people: a line for each artifact.
fn shown(set: &BuildSet) -> String {
    let mut text = String::new();
    for artifact in set.artifacts() {
        let (id, name) = (&artifact.id, &artifact.name);
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "{} {:>10}  {name} ({})",
            id.digest(),
            id.size(),
            id.kind()
        );
    }
    text
}

/// The set for programs.
fn object(set: &BuildSet) -> Value {
    let artifacts = set.artifacts().map(|artifact| {
        json!({
            "name": artifact.name.as_str(),
            "kind": artifact.id.kind().name(),
            "digest": artifact.id.digest().to_string(),
            "size": artifact.id.size(),
            "media_type": artifact.media_type.as_str(),
        })
    });
    let artifacts: Vec<_> = artifacts.collect();
    json!({ "digest": set.digest().to_string(), "artifacts": artifacts })
}
