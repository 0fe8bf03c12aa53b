//! 1–11: texts that are not digests, and digests that are not equal.

use promenade_digest::{
    AnyArtifactId, ArtifactId, ArtifactKind, Digest, KindMismatch, ParseDigestErrorKind, kind,
};
use proptest::prelude::*;

const HEX: &str = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03";

#[track_caller]
fn refused(text: &str) -> ParseDigestErrorKind {
    let error = text.parse::<Digest>().unwrap_err();
    assert_eq!(error.input(), text);
    error.kind().clone()
}

#[track_caller]
fn bad_character(text: &str, at: usize, found: char) {
    assert_eq!(refused(text), ParseDigestErrorKind::Character { at, found });
}

#[test]
fn adv_001_upper_case_hex() {
    bad_character(&format!("sha256:{}", HEX.to_uppercase()), 11, 'B');
    assert!(matches!(
        refused(&format!("SHA256:{HEX}")),
        ParseDigestErrorKind::UnknownAlgorithm { .. }
    ));
}

#[test]
fn adv_002_mixed_case_hex() {
    bad_character(&format!("sha256:{}", HEX.replacen("b5", "B5", 1)), 11, 'B');
}

#[test]
fn adv_003_one_digit_short_or_long() {
    for (text, found) in [(&HEX[1..], 63), (&format!("{HEX}0")[..], 65)] {
        let expected = 64;
        assert_eq!(
            refused(&format!("sha256:{text}")),
            ParseDigestErrorKind::Length { expected, found }
        );
    }
}

#[test]
fn adv_004_sha512_with_64_digits() {
    assert_eq!(
        refused(&format!("sha512:{HEX}")),
        ParseDigestErrorKind::Length {
            expected: 128,
            found: 64
        }
    );
}

#[test]
fn adv_005_sha256_with_the_digits_of_sha1() {
    assert_eq!(
        refused("sha256:da39a3ee5e6b4b0d3255bfef95601890afd80709"),
        ParseDigestErrorKind::Length {
            expected: 64,
            found: 40
        }
    );
}

#[test]
fn adv_006_algorithms_that_identify_nothing() {
    for name in [
        "md5",
        "sha1",
        "sha256+b64u",
        "sha224",
        "blake3",
        "",
        "sha-256",
        "sha256 ",
    ] {
        assert_eq!(
            refused(&format!("{name}:{HEX}")),
            ParseDigestErrorKind::UnknownAlgorithm {
                found: name.to_owned()
            }
        );
    }
    assert_eq!(refused(HEX), ParseDigestErrorKind::MissingAlgorithm);
}

#[test]
fn adv_007_spaces_nul_bom_and_other_digits() {
    let good = format!("sha256:{HEX}");
    for text in [
        format!(" {good}"),
        format!("{good} "),
        format!("{good}\n"),
        format!("{good}\0"),
        format!("\u{feff}{good}"),
        good.replacen('5', "\u{ff15}", 1),
        good.replacen('5', "\u{0665}", 2),
        good.replace(':', ": "),
        good.replace("sha256:", "sha256:0x"),
    ] {
        refused(&text);
    }
}

#[test]
fn adv_008_base64_and_subresource_integrity() {
    refused("sha256-WJG1tSLV3whtD/CxEPvZ0hu0/HFjrzTQgoai6Eb2vgM=");
    bad_character(
        "sha256:WJG1tSLV3whtD/CxEPvZ0hu0/HFjrzTQgoai6Eb2vgM=",
        7,
        'W',
    );
}

#[test]
fn adv_009_the_same_first_digits_are_no_equality() {
    let one: Digest = format!("sha256:{HEX}").parse().unwrap();
    let twin = format!("sha256:{}{}", &HEX[..12], "0".repeat(52));
    assert_ne!(one, twin.parse().unwrap());
    // A shortened digest is not one.
    refused(&format!("sha256:{}", &HEX[..12]));
}

#[test]
fn adv_010_the_same_bytes_under_two_algorithms() {
    let (a, b) = (Digest::sha256(b"hello\n"), Digest::sha512(b"hello\n"));
    assert_ne!(a, b);
    // Neither does a digest verify by the other algorithm's bytes.
    a.verify(b"hello\n").unwrap();
    b.verify(b"hello\n").unwrap();
    a.verify(b"hello").unwrap_err();
}

/// That the comparison does not compile is shown by the `compile_fail` example of `ArtifactId`.
#[test]
fn adv_011_an_image_id_is_no_manifest_digest() {
    let image_id = AnyArtifactId::from(ArtifactId::<kind::ImageConfig>::of(b"{}"));
    let manifest = AnyArtifactId::from(ArtifactId::<kind::OciManifest>::of(b"{}"));
    assert_eq!(image_id.digest(), manifest.digest());
    assert_ne!(image_id, manifest);
    assert_eq!(
        image_id.downcast::<kind::OciManifest>(),
        Err(KindMismatch {
            expected: ArtifactKind::OciManifest,
            found: ArtifactKind::ImageConfig
        })
    );
}

proptest! {
    #[test]
    fn one_changed_character_is_refused_or_another_digest(
        digest: [u8; 32],
        at in 0..71_usize,
        by in any::<char>(),
    ) {
        let digest = Digest::Sha256(digest);
        let text = digest.to_string();
        prop_assert_eq!(text.parse::<Digest>(), Ok(digest));
        let changed: String = text
            .char_indices()
            .map(|(i, c)| if i == at { by } else { c })
            .collect();
        prop_assume!(changed != text);
        match changed.parse::<Digest>() {
            Ok(other) => prop_assert!(other != digest && other.to_string() == changed),
            Err(error) => prop_assert_eq!(error.input(), changed),
        }
    }
}
