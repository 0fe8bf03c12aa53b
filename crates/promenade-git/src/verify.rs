//! Verifying tags: what `git verify-tag` asks, and what it does not.
//!
//! `git verify-tag` accepts an old signed tag under a new name, an object stored under a wrong id, and
//! text after the signature. Here a tag is hashed again, its name inside must be its name outside, it
//! must point at a commit, and it ends with exactly one signature, by somebody who may sign that name.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use gix::objs::Kind;
use promenade_process::port::signature::{
    Claim, Distrust, GIT_NAMESPACE, SignatureKind, TagSigners, Verdict, VerifySignature,
};

use crate::{CommitId, GitError, Repository, object};

/// The longest tag object that is judged, in bytes.
const MAX_TAG_BYTES: usize = 1024 * 1024;

/// By what a tag is judged. Keyrings are input: nothing of the repository is asked who may sign.
#[derive(Clone, Copy)]
pub struct TagCheck<'a> {
    /// Who judges the signature.
    pub verifier: &'a dyn VerifySignature,
    /// Who may sign which names; without any, whoever the keyring trusts may sign all.
    pub signers: &'a [TagSigners],
    /// The time of judging.
    pub now: DateTime<Utc>,
    /// What was written down about the tags when they were made, by name.
    pub recorded: &'a BTreeMap<String, RecordedTag>,
}

/// What was written down about a tag when it was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedTag {
    /// The id of the tag object, if there was one.
    pub tag: Option<CommitId>,
    /// The commit it pointed at.
    pub commit: CommitId,
}

/// What was found about a tag.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct TagReport {
    name: String,
    signature: Option<Verdict>,
    problems: Vec<TagProblem>,
}

impl TagReport {
    /// Returns the name of the tag.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns what was found about the signature, if there is one that can be told apart.
    #[must_use]
    pub fn signature(&self) -> Option<&Verdict> {
        self.signature.as_ref()
    }

    /// Returns everything that is wrong with the tag, the signature aside.
    #[must_use]
    pub fn problems(&self) -> &[TagProblem] {
        &self.problems
    }

    /// Returns true if nothing is wrong and the signature is good.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.problems.is_empty() && self.signature.as_ref().is_some_and(Verdict::is_good)
    }
}

/// What is wrong with a tag, its signature aside.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TagProblem {
    /// It is no object of its own, so it can carry no signature.
    #[error("it is lightweight and can carry no signature")]
    Lightweight,
    /// It carries no signature.
    #[error("it is not signed")]
    Unsigned,
    /// The bytes have another id.
    #[error("its object is stored as {expected} and holds the bytes of {found}")]
    WrongId {
        /// The id that the ref names.
        expected: CommitId,
        /// The id of the bytes.
        found: CommitId,
    },
    /// The bytes are part of an attack on SHA-1.
    #[error("its object is part of a SHA-1 collision")]
    Collision,
    /// The name inside is another one: an old tag under a new name.
    #[error("its object names itself `{found}`")]
    OtherName {
        /// The name inside.
        found: String,
    },
    /// It points at something that cannot be released.
    #[error("it points at a {found}, expected a commit")]
    TargetKind {
        /// The kind of the target.
        found: String,
    },
    /// The target is missing or of another kind than stated.
    #[error("its target {target} is not the commit it is said to be")]
    Target {
        /// The id of the target.
        target: CommitId,
    },
    /// The object is not spelled as git spells tags.
    #[error("its object cannot be read: {problem}")]
    Malformed {
        /// What is wrong.
        problem: String,
    },
    /// There is text after the signature.
    #[error("text follows the signature, which does not cover it")]
    Trailing,
    /// There is more than one signature, or text that looks like one.
    #[error("it has {found} blocks that look like signatures, expected one")]
    SeveralSignatures {
        /// How many.
        found: usize,
    },
    /// It points elsewhere than was written down.
    #[error("it points at {found}, recorded is {expected}")]
    OtherCommit {
        /// The commit that was written down.
        expected: CommitId,
        /// The commit it points at.
        found: CommitId,
    },
    /// It was made again.
    #[error("it is object {found}, recorded is {}", .expected.as_ref().map_or("a lightweight tag", CommitId::as_str))]
    Moved {
        /// The id that was written down; nothing for a lightweight tag.
        expected: Option<CommitId>,
        /// The id it has.
        found: CommitId,
    },
    /// Another tag differs in case only.
    #[error("tag `{other}` differs from it in case only")]
    CaseTwin {
        /// The other tag.
        other: String,
    },
}

impl Repository {
    /// Judges tags by name, each on its own.
    ///
    /// # Errors
    /// [`GitError::UnknownRevision`] for a name that is no tag, [`GitError::Io`] if the refs cannot be
    /// read. Whatever is wrong with a tag is in its report.
    pub fn verify_tags(
        &self,
        names: &[&str],
        check: &TagCheck<'_>,
    ) -> Result<Vec<TagReport>, GitError> {
        let twins = self.names_by_folded_case()?;
        names
            .iter()
            .map(|name| {
                let mut report = self.verify_one(name, check)?;
                let folded = twins.get(&name.to_lowercase());
                let others = folded.into_iter().flatten().filter(|other| other != name);
                report
                    .problems
                    .extend(others.map(|other| TagProblem::CaseTwin {
                        other: other.clone(),
                    }));
                Ok(report)
            })
            .collect()
    }

    fn names_by_folded_case(&self) -> Result<BTreeMap<String, BTreeSet<String>>, GitError> {
        let mut names: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for name in self.tag_names()? {
            let name = String::from_utf8_lossy(&name).into_owned();
            names.entry(name.to_lowercase()).or_default().insert(name);
        }
        Ok(names)
    }

    fn verify_one(&self, name: &str, check: &TagCheck<'_>) -> Result<TagReport, GitError> {
        let full = format!("refs/tags/{name}");
        let id = self
            .reference(&full)?
            .ok_or(GitError::UnknownRevision { revision: full })?;
        let repository = self.local();
        let object = object::find(&repository, id.object()?)?;
        let mut judge = Judge {
            repository: &repository,
            check,
            report: TagReport {
                name: name.to_owned(),
                signature: None,
                problems: Vec::new(),
            },
        };
        let recorded = check.recorded.get(name);
        match object.kind {
            Kind::Tag => judge.tag(&id, &object.data, recorded),
            Kind::Commit => judge.lightweight(&id, recorded),
            other => judge.wrong(TagProblem::TargetKind {
                found: other.to_string(),
            }),
        }
        Ok(judge.report)
    }
}

struct Judge<'a> {
    repository: &'a gix::Repository,
    check: &'a TagCheck<'a>,
    report: TagReport,
}

impl Judge<'_> {
    fn wrong(&mut self, problem: TagProblem) {
        self.report.problems.push(problem);
    }

    fn lightweight(&mut self, id: &CommitId, recorded: Option<&RecordedTag>) {
        self.wrong(TagProblem::Lightweight);
        if let Some(recorded) = recorded {
            self.compare(recorded, None, id);
        }
    }

    fn compare(&mut self, recorded: &RecordedTag, tag: Option<&CommitId>, commit: &CommitId) {
        if recorded.tag.as_ref() != tag {
            self.wrong(TagProblem::Moved {
                expected: recorded.tag.clone(),
                found: tag.unwrap_or(commit).clone(),
            });
        }
        if recorded.commit != *commit {
            self.wrong(TagProblem::OtherCommit {
                expected: recorded.commit.clone(),
                found: commit.clone(),
            });
        }
    }

    fn tag(&mut self, id: &CommitId, data: &[u8], recorded: Option<&RecordedTag>) {
        let kind = self.repository.object_hash();
        let header = format!("tag {}\0", data.len());
        match digest(kind, &[header.as_bytes(), data]) {
            Ok(found) if found == *id => {}
            Ok(found) => self.wrong(TagProblem::WrongId {
                expected: id.clone(),
                found,
            }),
            Err(problem) => self.wrong(problem),
        }
        let tag = match Tag::read(data) {
            Ok(tag) => tag,
            Err(problem) => {
                let problem = problem.to_owned();
                return self.wrong(TagProblem::Malformed { problem });
            }
        };
        if tag.name != self.report.name {
            let found = tag.name.to_owned();
            self.wrong(TagProblem::OtherName { found });
        }
        self.target(&tag);
        if let (Some(recorded), Ok(target)) = (recorded, tag.target.parse()) {
            self.compare(recorded, Some(id), &target);
        }
        self.signature(&tag, data);
    }

    fn target(&mut self, tag: &Tag<'_>) {
        if tag.kind != "commit" {
            let found = tag.kind.to_owned();
            return self.wrong(TagProblem::TargetKind { found });
        }
        let Ok(target) = tag.target.parse::<CommitId>() else {
            let problem = "the id of its target is none".to_owned();
            return self.wrong(TagProblem::Malformed { problem });
        };
        let id = target.object().ok();
        let kind = id.and_then(|id| object::kind(self.repository, id).ok());
        if kind != Some(Kind::Commit) {
            self.wrong(TagProblem::Target { target });
        }
    }

    fn signature(&mut self, tag: &Tag<'_>, data: &[u8]) {
        let blocks = blocks(data, tag.body);
        let Some(&start) = blocks.last() else {
            return self.wrong(TagProblem::Unsigned);
        };
        if blocks.len() > 1 {
            let found = blocks.len();
            self.wrong(TagProblem::SeveralSignatures { found });
        }
        let (payload, signature) = data.split_at(start);
        if !ends_with_its_armor(signature) {
            self.wrong(TagProblem::Trailing);
        }
        let claim = Claim {
            payload,
            signature,
            namespace: GIT_NAMESPACE,
            signed_at: tag.time,
            now: self.check.now,
        };
        let verdict = self.check.verifier.verify(&claim);
        self.report.signature = Some(self.allowed(verdict));
    }

    /// A good signature counts if its signer may sign this name.
    fn allowed(&self, verdict: Verdict) -> Verdict {
        let rules = self.check.signers;
        match verdict {
            Verdict::Good(signer)
                if !rules.is_empty()
                    && !rules
                        .iter()
                        .any(|rule| rule.allows(&self.report.name, &signer)) =>
            {
                Verdict::Untrusted {
                    kind: signer.kind,
                    signer: Some(signer),
                    why: Distrust::Subject {
                        subject: self.report.name.clone(),
                    },
                }
            }
            verdict => verdict,
        }
    }
}

/// The id of some bytes; an attack on SHA-1 that is known by its traces is an error.
fn digest(kind: gix::hash::Kind, parts: &[&[u8]]) -> Result<CommitId, TagProblem> {
    let mut hasher = gix::hash::hasher(kind);
    for part in parts {
        hasher.update(part);
    }
    let id = hasher.try_finalize().map_err(|_| TagProblem::Collision)?;
    Ok(CommitId::of(id))
}

/// A tag object, spelled exactly as git writes it.
struct Tag<'a> {
    target: &'a str,
    kind: &'a str,
    name: &'a str,
    time: DateTime<Utc>,
    /// Where the message starts.
    body: usize,
}

impl<'a> Tag<'a> {
    fn read(data: &'a [u8]) -> Result<Self, &'static str> {
        if data.len() > MAX_TAG_BYTES {
            return Err("it is longer than a mebibyte");
        }
        let end = data
            .windows(2)
            .position(|pair| pair == b"\n\n")
            .ok_or("there is no message")?;
        let head = data.get(..end).unwrap_or_default();
        let head = str::from_utf8(head).map_err(|_| "its header is not UTF-8")?;
        let mut lines = head.split('\n');
        let mut field = |key: &str| {
            let line = lines.next()?;
            line.strip_prefix(key)?.strip_prefix(' ')
        };
        let target = field("object").ok_or("expected `object` first")?;
        let kind = field("type").ok_or("expected `type` second")?;
        let name = field("tag").ok_or("expected `tag` third")?;
        let tagger = field("tagger").ok_or("expected `tagger` fourth")?;
        if lines.next().is_some() {
            return Err("expected nothing after `tagger` in the header");
        }
        Ok(Self {
            target,
            kind,
            name,
            time: time(tagger).ok_or("its tagger has no time")?,
            body: end + 2,
        })
    }
}

/// Reads the time of `Name <mail> 1767225600 +0100`.
fn time(tagger: &str) -> Option<DateTime<Utc>> {
    let (_, rest) = tagger.rsplit_once("> ")?;
    let (seconds, zone) = rest.split_once(' ')?;
    let digits = zone.strip_prefix(['+', '-'])?;
    let is_zone = digits.len() == 4 && digits.bytes().all(|c| c.is_ascii_digit());
    let is_number = seconds.bytes().all(|c| c.is_ascii_digit());
    let seconds: i64 = seconds.parse().ok().filter(|_| is_zone && is_number)?;
    DateTime::from_timestamp(seconds, 0)
}

/// Returns where each block that looks like a signature starts, from `body` on.
fn blocks(data: &[u8], body: usize) -> Vec<usize> {
    let mut at = body;
    let mut found = Vec::new();
    for line in data
        .get(body..)
        .unwrap_or_default()
        .split_inclusive(|c| *c == b'\n')
    {
        if SignatureKind::of(line).is_some() {
            found.push(at);
        }
        at += line.len();
    }
    found
}

/// Returns true if the last line of a signature is that which ends its armor.
fn ends_with_its_armor(signature: &[u8]) -> bool {
    let Ok(text) = str::from_utf8(signature) else {
        return false;
    };
    let text = text.strip_suffix('\n').unwrap_or(text);
    let mut ends = text
        .split('\n')
        .enumerate()
        .filter(|(_, line)| line.starts_with("-----END "));
    let last = text.split('\n').count() - 1;
    ends.next().is_some_and(|(index, _)| index == last)
}

#[cfg(test)]
mod tests {
    use super::{TagProblem, digest};

    #[test]
    fn adv_118_the_trace_of_a_sha1_collision_is_seen() {
        // The first five blocks of both documents of <https://shattered.io>: they collide.
        let first = decode(include_str!("verify/shattered-1.hex"));
        let second = decode(include_str!("verify/shattered-2.hex"));
        assert_ne!(first, second);
        for bytes in [first, second] {
            let found = digest(gix::hash::Kind::Sha1, &[&bytes]);
            assert_eq!(found, Err(TagProblem::Collision));
        }
        assert!(digest(gix::hash::Kind::Sha1, &[b"tag 0\0"]).is_ok());
    }

    fn decode(hex: &str) -> Vec<u8> {
        let digits: String = hex.split_whitespace().collect();
        let pair = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
        (0..digits.len()).step_by(2).map(pair).collect()
    }
}
