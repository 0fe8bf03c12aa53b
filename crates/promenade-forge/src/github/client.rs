//! The forge port over GitHub's REST API.

use std::fmt;
use std::time::Duration;

use promenade_digest::Digest;
use promenade_process::port::forge::{
    Asset, Forge, ForgeError, ForgeErrorKind as Kind, Release, ReleaseId, ReleaseText, Stage,
};
use serde::de::DeserializeOwned;

use super::shape::{AssetShape, ReleaseShape, SaidRelease, refusal};
use crate::http::{Answer, Ask, Http, HttpError, OpenError, Patience, Token, Url, Verb, encode};

/// Where GitHub's own API is; an enterprise server is at `https://HOST/api/v3`.
pub const GITHUB_API: &str = "https://api.github.com";

/// The longest answer that is read, in bytes: a page of a hundred releases with long notes.
const MAX_ANSWER_BYTES: u64 = 64 * 1024 * 1024;
/// How many pages a list may have.
const MAX_PAGES: usize = 1_000;
/// What every request says.
const HEADERS: &[(&str, &str)] = &[
    ("accept", "application/vnd.github+json"),
    ("x-github-api-version", "2022-11-28"),
];

/// The releases of one repository on a forge that speaks GitHub's REST API.
///
/// A release is found by listing, because drafts are hidden from those who ask for a tag. What a
/// failing server did with a release is found out by looking, never by sending it twice. An edit is
/// compared with what is there just before: the API has no conditional edit, so of two editors in the
/// same second the later one wins.
///
/// Nothing that anybody could have fetched is deleted; the one thing that is taken away is what a
/// failed upload leaves behind (state `starter`, no bytes), which else holds its name for ever.
///
/// ```
/// use promenade_forge::{GITHUB_API, GithubForge, Token};
///
/// let token = Some(Token::new("secret")?);
/// # #[cfg(feature = "tls")]
/// let forge = GithubForge::new(GITHUB_API, "acme/app", token.clone())?;
/// # #[cfg(feature = "tls")]
/// assert_eq!(format!("{forge:?}"), "GithubForge(https://api.github.com/repos/acme/app)");
/// // A secret is not sent over an open line.
/// assert!(GithubForge::new("http://forge.example", "acme/app", token).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct GithubForge {
    http: Http,
    base: Url,
}

/// The kind of an error is large.
type Told<T> = Result<T, Box<Kind>>;

/// An answer to somebody who wanted to write.
enum Written {
    Done(Box<Answer>),
    Unknown { cause: String },
}

impl GithubForge {
    /// How long a read or a write may take, unless it is said.
    pub const LIMIT: Duration = Duration::from_secs(60);

    /// Speaks to an API ([`GITHUB_API`]) about one repository (`owner/name`). Only this machine is
    /// spoken to without TLS.
    ///
    /// # Errors
    /// [`OpenError`] if the address or the repository is not one, or what is sent could be read on
    /// the way.
    pub fn new(api: &str, repository: &str, token: Option<Token>) -> Result<Self, OpenError> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
        let part =
            |text: &str| !text.is_empty() && !text.starts_with('.') && text.chars().all(plain);
        let parts = repository.split_once('/');
        if !parts.is_some_and(|(owner, name)| part(owner) && part(name)) {
            let repository = repository.to_owned();
            return Err(OpenError::Repository { repository });
        }
        let api = Url::server(api)?;
        let token = token.map(|token| (token, "Bearer "));
        Ok(Self {
            http: Http::new(token, HEADERS, Self::LIMIT, api.is_loopback()),
            base: api.below(&format!("repos/{repository}")),
        })
    }

    /// Asks a failing server as often as this.
    #[must_use]
    pub fn patient(mut self, patience: Patience) -> Self {
        self.http.patience = patience;
        self
    }

    fn get(&self, url: &Url) -> Told<Answer> {
        let ask = Ask {
            verb: Verb::Get,
            url,
            body: None,
            limit_bytes: MAX_ANSWER_BYTES,
        };
        self.http.ask(ask).map_err(kind)
    }

    fn write(&self, verb: Verb, url: &Url, body: Option<(&str, &[u8])>) -> Told<Written> {
        let ask = Ask {
            verb,
            url,
            body,
            limit_bytes: MAX_ANSWER_BYTES,
        };
        match self.http.ask(ask) {
            Ok(answer) => Ok(Written::Done(Box::new(answer))),
            Err(HttpError::Unknown { cause }) => Ok(Written::Unknown { cause }),
            Err(error) => Err(kind(error)),
        }
    }

    /// Reads every page of a list.
    fn pages<T: DeserializeOwned>(&self, rest: &str) -> Told<Vec<T>> {
        let mut url = self.base.below(rest);
        let mut all = Vec::new();
        for _ in 0..MAX_PAGES {
            let answer = self.get(&url)?;
            if answer.status != 200 {
                return Err(self.refused(&answer));
            }
            all.extend(parse::<Vec<T>>(&answer)?);
            let Some(next) = answer.next_page() else {
                return Ok(all);
            };
            let next = answer.url.join(next);
            url = next
                .filter(|next| next.same_origin(&self.base))
                .ok_or_else(|| protocol("the next page is on another server"))?;
        }
        Err(protocol("the list has too many pages"))
    }

    fn releases(&self) -> Told<Vec<ReleaseShape>> {
        self.pages("releases?per_page=100")
            .map_err(|kind| match *kind {
                // A list is never absent: a private repository is hidden from those who may not see it.
                Kind::Absent => {
                    denied("404: there is no such repository, or the token does not see it")
                }
                kind => Box::new(kind),
            })
    }

    fn latest(&self) -> Told<Option<u64>> {
        let answer = self.get(&self.base.below("releases/latest"))?;
        match answer.status {
            200 => parse::<ReleaseShape>(&answer).map(|shape| Some(shape.id)),
            404 => Ok(None),
            _ => Err(self.refused(&answer)),
        }
    }

    fn release(&self, id: &ReleaseId) -> Told<ReleaseShape> {
        let answer = self.get(&self.one(id)?)?;
        match answer.status {
            200 => parse(&answer),
            _ => Err(self.refused(&answer)),
        }
    }

    fn one(&self, id: &ReleaseId) -> Told<Url> {
        let number: u64 = id.as_str().parse().map_err(|_| Box::new(Kind::Absent))?;
        Ok(self.base.below(&format!("releases/{number}")))
    }

    fn has_tag(&self, tag: &str) -> Told<bool> {
        let path: Vec<_> = tag.split('/').map(encode).collect();
        let rest = format!("git/ref/tags/{}", path.join("/"));
        let answer = self.get(&self.base.below(&rest))?;
        match answer.status {
            200 => Ok(true),
            404 => Ok(false),
            _ => Err(self.refused(&answer)),
        }
    }

    /// Reads an answer that is not the one hoped for.
    fn refused(&self, answer: &Answer) -> Box<Kind> {
        let (said, exists) = refusal(&answer.body);
        let cause = self.http.hide(&format!("{} {said}", answer.status));
        let cause = cause.trim_end().to_owned();
        match answer.status {
            401 | 403 => denied(&cause),
            404 => Box::new(Kind::Absent),
            409 | 422 if exists => Box::new(Kind::Exists),
            400..=499 => invalid(&cause),
            _ => protocol(&format!("unexpected status {cause}")),
        }
    }

    fn make(&self, tag: &str, text: &ReleaseText) -> Told<Release> {
        // Drafts of one tag may stand side by side there, so it is looked first.
        if self.releases()?.iter().any(|one| one.tag() == tag) {
            return Err(Box::new(Kind::Exists));
        }
        if !self.has_tag(tag)? {
            // Else the forge would make the tag, on the default branch; that is never wanted.
            return Err(invalid("the tag does not exist"));
        }
        let body = said(tag, text)?;
        let url = self.base.below("releases");
        match self.write(Verb::Post, &url, Some(("application/json", &body)))? {
            Written::Done(answer) if answer.status == 201 => {
                let shape: ReleaseShape = unsure(parse(&answer))?;
                self.as_told(&shape, tag, text)
            }
            Written::Done(answer) => Err(match *self.refused(&answer) {
                Kind::Absent => denied("404: the token may not make releases here"),
                kind => Box::new(kind),
            }),
            Written::Unknown { cause } => Err(unknown(cause)),
        }
    }

    /// A written release must be at the stage it was told; a forge may trim its words.
    fn as_told(&self, shape: &ReleaseShape, tag: &str, text: &ReleaseText) -> Told<Release> {
        let latest = (text.stage == Stage::Latest).then_some(shape.id);
        let release = shape.release(latest);
        if release.tag == tag && release.text.stage == text.stage {
            Ok(release)
        } else {
            Err(protocol("the release is not at the stage it was told"))
        }
    }

    fn change(&self, id: &ReleaseId, expected: &ReleaseText, text: &ReleaseText) -> Told<Release> {
        let mut attempt = 0;
        loop {
            let shape = self.release(id)?;
            let now = shape.release(self.latest()?);
            if now.text != *expected {
                // An earlier attempt of ours may have been carried out after all.
                let own = attempt > 0 && now.text == *text;
                return if own {
                    Ok(now)
                } else {
                    Err(Box::new(Kind::Changed))
                };
            }
            let body = said(shape.tag(), text)?;
            let sent = Some(("application/json", body.as_slice()));
            let cause = match self.write(Verb::Patch, &self.one(id)?, sent)? {
                Written::Done(answer) if answer.status == 200 => match parse(&answer) {
                    Ok(edited) => return self.as_told(&edited, shape.tag(), text),
                    Err(_) => "the answer cannot be read".to_owned(),
                },
                Written::Done(answer) => return Err(self.refused(&answer)),
                Written::Unknown { cause } => cause,
            };
            let pause = self.http.patience.after(attempt);
            std::thread::sleep(pause.ok_or_else(|| unknown(cause))?);
            attempt += 1;
        }
    }

    fn upload(&self, id: &ReleaseId, name: &str, media_type: &str, bytes: &[u8]) -> Told<Asset> {
        let digest = Digest::sha256(bytes);
        let url = self.upload_url(&self.release(id)?, name)?;
        let mut attempt = 0;
        loop {
            if let Some(there) = self.asset(id, name)? {
                return same(&there.asset(), digest, bytes.len() as u64);
            }
            let cause = match self.write(Verb::Post, &url, Some((media_type, bytes)))? {
                Written::Done(answer) if answer.status == 201 => match parse(&answer) {
                    Ok(asset) => return attached(&asset, name, digest, bytes.len() as u64),
                    Err(_) => "the answer cannot be read".to_owned(),
                },
                Written::Done(answer) => match *self.refused(&answer) {
                    // Somebody was faster: the next look tells with what.
                    Kind::Exists => "an asset of this name came up meanwhile".to_owned(),
                    kind => return Err(Box::new(kind)),
                },
                Written::Unknown { cause } => cause,
            };
            let pause = self.http.patience.after(attempt);
            std::thread::sleep(pause.ok_or_else(|| unknown(cause))?);
            attempt += 1;
        }
    }

    /// The address that a release says its assets go to, which may be another host.
    fn upload_url(&self, shape: &ReleaseShape, name: &str) -> Told<Url> {
        let stem = shape.upload_url.split('{').next().unwrap_or_default();
        let url = Url::parse(&format!("{stem}?name={}", encode(name)))
            .filter(|url| !self.base.opens_up_to(url))
            .ok_or_else(|| protocol("the address for uploads is not one, or is open"))?;
        if url.same_origin(&self.base) || url.is_beside(&self.base) {
            Ok(url)
        } else {
            Err(protocol("the address for uploads is of a stranger"))
        }
    }

    /// Finds an asset that is whole, and clears away what is left of an upload that failed.
    fn asset(&self, id: &ReleaseId, name: &str) -> Told<Option<AssetShape>> {
        let rest = format!("releases/{id}/assets?per_page=100");
        let found = self.pages::<AssetShape>(&rest)?;
        let Some(asset) = found.into_iter().find(|asset| asset.name == name) else {
            return Ok(None);
        };
        if asset.is_whole() {
            return Ok(Some(asset));
        }
        let url = self.base.below(&format!("releases/assets/{}", asset.id));
        match self.write(Verb::Delete, &url, None)? {
            Written::Done(answer) if matches!(answer.status, 204 | 404) => Ok(None),
            Written::Done(answer) => Err(self.refused(&answer)),
            Written::Unknown { cause } => Err(unknown(cause)),
        }
    }
}

impl Forge for GithubForge {
    fn list(&self) -> Result<Vec<Release>, ForgeError> {
        let read = || {
            let latest = self.latest()?;
            let shapes = self.releases()?;
            let mut all: Vec<_> = shapes.iter().map(|shape| shape.release(latest)).collect();
            all.sort_by(|a, b| a.tag.cmp(&b.tag));
            Ok(all)
        };
        read().map_err(|kind: Box<Kind>| ForgeError::new("list the releases", *kind))
    }

    fn create(&self, tag: &str, text: &ReleaseText) -> Result<Release, ForgeError> {
        let fail =
            |kind: Box<Kind>| ForgeError::new(format!("create the release of `{tag}`"), *kind);
        self.make(tag, text).map_err(fail)
    }

    fn edit(
        &self,
        id: &ReleaseId,
        expected: &ReleaseText,
        text: &ReleaseText,
    ) -> Result<Release, ForgeError> {
        let fail = |kind: Box<Kind>| ForgeError::new(format!("edit release {id}"), *kind);
        self.change(id, expected, text).map_err(fail)
    }

    fn attach(
        &self,
        id: &ReleaseId,
        name: &str,
        media_type: &str,
        bytes: &[u8],
    ) -> Result<Asset, ForgeError> {
        let fail =
            |kind: Box<Kind>| ForgeError::new(format!("attach `{name}` to release {id}"), *kind);
        self.upload(id, name, media_type, bytes).map_err(fail)
    }
}

impl fmt::Debug for GithubForge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GithubForge({})", self.base)
    }
}

fn said(tag: &str, text: &ReleaseText) -> Told<Vec<u8>> {
    serde_json::to_vec(&SaidRelease::new(tag, text))
        .map_err(|error| invalid(&format!("cannot be written as JSON: {error}")))
}

fn same(there: &Asset, expected: Digest, size_bytes: u64) -> Told<Asset> {
    match there.digest {
        Some(found) if found == expected && there.size_bytes == size_bytes => Ok(there.clone()),
        Some(found) => Err(Box::new(Kind::OtherBytes { expected, found })),
        None => Err(Box::new(Kind::UnknownBytes)),
    }
}

/// An attached asset must have the name and the bytes that were sent.
fn attached(asset: &AssetShape, name: &str, digest: Digest, size: u64) -> Told<Asset> {
    let there = asset.asset();
    if asset.name != name {
        let problem = format!("the asset was renamed to `{}`", asset.name);
        return Err(protocol(&problem));
    }
    match there.digest {
        // Older servers tell no digest; the size is all there is to compare.
        None if there.size_bytes == size => Ok(there),
        Some(found) if found == digest && there.size_bytes == size => Ok(there),
        _ => Err(protocol("the asset does not have the bytes that were sent")),
    }
}

fn parse<T: DeserializeOwned>(answer: &Answer) -> Told<T> {
    serde_json::from_slice(&answer.body)
        .map_err(|error| protocol(&format!("it is not the JSON that was expected: {error}")))
}

/// Whoever cannot read what became of a write does not know it.
fn unsure<T>(read: Told<T>) -> Told<T> {
    read.map_err(|kind| unknown(kind.to_string()))
}

fn kind(error: HttpError) -> Box<Kind> {
    Box::new(match error {
        HttpError::Unknown { cause } => Kind::Unknown { cause },
        HttpError::Throttled { retry_secs } => Kind::Throttled { retry_secs },
        HttpError::Protocol { problem } => Kind::Protocol { problem },
    })
}

fn unknown(cause: String) -> Box<Kind> {
    Box::new(Kind::Unknown { cause })
}

fn denied(cause: &str) -> Box<Kind> {
    Box::new(Kind::Denied {
        cause: cause.to_owned(),
    })
}

fn protocol(problem: &str) -> Box<Kind> {
    Box::new(Kind::Protocol {
        problem: problem.to_owned(),
    })
}

fn invalid(problem: &str) -> Box<Kind> {
    Box::new(Kind::Invalid {
        problem: problem.to_owned(),
    })
}
