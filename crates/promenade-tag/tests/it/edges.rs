//! Edges of names: each test stands where one comparison decides.

use promenade_tag::{
    BranchTemplate, ChannelEvent, ChannelRule, ChannelSet, Class, ImageRepository, ImageTag,
    MAX_NAME_BYTES, MessageTemplate, Mutability, Naming, RefNameErrorKind, SignatureKind, TagName,
    TagPolicy, TagRule, Target, Trigger, Values, Vocabulary,
};
use promenade_version::{Scheme, Version};

use crate::channel::{published, show};

fn naming(template: &str) -> Naming {
    let template: BranchTemplate = template.parse().unwrap();
    template
        .bind(&Scheme::semver(), &Vocabulary::default())
        .unwrap()
}

fn values(version: &str) -> Values {
    Values::of_version(version.parse().unwrap(), &Scheme::semver())
}

/// Names that a template reads, and others that it does not; what is read is written again.
#[track_caller]
fn check(template: &str, read: &[&str], refused: &[&str]) {
    let naming = naming(template);
    assert_eq!(naming.template(), template);
    for name in read {
        let values = naming.parse(name);
        let values = values.unwrap_or_else(|| panic!("`{name}` is no name of `{template}`"));
        assert_eq!(naming.format(&values).unwrap(), *name);
    }
    for name in refused {
        assert_eq!(naming.parse(name), None, "`{name}` of `{template}`");
    }
}

#[test]
fn the_parts_beside_a_version_are_those_of_the_version() {
    check(
        "{major}.{minor}/v{version}",
        &["1.4/v1.4.2", "0.0/v0.0.1", "1.4/v1.4.2-rc.1"],
        &["1.5/v1.4.2", "2.4/v1.4.2", "01.4/v1.4.2", "1.4/v1.4"],
    );
    check(
        "p{patch}/v{version}",
        &["p2/v1.4.2"],
        &["p4/v1.4.2", "p/v1.4.2"],
    );
    check(
        "{prerelease}/v{version}",
        &["rc.1/v1.4.2-rc.1"],
        &["rc.2/v1.4.2-rc.1", "rc.1/v1.4.2", "/v1.4.2"],
    );
    check(
        "{build}/v{version}",
        &["b5/v1.4.2+b5", "b5/v1.4.2-rc.1+b5"],
        &["b6/v1.4.2+b5", "b5/v1.4.2", "/v1.4.2"],
    );
}

#[test]
fn the_parts_of_a_version_are_read_without_one() {
    check(
        "{major}.{minor}.{patch}-{prerelease}",
        &["1.4.2-rc.1", "0.0.0-0"],
        &["1.4.2", "1.4.2-", "1.4.2-rc..1", "1.4.2-01"],
    );
    check(
        "{major}.{minor}.{patch}+{build}",
        &["1.4.2+b5", "1.4.2+01"],
        &["1.4.2", "1.4.2+", "1.4.2+b..5"],
    );
    check(
        "line/{line}",
        &["line/1.x", "line/1.4.x"],
        &[
            "line/x",
            "line/1.4",
            "line/1.x.x",
            "line/.x",
            "line/01.x",
            "line/1.4.2.x",
        ],
    );
    check(
        "day/{date}",
        &["day/2025-11-21", "day/2024-02-29"],
        &[
            "day/2025-11-1",
            "day/2025-1-21",
            "day/25-11-21",
            "day/2025-11-21-1",
            "day/2025-11",
            "day/2025-02-29",
            "day/2025-13-01",
        ],
    );
}

#[test]
fn a_name_holds_what_it_was_made_from() {
    let commit = "94e3a1c0d2b54f6787980a1b2c3d4e5f60718293";
    let of = |template: &str, values: &Values| naming(template).format(values);
    let made = values("1.4.2-rc.1").with_commit(commit);
    assert_eq!(of("build-{commit:7}", &made).unwrap(), "build-94e3a1c");
    assert_eq!(
        of("build-{commit}", &made).unwrap(),
        format!("build-{commit}")
    );
    assert_eq!(of("c/{prerelease}", &made).unwrap(), "c/rc.1");
    assert!(of("c/{prerelease}", &values("1.4.2")).is_err());
    assert!(of("c/{build}", &made).is_err());
    assert_eq!(of("c/{build}", &values("1.4.2+b5")).unwrap(), "c/b5");
    let dated = values("1.4.2").with_date("2025-11-21".parse().unwrap());
    assert_eq!(of("nightly/{date}", &dated).unwrap(), "nightly/2025-11-21");
    let line = Values::default().with_line("1.4.x");
    assert_eq!(of("line/{line}", &line).unwrap(), "line/1.4.x");
    // Two numbers are no version: a name that holds no more of one is of any that has them.
    assert_eq!(of("m/{minor}.{patch}", &values("1.4.2")).unwrap(), "m/4.2");
    // A branch of a version says which, whatever component it is of.
    let component = values("1.4.2").with_component("api");
    assert_eq!(of("b/{version}", &component).unwrap(), "b/1.4.2");
}

#[test]
fn names_are_those_that_are_listed() {
    let vocabulary = Vocabulary {
        components: vec!["api".to_owned()],
        scopes: vec!["@acme".to_owned(), "acme".to_owned()],
        environments: vec!["main net".to_owned(), "prod".to_owned()],
    };
    let bind = |template: &str| {
        let template: MessageTemplate = template.parse().unwrap();
        template.bind(&Scheme::semver(), &vocabulary).unwrap()
    };
    let scope = bind("{scope}/{component} {version}");
    let read = scope.parse("@acme/api 1.4.2").unwrap();
    assert_eq!(
        (read.scope.as_deref(), read.component.as_deref()),
        (Some("@acme"), Some("api"))
    );
    for other in ["other/api 1.4.2", "acme/other 1.4.2", "@acme/api2 1.4.2"] {
        assert_eq!(scope.parse(other), None, "{other}");
    }
    let environment = bind("{environment} runs {version}");
    let read = environment.parse("main net runs 1.4.2").unwrap();
    assert_eq!(read.environment.as_deref(), Some("main net"));
    assert_eq!(environment.parse("staging runs 1.4.2"), None);
}

#[test]
fn a_branch_is_named_once_without_a_proof() {
    let template: BranchTemplate = "release/{component}-{version}".parse().unwrap();
    let scheme = Scheme::semver();
    let made = values("1.4.2").with_component("api");
    assert_eq!(
        template.render(&made, &scheme).unwrap(),
        "release/api-1.4.2"
    );
    assert!(template.render(&values("1.4.2"), &scheme).is_err());
    assert!(
        template
            .render(&values("1.4.2").with_component("a b"), &scheme)
            .is_err()
    );
}

#[test]
fn a_name_has_an_end() {
    let naming = naming("b/{component}");
    let longest = format!("b/{}", "a".repeat(MAX_NAME_BYTES - 2));
    assert!(naming.parse(&longest).is_some());
    assert_eq!(naming.parse(&format!("{longest}a")), None);
    assert_eq!(naming.parse(&format!("{longest}{longest}")), None);
}

#[test]
fn no_part_of_a_name_ends_like_a_lock() {
    for name in ["a.lock", "a.lock/b", "a/b.lock", "a/b.lock/c"] {
        let error = name.parse::<TagName>().unwrap_err();
        assert_eq!(error.kind(), &RefNameErrorKind::Lock, "{name}");
    }
    for name in ["a.locked/b", "lock/b", "a.lock.d"] {
        assert_eq!(name.parse::<TagName>().unwrap().as_ref(), name);
    }
    for (name, at, found) in [("a..b", 1, ".."), ("abc@{d", 3, "@{")] {
        let error = name.parse::<TagName>().unwrap_err();
        assert_eq!(error.kind(), &RefNameErrorKind::Sequence { at, found });
    }
}

/// The grammar of the distribution specification: separators stand between letters and digits.
#[test]
fn a_repository_of_images_has_no_separator_at_an_end() {
    for name in ["a", "a-b", "a--b", "a__b", "a.b", "registry/a_b/c-1"] {
        assert_eq!(name.parse::<ImageRepository>().unwrap().as_ref(), name);
    }
    for (name, part) in [
        ("-a", 1),
        ("a-", 1),
        ("a/-b", 2),
        ("a/b-", 2),
        ("a/b/_c", 3),
        ("a//b", 2),
        ("a..b", 1),
        ("a/b.-c", 2),
    ] {
        let error = name.parse::<ImageRepository>().unwrap_err().to_string();
        let last = error.chars().rfind(char::is_ascii_digit);
        assert!(error.contains(&format!("`{name}`")), "{error}");
        assert_eq!(last, part.to_string().chars().next(), "{error}");
    }
    for name in ["-a", ".a", "", "a/b"] {
        assert!(name.parse::<ImageTag>().is_err(), "{name}");
    }
}

#[test]
fn a_rule_of_versions_holds_a_whole_one() {
    let build = |template: &str| {
        let rule = TagRule::new(Class::Release, template.parse().unwrap());
        TagPolicy::build(vec![rule], &Scheme::semver())
    };
    assert!(build("v{major}.{minor}.{patch}").is_ok());
    assert!(build("v{version}").is_ok());
    for template in [
        "v{major}.{minor}",
        "v{minor}.{patch}",
        "v{major}-{patch}",
        "v{major}",
    ] {
        let error = build(template).unwrap_err().to_string();
        assert!(error.contains("must hold a whole version"), "{error}");
    }
}

#[test]
fn a_legacy_name_is_of_what_its_version_is() {
    let rule = |class, template: &str| TagRule::new(class, template.parse().unwrap());
    let rules = vec![
        rule(Class::Release, "v{version}"),
        rule(Class::Candidate, "v{version}"),
        rule(Class::Legacy, "old/{version}"),
    ];
    let policy = TagPolicy::build(rules, &Scheme::semver()).unwrap();
    let kinds = |name: &str| {
        let read = policy.read(name);
        (read.is_release(), read.is_candidate())
    };
    assert_eq!(kinds("v1.0.0"), (true, false));
    assert_eq!(kinds("v1.0.0-rc.1"), (false, true));
    assert_eq!(kinds("old/1.0.0"), (true, false));
    assert_eq!(kinds("old/1.0.0-rc.1"), (false, true));
    assert_eq!(kinds("build-77"), (false, false));
}

#[test]
fn a_target_is_another_by_its_digest_then_its_commit_then_its_name() {
    let target =
        |version: Option<&str>, tag: Option<&str>, commit: Option<&str>, digest: Option<&str>| {
            Target {
                version: version.map(|text| text.parse::<Version>().unwrap()),
                tag: tag.map(str::to_owned),
                commit: commit.map(str::to_owned),
                digest: digest.map(str::to_owned),
            }
        };
    let one = |text| Some(text);
    let same = [
        (
            target(one("1.0.0"), None, None, one("d")),
            target(one("2.0.0"), None, one("c"), one("d")),
        ),
        (
            target(one("1.0.0"), one("a"), one("c"), None),
            target(one("1.0.0"), one("b"), one("c"), one("d")),
        ),
        (
            target(one("1.0.0"), one("a"), None, None),
            target(one("1.0.0"), one("b"), one("c"), None),
        ),
        (
            target(None, one("a"), None, None),
            target(None, one("a"), None, one("d")),
        ),
        (
            target(None, None, one("c"), None),
            target(None, one("a"), one("c"), None),
        ),
    ];
    for (one, other) in &same {
        assert!(one.is(other) && other.is(one), "{one:?} {other:?}");
    }
    let others = [
        (
            target(one("1.0.0"), one("a"), None, one("d")),
            target(one("1.0.0"), one("a"), None, one("e")),
        ),
        (
            target(one("1.0.0"), None, one("c"), None),
            target(one("1.0.1"), None, one("c"), None),
        ),
        (
            target(one("1.0.0"), None, one("c"), None),
            target(one("1.0.0"), None, one("b"), None),
        ),
        (
            target(one("1.0.0"), one("a"), None, None),
            target(one("1.0.1"), one("a"), None, None),
        ),
        (
            target(one("1.0.0"), one("a"), None, None),
            target(None, one("a"), None, None),
        ),
        (
            target(None, one("a"), None, None),
            target(None, one("b"), None, None),
        ),
        (
            target(None, None, None, one("d")),
            target(None, None, one("c"), None),
        ),
        (
            target(None, None, None, None),
            target(None, None, None, None),
        ),
    ];
    for (one, other) in &others {
        assert!(!one.is(other) && !other.is(one), "{one:?} {other:?}");
    }
}

#[test]
fn a_version_that_is_tagged_again_takes_its_channels_with_it() {
    let rule =
        |name: &str| ChannelRule::new(name.parse().unwrap(), Trigger::Release, Mutability::Moving);
    let set = ChannelSet::build(vec![rule("latest"), rule("{major}")], &Scheme::semver()).unwrap();
    let all = |tags: &[&str]| tags.iter().map(|tag| published(tag)).collect::<Vec<_>>();
    let at = |tags: &[&str]| {
        let positions = set.positions(&all(tags));
        positions.get("latest").unwrap().tag.clone().unwrap()
    };
    assert_eq!(at(&["v1.0.0", "v1.1.0"]), "v1.1.0");
    assert_eq!(at(&["v1.1.0", "v1.0.0"]), "v1.1.0");
    assert_eq!(at(&["v1.1.0", "1.1.0", "v1.0.0"]), "1.1.0");
    let before = all(&["v1.1.0", "v1.0.0"]);
    let event = ChannelEvent::publish(published("1.1.0"));
    let plan = set.plan(&before, &set.positions(&before), &event).unwrap();
    assert!(!show(&plan).contains("is higher"), "{}", show(&plan));
}

#[test]
fn a_signature_is_known_by_its_first_line() {
    let rows = [
        (
            "-----BEGIN PGP SIGNATURE-----\n\niQ",
            Some(SignatureKind::Pgp),
        ),
        ("-----BEGIN PGP MESSAGE-----\n", Some(SignatureKind::Pgp)),
        (
            "-----BEGIN SSH SIGNATURE-----\nU1",
            Some(SignatureKind::Ssh),
        ),
        (
            "-----BEGIN SIGNED MESSAGE-----\nMI",
            Some(SignatureKind::X509),
        ),
        ("-----BEGIN PGP PUBLIC KEY BLOCK-----\n", None),
        (" -----BEGIN PGP SIGNATURE-----\n", None),
        ("", None),
    ];
    for (armor, kind) in rows {
        assert_eq!(SignatureKind::of(armor.as_bytes()), kind, "{armor}");
    }
    for (kind, name) in SignatureKind::ALL.into_iter().zip(["pgp", "ssh", "x509"]) {
        assert_eq!((kind.name(), kind.to_string().as_str()), (name, name));
        assert_eq!(name.parse(), Ok(kind));
    }
    let error = "gpg".parse::<SignatureKind>().unwrap_err().to_string();
    assert_eq!(
        error,
        "unknown kind of signature `gpg`: expected `pgp`, `ssh` or `x509`"
    );
}
