//! The laws of version texts, as one function over bytes: what the fuzzer runs, and what the tests
//! replay over the seeds.

use promenade_version::{ParseVersionErrorKind, Scheme, SchemeKind, Version};

/// Asserts every law over one text: the first byte picks the scheme, the rest is the text.
///
/// What is read is printed back byte for byte; a refusal that names a canonical form names one that
/// is read; strict SemVer is what the `semver` crate reads.
///
/// # Panics
/// If a law does not hold.
pub(crate) fn version(data: &[u8]) {
    let Some((pick, Ok(text))) = data
        .split_first()
        .map(|(p, t)| (*p, std::str::from_utf8(t)))
    else {
        return;
    };
    let scheme = scheme(pick);
    let read = scheme.parse(text);
    assert_eq!(
        scheme.recognise(text).as_ref(),
        read.as_ref().ok(),
        "{text:?}"
    );
    if scheme == Scheme::semver() {
        assert_eq!(
            read.as_ref().ok(),
            Version::parse(text).as_ref().ok(),
            "{text:?}"
        );
    }
    match read {
        Ok(version) => {
            assert_eq!(scheme.format(&version).as_deref(), Ok(text));
            let _ = scheme.meaning(&version);
        }
        Err(error) => {
            if let ParseVersionErrorKind::NotCanonical { canonical } = error.kind() {
                assert_ne!(canonical, text);
                let version = scheme.parse(canonical).expect("the canonical form is read");
                assert_eq!(scheme.format(&version).as_ref(), Ok(canonical));
            }
        }
    }
}

fn scheme(pick: u8) -> Scheme {
    let calendar = |format: &str| SchemeKind::Calendar(format.parse().expect("a format"));
    let builder = match pick {
        b's' => return Scheme::semver(),
        b'd' => Scheme::builder(SchemeKind::Semver)
            .candidate("alpha.{n}")
            .candidate("rc{n}"),
        b'm' => Scheme::builder(SchemeKind::MajorMinor).candidate("prerelease{n}"),
        b'i' => Scheme::builder(SchemeKind::Integer).candidate("rc{n}"),
        b'w' => Scheme::builder(calendar("YYWW.PATCH"))
            .candidate("pre")
            .legacy("prerelease"),
        b'y' => Scheme::builder(calendar("YYYY.0M.MICRO")).candidate("rc.{n}"),
        _ => Scheme::builder(calendar("0Y0M0D")),
    };
    let builder = builder.stable("hotfix").stable("{hex}").manifest("dev");
    builder.build().expect("a sound scheme")
}
