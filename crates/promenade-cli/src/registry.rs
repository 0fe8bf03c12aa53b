//! The registry that a command works with, and the credentials for it.

use std::path::PathBuf;
use std::time::Duration;

use promenade::process::Process;
use promenade::registry::{DockerConfig, HttpRegistry};
use promenade::tag::ImageRepository;

use crate::CliError;

/// How long one request may take, and a program that knows the credentials.
const LIMIT: Duration = Duration::from_secs(30);

/// Opens the registry that was named, else that of the process.
pub(crate) fn open(named: Option<&str>, process: &Process) -> Result<HttpRegistry, CliError> {
    let of_process = process.registry().map(|rules| rules.repository.as_str());
    let place = named.or(of_process).ok_or_else(|| {
        CliError::input("the process names no registry; name one with `--registry HOST/NAME`")
    })?;
    let (host, name) = place
        .split_once('/')
        .ok_or_else(|| CliError::input(format!("`{place}` is not of the form `HOST/NAME`")))?;
    let repository: ImageRepository = name.parse().map_err(CliError::input)?;
    let config = docker_config().map_or_else(
        || Ok(DockerConfig::default()),
        |path| DockerConfig::read(&path),
    );
    let credentials = config
        .and_then(|config| config.credentials_within(host, LIMIT))
        .map_err(CliError::world)?;
    HttpRegistry::new(host, &repository, credentials, LIMIT).map_err(CliError::input)
}

/// Where docker keeps its credentials.
fn docker_config() -> Option<PathBuf> {
    let named = std::env::var_os("DOCKER_CONFIG").map(PathBuf::from);
    let home = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".docker"));
    Some(named.or(home)?.join("config.json"))
}
