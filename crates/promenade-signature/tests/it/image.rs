//! Celo's way (B11, B17): a detached signature over what `docker save` writes. It says who vouches
//! for exactly these bytes; what is promoted is the image, by the digests inside.

use std::path::Path;
use std::process::Command;

use promenade_digest::image::{Agreement, Images, Limits, read_archive};
use promenade_digest::unobserved;
use promenade_signature::{Claim, FILE_NAMESPACE, PgpKeys, PgpVerifier, Verdict, VerifySignature};

use crate::pgp::{Home, at};

#[track_caller]
fn run(dir: &Path, program: &str, args: &[&str]) {
    let output = Command::new(program)
        .args(args)
        .current_dir(dir)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {args:?}: {said}");
}

fn image_of(archive: &Path) -> Images {
    let file = std::fs::File::open(archive).unwrap();
    read_archive(file, &Limits::default(), &mut unobserved()).unwrap()
}

#[test]
fn a_signature_over_a_saved_image_holds_for_its_bytes_and_promotion_compares_digests() {
    for program in ["umoci", "skopeo"] {
        if testkit::program(program).is_none() {
            return;
        }
    }
    let Some(home) = Home::new() else { return };
    let work = tempfile::tempdir().unwrap();
    let dir = work.path();
    run(dir, "umoci", &["init", "--layout", "img"]);
    run(dir, "umoci", &["new", "--image", "img:v1"]);
    run(
        dir,
        "umoci",
        &["unpack", "--rootless", "--image", "img:v1", "b"],
    );
    std::fs::write(dir.join("b/rootfs/file"), "service").unwrap();
    run(dir, "umoci", &["repack", "--image", "img:v1", "b"]);
    // The same image saved under its version and under a network: other bytes, same image.
    for (name, tag) in [("version.tar", "app:1.0.5"), ("network.tar", "app:mainnet")] {
        let to = format!("docker-archive:{name}:{tag}");
        run(
            dir,
            "skopeo",
            &["copy", "-q", "--insecure-policy", "oci:img:v1", &to],
        );
    }
    let key = home.key("20240101", "core-developer", "rsa2048", "sign", "0");
    let bytes = std::fs::read(dir.join("version.tar")).unwrap();
    let signature = home.gpg(
        "20260101",
        &["--armor", "--detach-sign", "--local-user", &key],
        &bytes,
    );
    let verifier = PgpVerifier::new(PgpKeys::parse(&home.export(&key)).unwrap());
    let judge = |payload: &[u8]| {
        let signed_at = at("2026-01-01T12:00:00Z");
        let now = at("2026-11-21T00:00:00Z");
        let signature = signature.as_slice();
        let namespace = FILE_NAMESPACE;
        verifier.verify(&Claim {
            payload,
            signature,
            namespace,
            signed_at,
            now,
        })
    };
    let verdict = judge(&bytes);
    assert_eq!(
        verdict.good().map(|signer| signer.key.as_str()),
        Some(key.as_str()),
        "{verdict}"
    );
    let other = std::fs::read(dir.join("network.tar")).unwrap();
    assert_ne!(bytes, other);
    assert!(
        matches!(judge(&other), Verdict::Bad { .. }),
        "the tarball is not the same bytes"
    );
    let (one, two) = (
        image_of(&dir.join("version.tar")),
        image_of(&dir.join("network.tar")),
    );
    assert_eq!(
        one.same_images(&two).unwrap(),
        Agreement::Config,
        "the image is the same"
    );
}
