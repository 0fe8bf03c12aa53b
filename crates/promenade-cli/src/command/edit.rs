//! What commands share that edit files: the diff, and `--execute`.

use promenade::manifest::FileEdit;
use promenade::manifest::fs::{Directory, WriteFilesError};
use serde_json::{Value, json};

use crate::{CliError, Report};

/// A planned edit, and how to report it.
pub(crate) struct Outcome<'a> {
    pub(crate) schema: &'a str,
    /// The fields of the report beside `files`, `diff` and `executed`.
    pub(crate) fields: Value,
    /// What the edit does, in lines.
    pub(crate) summary: String,
    pub(crate) files: &'a [FileEdit],
}

/// Writes the files if `execute` says so, and reports the edit with its diff.
pub(crate) fn report(
    outcome: &Outcome<'_>,
    tree: &Directory,
    execute: bool,
) -> Result<Report, CliError> {
    let files: Vec<_> = outcome
        .files
        .iter()
        .filter(|file| !file.edits().is_empty())
        .collect();
    if execute {
        tree.write(outcome.files).map_err(|error| match error {
            WriteFilesError::Changed { .. } => CliError::conflict(error),
            error => CliError::world(error),
        })?;
    }
    let diff: Vec<u8> = files.iter().flat_map(|file| file.diff()).collect();
    let mut json = outcome.fields.clone();
    if let Value::Object(fields) = &mut json {
        let list: Vec<_> = files
            .iter()
            .map(|file| json!({ "path": file.path(), "lines": file.lines() }))
            .collect();
        fields.insert("files".to_owned(), Value::from(list));
        fields.insert(
            "diff".to_owned(),
            Value::from(String::from_utf8_lossy(&diff)),
        );
        fields.insert("executed".to_owned(), Value::from(execute));
    }
    let mut text = outcome.summary.clone().into_bytes();
    text.extend(diff);
    let count = match files.len() {
        1 => "1 file".to_owned(),
        count => format!("{count} files"),
    };
    let end = match (files.is_empty(), execute) {
        (true, _) => "nothing to change\n".to_owned(),
        (false, true) => format!("{count} written\n"),
        (false, false) => format!("{count} to write; add `--execute`\n"),
    };
    text.extend(end.bytes());
    Ok(Report::new(outcome.schema, json, text))
}
