//! `ledger verify`: the chain, every law, a pinned head, and who signed what.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use promenade::git::{RecordSignature, RecordSignatures};
use promenade::process::Process;
use promenade::promotion::ledger::{Head, LedgerStore as _};
use promenade::promotion::{Replay, replay};
use promenade::signature::{Keyring, Signer};
use serde_json::{Value, json};

use super::{Open, shown, store};
use crate::{CliError, Context, Exit, Report, trust};

pub(super) fn run(
    open: &Open,
    pinned: Option<&Head>,
    context: &Context,
) -> Result<Report, CliError> {
    let stream = open.stream.as_str();
    let verified = open
        .ledger
        .verify(&open.stream, pinned)
        .map_err(|error| error.to_string())
        .and_then(|head| {
            let replayed = replay(&open.ledger, &open.stream);
            let (state, _) = replayed.map_err(|error| error.to_string())?;
            Ok((head, state.hash()))
        });
    let (head, state) = match verified {
        Ok(verified) => verified,
        Err(error) => {
            let text = format!("broken: {error}\n");
            let json = json!({"stream": stream, "ok": false, "error": error});
            let report = Report::new("promenade.ledger-verify/1", json, text);
            return Ok(report.exit(Exit::Held));
        }
    };
    let mut text = format!("ok: {} records\nhead {head}\nstate {state}\n", head.seq);
    let (mut records, mut doubted) = (Value::Null, Value::Null);
    if context.names_process() {
        let process = context.process()?;
        let (signatures, counts) = signatures(open, &process, context)?;
        for (who, count) in counts {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{count} records: {who}");
        }
        let mut replay = Replay::new(&open.stream);
        let (ledger, at) = (&open.ledger, context.at());
        trust::read_on(&mut replay, ledger, &open.stream, Some(&process), at)?;
        let doubts: Vec<_> = replay.doubts().iter().map(ToString::to_string).collect();
        for doubt in &doubts {
            let _ = writeln!(text, "{doubt}");
        }
        (records, doubted) = (signatures.into(), doubts.into());
    }
    let json = json!({
        "stream": stream, "ok": true, "records": head.seq, "head": shown(&head),
        "state": state.to_string(), "error": null, "signatures": records, "doubts": doubted,
    });
    Ok(Report::new("promenade.ledger-verify/1", json, text))
}

/// The signature of each record, judged by the keys of the process, and how many there are of each kind.
fn signatures(
    open: &Open,
    process: &Process,
    context: &Context,
) -> Result<(Vec<Value>, BTreeMap<String, u64>), CliError> {
    let keyring = Keyring::of(process.keyring()).map_err(CliError::input)?;
    let signatures = RecordSignatures::new(&open.ledger, &open.stream, &keyring, context.at());
    let mut list = Vec::new();
    let mut counts = BTreeMap::new();
    let mut failed = None;
    let visited = open.ledger.read(&open.stream, 1, &mut |record| {
        match signatures.signature(&record) {
            Ok(found) => {
                let who = found
                    .good()
                    .map_or_else(|| found.to_string(), |signer| format!("signed by {signer}"));
                *counts.entry(who).or_insert(0) += 1;
                list.push(signature(record.seq, &found));
            }
            Err(error) => failed = Some(error),
        }
        failed.is_none()
    });
    visited.map_err(store)?;
    failed.map_or(Ok((list, counts)), |error| Err(store(error)))
}

fn signature(seq: u64, found: &RecordSignature) -> Value {
    let verdict = match found {
        RecordSignature::Signed(verdict) => verdict.name(),
        RecordSignature::Unsigned => "unsigned",
        _ => "bad",
    };
    let signer = |signer: &Signer| json!({"person": signer.principal, "kind": signer.kind.name(), "key": signer.key});
    json!({
        "seq": seq, "verdict": verdict, "signer": found.good().map(signer),
        "problem": found.good().is_none().then(|| found.to_string()),
    })
}
