//! The block structure of CommonMark, line by line, as far as a document of releases needs it:
//! headings, list items, code, HTML, link definitions. Nothing is copied; every block is a range.

mod close;
mod cursor;
mod definition;
mod html;
mod leaf;
mod scanner;

pub(crate) use definition::LinkDefinition;

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

/// The structure of a text.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scan {
    pub(crate) blocks: Vec<Block>,
    /// Link definitions, nested ones too, in the order of the text.
    pub(crate) definitions: Vec<LinkDefinition>,
    /// The hash of each definition's label.
    pub(crate) labels: Vec<u32>,
    /// The labels that go on over lines of a quote, without its marks, by where they start.
    pub(crate) wrapped: Vec<(usize, String)>,
    /// A fence or HTML is still open at the end: what is appended would be swallowed.
    pub(crate) open: bool,
}

/// Scans a text in one pass.
pub(crate) fn scan(text: &str) -> Scan {
    scanner::scan(text)
}
