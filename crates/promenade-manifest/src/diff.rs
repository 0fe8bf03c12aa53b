//! Edits as a unified diff.

use std::ops::Range;

use crate::EditList;

/// The lines around a change that a hunk shows.
const CONTEXT: usize = 3;

/// Lines that give way to others.
struct Change<'a> {
    old: Range<usize>,
    new: Vec<&'a [u8]>,
}

/// Writes a diff of one file; nothing if there are no edits.
pub(crate) fn unified(path: &str, before: &[u8], edits: &EditList) -> Vec<u8> {
    if edits.is_empty() {
        return Vec::new();
    }
    let old: Vec<&[u8]> = before.split_inclusive(|byte| *byte == b'\n').collect();
    let texts = changed(before, edits);
    let changes: Vec<_> = texts
        .iter()
        .map(|(old, text)| Change {
            old: old.clone(),
            new: text.split_inclusive(|byte| *byte == b'\n').collect(),
        })
        .collect();
    let mut out = format!("--- a/{path}\n+++ b/{path}\n").into_bytes();
    let mut shift = 0_i64;
    let mut rest = changes.as_slice();
    while let Some(first) = rest.first() {
        let mut end = first.old.end;
        let mut count = 0;
        for change in rest {
            if count > 0 && change.old.start > end + 2 * CONTEXT {
                break;
            }
            end = change.old.end;
            count += 1;
        }
        let (hunk, tail) = rest.split_at(count);
        rest = tail;
        shift = write_hunk(&mut out, &old, hunk, shift);
    }
    out
}

/// Returns the ranges of lines that edits touch, and the text that takes their place.
fn changed(before: &[u8], edits: &EditList) -> Vec<(Range<usize>, Vec<u8>)> {
    let mut starts = vec![0];
    let breaks = before
        .iter()
        .enumerate()
        .filter(|(_, byte)| **byte == b'\n');
    starts.extend(breaks.map(|(at, _)| at + 1).filter(|at| *at < before.len()));
    let line_of = |at: usize| {
        starts
            .partition_point(|start| *start <= at)
            .saturating_sub(1)
    };
    let line_start = |line: usize| starts.get(line).copied().unwrap_or(before.len());
    let mut groups: Vec<(Range<usize>, Vec<usize>)> = Vec::new();
    for (index, edit) in edits.iter().enumerate() {
        let range = edit.range();
        let first = line_of(range.start);
        // An edit that ends with its line leaves the next one alone.
        let last = line_of(range.end.saturating_sub(1).max(range.start));
        match groups.last_mut() {
            Some((lines, group)) if first < lines.end => {
                lines.end = lines.end.max(last + 1);
                group.push(index);
            }
            _ => groups.push((first..last + 1, vec![index])),
        }
    }
    groups
        .into_iter()
        .map(|(lines, group)| {
            let (mut at, end) = (line_start(lines.start), line_start(lines.end));
            let mut text = Vec::new();
            for edit in edits
                .iter()
                .enumerate()
                .filter(|(index, _)| group.contains(index))
            {
                let range = edit.1.range();
                text.extend_from_slice(before.get(at..range.start).unwrap_or_default());
                text.extend_from_slice(edit.1.text().as_bytes());
                at = range.end;
            }
            text.extend_from_slice(before.get(at..end).unwrap_or_default());
            (lines, text)
        })
        .collect()
}

/// Writes one hunk, and returns how far the lines after it have moved.
fn write_hunk(out: &mut Vec<u8>, old: &[&[u8]], changes: &[Change<'_>], shift: i64) -> i64 {
    let first = changes.first().map_or(0, |change| change.old.start);
    let last = changes
        .last()
        .map_or(0, |change| change.old.end.min(old.len()));
    let from = first.saturating_sub(CONTEXT);
    let to = (last + CONTEXT).min(old.len());
    let added: usize = changes.iter().map(|change| change.new.len()).sum();
    let removed: usize = changes
        .iter()
        .map(|change| {
            change
                .old
                .end
                .min(old.len())
                .saturating_sub(change.old.start)
        })
        .sum();
    let grown = added as i64 - removed as i64;
    let number = |start: i64, count: i64| if count == 0 { start } else { start + 1 };
    let (start, count) = (from as i64, (to - from) as i64);
    out.extend(
        format!(
            "@@ -{},{count} +{},{} @@\n",
            number(start, count),
            number(start + shift, count + grown),
            count + grown,
        )
        .bytes(),
    );
    let mut at = from;
    let mut lines = |mark: u8, lines: &[&[u8]]| {
        for line in lines {
            out.push(mark);
            out.extend_from_slice(line);
            if !line.ends_with(b"\n") {
                out.extend_from_slice(b"\n\\ No newline at end of file\n");
            }
        }
    };
    for change in changes {
        lines(b' ', old.get(at..change.old.start).unwrap_or_default());
        let end = change.old.end.min(old.len());
        lines(b'-', old.get(change.old.start..end).unwrap_or_default());
        lines(b'+', &change.new);
        at = end;
    }
    lines(b' ', old.get(at..to).unwrap_or_default());
    shift + grown
}
