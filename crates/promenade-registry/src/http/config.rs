//! The credentials that docker keeps: `config.json` and the helper programs it names.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use base64ct::{Base64, Encoding as _};
use serde::Deserialize;

use super::Credentials;

/// How long a helper may take, in seconds.
const HELPER_SECS: u64 = 20;
/// The longest answer of a helper that is read, in bytes.
const MAX_ANSWER_BYTES: u64 = 64 * 1024;

/// Docker's `config.json`, as far as it says who asks which registry.
///
/// ```
/// use promenade_registry::{Credentials, DockerConfig};
///
/// let config: DockerConfig = r#"{"auths": {"registry.example": {"auth": "YWRhOnNlY3JldA=="}}}"#.parse()?;
/// assert!(matches!(config.credentials("registry.example")?, Credentials::Basic { user, .. } if user == "ada"));
/// assert_eq!(config.credentials("other.example")?, Credentials::Anonymous);
/// # Ok::<(), promenade_registry::FindCredentialsError>(())
/// ```
#[derive(Clone, Default, Deserialize)]
pub struct DockerConfig {
    #[serde(default)]
    auths: BTreeMap<String, Entry>,
    #[serde(default, rename = "credHelpers")]
    helpers: BTreeMap<String, String>,
    #[serde(default, rename = "credsStore")]
    store: Option<String>,
}

#[derive(Clone, Default, Deserialize)]
struct Entry {
    auth: Option<String>,
    username: Option<String>,
    password: Option<String>,
    identitytoken: Option<String>,
}

#[derive(Deserialize)]
struct Answer {
    #[serde(rename = "Username")]
    username: String,
    #[serde(rename = "Secret")]
    secret: String,
}

/// Credentials cannot be found.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("credentials of docker: {problem}")]
pub struct FindCredentialsError {
    problem: String,
}

impl FindCredentialsError {
    fn new(problem: impl Into<String>) -> Self {
        let problem = problem.into();
        Self { problem }
    }
}

impl std::fmt::Debug for DockerConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DockerConfig")
            .field("auths", &self.auths.keys().collect::<Vec<_>>())
            .field("helpers", &self.helpers)
            .field("store", &self.store)
            .finish()
    }
}

impl std::str::FromStr for DockerConfig {
    type Err = FindCredentialsError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        serde_json::from_str(text).map_err(|error| FindCredentialsError::new(error.to_string()))
    }
}

impl DockerConfig {
    /// Reads a `config.json`; a file that does not exist names nobody.
    ///
    /// # Errors
    /// [`FindCredentialsError`] if it cannot be read.
    pub fn read(path: &Path) -> Result<Self, FindCredentialsError> {
        match std::fs::read_to_string(path) {
            Ok(text) => text.parse(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(FindCredentialsError::new(format!(
                "{}: {error}",
                path.display()
            ))),
        }
    }

    /// Returns the credentials for a host: of the helper for it, of the file, of the store.
    ///
    /// # Errors
    /// [`FindCredentialsError`] if an entry cannot be read or a helper fails. A helper that knows
    /// nothing of the host is no failure.
    pub fn credentials(&self, host: &str) -> Result<Credentials, FindCredentialsError> {
        if let Some(helper) = self.helpers.get(host) {
            return ask(helper, host);
        }
        let entry = self
            .auths
            .iter()
            .find(|(key, _)| host_of(key) == host)
            .map(|(_, entry)| entry);
        match entry.map(Entry::credentials).transpose()?.flatten() {
            Some(credentials) => Ok(credentials),
            None => match &self.store {
                Some(helper) => ask(helper, host),
                None => Ok(Credentials::Anonymous),
            },
        }
    }
}

/// The keys of `auths` are hosts, and of old also URLs.
fn host_of(key: &str) -> &str {
    let key = key.strip_prefix("https://").unwrap_or(key);
    let key = key.strip_prefix("http://").unwrap_or(key);
    key.split('/').next().unwrap_or(key)
}

impl Entry {
    fn credentials(&self) -> Result<Option<Credentials>, FindCredentialsError> {
        if let Some(token) = self.identitytoken.clone().filter(|token| !token.is_empty()) {
            return Ok(Some(Credentials::Identity { token }));
        }
        if let (Some(user), Some(password)) = (self.username.clone(), self.password.clone()) {
            return Ok(Some(Credentials::Basic { user, password }));
        }
        let Some(auth) = self.auth.as_deref().filter(|auth| !auth.is_empty()) else {
            return Ok(None);
        };
        let pair = Base64::decode_vec(auth)
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok());
        let pair = pair.as_deref().map(|pair| pair.trim_end_matches('\0'));
        let (user, password) = pair
            .and_then(|pair| pair.split_once(':'))
            .ok_or_else(|| FindCredentialsError::new("expected base64 of `user:password`"))?;
        Ok(Some(Credentials::Basic {
            user: user.to_owned(),
            password: password.to_owned(),
        }))
    }
}

/// Asks `docker-credential-HELPER get`.
fn ask(helper: &str, host: &str) -> Result<Credentials, FindCredentialsError> {
    let plain = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_' | b'.');
    if helper.is_empty() || !helper.bytes().all(plain) {
        return Err(FindCredentialsError::new(format!(
            "`{helper}` names no helper"
        )));
    }
    let program = format!("docker-credential-{helper}");
    let fault = |problem: String| FindCredentialsError::new(format!("`{program}`: {problem}"));
    let mut child = Command::new(&program)
        .arg("get")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| fault(format!("cannot be started: {error}")))?;
    if let Some(mut stdin) = child.stdin.take() {
        // A helper that does not read its question is judged by its answer.
        let _ = stdin.write_all(host.as_bytes());
    }
    let (sender, receiver) = mpsc::channel();
    let stdout = child.stdout.take();
    std::thread::spawn(move || {
        let mut text = String::new();
        let read = stdout.map(|out| out.take(MAX_ANSWER_BYTES).read_to_string(&mut text));
        let _ = sender.send(matches!(read, Some(Ok(_))).then_some(text));
    });
    let answer = receiver.recv_timeout(Duration::from_secs(HELPER_SECS));
    if answer.is_err() {
        let _ = child.kill();
    }
    let status = child.wait().map_err(|error| fault(error.to_string()))?;
    let text = match answer {
        Ok(Some(text)) => text,
        Ok(None) => return Err(fault("its answer cannot be read".to_owned())),
        Err(_) => return Err(fault(format!("did not answer within {HELPER_SECS} s"))),
    };
    if !status.success() {
        // The one answer of the protocol that is no failure.
        return if text.contains("credentials not found") {
            Ok(Credentials::Anonymous)
        } else {
            Err(fault(format!("failed: {}", text.trim())))
        };
    }
    let answer: Answer = serde_json::from_str(&text).map_err(|error| fault(error.to_string()))?;
    Ok(match answer.username.as_str() {
        "<token>" => Credentials::Identity {
            token: answer.secret,
        },
        _ => Credentials::Basic {
            user: answer.username,
            password: answer.secret,
        },
    })
}
