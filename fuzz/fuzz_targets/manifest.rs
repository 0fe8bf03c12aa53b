//! Manifests, lock files, other files that name versions, and definitions; see `laws/manifest.rs`.
#![no_main]

#[path = "../laws/manifest.rs"]
mod laws;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    laws::manifest(data);
});
