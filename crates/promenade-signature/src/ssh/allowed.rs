//! The keyring of SSH signatures: `allowed_signers` files (`ssh-keygen(1)`, ALLOWED SIGNERS).

use std::str::FromStr;

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, TimeZone, Utc};
use promenade_process::port::signature::list_matches;
use ssh_key::public::KeyData;
use ssh_key::{HashAlg, PublicKey};

/// The longest `allowed_signers` file that is read, in bytes.
const MAX_FILE_BYTES: usize = 4 * 1024 * 1024;

/// Who may sign: the lines of an `allowed_signers` file.
///
/// ```
/// use promenade_signature::AllowedSigners;
///
/// let keyring: AllowedSigners = "\
/// ## keys of the maintainers
/// ada@example.org namespaces=\"git\",valid-before=\"20270101Z\" ssh-ed25519 \
/// AAAAC3NzaC1lZDI1NTE5AAAAIJc6IjmYBVbwkiIbVPSvHSQBcYO1EIbjMZNCmNnJTVCR
/// ".parse()?;
/// assert_eq!(keyring.signers().len(), 1);
/// # Ok::<(), promenade_signature::ParseAllowedSignersError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllowedSigners {
    signers: Vec<AllowedSigner>,
}

/// One line of an `allowed_signers` file: names, a key, and what it may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowedSigner {
    principals: String,
    pin: Pin,
    authority: bool,
    namespaces: Option<String>,
    valid_after: Option<DateTime<Utc>>,
    valid_before: Option<DateTime<Utc>>,
}

/// By what a key is known: itself, or its SHA-256 fingerprint.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Pin {
    Key(KeyData),
    Fingerprint(String),
}

/// A text is not an `allowed_signers` file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("allowed signers, line {line}: {kind}")]
pub struct ParseAllowedSignersError {
    line: usize,
    kind: ParseAllowedSignersErrorKind,
}

impl ParseAllowedSignersError {
    /// Returns the number of the line, from 1.
    #[must_use]
    pub fn line(&self) -> usize {
        self.line
    }

    /// Returns what is wrong with it.
    #[must_use]
    pub fn kind(&self) -> &ParseAllowedSignersErrorKind {
        &self.kind
    }
}

/// Why a text is not an `allowed_signers` file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseAllowedSignersErrorKind {
    /// The file is larger than any keyring.
    #[error("the file is longer than {limit_bytes} bytes")]
    TooLong {
        /// The limit, in bytes.
        limit_bytes: usize,
    },
    /// A line has no key after its principals.
    #[error("expected principals and a key")]
    MissingKey,
    /// A quote is not closed.
    #[error("a quote is not closed")]
    Quote,
    /// The key cannot be read.
    #[error("the key cannot be read: {problem}")]
    Key {
        /// Why.
        problem: String,
    },
    /// An option is not known.
    #[error(
        "unknown option `{found}`: expected `cert-authority`, `namespaces`, `valid-after` or \
         `valid-before`"
    )]
    UnknownOption {
        /// The option.
        found: String,
    },
    /// An option stands twice.
    #[error("option `{option}` stands twice")]
    Repeated {
        /// The option.
        option: &'static str,
    },
    /// An option has no quoted value.
    #[error("option `{option}` needs a value in double quotes")]
    Value {
        /// The option.
        option: &'static str,
    },
    /// A time cannot be read.
    #[error(
        "`{found}` is not a time: expected YYYYMMDD, YYYYMMDDHHMM or YYYYMMDDHHMMSS, and `Z` for UTC"
    )]
    Time {
        /// The text.
        found: String,
    },
    /// The key would never count.
    #[error("valid-before is not later than valid-after")]
    EmptyRange,
}

use ParseAllowedSignersErrorKind as Kind;

impl AllowedSigners {
    /// Reads an `allowed_signers` file. Times without `Z` are local: they are read at `offset`
    /// from UTC, so that the same file has the same meaning on every machine.
    ///
    /// # Errors
    /// [`ParseAllowedSignersError`] with the line of the first fault. OpenSSH skips such lines; a
    /// keyring of which a part was skipped is not the keyring that was meant.
    pub fn parse_at(text: &str, offset: FixedOffset) -> Result<Self, ParseAllowedSignersError> {
        let fault = |line, kind| ParseAllowedSignersError { line, kind };
        if text.len() > MAX_FILE_BYTES {
            let limit_bytes = MAX_FILE_BYTES;
            return Err(fault(1, Kind::TooLong { limit_bytes }));
        }
        let mut signers = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let line = line.trim_matches([' ', '\t', '\r']);
            if !line.is_empty() && !line.starts_with('#') {
                let signer = parse_line(line, offset).map_err(|kind| fault(index + 1, kind))?;
                signers.push(signer);
            }
        }
        Ok(Self { signers })
    }

    /// Lets a key that is known by its SHA-256 fingerprint sign as `principal` within a span of time:
    /// an ssh signature brings its key along.
    #[must_use]
    pub fn with_fingerprint(
        mut self,
        principal: &str,
        fingerprint: &str,
        valid_after: Option<DateTime<Utc>>,
        valid_before: Option<DateTime<Utc>>,
    ) -> Self {
        self.signers.push(AllowedSigner {
            principals: principal.to_owned(),
            pin: Pin::Fingerprint(fingerprint.to_owned()),
            authority: false,
            namespaces: None,
            valid_after,
            valid_before,
        });
        self
    }

    /// Returns the lines, in order.
    #[must_use]
    pub fn signers(&self) -> &[AllowedSigner] {
        &self.signers
    }

    /// Adds the lines of another keyring after these.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.signers.extend(other.signers);
        self
    }
}

impl FromStr for AllowedSigners {
    type Err = ParseAllowedSignersError;

    /// Reads an `allowed_signers` file; times without `Z` are read as UTC.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let utc = FixedOffset::east_opt(0).expect("zero is a valid offset");
        Self::parse_at(text, utc)
    }
}

impl AllowedSigner {
    /// Returns the principals: a list of patterns.
    #[must_use]
    pub fn principals(&self) -> &str {
        &self.principals
    }

    /// Returns the SHA-256 fingerprint of the key (`SHA256:…`).
    #[must_use]
    pub fn fingerprint(&self) -> String {
        match &self.pin {
            Pin::Key(key) => key.fingerprint(HashAlg::Sha256).to_string(),
            Pin::Fingerprint(fingerprint) => fingerprint.clone(),
        }
    }

    /// Returns true if the key signs certificates instead of payloads.
    #[must_use]
    pub fn is_authority(&self) -> bool {
        self.authority
    }

    /// Returns from when on the key counts, if the line says so.
    #[must_use]
    pub fn valid_after(&self) -> Option<DateTime<Utc>> {
        self.valid_after
    }

    /// Returns until when the key counts, if the line says so.
    #[must_use]
    pub fn valid_before(&self) -> Option<DateTime<Utc>> {
        self.valid_before
    }

    /// Returns true if the line names this principal.
    #[must_use]
    pub fn names(&self, principal: &str) -> bool {
        list_matches(&self.principals, principal)
    }

    /// Returns true if the line lets its key sign for this namespace.
    #[must_use]
    pub fn allows_namespace(&self, namespace: &str) -> bool {
        self.namespaces
            .as_deref()
            .is_none_or(|list| list_matches(list, namespace))
    }

    /// Returns true if the line is about this key.
    pub(super) fn is_about(&self, key: &KeyData) -> bool {
        match &self.pin {
            Pin::Key(own) => own == key,
            Pin::Fingerprint(own) => *own == key.fingerprint(HashAlg::Sha256).to_string(),
        }
    }

    pub(super) fn namespaces(&self) -> Option<&str> {
        self.namespaces.as_deref()
    }
}

fn parse_line(line: &str, offset: FixedOffset) -> Result<AllowedSigner, Kind> {
    let (principals, rest) = take_principals(line)?;
    let mut signer = AllowedSigner {
        principals: principals.to_owned(),
        pin: Pin::Fingerprint(String::new()),
        authority: false,
        namespaces: None,
        valid_after: None,
        valid_before: None,
    };
    // As in OpenSSH: what reads as a key is one; else options stand in front of it.
    let first = rest.split([' ', '\t']).next().unwrap_or_default();
    let key = if is_key_type(first) {
        rest
    } else {
        let (options, key) = take_options(rest)?;
        parse_options(options, offset, &mut signer)?;
        key
    };
    if key.is_empty() {
        return Err(Kind::MissingKey);
    }
    if let (Some(after), Some(before)) = (signer.valid_after, signer.valid_before)
        && before <= after
    {
        return Err(Kind::EmptyRange);
    }
    signer.pin = Pin::Key(parse_key(key)?);
    Ok(signer)
}

fn take_principals(line: &str) -> Result<(&str, &str), Kind> {
    let (principals, rest) = match line.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"').ok_or(Kind::Quote)?,
        None => line.split_once([' ', '\t']).ok_or(Kind::MissingKey)?,
    };
    if principals.is_empty() {
        return Err(Kind::MissingKey);
    }
    Ok((principals, rest.trim_start_matches([' ', '\t'])))
}

fn is_key_type(word: &str) -> bool {
    matches!(word, "ssh-ed25519" | "ssh-rsa" | "ssh-dss")
        || word.starts_with("ecdsa-sha2-")
        || word.starts_with("sk-")
}

/// Splits at the first blank outside quotes.
fn take_options(rest: &str) -> Result<(&str, &str), Kind> {
    let mut quoted = false;
    let mut escaped = false;
    for (at, c) in rest.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ' ' | '\t' if !quoted => {
                let (options, key) = rest.split_at(at);
                return Ok((options, key.trim_start_matches([' ', '\t'])));
            }
            _ => {}
        }
    }
    Err(if quoted {
        Kind::Quote
    } else {
        Kind::MissingKey
    })
}

fn parse_options(text: &str, offset: FixedOffset, signer: &mut AllowedSigner) -> Result<(), Kind> {
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find([',', '=']).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        let option = option_name(name)?;
        if option == "cert-authority" {
            set(&mut signer.authority, option)?;
            rest = next_option(after, name)?;
            continue;
        }
        let (value, after) = quoted_value(after, option)?;
        match option {
            "namespaces" => fill(&mut signer.namespaces, value, option)?,
            "valid-after" => fill(&mut signer.valid_after, parse_time(&value, offset)?, option)?,
            _ => fill(
                &mut signer.valid_before,
                parse_time(&value, offset)?,
                option,
            )?,
        }
        rest = next_option(after, name)?;
    }
    Ok(())
}

fn option_name(name: &str) -> Result<&'static str, Kind> {
    [
        "cert-authority",
        "namespaces",
        "valid-after",
        "valid-before",
    ]
    .into_iter()
    .find(|known| known.eq_ignore_ascii_case(name))
    .ok_or_else(|| Kind::UnknownOption {
        found: name.to_owned(),
    })
}

fn set(flag: &mut bool, option: &'static str) -> Result<(), Kind> {
    if *flag {
        return Err(Kind::Repeated { option });
    }
    *flag = true;
    Ok(())
}

fn fill<T>(slot: &mut Option<T>, value: T, option: &'static str) -> Result<(), Kind> {
    if slot.is_some() {
        return Err(Kind::Repeated { option });
    }
    *slot = Some(value);
    Ok(())
}

fn next_option<'a>(after: &'a str, name: &str) -> Result<&'a str, Kind> {
    match after.strip_prefix(',') {
        Some(next) if !next.is_empty() => Ok(next),
        None if after.is_empty() => Ok(""),
        _ => Err(Kind::UnknownOption {
            found: format!("{name}{after}"),
        }),
    }
}

/// Reads `="value"`, where `\"` stands for a quote.
fn quoted_value<'a>(after: &'a str, option: &'static str) -> Result<(String, &'a str), Kind> {
    let body = after.strip_prefix("=\"").ok_or(Kind::Value { option })?;
    let mut value = String::new();
    let mut chars = body.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Ok((value, body.get(at + 1..).unwrap_or_default())),
            '\\' if chars.peek().is_some_and(|(_, next)| *next == '"') => {
                value.push('"');
                chars.next();
            }
            _ => value.push(c),
        }
    }
    Err(Kind::Quote)
}

fn parse_time(text: &str, offset: FixedOffset) -> Result<DateTime<Utc>, Kind> {
    let fault = || Kind::Time {
        found: text.to_owned(),
    };
    let digits = text.trim_end_matches('Z');
    let zulu = match text.len() - digits.len() {
        0 => false,
        1 => true,
        _ => return Err(fault()),
    };
    if !digits.bytes().all(|c| c.is_ascii_digit()) {
        return Err(fault());
    }
    let local = match digits.len() {
        8 => NaiveDate::parse_from_str(digits, "%Y%m%d")
            .ok()
            .and_then(|date| date.and_hms_opt(0, 0, 0)),
        12 => NaiveDateTime::parse_from_str(&format!("{digits}00"), "%Y%m%d%H%M%S").ok(),
        14 => NaiveDateTime::parse_from_str(digits, "%Y%m%d%H%M%S").ok(),
        _ => None,
    }
    .ok_or_else(fault)?;
    if zulu {
        return Ok(local.and_utc());
    }
    let zoned = offset.from_local_datetime(&local).single();
    Ok(zoned.ok_or_else(fault)?.to_utc())
}

fn parse_key(text: &str) -> Result<KeyData, Kind> {
    let problem = |problem: String| Kind::Key { problem };
    let mut words = text.split([' ', '\t']).filter(|word| !word.is_empty());
    let (Some(name), Some(body)) = (words.next(), words.next()) else {
        return Err(Kind::MissingKey);
    };
    if !is_key_type(name) {
        return Err(problem(format!("unknown key type `{name}`")));
    }
    // The comment is left out: whatever it holds, it means nothing.
    let key = PublicKey::from_openssh(&format!("{name} {body}"))
        .map_err(|error| problem(error.to_string()))?;
    Ok(key.key_data().clone())
}
