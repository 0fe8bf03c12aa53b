//! Decimal numbers of version texts.

use semver::Version;

/// What a run of characters is.
pub(crate) enum Number {
    Value(u64),
    NotDigits,
    Overflow,
}

/// Any so many digits fit into 64 bits.
const SURE_DIGITS: usize = 19;

/// Reads digits; leading zeros are the caller's affair.
pub(crate) fn lenient(digits: &str) -> Number {
    let mut value: u64 = 0;
    for byte in digits.bytes() {
        if !byte.is_ascii_digit() {
            return Number::NotDigits;
        }
        value = value.wrapping_mul(10).wrapping_add(u64::from(byte - b'0'));
    }
    match digits.len() {
        0 => Number::NotDigits,
        1..=SURE_DIGITS => Number::Value(value),
        _ => digits.parse().map_or(Number::Overflow, Number::Value),
    }
}

/// One number at the start of a version text.
#[derive(Clone, Copy, Default)]
pub(crate) struct Part {
    pub(crate) value: u64,
    /// How many digits it has.
    pub(crate) width: usize,
    /// Whether it starts with a zero that is not all of it.
    pub(crate) padded: bool,
}

/// The numbers that a version text starts with.
pub(crate) struct Scan {
    pub(crate) parts: [Part; 3],
    pub(crate) count: usize,
    /// Where the text after them starts.
    pub(crate) end: usize,
}

impl Scan {
    pub(crate) fn values(&self) -> [u64; 3] {
        let [major, minor, patch] = &self.parts;
        [major.value, minor.value, patch.value]
    }
}

/// Reads up to three numbers at the start of a text; nothing where more care is needed.
#[inline]
pub(crate) fn scan(text: &str) -> Option<Scan> {
    let mut parts = [Part::default(); 3];
    let mut rest = text.as_bytes();
    for (at, part) in parts.iter_mut().enumerate() {
        rest = digits(rest, part)?;
        match rest {
            [b'.', tail @ ..] => rest = tail,
            [] | [b'-' | b'+', ..] => {
                return Some(Scan {
                    parts,
                    count: at + 1,
                    end: text.len() - rest.len(),
                });
            }
            _ => return None,
        }
    }
    None
}

#[inline]
fn digits<'a>(bytes: &'a [u8], part: &mut Part) -> Option<&'a [u8]> {
    let mut rest = bytes;
    while let [byte @ b'0'..=b'9', tail @ ..] = rest {
        let digit = u64::from(byte - b'0');
        part.value = part.value.wrapping_mul(10).wrapping_add(digit);
        rest = tail;
    }
    part.width = bytes.len() - rest.len();
    part.padded = part.width > 1 && bytes.first() == Some(&b'0');
    (1..=SURE_DIGITS).contains(&part.width).then_some(rest)
}

/// Returns the three numbers of a version.
pub(crate) fn components(version: &Version) -> [u64; 3] {
    [version.major, version.minor, version.patch]
}
