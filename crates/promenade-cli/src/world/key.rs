//! The signing key that git is told to use, and who acts by it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use promenade::git::Repository;
use promenade::process::Process;
use promenade::promotion::Actor;
use promenade::signature::{
    GpgSigner, MakeSignature, MakeSignatureError, SignatureKind, SshKey, SshKeygenSigner,
};

use crate::CliError;
use crate::context::git_error;

/// How long a program that signs may take: it must not wait for somebody at a terminal.
const LIMIT: Duration = Duration::from_secs(60);

/// Returns the key that git signs with (`gpg.format`, `user.signingkey`), if one is named.
///
/// A key that is named and cannot be used is a key all the same: the trial signature of a plan says
/// what is wrong with it, before anything is changed.
pub(super) fn signer(repository: &Repository) -> Result<Option<Box<dyn MakeSignature>>, CliError> {
    let config = |key: &str| repository.config(key).map_err(git_error);
    let Some(named) = config("user.signingkey")? else {
        return Ok(None);
    };
    let limit = match config("promenade.signtimeout")? {
        None => LIMIT,
        Some(text) => Duration::from_secs(text.parse().map_err(|_| {
            let found = format!("git's `promenade.signTimeout` is `{text}`");
            CliError::input(format!("{found}; expected a number of seconds"))
        })?),
    };
    let made = match config("gpg.format")?.as_deref() {
        None | Some("openpgp") => {
            let program = config("gpg.openpgp.program")?.or(config("gpg.program")?);
            gpg(program.as_deref().unwrap_or("gpg"), &named, limit)
        }
        Some("ssh") => {
            let program = config("gpg.ssh.program")?;
            let path = repository
                .config_path("user.signingkey")
                .map_err(git_error)?;
            let program = program.as_deref().unwrap_or("ssh-keygen");
            ssh(program, path.as_deref().unwrap_or(&named), limit)
        }
        Some(other) => Err(format!(
            "`gpg.format` is `{other}`; expected `openpgp` or `ssh`"
        )),
    };
    Ok(Some(made.unwrap_or_else(|problem| {
        Box::new(Unusable {
            key: named,
            problem,
        })
    })))
}

fn gpg(program: &str, name: &str, limit: Duration) -> Result<Box<dyn MakeSignature>, String> {
    let signer = GpgSigner::find(Path::new(program), name, limit);
    Ok(Box::new(signer.map_err(|error| error.to_string())?))
}

fn ssh(program: &str, key: &str, limit: Duration) -> Result<Box<dyn MakeSignature>, String> {
    if let Some(public) = literal(key) {
        let signer = SshKeygenSigner::of_agent(Path::new(program), public, limit);
        return Ok(Box::new(signer.map_err(|error| error.to_string())?));
    }
    let read = |path: &Path| {
        std::fs::read_to_string(path).map_err(|error| format!("`{}`: {error}", path.display()))
    };
    let named = PathBuf::from(key);
    let (private, public) = match key.strip_suffix(".pub") {
        Some(private) => (PathBuf::from(private), named.clone()),
        None => (named.clone(), PathBuf::from(format!("{key}.pub"))),
    };
    let loaded = read(&private)
        .and_then(|text| SshKey::from_openssh(&text).map_err(|error| error.to_string()));
    match (loaded, read(&public)) {
        (Ok(key), _) => Ok(Box::new(key)),
        // A key with a passphrase, of another algorithm, in an agent or in hardware.
        (Err(_), Ok(line)) => {
            let signer = SshKeygenSigner::new(Path::new(program), &named, &line, limit);
            Ok(Box::new(signer.map_err(|error| error.to_string())?))
        }
        (Err(problem), Err(_)) => Err(problem),
    }
}

/// A public key that is written out in git's configuration.
fn literal(key: &str) -> Option<&str> {
    key.strip_prefix("key::")
        .or_else(|| key.starts_with("ssh-").then_some(key))
}

/// A key that is named and cannot be used.
struct Unusable {
    key: String,
    problem: String,
}

impl MakeSignature for Unusable {
    fn sign(&self, _namespace: &str, _payload: &[u8]) -> Result<String, MakeSignatureError> {
        Err(MakeSignatureError::new(&self.key, &self.problem))
    }

    fn kind(&self) -> SignatureKind {
        SignatureKind::Ssh
    }

    fn key(&self) -> String {
        self.key.clone()
    }
}

/// The identity of somebody who has no key here: the one with the address that git knows, else the first.
fn local(keys: &[Actor], email: &str) -> Option<Actor> {
    let here = format!("ci:local/{email}");
    let named = keys.iter().find(|key| key.to_string() == here);
    named.or(keys.first()).cloned()
}

/// Returns who acts: the person or the CI identity that was named, else whoever holds the key.
///
/// A name is a claim, not a proof: what counts in gates are the keys of the process's people.
pub(super) fn actor(
    named: Option<&str>,
    key: Option<&dyn MakeSignature>,
    email: &str,
    process: &Process,
) -> Result<Actor, CliError> {
    let of_key = key.and_then(|key| {
        let kind = match key.kind() {
            SignatureKind::Ssh => "ssh",
            SignatureKind::Pgp => "openpgp",
            _ => "x509",
        };
        format!("{kind}:{}", key.key()).parse::<Actor>().ok()
    });
    let Some(named) = named else {
        let unknown = || format!("ci:local/{email}").parse().map_err(CliError::input);
        return of_key.map_or_else(unknown, Ok);
    };
    let people = process.promotion().roster().people();
    if let Some(person) = people.iter().find(|person| person.name.as_str() == named) {
        return match &of_key {
            Some(held) if person.keys.contains(held) => Ok(held.clone()),
            Some(held) => Err(CliError::input(format!(
                "git signs with `{held}`, which is no key of `{named}` in the process file"
            ))),
            None => local(&person.keys, email).ok_or_else(|| {
                CliError::input(format!("`{named}` has no key in the process file"))
            }),
        };
    }
    if named.contains(':') {
        return named.parse().map_err(CliError::input);
    }
    let known: Vec<_> = people.iter().map(|person| person.name.as_str()).collect();
    let known = match known.as_slice() {
        [] => "the process names no `[[person]]`; expected".to_owned(),
        known => format!("expected one of {}, or", known.join(", ")),
    };
    Err(CliError::input(format!(
        "`{named}` is no person of the process; {known} an identity such as `ci:{named}`"
    )))
}
