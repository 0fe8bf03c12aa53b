//! Pattern lists of OpenSSH (`ssh_config(5)`, PATTERNS): `*`, `?`, commas and `!`.

/// Returns true if a list of patterns matches a text: one pattern does, and no negated one does.
///
/// ```
/// use promenade_process::port::signature::list_matches;
///
/// assert!(list_matches("v*,!v0.*", "v1.4.0"));
/// assert!(!list_matches("v*,!v0.*", "v0.9.0"));
/// ```
#[must_use]
pub fn list_matches(list: &str, text: &str) -> bool {
    let mut matched = false;
    for pattern in list.split(',') {
        match pattern.strip_prefix('!') {
            Some(negated) if matches(negated.as_bytes(), text.as_bytes()) => return false,
            Some(_) => {}
            None => matched |= matches(pattern.as_bytes(), text.as_bytes()),
        }
    }
    matched
}

/// Matches one pattern, in time linear in pattern × text: only the last `*` is ever retried.
fn matches(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while let Some(&c) = text.get(t) {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(&want) if want == b'?' || want == c => {
                p += 1;
                t += 1;
            }
            _ => {
                let Some((star_p, star_t)) = star else {
                    return false;
                };
                p = star_p + 1;
                t = star_t + 1;
                star = Some((star_p, t));
            }
        }
    }
    pattern.iter().skip(p).all(|c| *c == b'*')
}

#[cfg(test)]
mod tests {
    use super::list_matches;

    #[test]
    fn lists_follow_openssh() {
        for (list, text, expected) in [
            ("*", "anything", true),
            ("ada@*", "ada@example.org", true),
            ("a?a", "ada", true),
            ("a?a", "aa", false),
            ("*@x,!bob@x", "ada@x", true),
            ("*@x,!bob@x", "bob@x", false),
            ("!bob@x", "ada@x", false),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-b-b-d", false),
            ("", "", true),
            ("git", "Git", false),
        ] {
            assert_eq!(list_matches(list, text), expected, "`{list}` on `{text}`");
        }
    }
}
