//! Canonical JSON: one value, one spelling.
//!
//! Objects have their keys in byte order and all of them are always written; there is no white
//! space; strings escape only what JSON demands, in one way; numbers are plain integers. The reader
//! accepts exactly what the writer writes, so that a hash of the bytes is a hash of the value. It
//! reads the keys in the order it knows and makes no tree.

mod text;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

pub(crate) use text::{push_hex, push_number};

use crate::{Map, Set};

/// A value with canonical bytes.
pub(crate) trait Canonical: Sized {
    fn write(&self, out: &mut Writer);
    fn read(input: &mut Reader<'_>) -> Result<Self, Stop>;

    fn to_bytes(&self) -> Vec<u8> {
        let mut out = Writer::default();
        self.write(&mut out);
        out.bytes
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, ReadError> {
        let mut input = Reader::new(bytes);
        match Self::read(&mut input) {
            Ok(value) if input.is_at_end() => Ok(value),
            Ok(_) => Err(ReadError {
                at: input.at,
                expected: "nothing more".into(),
            }),
            Err(Stop) => Err(input.error),
        }
    }
}

/// A value that is written as a string, whose order is that of its text where it is a key.
pub(crate) trait Text: Sized {
    fn to_text(&self) -> Cow<'_, str>;
    fn from_text(text: &str) -> Option<Self>;
}

/// A reading stopped; the reader keeps why. Every field of every record can stop it, and so each of
/// them hands on no more than this.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stop;

/// What stands at a byte is not what the canonical spelling has there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReadError {
    pub(crate) at: usize,
    pub(crate) expected: Cow<'static, str>,
}

#[derive(Default)]
pub(crate) struct Writer {
    bytes: Vec<u8>,
    open: bool,
}

impl Writer {
    pub(crate) fn begin(&mut self, bracket: u8) {
        self.bytes.push(bracket);
        self.open = true;
    }

    pub(crate) fn end(&mut self, bracket: u8) {
        self.bytes.push(bracket);
        self.open = false;
    }

    /// Writes the comma before an element that is not the first one.
    pub(crate) fn element(&mut self) {
        if !self.open {
            self.bytes.push(b',');
        }
        self.open = false;
    }

    pub(crate) fn key(&mut self, key: &str) {
        self.element();
        self.string(key);
        self.bytes.push(b':');
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    pub(crate) fn raw(&mut self, text: &str) {
        self.bytes.extend_from_slice(text.as_bytes());
    }

    pub(crate) fn string(&mut self, text: &str) {
        self.bytes.push(b'"');
        let mut rest = text.as_bytes();
        while let Some((plain, [byte, after @ ..])) = rest.split_at_checked(plain_run(rest)) {
            self.bytes.extend_from_slice(plain);
            match escape(*byte) {
                None => self.bytes.push(*byte),
                Some(short) => self.bytes.extend_from_slice(short.as_bytes()),
            }
            rest = after;
        }
        self.bytes.extend_from_slice(rest);
        self.bytes.push(b'"');
    }
}

/// How a byte is escaped, if it must be.
fn escape(byte: u8) -> Option<Cow<'static, str>> {
    Some(match byte {
        b'"' => "\\\"".into(),
        b'\\' => "\\\\".into(),
        0x08 => "\\b".into(),
        0x0c => "\\f".into(),
        b'\n' => "\\n".into(),
        b'\r' => "\\r".into(),
        b'\t' => "\\t".into(),
        0..=0x1f => format!("\\u{byte:04x}").into(),
        _ => return None,
    })
}

/// Returns how many bytes stand before the first `"`, `\` or control character; eight at a time.
fn plain_run(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::MAX / 255;
    const HIGH: u64 = ONES << 7;
    // Marks each byte below `limit`, and marks none that stands before the first of them.
    let below = |word: u64, limit: u64| word.wrapping_sub(ONES * limit) & !word & HIGH;
    let same = |word: u64, byte: u8| below(word ^ (ONES * u64::from(byte)), 1);
    let mut rest = bytes;
    while let Some((eight, after)) = rest.split_first_chunk() {
        let word = u64::from_le_bytes(*eight);
        let stops = below(word, 0x20) | same(word, b'"') | same(word, b'\\');
        if stops != 0 {
            return bytes.len() - rest.len() + (stops.trailing_zeros() / 8) as usize;
        }
        rest = after;
    }
    let last = rest
        .iter()
        .position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f));
    bytes.len() - rest.len() + last.unwrap_or(rest.len())
}

pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
    /// The bytes before the first that is not UTF-8.
    text: &'a str,
    at: usize,
    open: bool,
    /// Why the reading stopped, if it did.
    error: ReadError,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        // Checked once: a string is then no more than a slice.
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => bytes
                .get(..error.valid_up_to())
                .and_then(|valid| std::str::from_utf8(valid).ok())
                .unwrap_or_default(),
        };
        Self {
            bytes,
            text,
            at: 0,
            open: true,
            error: ReadError {
                at: 0,
                expected: "".into(),
            },
        }
    }

    /// Stops here.
    pub(crate) fn stop(&mut self, expected: &'static str) -> Stop {
        self.stop_at(self.at, expected.into())
    }

    #[cold]
    fn stop_at(&mut self, at: usize, expected: Cow<'static, str>) -> Stop {
        self.error = ReadError { at, expected };
        Stop
    }

    pub(crate) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    pub(crate) fn literal(&mut self, text: &'static str) -> Result<(), Stop> {
        if self.rest().starts_with(text.as_bytes()) {
            self.at += text.len();
            Ok(())
        } else {
            Err(self.stop(text))
        }
    }

    fn byte(&mut self, wanted: u8) -> Result<(), Stop> {
        if self.peek() == Some(wanted) {
            self.at += 1;
            Ok(())
        } else {
            Err(self.missing_byte(wanted))
        }
    }

    #[cold]
    fn missing_byte(&mut self, wanted: u8) -> Stop {
        self.stop_at(self.at, char::from(wanted).to_string().into())
    }

    pub(crate) fn begin(&mut self, bracket: u8) -> Result<(), Stop> {
        self.byte(bracket)?;
        self.open = true;
        Ok(())
    }

    pub(crate) fn close(&mut self, bracket: u8) -> Result<(), Stop> {
        self.byte(bracket)?;
        self.open = false;
        Ok(())
    }

    pub(crate) fn element(&mut self) -> Result<(), Stop> {
        if !self.open {
            self.byte(b',')?;
        }
        self.open = false;
        Ok(())
    }

    pub(crate) fn colon(&mut self) -> Result<(), Stop> {
        self.byte(b':')
    }

    /// Reads a key, given as it is written: in quote marks, with the colon after it.
    pub(crate) fn key(&mut self, written: &'static str) -> Result<(), Stop> {
        self.element()?;
        if !self.rest().starts_with(written.as_bytes()) {
            return Err(self.missing(written));
        }
        self.at += written.len();
        Ok(())
    }

    #[cold]
    fn missing(&mut self, written: &str) -> Stop {
        let key = written.trim_matches(['"', ':']);
        self.stop_at(self.at, format!("key `{key}`").into())
    }

    /// Reads a key, as [`Reader::key`] does, and its value.
    pub(crate) fn field<T: Canonical>(&mut self, written: &'static str) -> Result<T, Stop> {
        self.key(written)?;
        T::read(self)
    }

    /// Stops at a text that is none of a type.
    #[cold]
    fn no(&mut self, at: usize, type_name: &'static str) -> Stop {
        let name = type_name.rsplit("::").next().unwrap_or(type_name);
        self.stop_at(at, format!("a {name}").into())
    }

    fn is_at_end(&self) -> bool {
        self.at == self.bytes.len()
    }

    pub(crate) fn string(&mut self) -> Result<Cow<'a, str>, Stop> {
        self.byte(b'"')?;
        let start = self.at;
        let length = plain_run(self.rest());
        self.at += length;
        match self.peek() {
            Some(b'"') => {
                let Some(text) = self.text.get(start..self.at) else {
                    return Err(self.stop_at(start, "UTF-8".into()));
                };
                self.at += 1;
                Ok(Cow::Borrowed(text))
            }
            Some(_) => {
                let head = self.bytes.get(start..self.at).unwrap_or_default().to_vec();
                self.escaped(start, head).map(Cow::Owned)
            }
            None => {
                self.at = start;
                Err(self.stop("the end of a string"))
            }
        }
    }

    fn escaped(&mut self, start: usize, mut text: Vec<u8>) -> Result<String, Stop> {
        loop {
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => {
                    let byte = (0..=b'\\').find(|byte| {
                        escape(*byte).is_some_and(|short| self.rest().starts_with(short.as_bytes()))
                    });
                    let Some(byte) = byte else {
                        return Err(self.stop("a canonical escape"));
                    };
                    self.at += escape(byte).map_or(0, |short| short.len());
                    text.push(byte);
                }
                Some(byte @ 0x20..) => {
                    self.at += 1;
                    text.push(byte);
                }
                _ => return Err(self.stop("a character that may stand in a string")),
            }
        }
        self.at += 1;
        String::from_utf8(text).map_err(|_| self.stop_at(start, "UTF-8".into()))
    }

    /// Passes over one value of any shape and returns its bytes.
    pub(crate) fn any(&mut self) -> Result<&'a str, Stop> {
        let start = self.at;
        let mut depth = 0_usize;
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.string()?;
                }
                Some(b'{' | b'[') => {
                    depth += 1;
                    self.at += 1;
                    continue;
                }
                Some(b'}' | b']') if depth > 0 => {
                    depth -= 1;
                    self.at += 1;
                }
                Some(b',' | b':') if depth > 0 => {
                    self.at += 1;
                    continue;
                }
                Some(b'0'..=b'9' | b'-' | b'a'..=b'z' | b'.' | b'+' | b'E') => {
                    while let Some(b'0'..=b'9' | b'-' | b'a'..=b'z' | b'.' | b'+' | b'E') =
                        self.peek()
                    {
                        self.at += 1;
                    }
                }
                _ => return Err(self.stop("a value")),
            }
            if depth == 0 {
                break;
            }
        }
        self.open = false;
        let bytes = self.bytes.get(start..self.at).unwrap_or_default();
        std::str::from_utf8(bytes).map_err(|_| self.stop_at(start, "UTF-8".into()))
    }
}

impl<T: Text> Canonical for T {
    fn write(&self, out: &mut Writer) {
        out.string(&self.to_text());
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, Stop> {
        let at = input.at;
        let text = input.string()?;
        T::from_text(&text).ok_or_else(|| input.no(at, std::any::type_name::<T>()))
    }
}

impl Canonical for u64 {
    fn write(&self, out: &mut Writer) {
        let mut text = String::with_capacity(20);
        push_number(&mut text, *self);
        out.raw(&text);
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, Stop> {
        let start = input.at;
        while input.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            input.at += 1;
        }
        let digits = input.bytes.get(start..input.at).unwrap_or_default();
        let value = std::str::from_utf8(digits)
            .ok()
            .filter(|digits| *digits == "0" || !digits.starts_with('0'))
            .and_then(|digits| digits.parse().ok());
        value.ok_or_else(|| input.stop_at(start, "a whole number".into()))
    }
}

impl Canonical for bool {
    fn write(&self, out: &mut Writer) {
        out.raw(if *self { "true" } else { "false" });
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, Stop> {
        if input.peek() == Some(b't') {
            input.literal("true").map(|()| true)
        } else {
            input.literal("false").map(|()| false)
        }
    }
}

impl<T: Canonical> Canonical for Option<T> {
    fn write(&self, out: &mut Writer) {
        match self {
            None => out.raw("null"),
            Some(value) => value.write(out),
        }
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, Stop> {
        if input.peek() == Some(b'n') {
            input.literal("null").map(|()| None)
        } else {
            T::read(input).map(Some)
        }
    }
}

impl<T: Canonical> Canonical for Vec<T> {
    fn write(&self, out: &mut Writer) {
        out.begin(b'[');
        for value in self {
            out.element();
            value.write(out);
        }
        out.end(b']');
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, Stop> {
        input.begin(b'[')?;
        let mut values = Self::new();
        while input.peek() != Some(b']') {
            input.element()?;
            values.push(T::read(input)?);
        }
        input.close(b']')?;
        Ok(values)
    }
}

/// Sets are lists and maps are objects; both have their elements in order, and none twice.
macro_rules! sorted {
    ($set:ident, $map:ident) => {
        impl<T: Canonical + Ord> Canonical for $set<T> {
            fn write(&self, out: &mut Writer) {
                out.begin(b'[');
                for value in self {
                    out.element();
                    value.write(out);
                }
                out.end(b']');
            }

            fn read(input: &mut Reader<'_>) -> Result<Self, Stop> {
                input.begin(b'[')?;
                let mut values = Self::new();
                while input.peek() != Some(b']') {
                    input.element()?;
                    let value = T::read(input)?;
                    if values.last().is_some_and(|last| *last >= value) {
                        return Err(input.stop("a greater element than the one before"));
                    }
                    values.insert(value);
                }
                input.close(b']')?;
                Ok(values)
            }
        }

        impl<K: Text + Ord, V: Canonical> Canonical for $map<K, V> {
            fn write(&self, out: &mut Writer) {
                out.begin(b'{');
                for (key, value) in self {
                    out.key(&key.to_text());
                    value.write(out);
                }
                out.end(b'}');
            }

            fn read(input: &mut Reader<'_>) -> Result<Self, Stop> {
                input.begin(b'{')?;
                let mut values = Self::new();
                while input.peek() != Some(b'}') {
                    input.element()?;
                    let key = K::read(input)?;
                    let last = values.last_key_value();
                    if last.is_some_and(|(last, _)| *last >= key) {
                        return Err(input.stop("a greater key than the one before"));
                    }
                    input.colon()?;
                    values.insert(key, V::read(input)?);
                }
                input.close(b'}')?;
                Ok(values)
            }
        }
    };
}

sorted!(Set, Map);
sorted!(BTreeSet, BTreeMap);

/// A record with public fields, listed in the order of their names, and its canonical form.
macro_rules! record {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $type,)+
        }

        impl $crate::codec::Canonical for $name {
            fn write(&self, out: &mut $crate::codec::Writer) {
                out.begin(b'{');
                $(
                    out.key(stringify!($field));
                    self.$field.write(out);
                )+
                out.end(b'}');
            }

            fn read(input: &mut $crate::codec::Reader<'_>) -> Result<Self, $crate::codec::Stop> {
                input.begin(b'{')?;
                $(let $field = input.field(concat!("\"", stringify!($field), "\":"))?;)+
                input.close(b'}')?;
                Ok(Self { $($field),+ })
            }
        }
    };
}

pub(crate) use record;

#[cfg(test)]
mod tests {
    use super::plain_run;

    #[test]
    fn a_plain_run_ends_where_a_byte_by_byte_search_ends() {
        for stop in 0..=u8::MAX {
            for before in 0..20 {
                for after in [0, 1, 7, 8, 20] {
                    // Neighbours that differ from a stop by one bit or one, and bytes past ASCII.
                    let mut bytes: Vec<u8> = b"!#[]\x7f\x80 \xff"
                        .iter()
                        .copied()
                        .cycle()
                        .take(before)
                        .collect();
                    bytes.push(stop);
                    bytes.extend(b"a\"\\\n".iter().cycle().take(after));
                    let naive = bytes
                        .iter()
                        .position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f))
                        .unwrap_or(bytes.len());
                    assert_eq!(plain_run(&bytes), naive, "{bytes:?}");
                }
            }
        }
    }
}
