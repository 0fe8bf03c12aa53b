//! Templates and tags; see `laws/tag.rs`.
#![no_main]

#[path = "../laws/tag.rs"]
mod laws;

libfuzzer_sys::fuzz_target!(|data: &[u8]| laws::tag(data));
