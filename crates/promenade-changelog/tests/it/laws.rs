//! The laws hold on the seeds of the fuzzer, on generated documents and on real ones, changed.

#[path = "../../../../fuzz/laws/changelog.rs"]
mod changelog;

use crate::generate;

fn law(text: &str) {
    let caught = std::panic::catch_unwind(|| changelog::changelog(text.as_bytes()));
    assert!(caught.is_ok(), "of {text:?}");
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
    for seed in 0..testkit::scale(800, 50_000) as u64 {
        law(&generate::document(seed));
        law(&generate::changelog(seed));
    }
}

#[test]
fn laws_hold_on_real_changelogs_and_their_mutations() {
    let Some(files) = crate::corpus::files() else {
        return;
    };
    for file in files.iter().step_by(testkit::scale(20, 1)) {
        law(file);
    }
    for seed in 0..testkit::scale(800, 50_000) as u64 {
        law(&generate::mutated(
            &files[seed as usize % files.len()],
            seed,
        ));
    }
}
