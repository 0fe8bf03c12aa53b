//! Headings, rules and code fences.

use super::cursor::Cursor;

/// Reads an ATX heading: its level and the range of its text.
pub(super) fn atx(cursor: &Cursor<'_>) -> Option<(u8, (usize, usize))> {
    let start = cursor.first().at;
    let mut at = start;
    while cursor.peek(at) == Some(b'#') {
        at += 1;
        if at - start > 6 {
            return None;
        }
    }
    let level = u8::try_from(at - start).ok()?;
    if !matches!(cursor.peek(at), None | Some(b' ' | b'\t')) {
        return None;
    }
    while matches!(cursor.peek(at), Some(b' ' | b'\t')) {
        at += 1;
    }
    let mut end = trim_end(cursor, at, cursor.end);
    // A closing run of `#` counts where white space stands before it.
    let mut close = end;
    while close > at && cursor.peek(close - 1) == Some(b'#') {
        close -= 1;
    }
    if close < end && (close == at || matches!(cursor.peek(close - 1), Some(b' ' | b'\t'))) {
        end = trim_end(cursor, at, close);
    }
    Some((level, (at, end)))
}

fn trim_end(cursor: &Cursor<'_>, floor: usize, mut end: usize) -> usize {
    while end > floor && matches!(cursor.peek(end - 1), Some(b' ' | b'\t')) {
        end -= 1;
    }
    end
}

/// Reads the underline of a heading.
pub(super) fn setext(cursor: &Cursor<'_>, mark: u8) -> Option<u8> {
    let level = match mark {
        b'=' => 1,
        b'-' => 2,
        _ => return None,
    };
    let mut at = cursor.first().at;
    while cursor.peek(at) == Some(mark) {
        at += 1;
    }
    while matches!(cursor.peek(at), Some(b' ' | b'\t')) {
        at += 1;
    }
    (at == cursor.end).then_some(level)
}

/// Returns whether the rest is a thematic break.
pub(super) fn rule(cursor: &Cursor<'_>, mark: u8) -> bool {
    if mark == b'=' {
        return false;
    }
    let mut count = 0;
    for &byte in cursor.text() {
        match byte {
            b' ' | b'\t' => {}
            byte if byte == mark => count += 1,
            _ => return false,
        }
    }
    count >= 3
}

/// Reads the start of a code fence: how many marks.
pub(super) fn fence(cursor: &Cursor<'_>, mark: u8) -> Option<usize> {
    let text = cursor.text();
    let len = text.iter().take_while(|&&byte| byte == mark).count();
    let info = text.get(len..).unwrap_or_default();
    (len >= 3 && !(mark == b'`' && info.contains(&b'`'))).then_some(len)
}

/// Returns whether the line closes a fence.
pub(super) fn closes_fence(cursor: &Cursor<'_>, mark: u8, len: usize) -> bool {
    if cursor.first().indent > 3 {
        return false;
    }
    let text = cursor.text();
    let found = text.iter().take_while(|&&byte| byte == mark).count();
    let after = text.get(found..).unwrap_or_default();
    found >= len && after.iter().all(|byte| matches!(byte, b' ' | b'\t'))
}
