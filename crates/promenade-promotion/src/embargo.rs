//! The embargo: what happened is public only as a commitment, until it is disclosed (INV-41).

use promenade_digest::Digest;
use semver::Version;

use crate::event::{Event, EventKind};
use crate::state::{Seal, State};
use crate::subject::{Lane, Subject};

/// Returns the commitment to an event: the SHA-256 of a heading, the nonce and the canonical bytes.
///
/// The nonce is drawn by the caller (32 random bytes, in hexadecimal, say) and kept secret until the
/// event is disclosed; without it nobody can guess the event from its commitment.
#[must_use]
pub fn commitment(nonce: &str, event: &Event) -> Digest {
    commit(nonce, &event.canonical_bytes())
}

fn commit(nonce: &str, event: &[u8]) -> Digest {
    // The length makes the parts unambiguous, whatever the nonce holds.
    let mut bytes = format!("promenade-embargo 1\n{}\n{nonce}\n", nonce.len()).into_bytes();
    bytes.extend_from_slice(event);
    Digest::sha256(&bytes)
}

/// Returns the public event that stands for a private one: it tells only that something happened.
#[must_use]
pub fn sealed(nonce: &str, event: &Event) -> EventKind {
    EventKind::Sealed {
        commitment: commitment(nonce, event),
    }
}

/// Returns the event that makes a private one public.
#[must_use]
pub fn disclosed(nonce: &str, event: &Event) -> EventKind {
    EventKind::Disclosed {
        commitment: commitment(nonce, event),
        // Canonical bytes are JSON, so they are text.
        event: String::from_utf8_lossy(&event.canonical_bytes()).into_owned(),
        nonce: nonce.to_owned(),
    }
}

/// Returns whether an event tells of a version on the embargoed lane; such an event is kept in a private
/// stream, and only its seal is public.
#[must_use]
pub fn is_private(state: &State, event: &Event) -> bool {
    let embargoed = |subject: &Subject| state.lane_of(subject) == Lane::Embargoed;
    let version = |version: &Version| embargoed(&Subject::Version(version.clone()));
    let set = |artifacts: &Digest| {
        let mut versions = state.versions.iter();
        versions.any(|(_, record)| {
            record.lane == Lane::Embargoed && record.artifacts == Some(*artifacts)
        })
    };
    match &event.kind {
        EventKind::CandidateRegistered { lane, .. } => *lane == Lane::Embargoed,
        EventKind::Released {
            lane,
            from,
            version: own,
            ..
        } => *lane == Lane::Embargoed || version(own) || from.as_ref().is_some_and(version),
        EventKind::Promoted {
            subject, artifacts, ..
        } => embargoed(subject) || set(artifacts),
        EventKind::RolledBack { to, from, .. } => {
            embargoed(to) || from.as_ref().is_some_and(embargoed)
        }
        EventKind::CheckRecorded { artifacts, .. }
        | EventKind::Approved { artifacts, .. }
        | EventKind::ApprovalWithdrawn { artifacts, .. }
        | EventKind::Waived { artifacts, .. }
        | EventKind::DeploymentVerified { artifacts, .. }
        | EventKind::Observed { artifacts, .. } => set(artifacts),
        EventKind::CandidateRejected { version: own, .. }
        | EventKind::Scheduled { version: own, .. }
        | EventKind::Deprecated { version: own, .. }
        | EventKind::ObligationOpened { version: own, .. } => version(own),
        EventKind::ChannelMoved { to, .. } => version(to),
        EventKind::DeploymentStarted { environment }
        | EventKind::DeploymentFailed { environment, .. } => {
            let flight = state
                .slot(environment)
                .and_then(|slot| slot.flight.as_ref());
            flight.is_some_and(|flight| embargoed(&flight.subject))
        }
        EventKind::Adopted { .. }
        | EventKind::BuildRecorded { .. }
        | EventKind::Held { .. }
        | EventKind::HoldReleased { .. }
        | EventKind::Frozen { .. }
        | EventKind::Thawed { .. }
        | EventKind::ObligationClosed { .. }
        | EventKind::EffectIntended { .. }
        | EventKind::EffectSettled { .. }
        | EventKind::Sealed { .. }
        | EventKind::Disclosed { .. }
        | EventKind::Extension { .. }
        | EventKind::Unknown { .. } => false,
    }
}

pub(crate) fn seal(state: &mut State, commitment: Digest) -> Result<(), (&'static str, String)> {
    let order = u64::try_from(state.seals.len()).unwrap_or(u64::MAX);
    let seal = Seal {
        disclosed: false,
        order,
    };
    if state.seals.contains_key(&commitment) {
        return Err(("INV-41", format!("commitment {commitment} is sealed twice")));
    }
    state.seals.insert(commitment, seal);
    Ok(())
}

/// Opens the oldest commitment that is not open, checks what lies under it, and folds it.
pub(crate) fn disclose(
    state: &mut State,
    commitment: Digest,
    event: &str,
    nonce: &str,
) -> Result<(), (&'static str, String)> {
    let broken = |why: String| ("INV-41", why);
    if commit(nonce, event.as_bytes()) != commitment {
        return Err(broken(format!(
            "what is disclosed is not what {commitment} stands for"
        )));
    }
    let order = state
        .seals
        .get(&commitment)
        .map(|seal| (seal.disclosed, seal.order));
    let Some((false, order)) = order else {
        return Err(broken(format!(
            "commitment {commitment} is not sealed, or is open already"
        )));
    };
    let earlier = state
        .seals
        .values()
        .any(|seal| !seal.disclosed && seal.order < order);
    if earlier {
        return Err(broken(format!(
            "an event was sealed before {commitment} and is not disclosed"
        )));
    }
    let event = Event::parse(event.as_bytes()).map_err(|error| broken(error.to_string()))?;
    if matches!(
        event.kind,
        EventKind::Sealed { .. } | EventKind::Disclosed { .. }
    ) {
        return Err(broken("a seal within a seal".to_owned()));
    }
    state
        .apply(&event)
        .map_err(|error| (error.law, error.why))?;
    if let Some(seal) = state.seals.get_mut(&commitment) {
        seal.disclosed = true;
    }
    Ok(())
}
