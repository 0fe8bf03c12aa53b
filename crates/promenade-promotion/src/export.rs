//! Exports: JSON lines and in-toto statements. They are made of the ledger and never replace it.

use promenade_digest::Digest;

use crate::codec::{Canonical as _, Writer};
use crate::event::{Event, EventKind, ParseEventError};
use crate::ledger::{LedgerStore, Record, StoreError, StreamId};
use crate::state::State;

/// The predicate type of [`statement`].
pub const PREDICATE_TYPE: &str = "https://promenade.example/predicate/promotion/v1";

/// A ledger cannot be exported.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A record holds no event.
    #[error("record {seq}: {error}")]
    Event {
        /// The sequence number.
        seq: u64,
        /// What is wrong with it.
        error: ParseEventError,
    },
}

/// Writes one line for each record: a JSON object with `seq`, `hash`, `prev`, `op` and the event.
///
/// ```json
/// {"event":{…},"hash":"sha256:…","op":"op-1","prev":"sha256:…","seq":1,"stream":"app"}
/// ```
///
/// # Errors
/// [`ExportError`] if the store cannot be read or a record holds no event.
pub fn json_lines(
    store: &dyn LedgerStore,
    stream: &StreamId,
    line: &mut dyn FnMut(&str),
) -> Result<(), ExportError> {
    let mut failed = None;
    store.read(stream, 1, &mut |record| match json_line(&record) {
        Ok(text) => {
            line(&text);
            true
        }
        Err(error) => {
            let seq = record.seq;
            failed = Some(ExportError::Event { seq, error });
            false
        }
    })?;
    failed.map_or(Ok(()), Err)
}

/// Writes the line of one record, without a line feed.
///
/// # Errors
/// [`ParseEventError`] if the record holds no event.
pub fn json_line(record: &Record) -> Result<String, ParseEventError> {
    let event = Event::parse(&record.body)?;
    let mut out = Writer::default();
    out.begin(b'{');
    out.key("event");
    event.write(&mut out);
    out.key("hash");
    record.hash().write(&mut out);
    out.key("op");
    out.string(record.op.as_str());
    out.key("prev");
    record.prev.write(&mut out);
    out.key("seq");
    record.seq.write(&mut out);
    out.key("stream");
    out.string(record.stream.as_str());
    out.end(b'}');
    Ok(text(out))
}

/// Returns the in-toto statement (`https://in-toto.io/Statement/v1`) of a promotion, or nothing if the
/// record is of another kind. The subjects are the artifacts; the predicate names environment, actor,
/// time, gates, policy and the record itself.
///
/// # Errors
/// [`ParseEventError`] if the record holds no event.
pub fn statement(record: &Record, state: &State) -> Result<Option<String>, ParseEventError> {
    let event = Event::parse(&record.body)?;
    let EventKind::Promoted {
        artifacts,
        environment,
        gates,
        subject,
        ..
    } = &event.kind
    else {
        return Ok(None);
    };
    let mut out = Writer::default();
    out.begin(b'{');
    out.key("_type");
    out.string("https://in-toto.io/Statement/v1");
    out.key("predicate");
    out.begin(b'{');
    out.key("actor");
    event.by.write(&mut out);
    out.key("artifacts");
    artifacts.write(&mut out);
    out.key("environment");
    environment.write(&mut out);
    out.key("gates");
    gates.write(&mut out);
    out.key("policy");
    event.policy.write(&mut out);
    out.key("record");
    record.hash().write(&mut out);
    out.key("subject");
    subject.write(&mut out);
    out.key("timestamp");
    event.at.at.write(&mut out);
    out.end(b'}');
    out.key("predicateType");
    out.string(PREDICATE_TYPE);
    out.key("subject");
    out.begin(b'[');
    let set = state
        .sets
        .get(artifacts)
        .and_then(|set| set.artifacts.as_ref());
    // A derived set is known by its identity alone.
    let unnamed = [("artifacts".to_owned(), *artifacts)];
    let named: Vec<(String, Digest)> = set.map_or_else(
        || unnamed.to_vec(),
        |set| {
            set.by_name()
                .iter()
                .map(|(name, digest)| (name.clone(), *digest))
                .collect()
        },
    );
    for (name, digest) in &named {
        out.element();
        out.begin(b'{');
        out.key("digest");
        out.begin(b'{');
        out.key(digest.algorithm().name());
        out.string(&digest.encoded());
        out.end(b'}');
        out.key("name");
        out.string(name);
        out.end(b'}');
    }
    out.end(b']');
    out.end(b'}');
    Ok(Some(text(out)))
}

fn text(out: Writer) -> String {
    // Everything that was written is text or ASCII.
    String::from_utf8_lossy(&out.into_bytes()).into_owned()
}
