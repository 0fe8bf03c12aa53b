//! A model check of the real `decide` and `evolve`: every interleaving of promoters that share a ledger,
//! with lost acknowledgements, crashes and a clock that ticks.
//!
//! What is explored is the folded state. `decide` and `evolve` are pure, so each is run once for each
//! folded state and command; the interleavings are walked over their results. Each event is judged by
//! the reference model as well, which knows nothing of either.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use promenade_promotion::{
    Accepts, Command, Context, Event, EventKind, Outcome, Policy, PolicyRules, Reference, State,
    Verdict, decide,
};

use crate::support::*;

/// A fault that is seeded around the real functions, to see that the check finds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Defect {
    None,
    /// Appends without looking at the head.
    AppendWithoutCompare,
    /// Sends again what was decided on an older head.
    SendAgain,
    /// Retries without looking its operation up.
    RetryWithoutOperation,
    /// `decide` does not see that a candidate is rejected.
    RejectionUnseen,
    /// `decide` does not know predecessors.
    PredecessorsUnseen,
    /// `decide` takes every check as passed.
    ChecksUnseen,
    /// `decide` counts an approval by event and not by person.
    ApprovalsByEvent,
    /// The time in an environment counts from the promotion.
    SoakFromPromotion,
    /// A failed deployment leaves the environment verified.
    FailureForgotten,
    /// Drift is not kept.
    DriftForgotten,
    /// A rollback puts no hold on the environment.
    RollbackWithoutHold,
    /// A rollback may go to what was never verified there.
    RollbackAnywhere,
    /// Another digest under a known version is taken.
    OtherDigest,
    /// An automated rollback may follow another one.
    RollbackStorm,
}

const DEFECTS: [Defect; 14] = [
    Defect::AppendWithoutCompare,
    Defect::SendAgain,
    Defect::RetryWithoutOperation,
    Defect::RejectionUnseen,
    Defect::PredecessorsUnseen,
    Defect::ChecksUnseen,
    Defect::ApprovalsByEvent,
    Defect::SoakFromPromotion,
    Defect::FailureForgotten,
    Defect::DriftForgotten,
    Defect::RollbackWithoutHold,
    Defect::RollbackAnywhere,
    Defect::OtherDigest,
    Defect::RollbackStorm,
];

/// Staging behind a check, preprod behind an approval of two people and a soak, mainnet for releases.
fn rules(size: Size) -> PolicyRules {
    let mut rules = PolicyRules {
        environments: vec![
            rule("staging", Accepts::Candidate, &[], vec![check("smoke")]),
            rule(
                "preprod",
                Accepts::Candidate,
                &["staging"],
                vec![
                    gate(r#"{"approvals": {"count": 2, "from": ["maintainers"]}}"#),
                    gate(r#"{"soak": {"for": "1d", "in": "staging"}}"#),
                ],
            ),
            rule("mainnet", Accepts::Candidate, &["preprod"], vec![]),
        ],
        ..two_stages()
    };
    rules.environments.truncate(size.environments);
    if size.lean {
        rules
            .environments
            .iter_mut()
            .for_each(|rule| rule.gates.clear());
    }
    rules
}

/// A command, and who gives it.
type Move = (&'static str, Command);

/// How large the model is.
#[derive(Clone, Copy)]
struct Size {
    candidates: usize,
    environments: usize,
    promoters: usize,
    faults: u8,
    /// Whether drift, failure and holds happen.
    troubles: bool,
    /// Whether the environments have no gates but their order.
    lean: bool,
}

fn moves(size: Size) -> Vec<Move> {
    let versions = &["1.0.0-rc.1", "1.0.0-rc.2"][..size.candidates];
    let environments = &["staging", "preprod", "mainnet"][..size.environments];
    let digest = |text: &str| artifacts(text).identity();
    let mut moves: Vec<Move> = Vec::new();
    for text in versions {
        moves.push(("ann", register(text, text)));
        moves.push(("ann", reject(text)));
        for outcome in [Outcome::Pass, Outcome::Fail] {
            moves.push((
                "cyd",
                Command::RecordCheck {
                    artifacts: digest(text),
                    environment: None,
                    gate: "smoke".parse().unwrap(),
                    outcome,
                    reason: None,
                },
            ));
        }
        for by in ["ann", "bob"] {
            if size.environments > 1 {
                let command = Command::Approve {
                    environment: environment("preprod"),
                    subject: subject(text),
                };
                moves.push((by, command));
            }
        }
        for name in environments {
            moves.push(("ann", promote(name, text)));
            moves.push((
                "ann",
                Command::VerifyDeployed {
                    environment: environment(name),
                    observed: digest(text),
                },
            ));
            let mut back = rollback(name, text);
            if let Command::Rollback { automated, .. } = &mut back {
                *automated = true;
            }
            moves.push(("bob", back));
        }
    }
    if size.troubles {
        moves.push(("cyd", register("1.0.0-rc.1", "another build")));
        let (environment, reason) = (environment("staging"), "no".to_owned());
        moves.push((
            "ann",
            Command::FailDeployment {
                environment: environment.clone(),
                reason,
            },
        ));
        moves.push((
            "bob",
            Command::Unhold {
                environment: environment.clone(),
            },
        ));
        moves.push((
            "cyd",
            Command::Observe {
                environment,
                observed: digest("a stranger"),
            },
        ));
    }
    moves
}

/// A folded ledger: the real state, and the reference model beside it.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Ledger {
    state: State,
    reference: Reference,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Promoter {
    Idle,
    /// Decided a move on a ledger; `fresh` until someone else appends.
    Decided {
        base: u32,
        wish: u8,
        fresh: bool,
    },
    /// Sent it and heard nothing; it was written or not.
    Unsure {
        base: u32,
        wish: u8,
        written: bool,
        fresh: bool,
    },
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct Node {
    ledger: u32,
    late: bool,
    faults: u8,
    promoters: [Promoter; 2],
}

struct Model {
    size: Size,
    defect: Defect,
    policy: Policy,
    /// What `decide` is given: the policy, unless the defect hides something of it.
    seen_policy: Policy,
    moves: Vec<Move>,
    ledgers: Vec<Ledger>,
    index: HashMap<Ledger, u32>,
    decided: HashMap<(u32, u8, bool), Decided>,
    applied: HashMap<(u32, u32, u8, bool), u32>,
}

/// What a move becomes on a ledger, if it goes through.
type Decided = Option<std::rc::Rc<[Event]>>;

/// What the check found, and after how many states.
struct Found {
    states: usize,
    transitions: usize,
    /// How many steps deep everything was seen.
    depth: usize,
    broken: Option<String>,
}

impl Model {
    fn new(size: Size, defect: Defect) -> Self {
        let mut seen = rules(size);
        for rule in &mut seen.environments {
            match defect {
                Defect::PredecessorsUnseen => rule.after = promenade_promotion::After::default(),
                Defect::ChecksUnseen => rule.gates.retain(|gate| !gate.id().starts_with("check")),
                Defect::ApprovalsByEvent => {
                    for gate in &mut rule.gates {
                        if let promenade_promotion::Condition::Approvals(approvals) =
                            &mut gate.condition
                        {
                            approvals.count = 1;
                        }
                    }
                }
                _ => {}
            }
        }
        let start = Ledger {
            state: State::default(),
            reference: Reference::default(),
        };
        Self {
            size,
            defect,
            policy: Policy::build(rules(size)).unwrap(),
            seen_policy: Policy::build(seen).unwrap(),
            moves: moves(size),
            ledgers: vec![start.clone()],
            index: HashMap::from([(start, 0)]),
            decided: HashMap::new(),
            applied: HashMap::new(),
        }
    }

    fn now(late: bool) -> DateTime<Utc> {
        // Late enough for what was verified early, exactly.
        time(T0) + TimeDelta::days(i64::from(late))
    }

    /// What `decide` is given: the state, unless the defect hides something of it.
    fn seen<'a>(&self, state: &'a State, command: &Command) -> Cow<'a, State> {
        let hides = [
            Defect::SoakFromPromotion,
            Defect::RollbackAnywhere,
            Defect::RollbackStorm,
        ];
        if !hides.contains(&self.defect) {
            return Cow::Borrowed(state);
        }
        let mut state = state.clone();
        match self.defect {
            Defect::SoakFromPromotion => {
                for slot in state.slots.values_mut() {
                    if let Some(current) = &mut slot.current {
                        current.since = time(T0).into();
                    }
                }
            }
            Defect::RollbackAnywhere => {
                if let Command::Rollback {
                    environment, to, ..
                } = command
                {
                    state
                        .slots
                        .get_or_insert_with(environment, Default::default)
                        .verified
                        .insert(to.clone());
                }
            }
            Defect::RollbackStorm => state
                .slots
                .values_mut()
                .for_each(|slot| slot.automated_rollback = false),
            _ => {}
        }
        Cow::Owned(state)
    }

    fn decide(&mut self, ledger: u32, wish: u8, late: bool) -> Option<std::rc::Rc<[Event]>> {
        if let Some(known) = self.decided.get(&(ledger, wish, late)) {
            return known.clone();
        }
        let (by, command) = self.moves[usize::from(wish)].clone();
        let state = self.seen(&self.ledgers[ledger as usize].state, &command);
        let context = Context::new(format!("ssh:{by}").parse().unwrap(), Self::now(late));
        let verdict = decide(&state, &command, &self.seen_policy, &context);
        let mut events = match verdict {
            Verdict::Advance(events) => Some(events).filter(|events| !events.is_empty()),
            Verdict::Hold(blockers) => {
                let only = |law: &str| {
                    blockers
                        .as_slice()
                        .iter()
                        .all(|blocker| blocker.gate == law)
                };
                let lax = match self.defect {
                    Defect::RejectionUnseen => {
                        only("stage") && matches!(command, Command::Promote { .. })
                    }
                    Defect::OtherDigest => only("identity"),
                    _ => false,
                };
                lax.then(|| self.forced(&command, &context, ledger))
                    .flatten()
            }
        };
        for event in events.iter_mut().flatten() {
            event.policy = None;
        }
        let events: Option<std::rc::Rc<[Event]>> = events.map(Into::into);
        self.decided.insert((ledger, wish, late), events.clone());
        events
    }

    /// The event that a `decide` without a law would give.
    fn forced(&self, command: &Command, context: &Context, ledger: u32) -> Option<Vec<Event>> {
        let state = &self.ledgers[ledger as usize].state;
        let kind = match command {
            Command::Promote {
                environment,
                subject,
                ..
            } => EventKind::Promoted {
                artifacts: state.artifacts_of(subject)?,
                automated: false,
                consent: None,
                derivation: None,
                environment: environment.clone(),
                gates: Default::default(),
                subject: subject.clone(),
            },
            Command::RegisterCandidate {
                artifacts,
                commit,
                lane,
                tag,
                version,
            } => EventKind::CandidateRegistered {
                artifacts: artifacts.clone(),
                commit: commit.clone(),
                lane: *lane,
                tag: tag.clone(),
                version: version.clone(),
            },
            _ => return None,
        };
        Some(vec![Event {
            at: context.at.clone(),
            by: context.by.clone(),
            kind,
            policy: None,
        }])
    }

    /// Appends what was decided on `base` to `ledger`.
    fn append(&mut self, ledger: u32, base: u32, wish: u8, late: bool) -> Result<u32, String> {
        let key = (ledger, base, wish, late);
        if let Some(known) = self.applied.get(&key) {
            return Ok(*known);
        }
        let events = self.decide(base, wish, late);
        let mut after = self.ledgers[ledger as usize].clone();
        for event in events.iter().flat_map(|events| events.iter()) {
            after.reference.step(&self.policy, event)?;
            let before = after.state.clone();
            after
                .state
                .apply(event)
                .map_err(|error| error.to_string())?;
            self.mend(event, &before, &mut after.state);
        }
        state_invariants(&after.state)?;
        let next = match self.index.get(&after) {
            Some(known) => *known,
            None => {
                let next = u32::try_from(self.ledgers.len()).unwrap();
                self.ledgers.push(after.clone());
                self.index.insert(after, next);
                next
            }
        };
        self.applied.insert(key, next);
        Ok(next)
    }

    /// Undoes what a defective `evolve` would not have done.
    fn mend(&self, event: &Event, before: &State, after: &mut State) {
        match (self.defect, &event.kind) {
            (Defect::FailureForgotten, EventKind::DeploymentFailed { environment, .. })
            | (Defect::DriftForgotten, EventKind::Observed { environment, .. }) => {
                let current = before
                    .slots
                    .get(environment)
                    .and_then(|slot| slot.current.clone());
                if let Some(slot) = after.slots.get_mut(environment) {
                    slot.current = current;
                }
            }
            (Defect::RollbackWithoutHold, EventKind::RolledBack { environment, .. }) => {
                if let Some(slot) = after.slots.get_mut(environment) {
                    slot.hold = None;
                }
            }
            _ => {}
        }
    }

    fn run(&mut self, limit: usize) -> Found {
        let start = Node {
            ledger: 0,
            late: false,
            faults: self.size.faults,
            promoters: [Promoter::Idle; 2],
        };
        let mut seen = HashSet::from([start.clone()]);
        let mut level = vec![start];
        let mut found = Found {
            states: 1,
            transitions: 0,
            depth: 0,
            broken: None,
        };
        'levels: while !level.is_empty() {
            let mut deeper = Vec::new();
            for node in &level {
                let mut next = Vec::new();
                if let Err(broken) = self.steps(node, &mut next) {
                    found.broken = Some(broken);
                    break 'levels;
                }
                for node in next {
                    found.transitions += 1;
                    if seen.insert(node.clone()) {
                        deeper.push(node);
                    }
                }
                if seen.len() >= limit {
                    break 'levels;
                }
            }
            found.depth += 1;
            level = deeper;
        }
        found.states = seen.len();
        found
    }

    fn steps(&mut self, node: &Node, next: &mut Vec<Node>) -> Result<(), String> {
        if !node.late
            && node
                .promoters
                .iter()
                .all(|promoter| *promoter == Promoter::Idle)
        {
            next.push(Node {
                late: true,
                ..node.clone()
            });
        }
        for who in 0..self.size.promoters {
            let with = |promoter: Promoter| {
                let mut node = node.clone();
                node.promoters[who] = promoter;
                node
            };
            match node.promoters[who] {
                Promoter::Idle => {
                    for wish in 0..u8::try_from(self.moves.len()).unwrap() {
                        if self.decide(node.ledger, wish, node.late).is_some() {
                            next.push(with(Promoter::Decided {
                                base: node.ledger,
                                wish,
                                fresh: true,
                            }));
                        }
                    }
                }
                Promoter::Decided { base, wish, fresh } => {
                    self.send(node, who, (base, wish, fresh), next)?;
                }
                Promoter::Unsure {
                    base,
                    wish,
                    written,
                    fresh,
                } => {
                    if written && self.defect != Defect::RetryWithoutOperation {
                        next.push(with(Promoter::Idle));
                    } else if written {
                        return Err(format!(
                            "INV-34: move {wish} of one operation is appended twice"
                        ));
                    } else {
                        // Not found by its operation: it is decided again, on what is there now.
                        next.push(with(Promoter::Decided { base, wish, fresh }));
                    }
                }
            }
        }
        Ok(())
    }

    fn send(
        &mut self,
        node: &Node,
        who: usize,
        (base, wish, fresh): (u32, u8, bool),
        next: &mut Vec<Node>,
    ) -> Result<(), String> {
        if node.faults > 0 {
            let mut crashed = node.clone();
            crashed.faults -= 1;
            crashed.promoters[who] = Promoter::Idle;
            next.push(crashed.clone());
            // Sent, and lost on the way.
            let mut lost = crashed;
            lost.promoters[who] = Promoter::Unsure {
                base,
                wish,
                written: false,
                fresh,
            };
            next.push(lost);
        }
        let blind = matches!(
            self.defect,
            Defect::AppendWithoutCompare | Defect::SendAgain
        );
        if !fresh && !blind {
            // A conflict: nothing of ours is written; read again and decide again.
            let again = match self.decide(node.ledger, wish, node.late) {
                Some(_) => Promoter::Decided {
                    base: node.ledger,
                    wish,
                    fresh: true,
                },
                None => Promoter::Idle,
            };
            let mut node = node.clone();
            node.promoters[who] = again;
            next.push(node);
            return Ok(());
        }
        let ledger = self.append(node.ledger, base, wish, node.late)?;
        let mut after = node.clone();
        after.ledger = ledger;
        for (index, promoter) in after.promoters.iter_mut().enumerate() {
            match promoter {
                Promoter::Decided { fresh, base, .. } | Promoter::Unsure { fresh, base, .. }
                    if index != who =>
                {
                    *fresh = false;
                    // What is stale is decided again, so what it was decided on is of no account.
                    if !blind {
                        *base = 0;
                    }
                }
                _ => {}
            }
        }
        after.promoters[who] = Promoter::Idle;
        next.push(after.clone());
        if node.faults > 0 {
            // Written, and the acknowledgement is lost.
            after.faults -= 1;
            after.promoters[who] = Promoter::Unsure {
                base,
                wish,
                written: true,
                fresh: false,
            };
            next.push(after);
        }
        Ok(())
    }
}

/// What can be seen of a state alone.
fn state_invariants(state: &State) -> Result<(), String> {
    for (version, record) in state.versions.iter() {
        let identity = record
            .artifacts
            .ok_or("INV-1: a version without artifacts")?;
        let built = state.commits.get(&record.commit);
        if built != Some(&identity) {
            return Err(format!(
                "INV-2: `{version}` is not what its commit was built to"
            ));
        }
    }
    for (name, slot) in &state.slots {
        let flight = slot.flight.as_ref();
        if let Some(flight) = flight {
            if state.artifacts_of(&flight.subject) != Some(flight.artifacts) {
                return Err(format!("INV-1: other artifacts on their way into `{name}`"));
            }
            if flight.rollback && !slot.verified.contains(&flight.subject) {
                return Err(format!(
                    "INV-14: `{name}` goes back to what was never verified"
                ));
            }
        }
        if let Some(current) = &slot.current
            && current.phase == promenade_promotion::Phase::Verified
            && !slot.verified.contains(&current.subject)
        {
            return Err(format!("INV-14: what runs in `{name}` was not verified"));
        }
    }
    Ok(())
}

/// Runs the check and prints what it saw.
fn run(size: Size, defect: Defect, limit: usize) -> Found {
    let start = std::time::Instant::now();
    let mut model = Model::new(size, defect);
    let found = model.run(limit);
    println!(
        "{defect:?}: {} states, {} transitions, all stories of {} steps, {} folded ledgers, {:?}: {:?}",
        found.states,
        found.transitions,
        found.depth,
        model.ledgers.len(),
        start.elapsed(),
        found.broken,
    );
    found
}

const SMALL: Size = Size {
    candidates: 1,
    environments: 3,
    promoters: 2,
    faults: 1,
    troubles: false,
    lean: false,
};

#[test]
fn one_candidate_in_three_environments_is_checked_to_the_end() {
    let found = run(SMALL, Defect::None, usize::MAX);
    assert_eq!(found.broken, None);
    assert!(found.states > 400_000, "{} states", found.states);
}

#[test]
fn two_candidates_in_three_environments_keep_the_invariants() {
    // Breadth first: the bound is the number of states, and every story of at most `depth` steps is
    // among them.
    let size = Size {
        candidates: 2,
        troubles: true,
        ..SMALL
    };
    let limit = testkit::scale(700_000, 8_000_000);
    let found = run(size, Defect::None, limit);
    assert_eq!(found.broken, None);
    assert!(found.states >= limit, "{} states", found.states);
}

#[test]
fn every_seeded_defect_is_found() {
    for defect in DEFECTS {
        let size = match defect {
            // Without the other gates the predecessor alone must hold.
            Defect::PredecessorsUnseen => Size {
                lean: true,
                ..SMALL
            },
            // A second candidate is needed for something to be there when the next one fails.
            Defect::FailureForgotten => Size {
                candidates: 2,
                environments: 2,
                promoters: 1,
                faults: 0,
                troubles: true,
                lean: true,
            },
            _ => Size {
                environments: 2,
                troubles: true,
                ..SMALL
            },
        };
        let found = run(size, defect, 2_000_000);
        assert!(
            found.broken.is_some(),
            "{defect:?} is not found in {} states",
            found.states
        );
    }
}
