//! The envelope of an SSH signature: what stands between the armor lines.

use base64ct::{Base64, Encoding};
use ssh_key::public::KeyData;
use ssh_key::{Certificate, HashAlg, Signature};

const BEGIN: &str = "-----BEGIN SSH SIGNATURE-----";
const END: &str = "-----END SSH SIGNATURE-----";
const MAGIC: &[u8] = b"SSHSIG";
/// The longest armored signature that is read, in bytes. RSA with 16,384 bits needs 6 KiB.
const MAX_ARMOR_BYTES: usize = 64 * 1024;

/// The fields of a signature, decoded and not yet believed.
pub(super) struct Envelope {
    pub(super) key: EnvelopeKey,
    pub(super) namespace: String,
    pub(super) hash: HashAlg,
    /// The algorithm as the signature names it.
    pub(super) algorithm: String,
    /// `None` where the algorithm is one that is never accepted.
    pub(super) signature: Option<Signature>,
}

pub(super) enum EnvelopeKey {
    Plain(KeyData),
    Certificate(Box<Certificate>),
}

impl EnvelopeKey {
    /// Returns the key that made the signature.
    pub(super) fn data(&self) -> &KeyData {
        match self {
            Self::Plain(key) => key,
            Self::Certificate(certificate) => certificate.public_key(),
        }
    }

    pub(super) fn fingerprint(&self) -> String {
        self.data().fingerprint(HashAlg::Sha256).to_string()
    }
}

/// Reads an armored signature: one block, nothing before it and nothing but a line end after it.
pub(super) fn read(armored: &[u8]) -> Result<Envelope, String> {
    decode(&dearmor(armored)?)
}

fn dearmor(armored: &[u8]) -> Result<Vec<u8>, String> {
    if armored.len() > MAX_ARMOR_BYTES {
        return Err(format!("longer than {MAX_ARMOR_BYTES} bytes"));
    }
    let text = str::from_utf8(armored).map_err(|_| "expected ASCII armor".to_owned())?;
    let body = text
        .strip_prefix(BEGIN)
        .filter(|rest| rest.starts_with(['\n', '\r']))
        .ok_or_else(|| format!("expected `{BEGIN}` first"))?;
    let (body, after) = body
        .split_once(END)
        .ok_or_else(|| format!("expected `{END}` last"))?;
    if !matches!(after, "" | "\n" | "\r\n") {
        return Err(format!("expected nothing after `{END}`"));
    }
    let joined: String = body.chars().filter(|c| !matches!(c, '\n' | '\r')).collect();
    Base64::decode_vec(&joined).map_err(|error| format!("expected base64 in the armor: {error}"))
}

fn decode(blob: &[u8]) -> Result<Envelope, String> {
    let mut rest = blob
        .strip_prefix(MAGIC)
        .ok_or("expected `SSHSIG` in front")?;
    let version = number(&mut rest)?;
    if version != 1 {
        return Err(format!("expected version 1, found {version}"));
    }
    let key = key(string(&mut rest)?)?;
    let namespace = text(string(&mut rest)?, "namespace")?;
    if namespace.is_empty() {
        return Err("the namespace is empty".to_owned());
    }
    if !string(&mut rest)?.is_empty() {
        return Err("expected the reserved field to be empty".to_owned());
    }
    let hash = match string(&mut rest)? {
        b"sha256" => HashAlg::Sha256,
        b"sha512" => HashAlg::Sha512,
        other => {
            let found = String::from_utf8_lossy(other);
            return Err(format!(
                "expected hash `sha256` or `sha512`, found `{found}`"
            ));
        }
    };
    let raw = string(&mut rest)?;
    if !rest.is_empty() {
        return Err(format!("{} bytes follow the signature", rest.len()));
    }
    let mut inner = raw;
    let algorithm = text(string(&mut inner)?, "signature algorithm")?;
    let signature = match algorithm.as_str() {
        // Signatures over SHA-1; decoding them is not even tried.
        "ssh-rsa" | "ssh-dss" => None,
        _ => Some(Signature::try_from(raw).map_err(|error| format!("the signature: {error}"))?),
    };
    Ok(Envelope {
        key,
        namespace,
        hash,
        algorithm,
        signature,
    })
}

fn key(bytes: &[u8]) -> Result<EnvelopeKey, String> {
    let mut rest = bytes;
    let name = text(string(&mut rest)?, "key type")?;
    if name.ends_with("-cert-v01@openssh.com") {
        let certificate = Certificate::from_bytes(bytes)
            .map_err(|error| format!("the certificate of the signer: {error}"))?;
        return Ok(EnvelopeKey::Certificate(Box::new(certificate)));
    }
    let key = ssh_key::PublicKey::from_bytes(bytes)
        .map_err(|error| format!("the key of the signer: {error}"))?;
    Ok(EnvelopeKey::Plain(key.key_data().clone()))
}

fn number(rest: &mut &[u8]) -> Result<u32, String> {
    let (head, tail) = rest.split_first_chunk::<4>().ok_or_else(cut)?;
    *rest = tail;
    Ok(u32::from_be_bytes(*head))
}

fn string<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8], String> {
    let length = usize::try_from(number(rest)?).map_err(|_| cut())?;
    let (head, tail) = rest.split_at_checked(length).ok_or_else(cut)?;
    *rest = tail;
    Ok(head)
}

fn text(bytes: &[u8], what: &str) -> Result<String, String> {
    String::from_utf8(bytes.to_vec()).map_err(|_| format!("expected a text as {what}"))
}

fn cut() -> String {
    "the signature is cut short".to_owned()
}
