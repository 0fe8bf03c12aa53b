//! Unified diffs of documents, for the commands that show an edit before they make it.

use similar::TextDiff;

/// Returns the unified diff of a file, with three lines of context, empty if nothing changes.
/// Bytes that are not UTF-8 are shown as replacement characters; nothing is written from this.
#[must_use]
pub fn unified(path: &str, before: &[u8], after: &[u8]) -> String {
    let before = String::from_utf8_lossy(before);
    let after = String::from_utf8_lossy(after);
    TextDiff::from_lines(before.as_ref(), after.as_ref())
        .unified_diff()
        .context_radius(3)
        .header(&format!("a/{path}"), &format!("b/{path}"))
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::unified;

    #[test]
    fn a_diff_names_the_file_and_no_change_is_no_diff() {
        insta::assert_snapshot!(unified("VERSION", b"1\n2\n", b"1\n3\n"), @r"
        --- a/VERSION
        +++ b/VERSION
        @@ -1,2 +1,2 @@
         1
        -2
        +3
        ");
        assert_eq!(unified("VERSION", b"1\n", b"1\n"), "");
    }
}
