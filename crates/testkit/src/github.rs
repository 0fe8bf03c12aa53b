//! A forge on this machine that speaks the documented shapes of GitHub's releases and remembers, with
//! faults where a test wants them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::http::{Asked, Reply, Server, decode, lock, sha256};

/// The token that may write.
pub const TOKEN: &str = "good-token-0123456789";

/// What goes wrong with a call.
#[derive(Clone, Debug)]
pub enum Fault {
    /// The connection ends before anything is done.
    HangUp,
    /// What is asked is done, and the connection ends before the answer.
    Lost,
    /// What is asked is done, and the connection ends in the middle of the answer.
    Cut,
    /// What is asked is done, and something else answers: a page for people.
    Page,
    /// Nothing is done, and this is answered.
    Answer(Reply),
    /// What is asked is done, and this is answered.
    DoneBut(Reply),
    /// An upload fails halfway and leaves an asset of the state `starter`.
    HalfUpload,
    /// Nothing is done, and no later call is answered either.
    Dead,
    /// What is asked is done, and no answer comes, to no later call either.
    DeadAfter,
}

/// A release as the forge keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Its id.
    pub id: u64,
    /// Its tag.
    pub tag: String,
    /// Its name.
    pub name: String,
    /// Its notes.
    pub body: String,
    /// Whether it is a draft.
    pub draft: bool,
    /// Whether it is a pre-release.
    pub prerelease: bool,
    /// Its assets.
    pub assets: Vec<KeptAsset>,
}

/// An asset as the forge keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptAsset {
    /// Its id.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// `uploaded` or `starter`.
    pub state: &'static str,
    /// Its media type.
    pub media_type: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

#[derive(Debug, Default)]
struct State {
    tags: BTreeSet<String>,
    releases: Vec<Kept>,
    latest: Option<u64>,
    ids: u64,
    per_page: usize,
    tells_digests: bool,
    faults: BTreeMap<usize, Fault>,
    calls: usize,
    dead: bool,
}

/// The forge; it knows one repository, `acme/app`.
#[derive(Debug)]
pub struct Github {
    server: Server,
    state: Arc<Mutex<State>>,
}

impl Github {
    /// Starts a forge that knows these tags.
    pub fn start<T: Into<String>>(tags: impl IntoIterator<Item = T>) -> Self {
        let state = Arc::new(Mutex::new(State {
            tags: tags.into_iter().map(Into::into).collect(),
            per_page: 100,
            tells_digests: true,
            ..State::default()
        }));
        let shared = Arc::clone(&state);
        let server = Server::start(move |asked, _| {
            let mut state = lock(&shared);
            state.answer(asked)
        });
        Self { server, state }
    }

    /// Returns the address of the API.
    #[must_use]
    pub fn api(&self) -> String {
        format!("http://{}", self.server.host())
    }

    /// Lets something go wrong with the call of this number, from now on, counted from nought.
    pub fn fault(&self, at: usize, fault: Fault) {
        let mut state = lock(&self.state);
        let at = state.calls + at;
        state.faults.insert(at, fault);
    }

    /// Ends all faults.
    pub fn heal(&self) {
        let mut state = lock(&self.state);
        state.faults.clear();
        state.dead = false;
    }

    /// Lists are given in pages of this size, whatever is asked for.
    pub fn page_by(&self, per_page: usize) {
        lock(&self.state).per_page = per_page;
    }

    /// Tells no digests of assets, as older servers do.
    pub fn hide_digests(&self) {
        lock(&self.state).tells_digests = false;
    }

    /// Adds a tag.
    pub fn add_tag(&self, tag: &str) {
        lock(&self.state).tags.insert(tag.to_owned());
    }

    /// Changes the notes of a release behind everybody's back.
    pub fn rewrite(&self, tag: &str, body: &str) {
        let mut state = lock(&self.state);
        for release in state.releases.iter_mut().filter(|one| one.tag == tag) {
            body.clone_into(&mut release.body);
        }
    }

    /// Returns the tags.
    #[must_use]
    pub fn tags(&self) -> BTreeSet<String> {
        lock(&self.state).tags.clone()
    }

    /// Returns every release, oldest first.
    #[must_use]
    pub fn releases(&self) -> Vec<Kept> {
        lock(&self.state).releases.clone()
    }

    /// Returns the tag of the latest release.
    #[must_use]
    pub fn latest(&self) -> Option<String> {
        let state = lock(&self.state);
        let latest = state
            .releases
            .iter()
            .find(|one| Some(one.id) == state.latest);
        latest.map(|one| one.tag.clone())
    }

    /// Returns what was asked.
    #[must_use]
    pub fn asked(&self) -> Vec<Asked> {
        self.server.asked()
    }
}

impl State {
    fn answer(&mut self, asked: &Asked) -> Option<Reply> {
        let number = self.calls;
        self.calls += 1;
        if self.dead {
            return None;
        }
        match self.faults.get(&number).cloned() {
            None => Some(self.reply(asked)),
            Some(Fault::HangUp) => None,
            Some(Fault::Lost) => {
                self.reply(asked);
                None
            }
            Some(Fault::Cut) => {
                let cut = true;
                Some(Reply {
                    cut,
                    ..self.reply(asked)
                })
            }
            Some(Fault::Page) => {
                let status = self.reply(asked).status;
                Some(Reply::new(status, "<html>welcome</html>").with("Content-Type", "text/html"))
            }
            Some(Fault::Answer(reply)) => Some(reply),
            Some(Fault::DoneBut(reply)) => {
                self.reply(asked);
                Some(reply)
            }
            Some(Fault::HalfUpload) => {
                self.half_upload(asked);
                Some(refused(502, "Bad Gateway"))
            }
            Some(Fault::Dead) => {
                self.dead = true;
                None
            }
            Some(Fault::DeadAfter) => {
                self.reply(asked);
                self.dead = true;
                None
            }
        }
    }

    fn reply(&mut self, asked: &Asked) -> Reply {
        let writes = match asked.header("authorization") {
            None => false,
            Some(header) if header == format!("Bearer {TOKEN}") => true,
            Some(_) => return refused(401, "Bad credentials"),
        };
        let Some(rest) = asked.path.strip_prefix("/repos/acme/app/") else {
            return refused(404, "Not Found");
        };
        let parts: Vec<_> = rest.split('/').collect();
        match (asked.verb.as_str(), parts.as_slice()) {
            ("GET", ["git", "ref", "tags", tag @ ..]) => {
                let tag = decode(&tag.join("/"));
                match self.tags.contains(&tag) {
                    true => said(200, &json!({ "ref": format!("refs/tags/{tag}") })),
                    false => refused(404, "Not Found"),
                }
            }
            ("GET", ["releases"]) => {
                let seen = self
                    .releases
                    .iter()
                    .rev()
                    .filter(|one| writes || !one.draft);
                let all = seen.map(|one| self.show(one, asked)).collect();
                self.page(asked, all)
            }
            ("GET", ["releases", "latest"]) => match self.find(self.latest) {
                Some(release) => said(200, &self.show(release, asked)),
                None => refused(404, "Not Found"),
            },
            ("GET", ["releases", id]) => match self.find(id.parse().ok()) {
                Some(release) if writes || !release.draft => said(200, &self.show(release, asked)),
                _ => refused(404, "Not Found"),
            },
            ("GET", ["releases", id, "assets"]) => match self.find(id.parse().ok()) {
                Some(release) => {
                    let assets = release.assets.iter();
                    let all = assets.map(|asset| self.show_asset(asset)).collect();
                    self.page(asked, all)
                }
                None => refused(404, "Not Found"),
            },
            _ if !writes => refused(404, "Not Found"),
            ("POST", ["releases"]) => self.create(asked),
            ("PATCH", ["releases", id]) => self.edit(asked, id.parse().ok()),
            ("POST", ["upload", id]) => self.attach(asked, id.parse().ok()),
            ("DELETE", ["releases", "assets", id]) => {
                let id: Option<u64> = id.parse().ok();
                for release in &mut self.releases {
                    release.assets.retain(|asset| Some(asset.id) != id);
                }
                Reply::new(204, "")
            }
            _ => refused(404, "Not Found"),
        }
    }

    fn find(&self, id: Option<u64>) -> Option<&Kept> {
        self.releases.iter().find(|one| Some(one.id) == id)
    }

    fn page(&self, asked: &Asked, all: Vec<Value>) -> Reply {
        let number = |name: &str| {
            asked
                .field(name)
                .and_then(|text| text.parse::<usize>().ok())
        };
        let size = number("per_page").unwrap_or(30).clamp(1, self.per_page);
        let page = number("page").unwrap_or(1).max(1);
        let host = asked.header("host").unwrap_or_default();
        let url = |page| format!("<http://{host}{}?per_page={size}&page={page}>", asked.path);
        let more = all.len() > page * size;
        let some: Vec<_> = all.into_iter().skip((page - 1) * size).take(size).collect();
        let reply = said(200, &Value::from(some));
        match more {
            true => {
                let links = format!("{}; rel=\"first\", {}; rel=\"next\"", url(1), url(page + 1));
                reply.with("Link", links)
            }
            false => reply,
        }
    }

    fn show(&self, release: &Kept, asked: &Asked) -> Value {
        let host = asked.header("host").unwrap_or_default();
        let assets = release.assets.iter().map(|asset| self.show_asset(asset));
        json!({
            "id": release.id,
            "tag_name": release.tag,
            "target_commitish": "main",
            "name": release.name,
            "body": release.body,
            "draft": release.draft,
            "prerelease": release.prerelease,
            "upload_url": format!(
                "http://{host}/repos/acme/app/upload/{}{{?name,label}}", release.id
            ),
            "assets": assets.collect::<Vec<_>>(),
        })
    }

    fn show_asset(&self, asset: &KeptAsset) -> Value {
        let whole = asset.state == "uploaded" && self.tells_digests;
        json!({
            "id": asset.id,
            "name": asset.name,
            "label": null,
            "state": asset.state,
            "content_type": asset.media_type,
            "size": asset.bytes.len(),
            "digest": whole.then(|| format!("sha256:{}", sha256(&asset.bytes))),
        })
    }

    fn create(&mut self, asked: &Asked) -> Reply {
        let Ok(wish) = serde_json::from_slice::<Value>(&asked.body) else {
            return refused(400, "Problems parsing JSON");
        };
        let Some(tag) = wish
            .get("tag_name")
            .and_then(Value::as_str)
            .map(str::to_owned)
        else {
            return invalid("missing_field", "tag_name", "");
        };
        let draft = wish.get("draft") == Some(&Value::from(true));
        // As the real one: drafts of one tag may stand side by side, and a missing tag is made.
        if !draft && self.releases.iter().any(|one| one.tag == tag && !one.draft) {
            return invalid("already_exists", "tag_name", "");
        }
        let release = Kept {
            id: self.ids + 1,
            tag,
            name: String::new(),
            body: String::new(),
            draft,
            prerelease: false,
            assets: Vec::new(),
        };
        self.write(release, &wish, asked, 201)
    }

    fn edit(&mut self, asked: &Asked, id: Option<u64>) -> Reply {
        let Ok(wish) = serde_json::from_slice::<Value>(&asked.body) else {
            return refused(400, "Problems parsing JSON");
        };
        match self.find(id).cloned() {
            Some(release) => self.write(release, &wish, asked, 200),
            None => refused(404, "Not Found"),
        }
    }

    fn write(&mut self, mut release: Kept, wish: &Value, asked: &Asked, status: u16) -> Reply {
        let flag = |name: &str| wish.get(name).and_then(Value::as_bool);
        let text = |name: &str| wish.get(name).and_then(Value::as_str).map(str::to_owned);
        release.name = text("name").unwrap_or(release.name);
        release.body = text("body").unwrap_or(release.body);
        release.draft = flag("draft").unwrap_or(release.draft);
        release.prerelease = flag("prerelease").unwrap_or(release.prerelease);
        if release.body.chars().count() > 125_000 {
            return invalid(
                "custom",
                "body",
                "body is too long (maximum is 125000 characters)",
            );
        }
        let latest = text("make_latest").is_none_or(|latest| latest == "true");
        let hidden = release.draft || release.prerelease;
        if latest && hidden && wish.get("make_latest").is_some() {
            return invalid("invalid", "make_latest", "a draft cannot be latest");
        }
        if !release.draft {
            self.tags.insert(release.tag.clone());
        }
        if latest && !hidden {
            self.latest = Some(release.id);
        } else if self.latest == Some(release.id) {
            // As the real one: which of the others is the latest now is its own choice.
            let others = self.releases.iter().filter(|one| one.id != release.id);
            let shown = others.filter(|one| !one.draft && !one.prerelease);
            self.latest = shown.map(|one| one.id).max();
        }
        self.ids = self.ids.max(release.id);
        let shown = self.show(&release, asked);
        match self.releases.iter_mut().find(|one| one.id == release.id) {
            Some(there) => *there = release,
            None => self.releases.push(release),
        }
        said(status, &shown)
    }

    fn attach(&mut self, asked: &Asked, id: Option<u64>) -> Reply {
        let name = decode(asked.field("name").unwrap_or_default());
        if name.is_empty() {
            return invalid("missing_field", "name", "");
        }
        // As the real one: what it does not like in a name becomes a dot.
        let kept = |c: char| c.is_ascii_alphanumeric() || "._-+~@".contains(c);
        let name: String = name
            .chars()
            .map(|c| if kept(c) { c } else { '.' })
            .collect();
        self.ids += 1;
        let asset = KeptAsset {
            id: self.ids,
            name,
            state: "uploaded",
            media_type: asked.header("content-type").unwrap_or_default().to_owned(),
            bytes: asked.body.clone(),
        };
        let shown = self.show_asset(&asset);
        let Some(release) = self.releases.iter_mut().find(|one| Some(one.id) == id) else {
            return refused(404, "Not Found");
        };
        if release.assets.iter().any(|one| one.name == asset.name) {
            return invalid("already_exists", "name", "");
        }
        release.assets.push(asset);
        said(201, &shown)
    }

    fn half_upload(&mut self, asked: &Asked) {
        if self
            .attach(
                asked,
                asked.path.rsplit('/').next().and_then(|id| id.parse().ok()),
            )
            .status
            != 201
        {
            return;
        }
        let id = self.ids;
        let assets = self.releases.iter_mut().flat_map(|one| &mut one.assets);
        for asset in assets.filter(|asset| asset.id == id) {
            asset.state = "starter";
            asset.bytes.clear();
        }
    }
}

fn said(status: u16, value: &Value) -> Reply {
    Reply::new(status, value.to_string()).with("Content-Type", "application/json; charset=utf-8")
}

/// A refusal as the forge words it.
#[must_use]
pub fn refused(status: u16, message: &str) -> Reply {
    said(
        status,
        &json!({ "message": message, "status": status.to_string() }),
    )
}

fn invalid(code: &str, field: &str, message: &str) -> Reply {
    let error = json!({ "resource": "Release", "code": code, "field": field, "message": message });
    said(
        422,
        &json!({ "message": "Validation Failed", "errors": [error] }),
    )
}
