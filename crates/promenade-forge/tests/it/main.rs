//! Releases on a forge.

#[cfg(feature = "http")]
mod crates;
#[cfg(feature = "http")]
mod github;

use std::cell::Cell;

use promenade_forge::{
    Asset, Forge, ForgeError, ForgeErrorKind, MemoryForge, PublishError, Release, ReleaseId,
    ReleasePlan, ReleaseText, Stage, conformance, deprecate, deprecation, publish,
};

fn text(stage: Stage) -> ReleaseText {
    ReleaseText {
        name: "Acme 1.4.0".to_owned(),
        notes: "### Fixed\r\n\r\n- a crash".to_owned(),
        stage,
    }
}

fn plan(stage: Stage) -> ReleasePlan {
    ReleasePlan::new("v1.4.0", text(stage))
        .with_asset("app.tar.gz", "application/gzip", b"bytes")
        .and_then(|plan| plan.with_asset("app.tar.gz.asc", "text/plain", b"signature"))
        .unwrap()
}

#[test]
fn the_memory_forge_conforms() {
    let forge = MemoryForge::new(["conformance-1.0.0", "conformance-1.1.0"]);
    assert_eq!(conformance::check(&forge), Ok(()));
}

#[test]
fn a_release_needs_its_tag() {
    let forge = MemoryForge::new(["v1.3.0"]);
    let error = forge.create("v1.4.0", &text(Stage::Full)).unwrap_err();
    assert!(
        matches!(error.kind(), ForgeErrorKind::Invalid { .. }),
        "{error}"
    );
}

/// Fails at call number `at`, before or after doing what was asked.
struct Faulty<'a> {
    forge: &'a MemoryForge,
    calls: Cell<usize>,
    at: usize,
    after: bool,
}

// The test is single-threaded; the port asks for more.
struct Shared<'a>(std::sync::Mutex<Faulty<'a>>);

impl Shared<'_> {
    fn step<T>(
        &self,
        call: impl FnOnce(&MemoryForge) -> Result<T, ForgeError>,
    ) -> Result<T, ForgeError> {
        let faulty = self.0.lock().unwrap();
        let number = faulty.calls.get();
        faulty.calls.set(number + 1);
        let fault = ForgeError::new(
            "fault",
            ForgeErrorKind::Unknown {
                cause: "connection reset".to_owned(),
            },
        );
        match (number == faulty.at, faulty.after) {
            (true, false) => Err(fault),
            (true, true) => call(faulty.forge).and(Err(fault)),
            _ => call(faulty.forge),
        }
    }
}

impl Forge for Shared<'_> {
    fn list(&self) -> Result<Vec<Release>, ForgeError> {
        self.step(Forge::list)
    }
    fn create(&self, tag: &str, text: &ReleaseText) -> Result<Release, ForgeError> {
        self.step(|forge| forge.create(tag, text))
    }
    fn edit(
        &self,
        id: &ReleaseId,
        old: &ReleaseText,
        new: &ReleaseText,
    ) -> Result<Release, ForgeError> {
        self.step(|forge| forge.edit(id, old, new))
    }
    fn attach(
        &self,
        id: &ReleaseId,
        name: &str,
        kind: &str,
        bytes: &[u8],
    ) -> Result<Asset, ForgeError> {
        self.step(|forge| forge.attach(id, name, kind, bytes))
    }
}

#[test]
fn publishing_converges_after_a_fault_in_any_step() {
    let clean = MemoryForge::new(["v1.4.0"]);
    let expected = publish(&clean, &plan(Stage::Latest)).unwrap();
    assert_eq!(expected.assets.len(), 2);
    let mut failed = 0;
    for at in 0..8 {
        for after in [false, true] {
            let forge = MemoryForge::new(["v1.4.0"]);
            let faulty = Shared(std::sync::Mutex::new(Faulty {
                forge: &forge,
                calls: Cell::new(0),
                at,
                after,
            }));
            failed += usize::from(publish(&faulty, &plan(Stage::Latest)).is_err());
            for release in forge.list().unwrap() {
                let shown = release.text.stage != Stage::Draft;
                assert!(
                    !shown || release.assets.len() == 2,
                    "shown without its files"
                );
            }
            assert_eq!(
                publish(&forge, &plan(Stage::Latest)),
                Ok(expected.clone()),
                "fault {at} {after}"
            );
        }
    }
    assert!(failed >= 10, "the faults were met: {failed}");
}

#[test]
fn a_published_release_is_not_overwritten() {
    let forge = MemoryForge::new(["v1.4.0"]);
    publish(&forge, &plan(Stage::Full)).unwrap();
    let other = ReleasePlan::new(
        "v1.4.0",
        ReleaseText {
            notes: "other".to_owned(),
            ..text(Stage::Full)
        },
    );
    let error = publish(&forge, &other).unwrap_err();
    assert_eq!(
        error,
        PublishError::OtherText {
            tag: "v1.4.0".to_owned()
        }
    );
    let replaced = ReleasePlan::new("v1.4.0", text(Stage::Full))
        .with_asset("app.tar.gz", "application/gzip", b"rebuilt")
        .unwrap();
    let error = publish(&forge, &replaced).unwrap_err();
    assert!(
        matches!(&error, PublishError::Forge(error) if matches!(error.kind(), ForgeErrorKind::OtherBytes { .. }))
    );
}

#[test]
fn an_asset_name_that_forges_rewrite_is_refused() {
    for name in ["", "a b", "a/b", "é", ".hidden", "a\nb"] {
        let planned = ReleasePlan::new("v1", text(Stage::Full)).with_asset(name, "text/plain", b"");
        assert!(planned.is_err(), "`{name}`");
    }
    let twice = plan(Stage::Full).with_asset("app.tar.gz", "text/plain", b"");
    assert!(twice.unwrap_err().to_string().contains("twice"));
}

#[test]
fn a_banner_is_put_once_and_leaves_the_notes_untouched() {
    let notes = "### Fixed\r\n\r\n- a crash";
    let once = deprecate(notes, "corrupts data", Some("v1.4.1")).unwrap();
    assert_eq!(
        once,
        "## ⚠️ Deprecated\r\n\r\ncorrupts data. Use v1.4.1 instead.\r\n\r\n### Fixed\r\n\r\n- a crash",
    );
    assert_eq!(
        deprecate(&once, "corrupts data", Some("v1.4.1")).as_ref(),
        Ok(&once)
    );
    assert_eq!(
        deprecation(&once),
        Some("corrupts data. Use v1.4.1 instead.")
    );
    assert!(deprecate(&once, "another reason", None).is_err());
    assert!(deprecate(notes, "two\nlines", None).is_err());
    assert!(deprecate(notes, " ", None).is_err());
    assert_eq!(
        deprecate("", "bad", None).as_deref(),
        Ok("## ⚠️ Deprecated\n\nbad.\n")
    );
}
