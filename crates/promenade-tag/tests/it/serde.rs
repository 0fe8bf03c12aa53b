//! Rules as process files write them.

use promenade_tag::{ChannelRule, TagRule, Trigger};
use serde_json::{from_value, json, to_value};

#[test]
fn a_tag_table_is_read_and_written_back() {
    let table = json!({
        "class": "release", "template": "v{version}", "annotated": true, "signature": "required",
        "message": "Release {tag}", "hotfix-message": "Hotfix {tag}", "by": "person",
    });
    let rule: TagRule = from_value(table.clone()).unwrap();
    assert_eq!(to_value(&rule).unwrap(), table);
}

#[test]
fn a_channel_moves_on_one_event_or_on_a_list() {
    let table = json!({
        "name": "sha-{commit:7}", "on": ["push", "release"], "mutability": "immutable",
        "build-metadata": "refuse",
    });
    let rule: ChannelRule = from_value(table.clone()).unwrap();
    assert!(rule.on.has(Trigger::Push) && rule.on.has(Trigger::Release));
    assert_eq!(to_value(&rule).unwrap(), table);
    let table = json!({
        "name": "{major}", "on": "release", "mutability": "moving", "follows": "highest",
        "since": "1.0.0", "build-metadata": "drop",
    });
    let rule: ChannelRule = from_value(table.clone()).unwrap();
    assert_eq!(to_value(&rule).unwrap(), table);
}

#[test]
fn what_a_table_does_not_know_is_refused() {
    let tag = |table| from_value::<TagRule>(table).unwrap_err().to_string();
    insta::assert_snapshot!(tag(json!({"class": "release", "template": "v{version}", "anotated": true})), @"unknown field `anotated`, expected one of `class`, `legacy`, `template`, `component`, `components`, `scopes`, `environments`, `reads`, `annotated`, `signature`, `message`, `hotfix-message`, `image`, `by`");
    insta::assert_snapshot!(tag(json!({"class": "release", "template": "v{versoin}"})), @"invalid template `v{versoin}`: unknown placeholder `{versoin}` at byte 1; expected one of component, scope, version, major, minor, patch, prerelease, build, date, commit, commit:N, environment, line, next_patch, tag");
    let channel = |table| from_value::<ChannelRule>(table).unwrap_err().to_string();
    insta::assert_snapshot!(channel(json!({"name": "v+{major}", "on": "release", "mutability": "moving"})), @r#"invalid template `v+{major}`: its names would not be image tags: found '+', expected letters, digits, `_`, `.`, `-`, and neither `.` nor `-` first"#);
    insta::assert_snapshot!(channel(json!({"name": "latest", "on": [], "mutability": "moving"})), @"invalid length 0, expected an event that moves the channel, or a list of them");
    insta::assert_snapshot!(channel(json!({"name": "latest", "on": ["push", "push"], "mutability": "moving"})), @"`push` is listed twice");
    insta::assert_snapshot!(channel(json!({"name": "latest", "on": "tag", "mutability": "moving"})), @"unknown variant `tag`, expected one of `push`, `build`, `candidate`, `release`, `promotion`");
}
