//! The laws hold on the seeds of the fuzzer, and on every seed with a byte changed.

#[path = "../../../../fuzz/laws/digest.rs"]
mod law;

use std::fs;

#[test]
fn laws_hold_on_the_seeds_and_near_them() {
    let seeds = testkit::workspace().join("fuzz/seeds/digest");
    let mut count = 0;
    for entry in fs::read_dir(seeds).unwrap() {
        let seed = fs::read(entry.unwrap().path()).unwrap();
        law::digest(&seed);
        // Every byte of a small seed, and a sample of a large one.
        let step = seed.len().div_ceil(testkit::scale(60, 20_000)).max(1);
        for at in (0..seed.len()).step_by(step) {
            for by in [b'0', b'a', b'\n', b'"', 0, 0xff] {
                let mut changed = seed.clone();
                changed[at] = by;
                law::digest(&changed);
            }
            law::digest(&seed[..at]);
        }
        count += 1;
    }
    assert!(count >= 8, "{count} seeds");
}
