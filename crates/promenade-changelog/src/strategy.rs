//! Strategies of proptest for every public value.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use crate::{
    ChangelogPolicy, Compare, CompareBase, DateStyle, DialectPolicy, Edits, LinkStyle, TextEdit,
};

/// Makes a version: `1.2.3`, now and then a candidate.
pub fn version() -> impl Strategy<Value = String> {
    (
        0..20_u64,
        0..20_u64,
        0..20_u64,
        option::weighted(0.2, 1..9_u64),
    )
        .prop_map(|(major, minor, patch, candidate)| match candidate {
            Some(n) => format!("{major}.{minor}.{patch}-rc.{n}"),
            None => format!("{major}.{minor}.{patch}"),
        })
}

/// Makes a changelog as people write them: any dialect, any line end, entries of several lines.
pub fn changelog_text() -> impl Strategy<Value = String> {
    let heading = select(vec!["[{}] - {d}", "{} - {d}", "v{} ({d})", "[{}]", "{}"]);
    let section = (version(), 0..3000_i32, vec(group(), 0..4));
    let layout = (
        heading,
        any::<bool>(),
        select(vec!["\n", "\r\n"]),
        any::<bool>(),
    );
    (layout, vec(group(), 0..3), vec(section, 0..5)).prop_map(
        |((heading, blank, newline, closed), unreleased, sections)| {
            let gap = if blank { "\n" } else { "" };
            let name = if heading.starts_with('[') {
                "[Unreleased]"
            } else {
                "Unreleased"
            };
            let mut text = format!("# Changelog\n\n## {name}\n{gap}");
            groups(&mut text, &unreleased, gap);
            for (version, day, body) in &sections {
                let date = chrono::NaiveDate::from_num_days_from_ce_opt(738_000 - day);
                let date = date.map(|date| date.to_string()).unwrap_or_default();
                let heading = heading.replace("{}", version).replace("{d}", &date);
                text.push_str(&format!("\n## {heading}\n{gap}"));
                groups(&mut text, body, gap);
            }
            let text = text.replace('\n', newline);
            if closed {
                text
            } else {
                text.trim_end().to_owned()
            }
        },
    )
}

fn group() -> impl Strategy<Value = (&'static str, Vec<String>)> {
    let entry = "[A-Z][a-z]{1,8}( [a-z]{1,8}){0,4}(\n  [a-z]{1,8})?";
    (
        select(vec![
            "Added",
            "Changed",
            "Fixed",
            "Security",
            "Other things",
        ]),
        vec(entry, 0..4),
    )
}

fn groups(text: &mut String, groups: &[(&'static str, Vec<String>)], gap: &str) {
    for (category, entries) in groups {
        text.push_str(&format!("### {category}\n{gap}"));
        for entry in entries {
            text.push_str(&format!("- {entry}\n"));
        }
        text.push('\n');
    }
}

/// Makes edits of a text: ranges that end between its characters.
pub fn edits_of(text: &str) -> impl Strategy<Value = Edits> + use<> {
    let places: Vec<usize> = text
        .char_indices()
        .map(|(at, _)| at)
        .chain([text.len()])
        .collect();
    vec((select(places), "[a-z\n]{0,6}"), 0..12).prop_map(|mut parts| {
        parts.sort();
        let pairs = parts.chunks_exact(2);
        let edits = pairs.filter_map(|pair| match pair {
            [(start, text), (end, _)] => Some(TextEdit::replace(*start..*end, text.clone())),
            _ => None,
        });
        // Sorted places pair up to ranges that do not overlap.
        Edits::new(edits).unwrap_or_default()
    })
}

/// Makes a policy.
pub fn changelog_policy() -> impl Strategy<Value = ChangelogPolicy> {
    let compare = option::of(select(vec![
        CompareBase::PreviousAny,
        CompareBase::PreviousStable,
    ]));
    let links = option::of(select(vec![
        LinkStyle::None,
        LinkStyle::Inline,
        LinkStyle::Definition,
    ]));
    let heading = option::of(select(vec![
        "[{version}] - {date}",
        "v{version}",
        "[{version}]({url})",
    ]));
    let dialect = (
        heading,
        option::of(select(DateStyle::ALL.to_vec())),
        option::of(any::<bool>()),
        links,
        vec("[A-Z][a-z]{1,8}", 0..3),
    );
    (
        compare,
        any::<(bool, bool)>(),
        option::of("[a-z]{1,8}\\.md"),
        dialect,
    )
        .prop_map(
            |(
                compare,
                (require_entries, require_links),
                upgrade_notes,
                (heading, date, keep, links, categories),
            )| {
                let mut policy = ChangelogPolicy {
                    require_entries,
                    require_links,
                    upgrade_notes,
                    ..ChangelogPolicy::default()
                };
                policy.compare = compare.and_then(|base| {
                    let url = "https://x/compare/{previous_tag}...{tag}".parse().ok()?;
                    Some(Compare { url, base })
                });
                policy.dialect = DialectPolicy {
                    heading: heading.and_then(|text| text.parse().ok()),
                    date,
                    keep_unreleased: keep,
                    links,
                    categories,
                    ..DialectPolicy::default()
                };
                policy
            },
        )
}
