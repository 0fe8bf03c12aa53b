//! The fuzz target's laws over its seeds, on stable, in every run.

use promenade_tag::strategy;
use proptest::collection::vec;
use proptest::prelude::*;

#[path = "../../../../fuzz/laws/tag.rs"]
mod laws;

#[test]
fn the_laws_hold_over_the_seeds() {
    let folder = testkit::workspace().join("fuzz/seeds/tag");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        laws::tag(&std::fs::read(entry.unwrap().path()).unwrap());
        count += 1;
    }
    assert!(count > 10);
}

proptest! {
    #[test]
    fn the_laws_hold_over_generated_sets_and_names(
        first in "[smiwd]( [a-c](-[0-2a-c])?){0,3}",
        templates in vec(("[crnl]", strategy::template_text()), 1..4),
        names in vec("[a-c]?(-?v?[0-2]{1,4}(\\.[0-2]){0,2}){1,2}(-(rc\\.|pre|hotfix|lock)[0-2]?)?", 1..8),
    ) {
        let templates: Vec<_> = templates.iter().map(|(class, text)| format!("{class}{text}")).collect();
        laws::tag(format!("{first}\n{}\n\n{}", templates.join("\n"), names.join("\n")).as_bytes());
    }
}
