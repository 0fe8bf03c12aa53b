//! The laws hold on the seeds of the fuzzer, on generated documents and on real ones, changed.

#[path = "../../../../fuzz/laws/changelog.rs"]
mod changelog;

use crate::generate;

/// Runs the laws over every text; the shortest that break one are shown.
fn hold(texts: impl Iterator<Item = String>) {
    let mut total = 0;
    let mut broken: Vec<String> = texts
        .inspect(|_| total += 1)
        .filter(|text| std::panic::catch_unwind(|| changelog::changelog(text.as_bytes())).is_err())
        .collect();
    broken.sort_by_key(String::len);
    let count = broken.len();
    broken.truncate(12);
    assert!(count == 0, "{count} of {total}: {broken:#?}");
}

#[test]
fn laws_hold_on_the_seeds() {
    let folder = testkit::workspace().join("fuzz/seeds/changelog");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        changelog::changelog(&bytes);
        count += 1;
    }
    assert!(count >= 10, "{count} seeds");
}

#[test]
fn laws_hold_on_generated_documents() {
    let seeds = 0..testkit::scale(800, 50_000) as u64;
    hold(seeds.flat_map(|seed| [generate::document(seed), generate::changelog(seed)]));
}

#[test]
fn laws_hold_on_real_changelogs_and_their_mutations() {
    let Some(files) = crate::corpus::files() else {
        return;
    };
    hold(files.iter().step_by(testkit::scale(20, 1)).cloned());
    let seeds = 0..testkit::scale(800, 50_000) as u64;
    hold(seeds.map(|seed| {
        let file = &files[seed as usize % files.len()];
        generate::mutated(file, seed)
    }));
}
