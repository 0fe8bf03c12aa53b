//! The JSON Schema of process files, for editors.

/// Returns the JSON Schema (draft 2020-12) of process files: every table, key and keyword, with a
/// sentence on each, for editors that complete and check TOML.
///
/// It knows the shape of a file. What only shows across tables (two templates that read one name, an
/// environment after one that is not there) is found by [`Process::parse`](crate::Process::parse).
///
/// ```
/// let schema: serde_json::Value = serde_json::from_str(promenade_process::json_schema())?;
/// assert_eq!(schema["properties"]["version"]["$ref"], "#/$defs/version");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[must_use]
pub fn json_schema() -> &'static str {
    include_str!("../schema/release.schema.json")
}
