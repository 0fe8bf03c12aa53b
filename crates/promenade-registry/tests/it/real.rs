//! Channels in a real registry; `skopeo` says where they are.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use promenade_process::Process;
use promenade_promotion::ledger::{MemoryLedger, OpId, StreamId};
use promenade_promotion::{
    self as promotion, Artifacts, CommitId, Context, Done, Follows, Journal, MakeRelease, Policy,
};
use promenade_registry::{
    Authority, ChannelMove, ChannelName, Credentials, HttpRegistry, LedgerAuthority, Manifest,
    Mutability, Outcome, Patience, Reference, Refusal, Registry, conformance, move_channels,
    reconcile,
};
use semver::Version;

use crate::proxy::{Fate, Proxy};
use crate::server::{Server, run};

const PATIENCE: Patience = Patience {
    attempts: 40,
    pause: Duration::from_millis(1),
};

/// No test hangs on it: a machine may be slow.
const LIMIT: Duration = Duration::from_secs(120);

fn client(server: &Server) -> HttpRegistry {
    client_of(&server.host)
}

fn client_of(host: &str) -> HttpRegistry {
    let repository = "app".parse().unwrap();
    HttpRegistry::new(host, &repository, Credentials::Anonymous, LIMIT).unwrap()
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

/// Who promotes, and by which rules: releases need no candidate.
fn policy() -> Policy {
    let text = "[process]\nformat = 1\nname = \"race\"\n[version]\nscheme = \"semver\"\nbelow-one = \"breaking-is-minor\"\n";
    let process = Process::parse("release.toml", text).unwrap();
    process.promotion().clone()
}

fn asking() -> Context {
    let at: chrono::DateTime<chrono::Utc> = "2026-01-01T00:00:00Z".parse().unwrap();
    Context::new("ci:race".parse().unwrap(), at)
}

fn run_command(journal: &Journal<'_>, op: &str, command: &promotion::Command) -> Done {
    journal
        .run(&OpId::new(op).unwrap(), command, &asking())
        .unwrap()
}

/// Releases three versions, each with an image of its own.
fn release_images(journal: &Journal<'_>, images: &[Manifest]) -> Vec<Version> {
    let mut versions = Vec::new();
    for (index, image) in images.iter().enumerate() {
        let version = Version::new(1, index as u64, 0);
        let artifacts = Artifacts::new([("image", *image.digest())]).unwrap();
        let commit: CommitId = format!("{index}").repeat(40).parse().unwrap();
        let release = MakeRelease::direct(version.clone(), commit, artifacts);
        let command = promotion::Command::Release(Box::new(release));
        let done = run_command(journal, &format!("release-{index}"), &command);
        assert!(matches!(done, Done::Appended { .. }), "{done:?}");
        versions.push(version);
    }
    versions
}

/// Wants `latest` moved, in the ledger: true if it was recorded.
fn want(journal: &Journal<'_>, op: &str, from: Option<&Version>, to: &Version) -> bool {
    let one = promotion::ChannelMove {
        channel: "latest".parse().unwrap(),
        follows: Follows::MostRecent,
        from: from.cloned(),
        to: to.clone(),
        environment: None,
    };
    let moves = vec![one];
    match run_command(journal, op, &promotion::Command::MoveChannels { moves }) {
        Done::Appended { .. } => true,
        Done::Held(_) => false,
        other => panic!("{other:?}"),
    }
}

#[test]
fn adv_085_of_two_writers_the_winner_of_the_ledger_is_what_the_registry_ends_with() {
    let Some(server) = Server::start() else {
        return;
    };
    let images = ["a", "b", "c"].map(|text| image(&server, text));
    let (store, policy) = (MemoryLedger::default(), policy());
    let stream = StreamId::new("channels").unwrap();
    let journal = Journal::new(&store, stream.clone(), &policy);
    let versions = release_images(&journal, &images);
    let (told, won, superseded) = (
        AtomicUsize::new(0),
        AtomicUsize::new(0),
        AtomicUsize::new(0),
    );
    let rounds = testkit::scale(100, 400);
    for round in 0..rounds {
        let (state, _) = journal.replay().unwrap();
        let channel = state.channels.get(&"latest".parse().unwrap());
        let at = channel.map(|channel| &channel.version);
        let barrier = std::sync::Barrier::new(2);
        // Both writers want it elsewhere than it is.
        let wishes: Vec<_> = versions
            .iter()
            .filter(|to| at != Some(*to))
            .take(2)
            .collect();
        std::thread::scope(|scope| {
            for (writer, to) in wishes.iter().enumerate() {
                let (store, stream, policy, barrier, server) =
                    (&store, &stream, &policy, &barrier, &server);
                let (told, won, superseded) = (&told, &won, &superseded);
                scope.spawn(move || {
                    let registry = client(server);
                    let journal = Journal::new(store, stream.clone(), policy);
                    barrier.wait();
                    let op = format!("round-{round}-{writer}");
                    if !want(&journal, &op, at, to) {
                        // The loser is told by the ledger; it decides again, after the winner.
                        told.fetch_add(1, Ordering::SeqCst);
                        let (state, _) = journal.replay().unwrap();
                        let now = &state.channels[&"latest".parse().unwrap()].version;
                        if round % 2 == 0 || !want(&journal, &format!("{op}-again"), Some(now), to)
                        {
                            return;
                        }
                    }
                    let authority = LedgerAuthority::new(store, stream, "image");
                    let digest = authority.image_of(to).unwrap().unwrap();
                    let one = [ChannelMove::new(
                        name("latest"),
                        Mutability::Moving,
                        None,
                        digest,
                    )];
                    let report = reconcile(&registry, &authority, &one, PATIENCE);
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
        let authority = LedgerAuthority::new(&store, &stream, "image");
        let wanted = authority.wanted(&name("latest")).unwrap().unwrap();
        let found = client(&server)
            .find(&Reference::Channel(name("latest")))
            .unwrap()
            .unwrap();
        assert_eq!(found.digest, wanted, "round {round}");
    }
    let (told, won) = (told.into_inner(), won.into_inner());
    let superseded = superseded.into_inner();
    assert_eq!(told, rounds, "one writer of each round lost");
    assert!(won >= told, "{won} wins, {superseded} superseded");
}

#[test]
fn a_put_that_is_never_answered_is_taken_up_by_the_next_run() {
    let Some(server) = Server::start() else {
        return;
    };
    let image = image(&server, "a");
    for put in 1..=4 {
        for fate in [Fate::Hold, Fate::HoldAfter] {
            let name = |text: &str| format!("{text}-{put}-{fate:?}");
            let names = ["minor", "major", "latest", "network", "other"].map(name);
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let set = moves(&names, None, &image);
            let mut puts = 0;
            let proxy = Proxy::new(&server.host, move |line| {
                puts += usize::from(line.starts_with("PUT "));
                match puts.cmp(&put) {
                    std::cmp::Ordering::Less => Fate::Pass,
                    std::cmp::Ordering::Equal if line.starts_with("PUT ") => fate,
                    // And from then on the network is gone.
                    _ => Fate::Fail,
                }
            });
            let gone = client_of(&proxy.host);
            let quick = Patience {
                attempts: 1,
                pause: Duration::ZERO,
            };
            let report = std::thread::scope(|scope| {
                let run = scope.spawn(|| reconcile(&gone, set.as_slice(), &set, quick));
                let held = proxy.held.recv_timeout(LIMIT).unwrap();
                assert!(held.starts_with("PUT "), "{held}");
                // Not by the clock: the line breaks when the request is known to hang.
                drop(proxy);
                run.join().unwrap()
            });
            assert!(!report.is_done(), "{report:?}");
            assert!(
                report
                    .outcomes()
                    .any(|one| matches!(one, Outcome::Indeterminate { .. }))
            );
            let report = move_channels(&client(&server), &set);
            assert!(report.is_done(), "{report:?}");
            let there = report
                .outcomes()
                .filter(|outcome| **outcome == Outcome::AlreadyThere)
                .count();
            let expected = put - usize::from(fate == Fate::Hold);
            assert_eq!(there, expected, "what was done is not done again");
        }
    }
}

#[test]
fn any_answer_may_be_500_and_no_name_is_taken_for_absent() {
    let Some(server) = Server::start() else {
        return;
    };
    let (old, new) = (image(&server, "a"), image(&server, "b"));
    let registry = client(&server);
    for (round, every) in [2, 3, 5, 7].into_iter().enumerate() {
        for after in [false, true] {
            let names = ["minor", "major", "latest"].map(|name| format!("{name}-{round}-{after}"));
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            assert!(move_channels(&registry, &moves(&names, None, &old)).is_done());
            // Of all requests, puts included, one of two (three, …) fails, in no order: before the
            // registry sees it, or after it did what was asked.
            let mut dice = 2_463_534_242_u32;
            let fate = if after { Fate::FailAfter } else { Fate::Fail };
            let proxy = Proxy::new(&server.host, move |_| {
                dice ^= dice << 13;
                dice ^= dice >> 17;
                dice ^= dice << 5;
                if dice.is_multiple_of(every) {
                    fate
                } else {
                    Fate::Pass
                }
            });
            let flaky = client_of(&proxy.host);
            // A name that must not be there is there: a failed look may never say it is not.
            let fresh = moves(&names, None, &new);
            let report = reconcile(&flaky, fresh.as_slice(), &fresh, PATIENCE);
            let observed = Some(*old.digest());
            for outcome in report.outcomes() {
                assert_eq!(*outcome, Outcome::LostRace { observed });
            }
            let set = moves(&names, Some(&old), &new);
            let report = reconcile(&flaky, set.as_slice(), &set, PATIENCE);
            assert!(report.is_done(), "{report:?}");
            assert!(proxy.failed.load(Ordering::SeqCst) >= 3);
            for name in names {
                assert_eq!(server.oracle(name), new.digest().to_string());
            }
        }
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
