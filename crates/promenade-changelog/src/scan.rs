//! The block structure of CommonMark, line by line, as far as a document of releases needs it:
//! headings, list items, code, HTML, link definitions. Nothing is copied; every block is a range.

mod cursor;
mod definition;
mod html;
mod leaf;

use cursor::{Cursor, byte};
pub(crate) use definition::LinkDefinition;
use html::HtmlEnd;

/// What a block at the top level is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BlockKind {
    /// A heading, `# …` or underlined.
    Heading {
        /// 1 to 6.
        level: u8,
        /// Whether it is underlined.
        setext: bool,
    },
    /// An item of a list, with everything inside it.
    Item {
        /// `-`, `*`, `+`, or `.` and `)` of numbered items.
        marker: u8,
    },
    /// Text.
    Paragraph,
    /// Code between fences.
    Fence,
    /// Indented code.
    Indented,
    /// HTML, comments too.
    Html,
    /// A link definition.
    Definition,
    /// A quote, with everything inside it.
    Quote,
    /// A thematic break.
    Rule,
}

/// A block at the top level of a document, as `CommonMark` sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    pub(crate) kind: BlockKind,
    pub(crate) start: usize,
    /// After the line end of the last line that is not blank.
    pub(crate) end: usize,
    /// Headings: the text without markers. Items: from the end of the marker.
    pub(crate) inner: (usize, usize),
}

impl Block {
    /// Returns what the block is.
    #[must_use]
    pub fn kind(&self) -> BlockKind {
        self.kind
    }

    /// Returns its bytes: whole lines.
    #[must_use]
    pub fn range(&self) -> std::ops::Range<usize> {
        self.start..self.end
    }
}

#[derive(Clone, Copy, Debug)]
enum Container {
    Quote,
    Item { width: usize },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Leaf {
    None,
    Paragraph,
    Fence { mark: u8, len: usize },
    Indented,
    Html(HtmlEnd),
}

/// One line: content `start..end` without its line end, `next` where the next one starts.
#[derive(Clone, Copy, Debug)]
struct Line {
    start: usize,
    end: usize,
    next: usize,
}

/// The structure of a text.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scan {
    pub(crate) blocks: Vec<Block>,
    /// Link definitions, nested ones too, in the order of the text.
    pub(crate) definitions: Vec<LinkDefinition>,
    /// A fence or HTML is still open at the end: what is appended would be swallowed.
    pub(crate) open: bool,
}

/// Scans a text in one pass.
pub(crate) fn scan(text: &str) -> Scan {
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
fn line_end(bytes: &[u8], start: usize) -> (usize, usize) {
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

struct Scanner<'a> {
    bytes: &'a [u8],
    out: Scan,
    containers: Vec<Container>,
    /// Where in `containers` the quotes are.
    quotes: Vec<usize>,
    /// The innermost item has no content yet.
    empty_item: bool,
    leaf: Leaf,
    /// The lines of the open paragraph, recorded where it may start with link definitions.
    segments: Vec<(usize, usize)>,
    candidate: bool,
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
            return;
        }
        if blank {
            self.close_to(matched);
            self.close_leaf();
            // A line of quote marks alone is part of the quote.
            if !self.quotes.is_empty()
                && Cursor::new(self.bytes, line.start, line.end).first().at < line.end
            {
                self.extend(line);
            }
            return;
        }
        self.open_blocks(cursor, matched, line);
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

    /// Turns the open paragraph into a heading; not so if it held nothing but link definitions.
    fn close_setext(&mut self, level: u8, line: Line) -> bool {
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

    fn extend(&mut self, line: Line) {
        if let Some(block) = self.out.blocks.last_mut() {
            block.end = line.next;
        }
    }

    fn close_for(&mut self, opened: bool, matched: usize) {
        if !opened {
            self.close_to(matched);
        }
    }

    /// Closes every container beyond the first `matched`, and what is open in them.
    fn close_to(&mut self, matched: usize) {
        if matched < self.containers.len() {
            self.close_leaf();
            self.containers.truncate(matched);
            while self.quotes.last().is_some_and(|&at| at >= matched) {
                self.quotes.pop();
            }
            self.empty_item = false;
        }
    }

    fn close_leaf(&mut self) {
        if self.leaf == Leaf::Paragraph && self.candidate {
            self.take_definitions();
            self.candidate = false;
            self.segments.clear();
        }
        self.leaf = Leaf::None;
    }

    /// Takes the link definitions off the start of the open paragraph; returns whether text is left.
    fn take_definitions(&mut self) -> bool {
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
        self.out.definitions.extend(
            found
                .into_iter()
                .map(|(link, _)| LinkDefinition { top, ..link }),
        );
        left.is_some()
    }
}

enum Start {
    Setext(u8),
    Leaf(Leaf, BlockKind, (usize, usize)),
}

/// Walks back over the indentation of a line.
fn line_start(bytes: &[u8], mut at: usize, floor: usize) -> usize {
    while at > floor && matches!(byte(bytes, at - 1), b' ' | b'\t') {
        at -= 1;
    }
    at
}
