//! The laws of keyrings and signatures of SSH, as one function over bytes: what the fuzzer runs, and
//! what the tests replay over the seeds.

use chrono::DateTime;
use promenade_signature::{
    AllowedSigners, Claim, GIT_NAMESPACE, Keyring, SshVerifier, Verdict, VerifySignature as _,
};

/// What the signatures of the seeds are over.
pub(crate) const PAYLOAD: &[u8] = b"payload";

/// Asserts every law over one input: an `allowed_signers` file, an empty line, and a signature.
/// Returns true if the signature is good.
///
/// A keyring is its lines, each read alone; one that is refused is so for the line that is named.
/// A good signature is by a key, or an authority, that the keyring names; it is good over no other
/// bytes and for no other namespace; and nobody is trusted by an empty keyring.
///
/// # Panics
/// If a law does not hold.
pub(crate) fn signature(data: &[u8]) -> bool {
    let gap = data.windows(2).position(|pair| pair == b"\n\n");
    let (keyring, signature) = match gap {
        Some(at) => (&data[..at], &data[at + 2..]),
        None => (data, data),
    };
    let Ok(keyring) = std::str::from_utf8(keyring) else {
        return judged(&AllowedSigners::default(), signature);
    };
    match keyring.parse() {
        Ok(allowed) => {
            by_line(keyring, &allowed);
            judged(&allowed, signature)
        }
        Err(error) => {
            let error: promenade_signature::ParseAllowedSignersError = error;
            let lines: Vec<&str> = keyring.lines().collect();
            let line = error.line();
            assert!((1..=lines.len()).contains(&line), "line {line}: {error}");
            let before = lines[..line - 1].join("\n");
            assert!(before.parse::<AllowedSigners>().is_ok(), "{error}");
            assert!(
                lines[line - 1].parse::<AllowedSigners>().is_err(),
                "{error}"
            );
            judged(&AllowedSigners::default(), signature)
        }
    }
}

fn by_line(keyring: &str, allowed: &AllowedSigners) {
    let mut merged = AllowedSigners::default();
    for line in keyring.lines() {
        let one: AllowedSigners = line.parse().expect("a line of a keyring that is read");
        assert!(one.signers().len() <= 1, "{line:?}");
        merged = merged.merge(one);
    }
    assert_eq!(&merged, allowed);
    for signer in allowed.signers() {
        assert!(signer.fingerprint().starts_with("SHA256:"));
        assert!(!signer.principals().is_empty());
    }
    let more = format!("# a comment\n\n{keyring}\n\n# another\n");
    assert_eq!(more.parse().as_ref(), Ok(allowed));
}

fn judged(allowed: &AllowedSigners, signature: &[u8]) -> bool {
    let at = DateTime::from_timestamp(1_767_225_600, 0).expect("a time");
    let claim = Claim {
        payload: PAYLOAD,
        signature,
        namespace: GIT_NAMESPACE,
        signed_at: at,
        now: at,
    };
    let verifier = SshVerifier::new(allowed.clone());
    let verdict = verifier.verify(&claim);
    let keyring = Keyring::new().with_ssh(verifier.clone());
    let other = Claim {
        payload: b"other",
        ..claim
    };
    assert!(!verifier.verify(&other).is_good());
    let other = Claim {
        namespace: "file",
        ..claim
    };
    // What is for `file` is not for `git`: one of the two at most.
    assert!(!(verifier.verify(&other).is_good() && verdict.is_good()));
    // Whoever is trusted under a name is trusted when no name is asked for.
    assert!(!verifier.verify_as("ada", &claim).is_good() || verdict.is_good());
    let nobody = SshVerifier::new(AllowedSigners::default());
    assert!(!nobody.verify(&claim).is_good());
    let Verdict::Good(signer) = &verdict else {
        assert!(!keyring.verify(&claim).is_good(), "{verdict}");
        return false;
    };
    let names = |line: &promenade_signature::AllowedSigner| {
        line.is_authority() || line.fingerprint() == signer.key
    };
    assert!(allowed.signers().iter().any(names), "{signer}");
    true
}
