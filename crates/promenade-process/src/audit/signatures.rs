//! The signatures of tags, as a keyring judged them.

use std::collections::BTreeMap;

use promenade_tag::{Class, Surveyed};

use super::tags::name;
use super::{Audit, Finding, RuleId, Severity};

/// What a keyring said about the signature of a tag.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SignatureFacts {
    /// What was found.
    pub outcome: SignatureOutcome,
    /// Who signed, or what is wrong.
    pub why: String,
}

impl SignatureFacts {
    /// Makes the facts.
    #[must_use]
    pub fn new(outcome: SignatureOutcome, why: impl Into<String>) -> Self {
        let why = why.into();
        Self { outcome, why }
    }
}

/// The outcome of judging a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureOutcome {
    /// By a trusted key, over these bytes.
    Good,
    /// By a key that is not known or not trusted for this.
    Untrusted,
    /// Not over these bytes, or of an object that no signed tag is.
    Bad,
    /// Of a kind that cannot be judged.
    Unsupported,
}

/// Judges the signatures of the tags of the process. Those of names that are only read are notes.
pub(super) fn judge(surveyed: &[Surveyed<'_>], facts: &BTreeMap<String, SignatureFacts>) -> Audit {
    let mut audit = Audit::default();
    for tag in surveyed {
        let name = name(tag.facts);
        let Some(facts) = facts.get(&name) else {
            continue;
        };
        let rule = match facts.outcome {
            SignatureOutcome::Good => {
                audit.count("good signatures", 1);
                continue;
            }
            SignatureOutcome::Bad => RuleId::TagSignatureBad,
            SignatureOutcome::Untrusted | SignatureOutcome::Unsupported => {
                RuleId::TagSignatureUntrusted
            }
        };
        let finding = Finding::new(rule, name, &facts.why).on(&tag.facts.peeled);
        let read_only = matches!(tag.classified.class, Class::Legacy | Class::Other);
        audit.add(if read_only {
            finding.weighing(Severity::Note)
        } else {
            finding
        });
    }
    audit
}
