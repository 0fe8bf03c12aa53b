//! Reading a ledger under a process that counts signed records only.

use chrono::{DateTime, Utc};
use promenade::git::{GitLedger, RecordSignatures};
use promenade::process::Process;
use promenade::promotion::ledger::{StoreError, StreamId};
use promenade::promotion::{Replay, ReplayError};
use promenade::signature::Keyring;

use crate::CliError;

/// Reads on. Where the process asks for it, an approval or a waiver counts only if a key of the person
/// whom it names signed its record.
pub(crate) fn read_on(
    replay: &mut Replay,
    ledger: &GitLedger,
    stream: &StreamId,
    process: Option<&Process>,
    at: DateTime<Utc>,
) -> Result<(), CliError> {
    let read = match process.filter(|process| process.ledger().signed) {
        None => replay.read_on(ledger),
        Some(process) => {
            let keyring = Keyring::of(process.keyring()).map_err(CliError::input)?;
            let witness = RecordSignatures::new(ledger, stream, &keyring, at);
            replay.read_on_trusting(ledger, process.promotion().roster(), &witness)
        }
    };
    read.map_err(|error| match error {
        ReplayError::Store(StoreError::Io { .. }) => CliError::world(error),
        _ => CliError::input(error),
    })
}
