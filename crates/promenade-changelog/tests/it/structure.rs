//! Headings, fences, HTML and link definitions agree with pulldown-cmark, on everything.

use std::collections::{BTreeMap, BTreeSet};

use promenade_changelog::{BlockKind, Changelog, Edits};
use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag};

use crate::generate;

/// A block: what it is, its first line and its last.
type Found = (String, usize, usize);
/// The structure of a text: blocks at the top level, and the definition of each label.
type Structure = (Vec<Found>, BTreeMap<String, String>);

/// Where the lines of a text start.
struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
}

impl<'t> Lines<'t> {
    fn of(text: &'t str) -> Self {
        let bytes = text.as_bytes();
        let starts = (0..bytes.len())
            .filter(|&at| {
                bytes[at] == b'\n' || bytes[at] == b'\r' && bytes.get(at + 1) != Some(&b'\n')
            })
            .map(|at| at + 1);
        Self {
            text,
            starts: starts.collect(),
        }
    }

    /// The first line of a range, and the last that is not blank.
    fn of_range(&self, range: std::ops::Range<usize>) -> (usize, usize) {
        let line = |at: usize| self.starts.partition_point(|&start| start <= at);
        let inside = self.text[range.clone()].trim_end_matches([' ', '\t', '\n', '\r']);
        (
            line(range.start),
            line(range.start + inside.len().saturating_sub(1)),
        )
    }
}

fn theirs(text: &str) -> Structure {
    let lines = Lines::of(text);
    let mut found = Vec::new();
    let mut depth = 0;
    let parser = Parser::new_ext(text, Options::empty());
    let definitions = parser
        .reference_definitions()
        .iter()
        .map(|(label, definition)| (label.to_lowercase(), definition.dest.to_string()))
        .collect();
    for (event, range) in parser.into_offset_iter() {
        match event {
            Event::Start(tag) => {
                let name = match (&tag, depth) {
                    (Tag::Heading { level, .. }, 0) => Some(format!("h{}", *level as u8)),
                    (Tag::CodeBlock(CodeBlockKind::Fenced(_)), 0) => Some("fence".to_owned()),
                    (Tag::CodeBlock(CodeBlockKind::Indented), 0) => Some("indented".to_owned()),
                    (Tag::HtmlBlock, 0) => Some("html".to_owned()),
                    (Tag::Item, 1) => Some("item".to_owned()),
                    (Tag::BlockQuote(_), 0) => Some("quote".to_owned()),
                    (Tag::Paragraph, 0) => Some("paragraph".to_owned()),
                    _ => None,
                };
                if let Some(name) = name {
                    let (first, last) = lines.of_range(range.clone());
                    found.push((name, first, last));
                }
                depth += 1;
            }
            Event::End(_) => depth -= 1,
            Event::Rule if depth == 0 => {
                let (first, last) = lines.of_range(range.clone());
                found.push(("rule".to_owned(), first, last));
            }
            _ => {}
        }
    }
    (found, definitions)
}

fn ours(text: &str) -> Structure {
    let lines = Lines::of(text);
    let changelog = Changelog::parse(text);
    let mut found = Vec::new();
    for block in changelog.blocks() {
        let name = match block.kind() {
            BlockKind::Heading { level, .. } => format!("h{level}"),
            BlockKind::Fence => "fence".to_owned(),
            BlockKind::Indented => "indented".to_owned(),
            BlockKind::Html => "html".to_owned(),
            BlockKind::Item { .. } => "item".to_owned(),
            BlockKind::Quote => "quote".to_owned(),
            BlockKind::Paragraph => "paragraph".to_owned(),
            BlockKind::Rule => "rule".to_owned(),
            _ => continue,
        };
        let (first, last) = lines.of_range(block.range());
        found.push((name, first, last));
    }
    let mut definitions = BTreeMap::new();
    for link in changelog.links() {
        let label = link
            .label()
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        definitions
            .entry(label.to_lowercase())
            .or_insert_with(|| link.url().to_owned());
    }
    (found, definitions)
}

/// Where pulldown-cmark 0.13 itself departs from the text of CommonMark 0.31; cmark reads these as
/// we do.
fn oracle_departs(text: &str) -> bool {
    // A carriage return alone ends a line; in fences and indented code it does not for the oracle.
    if text.replace("\r\n", "").contains('\r') {
        return true;
    }
    // `<script` may end with `</pre>`: the end tag need not match the start tag (§4.6, kind 1).
    let lower = text.to_ascii_lowercase();
    let raw = ["script", "pre", "style", "textarea"];
    let tags = raw.iter().filter(|tag| lower.contains(&format!("<{tag}")));
    let ends = raw
        .iter()
        .filter(|tag| lower.contains(&format!("</{tag}>")));
    if tags.chain(ends).collect::<BTreeSet<_>>().len() > 1 {
        return true;
    }
    // A tab is too much indentation for the mark of a quote (§5.1).
    if text.contains("\t>") {
        return true;
    }
    // A lazy line goes on with a definition that a quote or an item has begun (§5.1).
    text.lines().any(|line| {
        line.trim_end().ends_with("]:") && !line.trim_start_matches([' ', '\t']).starts_with('[')
    })
}

/// Whether a label is defined in a list item or quote by a definition that holds a lazy line of
/// nothing but `=`: as the address after a wrapped colon, or inside a title.
///
/// pulldown-cmark 0.13.6 takes that line for the end of the definition and drops it. A lazy line
/// is never an underline (§4.3), so it is text of the paragraph, and so of the
/// definition (§4.7): commonmark.js 0.31.2, markdown-it 15.0.3 and micromark 4.0.3 all
/// resolve `[b]` after `- [m]: n`, `[b]:`, `===` to the address `===`, after `> [o]: p` as well,
/// and `[c]` of `- [c]: d "open`, `=`, `closed"` to `d` with a title of three lines.
fn oracle_ends_definition_at_lazy_equals(text: &str, label: &str) -> bool {
    let changelog = Changelog::parse(text);
    let Some(link) = changelog.link(label) else {
        return false;
    };
    let at = link.url_range();
    let nested = changelog.blocks().iter().any(|block| {
        matches!(block.kind(), BlockKind::Item { .. } | BlockKind::Quote)
            && block.range().contains(&at.start)
    });
    let is_equals = |line: &str| {
        let line = line.trim_matches([' ', '\t']);
        !line.is_empty() && line.bytes().all(|byte| byte == b'=')
    };
    let line = text[..at.start].rfind(['\n', '\r']).map_or(0, |at| at + 1);
    let rest = text[at.end..].trim_start_matches([' ', '\t', '\r', '\n']);
    let title = rest.split_at_checked(1).and_then(|(open, inner)| {
        let close = match open {
            "\"" | "'" => open,
            "(" => ")",
            _ => return None,
        };
        Some(&inner[..inner.find(close)?])
    });
    let wraps = text[..line].trim_end().ends_with(':');
    let address = wraps && is_equals(text[line..at.end].trim_end());
    nested && (address || title.is_some_and(|title| title.lines().skip(1).any(is_equals)))
}

/// Compares what the edits stand on: headings, fences, HTML and the labels that are defined. The
/// rest of the blocks is compared by where they start.
fn differs(text: &str) -> Option<String> {
    // No edit, no change.
    assert_eq!(Edits::none().apply(text).as_deref(), Ok(text));
    assert_eq!(Changelog::parse(text).text(), text);
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if oracle_departs(text) {
        return None;
    }
    let (ours, theirs) = (ours(text), theirs(text));
    let kept = |found: &[Found]| -> Vec<Found> {
        found
            .iter()
            .map(|(name, first, last)| {
                let exact = matches!(name.as_str(), "fence" | "html") || name.starts_with('h');
                (name.clone(), *first, if exact { *last } else { 0 })
            })
            .collect()
    };
    let labels = |structure: &Structure| -> BTreeSet<String> {
        let known = structure.1.keys();
        known
            .filter(|label| !oracle_ends_definition_at_lazy_equals(text, label))
            .cloned()
            .collect()
    };
    if kept(&ours.0) == kept(&theirs.0) && labels(&ours) == labels(&theirs) {
        return None;
    }
    Some(format!("{text:?}\nours   {ours:?}\ntheirs {theirs:?}"))
}

#[track_caller]
fn check(texts: impl Iterator<Item = String>) {
    let mut total = 0;
    let mut bad = Vec::new();
    for text in texts {
        total += 1;
        if let Some(found) = differs(&text) {
            bad.push((text.len(), found));
        }
    }
    bad.sort();
    let shown: Vec<_> = bad
        .iter()
        .take(12)
        .map(|(_, found)| found.as_str())
        .collect();
    assert!(
        bad.is_empty(),
        "{} of {total}\n{}",
        bad.len(),
        shown.join("\n\n")
    );
}

#[test]
fn structure_agrees_on_the_seeds() {
    let folder = testkit::workspace().join("fuzz/seeds/changelog");
    let files = std::fs::read_dir(folder).unwrap();
    check(
        files.filter_map(|file| String::from_utf8(std::fs::read(file.unwrap().path()).ok()?).ok()),
    );
}

#[test]
fn label_that_wraps_in_a_quote_has_none_of_its_marks() {
    let label = |text: &str| {
        let changelog = Changelog::parse(text);
        let found: Vec<_> = changelog
            .links()
            .map(|link| link.label().to_owned())
            .collect();
        assert!(changelog.link("f g").is_some(), "{text:?}");
        found.concat()
    };
    assert_eq!(label("> [f\n> g]: h"), "f\ng");
    assert_eq!(label("- > [f\r\n  > g]: h"), "f\ng");
    assert_eq!(label("> [f\ng]: h"), "f\ng");
    assert_eq!(label("- [f\n  g]: h"), "f\n  g");
}

#[test]
fn structure_agrees_on_generated_documents() {
    check((0..testkit::scale(20_000, 1_000_000) as u64).map(generate::document));
    check((0..testkit::scale(2_000, 100_000) as u64).map(generate::changelog));
}

#[test]
fn structure_agrees_on_real_changelogs_and_their_mutations() {
    let Some(files) = crate::corpus::files() else {
        return;
    };
    check(files.iter().cloned());
    let mutations = testkit::scale(6_000, 1_000_000) as u64;
    check((0..mutations).map(|seed| {
        let file = &files[seed as usize % files.len()];
        generate::mutated(file, seed)
    }));
}
