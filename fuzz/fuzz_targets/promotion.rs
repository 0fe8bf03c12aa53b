//! Records, events, snapshots and histories of the ledger; see `laws/promotion.rs`.
#![no_main]

#[path = "../laws/promotion.rs"]
mod laws;

libfuzzer_sys::fuzz_target!(|data: &[u8]| laws::promotion(data));
