//! `digest`: digests of files and trees, and the strict check of a checksum file.

use std::fs::File;
use std::path::{Path, PathBuf};

use promenade_digest::fs::{check_files, tree_id};
use promenade_digest::image::{Image, Images, Limits, read_archive_parallel, read_layout};
use promenade_digest::{
    Algorithm, ArtifactName, ChecksumFile, ChecksumFormat, ChecksumLine, HashError, Hashed, Hasher,
    Pass,
};
use serde_json::json;

use crate::progress::Progress;
use crate::{CliError, Context, Exit, Report};

#[derive(Clone, Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct DigestArgs {
    #[command(subcommand)]
    command: Option<DigestCommand>,
    /// The files to hash; `-` is standard input
    #[arg(required_unless_present = "check", conflicts_with = "check")]
    files: Vec<PathBuf>,
    /// The algorithm
    #[arg(long, value_enum, default_value_t, conflicts_with = "check")]
    algorithm: AlgorithmArg,
    /// Check files in the current directory against a checksum file (GNU, BSD or NUL form)
    #[arg(long, value_name = "SUMS")]
    check: Option<PathBuf>,
    /// A name that the checksum file must list, and the only ones to check; without it, all listed
    #[arg(long, value_name = "NAME", requires = "check")]
    expect: Vec<ArtifactName>,
    /// Allow listed names with `/` in them (never absolute ones or `..`)
    #[arg(long, requires = "check")]
    paths: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, clap::ValueEnum)]
enum AlgorithmArg {
    #[default]
    Sha256,
    Sha512,
}

#[derive(Clone, Debug, clap::Subcommand)]
enum DigestCommand {
    /// The identities of the images in an OCI layout, an OCI archive or a docker archive
    Image {
        /// The directory or the archive
        path: PathBuf,
    },
    /// The digest of a directory: content, executable bits, links, empty directories (NAR)
    Tree {
        /// The directory
        dir: PathBuf,
    },
}

pub(crate) fn run(args: &DigestArgs, context: &Context) -> Result<Report, CliError> {
    match (&args.command, &args.check) {
        (Some(DigestCommand::Image { path }), _) => image(path),
        (Some(DigestCommand::Tree { dir }), _) => tree(dir),
        (None, Some(sums)) => check(sums, args, context),
        (None, None) => files(&args.files, args.algorithm),
    }
}

fn files(files: &[PathBuf], algorithm: AlgorithmArg) -> Result<Report, CliError> {
    let algorithm = match algorithm {
        AlgorithmArg::Sha256 => Algorithm::Sha256,
        AlgorithmArg::Sha512 => Algorithm::Sha512,
    };
    let mut pass = Pass::new(Hasher::new(algorithm));
    let mut text = Vec::new();
    let mut objects = Vec::new();
    for path in files {
        let hashed = file(path, &mut pass)?;
        let digest = hashed.digest();
        let name = path.as_os_str().as_encoded_bytes();
        text.extend(ChecksumLine::new(name, digest).render(ChecksumFormat::Gnu));
        objects.push(json!({
            "name": path.to_string_lossy(), "digest": digest.to_string(), "size": hashed.size(),
        }));
    }
    Ok(Report::new(
        "promenade.digest/1",
        json!({ "files": objects }),
        text,
    ))
}

/// Hashes a file that was named by hand: links are followed, and pipes read, as coreutils does.
fn file(path: &Path, pass: &mut Pass) -> Result<Hashed, CliError> {
    let failed = |error: HashError| CliError::world(format!("`{}`: {error}", path.display()));
    if path == Path::new("-") {
        pass.set_expected_size(None);
        let mut progress = Progress::new("-", None);
        let stdin = std::io::stdin().lock();
        return pass
            .run(stdin, &mut |bytes| progress.at(bytes))
            .map_err(failed);
    }
    let unreadable = |error: std::io::Error| {
        let message = format!("cannot read `{}`: {error}", path.display());
        match error.kind() {
            std::io::ErrorKind::NotFound => CliError::input(message),
            _ => CliError::world(message),
        }
    };
    let file = File::open(path).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    if metadata.is_dir() {
        return Err(CliError::input(format!(
            "`{}` is a directory; `digest tree` hashes it",
            path.display()
        )));
    }
    // Some files of the system say that they are empty and are not.
    let size = Some(metadata.len()).filter(|size| metadata.is_file() && *size > 0);
    pass.set_expected_size(size);
    let mut progress = Progress::new(&path.display().to_string(), size);
    pass.run(file, &mut |bytes| progress.at(bytes))
        .map_err(failed)
}

fn check(sums: &Path, args: &DigestArgs, context: &Context) -> Result<Report, CliError> {
    let bytes = context.read(sums)?;
    let named = |error: &dyn std::fmt::Display| format!("`{}`: {error}", sums.display());
    let file = ChecksumFile::parse(&bytes, ChecksumFormat::detect(&bytes))
        .map_err(|error| CliError::input(named(&error)))?;
    let selected = match (args.expect.as_slice(), args.paths) {
        ([], false) => file.names(),
        ([], true) => file.paths(),
        (expected, _) => file.select_among(expected),
    };
    let selected = match selected {
        Ok(selected) => selected,
        Err(error) => {
            let missing: Vec<_> = error.missing().iter().map(AsRef::<str>::as_ref).collect();
            let json = json!({ "files": [], "missing": missing, "error": error.to_string() });
            let text = format!("{}\n", named(&error));
            return Ok(Report::new("promenade.digest-check/1", json, text).exit(Exit::Held));
        }
    };
    let mut progress = Progress::new("checking", None);
    let checked = check_files(Path::new("."), &selected, &mut |bytes| progress.at(bytes))
        .map_err(CliError::world)?;
    let mut text = String::new();
    let mut objects = Vec::new();
    let mut exit = Exit::Done;
    for file in &checked {
        let error = file.outcome.as_ref().err().map(|error| error.kind());
        match error {
            None => text.push_str(&format!("{}: OK\n", file.name)),
            Some(error) => {
                exit = Exit::Held;
                text.push_str(&format!("{}: FAILED: {error}\n", file.name));
            }
        }
        objects.push(json!({
            "name": file.name.as_str(),
            "expected": selected.get(&file.name).map(ToString::to_string),
            "ok": error.is_none(),
            "error": error.map(ToString::to_string),
        }));
    }
    let json = json!({ "files": objects, "missing": [], "error": null });
    Ok(Report::new("promenade.digest-check/1", json, text).exit(exit))
}

fn tree(dir: &Path) -> Result<Report, CliError> {
    if !dir.exists() {
        let message = format!("cannot read `{}`: no such directory", dir.display());
        return Err(CliError::input(message));
    }
    let mut progress = Progress::new(&dir.display().to_string(), None);
    let id = tree_id(dir, &mut |bytes| progress.at(bytes)).map_err(CliError::world)?;
    let json = json!({
        "path": dir.to_string_lossy(), "digest": id.digest().to_string(), "nar_size": id.size(),
    });
    let text = format!("{}  {}\n", id.digest(), dir.display());
    Ok(Report::new("promenade.digest-tree/1", json, text))
}

/// Reads an OCI layout, an OCI archive or a docker archive.
pub(super) fn read_images(path: &Path) -> Result<Images, CliError> {
    let failed =
        |error: &dyn std::fmt::Display| CliError::input(format!("`{}`: {error}", path.display()));
    let metadata = std::fs::metadata(path).map_err(|error| failed(&error))?;
    let size = Some(metadata.len()).filter(|_| metadata.is_file());
    let mut progress = Progress::new(&path.display().to_string(), size);
    let mut observer = |bytes| progress.at(bytes);
    let images = if metadata.is_dir() {
        read_layout(path, &Limits::default(), &mut observer)
    } else {
        let file = File::open(path).map_err(|error| failed(&error))?;
        read_archive_parallel(file, &Limits::default(), &mut observer)
    };
    images.map_err(|error| failed(&error))
}

fn image(path: &Path) -> Result<Report, CliError> {
    let images = read_images(path)?;
    let json = json!({
        "format": images.format().to_string(),
        "archive": images.archive().map(|id| json!({
            "digest": id.digest().to_string(), "size": id.size(),
        })),
        "roots": images.roots().iter().map(|id| json!({
            "kind": id.kind().name(), "digest": id.digest().to_string(), "size": id.size(),
        })).collect::<Vec<_>>(),
        "images": images.images().iter().map(|image| json!({
            "names": image.names(),
            "platform": image.platform().to_string(),
            "image_id": image.config().digest().to_string(),
            "manifest": image.manifest().map(|id| id.digest().to_string()),
            "diff_ids": image.diff_ids().iter().map(ToString::to_string).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
    });
    Ok(Report::new(
        "promenade.digest-image/1",
        json,
        image_text(&images),
    ))
}

fn image_text(images: &Images) -> String {
    let mut lines = vec![format!("format    {}", images.format())];
    lines.extend(
        images
            .archive()
            .map(|id| format!("archive   {}", id.digest())),
    );
    for root in images.roots() {
        lines.push(format!("root      {} ({})", root.digest(), root.kind()));
    }
    let one = |image: &Image| {
        let manifest = image.manifest();
        let manifest = manifest.map_or("-".to_owned(), |id| id.digest().to_string());
        format!(
            "image     {}{}\n  id        {}\n  manifest  {manifest}",
            image.platform(),
            image
                .names()
                .iter()
                .map(|name| format!(" {name}"))
                .collect::<String>(),
            image.config().digest(),
        )
    };
    lines.extend(images.images().iter().map(one));
    lines.push(String::new());
    lines.join("\n")
}
