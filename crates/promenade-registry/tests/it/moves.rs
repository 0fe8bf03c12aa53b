//! Moving channels in a registry in memory.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use promenade_digest::Digest;
use promenade_process::Process;
use promenade_registry::{
    ChannelMove, ChannelName, Descriptor, Manifest, MemoryRegistry, MoveReport, Mutability,
    Outcome, Patience, Reference, Refusal, Registry, RegistryError, RegistryErrorKind, conformance,
    move_channels, reconcile,
};
use promenade_tag::{ChannelEvent, Published};

const QUICK: Patience = Patience {
    attempts: 3,
    pause: Duration::ZERO,
};

fn name(text: &str) -> ChannelName {
    text.parse().unwrap()
}

fn moving(channel: &str, from: Option<&Manifest>, to: &Manifest) -> ChannelMove {
    let from = from.map(|manifest| *manifest.digest());
    ChannelMove::new(name(channel), Mutability::Moving, from, *to.digest())
}

fn release(from: Option<&Manifest>, to: &Manifest) -> Vec<ChannelMove> {
    let mut moves = vec![ChannelMove::new(
        name(if from.is_some() { "1.4.1" } else { "1.4.0" }),
        Mutability::Immutable,
        None,
        *to.digest(),
    )];
    moves.extend(["1.4", "1", "latest"].map(|channel| moving(channel, from, to)));
    moves
}

/// Calls `before` with the number of each call, and fails the calls it names.
struct Watched<'a, F> {
    inner: &'a MemoryRegistry,
    calls: AtomicUsize,
    before: F,
}

impl<'a, F: Fn(usize, &str) -> Option<RegistryErrorKind> + Send + Sync> Watched<'a, F> {
    fn new(inner: &'a MemoryRegistry, before: F) -> Self {
        Self {
            inner,
            calls: AtomicUsize::new(0),
            before,
        }
    }

    fn step(&self, what: &str) -> Result<(), RegistryError> {
        let number = self.calls.fetch_add(1, Ordering::SeqCst);
        (self.before)(number, what).map_or(Ok(()), |kind| Err(RegistryError::new(what, kind)))
    }
}

impl<F: Fn(usize, &str) -> Option<RegistryErrorKind> + Send + Sync> Registry for Watched<'_, F> {
    fn find(&self, reference: &Reference) -> Result<Option<Descriptor>, RegistryError> {
        self.step(&format!("find {reference}"))?;
        self.inner.find(reference)
    }
    fn fetch(&self, digest: &Digest) -> Result<Manifest, RegistryError> {
        self.step("fetch")?;
        self.inner.fetch(digest)
    }
    fn put(&self, channel: &ChannelName, manifest: &Manifest) -> Result<(), RegistryError> {
        self.step(&format!("put {channel}"))?;
        self.inner.put(channel, manifest)
    }
    fn list(&self) -> Result<BTreeSet<ChannelName>, RegistryError> {
        self.step("list")?;
        self.inner.list()
    }
}

fn unknown() -> RegistryErrorKind {
    RegistryErrorKind::Unknown {
        cause: "500 Internal Server Error".to_owned(),
    }
}

#[test]
fn the_memory_registry_conforms() {
    let registry = MemoryRegistry::new();
    let (a, b) = (registry.add_image(b"a"), registry.add_image(b"b"));
    assert_eq!(conformance::check(&registry, &a, &b), Ok(()));
}

#[test]
fn adv_096_what_is_there_already_is_not_put() {
    let registry = MemoryRegistry::new();
    let image = registry.add_image(b"a");
    assert!(move_channels(&registry, &release(None, &image)).is_done());
    let watched = Watched::new(&registry, |_, what| {
        assert!(!what.starts_with("put"), "{what}");
        None
    });
    let report = move_channels(&watched, &release(None, &image));
    assert!(
        report
            .outcomes()
            .all(|outcome| *outcome == Outcome::AlreadyThere)
    );
}

#[test]
fn adv_084_a_channel_moved_between_look_and_put_is_a_lost_race() {
    let registry = MemoryRegistry::new();
    let (old, ours, theirs) = (
        registry.add_image(b"old"),
        registry.add_image(b"ours"),
        registry.add_image(b"theirs"),
    );
    registry.put(&name("latest"), &old).unwrap();
    let seen = AtomicUsize::new(0);
    let watched = Watched::new(&registry, |_, what| {
        // After the first look at the channel, before the second.
        if what == "find channel `latest`" && seen.fetch_add(1, Ordering::SeqCst) == 1 {
            registry.put(&name("latest"), &theirs).unwrap();
        }
        None
    });
    let report = move_channels(&watched, &[moving("latest", Some(&old), &ours)]);
    let observed = Some(*theirs.digest());
    assert_eq!(
        report.outcomes().collect::<Vec<_>>(),
        [&Outcome::LostRace { observed }]
    );
    assert_eq!(registry.channels()[&name("latest")], *theirs.digest());
}

#[test]
fn adv_095_an_immutable_name_that_points_elsewhere_stops_the_whole_set() {
    let registry = MemoryRegistry::new();
    let (a, b) = (registry.add_image(b"a"), registry.add_image(b"b"));
    assert!(move_channels(&registry, &release(None, &a)).is_done());
    let mut moves = release(Some(&a), &b);
    moves.push(ChannelMove::new(
        name("1.4.0"),
        Mutability::Immutable,
        Some(*a.digest()),
        *b.digest(),
    ));
    let before = registry.channels();
    let report = move_channels(&registry, &moves);
    assert_eq!(
        report.moves()[4].1,
        Outcome::Refused(Refusal::Immutable { at: *a.digest() })
    );
    assert_eq!(report.moves()[0].1, Outcome::NotTried);
    assert_eq!(registry.channels(), before, "nothing was half applied");
}

#[test]
fn a_target_whose_layer_is_gone_is_refused() {
    let registry = MemoryRegistry::new();
    let good = registry.add_image(b"good");
    let layer = Digest::sha256(b"lost layer");
    let other = MemoryRegistry::new();
    let broken = other.add_image(b"lost layer");
    registry.add_manifest(&broken);
    registry.put(&name("latest"), &good).unwrap();
    let report = move_channels(&registry, &[moving("latest", Some(&good), &broken)]);
    let Outcome::Refused(Refusal::Incomplete(error)) = &report.moves()[0].1 else {
        panic!("{report:?}");
    };
    assert!(
        error
            .to_string()
            .contains(&format!("blob {layer} is missing")),
        "{error}"
    );
    let absent = Manifest::new("application/vnd.oci.image.manifest.v1+json", "gone");
    let report = move_channels(&registry, &[moving("latest", Some(&good), &absent)]);
    assert!(matches!(
        &report.moves()[0].1,
        Outcome::Refused(Refusal::Incomplete(_))
    ));
}

#[test]
fn a_crash_in_any_call_converges_when_run_again() {
    let mut stopped = 0;
    for at in 0..60 {
        for lost in [false, true] {
            let registry = MemoryRegistry::new();
            let (a, b) = (registry.add_image(b"a"), registry.add_image(b"b"));
            assert!(move_channels(&registry, &release(None, &a)).is_done());
            let moves = release(Some(&a), &b);
            // From call `at` on the registry is gone; a put may have reached it all the same.
            let dead = Watched::new(&registry, |number, what| {
                if number < at {
                    return None;
                }
                if number == at
                    && lost
                    && let Some(channel) = what.strip_prefix("put ")
                {
                    registry.put(&name(channel), &b).unwrap();
                }
                Some(unknown())
            });
            let report = reconcile(&dead, moves.as_slice(), &moves, QUICK);
            stopped += usize::from(!report.is_done());
            let again = move_channels(&registry, &moves);
            assert!(again.is_done(), "{at} {lost}: {again:?}");
            assert!(
                ["1.4.1", "1.4", "1", "latest"]
                    .iter()
                    .all(|channel| registry.channels()[&name(channel)] == *b.digest())
            );
            assert_eq!(registry.channels()[&name("1.4.0")], *a.digest());
        }
    }
    assert!(stopped > 20, "the crashes were met: {stopped}");
}

#[test]
fn a_failing_registry_is_asked_again_and_never_read_as_absent() {
    let registry = MemoryRegistry::new();
    let (a, b) = (registry.add_image(b"a"), registry.add_image(b"b"));
    registry.put(&name("latest"), &a).unwrap();
    // Every third call fails.
    let flaky = Watched::new(&registry, |number, _| {
        number.is_multiple_of(3).then(unknown)
    });
    let moves = [moving("latest", Some(&a), &b)];
    assert!(reconcile(&flaky, moves.as_slice(), &moves, QUICK).is_done());
    assert_eq!(registry.channels()[&name("latest")], *b.digest());
    // A registry that never answers leaves the outcome open; a name that must not exist is not put.
    let dead = Watched::new(&registry, |_, what| {
        assert!(!what.starts_with("put"));
        Some(unknown())
    });
    let moves = [moving("latest", None, &a)];
    let report = reconcile(&dead, moves.as_slice(), &moves, QUICK);
    assert!(matches!(report.moves()[0].1, Outcome::Indeterminate { .. }));
}

#[test]
fn adv_100_build_metadata_is_no_part_of_a_name() {
    assert!("1.0.0+a".parse::<ChannelName>().is_err());
    // A process whose names leave it out gives `1.0.0+a` the name `1.0.0`; another build of 1.0.0
    // never takes that name over.
    let registry = MemoryRegistry::new();
    assert!(publish(&registry, &[], "1.0.0+a").is_done());
    let at = |channel: &str| registry.channels().get(&name(channel)).copied();
    let first = at("1.0.0");
    assert!(first.is_some());
    let _ = publish(&registry, &["1.0.0+a"], "1.0.0+b");
    assert_eq!(at("1.0.0"), first);
}

#[test]
fn adv_101_a_name_of_129_characters_is_refused() {
    assert!("a".repeat(128).parse::<ChannelName>().is_ok());
    assert!("a".repeat(129).parse::<ChannelName>().is_err());
}

#[test]
fn names_that_no_registry_takes_are_refused() {
    for text in ["", "-a", ".a", "a/b", "a:b", "é"] {
        assert!(text.parse::<ChannelName>().is_err(), "`{text}`");
    }
}

#[test]
fn a_channel_that_stands_twice_is_refused() {
    let registry = MemoryRegistry::new();
    let (a, b) = (registry.add_image(b"a"), registry.add_image(b"b"));
    let report = move_channels(
        &registry,
        &[moving("latest", None, &a), moving("latest", None, &b)],
    );
    assert_eq!(report.moves()[1].1, Outcome::Refused(Refusal::Twice));
    assert!(registry.channels().is_empty());
}

/// Carries out what the process of RustShare plans for a version, after those released before.
fn publish(registry: &MemoryRegistry, released: &[&str], version: &str) -> MoveReport {
    let process = Process::preset("rustshare").unwrap();
    let published = |text: &&str| Published::new(format!("v{text}"), text.parse().unwrap());
    let before: Vec<_> = released.iter().map(published).collect();
    let set = process.channels();
    let event = ChannelEvent::publish(published(&version));
    let plan = set.plan(&before, &set.positions(&before), &event).unwrap();
    let image = |text: &str| *registry.add_image(text.as_bytes()).digest();
    let digest = |target: &promenade_tag::Target| image(&target.to_string());
    let moves: Vec<_> = plan
        .moves()
        .iter()
        .map(|one| {
            let mutability = set.rule_of(&one.channel).unwrap().mutability;
            let from = one.from.as_ref().map(digest);
            ChannelMove::new(name(&one.channel), mutability, from, digest(&one.to))
        })
        .collect();
    move_channels(registry, &moves)
}

#[test]
fn adv_098_a_candidate_does_not_move_latest() {
    let registry = MemoryRegistry::new();
    assert!(publish(&registry, &[], "1.4.0").is_done());
    let at = |channel: &str| registry.channels().get(&name(channel)).copied();
    let latest = at("latest");
    assert!(latest.is_some());
    assert!(publish(&registry, &["1.4.0"], "1.5.0-rc.1").is_done());
    assert_eq!((at("latest"), at("1.5")), (latest, None));
    assert!(at("1.5.0-rc.1").is_some());
}

#[test]
fn adv_099_a_hotfix_of_an_older_line_does_not_move_latest() {
    let registry = MemoryRegistry::new();
    assert!(publish(&registry, &[], "1.4.0").is_done());
    let at = |channel: &str| registry.channels().get(&name(channel)).copied();
    let (latest, major) = (at("latest"), at("1"));
    assert!(latest.is_some());
    assert!(publish(&registry, &["1.4.0"], "1.3.7").is_done());
    assert_eq!((at("latest"), at("1")), (latest, major));
    assert_eq!(at("1.3"), at("1.3.7"));
}
