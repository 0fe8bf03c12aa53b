//! Links between the pages of the repository: each leads to a file that is there, and to a heading of it.

use std::collections::BTreeSet;
use std::path::Path;

use crate::command::git;

/// The lines of a page that are neither in a fence nor indented code, without code in backticks.
fn prose(text: &str) -> Vec<String> {
    let mut fenced = false;
    let mut lines = Vec::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            let outside = line.split('`').step_by(2);
            lines.push(outside.collect::<Vec<_>>().join("`"));
        }
    }
    lines
}

/// The anchors that a forge makes of the headings of a page.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut fenced = false;
    let mut found = BTreeSet::new();
    for line in text.lines() {
        fenced ^= line.trim_start().starts_with("```");
        let title = line.trim_start_matches('#');
        if fenced || title.len() == line.len() || !title.starts_with(' ') {
            continue;
        }
        let kept = title.trim().chars().filter_map(|c| match c {
            ' ' => Some('-'),
            '-' | '_' => Some(c),
            _ => c.is_alphanumeric().then(|| c.to_ascii_lowercase()),
        });
        found.insert(kept.collect());
    }
    found
}

/// The targets of the links in a page.
fn targets(text: &str) -> Vec<String> {
    let lines = prose(text).join("\n");
    let inline = lines.split("](").skip(1);
    inline
        .filter_map(|rest| rest.split_once(')').map(|pair| pair.0.to_owned()))
        .collect()
}

/// What is wrong with a link, if something is.
fn fault(root: &Path, page: &str, text: &str, target: &str) -> Option<String> {
    let elsewhere = ["http://", "https://", "mailto:"];
    // Paths of items are checked by rustdoc.
    if elsewhere.iter().any(|scheme| target.starts_with(scheme)) || target.contains("::") {
        return None;
    }
    let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
    let other = if path.is_empty() {
        text.to_owned()
    } else {
        let path = root.join(page).parent()?.join(path);
        if path.is_dir() {
            return None;
        }
        match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(_) => return Some(format!("{page}: `{target}` leads to no file")),
        }
    };
    let known = anchor.is_empty() || anchors(&other).contains(anchor);
    (!known).then(|| format!("{page}: `{target}` leads to no heading"))
}

#[test]
fn links_between_pages_lead_somewhere() {
    let root = testkit::workspace();
    let listed = git(
        &root,
        &[
            "ls-files",
            "--cached",
            "--others",
            "--exclude-standard",
            "*.md",
        ],
    );
    assert!(listed.contains("README.md"));
    let mut faults = Vec::new();
    for page in listed.lines() {
        let Ok(text) = std::fs::read_to_string(root.join(page)) else {
            continue;
        };
        let targets = targets(&text);
        faults.extend(
            targets
                .iter()
                .filter_map(|target| fault(&root, page, &text, target)),
        );
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn a_link_that_leads_nowhere_is_found() {
    let root = testkit::workspace();
    let page = "# One `two`\n\n```\n[no](gone.md)\n```\n[a](#one-two) [b](README.md) [c](gone.md) [d](#three)\n";
    let faults: Vec<_> = targets(page)
        .iter()
        .filter_map(|target| fault(&root, "PAGE.md", page, target))
        .collect();
    assert_eq!(
        faults,
        [
            "PAGE.md: `gone.md` leads to no file",
            "PAGE.md: `#three` leads to no heading"
        ]
    );
}
