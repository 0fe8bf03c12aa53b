//! Credentials of docker's configuration and of helper programs, real ones, shown to a registry.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use promenade_registry::{
    Credentials, DockerConfig, HttpRegistry, Reference, Registry as _, RegistryErrorKind as Kind,
};

use crate::fake::{Asked, Fake, answer};

/// `ada:secret`, as it is shown.
const ADA: &str = "Basic YWRhOnNlY3JldA==";
/// A helper that knows the one host it is asked about.
const KNOWS: &str = r#"read -r host
[ "$1" = get ] && [ "$host" = HOST ] || { echo "credentials not found in native keychain"; exit 1; }
echo '{"ServerURL": "HOST", "Username": "ada", "Secret": "secret"}'"#;

/// What a child of the other tests does, with helpers in its `PATH`: it reads the configuration, and
/// looks for a channel.
#[test]
#[ignore = "a part of the other tests of this module, which run it as a process of its own"]
#[expect(clippy::print_stdout, reason = "the other tests read it")]
fn child() {
    let (Ok(place), Ok(host)) = (std::env::var("DOCKER_CONFIG"), std::env::var("ASKED_HOST"))
    else {
        return;
    };
    let config = DockerConfig::read(&Path::new(&place).join("config.json")).unwrap();
    let secs = std::env::var("HELPER_LIMIT").unwrap().parse().unwrap();
    let limit = Duration::from_secs(secs);
    let said = match config.credentials_within(&host, limit) {
        Err(error) => error.to_string(),
        Ok(credentials) => look(&host, credentials),
    };
    println!("\nsaid: {said}");
}

fn look(host: &str, credentials: Credentials) -> String {
    let limit = Duration::from_secs(60);
    let registry = HttpRegistry::new(host, &"app".parse().unwrap(), credentials, limit).unwrap();
    let channel = Reference::Channel("latest".parse().unwrap());
    match registry.find(&channel) {
        Ok(found) => found.map_or("absent", |_| "found").to_owned(),
        Err(error) => match error.kind() {
            Kind::Denied { .. } => "denied".to_owned(),
            kind => kind.to_string(),
        },
    }
}

/// Somebody's home: a configuration of docker, and helpers.
struct Home {
    dir: tempfile::TempDir,
}

impl Home {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        Self { dir }
    }

    /// Writes a helper in shell; `HOST` in it is the host.
    fn helper(self, name: &str, script: &str, host: &str) -> Self {
        let file = self.dir.path().join(format!("docker-credential-{name}"));
        let script = script.replace("HOST", host);
        std::fs::write(&file, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
        self
    }

    /// Asks a host in a process of its own, by a configuration in which `HOST` is the host.
    #[track_caller]
    fn ask(&self, config: &str, host: &str) -> String {
        // For helpers that answer: a machine may be slow.
        self.ask_within(config, host, 60)
    }

    #[track_caller]
    fn ask_within(&self, config: &str, host: &str, secs: u64) -> String {
        let config = config.replace("HOST", host);
        std::fs::write(self.dir.path().join("config.json"), config).unwrap();
        let here = self.dir.path().as_os_str().to_owned();
        let path = std::env::var_os("PATH").unwrap();
        let dirs = [here.into()]
            .into_iter()
            .chain(std::env::split_paths(&path));
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "docker::child", "--nocapture"])
            .env("PATH", std::env::join_paths(dirs).unwrap())
            .env("DOCKER_CONFIG", self.dir.path())
            .env("ASKED_HOST", host)
            .env("HELPER_LIMIT", secs.to_string())
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let said = text.lines().find_map(|line| line.strip_prefix("said: "));
        said.unwrap_or_else(|| panic!("{text}{}", String::from_utf8_lossy(&output.stderr)))
            .to_owned()
    }
}

fn manifest() -> Vec<u8> {
    let kind = "application/vnd.oci.image.manifest.v1+json";
    answer("200 OK", &[("Content-Type", kind)], b"{}")
}

fn unauthorized(challenge: &str) -> Vec<u8> {
    let headers = [("WWW-Authenticate", challenge)];
    answer("401 Unauthorized", &headers, b"")
}

/// A registry that wants to see `ada:secret`.
fn basic() -> Fake {
    Fake::new(|asked, _| match asked.header("authorization") {
        Some(ADA) => manifest(),
        _ => unauthorized("Basic realm=\"x\""),
    })
}

fn shown(fake: &Fake) -> Vec<Option<String>> {
    let header = |asked: &Asked| asked.header("authorization").map(str::to_owned);
    fake.asked().iter().map(header).collect()
}

#[test]
fn a_helper_is_asked_for_its_host_and_for_no_other() {
    let (fake, other) = (basic(), basic());
    let home = Home::new().helper("keys", KNOWS, &fake.host);
    let config = format!(r#"{{"credHelpers": {{"{}": "keys"}}}}"#, fake.host);
    assert_eq!(home.ask(&config, &fake.host), "found");
    assert_eq!(shown(&fake), [None, Some(ADA.to_owned())]);
    assert_eq!(home.ask(&config, &other.host), "denied");
    assert_eq!(shown(&other), [None]);
    // A helper that does not know the host says so, and nobody in particular asks.
    let unknown = r#"{"credHelpers": {"HOST": "keys"}}"#;
    assert_eq!(home.ask(unknown, &other.host), "denied");
    assert_eq!(shown(&other), [None, None]);
}

#[test]
fn a_store_is_asked_for_what_neither_a_helper_nor_the_file_says() {
    let fake = basic();
    let home =
        Home::new()
            .helper("store", KNOWS, &fake.host)
            .helper("never", "echo asked; exit 1", "");
    let ask = |config: &str| home.ask(config, &fake.host);
    assert_eq!(ask(r#"{"credsStore": "store"}"#), "found");
    assert_eq!(
        ask(r#"{"auths": {"HOST": {}}, "credsStore": "store"}"#),
        "found"
    );
    // The file says it, in base64.
    let file = r#"{"auths": {"HOST": {"auth": "YWRhOnNlY3JldA=="}}, "credsStore": "never"}"#;
    assert_eq!(ask(file), "found");
    let old = r#"{"auths": {"https://HOST/v1/": {"auth": "YWRhOnNlY3JldA=="}}}"#;
    assert_eq!(ask(old), "found");
    let wrong = r#"{"auths": {"HOST": {"auth": "YWRhOm90aGVy"}}}"#;
    assert_eq!(ask(wrong), "denied");
    // A helper of the host comes before the store and the file.
    let both = r#"{"credHelpers": {"HOST": "store"}, "credsStore": "never",
        "auths": {"HOST": {"auth": "YWRhOm90aGVy"}}}"#;
    assert_eq!(ask(both), "found");
}

#[test]
fn a_helper_that_fails_or_talks_nonsense_is_an_error_and_nobody_is_asked() {
    let fake = basic();
    let config = r#"{"credHelpers": {"HOST": "odd"}}"#;
    let shape = "expected a JSON object with `Username` and `Secret`";
    for (script, expected) in [
        (
            "echo the keychain is locked; echo and more; exit 1",
            "failed: the keychain is locked",
        ),
        ("exit 3", "failed: it said nothing"),
        ("kill -9 $$", "failed: it said nothing"),
        ("echo hello", shape),
        ("true", shape),
        ("echo '{}'", shape),
        (r#"echo '{"Username": "ada"}'"#, shape),
        (r#"echo '{"Username": "ada", "Secret": ["hush"]}'"#, shape),
        (
            r#"echo '{"Username": "ada", "Secret": "secret"} and more'"#,
            shape,
        ),
        (r"printf '\377\376'", "its answer cannot be read"),
        ("exec yes", "its answer is longer than 65536 bytes"),
    ] {
        let said = Home::new()
            .helper("odd", script, "")
            .ask(config, &fake.host);
        let expected = format!("credentials of docker: `docker-credential-odd`: {expected}");
        assert_eq!(said, expected, "`{script}`");
    }
    let absent = Home::new().ask(config, &fake.host);
    assert!(
        absent.contains("`docker-credential-odd`: cannot be started"),
        "{absent}"
    );
    assert_eq!(shown(&fake), []);
}

#[test]
fn a_helper_that_hangs_is_ended() {
    let fake = basic();
    let config = r#"{"credsStore": "slow"}"#;
    let known = KNOWS.replace("HOST", &fake.host);
    for script in [
        "exec sleep 100",
        // Another process holds the other end of the pipe.
        "sleep 100",
        // It has said everything, or nothing, and stays.
        "exec >&-; exec sleep 100",
        &format!("{known}\nexec >&-; exec sleep 100"),
        // It does not even read.
        "exec <&-; exec sleep 100",
    ] {
        let start = Instant::now();
        let said = Home::new()
            .helper("slow", script, "")
            .ask_within(config, &fake.host, 1);
        assert!(
            said.ends_with("did not answer within 1 s"),
            "`{script}`: {said}"
        );
        assert!(start.elapsed() < Duration::from_secs(90), "`{script}`");
    }
    assert_eq!(shown(&fake), []);
}

#[test]
fn a_token_service_takes_what_a_helper_knows() {
    // A registry that names its token service, which takes a password or an identity token.
    let fake = Fake::new(|asked, _| {
        let host = asked.header("host").unwrap();
        let challenge = format!("Bearer realm=\"http://{host}/token\",service=\"reg\"");
        let body = String::from_utf8_lossy(&asked.body).into_owned();
        let fields: Vec<&str> = body.split('&').collect();
        let known = asked.header("authorization") == Some(ADA)
            || fields.contains(&"refresh_token=r%2Ft") && fields.contains(&"service=reg");
        match asked.line.contains(" /token") {
            true if known => answer("200 OK", &[], br#"{"access_token": "abc"}"#),
            true => answer("401 Unauthorized", &[], b""),
            false if asked.header("authorization") == Some("Bearer abc") => manifest(),
            false => unauthorized(&challenge),
        }
    });
    let config = r#"{"credsStore": "keys"}"#;
    let home = Home::new().helper("keys", KNOWS, &fake.host);
    assert_eq!(home.ask(config, &fake.host), "found");
    let identity = r#"echo '{"Username": "<token>", "Secret": "r/t"}'"#;
    let home = Home::new().helper("keys", identity, "");
    assert_eq!(home.ask(config, &fake.host), "found");
    // An identity token is for the token service; the registry never sees it.
    let last = fake.asked().split_off(3);
    let lines: Vec<&str> = last.iter().map(|asked| asked.line.as_str()).collect();
    assert_eq!(
        lines,
        [
            "GET /v2/app/manifests/latest HTTP/1.1",
            "POST /token HTTP/1.1",
            "GET /v2/app/manifests/latest HTTP/1.1"
        ]
    );
    assert_eq!(last[1].header("authorization"), None);
    let in_file = r#"{"auths": {"HOST": {"identitytoken": "r/t"}}}"#;
    assert_eq!(home.ask(in_file, &fake.host), "found");
    let wrong = r#"{"auths": {"HOST": {"identitytoken": "other"}}}"#;
    assert_eq!(home.ask(wrong, &fake.host), "denied");
    // Where a registry wants a password, an identity token is not shown as one.
    let fake = basic();
    let home = Home::new().helper("keys", identity, "");
    assert_eq!(home.ask(config, &fake.host), "denied");
    assert!(shown(&fake).iter().all(Option::is_none));
}

#[test]
fn what_a_helper_knows_never_follows_a_redirect() {
    let other = Fake::new(|_, _| unauthorized("Basic realm=\"x\""));
    let there = format!("http://{}/v2/app/manifests/latest", other.host);
    let fake = Fake::new(move |asked, _| match asked.header("authorization") {
        Some(ADA) => answer("307 Temporary Redirect", &[("Location", &there)], b""),
        _ => unauthorized("Basic realm=\"x\""),
    });
    // The other host would even have credentials of its own.
    let config = r#"{"credHelpers": {"HOST": "keys"},
        "auths": {"OTHER": {"auth": "YWRhOnNlY3JldA=="}}}"#;
    let config = config.replace("OTHER", &other.host);
    let home = Home::new().helper("keys", KNOWS, &fake.host);
    assert_eq!(home.ask(&config, &fake.host), "denied");
    assert_eq!(shown(&fake), [None, Some(ADA.to_owned())]);
    assert_eq!(shown(&other), [None]);
}
