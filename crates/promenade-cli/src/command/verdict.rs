//! The verdicts on signed tags, by the keyring of the process or by those that the caller names.

use std::collections::BTreeMap;
use std::path::PathBuf;

use promenade::git::{Repository, TagCheck, TagReport};
use promenade::process::Process;
use promenade::signature::{AllowedSigners, Keyring, PgpKeys, PgpVerifier, SshVerifier, Verdict};
use promenade::tag::TagFacts;
use serde_json::{Value, json};

use crate::context::git_error;
use crate::{CliError, Context};

/// Whom to trust, instead of the people of the process. Nothing of what is judged is asked.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct KeyringArgs {
    /// Judge ssh signatures by this `allowed_signers` file
    #[arg(long, value_name = "FILE")]
    allowed_signers: Option<PathBuf>,
    /// Judge OpenPGP signatures by the certificates in this file
    #[arg(long, value_name = "FILE")]
    pgp_keys: Option<PathBuf>,
}

/// What was found about the signed tags; empty if no keyring was named.
#[derive(Debug, Default)]
pub(crate) struct Verdicts(BTreeMap<String, TagReport>);

impl KeyringArgs {
    /// Judges the signed tags among `facts`.
    pub(crate) fn judge(
        &self,
        repository: &Repository,
        facts: &[TagFacts],
        process: &Process,
        context: &Context,
    ) -> Result<Verdicts, CliError> {
        let (keyring, signers) = match self.keyring(context)? {
            Some(keyring) => (keyring, Vec::new()),
            None if process.keyring().is_empty() => return Ok(Verdicts::default()),
            None => {
                let keyring = Keyring::of(process.keyring()).map_err(CliError::input)?;
                (keyring, process.keyring().tag_signers())
            }
        };
        let names: Vec<&str> = facts
            .iter()
            .filter(|one| one.signature.is_some())
            .filter_map(|one| str::from_utf8(&one.name).ok())
            .collect();
        let check = TagCheck {
            verifier: &keyring,
            signers: &signers,
            now: context.at(),
            recorded: &BTreeMap::new(),
        };
        let reports = repository.verify_tags(&names, &check).map_err(git_error)?;
        let by_name = reports
            .into_iter()
            .map(|report| (report.name().to_owned(), report));
        Ok(Verdicts(by_name.collect()))
    }

    fn keyring(&self, context: &Context) -> Result<Option<Keyring>, CliError> {
        if self.allowed_signers.is_none() && self.pgp_keys.is_none() {
            return Ok(None);
        }
        let mut keyring = Keyring::new();
        if let Some(path) = &self.allowed_signers {
            let text = String::from_utf8(context.read(path)?).map_err(CliError::input)?;
            let signers: AllowedSigners = text.parse().map_err(CliError::input)?;
            keyring = keyring.with_ssh(SshVerifier::new(signers));
        }
        if let Some(path) = &self.pgp_keys {
            let keys = PgpKeys::parse(&context.read(path)?).map_err(CliError::input)?;
            keyring = keyring.with_pgp(PgpVerifier::new(keys));
        }
        Ok(Some(keyring))
    }
}

impl Verdicts {
    /// Returns true if no tag that was judged is anything but good.
    pub(crate) fn all_good(&self) -> bool {
        self.0.values().all(TagReport::is_good)
    }

    /// Returns what was found about a tag, as one object.
    pub(crate) fn json(&self, name: &[u8]) -> Value {
        let Some(report) = self.find(name) else {
            return Value::Null;
        };
        let verdict = report.signature();
        let problems: Vec<_> = report.problems().iter().map(ToString::to_string).collect();
        json!({
            "good": report.is_good(),
            "signature": verdict.map(Verdict::name),
            "why": verdict.map(ToString::to_string),
            "signer": verdict.and_then(Verdict::good).map(|signer| &signer.principal),
            "problems": problems,
        })
    }

    /// Returns what was found about a tag, in one line.
    pub(crate) fn line(&self, name: &[u8]) -> Option<String> {
        let report = self.find(name)?;
        let verdict = report.signature().map(ToString::to_string);
        let problems = report.problems().iter().map(ToString::to_string);
        Some(
            verdict
                .into_iter()
                .chain(problems)
                .collect::<Vec<_>>()
                .join("; "),
        )
    }

    /// Returns what was found about each tag that was judged.
    pub(crate) fn reports(&self) -> impl Iterator<Item = &TagReport> {
        self.0.values()
    }

    fn find(&self, name: &[u8]) -> Option<&TagReport> {
        self.0.get(str::from_utf8(name).ok()?)
    }
}
