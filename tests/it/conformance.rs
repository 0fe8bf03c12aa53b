//! The conformance corpus of `tests/conformance`: every case, through the public interface.

use std::path::PathBuf;
use std::process::Command;

use promenade::changelog::{CandidateFixes, Changelog, ChangelogPolicy, Cut, Deprecation, merge};
use promenade::process::Process;
use promenade::promotion::ledger::{Head, LedgerStore as _, MemoryLedger, OpId, Record, StreamId};
use promenade::promotion::{Context, Event, State, explain, replay};
use promenade::tag::{
    ChannelEvent, ChannelRule, ChannelSet, Published, TagPolicy, TagRule, Target, Values,
};
use promenade::version::{Request, Scheme, Version, VersionPolicy};
use serde_json::Value;

fn folder() -> PathBuf {
    testkit::workspace().join("tests/conformance")
}

/// Reads a file of the corpus, whose format is the one that this runner knows.
#[track_caller]
fn corpus(name: &str) -> Value {
    let text = std::fs::read_to_string(folder().join(name)).unwrap();
    let value: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["format"], 1, "{name}");
    value
}

/// The elements of an array; none where there is no such key.
fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

#[track_caller]
fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}

fn is_refused(case: &Value) -> bool {
    case["refused"] == true
}

fn policy(value: &Value) -> VersionPolicy {
    serde_json::from_value(value.clone()).unwrap()
}

#[test]
fn versions() {
    let corpus = corpus("versions.json");
    for case in list(&corpus["cases"]) {
        let policy = policy(&case["policy"]);
        let scheme = policy.scheme();
        for one in list(&case["parse"]) {
            let input = text(&one["text"]);
            match scheme.parse(input) {
                Err(_) => assert!(is_refused(one), "{one} is refused"),
                Ok(version) => {
                    assert_eq!(version.to_string(), one["version"], "{one}");
                    assert_eq!(scheme.meaning(&version).as_str(), one["meaning"], "{one}");
                    assert_eq!(scheme.format(&version).unwrap(), input);
                }
            }
        }
        for one in list(&case["next"]) {
            let request = Request::after(&scheme.parse(text(&one["after"])).unwrap());
            let request = request.impact(text(&one["impact"]).parse().unwrap());
            let next = policy.next(&request).unwrap();
            assert_eq!(
                next.as_ref().map(|next| next.text()),
                one["version"].as_str(),
                "{one}"
            );
        }
        in_order(scheme, list(&case["order"]));
    }
}

/// The order is that of the `semver` crate, which is the type of the values.
#[track_caller]
fn in_order(scheme: &Scheme, texts: &[Value]) {
    let read = |one: &Value| scheme.parse(text(one)).unwrap();
    let versions: Vec<Version> = texts.iter().map(read).collect();
    for pair in versions.windows(2) {
        assert!(pair[0] < pair[1], "{} before {}", pair[0], pair[1]);
    }
}

#[test]
fn templates() {
    let corpus = corpus("templates.json");
    for case in list(&corpus["cases"]) {
        let scheme = policy(&case["version"]).scheme().clone();
        let rules: Result<Vec<TagRule>, _> = serde_json::from_value(case["rules"].clone());
        let Some(tags) = rules
            .ok()
            .and_then(|rules| TagPolicy::build(rules, &scheme).ok())
        else {
            assert!(is_refused(case), "{} is refused", case["name"]);
            continue;
        };
        assert!(!is_refused(case), "{} is taken", case["name"]);
        for one in list(&case["names"]) {
            let name = text(&one["tag"]);
            let read = tags.read(name);
            assert_eq!(read.class.name(), one["class"], "{one}");
            assert_eq!(read.component, one["component"].as_str(), "{one}");
            let version = read
                .version
                .as_ref()
                .map(|version| scheme.format(version).unwrap());
            assert_eq!(version.as_deref(), one["version"].as_str(), "{one}");
            let Some(version) = read.version.filter(|_| one["written"] != false) else {
                continue;
            };
            let mut values = Values::of_version(version, &scheme);
            values.component = read.component.map(str::to_owned);
            assert_eq!(tags.write(read.class, &values).unwrap().as_str(), name);
            // What we write, git takes.
            let refname = format!("refs/tags/{name}");
            let git = Command::new("git")
                .args(["check-ref-format", &refname])
                .status();
            assert!(git.unwrap().success(), "git refuses {refname}");
        }
    }
}

#[test]
fn channels() {
    let corpus = corpus("channels.json");
    for case in list(&corpus["cases"]) {
        let scheme = policy(&case["version"]).scheme().clone();
        let rules: Vec<ChannelRule> = serde_json::from_value(case["rules"].clone()).unwrap();
        let set = ChannelSet::build(rules, &scheme).unwrap();
        let published = |one: &Value| {
            let version = scheme.parse(text(one)).unwrap();
            Published::new(format!("v{}", text(one)), version)
        };
        let before: Vec<_> = list(&case["published"]).iter().map(published).collect();
        let event = ChannelEvent::publish(published(&case["publish"]));
        let plan = set.plan(&before, &set.positions(&before), &event).unwrap();
        let at = |target: &Target| target.version.as_ref().map(ToString::to_string);
        let mut moves: Vec<_> = plan
            .moves()
            .iter()
            .map(|one| {
                let from = one.from.as_ref().and_then(at);
                serde_json::json!({"channel": one.channel, "from": from, "to": at(&one.to)})
            })
            .collect();
        moves.sort_by_key(|one| text(&one["channel"]).to_owned());
        assert_eq!(moves, list(&case["moves"]), "{}", case["name"]);
    }
}

fn edited(before: &str, edit: &Value) -> Option<String> {
    let changelog = Changelog::parse(before);
    let policy = ChangelogPolicy::default();
    let (verb, with) = edit.as_object().unwrap().iter().next().unwrap();
    let edits = match verb.as_str() {
        "cut" => {
            let date = text(&with["date"]).parse().unwrap();
            changelog.cut(&Cut::new(text(&with["version"]), date), &policy)
        }
        "add" => changelog.add(with["category"].as_str(), text(&with["text"]), &policy),
        "reword" => {
            let version = with["version"].as_str();
            changelog.reword(version, text(&with["from"]), text(&with["to"]))
        }
        "yank" => changelog.yank(text(&with["version"])),
        "unyank" => changelog.unyank(text(&with["version"])),
        "deprecate" => {
            let deprecation = Deprecation::new(text(&with["reason"]));
            let deprecation = match with["replacement"].as_str() {
                Some(version) => deprecation.replacement(version),
                None => deprecation,
            };
            changelog.deprecate(text(&with["version"]), &deprecation)
        }
        "note" => changelog.note(text(&with["version"]), text(&with["text"])),
        "rename" => changelog.rename(text(&with["from"]), text(&with["to"])),
        "open" => changelog.open(&policy),
        "relink" => changelog.relink(&policy, |_| None),
        "fold" => {
            let fixes = match with["fixes"].as_str() {
                Some("drop-later") => CandidateFixes::DropLater,
                _ => CandidateFixes::Keep,
            };
            let folded = changelog.fold(text(&with["version"]), &fixes, &policy);
            folded.map(|folded| folded.edits)
        }
        other => panic!("the edit `{other}` is not known"),
    };
    let edits = edits.ok()?;
    let after = edits.apply(before).unwrap();
    assert_eq!(edits.invert(before).unwrap().apply(&after).unwrap(), before);
    Some(after)
}

#[test]
fn changelog_edits() {
    let corpus = corpus("changelog.json");
    for case in list(&corpus["cases"]) {
        let after = edited(text(&case["before"]), &case["edit"]);
        assert_eq!(after.is_none(), is_refused(case), "{}", case["name"]);
        assert_eq!(after.as_deref(), case["after"].as_str(), "{}", case["name"]);
    }
}

#[test]
fn changelog_merges() {
    let corpus = corpus("changelog.json");
    for case in list(&corpus["merges"]) {
        let of = |side: &str| text(&case[side]);
        let merged = merge(of("base"), of("ours"), of("theirs"));
        assert_eq!(merged.text(), of("merged"), "{}", case["name"]);
        assert_eq!(merged.conflicts(), case["conflicts"], "{}", case["name"]);
    }
}

/// Puts records one behind the other; gives the sequence number of the first that does not fit.
fn chained(records: &[Value]) -> Result<Head, u64> {
    let mut head = Head::EMPTY;
    for one in records {
        let record = Record::parse(text(one).as_bytes()).map_err(|_| head.seq + 1)?;
        if record.seq != head.seq + 1 || record.prev != head.hash {
            return Err(head.seq + 1);
        }
        head = record.head();
    }
    Ok(head)
}

#[test]
fn ledgers() {
    let corpus = corpus("ledger.json");
    for ledger in list(&corpus["ledgers"]) {
        let records = list(&ledger["records"]);
        let bytes: Vec<_> = records.iter().map(|one| one["bytes"].clone()).collect();
        assert_eq!(chained(&bytes).unwrap().to_string(), ledger["head"]);
        let store = MemoryLedger::default();
        let stream = StreamId::new("ledger").unwrap();
        for one in records {
            let bytes = text(&one["bytes"]).as_bytes();
            let record = Record::parse(bytes).unwrap();
            assert_eq!(record.hash().to_string(), one["hash"]);
            assert_eq!(record.canonical_bytes(), bytes);
            let event = Event::parse(&record.body).unwrap();
            assert_eq!(event.canonical_bytes(), record.body);
            let head = store.head(&stream).unwrap();
            store
                .append(&stream, &head, &record.op, &[record.body])
                .unwrap();
        }
        let (state, head) = replay(&store, &stream).unwrap();
        assert_eq!(head.to_string(), ledger["head"]);
        assert_eq!(state.hash().to_string(), ledger["state"]);
    }
    for one in list(&corpus["broken"]) {
        let at = chained(list(&one["records"])).unwrap_err();
        assert_eq!(at, one["at"], "{}", one["name"]);
    }
    for one in list(&corpus["refused-records"]) {
        let record = Record::parse(text(&one["record"]).as_bytes());
        assert!(record.is_err(), "{}", one["why"]);
    }
    for one in list(&corpus["events"]) {
        let bytes = text(&one["bytes"]).as_bytes();
        assert_eq!(Event::parse(bytes).unwrap().canonical_bytes(), bytes);
    }
    for one in list(&corpus["refused-events"]) {
        let event = Event::parse(text(&one["bytes"]).as_bytes());
        assert!(event.is_err(), "{}", one["why"]);
    }
}

/// The event that a JSON object stands for: its canonical bytes have sorted keys and no white space,
/// which is what `serde_json` writes of a sorted map.
fn event(value: &Value) -> Event {
    Event::parse(value.to_string().as_bytes()).unwrap_or_else(|error| panic!("{value}: {error}"))
}

#[test]
fn promotions() {
    let corpus = corpus("promotions.json");
    let process = Process::parse("release.toml", text(&corpus["process"])).unwrap();
    let stream = StreamId::new("ledger").unwrap();
    let mut other = Vec::new();
    for case in list(&corpus["cases"]) {
        let name = text(&case["name"]);
        let store = MemoryLedger::default();
        for (number, one) in list(&case["events"]).iter().enumerate() {
            let op = OpId::new(format!("op-{number}")).unwrap();
            let head = store.head(&stream).unwrap();
            let body = event(one).canonical_bytes();
            store.append(&stream, &head, &op, &[body]).unwrap();
        }
        let (state, _): (State, Head) = replay(&store, &stream).unwrap();
        let hash = state.hash().to_string();
        if case["state"] != hash.as_str() {
            other.push(format!("{name} = {hash}"));
        }
        for one in list(&case["explain"]) {
            let at: chrono::DateTime<chrono::Utc> = text(&one["at"]).parse().unwrap();
            let context = Context::new("ci:conformance".parse().unwrap(), at);
            let subject = one["subject"].as_str().map(|text| text.parse().unwrap());
            let environment = text(&one["environment"]);
            let policy = process.promotion();
            let told = explain(&state, policy, environment, subject.as_ref(), &context).unwrap();
            let mut gates: Vec<_> = told.blockers.iter().map(|one| one.gate.clone()).collect();
            gates.sort_unstable();
            let expected: Vec<_> = list(&one["blockers"]).iter().map(text).collect();
            assert_eq!(gates, expected, "{name}: {one}");
        }
        if case["refused"].is_object() {
            let mut after = state.clone();
            let refused = after.apply(&event(&case["refused"]["event"]));
            assert!(refused.is_err(), "{name}");
        }
    }
    assert!(other.is_empty(), "other states:\n{}", other.join("\n"));
}

/// Every file is described, and every file that is described is there.
#[test]
fn the_corpus_is_described() {
    let page = std::fs::read_to_string(folder().join("README.md")).unwrap();
    for entry in std::fs::read_dir(folder()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(
            name == "README.md" || page.contains(&format!("## `{name}`")),
            "{name}"
        );
    }
}
