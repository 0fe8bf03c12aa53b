//! What every [`Forge`] must do, as a test that any implementation can run.

use promenade_digest::Digest;

use super::{Forge, ForgeErrorKind, Release, ReleaseText, Stage};

const OLD: &str = "conformance-1.0.0";
const NEW: &str = "conformance-1.1.0";

/// Checks a forge against the contract of [`Forge`].
///
/// The forge knows the tags `conformance-1.0.0` and `conformance-1.1.0`, and neither has a release.
///
/// # Errors
/// One sentence naming the first rule that does not hold.
pub fn check(forge: &dyn Forge) -> Result<(), String> {
    let text = |name: &str, stage| ReleaseText {
        name: name.to_owned(),
        notes: "## Added\r\n\r\n- É, and a final newline\n".to_owned(),
        stage,
    };
    expect(
        find(forge, OLD)?.is_none(),
        "a tag starts without a release",
    )?;

    let draft = text("One", Stage::Draft);
    let made = forge.create(OLD, &draft).map_err(failed)?;
    expect(
        made.tag == OLD && made.text == draft && made.assets.is_empty(),
        "a created release says what it was told, byte for byte",
    )?;
    expect(
        find(forge, OLD)?.as_ref() == Some(&made),
        "list finds a draft by its tag",
    )?;
    let again = forge.create(OLD, &draft);
    expect(
        again.is_err_and(|error| *error.kind() == ForgeErrorKind::Exists),
        "a tag has at most one release, drafts included",
    )?;
    check_edits(forge, &made, &draft, &text("One", Stage::Latest))?;
    check_latest(forge, &text("Two", Stage::Latest))?;
    check_assets(forge, &made)?;

    let pre = text("One", Stage::Prerelease);
    let shown = now(forge, OLD)?.text;
    forge.edit(&made.id, &shown, &pre).map_err(failed)?;
    let after = now(forge, OLD)?;
    expect(
        after.text == pre && after.assets.len() == 1,
        "an edit leaves the assets",
    )
}

fn check_edits(
    forge: &dyn Forge,
    made: &Release,
    draft: &ReleaseText,
    full: &ReleaseText,
) -> Result<(), String> {
    let edited = forge.edit(&made.id, draft, full).map_err(failed)?;
    expect(
        edited.id == made.id && edited.text == *full,
        "an edit keeps the id and says what it was told",
    )?;
    let stale = forge.edit(&made.id, draft, full);
    expect(
        stale.is_err_and(|error| *error.kind() == ForgeErrorKind::Changed),
        "an edit that expects another text is refused",
    )
}

fn check_latest(forge: &dyn Forge, text: &ReleaseText) -> Result<(), String> {
    forge.create(NEW, text).map_err(failed)?;
    expect(
        now(forge, NEW)?.text.stage == Stage::Latest && now(forge, OLD)?.text.stage == Stage::Full,
        "at most one release is the latest",
    )
}

fn check_assets(forge: &dyn Forge, made: &Release) -> Result<(), String> {
    let attach = |bytes: &[u8]| forge.attach(&made.id, "app.tar.gz", "application/gzip", bytes);
    let asset = attach(b"bytes").map_err(failed)?;
    let digest = Digest::sha256(b"bytes");
    expect(
        asset.size_bytes == 5 && asset.digest == Some(digest),
        "an attached asset has size and digest of its bytes",
    )?;
    expect(
        attach(b"bytes").as_ref() == Ok(&asset),
        "attaching the same bytes twice is attaching them once",
    )?;
    expect(
        attach(b"other").is_err_and(|error| {
            matches!(error.kind(), ForgeErrorKind::OtherBytes { found, .. } if *found == digest)
        }),
        "an asset is never replaced by other bytes",
    )?;
    expect(
        now(forge, OLD)?.assets.get("app.tar.gz") == Some(&asset),
        "list shows the assets",
    )
}

fn find(forge: &dyn Forge, tag: &str) -> Result<Option<Release>, String> {
    let releases = forge.list().map_err(failed)?;
    Ok(releases.into_iter().find(|release| release.tag == tag))
}

fn now(forge: &dyn Forge, tag: &str) -> Result<Release, String> {
    find(forge, tag)?.ok_or_else(|| format!("broken rule: the release of `{tag}` is listed"))
}

fn failed(error: super::ForgeError) -> String {
    format!("a call failed: {error}")
}

fn expect(holds: bool, rule: &str) -> Result<(), String> {
    if holds {
        Ok(())
    } else {
        Err(format!("broken rule: {rule}"))
    }
}
