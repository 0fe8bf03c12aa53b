//! Decimal numbers of version texts.

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

/// The numbers that a version text starts with.
pub(crate) struct Scan {
    pub(crate) values: [u64; 3],
    /// How many digits each has.
    pub(crate) widths: [usize; 3],
    /// Whether each starts with a zero that is not all of it.
    pub(crate) padded: [bool; 3],
    pub(crate) count: usize,
    /// Where the text after them starts.
    pub(crate) end: usize,
}

/// Reads up to three numbers at the start of a text; nothing where more care is needed.
pub(crate) fn scan(text: &str) -> Option<Scan> {
    let mut scan = Scan {
        values: [0; 3],
        widths: [0; 3],
        padded: [false; 3],
        count: 0,
        end: text.len(),
    };
    let (mut value, mut width, mut zero) = (0_u64, 0_usize, false);
    for (at, byte) in text.bytes().chain([b'-']).enumerate() {
        match byte {
            b'0'..=b'9' => {
                zero |= width == 0 && byte == b'0';
                value = value.wrapping_mul(10).wrapping_add(u64::from(byte - b'0'));
                width += 1;
            }
            b'.' | b'-' | b'+' => {
                if !(1..=SURE_DIGITS).contains(&width) {
                    return None;
                }
                *scan.values.get_mut(scan.count)? = value;
                *scan.widths.get_mut(scan.count)? = width;
                *scan.padded.get_mut(scan.count)? = zero && width > 1;
                scan.count += 1;
                if byte != b'.' {
                    scan.end = at;
                    return Some(scan);
                }
                (value, width, zero) = (0, 0, false);
            }
            _ => return None,
        }
    }
    None
}
