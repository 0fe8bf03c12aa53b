//! Checksum files, build sets, statements, manifests and archives; see `laws/digest.rs`.
#![no_main]

#[path = "../laws/digest.rs"]
mod laws;

libfuzzer_sys::fuzz_target!(|data: &[u8]| laws::digest(data));
