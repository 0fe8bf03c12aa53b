//! A registry of crates on this machine: a sparse index and the web API, as The Cargo Book has them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::http::{Asked, Reply, Server, lock, sha256};

/// The token that may publish.
pub const TOKEN: &str = "registry-token-0123456789";

#[derive(Default)]
struct State {
    /// The lines of the index, by crate.
    index: BTreeMap<String, Vec<Value>>,
    /// The packages, by crate and version.
    packages: BTreeMap<(String, String), Vec<u8>>,
    /// What was uploaded, in order.
    uploads: Vec<String>,
    /// Uploads of this number, counted from one, are done, and their answer is lost.
    lost: Option<usize>,
    /// Reads of the index fail.
    broken: bool,
}

/// Told of each upload: how many there were.
type Observer = dyn Fn(usize) + Send + Sync;

/// The registry.
pub struct Crates {
    server: Server,
    state: Arc<Mutex<State>>,
}

impl Crates {
    /// Starts a registry without crates.
    #[must_use]
    pub fn start() -> Self {
        Self::observed(|_| ())
    }

    /// Starts a registry. `observe` is called when an upload is done, before it is answered.
    pub fn observed(observe: impl Fn(usize) + Send + Sync + 'static) -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let (shared, observe): (_, Arc<Observer>) = (Arc::clone(&state), Arc::new(observe));
        let server = Server::start(move |asked, _| reply(&shared, &*observe, asked));
        Self { server, state }
    }

    /// Returns the address of the index, as cargo's configuration has it.
    #[must_use]
    pub fn index(&self) -> String {
        format!("sparse+http://{}/index/", self.server.host())
    }

    /// Loses the answer to an upload, counted from one.
    pub fn lose(&self, number: usize) {
        lock(&self.state).lost = Some(number);
    }

    /// Lets the index fail, or not.
    pub fn break_index(&self, broken: bool) {
        lock(&self.state).broken = broken;
    }

    /// Puts a version there that nobody here made.
    pub fn add(&self, name: &str, version: &str, bytes: &[u8]) {
        let mut state = lock(&self.state);
        let line = line(name, version, &[], bytes);
        state.index.entry(name.to_owned()).or_default().push(line);
        let key = (name.to_owned(), version.to_owned());
        state.packages.insert(key, bytes.to_vec());
    }

    /// Returns what was uploaded, in order: `name version`.
    #[must_use]
    pub fn uploads(&self) -> Vec<String> {
        lock(&self.state).uploads.clone()
    }

    /// Returns the digest of a package that is there.
    #[must_use]
    pub fn digest(&self, name: &str, version: &str) -> Option<String> {
        let state = lock(&self.state);
        let key = (name.to_owned(), version.to_owned());
        state.packages.get(&key).map(|bytes| sha256(bytes))
    }
}

fn reply(state: &Mutex<State>, observe: &Observer, asked: &Asked) -> Option<Reply> {
    let host = asked.header("host").unwrap_or_default();
    match (asked.verb.as_str(), asked.path.as_str()) {
        ("GET", "/index/config.json") => {
            let config = json!({
                "dl": format!("http://{host}/dl/{{crate}}/{{version}}"),
                "api": format!("http://{host}"),
            });
            Some(Reply::new(200, config.to_string()))
        }
        ("GET", path) if path.starts_with("/index/") => {
            let state = lock(state);
            let name = path.rsplit('/').next().unwrap_or_default();
            if state.broken {
                return Some(Reply::new(503, "later"));
            }
            let Some(lines) = state.index.get(name) else {
                return Some(Reply::new(404, ""));
            };
            let lines: Vec<_> = lines.iter().map(|line| format!("{line}\n")).collect();
            Some(Reply::new(200, lines.concat()))
        }
        ("GET", path) if path.starts_with("/dl/") => {
            let mut parts = path.split('/').skip(2).map(str::to_owned);
            let key = (parts.next()?, parts.next()?);
            let state = lock(state);
            let found = state.packages.get(&key);
            Some(found.map_or_else(
                || Reply::new(404, ""),
                |bytes| Reply::new(200, bytes.clone()),
            ))
        }
        ("PUT", "/api/v1/crates/new") => publish(state, observe, asked),
        _ => Some(Reply::new(404, "")),
    }
}

/// The body is two parts, each after its length: JSON, then the package.
fn publish(state: &Mutex<State>, observe: &Observer, asked: &Asked) -> Option<Reply> {
    let fault = |status, detail: &str| {
        let errors = json!({ "errors": [{ "detail": detail }] });
        Some(Reply::new(status, errors.to_string()))
    };
    if asked.header("authorization") != Some(TOKEN) {
        return fault(403, "the token may not publish");
    }
    let (meta, rest) = part(&asked.body)?;
    let (package, _) = part(rest)?;
    let meta: Value = serde_json::from_slice(meta).ok()?;
    let text = |name: &str| meta.get(name).and_then(Value::as_str).unwrap_or_default();
    let (name, version) = (text("name"), text("vers"));
    let number = {
        let mut state = lock(state);
        let lines = state.index.entry(name.to_owned()).or_default();
        let same = |line: &Value| line.get("vers").and_then(Value::as_str) == Some(version);
        if lines.iter().any(same) {
            return fault(
                400,
                &format!("crate version `{version}` is already uploaded"),
            );
        }
        let deps = meta.get("deps").and_then(Value::as_array);
        lines.push(line(
            name,
            version,
            deps.map_or(&[], Vec::as_slice),
            package,
        ));
        let key = (name.to_owned(), version.to_owned());
        state.packages.insert(key, package.to_vec());
        state.uploads.push(format!("{name} {version}"));
        state.uploads.len()
    };
    observe(number);
    if lock(state).lost == Some(number) {
        return None;
    }
    let warnings = json!({ "invalid_categories": [], "invalid_badges": [], "other": [] });
    Some(Reply::new(200, json!({ "warnings": warnings }).to_string()))
}

fn part(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    rest.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)
}

/// A line of the index: dependencies are worded a little differently there.
fn line(name: &str, version: &str, deps: &[Value], package: &[u8]) -> Value {
    let deps: Vec<_> = deps
        .iter()
        .map(|dep| {
            let field = |name: &str| dep.get(name).cloned().unwrap_or(Value::Null);
            let renamed = field("explicit_name_in_toml");
            let (name, package) = match renamed.is_null() {
                true => (field("name"), Value::Null),
                false => (renamed, field("name")),
            };
            json!({
                "name": name,
                "package": package,
                "req": field("version_req"),
                "features": field("features"),
                "optional": field("optional"),
                "default_features": field("default_features"),
                "target": field("target"),
                "kind": field("kind"),
                "registry": field("registry"),
            })
        })
        .collect();
    json!({
        "name": name,
        "vers": version,
        "deps": deps,
        "cksum": sha256(package),
        "features": {},
        "yanked": false,
        "v": 2,
    })
}
