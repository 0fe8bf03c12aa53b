//! Version texts; see `laws/version.rs`.
#![no_main]

#[path = "../laws/version.rs"]
mod laws;

libfuzzer_sys::fuzz_target!(|data: &[u8]| laws::version(data));
