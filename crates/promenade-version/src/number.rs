//! Decimal numbers of version texts.

/// What a run of characters is.
pub(crate) enum Number {
    Value(u64),
    NotDigits,
    Overflow,
}

/// Reads digits; leading zeros are the caller's affair.
pub(crate) fn lenient(digits: &str) -> Number {
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Number::NotDigits;
    }
    digits.parse().map_or(Number::Overflow, Number::Value)
}
