//! Releases over GitHub's REST API, against a server of our own that remembers and fails on demand.

use std::time::{Duration, Instant};

use promenade_forge::{
    Forge as _, ForgeErrorKind as Kind, GithubForge, OpenError, Patience, PublishError,
    ReleasePlan, ReleaseText, Stage, Token, conformance, publish,
};
use testkit::github::{Fault, Github, TOKEN, refused};
use testkit::http::{Reply, Server, sha256};

const HASTY: Patience = Patience {
    attempts: 4,
    pause: Duration::from_millis(1),
    longest: Duration::from_secs(2),
};

fn open(forge: &Github) -> GithubForge {
    let token = Some(Token::new(TOKEN).unwrap());
    GithubForge::new(&forge.api(), "acme/app", token)
        .unwrap()
        .patient(HASTY)
}

/// One that gives up at the first failure, as a program does that is killed.
fn brittle(forge: &Github) -> GithubForge {
    open(forge).patient(Patience {
        attempts: 1,
        ..HASTY
    })
}

fn text(name: &str, stage: Stage) -> ReleaseText {
    ReleaseText {
        name: name.to_owned(),
        notes: "### Fixed\r\n\r\n- a crash of “é”".to_owned(),
        stage,
    }
}

fn plan(tag: &str, stage: Stage) -> ReleasePlan {
    ReleasePlan::new(tag, text("Acme", stage))
        .with_asset("app.tar.gz", "application/gzip", b"bytes")
        .and_then(|plan| plan.with_asset("app.tar.gz.sha256", "text/plain", b"sums"))
        .unwrap()
}

#[test]
fn the_github_forge_conforms() {
    let server = Github::start(["conformance-1.0.0", "conformance-1.1.0"]);
    assert_eq!(conformance::check(&open(&server)), Ok(()));
}

#[test]
fn the_github_forge_conforms_page_by_page() {
    let server = Github::start(["conformance-1.0.0", "conformance-1.1.0", "a", "b", "c"]);
    let forge = open(&server);
    for tag in ["a", "b", "c"] {
        forge.create(tag, &text(tag, Stage::Full)).unwrap();
    }
    server.page_by(1);
    assert_eq!(conformance::check(&forge), Ok(()));
    assert_eq!(forge.list().unwrap().len(), 5);
}

/// What must stand when all is done, whatever happened on the way.
#[track_caller]
fn check_published(server: &Github, tag: &str, stage: Stage, about: &str) {
    let releases = server.releases();
    let own: Vec<_> = releases.iter().filter(|one| one.tag == tag).collect();
    assert_eq!(own.len(), 1, "{about}: one release");
    let flags = (own[0].draft, own[0].prerelease);
    assert_eq!(flags, (false, stage == Stage::Prerelease), "{about}");
    let latest = server.latest().as_deref() == Some(tag);
    assert_eq!(latest, stage == Stage::Latest, "{about}");
    let mut assets: Vec<_> = own[0]
        .assets
        .iter()
        .map(|one| (one.name.as_str(), one.state, one.bytes.as_slice()))
        .collect();
    assets.sort_unstable();
    let expected: [(&str, &str, &[u8]); 2] = [
        ("app.tar.gz", "uploaded", b"bytes"),
        ("app.tar.gz.sha256", "uploaded", b"sums"),
    ];
    assert_eq!(assets, expected, "{about}: each asset once");
    assert_eq!(server.tags().len(), 2, "{about}: no tag is made");
}

/// Lets every call of a whole publication go wrong in one way, each in a world of its own, and runs it
/// again after. Returns in how many of them the first run did not end well.
fn publish_with(fault: &Fault, stage: Stage, first: fn(&Github) -> GithubForge) -> usize {
    let mut failed = 0;
    for at in 0.. {
        let server = Github::start(["v1.3.0", "v1.4.0"]);
        let calls = server.asked().len();
        server.fault(at, fault.clone());
        let about = format!("{fault:?} at call {at}, {stage}");
        let outcome = publish(&first(&server), &plan("v1.4.0", stage));
        let met = server.asked().len() > calls + at;
        failed += usize::from(outcome.is_err());
        for release in server.releases() {
            let whole = release.assets.iter().filter(|one| one.state == "uploaded");
            assert!(
                release.draft || whole.count() == 2,
                "{about}: shown without its files"
            );
        }
        server.heal();
        publish(&open(&server), &plan("v1.4.0", stage))
            .unwrap_or_else(|error| panic!("{about}: {error}"));
        check_published(&server, "v1.4.0", stage, &about);
        if !met {
            assert!(outcome.is_ok(), "{about}: {outcome:?}");
            assert!(at > 10, "only {at} calls");
            return failed;
        }
    }
    unreachable!()
}

#[test]
fn a_crash_between_any_two_calls_is_taken_up_by_the_next_run() {
    for stage in [Stage::Prerelease, Stage::Full, Stage::Latest] {
        let before = publish_with(&Fault::Dead, stage, brittle);
        let after = publish_with(&Fault::DeadAfter, stage, brittle);
        assert!(before > 10 && after >= before - 1, "{before} {after}");
    }
}

#[test]
fn a_lost_or_broken_answer_is_resolved_by_looking() {
    for fault in [Fault::HangUp, Fault::Lost, Fault::Cut, Fault::Page] {
        publish_with(&fault, Stage::Latest, brittle);
        publish_with(&fault, Stage::Prerelease, open);
    }
}

#[test]
fn a_server_error_is_outlived_done_or_not() {
    for status in [500, 502, 503, 504] {
        let reply = refused(status, "oops");
        publish_with(&Fault::Answer(reply.clone()), Stage::Latest, brittle);
        publish_with(&Fault::DoneBut(reply), Stage::Latest, open);
    }
}

#[test]
fn throttling_costs_nothing_but_time() {
    let secondary = refused(403, "You have exceeded a secondary rate limit.");
    for reply in [
        refused(429, "slow down").with("Retry-After", 0),
        secondary.with("Retry-After", 0),
        refused(403, "API rate limit exceeded")
            .with("x-ratelimit-remaining", 0)
            .with("x-ratelimit-reset", 1_763_730_000)
            .with("Date", "Fri, 21 Nov 2025 13:00:00 GMT"),
    ] {
        let failed = publish_with(&Fault::Answer(reply), Stage::Latest, open);
        assert_eq!(failed, 0, "every call is asked again");
    }
}

#[test]
fn a_half_upload_is_cleared_away_and_made_again() {
    let failed = publish_with(&Fault::HalfUpload, Stage::Latest, open);
    assert!(failed <= 12, "{failed}");
    let server = Github::start(["v1.3.0", "v1.4.0"]);
    let forge = open(&server);
    let release = forge.create("v1.4.0", &text("Acme", Stage::Draft)).unwrap();
    // The look at the release, the look at its assets, the upload.
    server.fault(2, Fault::HalfUpload);
    let asset = forge.attach(&release.id, "app.tar.gz", "application/gzip", b"bytes");
    assert_eq!(asset.unwrap().size_bytes, 5);
    let deletes = server.asked();
    let deletes = deletes.iter().filter(|asked| asked.verb == "DELETE");
    assert_eq!(deletes.count(), 1, "what the failed upload left");
}

#[test]
fn a_draft_is_found_and_used() {
    let server = Github::start(["v1.3.0", "v1.4.0"]);
    let forge = open(&server);
    forge.create("v1.4.0", &text("Acme", Stage::Draft)).unwrap();
    let strangers = GithubForge::new(&server.api(), "acme/app", None).unwrap();
    assert_eq!(strangers.list().unwrap(), [], "others do not see it");
    let error = forge
        .create("v1.4.0", &text("Acme", Stage::Full))
        .unwrap_err();
    assert_eq!(*error.kind(), Kind::Exists);
    publish(&forge, &plan("v1.4.0", Stage::Latest)).unwrap();
    check_published(&server, "v1.4.0", Stage::Latest, "from a draft");
}

#[test]
fn a_candidate_becomes_the_latest_and_gives_that_up() {
    let server = Github::start(["v1.3.0", "v1.4.0"]);
    let forge = open(&server);
    let pre = forge
        .create("v1.3.0", &text("Acme", Stage::Prerelease))
        .unwrap();
    assert_eq!(server.latest(), None);
    let latest = text("Acme", Stage::Latest);
    forge.edit(&pre.id, &pre.text, &latest).unwrap();
    assert_eq!(server.latest().as_deref(), Some("v1.3.0"));
    forge.create("v1.4.0", &text("Acme", Stage::Full)).unwrap();
    assert_eq!(
        server.latest().as_deref(),
        Some("v1.3.0"),
        "full is not latest"
    );
    forge
        .edit(&pre.id, &latest, &text("Acme", Stage::Full))
        .unwrap();
    assert_eq!(
        server.latest().as_deref(),
        Some("v1.4.0"),
        "the forge chooses another one by itself"
    );
    forge
        .edit(&pre.id, &text("Acme", Stage::Full), &pre.text)
        .unwrap();
    assert!(server.releases()[0].prerelease, "and back");
}

#[test]
fn name_and_tag_are_separate_fields() {
    let server = Github::start(["0.1-prerelease1", "w/ö+1"]);
    let forge = open(&server);
    forge
        .create("0.1-prerelease1", &text("0.1", Stage::Prerelease))
        .unwrap();
    forge.create("w/ö+1", &text("odd", Stage::Draft)).unwrap();
    let listed = forge.list().unwrap();
    assert_eq!(
        (listed[0].tag.as_str(), listed[0].text.name.as_str()),
        ("0.1-prerelease1", "0.1")
    );
    assert_eq!(listed[1].tag, "w/ö+1");
}

#[test]
fn no_tag_is_ever_made() {
    let server = Github::start(["v1.3.0"]);
    let error = open(&server)
        .create("v1.4.0", &text("Acme", Stage::Full))
        .unwrap_err();
    assert!(matches!(error.kind(), Kind::Invalid { .. }), "{error}");
    assert_eq!(server.tags().len(), 1);
}

#[track_caller]
fn list_fails(fault: Fault, expected: fn(&Kind) -> bool) -> String {
    let server = Github::start(["v1.4.0"]);
    let forge = open(&server);
    forge.create("v1.4.0", &text("Acme", Stage::Full)).unwrap();
    // The first call is for the latest, the second for the list; a failure stays for every retry.
    for at in 1..8 {
        server.fault(at, fault.clone());
    }
    let error = forge.list().unwrap_err();
    assert!(expected(error.kind()), "{error:?}");
    let error = forge
        .create("v1.4.0", &text("Acme", Stage::Full))
        .unwrap_err();
    assert!(*error.kind() != Kind::Absent, "{error:?}");
    error.to_string()
}

#[test]
fn a_403_is_denied() {
    let said = list_fails(
        Fault::Answer(refused(403, "Resource not accessible")),
        |kind| matches!(kind, Kind::Denied { .. }),
    );
    assert!(said.contains("403 Resource not accessible"), "{said}");
}

#[test]
fn a_404_of_the_list_is_denied_and_never_no_releases() {
    list_fails(
        Fault::Answer(refused(404, "Not Found")),
        |kind| matches!(kind, Kind::Denied { cause } if cause.contains("404")),
    );
}

#[test]
fn a_404_of_one_release_is_absent() {
    let server = Github::start(["v1.4.0"]);
    let forge = open(&server);
    let release = forge.create("v1.4.0", &text("Acme", Stage::Full)).unwrap();
    server.fault(0, Fault::Answer(refused(404, "Not Found")));
    let edit = forge.edit(&release.id, &release.text, &text("Other", Stage::Full));
    assert_eq!(*edit.unwrap_err().kind(), Kind::Absent);
}

#[test]
fn a_422_says_which_field() {
    let server = Github::start(["v1.4.0"]);
    let long = ReleaseText {
        notes: "x".repeat(125_001),
        ..text("Acme", Stage::Full)
    };
    let error = open(&server).create("v1.4.0", &long).unwrap_err();
    let said = error.to_string();
    assert!(matches!(error.kind(), Kind::Invalid { .. }), "{said}");
    assert!(said.contains("body custom body is too long"), "{said}");
    assert_eq!(server.releases(), []);
}

#[test]
fn a_422_for_what_is_there_already_is_exists() {
    let server = Github::start(["v1.4.0"]);
    let forge = open(&server);
    // Somebody makes the release between our look and our request.
    let error = serde_like("already_exists");
    server.fault(2, Fault::Answer(error));
    let error = forge
        .create("v1.4.0", &text("Acme", Stage::Full))
        .unwrap_err();
    assert_eq!(*error.kind(), Kind::Exists);
}

fn serde_like(code: &str) -> Reply {
    let body = format!(
        "{{\"message\":\"Validation Failed\",\"errors\":[{{\"resource\":\"Release\",\
         \"code\":\"{code}\",\"field\":\"tag_name\"}}]}}"
    );
    Reply::new(422, body)
}

#[test]
fn a_429_that_asks_for_too_long_is_an_error_with_the_time() {
    let server = Github::start(["v1.4.0"]);
    let start = Instant::now();
    server.fault(
        0,
        Fault::Answer(refused(429, "later").with("Retry-After", 3600)),
    );
    let error = open(&server).list().unwrap_err();
    assert_eq!(
        *error.kind(),
        Kind::Throttled {
            retry_secs: Some(3600)
        }
    );
    assert_eq!(server.asked().len(), 1, "it is not asked again");
    assert!(
        start.elapsed() < Duration::from_secs(1800),
        "nobody waits an hour"
    );
}

#[test]
fn the_wait_until_the_limit_is_lifted_is_by_the_clock_of_the_server() {
    let server = Github::start(["v1.4.0"]);
    let reply = refused(403, "API rate limit exceeded")
        .with("x-ratelimit-remaining", 0)
        .with("x-ratelimit-reset", 1_763_730_100)
        .with("Date", "Fri, 21 Nov 2025 13:00:00 GMT");
    server.fault(0, Fault::Answer(reply));
    let error = open(&server).list().unwrap_err();
    assert_eq!(
        *error.kind(),
        Kind::Throttled {
            retry_secs: Some(100)
        }
    );
}

#[test]
fn a_5xx_is_unknown_and_never_absent() {
    for status in [500, 502, 503] {
        list_fails(Fault::Answer(refused(status, "oops")), |kind| {
            matches!(kind, Kind::Unknown { .. })
        });
    }
}

#[test]
fn a_truncated_body_is_unknown() {
    list_fails(
        Fault::Cut,
        |kind| matches!(kind, Kind::Unknown { cause } if cause.contains("cut short")),
    );
}

#[test]
fn a_page_for_people_is_a_typed_error() {
    list_fails(Fault::Page, |kind| matches!(kind, Kind::Protocol { .. }));
}

#[test]
fn assets_are_never_replaced() {
    let server = Github::start(["v1.3.0", "v1.4.0"]);
    let forge = open(&server);
    publish(&forge, &plan("v1.4.0", Stage::Full)).unwrap();
    let other = ReleasePlan::new("v1.4.0", text("Acme", Stage::Full))
        .with_asset("app.tar.gz", "application/gzip", b"rebuilt")
        .unwrap();
    let error = publish(&forge, &other).unwrap_err();
    let PublishError::Forge(error) = error else {
        panic!("{error}")
    };
    let Kind::OtherBytes { found, .. } = error.kind() else {
        panic!("{error}")
    };
    assert_eq!(found.encoded(), sha256(b"bytes"));
    check_published(&server, "v1.4.0", Stage::Full, "untouched");
}

#[test]
fn an_asset_without_a_digest_is_not_guessed_about() {
    let server = Github::start(["v1.3.0", "v1.4.0"]);
    server.hide_digests();
    let forge = open(&server);
    publish(&forge, &plan("v1.4.0", Stage::Full)).unwrap();
    let error = publish(&forge, &plan("v1.4.0", Stage::Full)).unwrap_err();
    let PublishError::Forge(error) = error else {
        panic!("{error}")
    };
    assert_eq!(*error.kind(), Kind::UnknownBytes);
}

#[test]
fn a_renamed_asset_is_an_error() {
    let server = Github::start(["v1.4.0"]);
    let forge = open(&server);
    let release = forge.create("v1.4.0", &text("Acme", Stage::Draft)).unwrap();
    let error = forge.attach(&release.id, "my app.zip", "application/zip", b"bytes");
    let said = error.unwrap_err().to_string();
    assert!(said.contains("renamed to `my.app.zip`"), "{said}");
}

#[test]
fn an_edit_of_somebody_else_is_not_overwritten() {
    let server = Github::start(["v1.4.0"]);
    let forge = open(&server);
    let release = forge.create("v1.4.0", &text("Acme", Stage::Full)).unwrap();
    server.rewrite("v1.4.0", "by hand");
    let edit = forge.edit(&release.id, &release.text, &text("Acme", Stage::Latest));
    assert_eq!(*edit.unwrap_err().kind(), Kind::Changed);
    assert_eq!(server.releases()[0].body, "by hand");
}

#[test]
fn a_token_is_never_printed() {
    let server = Github::start(["v1.4.0"]);
    let secret = "wrong-secret-abcdef";
    let token = Token::new(secret).unwrap();
    assert!(!format!("{token:?}").contains(secret));
    let forge = GithubForge::new(&server.api(), "acme/app", Some(token))
        .unwrap()
        .patient(HASTY);
    assert!(!format!("{forge:?}").contains(secret));
    // A server that gives back what it was shown.
    let echo = refused(403, &format!("Bearer {secret} may not"));
    server.fault(1, Fault::Answer(echo));
    let gone = Reply::new(301, "").with("Location", format!("http://x.example/{secret}"));
    server.fault(2, Fault::Answer(gone));
    for _ in 0..3 {
        let error = forge.list().unwrap_err();
        let said = format!("{error} {error:?}");
        assert!(!said.contains(secret), "{said}");
    }
    assert!(Token::new("two words").is_err_and(|error| !format!("{error:?}").contains("two")));
}

#[test]
fn a_redirect_to_another_host_is_not_shown_the_token() {
    let other = Server::start(|_, _| Some(Reply::new(200, "[]")));
    let server = Github::start(["v1.4.0"]);
    let away = format!("http://{}/releases", other.host());
    server.fault(1, Fault::Answer(Reply::new(302, "").with("Location", away)));
    assert_eq!(open(&server).list().unwrap(), []);
    let asked = other.asked();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].header("authorization"), None);
}

#[test]
fn a_renamed_repository_is_followed_on_the_same_host() {
    let server = Github::start(["v1.4.0"]);
    let here = format!("{}/repos/acme/app/releases?per_page=100", server.api());
    server.fault(1, Fault::Answer(Reply::new(301, "").with("Location", here)));
    let forge = open(&server);
    forge.create("v1.4.0", &text("Acme", Stage::Draft)).unwrap();
    assert_eq!(forge.list().unwrap().len(), 1, "with the token: drafts too");
}

#[test]
fn what_writes_is_not_repeated_elsewhere() {
    let other = Server::start(|_, _| Some(Reply::new(201, "{}")));
    let server = Github::start(["v1.4.0"]);
    let away = format!("http://{}/releases", other.host());
    // The list, the tag, the request that writes.
    server.fault(2, Fault::Answer(Reply::new(307, "").with("Location", away)));
    let error = open(&server)
        .create("v1.4.0", &text("Acme", Stage::Full))
        .unwrap_err();
    assert!(matches!(error.kind(), Kind::Protocol { .. }), "{error}");
    assert_eq!(other.asked().len(), 0);
}

#[test]
fn an_upload_address_of_a_stranger_is_refused() {
    let server = Server::start(|asked, _| {
        let body = "{\"id\":1,\"tag_name\":\"v1\",\"name\":\"\",\"body\":\"\",\"draft\":true,\
             \"prerelease\":false,\"upload_url\":\"https://evil.example/up{?name}\"}";
        assert_eq!(asked.verb, "GET");
        Some(Reply::new(200, body))
    });
    let api = format!("http://{}", server.host());
    let forge = GithubForge::new(&api, "acme/app", Some(Token::new(TOKEN).unwrap())).unwrap();
    let id = promenade_forge::ReleaseId::new("1");
    let error = forge
        .attach(&id, "app.zip", "application/zip", b"x")
        .unwrap_err();
    assert!(matches!(error.kind(), Kind::Protocol { .. }), "{error}");
}

#[test]
fn an_open_line_to_elsewhere_is_refused() {
    let open = |api: &str, name: &str| GithubForge::new(api, name, None).map(|_| ());
    assert!(matches!(
        open("http://forge.example", "a/b"),
        Err(OpenError::Open { .. })
    ));
    assert!(matches!(
        open("forge.example", "a/b"),
        Err(OpenError::Url { .. })
    ));
    assert!(matches!(
        open("http://127.0.0.1:1", "ab"),
        Err(OpenError::Repository { .. })
    ));
    assert!(matches!(
        open("http://127.0.0.1:1", "a/b/c"),
        Err(OpenError::Repository { .. })
    ));
    assert!(matches!(
        open("http://127.0.0.1:1", "../b"),
        Err(OpenError::Repository { .. })
    ));
    if !cfg!(feature = "tls") {
        assert!(matches!(
            open("https://forge.example", "a/b"),
            Err(OpenError::NoTls { .. })
        ));
    }
}
