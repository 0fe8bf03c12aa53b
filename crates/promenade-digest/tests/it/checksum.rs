//! Checksum files against coreutils, in both directions.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

use promenade_digest::{ChecksumFile, ChecksumFormat, ChecksumLine, Digest, strategy};
use proptest::prelude::*;

#[cfg(unix)]
fn os(name: &[u8]) -> &OsStr {
    std::os::unix::ffi::OsStrExt::from_bytes(name)
}

/// Runs a program in a directory on files and returns what it prints.
#[cfg(unix)]
#[track_caller]
fn printed(program: &Path, dir: &Path, args: &[&str], names: &[Vec<u8>]) -> Vec<u8> {
    let output = Command::new(program)
        .current_dir(dir)
        .args(args)
        .args(names.iter().map(|name| os(name)))
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    output.stdout
}

#[cfg(unix)]
#[test]
fn lines_are_what_coreutils_prints() {
    let Some(sha256sum) = testkit::program("sha256sum") else {
        return;
    };
    let Some(sha512sum) = testkit::program("sha512sum") else {
        return;
    };
    let names: Vec<Vec<u8>> = [
        &b"a b"[..],
        b" lead",
        b"*star",
        b"back\\slash",
        b"cr\rlf\n",
        b"\xff\xfe",
        b"\\",
        b"x) = y",
        b"n\n",
    ]
    .map(<[u8]>::to_vec)
    .to_vec();
    let dir = tempfile::tempdir().unwrap();
    for name in &names {
        std::fs::write(dir.path().join(os(name)), name).unwrap();
    }
    let styles: [(&[&str], ChecksumFormat); 3] = [
        (&["--"], ChecksumFormat::Gnu),
        (&["--tag", "--"], ChecksumFormat::Bsd),
        (&["-z", "--"], ChecksumFormat::Nul),
    ];
    for (args, format) in styles {
        for (program, digest) in [
            (&sha256sum, Digest::sha256 as fn(&[u8]) -> Digest),
            (&sha512sum, Digest::sha512),
        ] {
            let theirs = printed(program, dir.path(), args, &names);
            let ours: Vec<u8> = names
                .iter()
                .flat_map(|name| ChecksumLine::new(name.clone(), digest(name)).render(format))
                .collect();
            assert_eq!(
                ours.escape_ascii().to_string(),
                theirs.escape_ascii().to_string()
            );
            let file = ChecksumFile::parse(&theirs, format).unwrap();
            assert_eq!(file.render(format), theirs);
            assert_eq!(ChecksumFormat::detect(&theirs), format);
        }
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read(file in strategy::checksum_file()) {
        for format in [ChecksumFormat::Gnu, ChecksumFormat::Nul] {
            let bytes = file.render(format);
            prop_assert_eq!(&ChecksumFile::parse(&bytes, format).unwrap(), &file);
        }
    }

    #[test]
    fn what_is_read_is_written(file in strategy::checksum_file(), at in any::<prop::sample::Index>(), byte: u8) {
        for format in [ChecksumFormat::Gnu, ChecksumFormat::Bsd, ChecksumFormat::Nul] {
            let mut bytes = file.render(format);
            let at = at.index(bytes.len());
            bytes[at] = byte;
            if let Ok(read) = ChecksumFile::parse(&bytes, format) {
                prop_assert_eq!(read.render(format), bytes);
            }
        }
    }
}

/// Whether `sha256sum -c` takes a file.
#[cfg(unix)]
fn accepted(program: &Path, dir: &Path, sums: &Path, args: &[&str]) -> bool {
    let output = Command::new(program)
        .current_dir(dir)
        .args(args)
        .arg(sums)
        .output()
        .unwrap();
    output.status.success()
}

#[cfg(unix)]
#[test]
fn what_we_write_sha256sum_checks() {
    let Some(sha256sum) = testkit::program("sha256sum") else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let names: [&[u8]; 5] = [b"a b", b"back\\slash", b"n\nl", b"\xff", b"x"];
    for name in names {
        std::fs::write(dir.path().join(os(name)), name).unwrap();
    }
    let file = ChecksumFile::new(names.map(|n| ChecksumLine::new(n, Digest::sha256(n)))).unwrap();
    let sums = dir.path().join("SHA256SUMS");
    for format in [ChecksumFormat::Gnu, ChecksumFormat::Bsd] {
        std::fs::write(&sums, file.render(format)).unwrap();
        assert!(accepted(&sha256sum, dir.path(), &sums, &["--strict", "-c"]));
    }
    std::fs::write(dir.path().join("x"), "changed").unwrap();
    assert!(!accepted(
        &sha256sum,
        dir.path(),
        &sums,
        &["--strict", "-c"]
    ));
}

#[cfg(unix)]
#[test]
fn openssl_finds_the_same_digests() {
    let Some(openssl) = testkit::program("openssl") else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    for size in [
        0, 1, 55, 56, 63, 64, 65, 111, 112, 128, 65_535, 65_536, 65_537, 200_000,
    ] {
        let bytes: Vec<u8> = (0..size).map(|n: u32| n.to_le_bytes()[0]).collect();
        std::fs::write(dir.path().join("f"), &bytes).unwrap();
        for (flag, digest) in [
            ("-sha256", Digest::sha256(&bytes)),
            ("-sha512", Digest::sha512(&bytes)),
        ] {
            let args = ["dgst", flag, "-r"];
            let theirs = printed(&openssl, dir.path(), &args, &[b"f".to_vec()]);
            let theirs = String::from_utf8(theirs).unwrap();
            let algorithm = digest.algorithm();
            assert_eq!(theirs.split(' ').next(), Some(digest.encoded().as_str()));
            let streamed = promenade_digest::hash(&bytes[..], algorithm).unwrap();
            assert_eq!(
                (streamed.digest(), streamed.size()),
                (digest, u64::from(size))
            );
        }
    }
}

#[cfg(unix)]
#[test]
fn the_lines_of_b3sum_have_our_form_and_never_verify() {
    let Some(b3sum) = testkit::program("b3sum") else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let names: Vec<Vec<u8>> = [&b"a b"[..], b"back\\slash", b"n\nl", b"\xc3\xa9"]
        .map(<[u8]>::to_vec)
        .to_vec();
    for name in &names {
        std::fs::write(dir.path().join(os(name)), name).unwrap();
    }
    let theirs = printed(&b3sum, dir.path(), &[], &names);
    let file = ChecksumFile::parse(&theirs, ChecksumFormat::Gnu).unwrap();
    assert_eq!(file.render(ChecksumFormat::Gnu), theirs);
    for (line, name) in file.lines().iter().zip(&names) {
        assert_eq!(line.name(), name);
        // 64 digits of another algorithm are not the digest of the file.
        line.digest().verify(name).unwrap_err();
    }
}
