//! Changelog editing; see `laws/changelog.rs`.
#![no_main]

#[path = "../laws/changelog.rs"]
mod laws;

libfuzzer_sys::fuzz_target!(|data: &[u8]| laws::changelog(data));
