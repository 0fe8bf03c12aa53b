//! Checksum files against coreutils, in both directions.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

use promenade_digest::{ChecksumFile, ChecksumFormat, ChecksumLine, Digest};
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

fn any_name() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        proptest::collection::vec(1..=255_u8, 1..20),
        proptest::collection::vec(proptest::sample::select(b"ab \\\n\r*().-=".to_vec()), 1..8),
    ]
}

fn any_file() -> impl Strategy<Value = ChecksumFile> {
    let line = (any_name(), any::<[u8; 32]>(), any::<bool>());
    proptest::collection::btree_map(any_name(), line, 1..8).prop_map(|lines| {
        let lines = lines.into_iter().map(|(name, (_, digest, binary))| {
            let line = ChecksumLine::new(name, Digest::Sha256(digest));
            if binary { line.binary() } else { line }
        });
        ChecksumFile::new(lines).unwrap()
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read(file in any_file()) {
        for format in [ChecksumFormat::Gnu, ChecksumFormat::Nul] {
            let bytes = file.render(format);
            prop_assert_eq!(&ChecksumFile::parse(&bytes, format).unwrap(), &file);
        }
    }

    #[test]
    fn what_is_read_is_written(file in any_file(), at in any::<prop::sample::Index>(), byte: u8) {
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
