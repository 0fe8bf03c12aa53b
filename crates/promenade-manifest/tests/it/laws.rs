//! The laws hold on the seeds of the fuzzer, and on every seed with a byte changed.

#[path = "../../../../fuzz/laws/manifest.rs"]
mod law;

use std::fs;

#[test]
fn laws_hold_on_the_seeds_and_near_them() {
    let seeds = testkit::workspace().join("fuzz/seeds/manifest");
    let mut count = 0;
    for entry in fs::read_dir(seeds).unwrap() {
        let path = entry.unwrap().path();
        let seed = fs::read(&path).unwrap();
        assert!(law::manifest(&seed) > 0, "no edit of {}", path.display());
        // Every byte of a small seed, and a sample of a large one.
        let step = seed.len().div_ceil(testkit::scale(24, 20_000)).max(1);
        for at in (0..seed.len()).step_by(step) {
            for by in [b'0', b'a', b'\n', b'\r', b'"', b' ', b'#', 0xff] {
                let mut changed = seed.clone();
                changed[at] = by;
                let caught = std::panic::catch_unwind(|| law::manifest(&changed));
                assert!(caught.is_ok(), "of {:?}", String::from_utf8_lossy(&changed));
            }
            law::manifest(&seed[..at]);
        }
        count += 1;
    }
    assert!(count >= 12, "{count} seeds");
}
