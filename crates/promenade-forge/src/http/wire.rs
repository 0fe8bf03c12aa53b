//! Requests and answers: patience, redirects, limits.

use std::fmt;
use std::time::Duration;

use chrono::DateTime;
use ureq::http::{HeaderMap, Request, Response};
use ureq::{Agent, Body};

use super::{Token, Url};

/// How many redirects are followed.
const MAX_REDIRECTS: usize = 5;
/// How long to wait if a server asks to wait and does not say how long (what GitHub advises).
const UNTOLD: Duration = Duration::from_secs(60);

/// How often a failing server is asked again, and how long to wait between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// How often one question is asked at most.
    pub attempts: u32,
    /// How long to wait before the second attempt; twice as long before each later one.
    pub pause: Duration,
    /// The longest wait that a server may ask for; a longer one is an error.
    pub longest: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            attempts: 5,
            pause: Duration::from_millis(500),
            longest: Duration::from_secs(90),
        }
    }
}

impl Patience {
    /// Returns how long to wait after an attempt that failed, if there is to be another.
    pub(crate) fn after(&self, attempt: u32) -> Option<Duration> {
        let factor = 1_u32.checked_shl(attempt).unwrap_or(u32::MAX);
        (attempt + 1 < self.attempts).then(|| self.pause.saturating_mul(factor).min(self.longest))
    }
}

/// What is done with what an address names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    Get,
    Post,
    Patch,
    Delete,
}

impl Verb {
    fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// A question.
#[derive(Clone, Copy)]
pub(crate) struct Ask<'a> {
    pub(crate) verb: Verb,
    pub(crate) url: &'a Url,
    /// The media type of what is sent, and the bytes.
    pub(crate) body: Option<(&'a str, &'a [u8])>,
    /// The longest answer that is read, in bytes.
    pub(crate) limit_bytes: u64,
}

/// An answer whose body is read: neither a failure of the server, nor a plea to wait, nor a redirect.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) url: Url,
    pub(crate) body: Vec<u8>,
    headers: HeaderMap,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Returns where the next page is (RFC 8288).
    pub(crate) fn next_page(&self) -> Option<&str> {
        self.header("link")?.split(',').find_map(|link| {
            let (target, rest) = link.trim().strip_prefix('<')?.split_once('>')?;
            let next = rest.split(';').map(str::trim);
            let mut next = next.filter(|one| matches!(*one, "rel=\"next\"" | "rel=next"));
            next.next().map(|_| target)
        })
    }
}

/// No answer that can be believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum HttpError {
    /// Nobody knows what became of it.
    Unknown { cause: String },
    /// The server asks to wait for longer than there is patience; nothing was done.
    Throttled { retry_secs: Option<u64> },
    /// The answer cannot be.
    Protocol { problem: String },
}

/// One server, and who asks it.
pub(crate) struct Http {
    agent: Agent,
    authorization: Option<(Token, String)>,
    headers: Vec<(&'static str, &'static str)>,
    pub(crate) patience: Patience,
}

impl Http {
    /// `scheme` stands before the token: `Bearer `, or nothing. Each read and write may take `limit`.
    pub(crate) fn new(
        token: Option<(Token, &str)>,
        headers: &[(&'static str, &'static str)],
        limit: Duration,
        local: bool,
    ) -> Self {
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_connect(Some(limit))
            .timeout_recv_response(Some(limit))
            .timeout_per_read(Some(limit))
            .timeout_per_write(Some(limit))
            .user_agent(concat!("promenade/", env!("CARGO_PKG_VERSION")));
        if local {
            config = config.proxy(None);
        }
        Self {
            agent: config.build().into(),
            authorization: token.map(|(token, scheme)| {
                let header = format!("{scheme}{}", token.secret());
                (token, header)
            }),
            headers: headers.to_vec(),
            patience: Patience::default(),
        }
    }

    /// Asks. What reads only is asked again while the server fails; what writes is asked again only
    /// if the server says that it did nothing and to wait.
    pub(crate) fn ask(&self, ask: Ask<'_>) -> Result<Answer, HttpError> {
        let mut attempt = 0;
        loop {
            let error = match self.once(ask) {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let pause = match (&error, self.patience.after(attempt)) {
                (HttpError::Unknown { .. }, Some(pause)) if ask.verb == Verb::Get => pause,
                (HttpError::Throttled { retry_secs }, Some(_)) => {
                    let asked = retry_secs.map(Duration::from_secs);
                    let asked = asked.unwrap_or(UNTOLD.min(self.patience.longest));
                    if asked > self.patience.longest {
                        return Err(error);
                    }
                    asked
                }
                _ => return Err(error),
            };
            std::thread::sleep(pause);
            attempt += 1;
        }
    }

    /// Takes the secret out of a text that came from elsewhere.
    pub(crate) fn hide(&self, text: &str) -> String {
        match &self.authorization {
            Some((token, _)) => token.hide(text),
            None => text.to_owned(),
        }
    }

    fn once(&self, ask: Ask<'_>) -> Result<Answer, HttpError> {
        let (response, url) = self.follow(ask)?;
        let answer = self.read(response, url, ask.limit_bytes)?;
        match answer.status {
            408 | 500..=599 => Err(HttpError::Unknown {
                cause: self.hide(&format!("the server answered {}", answer.status)),
            }),
            429 => Err(throttled(&answer)),
            403 if is_throttled(&answer) => Err(throttled(&answer)),
            _ => Ok(answer),
        }
    }

    /// Follows redirects by hand: what is shown to one host is never shown to another, a secure answer
    /// never leads to an open one, and what writes is only repeated on the same host, where the
    /// redirect keeps its verb.
    fn follow(&self, ask: Ask<'_>) -> Result<(Response<Body>, Url), HttpError> {
        let start = ask.url;
        let mut url = start.clone();
        for _ in 0..=MAX_REDIRECTS {
            let response = self.send(&Ask { url: &url, ..ask }, url.same_origin(start))?;
            let status = response.status().as_u16();
            if !matches!(status, 301 | 302 | 303 | 307 | 308) {
                return Ok((response, url));
            }
            let location = response.headers().get("location");
            let next = location
                .and_then(|location| location.to_str().ok())
                .and_then(|location| url.join(location))
                .ok_or_else(|| protocol("a redirect leads nowhere"))?;
            if url.opens_up_to(&next) {
                let problem = self.hide(&format!("a redirect leads to {next}, which is open"));
                return Err(HttpError::Protocol { problem });
            }
            let kept = matches!(status, 307 | 308) && next.same_origin(start);
            if ask.verb != Verb::Get && !kept {
                let problem = self.hide(&format!("what writes is redirected to {next}"));
                return Err(HttpError::Protocol { problem });
            }
            url = next;
        }
        Err(protocol("too many redirects"))
    }

    fn send(&self, ask: &Ask<'_>, own: bool) -> Result<Response<Body>, HttpError> {
        let mut request = Request::builder()
            .method(ask.verb.name())
            .uri(ask.url.to_string());
        for (name, value) in &self.headers {
            request = request.header(*name, *value);
        }
        if let Some((_, header)) = self.authorization.as_ref().filter(|_| own) {
            request = request.header("authorization", header);
        }
        let impossible = |_| protocol("the request cannot be written");
        let sent = match ask.body {
            Some((media_type, bytes)) => {
                let request = request.header("content-type", media_type).body(bytes);
                self.agent.run(request.map_err(impossible)?)
            }
            None => self.agent.run(request.body(()).map_err(impossible)?),
        };
        sent.map_err(|error| HttpError::Unknown {
            cause: self.hide(&error.to_string()),
        })
    }

    fn read(
        &self,
        response: Response<Body>,
        url: Url,
        limit_bytes: u64,
    ) -> Result<Answer, HttpError> {
        let (parts, mut body) = response.into_parts();
        let stated = body.content_length();
        let too_large = || protocol(&format!("the answer is longer than {limit_bytes} bytes"));
        if stated.is_some_and(|stated| stated > limit_bytes) {
            return Err(too_large());
        }
        let read = body.with_config().limit(limit_bytes).read_to_vec();
        let bytes = read.map_err(|error| match error {
            ureq::Error::BodyExceedsLimit(_) => too_large(),
            error => HttpError::Unknown {
                cause: self.hide(&format!("the answer was cut short: {error}")),
            },
        })?;
        if stated.is_some_and(|stated| stated != bytes.len() as u64) {
            let cause = "the answer was cut short".to_owned();
            return Err(HttpError::Unknown { cause });
        }
        Ok(Answer {
            status: parts.status.as_u16(),
            url,
            body: bytes,
            headers: parts.headers,
        })
    }
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let who = self.authorization.as_ref().map(|(token, _)| token);
        f.debug_struct("Http").field("token", &who).finish()
    }
}

fn protocol(problem: &str) -> HttpError {
    HttpError::Protocol {
        problem: problem.to_owned(),
    }
}

/// A refusal that says "later", not "no".
fn is_throttled(answer: &Answer) -> bool {
    let said = || String::from_utf8_lossy(&answer.body).to_ascii_lowercase();
    answer.header("retry-after").is_some()
        || answer.header("x-ratelimit-remaining") == Some("0")
        || said().contains("rate limit")
}

fn throttled(answer: &Answer) -> HttpError {
    let told = answer
        .header("retry-after")
        .and_then(|text| text.parse().ok());
    HttpError::Throttled {
        retry_secs: told.or_else(|| until_reset(answer)),
    }
}

/// How long until the limit is lifted, by the clock of the server: ours may be wrong.
fn until_reset(answer: &Answer) -> Option<u64> {
    if answer.header("x-ratelimit-remaining") != Some("0") {
        return None;
    }
    let reset: i64 = answer.header("x-ratelimit-reset")?.parse().ok()?;
    let now = DateTime::parse_from_rfc2822(answer.header("date")?).ok()?;
    u64::try_from(reset.saturating_sub(now.timestamp()).max(0)).ok()
}
