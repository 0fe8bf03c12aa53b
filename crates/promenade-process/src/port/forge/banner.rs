//! The banner on top of the notes of a deprecated release (C29).

const HEADING: &str = "## ⚠️ Deprecated";

/// A banner cannot be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DeprecateError {
    /// The reason is empty or has more than one line.
    #[error("expected a reason of one line, found `{found}`")]
    Reason {
        /// What was given.
        found: String,
    },
    /// The notes have a banner that says something else.
    #[error("the notes are deprecated already: {found}")]
    Already {
        /// What the banner says.
        found: String,
    },
}

/// Puts the banner of a deprecated release on top of its notes: why, and which version to take
/// instead. The notes below are untouched; line ends are those of the notes. Doing it twice is doing
/// it once.
///
/// # Errors
/// [`DeprecateError`] if the reason is not one line, or another banner is there already.
pub fn deprecate(
    notes: &str,
    reason: &str,
    replacement: Option<&str>,
) -> Result<String, DeprecateError> {
    let reason = reason.trim();
    if reason.is_empty() || reason.contains(['\n', '\r']) {
        return Err(DeprecateError::Reason {
            found: reason.to_owned(),
        });
    }
    let body = match replacement {
        Some(version) => format!("{reason}. Use {version} instead."),
        None => format!("{reason}."),
    };
    if let Some(found) = deprecation(notes) {
        return if found == body {
            Ok(notes.to_owned())
        } else {
            let found = found.to_owned();
            Err(DeprecateError::Already { found })
        };
    }
    let end = if notes.contains("\r\n") { "\r\n" } else { "\n" };
    let mut text = format!("{HEADING}{end}{end}{body}{end}");
    if !notes.is_empty() {
        text.push_str(end);
        text.push_str(notes);
    }
    Ok(text)
}

/// Returns what the banner on top of notes says, if there is one.
///
/// ```
/// use promenade_process::port::forge::{deprecate, deprecation};
///
/// assert_eq!(deprecation("### Fixed\n"), None);
/// let notes = deprecate("### Fixed\n", "corrupts data", Some("v1.4.1"))?;
/// assert_eq!(deprecation(&notes), Some("corrupts data. Use v1.4.1 instead."));
/// # Ok::<(), promenade_process::port::forge::DeprecateError>(())
/// ```
#[must_use]
pub fn deprecation(notes: &str) -> Option<&str> {
    let mut lines = notes.lines();
    let banner = lines.next()? == HEADING && lines.next()?.is_empty();
    lines.next().filter(|_| banner)
}
