//! Setting a pin: an edit of one line.

use super::definition::{Definition, Field};
use super::read::Definitions;
use super::{Pin, Strategy};
use crate::{FileEdit, PlanEditError, PlanEditErrorKind, TextEdit};

impl Definitions {
    /// Plans the edit that sets an entry to `pin`: the one line of its strategy changes; comments,
    /// quotes and order stay. `name` is the image, or the repository of what has none.
    ///
    /// # Errors
    /// [`PlanEditError`] if no entry or several have the name, if an entry has no strategy or
    /// several, or if the value cannot be written as it stands.
    pub fn set(&self, name: &str, pin: &Pin) -> Result<FileEdit, PlanEditError> {
        let entry = self.one(name)?;
        let error = |kind| PlanEditError::at(&entry.file, entry.position, kind);
        let (field, key) = match (&entry.branch, &entry.release, &entry.suspend) {
            (Some(field), None, None) => (field, "branch"),
            (None, Some(field), None) => (field, "release"),
            (None, None, Some(field)) => (field, "suspend"),
            _ => {
                return Err(error(PlanEditErrorKind::Strategies {
                    name: name.to_owned(),
                    found: entry
                        .strategies()
                        .iter()
                        .map(Strategy::key)
                        .collect::<Vec<_>>()
                        .join(", "),
                }));
            }
        };
        let value = |text: &str| {
            field.scalar.set(text).map_err(|reason| {
                error(PlanEditErrorKind::Value {
                    text: text.to_owned(),
                    reason,
                })
            })
        };
        let edits = match pin {
            Pin::Release(release) if key == "release" => vec![value(release.as_ref())?],
            Pin::Branch(branch) if key == "branch" => vec![value(branch.as_ref())?],
            Pin::Suspend if key == "suspend" => Vec::new(),
            Pin::Release(release) => replaced(field, "release", &quoted(release.as_ref())),
            Pin::Branch(branch) => replaced(field, "branch", &quoted(branch.as_ref())),
            Pin::Suspend => replaced(field, "suspend", "true"),
        };
        let document = self
            .documents
            .iter()
            .find(|document| document.file == entry.file);
        let bytes = document
            .map_or("", |document| &document.text)
            .as_bytes()
            .to_vec();
        Ok(FileEdit::new(&entry.file, bytes, edits)?)
    }

    /// Returns the one entry of a name.
    pub(crate) fn one(&self, name: &str) -> Result<&Definition, PlanEditError> {
        let found: Vec<_> = self
            .entries
            .iter()
            .filter(|entry| entry.name() == name)
            .collect();
        match found.as_slice() {
            [one] => Ok(one),
            [] => {
                let known: Vec<_> = self.entries.iter().map(Definition::name).collect();
                Err(PlanEditError::new(PlanEditErrorKind::NoSuchDefinition {
                    name: name.to_owned(),
                    known: known.join(", "),
                }))
            }
            [_, second, ..] => Err(PlanEditError::at(
                &second.file,
                second.position,
                PlanEditErrorKind::DefinedTwice {
                    name: name.to_owned(),
                },
            )),
        }
    }
}

/// Replaces the key and the value of a field, and nothing between them.
fn replaced(field: &Field, key: &str, value: &str) -> Vec<TextEdit> {
    vec![
        TextEdit::new(field.key.clone(), key),
        TextEdit::new(field.value.clone(), value),
    ]
}

/// Writes a text in double quotes, as a JSON string, which YAML reads too.
fn quoted(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{escaped}\"")
}
