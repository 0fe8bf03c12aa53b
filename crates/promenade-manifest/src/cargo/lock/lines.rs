//! A lock file as Cargo writes it, read line by line.
//!
//! What is read here is a TOML document that means the same to a parser; anything else, a comment
//! within, another order of keys, an escape, is left to the parser, which also says what is wrong.

use semver::Version;

use super::Locked;
use crate::toml::Literal;

/// The entries of a lock file.
#[derive(Debug, Default)]
pub(super) struct Entries {
    pub(super) packages: Vec<Locked>,
    pub(super) unused: Vec<Locked>,
}

/// Reads the entries, if the text is one that Cargo writes today.
pub(super) fn read(text: &str) -> Option<Entries> {
    let mut lines = Lines { text, at: 0 };
    while lines.rest().starts_with('#') {
        let comment = lines.next()?;
        comment.bytes().all(is_plain).then_some(())?;
    }
    if let Some(number) = lines.prefixed("version = ") {
        let is_number = matches!(number.as_bytes(), [b'1'..=b'9']);
        is_number.then_some(())?;
    }
    let mut entries = Entries::default();
    while !lines.rest().is_empty() {
        lines.exactly("")?;
        let at = lines.at;
        let into = match lines.next()? {
            "[[package]]" if entries.unused.is_empty() => &mut entries.packages,
            "[[patch.unused]]" => &mut entries.unused,
            _ => return None,
        };
        into.push(entry(&mut lines, at)?);
    }
    Some(entries)
}

/// Reads the lines of an entry, up to the blank one after it.
fn entry(lines: &mut Lines<'_>, at: usize) -> Option<Locked> {
    let name = lines.text_of("name = ")?;
    let literal = lines.text_of("version = ")?;
    let version = Version::parse(&literal.value).ok()?;
    let source = lines.text_of("source = ");
    let _ = lines.text_of("checksum = ");
    let mut references = Vec::new();
    if lines.exactly("dependencies = [").is_some() {
        while lines.exactly("]").is_none() {
            references.push(lines.quoted(" ", ",")?);
        }
    }
    Some(Locked {
        name: name.value,
        version,
        literal,
        source: source.map(|source| source.value),
        references,
        block: at..at,
    })
}

/// The lines of a text, each ended by a line feed.
struct Lines<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Lines<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Returns the next line, without moving on.
    fn peek(&self) -> Option<&'a str> {
        let rest = self.rest();
        rest.get(..rest.find('\n')?)
    }

    fn next(&mut self) -> Option<&'a str> {
        let line = self.peek()?;
        self.at += line.len() + 1;
        Some(line)
    }

    /// Takes the next line if it is this one.
    fn exactly(&mut self, expected: &str) -> Option<()> {
        (self.peek()? == expected).then_some(())?;
        self.at += expected.len() + 1;
        Some(())
    }

    /// Takes the next line if it starts with this, and returns what follows.
    fn prefixed(&mut self, prefix: &str) -> Option<&'a str> {
        let line = self.peek()?;
        let value = line.strip_prefix(prefix)?;
        self.at += line.len() + 1;
        Some(value)
    }

    /// Takes the next line if it is a key with a text.
    fn text_of(&mut self, key: &str) -> Option<Literal> {
        self.quoted(key, "")
    }

    /// Takes the next line if it is a text between `before` and `after`.
    fn quoted(&mut self, before: &str, after: &str) -> Option<Literal> {
        let line = self.peek()?;
        let value = line.strip_prefix(before)?.strip_prefix('"')?;
        let value = value.strip_suffix(after)?.strip_suffix('"')?;
        let verbatim = |byte| is_plain(byte) && byte != b'"' && byte != b'\\';
        value.bytes().all(verbatim).then_some(())?;
        let start = self.at + before.len() + 1;
        self.at += line.len() + 1;
        Some(Literal {
            value: value.to_owned(),
            inner: start..start + value.len(),
            plain: true,
        })
    }
}

/// Says whether a byte may stand in a text or a comment as it is.
fn is_plain(byte: u8) -> bool {
    byte >= b' ' && byte != 0x7f
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Lock;

    const LOCK: &str = "# Cargo writes this.\nversion = 4\n\n[[package]]\nname = \"a\"\n\
        version = \"1.0.0\"\ndependencies = [\n \"b\",\n \"c 2.0.0\",\n]\n\n[[package]]\nname = \"b\"\n\
        version = \"0.1.0-rc.1\"\nsource = \"registry+https://example.org\"\nchecksum = \"00ff\"\n\n\
        [[patch.unused]]\nname = \"u\"\nversion = \"3.0.0\"\n";

    /// Checks that the lines say what the parser says, if they say anything; returns whether.
    fn check(text: &str) -> bool {
        let Some(entries) = super::read(text) else {
            return false;
        };
        let parsed = Lock::parse("Cargo.lock", text).unwrap();
        assert_eq!(Lock::of_lines("Cargo.lock", text, entries), parsed);
        true
    }

    #[test]
    fn what_cargo_writes_is_read_by_lines() {
        assert!(check(LOCK));
        assert!(check(include_str!("../../../../../Cargo.lock")));
        assert!(check(""));
    }

    #[test]
    fn anything_else_is_left_to_the_parser() {
        for (part, other) in [
            ("\n", "\r\n"),
            ("\"a\"", "'a'"),
            ("\"a\"", "\"\\u0061\""),
            ("version = 4\n", "version = 4 # four\n"),
            ("version = 4\n", "version = 4\nversion = 4\n"),
            ("[[package]]", " [[package]]"),
            (" \"b\",", " \"b\", # b"),
            ("name = \"a\"\n", "name = \"a\"\nname = \"a\"\n"),
            (
                "\n\n[[package]]\nname = \"b\"",
                "\n[[package]]\nname = \"b\"",
            ),
            ("[[patch.unused]]", "[metadata]"),
        ] {
            let text = LOCK.replacen(part, other, if part == "\n" { 99 } else { 1 });
            assert_ne!(text, LOCK);
            assert!(!check(&text), "{other}");
        }
    }

    proptest! {
        /// Whatever stands in it: what is read by lines is what the parser reads.
        #[test]
        fn lines_and_parser_agree(
            cuts in proptest::collection::vec((0..LOCK.len(), 0..40_usize, "[\\[\\]\" \\\\\na-c#=.,0-9\r\t]{0,12}"), 0..3)
        ) {
            let mut text = LOCK.to_owned();
            for (at, length, new) in cuts {
                let at = at.min(text.len());
                let end = (at + length).min(text.len());
                text.replace_range(at..end, &new);
            }
            check(&text);
        }
    }
}
