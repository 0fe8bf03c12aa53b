//! What registries do to their clients, by a registry that does it on purpose.

use promenade_digest::Digest;
use promenade_registry::{
    ChannelName, Credentials, DockerConfig, HttpRegistry, Manifest, OpenRegistryError, Reference,
    Registry, RegistryError, RegistryErrorKind as Kind,
};

use crate::fake::{Asked, Fake, answer};

const OCI: &str = "application/vnd.oci.image.manifest.v1+json";
const BODY: &[u8] = b"{\"schemaVersion\": 2}";

fn name(text: &str) -> ChannelName {
    text.parse().unwrap()
}

fn latest() -> Reference {
    Reference::Channel(name("latest"))
}

#[track_caller]
fn kind<T: std::fmt::Debug>(result: Result<T, RegistryError>) -> Kind {
    result.unwrap_err().kind().clone()
}

fn ok(headers: &[(&str, &str)]) -> Vec<u8> {
    let mut all = vec![("Content-Type", OCI)];
    all.extend(headers);
    answer("200 OK", &all, BODY)
}

#[test]
fn bytes_and_media_type_arrive_untouched() {
    let fake = Fake::new(|_, _| ok(&[]));
    let digest = Digest::sha256(BODY);
    let fetched = fake.registry().fetch(&digest).unwrap();
    assert_eq!((fetched.bytes(), fetched.media_type()), (BODY, OCI));
    let asked = &fake.asked()[0];
    assert_eq!(
        asked.line,
        format!("GET /v2/app/manifests/{digest} HTTP/1.1")
    );
    let accept = asked.header("accept").unwrap();
    assert!(
        accept.contains(OCI) && accept.contains("oci.image.index"),
        "{accept}"
    );
    assert_eq!(
        fake.registry()
            .fetch(&Digest::sha512(BODY))
            .unwrap()
            .digest(),
        &Digest::sha512(BODY)
    );
}

#[test]
fn adv_086_other_bytes_for_a_digest_are_refused() {
    let fake = Fake::new(|_, _| ok(&[]));
    let expected = Digest::sha256(b"what was asked for");
    for expected in [expected, Digest::sha512(b"what was asked for")] {
        let Kind::OtherBytes {
            expected: stated, ..
        } = kind(fake.registry().fetch(&expected))
        else {
            panic!("accepted");
        };
        assert_eq!(*stated, expected);
    }
}

#[test]
fn adv_087_a_header_that_lies_about_the_digest_is_refused() {
    let lie = Digest::sha256(b"lie").to_string();
    let fake = Fake::new(move |_, _| ok(&[("Docker-Content-Digest", &lie)]));
    assert!(matches!(
        kind(fake.registry().find(&latest())),
        Kind::OtherBytes { .. }
    ));
    let fake = Fake::new(|_, _| ok(&[("Docker-Content-Digest", "sha256:abc")]));
    assert!(matches!(
        kind(fake.registry().find(&latest())),
        Kind::Protocol { .. }
    ));
}

#[test]
fn adv_088_a_missing_header_is_made_up_for_by_hashing() {
    let fake = Fake::new(|_, _| ok(&[]));
    let found = fake.registry().find(&latest()).unwrap().unwrap();
    assert_eq!(found.digest, Digest::sha256(BODY));
    assert_eq!(found.size_bytes, BODY.len() as u64);
    let untyped = Fake::new(|_, _| answer("200 OK", &[], BODY));
    assert!(matches!(
        kind(untyped.registry().find(&latest())),
        Kind::Protocol { .. }
    ));
}

#[test]
fn adv_090_absent_denied_throttled_and_failing_are_four_different_things() {
    let find = |status: &'static str, headers: &'static [(&str, &str)]| {
        Fake::new(move |_, _| answer(status, headers, b""))
            .registry()
            .find(&latest())
    };
    assert_eq!(find("404 Not Found", &[]), Ok(None));
    assert!(matches!(
        kind(find("401 Unauthorized", &[])),
        Kind::Denied { .. }
    ));
    assert!(matches!(
        kind(find("403 Forbidden", &[])),
        Kind::Denied { .. }
    ));
    let throttled = kind(find("429 Too Many Requests", &[("Retry-After", "7")]));
    assert_eq!(
        throttled,
        Kind::Throttled {
            retry_secs: Some(7)
        }
    );
    for status in [
        "500 Internal Server Error",
        "502 Bad Gateway",
        "503 Service Unavailable",
    ] {
        assert!(
            matches!(kind(find(status, &[])), Kind::Unknown { .. }),
            "{status}"
        );
    }
    assert!(matches!(
        kind(find("400 Bad Request", &[])),
        Kind::Refused { .. }
    ));
    assert!(matches!(
        kind(find("204 No Content", &[])),
        Kind::Protocol { .. }
    ));
    let closed = HttpRegistry::new(
        "127.0.0.1:1",
        &"app".parse().unwrap(),
        Credentials::Anonymous,
        std::time::Duration::from_secs(1),
    );
    assert!(matches!(
        kind(closed.unwrap().find(&latest())),
        Kind::Unknown { .. }
    ));
}

#[test]
fn what_is_not_answered_within_the_limit_is_unknown() {
    // Connections are made, and nobody takes them.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let registry = HttpRegistry::new(
        &silent.local_addr().unwrap().to_string(),
        &"app".parse().unwrap(),
        Credentials::Anonymous,
        std::time::Duration::from_millis(200),
    )
    .unwrap();
    assert!(matches!(
        kind(registry.find(&latest())),
        Kind::Unknown { .. }
    ));
    let manifest = Manifest::new(OCI, BODY);
    let put = registry.put(&name("latest"), &manifest);
    assert!(matches!(kind(put), Kind::Unknown { .. }));
}

#[test]
fn adv_091_a_body_that_is_cut_short_is_unknown() {
    let fake = Fake::new(|_, _| ok(&[("Content-Length", "4000")]));
    assert!(matches!(
        kind(fake.registry().find(&latest())),
        Kind::Unknown { .. }
    ));
    let chunked = Fake::new(|_, _| {
        let head =
            format!("HTTP/1.1 200 OK\r\nContent-Type: {OCI}\r\nTransfer-Encoding: chunked\r\n\r\n");
        format!("{head}5\r\n{{\"a\":\r\n").into_bytes()
    });
    assert!(matches!(
        kind(chunked.registry().find(&latest())),
        Kind::Unknown { .. }
    ));
}

#[test]
fn adv_092_an_endless_body_is_cut_off() {
    let stated = Fake::new(|_, _| ok(&[("Content-Length", "99999999999")]));
    assert!(matches!(
        kind(stated.registry().find(&latest())),
        Kind::TooLarge { .. }
    ));
    let endless = Fake::new(|_, _| {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Type: {OCI}\r\nConnection: close\r\n\r\n");
        [head.into_bytes(), vec![b' '; 6 * 1024 * 1024]].concat()
    });
    assert!(matches!(
        kind(endless.registry().find(&latest())),
        Kind::TooLarge { .. }
    ));
}

#[test]
fn adv_093_pages_are_followed_and_never_in_a_circle_or_away() {
    let page = |tags: &str, link: Option<&str>| {
        let body = format!("{{\"name\": \"app\", \"tags\": {tags}}}");
        let headers: Vec<_> = link.map(|link| ("Link", link)).into_iter().collect();
        answer("200 OK", &headers, body.as_bytes())
    };
    let pages = Fake::new(move |asked, _| match asked.line.contains("last=b") {
        false => page(
            r#"["b", "a"]"#,
            Some("</v2/app/tags/list?last=b>; rel=\"next\""),
        ),
        true => page(r#"["c", "a"]"#, None),
    });
    let listed = pages.registry().list().unwrap();
    assert_eq!(
        listed.iter().map(AsRef::as_ref).collect::<Vec<&str>>(),
        ["a", "b", "c"]
    );
    let circle = Fake::new(move |_, _| page("[]", Some("</v2/app/tags/list?n=1000>; rel=next")));
    assert!(matches!(
        kind(circle.registry().list()),
        Kind::Protocol { .. }
    ));
    assert_eq!(circle.asked().len(), 1);
    let away = Fake::new(move |_, _| page("[]", Some("<http://127.0.0.2:9/v2/>; rel=\"next\"")));
    assert!(matches!(
        kind(away.registry().list()),
        Kind::Protocol { .. }
    ));
    let odd = Fake::new(move |_, _| page(r#"["a b"]"#, None));
    assert!(matches!(kind(odd.registry().list()), Kind::Protocol { .. }));
    let empty = Fake::new(move |_, _| page("null", None));
    assert!(empty.registry().list().unwrap().is_empty());
}

#[test]
fn adv_094_tags_that_stand_in_for_referrers_are_no_channels() {
    let hex = "0".repeat(64);
    let body = format!(
        r#"{{"tags": ["1.4.0", "sha-abc1234", "sha256-{hex}", "sha256-{hex}.sig", "sha256-{hex}.att", "sha256-short"]}}"#
    );
    let fake = Fake::new(move |_, _| answer("200 OK", &[], body.as_bytes()));
    let listed = fake.registry().list().unwrap();
    let names: Vec<&str> = listed.iter().map(AsRef::as_ref).collect();
    assert_eq!(names, ["1.4.0", "sha-abc1234", "sha256-short"]);
}

fn ada() -> Credentials {
    Credentials::Basic {
        user: "ada".to_owned(),
        password: "secret".to_owned(),
    }
}

#[test]
fn adv_102_credentials_never_follow_a_redirect() {
    let other = Fake::new(|asked, _| {
        assert_eq!(asked.header("authorization"), None);
        answer("200 OK", &[("Content-Length", "7")], b"")
    });
    let blob = format!("http://{}/stored", other.host);
    let fake = Fake::new(move |asked, _| match asked.header("authorization") {
        None => answer(
            "401 Unauthorized",
            &[("WWW-Authenticate", "Basic realm=\"x\"")],
            b"",
        ),
        Some(_) => answer("307 Temporary Redirect", &[("Location", &blob)], b""),
    });
    let digest = Digest::sha256(b"layer");
    let found = fake
        .registry_as(ada())
        .find(&Reference::Blob(digest))
        .unwrap()
        .unwrap();
    assert_eq!(found.size_bytes, 7);
    assert_eq!(other.asked().len(), 1);
    assert_eq!(
        fake.asked()[1].header("authorization"),
        Some("Basic YWRhOnNlY3JldA==")
    );

    // Whoever a redirect leads to may not ask for them either, nor name a token service.
    let evil = Fake::new(|_, _| {
        answer(
            "401 Unauthorized",
            &[(
                "WWW-Authenticate",
                "Bearer realm=\"http://127.0.0.1:1/token\"",
            )],
            b"",
        )
    });
    let there = format!("http://{}/", evil.host);
    let fake = Fake::new(move |_, _| answer("302 Found", &[("Location", &there)], b""));
    assert!(matches!(
        kind(fake.registry_as(ada()).find(&latest())),
        Kind::Denied { .. }
    ));
    assert!(
        evil.asked()
            .iter()
            .all(|asked| asked.header("authorization").is_none())
    );
}

#[test]
fn redirects_do_not_loop_nor_carry_a_put() {
    let loops = Fake::new(|_, _| {
        answer(
            "302 Found",
            &[("Location", "/v2/app/manifests/latest")],
            b"",
        )
    });
    assert!(matches!(
        kind(loops.registry().find(&latest())),
        Kind::Protocol { .. }
    ));
    let manifest = Manifest::new(OCI, BODY);
    let moved = kind(loops.registry().put(&name("latest"), &manifest));
    assert!(matches!(moved, Kind::Protocol { .. }));
}

#[test]
fn a_token_is_fetched_once_and_used_again() {
    let fake = Fake::new(|asked: &Asked, _| {
        let host = asked.header("host").unwrap();
        let challenge = format!(
            "Bearer realm=\"http://{host}/token\",service=\"s p\",scope=\"repository:app:pull,push\""
        );
        if asked.line.starts_with("GET /token") {
            assert_eq!(
                asked.header("authorization"),
                Some("Basic YWRhOnNlY3JldA==")
            );
            assert!(
                asked
                    .line
                    .contains("service=s%20p&scope=repository%3Aapp%3Apull%2Cpush")
            );
            return answer("200 OK", &[], br#"{"token": "abc"}"#);
        }
        match asked.header("authorization") {
            Some("Bearer abc") => ok(&[]),
            _ => answer("401 Unauthorized", &[("WWW-Authenticate", &challenge)], b""),
        }
    });
    let registry = fake.registry_as(ada());
    assert!(registry.find(&latest()).unwrap().is_some());
    assert!(registry.find(&latest()).unwrap().is_some());
    assert_eq!(
        fake.asked().len(),
        4,
        "ask, token, ask again; then the token is known"
    );
    assert!(!format!("{registry:?} {:?}", ada()).contains("secret"));
}

#[test]
fn a_put_sends_exactly_the_bytes_and_its_failures_are_told_apart() {
    let fake = Fake::new(|_, _| answer("201 Created", &[], b""));
    let manifest = Manifest::new(OCI, BODY);
    fake.registry().put(&name("1.4.0"), &manifest).unwrap();
    let asked = &fake.asked()[0];
    assert_eq!(asked.line, "PUT /v2/app/manifests/1.4.0 HTTP/1.1");
    assert_eq!(
        (asked.body.as_slice(), asked.header("content-type")),
        (BODY, Some(OCI))
    );
    let put = |status: &'static str| {
        let fake = Fake::new(move |_, _| {
            answer(
                status,
                &[],
                br#"{"errors": [{"code": "TAG_INVALID", "message": "immutable"}]}"#,
            )
        });
        kind(fake.registry().put(&name("1.4.0"), &manifest))
    };
    assert!(matches!(
        put("500 Internal Server Error"),
        Kind::Unknown { .. }
    ));
    let Kind::Refused { cause } = put("409 Conflict") else {
        panic!("no refusal")
    };
    assert_eq!(cause, "409 TAG_INVALID: immutable");
}

#[test]
fn only_this_machine_is_spoken_to_without_tls() {
    let open = |host: &str| {
        let limit = std::time::Duration::from_secs(1);
        HttpRegistry::new(host, &"app".parse().unwrap(), Credentials::Anonymous, limit)
    };
    assert!(open("localhost:5000").is_ok() && open("127.0.0.1").is_ok());
    for host in ["", "a/b", "user@host", "host?x", "ho st"] {
        assert!(
            matches!(open(host), Err(OpenRegistryError::Host { .. })),
            "`{host}`"
        );
    }
    let far = open("registry.example");
    assert_eq!(far.is_ok(), cfg!(feature = "tls"), "{far:?}");
}

#[test]
fn docker_s_configuration_says_who_asks_whom() {
    let config: DockerConfig = r#"{
        "auths": {
            "https://old.example/v1/": {"auth": "YTpi"},
            "registry.example": {"auth": "YWRhOnNlOmNyZXQ="},
            "token.example": {"identitytoken": "t"},
            "broken.example": {"auth": "!"},
            "empty.example": {}
        },
        "credHelpers": {"odd.example": "../evil"},
        "HttpHeaders": {"X": "y"}
    }"#
    .parse()
    .unwrap();
    let basic = |user: &str, password: &str| Credentials::Basic {
        user: user.to_owned(),
        password: password.to_owned(),
    };
    assert_eq!(config.credentials("old.example"), Ok(basic("a", "b")));
    assert_eq!(
        config.credentials("registry.example"),
        Ok(basic("ada", "se:cret"))
    );
    let token = "t".to_owned();
    assert_eq!(
        config.credentials("token.example"),
        Ok(Credentials::Identity { token })
    );
    assert_eq!(
        config.credentials("empty.example"),
        Ok(Credentials::Anonymous)
    );
    assert_eq!(config.credentials("example"), Ok(Credentials::Anonymous));
    assert!(config.credentials("broken.example").is_err());
    assert!(config.credentials("odd.example").is_err());
    assert!("{".parse::<DockerConfig>().is_err());
}
