//! A place in a line, counted in columns: tabs go to the next multiple of four.

/// Returns a byte, or nothing that any grammar accepts past the end.
#[inline]
pub(super) fn byte(bytes: &[u8], at: usize) -> u8 {
    bytes.get(at).copied().unwrap_or(0)
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
    pub(super) end: usize,
    column: usize,
}

/// Where the text of a line starts, and how far it is indented.
#[derive(Clone, Copy, Debug)]
pub(super) struct First {
    pub(super) at: usize,
    pub(super) indent: usize,
}

/// The marker of a list item.
#[derive(Clone, Copy, Debug)]
pub(super) struct Item<'a> {
    pub(super) marker: u8,
    pub(super) width: usize,
    pub(super) content: usize,
    pub(super) after: Cursor<'a>,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(bytes: &'a [u8], at: usize, end: usize) -> Self {
        Self {
            bytes,
            at,
            end,
            column: 0,
        }
    }

    #[inline]
    pub(super) fn peek(&self, at: usize) -> Option<u8> {
        if at < self.end {
            self.bytes.get(at).copied()
        } else {
            None
        }
    }

    /// Finds the first byte that is no space or tab.
    #[inline]
    pub(super) fn first(&self) -> First {
        let (mut at, mut column) = (self.at, self.column);
        loop {
            match self.peek(at) {
                Some(b' ') => column += 1,
                Some(b'\t') => column += 4 - column % 4,
                _ => break,
            }
            at += 1;
        }
        First {
            at,
            indent: column - self.column,
        }
    }

    /// Returns the rest of the line from the cursor on.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..self.end).unwrap_or_default()
    }

    /// Returns the rest of the line without its indentation.
    pub(super) fn text(&self) -> &'a [u8] {
        self.bytes
            .get(self.first().at..self.end)
            .unwrap_or_default()
    }

    /// Moves over white space by columns; a tab may be used up in parts.
    pub(super) fn skip_columns(&mut self, mut columns: usize) {
        while columns > 0 {
            match self.peek(self.at) {
                Some(b'\t') => {
                    let width = 4 - self.column % 4;
                    if width > columns {
                        self.column += columns;
                        return;
                    }
                    self.column += width;
                    columns -= width;
                }
                Some(_) => {
                    self.column += 1;
                    columns -= 1;
                }
                None => return,
            }
            self.at += 1;
        }
    }

    fn jump(&mut self, first: First, marker: usize) {
        self.column += first.indent + marker;
        self.at = first.at + marker;
    }

    /// Moves over `>` and one space.
    pub(super) fn skip_quote_mark(&mut self, first: First) {
        self.jump(first, 1);
        if matches!(self.peek(self.at), Some(b' ' | b'\t')) {
            self.skip_columns(1);
        }
    }

    /// Reads the marker of a list item.
    #[inline]
    pub(super) fn item_marker(&self, first: First, interrupts: bool) -> Option<Item<'a>> {
        let mark = self.peek(first.at)?;
        let (marker, len, starts_at_one) = match mark {
            b'-' | b'+' | b'*' => (mark, 1, true),
            b'0'..=b'9' => {
                let mut digits = 1;
                while self
                    .peek(first.at + digits)
                    .is_some_and(|b| b.is_ascii_digit())
                {
                    digits += 1;
                    if digits > 9 {
                        return None;
                    }
                }
                let close = self
                    .peek(first.at + digits)
                    .filter(|b| matches!(b, b'.' | b')'))?;
                let number = self.bytes.get(first.at..first.at + digits)?;
                let one = number
                    .split_last()
                    .is_some_and(|(last, zeros)| *last == b'1' && zeros.iter().all(|&b| b == b'0'));
                (close, digits + 1, one)
            }
            _ => return None,
        };
        if !matches!(self.peek(first.at + len), None | Some(b' ' | b'\t')) {
            return None;
        }
        let mut after = *self;
        after.jump(first, len);
        let content = after.first();
        let blank = content.at == self.end;
        if interrupts && (blank || !starts_at_one) {
            return None;
        }
        let padding = if blank || content.indent >= 5 {
            1
        } else {
            content.indent
        };
        after.skip_columns(padding);
        Some(Item {
            marker,
            width: first.indent + len + padding,
            content: content.at,
            after,
        })
    }
}
