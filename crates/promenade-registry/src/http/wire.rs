//! Requests and answers: redirects, tokens, limits.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use promenade_process::port::registry::RegistryErrorKind as Kind;
use serde::Deserialize;
use ureq::http::Response;
use ureq::{Agent, Body};

use super::Credentials;
use super::auth::{Challenge, encode};
use super::url::{Url, is_loopback};

/// How many redirects are followed.
const MAX_REDIRECTS: usize = 5;
/// The longest answer of a token service or of an error that is read, in bytes.
const MAX_SMALL_BYTES: u64 = 256 * 1024;

/// What is asked.
#[derive(Clone, Copy)]
pub(super) enum Method<'a> {
    Get,
    Head,
    Put { media_type: &'a str, body: &'a [u8] },
}

/// One registry, and what it has been shown.
pub(super) struct Wire {
    agent: Agent,
    credentials: Credentials,
    /// The header that was accepted last.
    accepted: Mutex<Option<String>>,
}

/// An answer whose body is read.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) url: Url,
    pub(super) body: Vec<u8>,
    response: Response<()>,
}

impl Answer {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.response.headers().get(name)?.to_str().ok()
    }
}

#[derive(Deserialize)]
struct Token {
    token: Option<String>,
    access_token: Option<String>,
}

#[derive(Deserialize)]
struct Faults {
    errors: Vec<Fault>,
}

#[derive(Deserialize)]
struct Fault {
    code: String,
    #[serde(default)]
    message: String,
}

impl Wire {
    pub(super) fn new(credentials: Credentials, limit: Duration, local: bool) -> Self {
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_global(Some(limit))
            .user_agent(concat!("promenade/", env!("CARGO_PKG_VERSION")));
        if local {
            config = config.proxy(None);
        }
        Self {
            agent: config.build().into(),
            credentials,
            accepted: Mutex::new(None),
        }
    }

    /// Asks, shows credentials if they are wanted, follows redirects, and reads the body.
    pub(super) fn ask(
        &self,
        method: Method<'_>,
        url: &Url,
        accept: &str,
        limit_bytes: u64,
    ) -> Result<Answer, Kind> {
        let shown = self.accepted();
        let response = self.follow(method, url, accept, shown.as_deref())?;
        // Whoever a redirect led to may not ask for what is shown to the registry.
        let asked = response.0.status().as_u16() == 401 && response.1.same_origin(url);
        let (response, at) = if asked {
            let header = self.answer_challenge(&response.0, url)?;
            match header {
                Some(header) => {
                    let again = self.follow(method, url, accept, Some(&header))?;
                    if again.0.status().as_u16() != 401 {
                        self.remember(header);
                    }
                    again
                }
                None => response,
            }
        } else {
            response
        };
        read(response, at, limit_bytes, matches!(method, Method::Head))
    }

    fn accepted(&self) -> Option<String> {
        let accepted = self.accepted.lock();
        accepted.unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn remember(&self, header: String) {
        let accepted = self.accepted.lock();
        *accepted.unwrap_or_else(PoisonError::into_inner) = Some(header);
    }

    /// Follows redirects by hand: what was shown to one host is never shown to another, a secure
    /// answer never leads to an open one, and a put is not repeated elsewhere.
    fn follow(
        &self,
        method: Method<'_>,
        start: &Url,
        accept: &str,
        shown: Option<&str>,
    ) -> Result<(Response<Body>, Url), Kind> {
        let mut url = start.clone();
        for _ in 0..=MAX_REDIRECTS {
            let shown = shown.filter(|_| url.same_origin(start));
            let response = self.once(method, &url, accept, shown)?;
            let moved = matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308);
            if !moved {
                return Ok((response, url));
            }
            let location = response.headers().get("location");
            let next = location
                .and_then(|location| location.to_str().ok())
                .and_then(|location| url.join(location))
                .ok_or_else(|| protocol("a redirect leads nowhere"))?;
            if matches!(method, Method::Put { .. }) {
                return Err(protocol(&format!("a put is redirected to {next}")));
            }
            if url.secure && !next.secure {
                return Err(protocol(&format!(
                    "a redirect leads to {next}, which is open"
                )));
            }
            url = next;
        }
        Err(protocol(&format!("more than {MAX_REDIRECTS} redirects")))
    }

    fn once(
        &self,
        method: Method<'_>,
        url: &Url,
        accept: &str,
        shown: Option<&str>,
    ) -> Result<Response<Body>, Kind> {
        let target = url.to_string();
        let answer = match method {
            Method::Put { media_type, body } => {
                let mut request = self.agent.put(&target).header("content-type", media_type);
                if let Some(shown) = shown {
                    request = request.header("authorization", shown);
                }
                request.send(body)
            }
            Method::Get | Method::Head => {
                let mut request = match method {
                    Method::Head => self.agent.head(&target),
                    _ => self.agent.get(&target),
                };
                request = request.header("accept", accept);
                if let Some(shown) = shown {
                    request = request.header("authorization", shown);
                }
                request.call()
            }
        };
        answer.map_err(|error| Kind::Unknown {
            cause: error.to_string(),
        })
    }

    /// Finds the header that a challenge asks for; nothing if there is nothing to show.
    fn answer_challenge(
        &self,
        response: &Response<Body>,
        url: &Url,
    ) -> Result<Option<String>, Kind> {
        let challenges = response.headers().get_all("www-authenticate");
        let challenge = challenges
            .iter()
            .filter_map(|header| header.to_str().ok())
            .find_map(Challenge::parse);
        match challenge {
            Some(Challenge::Basic) => Ok(self.credentials.header()),
            Some(Challenge::Bearer {
                realm,
                service,
                scope,
            }) => {
                let realm = Url::parse(&realm)
                    .filter(|realm| realm.secure || is_loopback(&realm.authority))
                    .ok_or_else(|| {
                        protocol(&format!("the token service `{realm}` is not secure"))
                    })?;
                // An open registry may not send a secret over to somebody else.
                if !url.secure && !is_loopback(&url.authority) && realm.authority != url.authority {
                    return Err(protocol("an open registry names a foreign token service"));
                }
                self.token(realm, service, scope).map(Some)
            }
            None => Ok(None),
        }
    }

    fn token(
        &self,
        mut realm: Url,
        service: Option<String>,
        scope: Option<String>,
    ) -> Result<String, Kind> {
        let mut query: Vec<String> = Vec::new();
        query.extend(service.map(|service| format!("service={}", encode(&service))));
        query.extend(scope.map(|scope| format!("scope={}", encode(&scope))));
        let answer = if let Credentials::Identity { token } = &self.credentials {
            query.push("grant_type=refresh_token".to_owned());
            query.push("client_id=promenade".to_owned());
            query.push(format!("refresh_token={}", encode(token)));
            let form = query.join("&");
            let sent = self
                .agent
                .post(realm.to_string())
                .header("content-type", "application/x-www-form-urlencoded")
                .send(form.as_bytes());
            let response = sent.map_err(|error| Kind::Unknown {
                cause: error.to_string(),
            })?;
            read(response, realm, MAX_SMALL_BYTES, false)?
        } else {
            let joint = if realm.path.contains('?') { "&" } else { "?" };
            realm.path = format!("{}{joint}{}", realm.path, query.join("&"));
            let shown = self.credentials.header();
            let (response, at) =
                self.follow(Method::Get, &realm, "application/json", shown.as_deref())?;
            read(response, at, MAX_SMALL_BYTES, false)?
        };
        if answer.status != 200 {
            return Err(refusal(&answer));
        }
        let token: Token = serde_json::from_slice(&answer.body)
            .map_err(|error| protocol(&format!("the token cannot be read: {error}")))?;
        let token = token.token.or(token.access_token);
        let plain = |token: &String| token.bytes().all(|c| c.is_ascii_graphic());
        let token = token
            .filter(plain)
            .ok_or_else(|| protocol("the token service gave no token"))?;
        Ok(format!("Bearer {token}"))
    }
}

fn read(response: Response<Body>, url: Url, limit_bytes: u64, head: bool) -> Result<Answer, Kind> {
    let (parts, mut body) = response.into_parts();
    let status = parts.status.as_u16();
    let bytes = if head {
        Vec::new()
    } else {
        let stated = body.content_length();
        if stated.is_some_and(|stated| stated > limit_bytes) {
            return Err(Kind::TooLarge { limit_bytes });
        }
        let read = body.with_config().limit(limit_bytes).read_to_vec();
        let bytes = read.map_err(|error| match error {
            ureq::Error::BodyExceedsLimit(_) => Kind::TooLarge { limit_bytes },
            error => Kind::Unknown {
                cause: format!("the answer was cut short: {error}"),
            },
        })?;
        if stated.is_some_and(|stated| stated != bytes.len() as u64) {
            let cause = "the answer was cut short".to_owned();
            return Err(Kind::Unknown { cause });
        }
        bytes
    };
    Ok(Answer {
        status,
        url,
        body: bytes,
        response: Response::from_parts(parts, ()),
    })
}

pub(super) fn protocol(problem: &str) -> Kind {
    Kind::Protocol {
        problem: problem.to_owned(),
    }
}

/// Reads an answer that is not the one hoped for.
pub(super) fn refusal(answer: &Answer) -> Kind {
    let faults: Option<Faults> = serde_json::from_slice(&answer.body).ok();
    let said = faults
        .and_then(|faults| faults.errors.into_iter().next())
        .map(|fault| format!(" {}: {}", fault.code, fault.message));
    let cause = format!("{}{}", answer.status, said.unwrap_or_default());
    match answer.status {
        401 | 403 => Kind::Denied { cause },
        404 => Kind::Absent,
        408 | 500..=599 => Kind::Unknown { cause },
        429 => Kind::Throttled {
            retry_secs: answer
                .header("retry-after")
                .and_then(|text| text.parse().ok()),
        },
        400..=499 => Kind::Refused { cause },
        _ => protocol(&format!("unexpected status {cause}")),
    }
}
