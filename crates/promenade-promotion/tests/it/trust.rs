//! Trust: an approval or a waiver counts if its record was signed by a key of the person it names.

use std::collections::BTreeMap;

use promenade_promotion::ledger::{LedgerStore as _, MemoryLedger, OpId, Record, StreamId};
use promenade_promotion::{
    Actor, Command, Done, Doubt, Journal, Policy, PolicyRules, Replay, Witness, replay,
};

use crate::support::*;

/// Who signed which record, by the operation that wrote it; whatever is not listed is not signed.
struct Signed(BTreeMap<String, Actor>);

impl Signed {
    fn by(authors: &[(&str, &str)]) -> Self {
        let authors = authors.iter();
        Self(
            authors
                .map(|(op, actor)| ((*op).to_owned(), actor.parse().unwrap()))
                .collect(),
        )
    }
}

impl Witness for Signed {
    fn author(&self, record: &Record) -> Result<Actor, String> {
        let author = self.0.get(record.op.as_str()).cloned();
        author.ok_or_else(|| "it is not signed".to_owned())
    }
}

const FINGERPRINT: &str = "openpgp:0123456789ABCDEF0123456789ABCDEF01234567";

/// Staging takes what one maintainer approved and a smoke test passed; ann has two keys.
fn rules() -> PolicyRules {
    let mut rules = two_stages();
    let approvals = r#"{"approvals": {"count": 1, "from": ["maintainers"]}}"#;
    rules.environments[0].gates.push(gate(approvals));
    rules.waivers_from = ["maintainers".parse().unwrap()].into();
    rules.people[0].keys.push(FINGERPRINT.parse().unwrap());
    rules
}

fn approve() -> Command {
    Command::Approve {
        environment: environment("staging"),
        subject: subject("1.0.0-rc.1"),
    }
}

fn waive() -> Command {
    Command::Waive {
        environment: environment("staging"),
        expires: time(T0) + chrono::TimeDelta::days(9),
        gate: "check:smoke".to_owned(),
        reason: "the farm burnt down".to_owned(),
        subject: subject("1.0.0-rc.1"),
    }
}

struct House {
    store: MemoryLedger,
    stream: StreamId,
    policy: Policy,
}

impl House {
    /// A ledger that holds a candidate.
    fn new() -> Self {
        let house = Self {
            store: MemoryLedger::default(),
            stream: StreamId::new("app").unwrap(),
            policy: Policy::build(rules()).unwrap(),
        };
        house.run("register", "ci:build", &register("1.0.0-rc.1", "app"));
        house
    }

    #[track_caller]
    fn run(&self, op: &str, by: &str, command: &Command) {
        let journal = Journal::new(&self.store, self.stream.clone(), &self.policy);
        let context = promenade_promotion::Context::new(by.parse().unwrap(), time(T0));
        let done = journal.run(&OpId::new(op).unwrap(), command, &context);
        assert!(matches!(done, Ok(Done::Appended { .. })), "{done:?}");
    }

    fn trusting(&self, witness: &Signed) -> Replay {
        let mut replay = Replay::new(&self.stream);
        let roster = self.policy.roster();
        replay
            .read_on_trusting(&self.store, roster, witness)
            .unwrap();
        replay
    }

    #[track_caller]
    fn doubts(&self, witness: &Signed) -> Vec<String> {
        let replay = self.trusting(witness);
        let journal =
            Journal::new(&self.store, self.stream.clone(), &self.policy).trusting(witness);
        assert_eq!(
            journal.replay().unwrap(),
            (replay.state().clone(), replay.head()),
            "a journal believes what a replay believes"
        );
        assert_eq!(replay.head(), self.store.head(&self.stream).unwrap());
        replay.doubts().iter().map(Doubt::to_string).collect()
    }

    /// Returns whether the one approval of this ledger counts, of whom the witness says that they wrote it.
    #[track_caller]
    fn counts(named: &str, author: &str) -> Result<(), String> {
        let house = Self::new();
        house.run("approve", named, &approve());
        let witness = Signed::by(&[("approve", author)]);
        let set = house.trusting(&witness).state().sets.clone();
        let (identity, record) = set.iter().next().unwrap();
        assert_eq!(*identity, artifacts("app").identity());
        match house.doubts(&witness).as_slice() {
            [] => {
                assert_eq!(record.approvals.len(), 1);
                Ok(())
            }
            [why] => {
                assert_eq!(record.approvals.len(), 0);
                Err(why.clone())
            }
            more => panic!("{more:?}"),
        }
    }
}

#[test]
fn an_approval_counts_if_a_key_of_the_person_it_names_signed_it() {
    assert_eq!(House::counts("ssh:ann", "ssh:ann"), Ok(()));
    // Another key of hers, in either spelling.
    assert_eq!(House::counts("ssh:ann", FINGERPRINT), Ok(()));
    assert_eq!(House::counts(FINGERPRINT, "ssh:ann"), Ok(()));
    let small = FINGERPRINT.to_lowercase();
    assert_eq!(House::counts(FINGERPRINT, &small), Ok(()));
    assert_eq!(House::counts("ssh:ann", &small), Ok(()));
}

#[test]
fn an_approval_signed_by_another_does_not_count_and_it_is_said_by_whom() {
    let doubt = |author: &str| House::counts("ssh:ann", author).unwrap_err();
    assert_eq!(
        doubt("ssh:bob"),
        "record 2 (`approved` by ssh:ann) does not count: it is signed by ssh:bob, a key of bob"
    );
    assert_eq!(
        doubt("ssh:eve"),
        "record 2 (`approved` by ssh:ann) does not count: it is signed by ssh:eve, a key of nobody"
    );
    // Only the digits of an OpenPGP fingerprint have two spellings.
    assert!(doubt("ssh:ANN").ends_with("a key of nobody"));
}

#[test]
fn what_is_not_signed_counts_only_where_it_stops_something() {
    let house = House::new();
    house.run("approve", "ssh:ann", &approve());
    house.run("waive", "ssh:ann", &waive());
    house.run(
        "hold",
        "ssh:ann",
        &Command::Hold {
            environment: environment("production"),
            reason: "the dam broke".to_owned(),
        },
    );
    let nobody = Signed::by(&[]);
    let doubts = house.doubts(&nobody);
    assert_eq!(
        doubts,
        [
            "record 2 (`approved` by ssh:ann) does not count: it is not signed",
            "record 3 (`waived` by ssh:ann) does not count: it is not signed",
        ]
    );
    // The hold stands, and so does everything else that the ledger holds.
    let (all, head) = replay(&house.store, &house.stream).unwrap();
    let trusted = house.trusting(&nobody);
    assert_eq!(trusted.head(), head);
    assert_eq!(trusted.state().slots, all.slots);
    assert_eq!(trusted.state().clock, all.clock);
    assert_ne!(trusted.state().sets, all.sets);
    // Signed by her, nothing is doubted and the state is that of everybody.
    let ann = Signed::by(&[("approve", "ssh:ann"), ("waive", FINGERPRINT)]);
    assert_eq!(house.doubts(&ann), [""; 0]);
    assert_eq!(*house.trusting(&ann).state(), all);
}

#[test]
fn a_doubted_record_moves_the_clock_all_the_same() {
    let house = House::new();
    house.run("approve", "ssh:ann", &approve());
    let event = {
        let mut bench = Bench::new(rules());
        bench.candidate("1.0.0-rc.1");
        bench.wait(48);
        bench.run_as("ann", approve()).remove(0)
    };
    let mut late = event;
    late.kind = match late.kind {
        promenade_promotion::EventKind::Approved {
            environment,
            expires,
            relied,
            ..
        } => promenade_promotion::EventKind::Approved {
            artifacts: artifacts("app").identity(),
            environment,
            expires,
            relied,
        },
        other => panic!("{other:?}"),
    };
    let head = house.store.head(&house.stream).unwrap();
    let op = OpId::new("late").unwrap();
    let body = [late.canonical_bytes()];
    house
        .store
        .append(&house.stream, &head, &op, &body)
        .unwrap();
    let replay = house.trusting(&Signed::by(&[]));
    assert_eq!(replay.doubts().len(), 2);
    assert_eq!(replay.state().clock, Some(late.at.at));
}
