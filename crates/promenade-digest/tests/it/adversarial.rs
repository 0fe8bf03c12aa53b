//! The adversarial list, one test for each number; `ADVERSARIAL.md` is the table of them.

mod checksum_file;
mod digest_text;
mod document;
#[cfg(unix)]
mod file;
mod kit;
mod statement;
mod tarball;

use std::collections::BTreeSet;
use std::fs;

/// The numbers that this crate owns.
fn numbers() -> impl Iterator<Item = u32> {
    (1..=82).chain(139..=154)
}

#[test]
fn every_number_has_one_test_and_one_row() {
    let root = testkit::workspace().join("crates/promenade-digest");
    let mut tests = BTreeSet::new();
    for entry in fs::read_dir(root.join("tests/it/adversarial")).unwrap() {
        let source = fs::read_to_string(entry.unwrap().path()).unwrap();
        let names = source
            .lines()
            .filter_map(|line| line.trim().strip_prefix("fn adv_"));
        for name in names {
            let name = format!("adv_{}", name.split('(').next().unwrap());
            assert!(tests.insert(name.clone()), "{name} is there twice");
        }
    }
    let of_tests: Vec<u32> = tests
        .iter()
        .map(|name| name[4..7].parse().unwrap())
        .collect();
    assert_eq!(of_tests, numbers().collect::<Vec<_>>());
    let table = fs::read_to_string(root.join("ADVERSARIAL.md")).unwrap();
    let rows: BTreeSet<_> = table
        .split('`')
        .filter(|word| word.starts_with("adv_"))
        .map(str::to_owned)
        .collect();
    assert_eq!(rows, tests);
}
