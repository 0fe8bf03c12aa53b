//! Keyrings and signatures of SSH; see `laws/signature.rs`.
#![no_main]

#[path = "../laws/signature.rs"]
mod laws;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    laws::signature(data);
});
