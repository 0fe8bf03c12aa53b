//! The laws hold on the seeds of the fuzzer, on every seed with a byte changed, and on histories.

use promenade_promotion::strategy;
use proptest::collection::vec;
use proptest::prelude::*;

#[path = "../../../../fuzz/laws/promotion.rs"]
mod laws;

fn seeds() -> Vec<(String, Vec<u8>)> {
    let folder = testkit::workspace().join("fuzz/seeds/promotion");
    let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    let mut seeds: Vec<_> = entries
        .map(|entry| {
            let name = entry.file_name().into_string().unwrap();
            (name, std::fs::read(entry.path()).unwrap())
        })
        .collect();
    seeds.sort();
    seeds
}

#[test]
fn the_laws_hold_over_the_seeds() {
    let seeds = seeds();
    assert!(seeds.len() > 15);
    for (_, seed) in &seeds {
        laws::promotion(seed);
    }
}

/// A seed shows something only if it is read as what its name says.
#[test]
fn every_seed_is_what_its_name_says() {
    use promenade_promotion::Event;
    use promenade_promotion::ledger::Record;

    for (name, seed) in seeds() {
        let (stem, kind) = name.split_once('.').unwrap();
        let read = match kind {
            "event" => Event::parse(&seed).is_ok(),
            "record" => Record::parse(&seed).is_ok(),
            "history" => seed
                .split(|byte| *byte == b'\n')
                .all(|line| Event::parse(line).is_ok()),
            other => panic!("no kind of seed `{other}`"),
        };
        let refused = ["newer_format", "leading_zero", "upper_case"];
        assert_eq!(read, !refused.contains(&stem), "{name}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(u32::try_from(testkit::scale(300, 100_000)).unwrap()))]

    #[test]
    fn the_laws_hold_over_seeds_with_a_byte_changed(
        (_, mut seed) in prop::sample::select(seeds()),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let at = at.index(seed.len());
        seed[at] = byte;
        laws::promotion(&seed);
    }

    #[test]
    fn the_laws_hold_over_histories_of_any_events(events in vec(strategy::event(), 1..30)) {
        let lines: Vec<_> = events.iter().map(promenade_promotion::Event::canonical_bytes).collect();
        laws::promotion(&lines.join(&b'\n'));
    }
}
