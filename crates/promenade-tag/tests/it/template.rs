//! Templates of tags, branches and messages.

use insta::assert_snapshot;
use promenade_tag::{
    BranchTemplate, ChannelTemplate, ImageTag, MessageTemplate, TagTemplate, Values, Vocabulary,
    strategy,
};
use promenade_version::{Scheme, SchemeKind, Version};
use proptest::prelude::*;

fn values(version: Version) -> Values {
    Values::of_version(version, &Scheme::semver())
}

#[test]
fn branches_of_hotfixes_are_named_by_arithmetic() {
    // C22: `hotfix/vX.Y.Z+1` in the text is never printed literally.
    let template: BranchTemplate = "hotfix/v{next_patch}".parse().unwrap();
    let naming = template
        .bind(&Scheme::semver(), &Vocabulary::default())
        .unwrap();
    assert_eq!(
        naming.format(&values(Version::new(0, 6, 0))).unwrap(),
        "hotfix/v0.6.1"
    );
    assert_eq!(
        naming.parse("hotfix/v0.6.1").unwrap().next_patch,
        Some(Version::new(0, 6, 1))
    );
    assert_eq!(naming.parse("hotfix/v0.6.0"), None, "no patch leads to it");
    assert_eq!(naming.parse("hotfix/v0.6.0+1"), None);
    // The patch is where the scheme has it.
    let calendar = Scheme::builder(SchemeKind::Calendar("YYWW.PATCH".parse().unwrap()));
    let calendar = calendar.build().unwrap();
    let template: BranchTemplate = "hotfix/{next_patch}".parse().unwrap();
    let version = Values::of_version(calendar.parse("2543.0").unwrap(), &calendar);
    let naming = template.bind(&calendar, &Vocabulary::default()).unwrap();
    assert_eq!(naming.format(&version).unwrap(), "hotfix/2543.1");
}

#[test]
fn branches_of_lines_hold_component_and_line() {
    let vocabulary = Vocabulary {
        components: vec!["attestation-service".to_owned(), "odis".to_owned()],
        ..Vocabulary::default()
    };
    let template: BranchTemplate = "release/{component}/{major}.{minor}".parse().unwrap();
    let naming = template.bind(&Scheme::semver(), &vocabulary).unwrap();
    let service = values(Version::new(1, 5, 3)).with_component("attestation-service");
    assert_eq!(
        naming.format(&service).unwrap(),
        "release/attestation-service/1.5"
    );
    let read = naming.parse("release/odis/1.1").unwrap();
    assert_eq!(
        (read.component.as_deref(), read.major, read.minor),
        (Some("odis"), Some(1), Some(1))
    );
    for name in [
        "release/odis/1.1.11",
        "release/unknown/1.1",
        "release/odis/01.1",
    ] {
        assert_eq!(naming.parse(name), None, "{name}");
    }
    let line: BranchTemplate = "line/{line}".parse().unwrap();
    let line = line.bind(&Scheme::semver(), &vocabulary).unwrap();
    assert_eq!(line.format(&service).unwrap(), "line/1.5.x");
    promenade_tag::Naming::prove_apart(&[&naming, &line]).unwrap();
    let other: BranchTemplate = "{component}/{line}".parse().unwrap();
    let other = other
        .bind(&Scheme::semver(), &Vocabulary::default())
        .unwrap();
    let error = promenade_tag::Naming::prove_apart(&[&naming, &line, &other]).unwrap_err();
    assert_eq!(error.ambiguity().text(), "line/0.x");
}

#[test]
fn messages_are_read_as_they_are_written() {
    // C16, C26.
    for (template, message) in [
        (
            "Release candidate {version}",
            "Release candidate 0.4.0-rc.1",
        ),
        ("Hotfix v{version}", "Hotfix v0.4.0-rc.1"),
    ] {
        let template: MessageTemplate = template.parse().unwrap();
        let naming = template
            .bind(&Scheme::semver(), &Vocabulary::default())
            .unwrap();
        let version = Scheme::semver().parse("0.4.0-rc.1").unwrap();
        assert_eq!(naming.format(&values(version.clone())).unwrap(), message);
        assert_eq!(naming.parse(message).unwrap().version, Some(version));
    }
}

#[test]
fn a_name_that_would_lose_something_is_not_written() {
    let template: TagTemplate = "v{major}.{minor}.{patch}".parse().unwrap();
    let naming = template
        .bind(&Scheme::semver(), &Vocabulary::default())
        .unwrap();
    assert_eq!(
        naming.format(&values(Version::new(1, 2, 3))).unwrap(),
        "v1.2.3"
    );
    let candidate = values(Scheme::semver().parse("1.2.3-rc.1").unwrap());
    assert_snapshot!(naming.format(&candidate).unwrap_err(), @"`v{major}.{minor}.{patch}` cannot write this name: `v1.2.3` would not read back as what it was made from");
    let template: TagTemplate = "{component}-v{version}".parse().unwrap();
    let naming = template
        .bind(&Scheme::semver(), &Vocabulary::default())
        .unwrap();
    let version = values(Version::new(1, 2, 3));
    assert_snapshot!(naming.format(&version).unwrap_err(), @"`{component}-v{version}` cannot write this name: no value is given for `{component}`");
    let odd = version.with_component("a b");
    assert_snapshot!(naming.format(&odd).unwrap_err(), @"`{component}-v{version}` cannot write this name: `a b-v1.2.3` is not a ref name: byte 1 is ' ', which git does not allow in a ref name");
}

#[test]
fn a_text_that_is_no_template_is_refused_with_its_place() {
    let refused = |text: &str| text.parse::<TagTemplate>().unwrap_err().to_string();
    assert_snapshot!(refused(""), @"invalid template ``: expected a literal or a placeholder, found nothing");
    assert_snapshot!(refused("v{version"), @"invalid template `v{version`: the `{` at byte 1 is not closed; a literal brace is `{{`");
    assert_snapshot!(refused("v}"), @"invalid template `v}`: the `}` at byte 1 closes nothing; a literal brace is `}}`");
    assert_snapshot!(refused("v{commit:3}"), @"invalid template `v{commit:3}`: unknown placeholder `{commit:3}` at byte 1; expected one of component, scope, version, major, minor, patch, prerelease, build, date, commit, commit:N, environment, line, next_patch, tag");
    assert_snapshot!(refused("{tag}"), @"invalid template `{tag}`: `{tag}` has no meaning in this kind of template");
    assert_snapshot!(refused("v {version}"), @"invalid template `v {version}`: its names would not be ref names: byte 1 is ' ', which git does not allow in a ref name");
    assert_snapshot!(refused("{version}.lock"), @"invalid template `{version}.lock`: its names would not be ref names: no part of a ref name may end with `.lock`");
    assert!("-{version}".parse::<ChannelTemplate>().is_err());
    assert!(refused(&"a".repeat(513)).ends_with("expected at most 512 bytes, found 513"));
}

#[test]
fn an_image_tag_has_128_characters_at_most_and_no_plus() {
    assert!("a".repeat(128).parse::<ImageTag>().is_ok());
    assert!("a".repeat(129).parse::<ImageTag>().is_err());
    assert_snapshot!("1.2.3+meta".parse::<ImageTag>().unwrap_err(), @"invalid image tag `1.2.3+meta`: character '+' at byte 5 is not allowed there");
    assert!("-a".parse::<ImageTag>().is_err());
    assert!("_a".parse::<ImageTag>().is_ok());
}

proptest! {
    #[test]
    fn a_template_prints_what_it_was_read_from(text in strategy::template_text()) {
        if let Ok(template) = text.parse::<TagTemplate>() {
            prop_assert_eq!(template.to_string(), text);
        }
    }

    #[test]
    fn names_and_values_are_inverse_under_every_bound_template(
        template in strategy::tag_template(),
        values in strategy::values(),
    ) {
        let scheme = Scheme::semver();
        let Ok(naming) = template.bind(&scheme, &Vocabulary::default()) else {
            return Ok(());
        };
        let Ok(name) = naming.format(&values) else {
            return Ok(());
        };
        let read = naming.parse(&name).unwrap();
        let again = naming.format(&read);
        // A shortened commit cannot be written again from what a name holds: it is shortened once.
        prop_assert_eq!(again.as_ref(), Ok(&name));
        prop_assert_eq!(naming.parse(&name).unwrap(), read);
    }

    #[test]
    fn what_a_template_reads_it_writes_again(
        template in strategy::tag_template(),
        names in proptest::collection::vec("[a-c]?(-?v?[01](\\.[01]){0,2}){1,2}(-[a-c0-1]{1,2})?", 32),
    ) {
        let scheme = Scheme::semver();
        let Ok(naming) = template.bind(&scheme, &Vocabulary::default()) else {
            return Ok(());
        };
        for name in &names {
            if let Some(values) = naming.parse(name) {
                let written = naming.format(&values);
                prop_assert_eq!(written.as_ref(), Ok(name), "{:?}", values);
            }
        }
    }
}
