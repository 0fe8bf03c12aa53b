//! The fuzz target's laws over its seeds, on stable, in every run.

use proptest::prelude::*;

#[path = "../../../../fuzz/laws/version.rs"]
mod laws;

#[test]
fn the_laws_hold_over_the_seeds() {
    let folder = testkit::workspace().join("fuzz/seeds/version");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        laws::version(&std::fs::read(entry.unwrap().path()).unwrap());
        count += 1;
    }
    assert!(count > 10);
}

proptest! {
    #[test]
    fn the_laws_hold_over_any_text(pick in "[sdmiwyx]", text in any::<String>()) {
        laws::version(format!("{pick}{text}").as_bytes());
    }

    #[test]
    fn the_laws_hold_over_texts_that_look_like_versions(
        text in r"[sdmiwyx]v?[0-9]{1,21}(\.[0-9]{1,4}){0,3}([-+](rc|alpha|pre|dev|hotfix|0\.dev)?[0-9a-z.+-]{0,9})?"
    ) {
        laws::version(text.as_bytes());
    }
}
