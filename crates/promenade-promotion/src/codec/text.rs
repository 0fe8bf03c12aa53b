//! What is written as a string: digests, versions, times; and the digits of numbers.

use std::borrow::Cow;

use chrono::{DateTime, Datelike as _, NaiveDate, Timelike as _, Utc};
use promenade_digest::Digest;
use semver::Version;

use super::Text;

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
    // No table and no branch, so that the processor does many at once.
    let digit = |value: u8| value + b'0' + u8::from(value > 9) * (b'a' - b'0' - 10);
    for some in bytes.chunks(32) {
        let mut digits = [0; 64];
        let (pairs, _) = digits.as_chunks_mut();
        for ([high, low], byte) in pairs.iter_mut().zip(some) {
            (*high, *low) = (digit(byte >> 4), digit(byte & 15));
        }
        let digits = digits.get(..2 * some.len()).unwrap_or_default();
        text.push_str(std::str::from_utf8(digits).unwrap_or_default());
    }
}

fn read_hex<const N: usize>(hex: &[u8]) -> Option<[u8; N]> {
    const WRONG: u8 = 0xff;
    let value = |digit: u8| match (digit.wrapping_sub(b'0'), digit.wrapping_sub(b'a')) {
        (number @ 0..10, _) => number,
        (_, letter @ 0..6) => letter + 10,
        _ => WRONG,
    };
    let (pairs, []) = hex.as_chunks() else {
        return None;
    };
    if pairs.len() != N {
        return None;
    }
    let (mut bytes, mut seen) = ([0; N], 0);
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        let (high, low) = (value(*high), value(*low));
        seen |= high | low;
        *byte = high << 4 | low & 15;
    }
    (seen < 16).then_some(bytes)
}

/// Appends a number in decimal digits.
pub(crate) fn push_number(text: &mut String, value: u64) {
    if value > 9 {
        push_number(text, value / 10);
    }
    text.push(char::from(
        b'0' + u8::try_from(value % 10).unwrap_or_default(),
    ));
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
        let (seconds, fraction) = text.as_bytes().split_first_chunk()?;
        let nanos = match fraction {
            b"Z" => 0,
            [b'.', digits @ .., b'Z'] if digits.len() == 9 => {
                number(digits).filter(|nanos| *nanos != 0)?
            }
            _ => return None,
        };
        #[rustfmt::skip]
        let [y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1, b'T', hour0, hour1, b':', min0, min1, b':', s0, s1] = *seconds
        else {
            return None;
        };
        let year = i32::try_from(number(&[y0, y1, y2, y3])?).ok()?;
        let date = NaiveDate::from_ymd_opt(year, number(&[m0, m1])?, number(&[d0, d1])?)?;
        let (hour, min, sec) = (
            number(&[hour0, hour1])?,
            number(&[min0, min1])?,
            number(&[s0, s1])?,
        );
        // A leap second has no second spelling here: `:60` is refused, as are nanoseconds past one.
        let time = date.and_hms_nano_opt(hour, min, sec, nanos)?;
        Some(time.and_utc())
    }
}

fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0_u32, |value, byte| {
        byte.is_ascii_digit()
            .then(|| value.checked_mul(10)?.checked_add(u32::from(byte - b'0')))
            .flatten()
    })
}

#[cfg(test)]
mod tests {
    use super::{push_hex, push_number, read_hex};

    #[test]
    fn hexadecimal_digits_are_read_as_they_are_written_and_no_others_are() {
        let bytes: [u8; 64] = std::array::from_fn(|n| (n * 37 + 11).to_le_bytes()[0]);
        let mut text = String::new();
        push_hex(&mut text, &bytes);
        let slow: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(text, slow.concat());
        assert_eq!(read_hex(text.as_bytes()), Some(bytes));
        for at in 0..text.len() {
            for digit in 0..=u8::MAX {
                let mut other = text.clone().into_bytes();
                if let Some(place) = other.get_mut(at) {
                    *place = digit;
                }
                let is_digit = matches!(digit, b'0'..=b'9' | b'a'..=b'f');
                assert_eq!(read_hex::<64>(&other).is_some(), is_digit, "{digit}");
            }
        }
        for length in [0, 126, 127] {
            let short = text.as_bytes().get(..length).unwrap_or_default();
            assert_eq!(read_hex::<64>(short), None);
        }
        assert_eq!(read_hex::<32>(text.as_bytes()), None);
    }

    #[test]
    fn numbers_are_written_as_the_library_writes_them() {
        for value in [0, 9, 10, 99, 100, 12_345, u64::MAX] {
            let mut text = String::new();
            push_number(&mut text, value);
            assert_eq!(text, value.to_string());
        }
    }
}
