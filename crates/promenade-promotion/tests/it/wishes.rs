//! One command of each kind at least, all about one candidate, its release, and what came before it.

use promenade_promotion::{
    AdoptedStage, AdoptedVersion, ChannelMove, Command, Event, EventKind, Follows, MakeRelease,
    Mark, ObligationKind, Outcome, embargo,
};

use crate::support::*;

macro_rules! kinds {
    ($($kind:ident)+) => {
        /// The kinds of commands.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Kind {
            $($kind),+
        }

        impl Kind {
            pub(crate) const ALL: &'static [Self] = &[$(Self::$kind),+];

            /// A new kind of command does not compile before it stands in this list, and then not before
            /// [`wishes`] has one of it.
            pub(crate) fn of(command: &Command) -> Self {
                match command {
                    $(Command::$kind { .. } => Self::$kind,)+
                }
            }
        }
    };
}

kinds! {
    Adopt RecordBuild RegisterCandidate RecordCheck Approve WithdrawApproval Reject Promote Deploy
    VerifyDeployed FailDeployment Observe Release Schedule MoveChannels Deprecate Rollback
    RollbackChannels Hold Unhold Freeze Thaw Waive OpenObligation CloseObligation IntendEffect
    SettleEffect Seal Disclose Extend
}

const RC: &str = "1.0.0-rc.1";
const REASON: &str = "a reason";
const NONCE: &str = "a nonce";

type Wishes = Vec<(&'static str, Command)>;

/// The commands of a kind, by name.
pub(crate) fn wishes(kind: Kind) -> Wishes {
    match kind {
        Kind::Adopt => vec![("adopt", adopt())],
        Kind::RecordBuild => vec![
            ("build", build(RC)),
            ("build otherwise", build("another build")),
        ],
        Kind::RegisterCandidate => vec![
            ("register", register(RC, RC)),
            ("register another", register(RC, "another build")),
        ],
        Kind::RecordCheck => vec![("check", check_of(RC))],
        Kind::Approve => vec![("approve", approve())],
        Kind::WithdrawApproval => vec![("withdraw", withdraw())],
        Kind::Reject => vec![("reject", reject(RC))],
        Kind::Promote => vec![
            ("promote", promote("staging", RC)),
            ("promote release", promote("production", "1.0.0")),
        ],
        Kind::Deploy => vec![("deploy", deploy())],
        Kind::VerifyDeployed => vec![
            ("verify", verified("staging", RC)),
            ("verify release", verified("production", RC)),
            ("verify the old", verified("staging", "0.9.0-rc.1")),
            ("verify another", verified("staging", "another build")),
        ],
        Kind::FailDeployment => vec![("fail", fail())],
        Kind::Observe => vec![
            ("observe", observe(RC)),
            ("observe another", observe("another build")),
        ],
        Kind::Release => vec![
            ("release", release(Mark::Release)),
            ("pre-release", release(Mark::Prerelease)),
        ],
        Kind::Schedule => vec![("schedule", schedule())],
        Kind::MoveChannels => vec![("move latest", move_channels("1.0.0", None))],
        Kind::Deprecate => vec![("deprecate", deprecate())],
        Kind::Rollback => vec![
            ("roll back", rollback("staging", "0.9.0-rc.1")),
            ("roll release back", rollback("production", "0.9.0")),
        ],
        Kind::RollbackChannels => vec![("take latest back", move_channels("0.9.0", Some(REASON)))],
        Kind::Hold => vec![("hold", hold())],
        Kind::Unhold => vec![("unhold", unhold())],
        Kind::Freeze => vec![("freeze", freeze())],
        Kind::Thaw => vec![("thaw", thaw())],
        Kind::Waive => vec![("waive", waive())],
        Kind::OpenObligation => vec![("owe", owe())],
        Kind::CloseObligation => vec![("pay", pay())],
        Kind::IntendEffect => vec![
            ("intend", intend("push the tag")),
            ("intend otherwise", intend("push a branch")),
        ],
        Kind::SettleEffect => vec![("settle", settle())],
        Kind::Seal => vec![("seal", seal())],
        Kind::Disclose => vec![("disclose", disclose())],
        Kind::Extend => vec![("extend", extend())],
    }
}

/// The command of a name.
pub(crate) fn wish(name: &str) -> Command {
    let mut all = Kind::ALL.iter().flat_map(|kind| wishes(*kind));
    let (_, command) = all.find(|(wish, _)| *wish == name).unwrap();
    command
}

fn adopt() -> Command {
    Command::Adopt {
        current: vec![(environment("production"), subject("0.8.0"))],
        source: "tags".to_owned(),
        versions: vec![AdoptedVersion {
            commit: commit("0.8.0"),
            since: time(T0),
            stage: AdoptedStage::Released,
            tag: "v0.8.0".to_owned(),
            version: version("0.8.0"),
        }],
    }
}

fn build(of: &str) -> Command {
    Command::RecordBuild {
        artifacts: artifacts(of),
        commit: commit(RC),
        version: Some(version(RC)),
    }
}

fn check_of(built_from: &str) -> Command {
    Command::RecordCheck {
        artifacts: artifacts(built_from).identity(),
        environment: None,
        gate: "smoke".parse().unwrap(),
        outcome: Outcome::Pass,
        reason: None,
    }
}

fn approve() -> Command {
    Command::Approve {
        environment: environment("production"),
        subject: subject("1.0.0"),
    }
}

fn withdraw() -> Command {
    Command::WithdrawApproval {
        environment: environment("production"),
        subject: subject("1.0.0"),
    }
}

fn deploy() -> Command {
    Command::Deploy {
        environment: environment("staging"),
    }
}

fn verified(name: &str, built_from: &str) -> Command {
    Command::VerifyDeployed {
        environment: environment(name),
        observed: artifacts(built_from).identity(),
    }
}

fn fail() -> Command {
    Command::FailDeployment {
        environment: environment("staging"),
        reason: REASON.to_owned(),
    }
}

fn observe(built_from: &str) -> Command {
    Command::Observe {
        environment: environment("staging"),
        observed: artifacts(built_from).identity(),
    }
}

fn release(mark: Mark) -> Command {
    Command::Release(Box::new(MakeRelease {
        mark,
        ..MakeRelease::of_candidate(version("1.0.0"), version(RC), commit(RC), artifacts(RC))
    }))
}

fn schedule() -> Command {
    Command::Schedule {
        at: time(T0),
        version: version(RC),
    }
}

fn move_channels(to: &str, back: Option<&str>) -> Command {
    let moves = vec![ChannelMove {
        channel: "latest".parse().unwrap(),
        follows: Follows::Highest,
        from: back.map(|_| version("1.0.0")),
        to: version(to),
        environment: None,
    }];
    match back.map(ToOwned::to_owned) {
        None => Command::MoveChannels { moves },
        Some(reason) => Command::RollbackChannels { moves, reason },
    }
}

fn deprecate() -> Command {
    Command::Deprecate {
        reason: REASON.to_owned(),
        replacement: None,
        version: version("1.0.0"),
    }
}

fn hold() -> Command {
    Command::Hold {
        environment: environment("staging"),
        reason: REASON.to_owned(),
    }
}

fn unhold() -> Command {
    Command::Unhold {
        environment: environment("staging"),
    }
}

fn freeze() -> Command {
    Command::Freeze {
        environments: [].into(),
        from: time(T0),
        id: "year-end".parse().unwrap(),
        reason: REASON.to_owned(),
        until: None,
    }
}

fn thaw() -> Command {
    Command::Thaw {
        id: "year-end".parse().unwrap(),
    }
}

fn waive() -> Command {
    Command::Waive {
        environment: environment("production"),
        expires: time("2026-12-01T00:00:00Z"),
        gate: "approvals".to_owned(),
        reason: REASON.to_owned(),
        subject: subject("1.0.0"),
    }
}

fn owe() -> Command {
    Command::OpenObligation {
        id: "docs".parse().unwrap(),
        kind: ObligationKind::Task,
        lines: vec!["1.x".parse().unwrap()],
        version: version("0.9.0"),
        why: REASON.to_owned(),
    }
}

fn pay() -> Command {
    Command::CloseObligation {
        evidence: "it is written".to_owned(),
        id: "docs".parse().unwrap(),
        waived: false,
    }
}

fn intend(action: &str) -> Command {
    Command::IntendEffect {
        action: action.to_owned(),
        id: "effect-1".parse().unwrap(),
    }
}

fn settle() -> Command {
    Command::SettleEffect {
        done: true,
        id: "effect-1".parse().unwrap(),
        observed: "the tag is there".to_owned(),
    }
}

/// An event that is not public yet.
fn private() -> Event {
    Event {
        at: time(T0).into(),
        by: "ssh:ann".parse().unwrap(),
        kind: EventKind::Extension {
            body: "a flaw was found".to_owned(),
            namespace: "security".parse().unwrap(),
        },
        policy: None,
    }
}

fn seal() -> Command {
    Command::Seal {
        commitment: embargo::commitment(NONCE, &private()),
    }
}

fn disclose() -> Command {
    Command::Disclose {
        event: Box::new(private()),
        nonce: NONCE.to_owned(),
    }
}

fn extend() -> Command {
    Command::Extend {
        body: "a note".to_owned(),
        namespace: "notes".parse().unwrap(),
    }
}
