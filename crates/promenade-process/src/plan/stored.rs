//! Plans that were stored: read, checked again, and only then a plan.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use promenade_digest::Digest;
use promenade_promotion::ledger::{Head, StreamId};
use promenade_promotion::{CommitId, Event, EventKind, State, embargo, evolve};
use serde::{Deserialize, Serialize};

use super::{Plan, Step, content};
use crate::apply::head_after;
use crate::embargo::{embargo_stream, under};
use crate::planner::operation;

/// The schema of plans, and its version.
pub const SCHEMA: &str = "promenade.plan/1";

/// A plan as it is stored: JSON, the same plan after it was read back.
///
/// Somebody may have edited it, so it is no [`Plan`] until [`StoredPlan::check`] has found that it is
/// one of the process and of the state that it names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoredPlan {
    schema: Schema,
    title: String,
    at: DateTime<Utc>,
    #[serde(rename = "expected_head", with = "content::head")]
    expected: Head,
    why: Vec<String>,
    steps: Vec<Step>,
}

/// A plan cannot be taken up again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoredPlanError {
    /// It is no plan.
    #[error("the file holds no plan: {problem}")]
    Parse {
        /// Why not.
        problem: String,
    },
    /// One of its steps is none that a planner makes.
    #[error("step {} of the stored plan ({step}): {problem}; plan again", .index + 1)]
    Step {
        /// Its place, counted from 0.
        index: usize,
        /// Its kind.
        step: &'static str,
        /// What is wrong with it.
        problem: String,
    },
}

impl StoredPlan {
    /// Keeps a plan.
    #[must_use]
    pub fn of(plan: Plan) -> Self {
        Self {
            schema: Schema::One,
            title: plan.title,
            at: plan.at,
            expected: plan.expected,
            why: plan.why,
            steps: plan.steps,
        }
    }

    /// Reads the JSON of a plan.
    ///
    /// # Errors
    /// [`StoredPlanError::Parse`] with the line and the column.
    pub fn parse(text: &str) -> Result<Self, StoredPlanError> {
        serde_json::from_str(text).map_err(|error| StoredPlanError::Parse {
            problem: error.to_string(),
        })
    }

    /// Writes the JSON of the plan, which [`StoredPlan::parse`] reads.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("the keys of a plan are texts");
        text.push('\n');
        text
    }

    /// Returns the head that the ledger must have had before the plan.
    #[must_use]
    pub fn expected_head(&self) -> &Head {
        &self.expected
    }

    /// Returns the steps as they are written there, which nobody has checked: to look at, not to carry out.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Checks the plan against the state that the ledger had at [`StoredPlan::expected_head`]: its
    /// records follow one another and keep every law, and its tags are those that they name.
    ///
    /// # Errors
    /// [`StoredPlanError::Step`] naming the first step that does not belong.
    pub fn check(self, stream: &StreamId, state: &State) -> Result<Plan, StoredPlanError> {
        let mut state = state.clone();
        let (mut head, mut private) = (self.expected, None);
        let mut unsealed: BTreeSet<Digest> = BTreeSet::new();
        let mut tags: Vec<(String, CommitId)> = Vec::new();
        for version in state.versions.iter().map(|(_, record)| record) {
            tags.extend(version.tag.clone().map(|tag| (tag, version.commit.clone())));
        }
        for (index, step) in self.steps.iter().enumerate() {
            let fault = |problem: String| StoredPlanError::Step {
                index,
                step: step.kind(),
                problem,
            };
            match step {
                Step::Record {
                    expected,
                    op,
                    events,
                } => {
                    if *expected != head {
                        return Err(fault(format!("expected head {head}, found {expected}")));
                    }
                    let known = operation(&head, events);
                    if *op != known {
                        return Err(fault(format!("expected operation {known}, found {op}")));
                    }
                    head = head_after(stream, &head, op, events);
                    for event in events {
                        tags.extend(tag_of(&event.kind));
                        if let EventKind::Sealed { commitment } = &event.kind {
                            unsealed.remove(commitment);
                        }
                        state = evolve(state, event).map_err(|error| fault(error.to_string()))?;
                    }
                }
                Step::Tag { request, .. } => {
                    let named = (request.name.clone(), request.target.clone());
                    if !tags.contains(&named) {
                        return Err(fault(format!(
                            "no record names tag `{}` of {}",
                            named.0, named.1
                        )));
                    }
                }
                Step::Push { request } => {
                    let wrong = request
                        .refs
                        .iter()
                        .find(|one| !is_own(&one.name, &self.steps));
                    if let Some(wrong) = wrong {
                        return Err(fault(format!("`{}` is no ref of this plan", wrong.name)));
                    }
                }
                Step::Private {
                    expected,
                    op,
                    events,
                } => {
                    let before = private.unwrap_or(*expected);
                    let known = operation(&before, events);
                    if *expected != before || *op != known {
                        return Err(fault(format!("expected {before} and operation {known}")));
                    }
                    let own = embargo_stream(stream);
                    private = Some(head_after(&own, &before, op, events));
                    for event in events {
                        let sealed = commitment_of(event).map_err(fault)?;
                        unsealed.insert(sealed);
                    }
                    for (event, _) in events.iter().filter_map(under) {
                        tags.extend(tag_of(&event.kind));
                    }
                }
                Step::Branch { .. }
                | Step::Commit { .. }
                | Step::Channel { .. }
                | Step::Hook(_)
                | Step::Forge { .. }
                | Step::Banner { .. }
                | Step::Latest { .. } => {}
            }
        }
        if let Some(commitment) = unsealed.first() {
            // What nobody sealed could never be disclosed.
            return Err(StoredPlanError::Step {
                index: self.steps.len().saturating_sub(1),
                step: self.steps.last().map_or("nothing", Step::kind),
                problem: format!("no record seals {commitment}, which a private step keeps"),
            });
        }
        Ok(Plan {
            title: self.title,
            at: self.at,
            expected: self.expected,
            why: self.why,
            steps: self.steps,
        })
    }
}

/// The commitment to what a private step keeps, if it keeps that as it will be disclosed.
fn commitment_of(event: &Event) -> Result<Digest, String> {
    let EventKind::Disclosed { commitment, .. } = &event.kind else {
        return Err(format!(
            "expected what will be disclosed, found {}",
            event.kind
        ));
    };
    match under(event) {
        Some((told, nonce)) if embargo::commitment(nonce, &told) == *commitment => Ok(*commitment),
        _ => Err(format!("what it keeps is not what {commitment} stands for")),
    }
}

/// The tag that an event gives a version, and its commit.
fn tag_of(kind: &EventKind) -> Option<(String, CommitId)> {
    match kind {
        EventKind::CandidateRegistered { tag, commit, .. }
        | EventKind::Released { tag, commit, .. } => Some((tag.clone()?, commit.clone())),
        _ => None,
    }
}

/// Whether a plan with these steps makes a ref itself.
fn is_own(name: &str, steps: &[Step]) -> bool {
    let disclosed = |step: &Step| match step {
        Step::Record { events, .. } => events.iter().any(|event| under(event).is_some()),
        _ => false,
    };
    // What a disclosure publishes was made before.
    steps.iter().any(disclosed)
        || name.starts_with("refs/promenade/")
        || steps.iter().any(|step| match step {
            Step::Branch { name: own, .. } => name.strip_prefix("refs/heads/") == Some(own),
            Step::Commit { request, .. } => {
                name.strip_prefix("refs/heads/") == Some(&request.branch)
            }
            Step::Tag { request, .. } => name.strip_prefix("refs/tags/") == Some(&request.name),
            _ => false,
        })
}

/// The schemas that this version reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Schema {
    #[serde(rename = "promenade.plan/1")]
    One,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use promenade_promotion::ledger::OpId;
    use promenade_promotion::strategy;
    use promenade_tag::{MadeBy, Mutability};
    use proptest::collection::{btree_map, vec};
    use proptest::prelude::*;

    use super::*;
    use crate::DocumentChange;
    use crate::port::forge::{AssetFile, ReleaseText, Stage};
    use crate::port::hook::HookCall;
    use crate::port::repository::{
        Author, CommitRequest, PushRef, PushRequest, Source, TagRequest,
    };

    /// Bytes of files: texts with and without a last line feed, and what is no text.
    fn bytes() -> impl Strategy<Value = Vec<u8>> {
        prop_oneof![
            "([ -~é]{0,9}(\r?\n)?){0,4}".prop_map(String::into_bytes),
            vec(any::<u8>(), 0..12),
        ]
    }

    fn author() -> impl Strategy<Value = Author> {
        ("\\PC{0,6}", "\\PC{0,6}").prop_map(|(name, email)| Author { name, email })
    }

    fn head() -> impl Strategy<Value = Head> {
        let parts = (any::<u64>(), any::<[u8; 32]>());
        parts.prop_map(|(seq, hash)| Head {
            seq,
            hash: Digest::Sha256(hash),
        })
    }

    fn step() -> impl Strategy<Value = Step> {
        let files = btree_map("[a-z/]{1,8}", proptest::option::of(bytes()), 0..3);
        let change = ("[a-z/]{1,8}", bytes(), bytes());
        let change = change.prop_map(|(path, before, after)| DocumentChange {
            path,
            before,
            after,
        });
        let commit = (
            (
                strategy::commit(),
                strategy::commit(),
                "\\PC{0,8}",
                author(),
            ),
            (files, vec(change, 0..3), strategy::time()),
        );
        let tag = (
            (strategy::commit(), "\\PC{0,8}", author(), strategy::time()),
            (
                proptest::option::of("\\PC{0,8}\n?"),
                any::<bool>(),
                any::<bool>(),
            ),
        );
        let one = ("\\PC{0,8}", proptest::option::of("[a-f0-9]{40}"));
        let one = (one, proptest::option::of(strategy::commit()));
        let one = one.prop_map(|((name, from), to)| PushRef { name, from, to });
        let env: BTreeMap<String, String> = [("A".to_owned(), "b\n".to_owned())].into();
        prop_oneof![
            ("\\PC{0,8}", strategy::commit()).prop_map(|(name, at)| Step::Branch { name, at }),
            commit.prop_map(|((id, parent, branch, author), (files, documents, at))| {
                let message = format!("{branch}\n\nwhy");
                let source = match files.len() {
                    0 => None,
                    1 => Some(Source::Pick(parent.clone())),
                    _ => Some(Source::Merge(id.clone())),
                };
                let request = CommitRequest {
                    branch,
                    parent,
                    source,
                    files,
                    message,
                    author,
                    at,
                };
                Step::Commit {
                    id,
                    request: Box::new(request),
                    documents,
                }
            }),
            tag.prop_map(|((target, name, author, at), (message, signed, person))| {
                let request = TagRequest {
                    name,
                    target,
                    message,
                    signed,
                    author,
                    at,
                };
                let by = if person {
                    MadeBy::Person
                } else {
                    MadeBy::default()
                };
                Step::Tag {
                    request: Box::new(request),
                    by,
                }
            }),
            (head(), vec(strategy::event(), 0..4)).prop_map(|(expected, events)| Step::Record {
                expected,
                op: OpId::new("operation").expect("it is a name"),
                events,
            }),
            (strategy::digest(), proptest::option::of(strategy::digest())).prop_map(
                |(to, from)| {
                    Step::Channel {
                        name: "latest".to_owned(),
                        from,
                        to,
                        mutability: Mutability::Moving,
                        why: "it is the highest".to_owned(),
                    }
                }
            ),
            vec("\\PC{0,8}", 0..3).prop_map(move |command| {
                Step::Hook(Box::new(HookCall {
                    name: "tell".to_owned(),
                    command,
                    env: env.clone(),
                    limit_secs: 7,
                }))
            }),
            "\\PC{0,8}".prop_map(|notes| Step::Forge {
                tag: "v1".to_owned(),
                text: ReleaseText {
                    name: "one".to_owned(),
                    notes,
                    stage: Stage::Latest,
                },
                assets: Vec::new(),
            }),
            (strategy::digest(), any::<u64>(), "[a-z/]{1,8}").prop_map(|(digest, size, path)| {
                let file = AssetFile::new("app.tar.gz", path, digest, size, "application/gzip");
                Step::Forge {
                    tag: "v1".to_owned(),
                    text: ReleaseText {
                        name: "one".to_owned(),
                        notes: String::new(),
                        stage: Stage::Full,
                    },
                    assets: vec![file.expect("it is a name")],
                }
            }),
            proptest::option::of("\\PC{0,8}").prop_map(|instead| Step::Banner {
                tag: "v1".to_owned(),
                reason: "a crash".to_owned(),
                instead,
            }),
            vec("v[0-9]", 0..3).prop_map(|known| Step::Latest {
                tag: "v1".to_owned(),
                known,
            }),
            vec(one, 0..3).prop_map(|refs| Step::Push {
                request: Box::new(PushRequest {
                    remote: "origin".to_owned(),
                    refs,
                }),
            }),
        ]
    }

    proptest! {
        /// A plan that is stored and read is the same plan, and its text the same text.
        #[test]
        fn a_stored_plan_is_read_as_the_same_plan(
            title in "\\PC{0,20}",
            at in strategy::time(),
            expected in head(),
            why in vec("\\PC{0,9}", 0..3),
            steps in vec(step(), 0..5),
        ) {
            let plan = Plan { title, at, expected, why, steps };
            let stored = StoredPlan::of(plan.clone());
            let text = stored.to_text();
            let read = StoredPlan::parse(&text).map_err(|error| {
                TestCaseError::fail(format!("{error}: {text}"))
            })?;
            prop_assert_eq!(&read, &stored);
            prop_assert_eq!(read.to_text(), text);
            let value = plan.to_json().to_string();
            prop_assert_eq!(StoredPlan::parse(&value), Ok(stored));
        }
    }

    #[test]
    fn what_is_no_plan_is_named() {
        let error = StoredPlan::parse("{\"schema\": \"promenade.plan/9\"}").unwrap_err();
        assert!(error.to_string().contains("promenade.plan/9"), "{error}");
    }
}
