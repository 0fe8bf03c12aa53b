//! The credentials that docker keeps: `config.json` and the helper programs it names.

use std::collections::BTreeMap;
use std::io::{self, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use base64ct::{Base64, Encoding as _};
use serde::Deserialize;

use super::Credentials;

/// How long a helper may take, unless a caller says otherwise.
const HELPER_LIMIT: Duration = Duration::from_secs(20);
/// How long to wait before looking again whether a helper has ended.
const PAUSE: Duration = Duration::from_millis(5);
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
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
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
        self.credentials_within(host, HELPER_LIMIT)
    }

    /// Returns the credentials for a host, as [`credentials`](Self::credentials) does; a helper may
    /// take `limit` for its answer.
    ///
    /// # Errors
    /// Those of [`credentials`](Self::credentials).
    pub fn credentials_within(
        &self,
        host: &str,
        limit: Duration,
    ) -> Result<Credentials, FindCredentialsError> {
        if let Some(helper) = self.helpers.get(host) {
            return ask(helper, host, limit);
        }
        let entry = self
            .auths
            .iter()
            .find(|(key, _)| host_of(key) == host)
            .map(|(_, entry)| entry);
        match entry.map(Entry::credentials).transpose()?.flatten() {
            Some(credentials) => Ok(credentials),
            None => match &self.store {
                Some(helper) => ask(helper, host, limit),
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
fn ask(helper: &str, host: &str, limit: Duration) -> Result<Credentials, FindCredentialsError> {
    let plain = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_' | b'.');
    if helper.is_empty() || !helper.bytes().all(plain) {
        return Err(FindCredentialsError::new(format!(
            "`{helper}` names no helper"
        )));
    }
    let program = format!("docker-credential-{helper}");
    let fault = |problem: String| FindCredentialsError::new(format!("`{program}`: {problem}"));
    let start = Instant::now();
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
    let answer = receiver.recv_timeout(limit);
    // One that has answered and goes on running is not waited for either.
    let status = wait(&mut child, start, limit).map_err(|error| fault(error.to_string()))?;
    let late = || fault(format!("did not answer within {} s", limit.as_secs_f64()));
    let (Ok(answer), Some(status)) = (answer, status) else {
        return Err(late());
    };
    let text = answer.ok_or_else(|| fault("its answer cannot be read".to_owned()))?;
    if text.len() as u64 >= MAX_ANSWER_BYTES {
        let problem = format!("its answer is longer than {MAX_ANSWER_BYTES} bytes");
        return Err(fault(problem));
    }
    if !status.success() {
        // The one answer of the protocol that is no failure.
        return if text.contains("credentials not found") {
            Ok(Credentials::Anonymous)
        } else {
            let said = text.trim().lines().next().unwrap_or("it said nothing");
            Err(fault(format!("failed: {said}")))
        };
    }
    // What it said instead is not repeated: it may be a secret.
    let answer: Answer = serde_json::from_str(&text)
        .map_err(|_| fault("expected a JSON object with `Username` and `Secret`".to_owned()))?;
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

/// Waits for the end of a helper, or ends it when its time is over.
fn wait(child: &mut Child, start: Instant, limit: Duration) -> io::Result<Option<ExitStatus>> {
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if start.elapsed() >= limit {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        std::thread::sleep(PAUSE);
    }
}
