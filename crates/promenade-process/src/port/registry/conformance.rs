//! What every [`Registry`] must do, as a test that any implementation can run.

use promenade_digest::Digest;

use super::{ChannelName, Manifest, Reference, Registry, RegistryErrorKind};

/// Checks a registry against the contract of [`Registry`].
///
/// `first` and `second` are two different manifests whose configuration and layers the registry
/// holds already. The channels `conformance-a` and `conformance-b` must not exist.
///
/// # Errors
/// One sentence naming the first rule that does not hold.
pub fn check(registry: &dyn Registry, first: &Manifest, second: &Manifest) -> Result<(), String> {
    let text = |error: &dyn std::fmt::Display| error.to_string();
    let a: ChannelName = "conformance-a".parse().map_err(|error| text(&error))?;
    let b: ChannelName = "conformance-b".parse().map_err(|error| text(&error))?;
    let at = |name: &ChannelName| {
        let found = registry.find(&Reference::Channel(name.clone()));
        found.map_err(|error| error.to_string())
    };

    expect(at(&a)?.is_none(), "a channel nobody made is not found")?;
    let nothing = Digest::sha256(b"nothing has these bytes");
    expect(
        registry.find(&Reference::Manifest(nothing)) == Ok(None),
        "a manifest nobody put is not found",
    )?;
    let fetched = registry.fetch(&nothing);
    let absent = fetched.is_err_and(|error| *error.kind() == RegistryErrorKind::Absent);
    expect(absent, "fetching what is not there says that it is absent")?;

    put(registry, &a, first)?;
    let found = at(&a)?.ok_or("broken rule: a channel that was put is found")?;
    expect(
        found.digest == *first.digest(),
        "a channel resolves to the digest of the bytes that were put",
    )?;
    expect(
        found.size_bytes == first.bytes().len() as u64,
        "a channel resolves to the size of the bytes that were put",
    )?;
    expect(
        registry.fetch(first.digest()).as_ref() == Ok(first),
        "fetch returns exactly the bytes and the media type that were put",
    )?;
    let by_digest = registry.find(&Reference::Manifest(*first.digest()));
    expect(
        by_digest.is_ok_and(|found| found.is_some_and(|found| found.digest == *first.digest())),
        "a manifest that was put is found by its digest",
    )?;

    put(registry, &a, first)?;
    put(registry, &b, first)?;
    put(registry, &a, second)?;
    expect(
        at(&a)?.is_some_and(|found| found.digest == *second.digest()),
        "putting another manifest moves the channel",
    )?;
    expect(
        at(&b)?.is_some_and(|found| found.digest == *first.digest()),
        "moving one channel leaves the others",
    )?;
    expect(
        registry.fetch(first.digest()).as_ref() == Ok(first),
        "a manifest stays when a channel leaves it",
    )?;

    let listed = registry.list().map_err(|error| error.to_string())?;
    expect(
        listed.contains(&a) && listed.contains(&b),
        "list names every channel",
    )
}

fn put(registry: &dyn Registry, name: &ChannelName, manifest: &Manifest) -> Result<(), String> {
    registry
        .put(name, manifest)
        .map_err(|error| format!("put failed: {error}"))
}

fn expect(holds: bool, rule: &str) -> Result<(), String> {
    if holds {
        Ok(())
    } else {
        Err(format!("broken rule: {rule}"))
    }
}
