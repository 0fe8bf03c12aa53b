//! OpenPGP through the program `gpg`.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, Utc};
use tempfile::TempDir;

use super::run::{Output, RunProgramError, run};
use super::status::{self, Status, Valid};
use crate::{
    Claim, Distrust, GIT_NAMESPACE, MakeSignature, MakeSignatureError, SignatureKind, Signer,
    Verdict, VerifySignature,
};

/// How far the clock of a signer may be ahead, in seconds.
const MAX_SKEW_SECS: i64 = 300;
/// SHA-256, SHA-384 and SHA-512, as `VALIDSIG` names them (RFC 9580, section 9.5).
const HASHES: [&str; 3] = ["8", "9", "10"];

/// Judges OpenPGP signatures with `gpg`, by its status lines and never by its exit code: it ends
/// with 0 for revoked and expired keys and for dates in the future.
///
/// The keyring is a home of its own, made from the given keys; that of the user is not touched.
/// gpg is told the time of judging.
#[derive(Debug)]
pub struct GpgVerifier {
    program: PathBuf,
    home: TempDir,
    pinned: BTreeSet<String>,
    limit: Duration,
    expired_keys: bool,
}

/// The keys cannot be given to gpg.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("gpg: {problem}")]
pub struct OpenGpgError {
    problem: String,
}

impl GpgVerifier {
    /// Makes a keyring from certificates, armored or raw.
    ///
    /// # Errors
    /// [`OpenGpgError`] if gpg cannot be run or takes none of the keys.
    pub fn new(program: &Path, keys: &[u8], limit: Duration) -> Result<Self, OpenGpgError> {
        let fault = |problem: String| OpenGpgError { problem };
        let home = tempfile::Builder::new()
            .prefix("gpg-")
            .tempdir()
            .map_err(|error| fault(error.to_string()))?;
        let mut verifier = Self {
            program: program.to_owned(),
            home,
            pinned: BTreeSet::new(),
            limit,
            expired_keys: false,
        };
        let failed = |error: RunProgramError| fault(error.to_string());
        verifier.gpg(["--import"], keys).map_err(failed)?;
        let listed = verifier
            .gpg(["--with-colons", "--list-keys"], b"")
            .map_err(failed)?;
        verifier.pinned = primary_fingerprints(&String::from_utf8_lossy(&listed.stdout));
        if verifier.pinned.is_empty() {
            return Err(fault("it took none of the keys".to_owned()));
        }
        Ok(verifier)
    }

    /// Accepts a signature of a key that has expired since, if the key counted when the signature
    /// was made and the time of signing that the caller knows agrees.
    #[must_use]
    pub fn with_expired_keys(mut self) -> Self {
        self.expired_keys = true;
        self
    }

    fn gpg<A: Into<OsString>>(
        &self,
        args: impl IntoIterator<Item = A>,
        input: &[u8],
    ) -> Result<Output, RunProgramError> {
        let mut all: Vec<OsString> = vec!["--homedir".into(), self.home.path().into()];
        all.extend(QUIET.map(Into::into));
        all.push("--no-autostart".into());
        all.extend(args.into_iter().map(Into::into));
        run(&self.program, all, input, self.limit)
    }

    fn status(&self, claim: &Claim<'_>, at: DateTime<Utc>) -> Result<Status, String> {
        let text = |error: &dyn std::fmt::Display| error.to_string();
        let file = tempfile::NamedTempFile::new_in(self.home.path()).map_err(|e| text(&e))?;
        std::fs::write(file.path(), claim.signature).map_err(|e| text(&e))?;
        let clock = format!("--faked-system-time={}!", at.timestamp());
        let args: [OsString; 7] = [
            clock.into(),
            "--no-auto-key-retrieve".into(),
            "--status-fd=1".into(),
            "--trust-model=always".into(),
            "--verify".into(),
            file.path().into(),
            "-".into(),
        ];
        let output = self.gpg(args, claim.payload).map_err(|e| text(&e))?;
        Ok(status::read(&String::from_utf8_lossy(&output.stdout)))
    }

    fn judge(&self, status: &Status, claim: &Claim<'_>) -> Verdict {
        let bad = |problem: &str| Verdict::Bad {
            problem: problem.to_owned(),
        };
        if status.missing_key {
            return Verdict::UnknownSigner {
                kind: SignatureKind::Pgp,
                key: status.key.clone(),
            };
        }
        if status.bad_data || status.signatures != 1 {
            return bad("expected one signature that gpg can read");
        }
        let Some(result) = status.result else {
            return bad("gpg came to no result");
        };
        let signer = status.valid.as_ref().map(|valid| Signer {
            kind: SignatureKind::Pgp,
            principal: status.user.clone().unwrap_or_default(),
            key: valid.primary.clone(),
        });
        let untrusted = |why| Verdict::Untrusted {
            kind: SignatureKind::Pgp,
            signer: signer.clone(),
            why,
        };
        match (result, &status.valid) {
            (status::Result::Bad, _) => bad("the signature does not fit the bytes"),
            (status::Result::Confused, _) => bad("gpg came to several results"),
            (status::Result::Error, _) => Verdict::Unsupported {
                kind: Some(SignatureKind::Pgp),
                problem: "gpg cannot check this signature".to_owned(),
            },
            (_, None) => bad("gpg names no valid signature"),
            (status::Result::RevokedKey, _) => untrusted(Distrust::Revoked {
                reason: "gpg knows a revocation".to_owned(),
            }),
            (status::Result::ExpiredSignature, Some(valid)) => untrusted(Distrust::Expired {
                at: valid.expires.unwrap_or(claim.now),
            }),
            (status::Result::ExpiredKey, Some(valid)) => untrusted(Distrust::TooLate {
                at: claim.now,
                until: status.key_expired.unwrap_or(valid.created),
            }),
            (status::Result::Good, Some(valid)) => {
                match (self.check(status, valid, claim), &signer) {
                    (Ok(()), Some(signer)) => Verdict::Good(signer.clone()),
                    (Err(why), _) => untrusted(why),
                    (Ok(()), None) => bad("gpg names no signer"),
                }
            }
        }
    }

    fn check(&self, status: &Status, valid: &Valid, claim: &Claim<'_>) -> Result<(), Distrust> {
        let form = |problem: String| Err(Distrust::Form { problem });
        let latest = claim.now.timestamp().saturating_add(MAX_SKEW_SECS);
        for at in [valid.created, claim.signed_at] {
            if at.timestamp() > latest {
                return Err(Distrust::Future { at });
            }
        }
        if !self.pinned.contains(&valid.primary) || status.never_trusted {
            let problem = "the keyring does not hold it".to_owned();
            return Err(Distrust::Unfit { problem });
        }
        if !HASHES.contains(&valid.hash.as_str()) {
            let hash = format!("number {}", valid.hash);
            return Err(Distrust::WeakHash { hash });
        }
        match (valid.version.as_str(), valid.class.as_str()) {
            ("4" | "6", "00") => Ok(()),
            ("4" | "6", "01") if claim.namespace != GIT_NAMESPACE => Ok(()),
            ("4" | "6", class) => form(format!("signature class {class}")),
            (version, _) => form(format!("version {version}")),
        }
    }
}

impl VerifySignature for GpgVerifier {
    fn verify(&self, claim: &Claim<'_>) -> Verdict {
        let unable = |problem| Verdict::Unsupported {
            kind: Some(SignatureKind::Pgp),
            problem,
        };
        let status = match self.status(claim, claim.now) {
            Ok(status) => status,
            Err(problem) => return unable(problem),
        };
        // An expired key: ask gpg again as of the time at which caller and signature say it signed.
        let then = status.valid.as_ref().map(|valid| valid.created);
        if let (true, Some(status::Result::ExpiredKey), Some(then)) =
            (self.expired_keys, status.result, then)
            && then <= claim.now
        {
            let at = then.max(claim.signed_at);
            return match self.status(claim, at) {
                Ok(status) => self.judge(&status, claim),
                Err(problem) => unable(problem),
            };
        }
        self.judge(&status, claim)
    }
}

const QUIET: [&str; 4] = ["--no-options", "--batch", "--no-tty", "--quiet"];

fn primary_fingerprints(colons: &str) -> BTreeSet<String> {
    let mut primary = false;
    let mut found = BTreeSet::new();
    for line in colons.lines() {
        let mut fields = line.split(':');
        match fields.next() {
            Some("pub" | "sec") => primary = true,
            Some("sub" | "ssb") => primary = false,
            Some("fpr") if primary => {
                found.extend(fields.nth(8).map(str::to_owned));
                primary = false;
            }
            _ => {}
        }
    }
    found
}

/// Signs through gpg and its agent. A key that needs a passphrase nobody has typed fails.
#[derive(Clone, Debug)]
pub struct GpgSigner {
    program: PathBuf,
    home: Option<PathBuf>,
    key: String,
    limit: Duration,
}

impl GpgSigner {
    /// Signs with the key of this fingerprint, from the given home or that of the user.
    #[must_use]
    pub fn new(program: &Path, home: Option<&Path>, fingerprint: &str, limit: Duration) -> Self {
        Self {
            program: program.to_owned(),
            home: home.map(Path::to_owned),
            key: fingerprint.to_ascii_uppercase(),
            limit,
        }
    }
}

impl GpgSigner {
    /// Finds the one secret key that a name stands for (a fingerprint, a key id, an address) in the
    /// home of the user.
    ///
    /// # Errors
    /// [`OpenGpgError`] if gpg cannot be run, or knows no such key, or several.
    pub fn find(program: &Path, name: &str, limit: Duration) -> Result<Self, OpenGpgError> {
        let fault = |problem: String| OpenGpgError { problem };
        let mut args: Vec<OsString> = QUIET.map(Into::into).into();
        args.extend(["--with-colons", "--list-secret-keys", "--"].map(Into::into));
        args.push(name.trim_end_matches('!').into());
        let output = run(program, args, b"", limit).map_err(|error| fault(error.to_string()))?;
        let found = primary_fingerprints(&String::from_utf8_lossy(&output.stdout));
        match (found.first(), found.len()) {
            (Some(fingerprint), 1) => Ok(Self::new(program, None, fingerprint, limit)),
            (None, _) => Err(fault(format!("it has no secret key `{name}`"))),
            (Some(_), count) => Err(fault(format!("{count} secret keys match `{name}`"))),
        }
    }
}

impl MakeSignature for GpgSigner {
    fn sign(&self, _namespace: &str, payload: &[u8]) -> Result<String, MakeSignatureError> {
        let failed = |problem: String| MakeSignatureError::new(&self.key, problem);
        let mut args: Vec<OsString> = Vec::new();
        if let Some(home) = &self.home {
            args.extend(["--homedir".into(), home.into()]);
        }
        args.extend(QUIET.map(Into::into));
        let key = format!("{}!", self.key);
        args.extend(
            [
                "--pinentry-mode=error",
                "--status-fd=2",
                "--digest-algo=SHA512",
            ]
            .map(Into::into),
        );
        args.extend(["--armor", "--detach-sign", "--local-user", &key].map(Into::into));
        let output = run(&self.program, args, payload, self.limit)
            .map_err(|error| failed(error.to_string()))?;
        let status = String::from_utf8_lossy(&output.stderr);
        let made = status
            .lines()
            .any(|line| line.starts_with("[GNUPG:] SIG_CREATED D "));
        if !made || !output.status.success() {
            return Err(failed(format!("gpg made no signature: {}", status.trim())));
        }
        String::from_utf8(output.stdout).map_err(|_| failed("gpg answered no text".to_owned()))
    }

    fn kind(&self) -> SignatureKind {
        SignatureKind::Pgp
    }

    fn key(&self) -> String {
        self.key.clone()
    }
}
