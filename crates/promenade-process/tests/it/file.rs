//! The process file: presets, and what is said of a file that is none.

use promenade_process::{Process, preset};

#[test]
fn every_preset_is_a_process() {
    for name in preset::NAMES {
        let text = preset::text(name).unwrap();
        if let Err(error) = Process::parse(&format!("preset:{name}"), text) {
            panic!("{error}");
        }
    }
}

#[track_caller]
fn refused(text: &str) -> String {
    Process::parse("release.toml", text)
        .unwrap_err()
        .to_string()
}

const HEAD: &str = "\
[process]
format = 1
name = \"acme\"

[version]
scheme = \"semver\"
below-one = \"breaking-is-minor\"
";

#[test]
fn an_unknown_key_is_shown_with_the_nearest_one() {
    let text = format!("{HEAD}\n[[environment]]\nname = \"production\"\nacepts = \"release\"\n");
    insta::assert_snapshot!(refused(&text), @r#"
    release.toml:11:1: unknown field `acepts`, expected one of `name`, `stage`, `network`, `aliases`, `after`, `accepts`, `gates`, `queue`, `lanes`, `derivation`, `downgrade`, `after-rollback`, `rollback-in-freeze`; did you mean `accepts`?
       |
    11 | acepts = "release"
       | ^^^^^^
    "#);
}

#[test]
fn a_bad_template_is_shown_where_it_stands() {
    let text = format!("{HEAD}\n[[tag]]\nclass = \"release\"\ntemplate = \"v{{verson}}\"\n");
    insta::assert_snapshot!(refused(&text), @r#"
    release.toml:11:12: invalid template `v{verson}`: unknown placeholder `{verson}` at byte 1; expected one of component, scope, version, major, minor, patch, prerelease, build, date, commit, commit:N, environment, line, next_patch, tag
       |
    11 | template = "v{verson}"
       |            ^^^^^^^^^^^
    "#);
}

#[test]
fn a_circle_of_environments_is_shown_with_its_path() {
    let text = format!(
        "{HEAD}
[[environment]]
name = \"staging\"
accepts = \"candidate\"
after = [\"production\"]

[[environment]]
name = \"production\"
accepts = \"release\"
after = [\"staging\"]
"
    );
    insta::assert_snapshot!(refused(&text), @"
    release.toml:9:1: environments come after each other in a circle: staging after production after staging
      |
    9 | [[environment]]
      | ^^^^^^^^^^^^^^^
    ");
}

#[test]
fn two_readings_of_one_tag_are_shown_with_an_example() {
    let text = format!(
        "{HEAD}
[[tag]]
class = \"release\"
template = \"{{component}}-v{{version}}\"

[[tag]]
class = \"release\"
component = \"api\"
template = \"api-v{{version}}\"
"
    );
    insta::assert_snapshot!(refused(&text), @"
    release.toml:13:1: tag rule 2 (`api-v{version}`): `api-v0.0.0` has two readings: `{component}-v{version}` with component `api`, version `0.0.0` and `api-v{version}` with version `0.0.0`
       |
    13 | [[tag]]
       | ^^^^^^^
    ");
}

#[test]
fn a_newer_format_and_a_broken_file_are_named() {
    insta::assert_snapshot!(refused(&HEAD.replace("format = 1", "format = 2")), @"
    release.toml:2:10: unknown format 2; this version reads format 1
      |
    2 | format = 2
      |          ^
    ");
    insta::assert_snapshot!(refused("[process\n"), @"
    release.toml:1:9: unclosed table, expected `]`
      |
    1 | [process
      |         ^
    ");
    insta::assert_snapshot!(refused(""), @"
    release.toml:1:1: missing field `process`
      |
    1 | 
      | ^
    ");
}

#[test]
fn an_unknown_preset_is_refused_with_the_nearest_one() {
    insta::assert_snapshot!(Process::preset("rustshar").unwrap_err(), @"unknown preset `rustshar`: expected one of `cargo-workspace`, `celo`, `mithril`, `mithril-adr12`, `rustshare`, `splits`; did you mean `rustshare`?");
}
