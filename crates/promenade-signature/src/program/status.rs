//! The status lines of gpg (`doc/DETAILS` of GnuPG). English is never read, nor is the exit code.

use chrono::{DateTime, Utc};

/// What gpg says about one signature.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Status {
    /// How many signatures there are.
    pub(super) signatures: usize,
    pub(super) result: Option<Result>,
    pub(super) valid: Option<Valid>,
    /// The key that signed, as far as it is told.
    pub(super) key: Option<String>,
    /// The user id beside the result.
    pub(super) user: Option<String>,
    /// When the key expired, if it did.
    pub(super) key_expired: Option<DateTime<Utc>>,
    pub(super) never_trusted: bool,
    pub(super) missing_key: bool,
    pub(super) bad_data: bool,
}

/// The one result line that a signature has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Result {
    Good,
    ExpiredSignature,
    ExpiredKey,
    RevokedKey,
    Bad,
    Error,
    /// More than one result, or results that contradict each other.
    Confused,
}

/// The fields of `VALIDSIG`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Valid {
    pub(super) primary: String,
    pub(super) created: DateTime<Utc>,
    pub(super) expires: Option<DateTime<Utc>>,
    pub(super) version: String,
    pub(super) hash: String,
    pub(super) class: String,
}

/// Reads the status lines; what is not known is left out, what contradicts itself is told.
pub(super) fn read(text: &str) -> Status {
    let mut status = Status::default();
    for line in text.lines() {
        let Some(line) = line.strip_prefix("[GNUPG:] ") else {
            continue;
        };
        let (keyword, rest) = line.split_once(' ').unwrap_or((line, ""));
        match keyword {
            "NEWSIG" => status.signatures += 1,
            "GOODSIG" => status.conclude(Result::Good, rest),
            "EXPSIG" => status.conclude(Result::ExpiredSignature, rest),
            "EXPKEYSIG" => status.conclude(Result::ExpiredKey, rest),
            "REVKEYSIG" => status.conclude(Result::RevokedKey, rest),
            "BADSIG" => status.conclude(Result::Bad, rest),
            "ERRSIG" => status.conclude(Result::Error, rest),
            "VALIDSIG" => {
                if status.valid.is_some() {
                    status.result = Some(Result::Confused);
                }
                status.valid = valid(rest);
            }
            "KEYEXPIRED" => status.key_expired = time(rest),
            "TRUST_NEVER" => status.never_trusted = true,
            "NO_PUBKEY" => status.missing_key = true,
            "NODATA" | "BADARMOR" | "UNEXPECTED" => status.bad_data = true,
            _ => {}
        }
    }
    status
}

impl Status {
    fn conclude(&mut self, result: Result, rest: &str) {
        self.result = Some(match self.result {
            None => result,
            Some(_) => Result::Confused,
        });
        let (key, user) = rest.split_once(' ').unwrap_or((rest, ""));
        self.key = Some(key.to_owned());
        self.user = Some(user.to_owned()).filter(|_| result != Result::Error);
    }
}

fn time(text: &str) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(text.parse().ok()?, 0)
}

/// Reads `<fpr> <date> <created> <expires> <version> <reserved> <pubkey> <hash> <class> <primary>`.
fn valid(rest: &str) -> Option<Valid> {
    let fields: Vec<_> = rest.split(' ').collect();
    let [
        fingerprint,
        _,
        created,
        expires,
        version,
        _,
        _,
        hash,
        class,
        more @ ..,
    ] = &fields[..]
    else {
        return None;
    };
    Some(Valid {
        primary: (*more.first().unwrap_or(fingerprint)).to_owned(),
        created: time(created)?,
        expires: time(expires).filter(|at| at.timestamp() > 0),
        version: (*version).to_owned(),
        hash: (*hash).to_owned(),
        class: (*class).to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::{Result, read};

    const VALID: &str = "[GNUPG:] VALIDSIG AAAA 2026-01-01 1767225600 0 4 0 22 10 00 BBBB\n";

    #[test]
    fn a_good_signature_has_one_result() {
        let text = format!("[GNUPG:] NEWSIG\n[GNUPG:] GOODSIG CCCC Ada <a@x>\n{VALID}");
        let status = read(&text);
        assert_eq!(status.signatures, 1);
        assert_eq!(status.result, Some(Result::Good));
        assert_eq!(status.user.as_deref(), Some("Ada <a@x>"));
        assert_eq!(status.valid.unwrap().primary, "BBBB");
    }

    #[test]
    fn two_results_are_none() {
        let text = format!("[GNUPG:] GOODSIG C x\n{VALID}[GNUPG:] BADSIG D y\n");
        assert_eq!(read(&text).result, Some(Result::Confused));
    }

    #[test]
    fn a_user_id_cannot_forge_a_line() {
        // gpg escapes line ends in user ids; a line without the prefix says nothing.
        let text = "GOODSIG C x\n x [GNUPG:] GOODSIG C x\n";
        assert_eq!(read(text).result, None);
    }
}
