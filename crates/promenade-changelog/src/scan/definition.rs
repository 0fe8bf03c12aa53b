//! Link definitions at the start of a paragraph.

/// A link definition; ranges of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LinkDefinition {
    /// The label without brackets.
    pub(crate) label: (usize, usize),
    /// The destination without `<` and `>`.
    pub(crate) url: (usize, usize),
    /// Whether it stands in no list and no quote.
    pub(crate) top: bool,
}

/// Reads the definitions that a paragraph starts with, each with its number of lines.
pub(super) fn leading(bytes: &[u8], lines: &[(usize, usize)]) -> Vec<(LinkDefinition, usize)> {
    let mut found = Vec::new();
    let mut at = 0;
    let next = |at: usize| {
        let rest = lines.get(at..)?;
        plain(bytes, rest).or_else(|| one(bytes, rest))
    };
    while let Some((definition, count)) = next(at) {
        found.push((definition, count));
        at += count;
    }
    found
}

/// A place in the lines of a paragraph; between two lines stands a line end.
#[derive(Clone, Copy)]
struct Place<'a> {
    bytes: &'a [u8],
    lines: &'a [(usize, usize)],
    line: usize,
    at: usize,
    end: usize,
}

impl Place<'_> {
    #[inline]
    fn peek(&self) -> Option<u8> {
        if self.at < self.end {
            self.bytes.get(self.at).copied()
        } else if self.line + 1 < self.lines.len() {
            Some(b'\n')
        } else {
            None
        }
    }

    #[inline]
    fn step(&mut self) {
        if self.at < self.end {
            self.at += 1;
        } else {
            self.line += 1;
            (self.at, self.end) = self
                .lines
                .get(self.line)
                .copied()
                .unwrap_or((self.end, self.end));
        }
    }

    /// Skips spaces and tabs.
    fn spaces(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t')) {
            self.step();
        }
    }

    /// Skips white space with at most one line end; returns whether there was any.
    fn white(&mut self) -> bool {
        let before = (self.line, self.at);
        self.spaces();
        if self.peek() == Some(b'\n') {
            self.step();
            self.spaces();
        }
        before != (self.line, self.at)
    }

    fn ends_line(&self) -> bool {
        matches!(self.peek(), None | Some(b'\n'))
    }
}

/// Reads `[label]: address` on a line of its own, without anything that needs a closer look.
fn plain(bytes: &[u8], lines: &[(usize, usize)]) -> Option<(LinkDefinition, usize)> {
    let &(at, end) = lines.first()?;
    let line = bytes.get(at..end)?;
    let close = memchr::memchr(b']', line)?;
    let label = line.get(1..close)?;
    let odd = |byte: &u8| matches!(byte, b'[' | b'\\');
    if line.first() != Some(&b'[') || label.is_empty() || label.len() > 900 || label.iter().any(odd)
    {
        return None;
    }
    let rest = line.get(close + 1..)?.strip_prefix(b":")?;
    let white = |byte: &u8| matches!(byte, b' ' | b'\t');
    let url = rest.get(rest.iter().take_while(|byte| white(byte)).count()..)?;
    let simple = |byte: &u8| {
        *byte > b' ' && !matches!(byte, b'(' | b')' | b'<' | b'\\' | b'"' | b'\'' | 0x7f)
    };
    let title = lines.get(1).and_then(|&(start, _)| bytes.get(start));
    if url.is_empty()
        || label.iter().all(white)
        || !url.iter().all(simple)
        || matches!(title, Some(b'"' | b'\'' | b'('))
    {
        return None;
    }
    let definition = LinkDefinition {
        label: (at + 1, at + close),
        url: (end - url.len(), end),
        top: true,
    };
    Some((definition, 1))
}

fn one(bytes: &[u8], lines: &[(usize, usize)]) -> Option<(LinkDefinition, usize)> {
    let &(at, end) = lines.first()?;
    let mut place = Place {
        bytes,
        lines,
        line: 0,
        at,
        end,
    };
    let label = label(&mut place)?;
    if place.peek() != Some(b':') {
        return None;
    }
    place.step();
    place.white();
    let url = destination(&mut place)?;
    let definition = LinkDefinition {
        label,
        url,
        top: true,
    };
    let mut without = place;
    without.spaces();
    let plain = without
        .ends_line()
        .then_some((definition, without.line + 1));
    let spaced = place.white();
    if spaced && title(&mut place).is_some() {
        place.spaces();
        if place.ends_line() {
            return Some((definition, place.line + 1));
        }
    }
    plain
}

/// Reads `[label]`.
fn label(place: &mut Place<'_>) -> Option<(usize, usize)> {
    if place.peek() != Some(b'[') {
        return None;
    }
    place.step();
    let start = place.at;
    let (mut text, mut len) = (false, 0);
    loop {
        match place.peek()? {
            b']' => break,
            b'[' => return None,
            b'\\' => {
                text = true;
                place.step();
                len += 1;
                if matches!(place.peek(), Some(b'[' | b']' | b'\\')) {
                    place.step();
                    len += 1;
                }
                continue;
            }
            b' ' | b'\t' | b'\n' => {}
            _ => text = true,
        }
        place.step();
        len += 1;
        if len > 999 {
            return None;
        }
    }
    let range = (start, place.at);
    place.step();
    text.then_some(range)
}

fn destination(place: &mut Place<'_>) -> Option<(usize, usize)> {
    if place.peek() == Some(b'<') {
        place.step();
        let start = place.at;
        loop {
            match place.peek()? {
                b'>' => break,
                b'<' | b'\n' => return None,
                b'\\' => {
                    place.step();
                    if matches!(place.peek(), Some(b'<' | b'>' | b'\\')) {
                        place.step();
                    }
                }
                _ => place.step(),
            }
        }
        let range = (start, place.at);
        place.step();
        return Some(range);
    }
    let start = place.at;
    let mut depth = 0_usize;
    loop {
        match place.peek() {
            None | Some(0..=b' ' | 0x7f) => break,
            Some(b'(') => depth += 1,
            Some(b')') => {
                if depth == 0 {
                    break;
                }
                depth -= 1;
            }
            Some(b'\\') => {
                place.step();
                if !place.peek().is_some_and(|b| b.is_ascii_punctuation()) {
                    continue;
                }
            }
            Some(_) => {}
        }
        place.step();
    }
    (place.at > start && depth == 0).then_some((start, place.at))
}

fn title(place: &mut Place<'_>) -> Option<()> {
    let close = match place.peek()? {
        quote @ (b'"' | b'\'') => quote,
        b'(' => b')',
        _ => return None,
    };
    place.step();
    loop {
        let byte = place.peek()?;
        place.step();
        match byte {
            byte if byte == close => return Some(()),
            b'(' if close == b')' => return None,
            b'\\' if place.peek().is_some_and(|b| b.is_ascii_punctuation()) => place.step(),
            _ => {}
        }
    }
}
