//! `schema`: the JSON Schema of process files.

use crate::{CliError, Context, Report};

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct SchemaArgs {}

/// Prints the schema. With `--format json` it is the object itself, which names its own schema.
pub(crate) fn run(_args: &SchemaArgs, _context: &Context) -> Result<Report, CliError> {
    let text = promenade::process::json_schema();
    let json = serde_json::from_str(text).map_err(CliError::world)?;
    let mut report = Report::bare(json);
    report.text = text.into();
    Ok(report)
}
