//! Canonical JSON: one value, one spelling.
//!
//! Objects have their keys in byte order and all of them are always written; there is no white
//! space; strings escape only what JSON demands, in one way; numbers are plain integers. The reader
//! accepts exactly what the writer writes, so that a hash of the bytes is a hash of the value. It
//! reads the keys in the order it knows and makes no tree.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Datelike as _, NaiveDate, Timelike as _, Utc};
use promenade_digest::Digest;
use semver::Version;

/// A value with canonical bytes.
pub(crate) trait Canonical: Sized {
    fn write(&self, out: &mut Writer);
    fn read(input: &mut Reader<'_>) -> Result<Self, ReadError>;

    fn to_bytes(&self) -> Vec<u8> {
        let mut out = Writer::default();
        self.write(&mut out);
        out.bytes
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, ReadError> {
        let mut input = Reader::new(bytes);
        let value = Self::read(&mut input)?;
        input.end()?;
        Ok(value)
    }
}

/// A value that is written as a string, whose order is that of its text where it is a key.
pub(crate) trait Text: Sized {
    fn to_text(&self) -> Cow<'_, str>;
    fn from_text(text: &str) -> Option<Self>;
}

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
        for byte in text.bytes() {
            match escape(byte) {
                None => self.bytes.push(byte),
                Some(short) => self.bytes.extend_from_slice(short.as_bytes()),
            }
        }
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

pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    open: bool,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            at: 0,
            open: true,
        }
    }

    pub(crate) fn at(&self) -> usize {
        self.at
    }

    pub(crate) fn error<T>(&self, expected: impl Into<Cow<'static, str>>) -> Result<T, ReadError> {
        Err(ReadError {
            at: self.at,
            expected: expected.into(),
        })
    }

    pub(crate) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    pub(crate) fn literal(&mut self, text: &'static str) -> Result<(), ReadError> {
        if self.rest().starts_with(text.as_bytes()) {
            self.at += text.len();
            Ok(())
        } else {
            self.error(text)
        }
    }

    pub(crate) fn begin(&mut self, bracket: &'static str) -> Result<(), ReadError> {
        self.literal(bracket)?;
        self.open = true;
        Ok(())
    }

    pub(crate) fn close(&mut self, bracket: &'static str) -> Result<(), ReadError> {
        self.literal(bracket)?;
        self.open = false;
        Ok(())
    }

    pub(crate) fn element(&mut self) -> Result<(), ReadError> {
        if !self.open {
            self.literal(",")?;
        }
        self.open = false;
        Ok(())
    }

    pub(crate) fn key(&mut self, key: &'static str) -> Result<(), ReadError> {
        self.element()?;
        let found = self
            .rest()
            .strip_prefix(b"\"")
            .and_then(|rest| rest.strip_prefix(key.as_bytes()))
            .is_some_and(|rest| rest.starts_with(b"\":"));
        if !found {
            return self.error(format!("key `{key}`"));
        }
        self.at += key.len() + 3;
        Ok(())
    }

    pub(crate) fn end(&self) -> Result<(), ReadError> {
        if self.at == self.bytes.len() {
            Ok(())
        } else {
            self.error("nothing more")
        }
    }

    pub(crate) fn string(&mut self) -> Result<Cow<'a, str>, ReadError> {
        self.literal("\"")?;
        let start = self.at;
        let plain = self
            .rest()
            .iter()
            .position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f));
        let Some(length) = plain else {
            return self.error("the end of a string");
        };
        let head = self.rest().get(..length).unwrap_or_default();
        self.at += length;
        if self.peek() == Some(b'"') {
            self.at += 1;
            return match std::str::from_utf8(head) {
                Ok(text) => Ok(Cow::Borrowed(text)),
                Err(_) => Err(ReadError {
                    at: start,
                    expected: "UTF-8".into(),
                }),
            };
        }
        self.escaped(start, head.to_vec()).map(Cow::Owned)
    }

    fn escaped(&mut self, start: usize, mut text: Vec<u8>) -> Result<String, ReadError> {
        loop {
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => {
                    let byte = (0..=b'\\').find(|byte| {
                        escape(*byte).is_some_and(|short| self.rest().starts_with(short.as_bytes()))
                    });
                    let Some(byte) = byte else {
                        return self.error("a canonical escape");
                    };
                    self.at += escape(byte).map_or(0, |short| short.len());
                    text.push(byte);
                }
                Some(byte @ 0x20..) => {
                    self.at += 1;
                    text.push(byte);
                }
                _ => return self.error("a character that may stand in a string"),
            }
        }
        self.at += 1;
        String::from_utf8(text).map_err(|_| ReadError {
            at: start,
            expected: "UTF-8".into(),
        })
    }

    /// Passes over one value of any shape and returns its bytes.
    pub(crate) fn any(&mut self) -> Result<&'a str, ReadError> {
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
                _ => return self.error("a value"),
            }
            if depth == 0 {
                break;
            }
        }
        self.open = false;
        let bytes = self.bytes.get(start..self.at).unwrap_or_default();
        std::str::from_utf8(bytes).map_err(|_| ReadError {
            at: start,
            expected: "UTF-8".into(),
        })
    }
}

impl<T: Text> Canonical for T {
    fn write(&self, out: &mut Writer) {
        out.string(&self.to_text());
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, ReadError> {
        let at = input.at();
        let text = input.string()?;
        T::from_text(&text).ok_or_else(|| ReadError {
            at,
            expected: format!("a {}", short_name::<T>()).into(),
        })
    }
}

fn short_name<T>() -> &'static str {
    let name = std::any::type_name::<T>();
    name.rsplit("::").next().unwrap_or(name)
}

impl Text for String {
    fn to_text(&self) -> Cow<'_, str> {
        Cow::Borrowed(self)
    }

    fn from_text(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }
}

impl Text for Digest {
    fn to_text(&self) -> Cow<'_, str> {
        let mut text = String::with_capacity(8 + 2 * self.as_bytes().len());
        text.push_str(self.algorithm().name());
        text.push(':');
        push_hex(&mut text, self.as_bytes());
        Cow::Owned(text)
    }

    fn from_text(text: &str) -> Option<Self> {
        // The general parser finds the place of a fault; here only the value counts, and often.
        match text.strip_prefix("sha256:") {
            Some(hex) => read_hex(hex.as_bytes()).map(Digest::Sha256),
            None => read_hex(text.strip_prefix("sha512:")?.as_bytes()).map(Digest::Sha512),
        }
    }
}

/// Appends lower-case hexadecimal digits.
pub(crate) fn push_hex(text: &mut String, bytes: &[u8]) {
    let digit = |value: u8| char::from(value + if value < 10 { b'0' } else { b'a' - 10 });
    for byte in bytes {
        text.push(digit(byte >> 4));
        text.push(digit(byte & 15));
    }
}

fn read_hex<const N: usize>(hex: &[u8]) -> Option<[u8; N]> {
    let value = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    let mut bytes = [0; N];
    if hex.len() != 2 * N {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(hex.chunks_exact(2)) {
        let [high, low] = pair else { return None };
        *byte = value(*high)? << 4 | value(*low)?;
    }
    Some(bytes)
}

impl Text for Version {
    fn to_text(&self) -> Cow<'_, str> {
        Cow::Owned(self.to_string())
    }

    fn from_text(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

/// `2026-11-21T08:00:00Z`, with nine digits of a second where it is not whole.
impl Text for DateTime<Utc> {
    fn to_text(&self) -> Cow<'_, str> {
        let naive = self.naive_utc();
        let mut text = format!(
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
            naive.year(),
            naive.month(),
            naive.day(),
            naive.hour(),
            naive.minute(),
            naive.second()
        );
        if naive.nanosecond() != 0 {
            text += &format!(".{:09}", naive.nanosecond());
        }
        Cow::Owned(text + "Z")
    }

    fn from_text(text: &str) -> Option<Self> {
        let (seconds, nanos) = match text.strip_suffix('Z')?.split_once('.') {
            None => (text.strip_suffix('Z')?, 0),
            Some((seconds, digits)) if digits.len() == 9 => (seconds, number(digits)?),
            Some(_) => return None,
        };
        let separators = [(4, "-"), (7, "-"), (10, "T"), (13, ":"), (16, ":")];
        let fits = separators
            .iter()
            .all(|(at, mark)| seconds.get(*at..*at + 1) == Some(mark));
        if seconds.len() != 19 || !fits || (nanos == 0 && text.len() != 20) {
            return None;
        }
        let part = |from: usize, to: usize| seconds.get(from..to).and_then(number);
        let date =
            NaiveDate::from_ymd_opt(i32::try_from(part(0, 4)?).ok()?, part(5, 7)?, part(8, 10)?)?;
        // A leap second has no second spelling here: `:60` is refused, as are nanoseconds past one.
        let time = date.and_hms_nano_opt(part(11, 13)?, part(14, 16)?, part(17, 19)?, nanos)?;
        Some(time.and_utc())
    }
}

fn number(digits: &str) -> Option<u32> {
    digits.bytes().try_fold(0_u32, |value, byte| {
        byte.is_ascii_digit()
            .then(|| value.checked_mul(10)?.checked_add(u32::from(byte - b'0')))
            .flatten()
    })
}

impl Canonical for u64 {
    fn write(&self, out: &mut Writer) {
        out.raw(&self.to_string());
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, ReadError> {
        let start = input.at;
        while input.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            input.at += 1;
        }
        let digits = input.bytes.get(start..input.at).unwrap_or_default();
        let value = std::str::from_utf8(digits)
            .ok()
            .filter(|digits| *digits == "0" || !digits.starts_with('0'))
            .and_then(|digits| digits.parse().ok());
        value.ok_or(ReadError {
            at: start,
            expected: "a whole number".into(),
        })
    }
}

impl Canonical for bool {
    fn write(&self, out: &mut Writer) {
        out.raw(if *self { "true" } else { "false" });
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, ReadError> {
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

    fn read(input: &mut Reader<'_>) -> Result<Self, ReadError> {
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

    fn read(input: &mut Reader<'_>) -> Result<Self, ReadError> {
        input.begin("[")?;
        let mut values = Self::new();
        while input.peek() != Some(b']') {
            input.element()?;
            values.push(T::read(input)?);
        }
        input.close("]")?;
        Ok(values)
    }
}

impl<T: Canonical + Ord> Canonical for BTreeSet<T> {
    fn write(&self, out: &mut Writer) {
        out.begin(b'[');
        for value in self {
            out.element();
            value.write(out);
        }
        out.end(b']');
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, ReadError> {
        input.begin("[")?;
        let mut values = Self::new();
        while input.peek() != Some(b']') {
            input.element()?;
            let value = T::read(input)?;
            if values.last().is_some_and(|last| *last >= value) {
                return input.error("a greater element than the one before");
            }
            values.insert(value);
        }
        input.close("]")?;
        Ok(values)
    }
}

impl<K: Text + Ord, V: Canonical> Canonical for BTreeMap<K, V> {
    fn write(&self, out: &mut Writer) {
        out.begin(b'{');
        for (key, value) in self {
            out.key(&key.to_text());
            value.write(out);
        }
        out.end(b'}');
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, ReadError> {
        input.begin("{")?;
        let mut values = Self::new();
        while input.peek() != Some(b'}') {
            input.element()?;
            let key = K::read(input)?;
            if values
                .last_key_value()
                .is_some_and(|(last, _)| *last >= key)
            {
                return input.error("a greater key than the one before");
            }
            input.literal(":")?;
            values.insert(key, V::read(input)?);
        }
        input.close("}")?;
        Ok(values)
    }
}

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

            fn read(
                input: &mut $crate::codec::Reader<'_>,
            ) -> Result<Self, $crate::codec::ReadError> {
                input.begin("{")?;
                $(
                    input.key(stringify!($field))?;
                    let $field = <$type as $crate::codec::Canonical>::read(input)?;
                )+
                input.close("}")?;
                Ok(Self { $($field),+ })
            }
        }
    };
}

pub(crate) use record;
