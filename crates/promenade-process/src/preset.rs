//! The processes that ship with the crate: four real ones, and a plain one for cargo workspaces.
//!
//! They are the documentation of the format by example; each rule names its id in the requirements.

use crate::{Process, UnknownPresetError};

/// The names of the presets.
pub const NAMES: &[&str] = &[
    "cargo-workspace",
    "celo",
    "mithril",
    "mithril-adr12",
    "rustshare",
    "splits",
];

/// Returns the text of a preset.
///
/// # Errors
/// [`UnknownPresetError`] with the nearest known name.
pub fn text(name: &str) -> Result<&'static str, UnknownPresetError> {
    match name {
        "cargo-workspace" => Ok(include_str!("../presets/cargo-workspace.toml")),
        "celo" => Ok(include_str!("../presets/celo.toml")),
        "mithril" => Ok(include_str!("../presets/mithril.toml")),
        "mithril-adr12" => Ok(include_str!("../presets/mithril-adr12.toml")),
        "rustshare" => Ok(include_str!("../presets/rustshare.toml")),
        "splits" => Ok(include_str!("../presets/splits.toml")),
        _ => Err(UnknownPresetError {
            found: name.to_owned(),
        }),
    }
}

/// Returns a preset, read.
///
/// # Errors
/// [`UnknownPresetError`] with the nearest known name.
pub fn process(name: &str) -> Result<Process, UnknownPresetError> {
    let text = text(name)?;
    let process = Process::parse(&format!("preset:{name}"), text);
    Ok(process.expect("the presets are read by a test of this crate"))
}
