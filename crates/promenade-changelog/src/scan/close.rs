//! What closes a leaf or a container: underlines, link definitions, lines that do not go on.

use super::cursor::byte;
use super::scanner::{Leaf, Line, Scanner, line_end};
use super::{Block, BlockKind, LinkDefinition, definition};
use crate::link::hash_label;

impl Scanner<'_> {
    /// Turns the open paragraph into a heading; not so if it held nothing but link definitions.
    pub(super) fn close_setext(&mut self, level: u8, line: Line) -> bool {
        if self.candidate && !self.take_definitions() {
            // What follows starts a new paragraph in the same place.
            self.candidate = false;
            self.segments.clear();
            self.leaf = Leaf::None;
            return false;
        }
        self.candidate = false;
        self.segments.clear();
        self.leaf = Leaf::None;
        if self.containers.is_empty()
            && let Some(block) = self.out.blocks.last_mut()
        {
            // The text ends where the last line of the paragraph ends.
            let mut end = block.end;
            while end > block.inner.0
                && matches!(byte(self.bytes, end - 1), b'\n' | b'\r' | b' ' | b'\t')
            {
                end -= 1;
            }
            block.inner.1 = end;
            block.kind = BlockKind::Heading {
                level,
                setext: true,
            };
        }
        self.extend(line);
        true
    }

    pub(super) fn close_for(&mut self, opened: bool, matched: usize) {
        if !opened {
            self.close_to(matched);
        }
    }

    /// Closes every container beyond the first `matched`, and what is open in them.
    pub(super) fn close_to(&mut self, matched: usize) {
        if matched < self.containers.len() {
            self.close_leaf();
            self.containers.truncate(matched);
            while self.quotes.last().is_some_and(|&at| at >= matched) {
                self.quotes.pop();
            }
            self.empty_item = false;
        }
    }

    pub(super) fn close_leaf(&mut self) {
        if self.leaf == Leaf::Paragraph && self.candidate {
            self.take_definitions();
            self.candidate = false;
            self.segments.clear();
        }
        self.leaf = Leaf::None;
    }

    /// Takes the link definitions off the start of the open paragraph; returns whether text is left.
    pub(super) fn take_definitions(&mut self) -> bool {
        let found = definition::leading(self.bytes, &self.segments);
        let lines: usize = found.iter().map(|(_, lines)| lines).sum();
        if lines == 0 {
            return true;
        }
        let left = self.segments.get(lines).copied();
        if self.containers.is_empty()
            && let Some(paragraph) = self.out.blocks.pop()
        {
            let mut at = 0;
            for (link, lines) in &found {
                let last = self
                    .segments
                    .get(at + lines - 1)
                    .copied()
                    .unwrap_or_default();
                let first = self.segments.get(at).copied().unwrap_or_default();
                let start = line_start(self.bytes, first.0, paragraph.start);
                self.out.blocks.push(Block {
                    kind: BlockKind::Definition,
                    start,
                    end: line_end(self.bytes, last.1).1,
                    inner: link.label,
                });
                at += lines;
            }
            if let Some(left) = left {
                self.out.blocks.push(Block {
                    start: line_start(self.bytes, left.0, paragraph.start),
                    inner: (left.0, paragraph.end),
                    ..paragraph
                });
            }
        }
        let top = self.containers.is_empty();
        for (link, _) in &found {
            let wrapped = self.wrapped_label(link.label);
            let label = match &wrapped {
                Some(label) => label,
                None => self.text(link.label),
            };
            self.out.labels.push(hash_label(label));
            self.out
                .wrapped
                .extend(wrapped.map(|label| (link.label.0, label)));
        }
        self.out.definitions.extend(
            found
                .into_iter()
                .map(|(link, _)| LinkDefinition { top, ..link }),
        );
        left.is_some()
    }

    /// Returns a label that goes on over lines of a quote without the marks of these lines.
    fn wrapped_label(&self, (start, end): (usize, usize)) -> Option<String> {
        let inside = |&&(from, to): &&(usize, usize)| from <= end && to >= start;
        let lines = self.segments.iter().filter(inside);
        if self.quotes.is_empty() || lines.clone().count() < 2 {
            return None;
        }
        let parts: Vec<_> = lines
            .map(|&(from, to)| self.text((from.max(start), to.min(end))))
            .collect();
        Some(parts.join("\n"))
    }

    fn text(&self, (start, end): (usize, usize)) -> &str {
        let bytes = self.bytes.get(start..end).unwrap_or_default();
        std::str::from_utf8(bytes).unwrap_or_default()
    }
}

/// Walks back over the indentation of a line.
fn line_start(bytes: &[u8], mut at: usize, floor: usize) -> usize {
    while at > floor && matches!(byte(bytes, at - 1), b' ' | b'\t') {
        at -= 1;
    }
    at
}
