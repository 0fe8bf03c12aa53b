//! Challenges and manifests; see `laws/registry.rs`.
#![no_main]

#[path = "../laws/registry.rs"]
mod laws;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    laws::registry(data);
});
