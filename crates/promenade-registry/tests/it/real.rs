//! Channels in a real registry; `skopeo` says where they are.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use promenade_digest::Digest;
use promenade_promotion::ledger::{AppendError, Head, LedgerStore, MemoryLedger, OpId, StreamId};
use promenade_registry::{
    Authority, ChannelMove, ChannelName, Credentials, Descriptor, HttpRegistry, Manifest,
    Mutability, Outcome, Patience, Reference, Refusal, Registry, RegistryError, RegistryErrorKind,
    conformance, move_channels, reconcile,
};

use crate::server::{Server, run};

const PATIENCE: Patience = Patience {
    attempts: 40,
    pause: Duration::from_millis(1),
};

fn client(server: &Server) -> HttpRegistry {
    let limit = Duration::from_secs(10);
    let repository = "app".parse().unwrap();
    HttpRegistry::new(&server.host, &repository, Credentials::Anonymous, limit).unwrap()
}

/// Builds an image, which `skopeo` and we see under the same digest.
fn image(server: &Server, text: &str) -> Manifest {
    let digest = server.build(text);
    let channel = Reference::Channel(name(&format!("build-{text}")));
    let found = client(server).find(&channel).unwrap().unwrap();
    assert_eq!(found.digest.to_string(), digest);
    client(server).fetch(&found.digest).unwrap()
}

fn name(text: &str) -> ChannelName {
    text.parse().unwrap()
}

fn moves(channels: &[&str], from: Option<&Manifest>, to: &Manifest) -> Vec<ChannelMove> {
    let full = |text: &str| text.starts_with("sha-") || text.matches('.').count() == 2;
    channels
        .iter()
        .map(|channel| {
            let immutable = full(channel);
            let mutability = if immutable {
                Mutability::Immutable
            } else {
                Mutability::Moving
            };
            let from = from.filter(|_| !immutable).map(|from| *from.digest());
            ChannelMove::new(name(channel), mutability, from, *to.digest())
        })
        .collect()
}

#[test]
fn a_real_registry_conforms() {
    let Some(server) = Server::start() else {
        return;
    };
    let (a, b) = (image(&server, "a"), image(&server, "b"));
    assert_eq!(conformance::check(&client(&server), &a, &b), Ok(()));
    assert_eq!(server.oracle("conformance-a"), b.digest().to_string());
}

#[test]
fn the_channels_of_a_release_move_with_real_images_and_roll_back() {
    let Some(server) = Server::start() else {
        return;
    };
    let registry = client(&server);
    let (v040, v041, v031) = (
        image(&server, "040"),
        image(&server, "041"),
        image(&server, "031"),
    );
    // RustShare: full version and commit for ever, minor, major and `latest` moving.
    let first = moves(&["sha-1111111", "0.4.0", "0.4", "0", "latest"], None, &v040);
    assert!(move_channels(&registry, &first).is_done());
    let mut second = moves(&["sha-2222222", "0.4.1"], None, &v041);
    second.extend(moves(&["0.4", "0", "latest"], Some(&v040), &v041));
    assert!(move_channels(&registry, &second).is_done());
    // A backport moves its own minor only.
    assert!(move_channels(&registry, &moves(&["0.3.1", "0.3"], None, &v031)).is_done());
    // 0.4.1 is bad: the moving names go back, nothing is deleted.
    let back = move_channels(
        &registry,
        &moves(&["0.4", "0", "latest"], Some(&v041), &v040),
    );
    assert!(back.is_done());
    for (channel, expected) in [
        ("0.4.0", &v040),
        ("0.4.1", &v041),
        ("0.4", &v040),
        ("0", &v040),
        ("latest", &v040),
        ("0.3", &v031),
        ("sha-2222222", &v041),
    ] {
        assert_eq!(
            server.oracle(channel),
            expected.digest().to_string(),
            "{channel}"
        );
    }
    // Celo: one image goes through the networks under moving names.
    for network in ["alfajores", "baklava", "mainnet"] {
        assert!(move_channels(&registry, &moves(&[network], None, &v040)).is_done());
    }
    let report = move_channels(&registry, &moves(&["alfajores"], Some(&v040), &v041));
    assert!(report.is_done());
    assert_eq!(server.oracle("mainnet"), v040.digest().to_string());
    // Another image under a full version is refused, and nothing else of the set happens.
    let mut bad = moves(&["latest"], Some(&v040), &v041);
    bad.extend(moves(&["0.4.0"], None, &v041));
    let report = move_channels(&registry, &bad);
    let refusal = Outcome::Refused(Refusal::Immutable { at: *v040.digest() });
    assert_eq!(
        report.outcomes().collect::<Vec<_>>(),
        [&Outcome::NotTried, &refusal]
    );
    assert_eq!(server.oracle("latest"), v040.digest().to_string());
}

#[test]
fn adv_083_a_channel_that_moved_away_from_what_was_qualified_is_not_taken_along() {
    let Some(server) = Server::start() else {
        return;
    };
    let registry = client(&server);
    let (qualified, other) = (image(&server, "a"), image(&server, "b"));
    assert!(move_channels(&registry, &moves(&["staging"], None, &qualified)).is_done());
    // Somebody moves staging; production gets what was qualified, by digest, and staging's own move
    // is told apart.
    registry.put(&name("staging"), &other).unwrap();
    let mut set = moves(&["production"], None, &qualified);
    set.extend(moves(&["staging"], Some(&qualified), &qualified));
    let report = move_channels(&registry, &set);
    let observed = Some(*other.digest());
    assert_eq!(report.moves()[1].1, Outcome::LostRace { observed });
    assert_eq!(
        registry.find(&Reference::Channel(name("production"))),
        Ok(None)
    );
    assert!(move_channels(&registry, &moves(&["production"], None, &qualified)).is_done());
    assert_eq!(server.oracle("production"), qualified.digest().to_string());
}

/// The ledger says where channels belong: the last record does.
struct Ledger<'a> {
    store: &'a MemoryLedger,
    stream: StreamId,
}

impl Ledger<'_> {
    fn records(&self) -> (Head, Vec<Digest>) {
        let mut digests = Vec::new();
        let head = self.store.read(&self.stream, 1, &mut |record| {
            let text = String::from_utf8(record.body.clone()).unwrap();
            digests.push(text.parse().unwrap());
            true
        });
        (head.unwrap(), digests)
    }

    fn append(&self, head: &Head, op: &str, digest: &Digest) -> bool {
        let bodies = [digest.to_string().into_bytes()];
        let appended = self
            .store
            .append(&self.stream, head, &OpId::new(op).unwrap(), &bodies);
        match appended {
            Ok(_) => true,
            Err(AppendError::Conflict { .. }) => false,
            Err(error) => panic!("{error}"),
        }
    }
}

impl Authority for Ledger<'_> {
    fn wanted(&self, _: &ChannelName) -> Result<Option<Digest>, String> {
        Ok(self.records().1.last().copied())
    }

    fn expects(&self, _: &ChannelName, observed: Option<&Digest>) -> Result<bool, String> {
        Ok(observed.is_none_or(|observed| self.records().1.contains(observed)))
    }
}

#[test]
fn adv_085_of_two_writers_the_winner_of_the_ledger_is_what_the_registry_ends_with() {
    let Some(server) = Server::start() else {
        return;
    };
    let images = [image(&server, "a"), image(&server, "b")];
    let store = MemoryLedger::default();
    let stream = StreamId::new("channels").unwrap();
    let (told, won, superseded) = (
        AtomicUsize::new(0),
        AtomicUsize::new(0),
        AtomicUsize::new(0),
    );
    for round in 0..testkit::scale(100, 400) {
        let ledger = Ledger {
            store: &store,
            stream: stream.clone(),
        };
        let (head, _) = ledger.records();
        let barrier = std::sync::Barrier::new(2);
        std::thread::scope(|scope| {
            for (writer, image) in images.iter().enumerate() {
                let (ledger, barrier, server) = (&ledger, &barrier, &server);
                let (told, won, superseded) = (&told, &won, &superseded);
                scope.spawn(move || {
                    let registry = client(server);
                    barrier.wait();
                    let op = format!("round-{round}-{writer}");
                    if !ledger.append(&head, &op, image.digest()) {
                        // The loser is told by the ledger; it decides again, after the winner.
                        told.fetch_add(1, Ordering::SeqCst);
                        let (head, _) = ledger.records();
                        if round % 2 == 0
                            || !ledger.append(&head, &format!("{op}-again"), image.digest())
                        {
                            return;
                        }
                    }
                    let one = [ChannelMove::new(
                        name("latest"),
                        Mutability::Moving,
                        None,
                        *image.digest(),
                    )];
                    let report = reconcile(&registry, ledger, &one, PATIENCE);
                    match &report.moves()[0].1 {
                        Outcome::Moved | Outcome::AlreadyThere => {
                            won.fetch_add(1, Ordering::SeqCst)
                        }
                        Outcome::LostRace { .. } => superseded.fetch_add(1, Ordering::SeqCst),
                        other => panic!("round {round}: {other}"),
                    };
                });
            }
        });
        let wanted = ledger.wanted(&name("latest")).unwrap().unwrap();
        let found = client(&server)
            .find(&Reference::Channel(name("latest")))
            .unwrap()
            .unwrap();
        assert_eq!(found.digest, wanted, "round {round}");
    }
    let (told, won) = (told.into_inner(), won.into_inner());
    assert_eq!(
        told,
        testkit::scale(100, 400),
        "one writer of each round lost"
    );
    assert!(
        won >= told,
        "{won} wins, {} superseded",
        superseded.into_inner()
    );
}

/// A registry whose client dies after some number of puts.
struct Mortal<'a> {
    inner: &'a HttpRegistry,
    left: Mutex<usize>,
}

impl Mortal<'_> {
    fn alive(&self) -> Result<(), RegistryError> {
        let cause = "killed".to_owned();
        match *self.left.lock().unwrap() {
            0 => Err(RegistryError::new(
                "any",
                RegistryErrorKind::Unknown { cause },
            )),
            _ => Ok(()),
        }
    }
}

impl Registry for Mortal<'_> {
    fn find(&self, reference: &Reference) -> Result<Option<Descriptor>, RegistryError> {
        self.alive()?;
        self.inner.find(reference)
    }
    fn fetch(&self, digest: &Digest) -> Result<Manifest, RegistryError> {
        self.alive()?;
        self.inner.fetch(digest)
    }
    fn put(&self, channel: &ChannelName, manifest: &Manifest) -> Result<(), RegistryError> {
        self.alive()?;
        self.inner.put(channel, manifest)?;
        *self.left.lock().unwrap() -= 1;
        Ok(())
    }
    fn list(&self) -> Result<std::collections::BTreeSet<ChannelName>, RegistryError> {
        self.inner.list()
    }
}

#[test]
fn adv_103_killed_between_two_moves_the_next_run_converges() {
    let Some(server) = Server::start() else {
        return;
    };
    let registry = client(&server);
    let image = image(&server, "a");
    for puts in 1..5 {
        let prefix = |text: &str| format!("k{puts}-{text}");
        let names = ["minor", "major", "latest", "network", "other"].map(prefix);
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let set = moves(&names, None, &image);
        let mortal = Mortal {
            inner: &registry,
            left: Mutex::new(puts),
        };
        let quick = Patience {
            attempts: 1,
            pause: Duration::ZERO,
        };
        let report = reconcile(&mortal, set.as_slice(), &set, quick);
        assert!(!report.is_done());
        let report = move_channels(&registry, &set);
        assert!(report.is_done(), "{report:?}");
        let there = report
            .outcomes()
            .filter(|outcome| **outcome == Outcome::AlreadyThere)
            .count();
        assert_eq!(there, puts, "what was done is not done again");
    }
}

#[test]
fn adv_089_answers_of_500_during_overwrites_are_not_misread() {
    let Some(server) = Server::start() else {
        return;
    };
    let images = [image(&server, "a"), image(&server, "b")];
    let registry = client(&server);
    registry.put(&name("latest"), &images[0]).unwrap();
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for offset in 0..2 {
            let (stop, images, server) = (&stop, &images, &server);
            scope.spawn(move || {
                let registry = client(server);
                for round in offset.. {
                    if stop.load(Ordering::SeqCst) {
                        break;
                    }
                    // Overwriting at once may itself fail with a 500.
                    let _ = registry.put(&name("latest"), &images[round % 2]);
                }
            });
        }
        for _ in 0..testkit::scale(300, 3000) {
            match registry.find(&Reference::Channel(name("latest"))) {
                Ok(Some(found)) => {
                    assert!(images.iter().any(|image| *image.digest() == found.digest))
                }
                Ok(None) => {
                    stop.store(true, Ordering::SeqCst);
                    panic!("a failure was read as absence");
                }
                Err(error) => assert!(error.is_passing(), "{error}"),
            }
        }
        stop.store(true, Ordering::SeqCst);
    });
}

#[test]
fn adv_097_a_target_that_was_deleted_is_refused() {
    let Some(server) = Server::start() else {
        return;
    };
    let registry = client(&server);
    let (good, gone) = (image(&server, "a"), image(&server, "b"));
    assert!(move_channels(&registry, &moves(&["latest"], None, &good)).is_done());
    let url = format!("docker://{}/app:build-b", server.host);
    run(
        server.dir.path(),
        "skopeo",
        &["delete", "--tls-verify=false", &url],
    );
    let report = move_channels(&registry, &moves(&["latest"], Some(&good), &gone));
    assert!(
        matches!(
            &report.moves()[0].1,
            Outcome::Refused(Refusal::Incomplete(_))
        ),
        "{report:?}"
    );
    assert_eq!(server.oracle("latest"), good.digest().to_string());
}
