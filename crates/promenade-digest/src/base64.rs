//! Base64 with the standard alphabet and padding (RFC 4648, section 4), one spelling each.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

#[cfg(feature = "attestation")]
pub(crate) fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group = (0..3).fold(0_u32, |group, at| {
            group << 8 | u32::from(chunk.get(at).copied().unwrap_or_default())
        });
        for at in 0..4 {
            let index = (group >> (18 - 6 * at)) & 63;
            let letter = ALPHABET.get(index as usize).copied().unwrap_or_default();
            text.push(char::from(if at <= chunk.len() { letter } else { b'=' }));
        }
    }
    text
}

/// Returns the bytes, or nothing if the text is not what encoding them gives.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let text = text.as_bytes();
    if !text.len().is_multiple_of(4) {
        return None;
    }
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let last = text.len() / 4;
    for (chunk, number) in text.chunks(4).zip(1..) {
        let padding = match chunk {
            [_, _, b'=', b'='] if number == last => 2,
            [_, _, _, b'='] if number == last => 1,
            _ => 0,
        };
        let mut group = 0_u32;
        for letter in chunk.iter().take(4 - padding) {
            let value = ALPHABET.iter().position(|known| known == letter)?;
            group = group << 6 | u32::try_from(value).ok()?;
        }
        group <<= 6 * padding;
        let [_, decoded @ ..] = group.to_be_bytes();
        let (kept, dropped) = decoded.split_at_checked(3 - padding)?;
        // Bits that no byte takes must be zero: each value has one spelling.
        if dropped.iter().any(|byte| *byte != 0) {
            return None;
        }
        bytes.extend_from_slice(kept);
    }
    Some(bytes)
}

#[cfg(all(test, feature = "attestation"))]
mod tests {
    use super::{decode, encode};

    #[test]
    fn the_vectors_of_rfc_4648() {
        let vectors = [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ];
        for (plain, encoded) in vectors {
            assert_eq!(encode(plain.as_bytes()), encoded);
            assert_eq!(decode(encoded).as_deref(), Some(plain.as_bytes()));
        }
    }

    #[test]
    fn other_spellings_are_refused() {
        for text in [
            "Zg=", "Zg", "Zh==", "Zm9=", "Z===", "====", "Zg==Zg==", "Zm 9", "Zm9-", "Zm9v\n",
        ] {
            assert_eq!(decode(text), None, "{text}");
        }
    }
}
