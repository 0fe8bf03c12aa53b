//! The laws of what a registry says, as one function over bytes: what the fuzzer runs, and what the
//! tests replay over the seeds.

use promenade_registry::{
    Challenge, ChannelMove, Manifest, MemoryRegistry, Mutability, Outcome, Reference,
    Registry as _, check_closure, move_channels,
};

const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const IMAGE: &str = "application/vnd.oci.image.manifest.v1+json";

/// Asserts every law over one input: a header, and a manifest that a registry serves beside the
/// image of the layer `layer`. Returns true if the manifest is whole.
///
/// A challenge is the same whatever the order and the spelling of its parameters. A manifest that is
/// whole has every part that was seen in the registry, and reads as an index or as an image, never
/// as both; a channel is moved to it, with its bytes untouched. Any other one moves no channel.
///
/// # Panics
/// If a law does not hold.
pub(crate) fn registry(data: &[u8]) -> bool {
    if let Ok(header) = std::str::from_utf8(data) {
        challenge(header);
    }
    let whole = [INDEX, IMAGE].map(|media_type| manifest(media_type, data));
    whole.contains(&true)
}

fn challenge(header: &str) {
    let Some(challenge) = Challenge::parse(header) else {
        return;
    };
    assert_eq!(
        Challenge::parse(&format!("  {header} ")),
        Some(challenge.clone())
    );
    let Challenge::Bearer {
        realm,
        service,
        scope,
    } = &challenge
    else {
        return;
    };
    // A quotation mark within what is not quoted has no spelling within quotation marks.
    let all = [Some(realm), service.as_ref(), scope.as_ref()];
    if all.into_iter().flatten().any(|value| value.contains('"')) {
        return;
    }
    let named = [("Scope", scope), ("service", service)];
    let mut params: Vec<String> = named
        .into_iter()
        .filter_map(|(name, value)| Some(format!("{name}=\"{}\"", value.as_ref()?)))
        .collect();
    params.push(format!("REALM=\"{realm}\""));
    let written = format!("bearer {}", params.join(" , "));
    assert_eq!(Challenge::parse(&written), Some(challenge));
}

fn manifest(media_type: &str, data: &[u8]) -> bool {
    let registry = MemoryRegistry::new();
    registry.add_image(b"layer");
    let manifest = Manifest::new(media_type, data);
    registry.add_manifest(&manifest);
    let digest = *manifest.digest();
    let whole = check_closure(&registry, &digest);
    let channel: promenade_registry::ChannelName = "latest".parse().expect("a name");
    let wish = ChannelMove::new(channel.clone(), Mutability::Moving, None, digest);
    let report = move_channels(&registry, &[wish]);
    let outcome = report.outcomes().next().expect("one move, one outcome");
    let Ok(seen) = whole else {
        assert!(matches!(outcome, Outcome::Refused(_)), "{outcome:?}");
        assert!(registry.channels().is_empty());
        return false;
    };
    assert!(seen.contains(&Reference::Manifest(digest)));
    for part in &seen {
        assert!(matches!(registry.find(part), Ok(Some(_))), "{part}");
    }
    assert_eq!(outcome, &Outcome::Moved);
    assert_eq!(registry.channels().get(&channel), Some(&digest));
    let fetched = registry.fetch(&digest).expect("it is there");
    assert_eq!((fetched.bytes(), fetched.media_type()), (data, media_type));
    // Whoever reads it strictly reads it in one way at most.
    let index = promenade_digest::image::Index::parse(data, None).is_ok();
    let image = promenade_digest::image::Manifest::parse(data, None).is_ok();
    assert!(!(index && image), "both an index and an image");
    true
}
