//! Armor around OpenPGP signatures (RFC 9580, section 6), read strictly: one block, nothing around.

use base64ct::{Base64, Encoding};

const BEGIN: &str = "-----BEGIN PGP SIGNATURE-----";
const END: &str = "-----END PGP SIGNATURE-----";
/// The header keys that may stand in front of a signature.
const HEADERS: [&str; 5] = ["Version", "Comment", "MessageID", "Hash", "Charset"];
/// The longest signature that is read, in bytes.
const MAX_BYTES: usize = 256 * 1024;

/// Returns the packets of a signature, armored or raw.
pub(super) fn read(signature: &[u8]) -> Result<Vec<u8>, String> {
    if signature.len() > MAX_BYTES {
        return Err(format!("longer than {MAX_BYTES} bytes"));
    }
    match signature.first() {
        // The first bit of a packet is set; no text starts so.
        Some(first) if first & 0x80 != 0 => Ok(signature.to_vec()),
        _ => dearmor(signature),
    }
}

fn dearmor(armored: &[u8]) -> Result<Vec<u8>, String> {
    let text = str::from_utf8(armored).map_err(|_| "expected ASCII armor".to_owned())?;
    let mut lines = text
        .split('\n')
        .map(|line| line.trim_end_matches([' ', '\t', '\r']));
    if lines.next() != Some(BEGIN) {
        return Err(format!("expected `{BEGIN}` first"));
    }
    for line in lines.by_ref() {
        if line.is_empty() {
            break;
        }
        let known = line
            .split_once(": ")
            .or(line.strip_suffix(':').map(|key| (key, "")))
            .is_some_and(|(key, _)| HEADERS.contains(&key));
        if !known {
            return Err(format!(
                "expected an armor header or an empty line, found `{line}`"
            ));
        }
    }
    let mut body = String::new();
    let mut checksum = None;
    for line in lines.by_ref() {
        match (line, line.strip_prefix('=')) {
            (END, _) => {
                let packets = Base64::decode_vec(&body)
                    .map_err(|error| format!("expected base64 in the armor: {error}"))?;
                check_sum(&packets, checksum)?;
                return match lines.find(|line| !line.is_empty()) {
                    None => Ok(packets),
                    Some(_) => Err(format!("expected nothing after `{END}`")),
                };
            }
            (_, Some(sum)) if sum.len() == 4 => checksum = Some(sum.to_owned()),
            _ if checksum.is_none() => body.push_str(line),
            _ => return Err("expected nothing after the checksum".to_owned()),
        }
    }
    Err(format!("expected `{END}` last"))
}

fn check_sum(packets: &[u8], stated: Option<String>) -> Result<(), String> {
    let Some(stated) = stated else {
        return Ok(());
    };
    let found = crc24(packets).to_be_bytes();
    let expected = Base64::decode_vec(&stated).map_err(|_| "the checksum is not base64")?;
    if found.get(1..) == Some(expected.as_slice()) {
        Ok(())
    } else {
        Err("the checksum of the armor does not fit".to_owned())
    }
}

/// The checksum of RFC 9580, section 6.1.
fn crc24(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| {
        let crc = crc << 1;
        if crc & 0x100_0000 == 0 {
            crc
        } else {
            crc ^ 0x186_4CFB
        }
    };
    let byte = |crc: u32, byte: &u8| (0..8).fold(crc ^ (u32::from(*byte) << 16), step);
    bytes.iter().fold(0xB7_04CE, byte) & 0xFF_FFFF
}
