//! DSSE envelopes (Dead Simple Signing Envelope, version 1.0.0).

use std::collections::BTreeSet;

use super::EnvelopeError;
use crate::base64;
use crate::json::{self, Object};

/// The largest envelope that is read, in bytes.
pub const MAX_ENVELOPE_BYTES: usize = 16 * 1024 * 1024;
/// The type of a payload that is an in-toto statement.
pub const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

/// Returns the bytes that a signature is over ("pre-authentication encoding"): both parts with
/// their lengths, so that nothing can move from one to the other.
///
/// ```
/// let bytes = promenade_digest::attestation::pae("http://example.com/HelloWorld", b"hello world");
/// assert_eq!(bytes, b"DSSEv1 29 http://example.com/HelloWorld 11 hello world");
/// ```
#[must_use]
pub fn pae(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let (a, b) = (payload_type.len(), payload.len());
    let mut bytes = format!("DSSEv1 {a} {payload_type} {b} ").into_bytes();
    bytes.extend_from_slice(payload);
    bytes
}

/// A signature of an envelope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvelopeSignature {
    /// A hint at the key; not authenticated.
    pub key_id: Option<String>,
    /// The signature.
    pub signature: Vec<u8>,
}

/// A payload with its type and signatures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    payload_type: String,
    payload: Vec<u8>,
    signatures: Vec<EnvelopeSignature>,
}

impl Envelope {
    /// Makes an envelope of a payload and the signature that `sign` makes over its encoding.
    ///
    /// # Errors
    /// Whatever `sign` fails with.
    pub fn sign<E>(
        payload_type: &str,
        payload: Vec<u8>,
        sign: impl FnOnce(&[u8]) -> Result<EnvelopeSignature, E>,
    ) -> Result<Self, E> {
        let signature = sign(&pae(payload_type, &payload))?;
        Ok(Self {
            payload_type: payload_type.to_owned(),
            payload,
            signatures: vec![signature],
        })
    }

    /// Adds another signature.
    ///
    /// # Errors
    /// Whatever `sign` fails with.
    pub fn countersign<E>(
        mut self,
        sign: impl FnOnce(&[u8]) -> Result<EnvelopeSignature, E>,
    ) -> Result<Self, E> {
        self.signatures
            .push(sign(&pae(&self.payload_type, &self.payload))?);
        Ok(self)
    }

    /// Reads an envelope.
    ///
    /// # Errors
    /// [`EnvelopeError`]: too long, no JSON or not of the shape, an unknown key, another spelling
    /// of base64, no signature.
    pub fn parse(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        if bytes.len() > MAX_ENVELOPE_BYTES {
            return Err(EnvelopeError::TooLong);
        }
        let value = json::parse(bytes).map_err(EnvelopeError::Json)?;
        let object = exact(
            &value,
            "envelope",
            &["payloadType", "payload", "signatures"],
        )?;
        let text = |key| object.text(key).map_err(EnvelopeError::Json);
        let signatures = object.array("signatures").map_err(EnvelopeError::Json)?;
        if signatures.is_empty() {
            return Err(EnvelopeError::Unsigned);
        }
        let signatures = signatures.iter().map(|value| {
            let object = exact(value, "signature", &["keyid", "sig"])?;
            let key_id = object.optional_text("keyid").map_err(EnvelopeError::Json)?;
            let signature = object.text("sig").map_err(EnvelopeError::Json)?;
            Ok(EnvelopeSignature {
                key_id: key_id.filter(|id| !id.is_empty()).map(str::to_owned),
                signature: base64::decode(signature)
                    .ok_or(EnvelopeError::Base64 { field: "sig" })?,
            })
        });
        Ok(Self {
            payload_type: text("payloadType")?.to_owned(),
            payload: base64::decode(text("payload")?)
                .ok_or(EnvelopeError::Base64 { field: "payload" })?,
            signatures: signatures.collect::<Result<_, _>>()?,
        })
    }

    /// Returns the JSON of the envelope, in one line.
    #[must_use]
    pub fn render(&self) -> String {
        let signatures: Vec<_> = self
            .signatures
            .iter()
            .map(|signature| {
                let sig = base64::encode(&signature.signature);
                match &signature.key_id {
                    Some(id) => serde_json::json!({ "keyid": id, "sig": sig }),
                    None => serde_json::json!({ "sig": sig }),
                }
            })
            .collect();
        let value = serde_json::json!({
            "payloadType": self.payload_type,
            "payload": base64::encode(&self.payload),
            "signatures": signatures,
        });
        format!("{value}\n")
    }

    /// Returns the signatures, good or not.
    #[must_use]
    pub fn signatures(&self) -> &[EnvelopeSignature] {
        &self.signatures
    }

    /// Returns the payload if it is of the type and enough keys signed it.
    ///
    /// `verify` is called with the encoded bytes and each signature, and returns the identity of
    /// the key if the signature is good and the key is one to trust here. Several signatures by
    /// one key count once.
    ///
    /// # Errors
    /// [`EnvelopeError::PayloadType`], or [`EnvelopeError::Threshold`] if fewer than `threshold`
    /// keys (at least one) signed.
    pub fn verify(
        &self,
        payload_type: &str,
        threshold: usize,
        mut verify: impl FnMut(&[u8], &EnvelopeSignature) -> Option<String>,
    ) -> Result<&[u8], EnvelopeError> {
        if self.payload_type != payload_type {
            return Err(EnvelopeError::PayloadType {
                expected: payload_type.to_owned(),
                found: self.payload_type.clone(),
            });
        }
        let bytes = pae(&self.payload_type, &self.payload);
        let keys: BTreeSet<_> = self
            .signatures
            .iter()
            .filter_map(|signature| verify(&bytes, signature))
            .collect();
        let expected = threshold.max(1);
        if keys.len() < expected {
            return Err(EnvelopeError::Threshold {
                expected,
                found: keys.len(),
            });
        }
        Ok(&self.payload)
    }
}

/// Takes an object that has no other keys than these.
fn exact<'a>(
    value: &'a serde_json::Value,
    name: &str,
    known: &[&str],
) -> Result<Object<'a>, EnvelopeError> {
    let object = Object::new(value, name, known).map_err(EnvelopeError::Json)?;
    match object.keys().find(|key| !known.contains(&key.as_str())) {
        None => Ok(object),
        Some(key) => Err(EnvelopeError::UnknownKey { key: key.clone() }),
    }
}
