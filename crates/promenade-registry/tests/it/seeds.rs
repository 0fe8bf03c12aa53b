//! The laws hold on the seeds of the fuzzer, and on every seed with a byte changed.

#[path = "../../../../fuzz/laws/registry.rs"]
mod laws;

#[test]
fn the_laws_hold_over_the_seeds_whole_or_changed() {
    let folder = testkit::workspace().join("fuzz/seeds/registry");
    let (mut whole, mut odd) = (0, 0);
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let name = entry.file_name().into_string().unwrap();
        let seed = std::fs::read(entry.path()).unwrap();
        let found = laws::registry(&seed);
        // A seed shows something only if it is read as what its name says.
        assert_eq!(found, name.starts_with("whole_"), "{name}");
        whole += usize::from(found);
        odd += usize::from(!found);
        for index in 0..seed.len() {
            for byte in [seed[index] ^ 1, b'"', 0xff] {
                let mut changed = seed.clone();
                changed[index] = byte;
                laws::registry(&changed);
            }
        }
    }
    assert!(whole >= 4 && odd >= 10, "{whole} and {odd}");
}
