//! Strategies for the property tests of others.
//!
//! Values are drawn from a small universe (a few versions, environments, people) so that random
//! histories meet: a candidate is registered, promoted, rejected, rolled back, and registered again
//! with another digest.

use chrono::{DateTime, TimeDelta, Utc};
use promenade_digest::Digest;
use proptest::collection::{btree_map, btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use semver::Version;

use crate::environment::{After, EnvironmentRule};
use crate::event::{Derivation, Event, EventKind, Follows, Mark, MoveCause};
use crate::gate::{ObligationKind, Outcome};
use crate::subject::{Accepts, Lane, Line, Subject};
use crate::{
    Actor, Artifacts, ChannelMove, ChannelName, ClockName, Command, CommitId, DerivationKind,
    EnvironmentName, GateName, ItemId, MakeRelease, Moment,
};

/// The environments of the small universe.
pub const ENVIRONMENTS: [&str; 4] = ["testing", "staging", "preprod", "mainnet"];

fn known<T: std::str::FromStr>(text: &str) -> T
where
    T::Err: std::fmt::Debug,
{
    text.parse()
        .expect("the texts of the small universe are valid")
}

fn one_of<T>(texts: &'static [&'static str]) -> impl Strategy<Value = T>
where
    T: std::str::FromStr + std::fmt::Debug,
    T::Err: std::fmt::Debug,
{
    select(texts).prop_map(known)
}

/// A name of an environment.
pub fn environment_name() -> impl Strategy<Value = EnvironmentName> {
    one_of(&ENVIRONMENTS)
}

/// A version: candidates and releases of two lines.
pub fn version() -> impl Strategy<Value = Version> {
    one_of(&[
        "1.4.0-rc.1",
        "1.4.0-rc.2",
        "1.4.0",
        "1.4.1",
        "1.5.0-rc.1",
        "1.5.0",
        "1.5.0-rc.10",
    ])
}

/// An actor: a person or a program.
pub fn actor() -> impl Strategy<Value = Actor> {
    one_of(&["ssh:ann", "ssh:bob", "ssh:cyd", "openpgp:ANN", "ci:build"])
}

/// A commit.
pub fn commit() -> impl Strategy<Value = CommitId> {
    (0..6_u8).prop_map(|n| known(&format!("{n:02x}").repeat(20)))
}

/// A digest.
pub fn digest() -> impl Strategy<Value = Digest> {
    prop_oneof![
        6 => (0..6_u8).prop_map(|n| artifacts_of(n).identity()),
        1 => any::<u8>().prop_map(|n| Digest::sha256(&[n])),
        1 => any::<u8>().prop_map(|n| Digest::sha512(&[n])),
    ]
}

fn artifacts_of(build: u8) -> Artifacts {
    Artifacts::new([("app.tar.gz", Digest::sha256(&[build]))]).expect("one name is a set")
}

/// An artifact set.
pub fn artifacts() -> impl Strategy<Value = Artifacts> {
    (0..6_u8).prop_map(artifacts_of)
}

/// A time within some weeks.
pub fn time() -> impl Strategy<Value = DateTime<Utc>> {
    let start: DateTime<Utc> = known("2026-10-19T08:00:00Z");
    let seconds = (0..3_000_000_i64).prop_map(move |seconds| start + TimeDelta::seconds(seconds));
    prop_oneof![
        9 => seconds.clone(),
        1 => (seconds, 1..1_000_000_000_i64).prop_map(|(at, nanos)| at + TimeDelta::nanoseconds(nanos)),
    ]
}

/// A moment: the actor's clock, and other clocks at times.
pub fn moment() -> impl Strategy<Value = Moment> {
    let clocks = btree_map(one_of::<ClockName>(&["store", "time-server"]), time(), 0..3);
    (time(), clocks).prop_map(|(at, clocks)| Moment {
        at,
        clocks: clocks.into(),
    })
}

/// A text for people, with what a codec must escape.
pub fn text() -> impl Strategy<Value = String> {
    let part = select(
        &[
            "because",
            "it is slow",
            "\"",
            "\\",
            "\n",
            "\t",
            "é",
            "\u{1}",
            "{",
            "雪",
            "/",
        ][..],
    );
    vec(part, 1..5).prop_map(|parts| parts.concat())
}

/// A subject.
pub fn subject() -> impl Strategy<Value = Subject> {
    prop_oneof![4 => version().prop_map(Subject::Version), 1 => commit().prop_map(Subject::Commit)]
}

fn outcome() -> impl Strategy<Value = Outcome> {
    select(Outcome::ALL)
}

fn gate_name() -> impl Strategy<Value = GateName> {
    one_of(&["smoke", "scan", "e2e"])
}

fn gate_id() -> impl Strategy<Value = String> {
    select(&["check:smoke", "approvals", "soak:staging", "after:staging"][..])
        .prop_map(str::to_owned)
}

fn item() -> impl Strategy<Value = ItemId> {
    one_of(&["item-1", "item-2"])
}

fn line() -> impl Strategy<Value = Line> {
    one_of(&["x", "1.x", "1.4.x", "1.5.x"])
}

fn channel() -> impl Strategy<Value = ChannelName> {
    one_of(&[
        "latest",
        "1.4",
        "1.4.0",
        "mainnet",
        "registry.example/acme/app:next",
    ])
}

fn follows() -> impl Strategy<Value = Follows> {
    select(Follows::ALL)
}

fn lane() -> impl Strategy<Value = Lane> {
    select(Lane::ALL)
}

fn derivation() -> impl Strategy<Value = Derivation> {
    (digest(), select(DerivationKind::ALL), digest()).prop_map(|(from, kind, proof)| Derivation {
        from,
        kind,
        proof,
    })
}

/// An event with any content, sensible or not: for codecs, not for histories.
pub fn event() -> impl Strategy<Value = Event> {
    (moment(), actor(), event_kind(), option::of(digest())).prop_map(|(at, by, kind, policy)| {
        Event {
            at,
            by,
            kind,
            policy,
        }
    })
}

fn event_kind() -> impl Strategy<Value = EventKind> {
    let version_events = prop_oneof![
        (artifacts(), commit(), option::of(version())).prop_map(|(artifacts, commit, version)| {
            EventKind::BuildRecorded {
                artifacts,
                commit,
                version,
            }
        }),
        (artifacts(), commit(), lane(), option::of(text()), version()).prop_map(
            |(artifacts, commit, lane, tag, version)| EventKind::CandidateRegistered {
                artifacts,
                commit,
                lane,
                tag,
                version
            }
        ),
        (text(), version())
            .prop_map(|(reason, version)| EventKind::CandidateRejected { reason, version }),
        (
            artifacts(),
            commit(),
            option::of(derivation()),
            option::of(version()),
            lane(),
            version()
        )
            .prop_map(|(artifacts, commit, derivation, from, lane, version)| {
                EventKind::Released {
                    artifacts,
                    commit,
                    derivation,
                    from,
                    lane,
                    mark: Mark::Release,
                    paths: ["CHANGELOG.md".to_owned()].into(),
                    tag: None,
                    version,
                }
            }),
        (text(), option::of(version()), version()).prop_map(|(reason, replacement, version)| {
            EventKind::Deprecated {
                reason,
                replacement,
                version,
            }
        }),
        (
            select(MoveCause::ALL),
            channel(),
            follows(),
            option::of(version()),
            version()
        )
            .prop_map(
                |(cause, channel, follows, from, to)| EventKind::ChannelMoved {
                    cause,
                    channel,
                    follows,
                    from,
                    to
                }
            ),
    ];
    let people_events = prop_oneof![
        (
            digest(),
            option::of(environment_name()),
            gate_name(),
            outcome(),
            option::of(text())
        )
            .prop_map(|(artifacts, environment, gate, outcome, reason)| {
                EventKind::CheckRecorded {
                    artifacts,
                    environment,
                    gate,
                    outcome,
                    reason,
                }
            }),
        (
            digest(),
            environment_name(),
            option::of(time()),
            btree_set(gate_id(), 0..3)
        )
            .prop_map(
                |(artifacts, environment, expires, relied)| EventKind::Approved {
                    artifacts,
                    environment,
                    expires,
                    relied: relied.into()
                }
            ),
        (digest(), environment_name(), time(), gate_id(), text()).prop_map(
            |(artifacts, environment, expires, gate, reason)| EventKind::Waived {
                artifacts,
                environment,
                expires,
                gate,
                reason
            }
        ),
        (
            item(),
            select(ObligationKind::ALL),
            line(),
            version(),
            text()
        )
            .prop_map(
                |(id, kind, line, version, why)| EventKind::ObligationOpened {
                    id,
                    kind,
                    line,
                    version,
                    why
                }
            ),
        (
            btree_set(environment_name(), 0..3),
            time(),
            item(),
            text(),
            option::of(time())
        )
            .prop_map(
                |(environments, from, id, reason, until)| EventKind::Frozen {
                    environments: environments.into(),
                    from,
                    id,
                    reason,
                    until
                }
            ),
        (digest(), text(), text()).prop_map(|(commitment, event, nonce)| EventKind::Disclosed {
            commitment,
            event,
            nonce
        }),
        (text(), gate_name())
            .prop_map(|(body, namespace)| EventKind::Extension { body, namespace }),
    ];
    let deployment_events = prop_oneof![
        (
            digest(),
            any::<bool>(),
            option::of(text()),
            environment_name(),
            subject()
        )
            .prop_map(|(artifacts, automated, consent, environment, subject)| {
                EventKind::Promoted {
                    artifacts,
                    automated,
                    consent,
                    derivation: None,
                    environment,
                    gates: [("check:smoke".to_owned(), "pass".to_owned())].into(),
                    subject,
                }
            }),
        (digest(), environment_name()).prop_map(|(artifacts, environment)| {
            EventKind::DeploymentVerified {
                artifacts,
                environment,
            }
        }),
        (
            digest(),
            any::<bool>(),
            environment_name(),
            option::of(subject()),
            text(),
            subject()
        )
            .prop_map(|(artifacts, automated, environment, from, reason, to)| {
                EventKind::RolledBack {
                    artifacts,
                    automated,
                    environment,
                    from,
                    reason,
                    to,
                }
            }),
    ];
    prop_oneof![version_events, people_events, deployment_events]
}

/// A command of the small universe. A random sequence of them makes histories in which some go
/// through and most are held.
pub fn command() -> impl Strategy<Value = Command> {
    prop_oneof![
        4 => version_command(),
        5 => deployment_command(),
        4 => people_command(),
    ]
}

/// The build of a version: mostly its own, at times that of another one.
fn build() -> impl Strategy<Value = (Version, CommitId, Artifacts)> {
    (version(), prop_oneof![9 => Just(0_u8), 1 => Just(1_u8)]).prop_map(|(version, other)| {
        // Candidates and their release share a build.
        let n = match version.to_string().as_str() {
            "1.4.0-rc.1" => 0,
            "1.4.0-rc.2" | "1.4.0" => 1,
            "1.4.1" => 2,
            "1.5.0-rc.1" => 3,
            _ => 4,
        };
        let commit = known(&format!("{n:02x}").repeat(20));
        (version, commit, artifacts_of(n + other))
    })
}

fn version_command() -> impl Strategy<Value = Command> {
    let register = (build(), lane()).prop_map(|((version, commit, artifacts), lane)| {
        Command::RegisterCandidate {
            artifacts,
            commit,
            lane,
            tag: None,
            version,
        }
    });
    let release = (build(), option::of(version()), lane(), any::<bool>()).prop_map(
        |((version, commit, artifacts), from, lane, backport)| {
            Command::Release(Box::new(MakeRelease {
                backport,
                from,
                lane,
                ..MakeRelease::direct(version, commit, artifacts)
            }))
        },
    );
    let moves = (channel(), follows(), option::of(version()), version()).prop_map(
        |(channel, follows, from, to)| {
            vec![ChannelMove {
                channel,
                follows,
                from,
                to,
                environment: None,
            }]
        },
    );
    prop_oneof![
        4 => register,
        3 => release,
        1 => version().prop_map(|version| Command::Reject { reason: "it fails".to_owned(), version }),
        1 => (option::of(version()), version()).prop_map(|(replacement, version)| Command::Deprecate {
            reason: "it is unsafe".to_owned(),
            replacement,
            version
        }),
        2 => moves.prop_map(|moves| Command::MoveChannels { moves }),
    ]
}

fn deployment_command() -> impl Strategy<Value = Command> {
    let promote = (
        any::<bool>(),
        option::of(text()),
        environment_name(),
        subject(),
    )
        .prop_map(
            |(automated, consent, environment, subject)| Command::Promote {
                automated,
                consent,
                derived: None,
                environment,
                subject,
            },
        );
    let rollback =
        (any::<bool>(), environment_name(), subject()).prop_map(|(automated, environment, to)| {
            Command::Rollback {
                automated,
                environment,
                reason: "it is slow".to_owned(),
                to,
            }
        });
    prop_oneof![
        4 => promote,
        4 => (environment_name(), digest())
            .prop_map(|(environment, observed)| Command::VerifyDeployed { environment, observed }),
        1 => (environment_name(), digest())
            .prop_map(|(environment, observed)| Command::Observe { environment, observed }),
        1 => environment_name().prop_map(|environment| Command::Deploy { environment }),
        1 => environment_name()
            .prop_map(|environment| Command::FailDeployment { environment, reason: "no".to_owned() }),
        2 => rollback,
        1 => environment_name()
            .prop_map(|environment| Command::Hold { environment, reason: "wait".to_owned() }),
        1 => environment_name().prop_map(|environment| Command::Unhold { environment }),
    ]
}

fn people_command() -> impl Strategy<Value = Command> {
    let check = (digest(), gate_name(), outcome()).prop_map(|(artifacts, gate, outcome)| {
        let reason = (outcome == Outcome::NotApplicable).then(|| "nothing to look at".to_owned());
        Command::RecordCheck {
            artifacts,
            environment: None,
            gate,
            outcome,
            reason,
        }
    });
    let waive = (environment_name(), time(), gate_id(), subject()).prop_map(
        |(environment, expires, gate, subject)| Command::Waive {
            environment,
            expires,
            gate,
            reason: "known".to_owned(),
            subject,
        },
    );
    let freeze = (
        btree_set(environment_name(), 0..2),
        time(),
        item(),
        option::of(time()),
    )
        .prop_map(|(environments, from, id, until)| Command::Freeze {
            environments: environments.into(),
            from,
            id,
            reason: "holidays".to_owned(),
            until,
        });
    prop_oneof![
        6 => check,
        4 => (environment_name(), subject())
            .prop_map(|(environment, subject)| Command::Approve { environment, subject }),
        1 => (environment_name(), subject())
            .prop_map(|(environment, subject)| Command::WithdrawApproval { environment, subject }),
        1 => waive,
        1 => freeze,
        1 => item().prop_map(|id| Command::Thaw { id }),
        1 => (item(), select(ObligationKind::ALL), line(), version()).prop_map(|(id, kind, line, version)| {
            Command::OpenObligation { id, kind, lines: vec![line], version, why: "owed".to_owned() }
        }),
        1 => item().prop_map(|id| Command::CloseObligation {
            evidence: "merged".to_owned(),
            id,
            waived: false
        }),
    ]
}

/// Environments without a circle: each comes after any of those before it.
pub fn environments() -> impl Strategy<Value = Vec<EnvironmentRule>> {
    let one = (
        any::<bool>(),
        btree_set(0..ENVIRONMENTS.len(), 0..3),
        select(Accepts::ALL),
    );
    vec(one, ENVIRONMENTS.len()).prop_map(|rules| {
        let build = |(index, (any, after, accepts)): (usize, (bool, _, _))| {
            let name = |index: usize| known(ENVIRONMENTS.get(index).copied().unwrap_or("testing"));
            let mut rule = EnvironmentRule::new(name(index), accepts);
            let after: std::collections::BTreeSet<usize> = after;
            let names: Vec<_> = after
                .into_iter()
                .filter(|before| *before < index)
                .map(name)
                .collect();
            rule.after = if any {
                After::Any(names)
            } else {
                After::All(names)
            };
            rule
        };
        rules.into_iter().enumerate().map(build).collect()
    })
}
