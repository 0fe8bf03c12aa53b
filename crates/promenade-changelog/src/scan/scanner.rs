//! The scanner: one line after the other, with the containers and the leaf that are open.

use super::cursor::{Cursor, byte};
use super::html::{self, HtmlEnd};
use super::{Block, BlockKind, Scan, leaf};

#[derive(Clone, Copy, Debug)]
pub(super) enum Container {
    Quote,
    Item { width: usize },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leaf {
    None,
    Paragraph,
    Fence { mark: u8, len: usize },
    Indented,
    Html(HtmlEnd),
}

/// One line: content `start..end` without its line end, `next` where the next one starts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) next: usize,
}

/// Scans a text in one pass.
pub(super) fn scan(text: &str) -> Scan {
    let bytes = text.as_bytes();
    let mut scanner = Scanner {
        bytes,
        out: Scan::default(),
        containers: Vec::new(),
        quotes: Vec::new(),
        empty_item: false,
        leaf: Leaf::None,
        segments: Vec::new(),
        candidate: false,
    };
    scanner.out.blocks.reserve(bytes.len() / 64);
    let mut start = if text.starts_with('\u{feff}') { 3 } else { 0 };
    while start < bytes.len() {
        let (end, next) = line_end(bytes, start);
        scanner.line(Line { start, end, next });
        start = next;
    }
    scanner.out.open = scanner.containers.is_empty()
        && match scanner.leaf {
            Leaf::Fence { .. } => true,
            Leaf::Html(end) => end != HtmlEnd::Blank,
            _ => false,
        };
    scanner.close_to(0);
    scanner.close_leaf();
    scanner.out
}

/// Returns where the line that starts at `start` ends, without and with its line end.
pub(super) fn line_end(bytes: &[u8], start: usize) -> (usize, usize) {
    let rest = bytes.get(start..).unwrap_or_default();
    match memchr::memchr2(b'\n', b'\r', rest) {
        None => (bytes.len(), bytes.len()),
        Some(at) => {
            let end = start + at;
            let crlf = byte(bytes, end) == b'\r' && byte(bytes, end + 1) == b'\n';
            (end, end + 1 + usize::from(crlf))
        }
    }
}

pub(super) struct Scanner<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) out: Scan,
    pub(super) containers: Vec<Container>,
    /// Where in `containers` the quotes are.
    pub(super) quotes: Vec<usize>,
    /// The innermost item has no content yet.
    pub(super) empty_item: bool,
    pub(super) leaf: Leaf,
    /// The lines of the open paragraph, recorded where it may start with link definitions.
    pub(super) segments: Vec<(usize, usize)>,
    pub(super) candidate: bool,
}

impl Scanner<'_> {
    fn line(&mut self, line: Line) {
        let mut cursor = Cursor::new(self.bytes, line.start, line.end);
        let total = self.containers.len();
        let matched = if total == 0 {
            0
        } else {
            self.match_containers(&mut cursor)
        };
        let all = matched == total;
        let first = cursor.first();
        let blank = first.at == line.end;
        if all && self.continues_leaf(&cursor, blank, line) {
            self.extend_by_marks(blank, line);
            return;
        }
        if blank {
            self.close_to(matched);
            self.close_leaf();
            self.extend_by_marks(blank, line);
            return;
        }
        self.open_blocks(cursor, matched, line);
    }

    /// A line of quote marks alone is part of the quote.
    fn extend_by_marks(&mut self, blank: bool, line: Line) {
        if blank
            && !self.quotes.is_empty()
            && Cursor::new(self.bytes, line.start, line.end).first().at < line.end
        {
            self.extend(line);
        }
    }

    /// Walks the open containers that this line continues; returns how many.
    fn match_containers(&self, cursor: &mut Cursor<'_>) -> usize {
        let total = self.containers.len();
        let mut matched = 0;
        while let Some(container) = self.containers.get(matched) {
            let first = cursor.first();
            if first.at == cursor.end {
                // A blank line continues items, but no quote, and no item that is still empty.
                let quote = self.quotes.partition_point(|&at| at < matched);
                let stop = self.quotes.get(quote).copied().unwrap_or(total);
                return stop - usize::from(stop == total && self.empty_item);
            }
            match *container {
                Container::Quote if first.indent <= 3 && byte(self.bytes, first.at) == b'>' => {
                    cursor.skip_quote_mark(first);
                }
                Container::Item { width } if first.indent >= width => {
                    cursor.skip_columns(width);
                }
                _ => break,
            }
            matched += 1;
        }
        matched
    }

    /// Takes a line that belongs to the open code or HTML block as it stands.
    fn continues_leaf(&mut self, cursor: &Cursor<'_>, blank: bool, line: Line) -> bool {
        match self.leaf {
            Leaf::Fence { mark, len } => {
                self.extend(line);
                if !blank && leaf::closes_fence(cursor, mark, len) {
                    self.leaf = Leaf::None;
                }
                true
            }
            Leaf::Html(HtmlEnd::Blank) if blank => {
                self.leaf = Leaf::None;
                true
            }
            Leaf::Html(end) => {
                self.extend(line);
                if end.is_in(cursor.rest()) {
                    self.leaf = Leaf::None;
                }
                true
            }
            Leaf::Indented if blank => true,
            Leaf::Indented if cursor.first().indent >= 4 => {
                self.extend(line);
                true
            }
            Leaf::Indented | Leaf::Paragraph | Leaf::None => false,
        }
    }

    /// Opens what the rest of a line opens, then takes its text.
    fn open_blocks(&mut self, mut cursor: Cursor<'_>, matched: usize, line: Line) {
        let all = matched == self.containers.len();
        let mut lazy = self.leaf == Leaf::Paragraph;
        let mut in_paragraph = all && lazy;
        let mut opened = false;
        loop {
            let first = cursor.first();
            if first.indent >= 4 {
                if lazy {
                    break;
                }
                self.close_for(opened, matched);
                self.open_leaf(
                    Leaf::Indented,
                    BlockKind::Indented,
                    line,
                    (first.at, line.end),
                );
                return;
            }
            let mark = byte(self.bytes, first.at);
            if mark == b'>' {
                self.close_for(opened, matched);
                self.push_container(Container::Quote, BlockKind::Quote, line, first.at);
                cursor.skip_quote_mark(first);
            } else if let Some(done) = self.leaf_start(&cursor, mark, lazy, in_paragraph) {
                match done {
                    Start::Setext(level) => {
                        if self.close_setext(level, line) {
                            return;
                        }
                        // Only link definitions stood there: nothing is underlined, but the line
                        // may be a rule, or else is text; an empty item may not interrupt.
                        if let Some(Start::Leaf(leaf, kind, inner)) =
                            self.leaf_start(&cursor, mark, false, false)
                        {
                            self.open_leaf(leaf, kind, line, inner);
                            return;
                        }
                        lazy = false;
                        break;
                    }
                    Start::Leaf(leaf, kind, inner) => {
                        self.close_for(opened, matched);
                        self.open_leaf(leaf, kind, line, inner);
                        return;
                    }
                }
            } else if let Some(item) = cursor.item_marker(first, in_paragraph) {
                self.close_for(opened, matched);
                let container = Container::Item { width: item.width };
                let kind = BlockKind::Item {
                    marker: item.marker,
                };
                self.push_container(container, kind, line, item.content);
                cursor = item.after;
            } else {
                break;
            }
            opened = true;
            lazy = false;
            in_paragraph = false;
            if cursor.first().at == line.end {
                self.empty_item = matches!(self.containers.last(), Some(Container::Item { .. }));
                self.extend(line);
                return;
            }
        }
        self.take_text(&cursor, opened, matched, lazy, line);
    }

    fn take_text(
        &mut self,
        cursor: &Cursor<'_>,
        opened: bool,
        matched: usize,
        lazy: bool,
        line: Line,
    ) {
        let first = cursor.first();
        if !lazy {
            self.close_for(opened, matched);
        }
        if self.leaf == Leaf::Paragraph {
            if self.candidate {
                self.segments.push((first.at, line.end));
            }
            self.extend(line);
            return;
        }
        self.candidate = byte(self.bytes, first.at) == b'[';
        if self.candidate {
            self.segments.push((first.at, line.end));
        }
        self.open_leaf(
            Leaf::Paragraph,
            BlockKind::Paragraph,
            line,
            (first.at, line.end),
        );
    }

    /// Recognises the start of a heading, a rule, a fence or HTML.
    #[inline]
    fn leaf_start(
        &self,
        cursor: &Cursor<'_>,
        mark: u8,
        lazy: bool,
        in_paragraph: bool,
    ) -> Option<Start> {
        match mark {
            b'#' => leaf::atx(cursor).map(|(level, inner)| {
                let kind = BlockKind::Heading {
                    level,
                    setext: false,
                };
                Start::Leaf(Leaf::None, kind, inner)
            }),
            b'`' | b'~' => leaf::fence(cursor, mark).map(|len| {
                let inner = (cursor.first().at, cursor.end);
                Start::Leaf(Leaf::Fence { mark, len }, BlockKind::Fence, inner)
            }),
            b'<' => {
                let rest = cursor.text();
                let end = html::start(rest, !lazy)?;
                let open = end == HtmlEnd::Blank || !end.is_in(rest);
                let leaf = if open { Leaf::Html(end) } else { Leaf::None };
                let inner = (cursor.first().at, cursor.end);
                Some(Start::Leaf(leaf, BlockKind::Html, inner))
            }
            b'=' | b'-' | b'*' | b'_' => {
                if in_paragraph && let Some(level) = leaf::setext(cursor, mark) {
                    return Some(Start::Setext(level));
                }
                let inner = (cursor.first().at, cursor.end);
                leaf::rule(cursor, mark).then_some(Start::Leaf(Leaf::None, BlockKind::Rule, inner))
            }
            _ => None,
        }
    }

    fn push_container(&mut self, container: Container, kind: BlockKind, line: Line, inner: usize) {
        self.close_leaf();
        if self.containers.is_empty() {
            self.out.blocks.push(Block {
                kind,
                start: line.start,
                end: line.next,
                inner: (inner, line.end),
            });
        }
        if let Container::Quote = container {
            self.quotes.push(self.containers.len());
        }
        self.containers.push(container);
        self.empty_item = false;
    }

    fn open_leaf(&mut self, leaf: Leaf, kind: BlockKind, line: Line, inner: (usize, usize)) {
        self.close_leaf();
        self.leaf = leaf;
        self.empty_item = false;
        if self.containers.is_empty() {
            self.out.blocks.push(Block {
                kind,
                start: line.start,
                end: line.next,
                inner,
            });
        } else {
            self.extend(line);
        }
    }

    pub(super) fn extend(&mut self, line: Line) {
        if let Some(block) = self.out.blocks.last_mut() {
            block.end = line.next;
        }
    }
}

enum Start {
    Setext(u8),
    Leaf(Leaf, BlockKind, (usize, usize)),
}
