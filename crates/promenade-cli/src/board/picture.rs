//! What a board shows: taken from the state, the policy and the events, and drawn by others.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use promenade::digest::Digest;
use promenade::promotion::{
    Board, Cell, Context, Event, EventKind, Follows, Policy, Rank, Stage, State, Subject, explain,
};

/// Everything on a board.
#[derive(Debug)]
pub(crate) struct Picture {
    pub(crate) process: String,
    pub(crate) head: String,
    pub(crate) at: DateTime<Utc>,
    pub(crate) columns: Vec<Column>,
    pub(crate) rows: Vec<Row>,
    /// Moving channels: the name, and the version it points at.
    pub(crate) channels: Vec<(String, String)>,
    pub(crate) owed: Vec<String>,
    /// What is under an embargo: that it is there, and nothing else of it.
    pub(crate) sealed: Vec<Sealed>,
    pub(crate) timeline: Timeline,
}

/// What one hand sealed at one time, and nobody disclosed since (B31).
#[derive(Debug)]
pub(crate) struct Sealed {
    pub(crate) since: DateTime<Utc>,
    pub(crate) by: String,
    pub(crate) commitments: Vec<Digest>,
}

impl Sealed {
    /// Finds what is sealed: who sealed it and when stands in the public ledger.
    pub(crate) fn of(events: &[Event]) -> Vec<Self> {
        let opened = |kind: &EventKind| match kind {
            EventKind::Disclosed { commitment, .. } => Some(*commitment),
            _ => None,
        };
        let opened: BTreeSet<Digest> = events.iter().filter_map(|it| opened(&it.kind)).collect();
        let mut found: Vec<Self> = Vec::new();
        for event in events {
            let EventKind::Sealed { commitment } = &event.kind else {
                continue;
            };
            if opened.contains(commitment) {
                continue;
            }
            let (since, by) = (event.at.at, event.by.to_string());
            match found.last_mut() {
                Some(last) if (last.since, &last.by) == (since, &by) => {
                    last.commitments.push(*commitment);
                }
                _ => found.push(Self {
                    since,
                    by,
                    commitments: vec![*commitment],
                }),
            }
        }
        found
    }

    /// Says that it is there: `2 records since 2026-01-05 10:00 UTC by user:ann`.
    pub(crate) fn said(&self) -> String {
        let count = match self.commitments.len() {
            1 => "1 record".to_owned(),
            count => format!("{count} records"),
        };
        let since = self.since.format("%Y-%m-%d %H:%M UTC");
        format!("{count} since {since} by {}", self.by)
    }

    /// The first digits of each commitment.
    pub(crate) fn short(&self) -> impl Iterator<Item = String> {
        let digits = |digest: &Digest| digest.encoded().chars().take(12).collect();
        self.commitments.iter().map(digits)
    }
}

/// An environment.
#[derive(Debug)]
pub(crate) struct Column {
    pub(crate) name: String,
    /// What it is for and where: `production · mainnet`.
    pub(crate) about: String,
    pub(crate) held: Option<String>,
    pub(crate) next: Option<Next>,
}

/// What is next for an environment, and what holds it.
#[derive(Debug)]
pub(crate) struct Next {
    pub(crate) subject: String,
    pub(crate) waits: Vec<Wait>,
}

/// One thing that holds the next step.
#[derive(Debug)]
pub(crate) struct Wait {
    pub(crate) gate: String,
    pub(crate) why: String,
    pub(crate) by: Option<String>,
    pub(crate) rank: Rank,
    /// When time clears it, and how much of the wait is over, from 0 to 1, if its start is known.
    pub(crate) until: Option<(DateTime<Utc>, Option<f64>)>,
}

/// A version, or a build without one.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) stage: Option<Stage>,
    pub(crate) commit: String,
    /// Why it was rejected or deprecated, or what it was made from.
    pub(crate) note: Option<String>,
    pub(crate) cells: Vec<Cell>,
}

/// What ran where from when to when, and what happened besides.
#[derive(Debug, Default)]
pub(crate) struct Timeline {
    pub(crate) lanes: Vec<Lane>,
    pub(crate) marks: Vec<Mark>,
    pub(crate) span: Option<(DateTime<Utc>, DateTime<Utc>)>,
    pub(crate) log: Vec<Entry>,
}

/// An environment along the time.
#[derive(Debug)]
pub(crate) struct Lane {
    pub(crate) name: String,
    pub(crate) stays: Vec<Stay>,
}

/// A subject in an environment.
#[derive(Debug)]
pub(crate) struct Stay {
    pub(crate) subject: String,
    pub(crate) from: DateTime<Utc>,
    pub(crate) until: DateTime<Utc>,
    /// Whether it came by a rollback.
    pub(crate) back: bool,
}

/// Something that happened to a version.
#[derive(Debug)]
pub(crate) struct Mark {
    pub(crate) at: DateTime<Utc>,
    pub(crate) what: What,
    pub(crate) version: String,
}

/// What happened to a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    Candidate,
    Rejected,
    Released,
    Deprecated,
}

/// A record of the ledger, in words.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) at: DateTime<Utc>,
    pub(crate) by: String,
    pub(crate) what: String,
}

impl Picture {
    /// Takes the picture of a ledger at a time.
    pub(crate) fn take(
        process: &str,
        policy: &Policy,
        state: &State,
        events: &[Event],
        head: String,
        context: &Context,
    ) -> Self {
        let mut picture = Self::still(policy, state);
        process.clone_into(&mut picture.process);
        picture.head = head;
        picture.at = context.at.at;
        for column in &mut picture.columns {
            column.next = next(policy, state, &column.name, context);
        }
        picture.sealed = Sealed::of(events);
        picture.timeline = Timeline::of(policy, events, context.at.at);
        picture
    }

    /// Takes what stands where, and nothing else.
    pub(crate) fn still(policy: &Policy, state: &State) -> Self {
        let board = Board::new(state, policy);
        let columns = board.columns.iter().zip(policy.environments());
        let columns = columns.map(|(column, rule)| {
            let about = [rule.stage.as_ref(), rule.network.as_ref()];
            let about: Vec<_> = about
                .into_iter()
                .flatten()
                .map(ToString::to_string)
                .collect();
            Column {
                name: column.environment.to_string(),
                about: about.join(" · "),
                held: column.held.clone(),
                next: None,
            }
        });
        let moving = state
            .channels
            .iter()
            .filter(|(_, channel)| channel.follows != Follows::Fixed);
        Self {
            columns: columns.collect(),
            rows: board.rows.iter().map(|row| self::row(state, row)).collect(),
            channels: moving
                .map(|(name, channel)| (name.to_string(), channel.version.to_string()))
                .collect(),
            owed: board.owed.clone(),
            ..Self::empty()
        }
    }

    /// Nothing.
    pub(super) fn empty() -> Self {
        Self {
            process: String::new(),
            head: String::new(),
            at: DateTime::default(),
            columns: Vec::new(),
            rows: Vec::new(),
            channels: Vec::new(),
            owed: Vec::new(),
            sealed: Vec::new(),
            timeline: Timeline::default(),
        }
    }
}

fn row(state: &State, row: &promenade::promotion::Row) -> Row {
    let record = row
        .subject
        .version()
        .and_then(|version| state.version(version));
    let note = record.and_then(|record| {
        let from = record.from.as_ref().map(|from| format!("from {from}"));
        record.reason.clone().or(from)
    });
    Row {
        name: subject(&row.subject),
        stage: row.stage,
        commit: row.commit.as_str().chars().take(10).collect(),
        note,
        cells: row.cells.clone(),
    }
}

fn next(policy: &Policy, state: &State, environment: &str, context: &Context) -> Option<Next> {
    let explained = explain(state, policy, environment, None, context).ok()?;
    let subject = explained.subject.as_ref()?;
    // A release of the candidate that runs there is nothing new to it.
    let slots = state.slots.iter();
    let mut here = slots.filter(|(name, _)| name.as_str() == environment);
    let current = here.find_map(|(_, slot)| slot.current.as_ref());
    let runs = current.and_then(|current| current.artifacts);
    if runs.is_some() && runs == state.artifacts_of(subject) {
        return None;
    }
    let waits = explained.blockers.iter().map(|blocker| {
        let began = blocker.gate.strip_prefix("soak:").and_then(|within| {
            let slots = state.slots.iter().find(|(name, _)| name.as_str() == within);
            slots
                .and_then(|(_, slot)| slot.current.as_ref())
                .map(|current| current.since.at)
        });
        let until = blocker.clears_at.map(|end| {
            let over = began.and_then(|began| share(began, end, context.at.at));
            (end, over)
        });
        Wait {
            gate: blocker.gate.clone(),
            why: blocker.why.clone(),
            by: blocker.clears_by.clone(),
            rank: blocker.rank,
            until,
        }
    });
    Some(Next {
        subject: self::subject(subject),
        waits: waits.collect(),
    })
}

/// How much of a span is over, from 0 to 1.
pub(crate) fn share(from: DateTime<Utc>, until: DateTime<Utc>, at: DateTime<Utc>) -> Option<f64> {
    let seconds = |span: chrono::TimeDelta| i32::try_from(span.num_seconds()).ok().map(f64::from);
    let whole = seconds(until - from)?;
    (whole > 0.0).then_some(())?;
    Some((seconds(at - from)? / whole).clamp(0.0, 1.0))
}

pub(crate) fn subject(subject: &Subject) -> String {
    match subject {
        Subject::Version(version) => version.to_string(),
        Subject::Commit(commit) => commit.as_str().chars().take(10).collect(),
    }
}

impl Timeline {
    /// Plays the events, and keeps what ran where. An event that does not fit ends the play; the ledger was
    /// verified before.
    fn of(policy: &Policy, events: &[Event], at: DateTime<Utc>) -> Self {
        let mut timeline = Self::default();
        let mut state = State::default();
        let mut running: BTreeMap<String, (String, DateTime<Utc>, bool)> = BTreeMap::new();
        let mut stays: BTreeMap<String, Vec<Stay>> = BTreeMap::new();
        let mut back = false;
        for event in events {
            if state.apply(event).is_err() {
                break;
            }
            let now = event.at.at;
            timeline.mark(event);
            if let EventKind::Disclosed { event: told, .. } = &event.kind
                && let Ok(told) = Event::parse(told.as_bytes())
            {
                // Until then nobody could see it.
                timeline.mark_at(now, &told.kind);
            }
            back = match &event.kind {
                EventKind::RolledBack { .. } => true,
                EventKind::Promoted { .. } => false,
                _ => back,
            };
            for (name, slot) in &state.slots {
                let Some(current) = &slot.current else {
                    continue;
                };
                let (name, shown) = (name.to_string(), subject(&current.subject));
                match running.get(&name) {
                    Some((running, _, _)) if *running == shown => continue,
                    Some((subject, from, back)) => {
                        let (subject, from, back) = (subject.clone(), *from, *back);
                        let stay = Stay {
                            subject,
                            from,
                            until: now,
                            back,
                        };
                        stays.entry(name.clone()).or_default().push(stay);
                    }
                    None => {}
                }
                running.insert(name, (shown, now, back));
            }
        }
        let first = events.first().map(|event| event.at.at);
        let last = events.last().map(|event| event.at.at.max(at));
        for (name, (subject, from, back)) in running {
            let until = last.unwrap_or(from);
            stays.entry(name).or_default().push(Stay {
                subject,
                from,
                until,
                back,
            });
        }
        timeline.span = first.zip(last);
        timeline.lanes = policy
            .environments()
            .iter()
            .map(|rule| {
                let name = rule.name.to_string();
                let stays = stays.remove(&name).unwrap_or_default();
                Lane { name, stays }
            })
            .collect();
        timeline
    }

    fn mark(&mut self, event: &Event) {
        let at = event.at.at;
        self.mark_at(at, &event.kind);
        let (by, what) = (event.by.to_string(), event.kind.to_string());
        self.log.push(Entry { at, by, what });
    }

    fn mark_at(&mut self, at: DateTime<Utc>, kind: &EventKind) {
        let found = match kind {
            EventKind::CandidateRegistered { version, .. } => Some((What::Candidate, version)),
            EventKind::CandidateRejected { version, .. } => Some((What::Rejected, version)),
            EventKind::Released { version, .. } => Some((What::Released, version)),
            EventKind::Deprecated { version, .. } => Some((What::Deprecated, version)),
            _ => None,
        };
        if let Some((what, version)) = found {
            self.marks.push(Mark {
                at,
                what,
                version: version.to_string(),
            });
        }
    }
}
