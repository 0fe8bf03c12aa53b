//! The table of adversarial cases is whole: each number is one test.

use std::collections::BTreeMap;
use std::path::Path;

/// Collects the names of tests (`adv_NNN_…`) under a directory, by number.
fn collect(dir: &Path, found: &mut BTreeMap<u32, Vec<String>>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if path.file_name().is_none_or(|name| name != "target") {
                collect(&path, found);
            }
            continue;
        }
        if path.extension().is_none_or(|kind| kind != "rs") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let mut before = "";
        for line in text.lines() {
            let line = line.trim();
            if let Some(rest) = line.strip_prefix("fn adv_") {
                let (number, _) = rest.split_once('_').unwrap();
                let name = rest.split('(').next().unwrap();
                let shown = format!("{}: adv_{name}", path.display());
                assert_eq!(before, "#[test]", "{shown}");
                // One number a name: `adv_106_107_…` would be two cases in one test.
                let more = name.split('_').nth(1).unwrap();
                assert!(more.parse::<u32>().is_err(), "{shown}");
                found
                    .entry(number.parse().unwrap())
                    .or_default()
                    .push(shown);
            }
            before = line;
        }
    }
}

#[test]
fn each_number_of_the_table_is_one_test() {
    let mut found = BTreeMap::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    for dir in ["crates", "tests"] {
        collect(&root.join(dir), &mut found);
    }
    for number in 1..=154 {
        let tests = found.remove(&number).unwrap_or_default();
        assert_eq!(tests.len(), 1, "case {number}: {tests:?}");
    }
    assert!(found.is_empty(), "numbers that no table has: {found:?}");
}
