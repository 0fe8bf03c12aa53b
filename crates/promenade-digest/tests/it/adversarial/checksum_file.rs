//! 12–38: checksum files that `sha256sum -c` accepts, or that read differently than they look.

use std::collections::BTreeMap;
use std::fs;

use promenade_digest::fs::check_files;
use promenade_digest::{
    ArtifactName, ChecksumFile, ChecksumFormat, ChecksumLine, Digest, MAX_CHECKSUM_LINES,
    MAX_CHECKSUM_NAME_BYTES, ParseChecksumsErrorKind, ParseDigestErrorKind, ParseNameErrorKind,
    WalkErrorKind, unobserved,
};

const HEX: &str = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03";

fn name(text: &str) -> ArtifactName {
    text.parse().unwrap()
}

fn parse(text: &str) -> ChecksumFile {
    ChecksumFile::parse(text.as_bytes(), ChecksumFormat::Gnu).unwrap()
}

/// The line and the kind of the error that reading ends with.
#[track_caller]
fn refused(bytes: &[u8]) -> (usize, ParseChecksumsErrorKind) {
    let error = ChecksumFile::parse(bytes, ChecksumFormat::detect(bytes)).unwrap_err();
    (error.line(), error.kind().clone())
}

/// Why the only name of a file is not trusted, also where paths are allowed.
#[track_caller]
fn untrusted(name: &str) -> ParseNameErrorKind {
    untrusted_bytes(name.as_bytes())
}

#[track_caller]
fn untrusted_bytes(name: &[u8]) -> ParseNameErrorKind {
    let file = ChecksumFile::new([ChecksumLine::new(name, Digest::sha256(b"hello\n"))]).unwrap();
    let read = ChecksumFile::parse(&file.render(ChecksumFormat::Gnu), ChecksumFormat::Gnu).unwrap();
    read.names().unwrap_err();
    let error = read.paths().unwrap_err();
    assert_eq!(error.untrusted().len(), 1);
    // A name that is expected does not make another one trusted.
    read.select_among(&[]).unwrap_err();
    error.untrusted()[0].kind().clone()
}

#[test]
fn adv_012_a_name_that_climbs_out() {
    for text in ["../a", "d/../../a", "d/..", "..", ".", "./a", "d//a", "d/"] {
        assert!(
            matches!(untrusted(text), ParseNameErrorKind::Part { .. }),
            "{text}"
        );
    }
}

#[test]
fn adv_013_an_absolute_name() {
    assert_eq!(untrusted("/etc/passwd"), ParseNameErrorKind::Absolute);
}

#[test]
fn adv_014_drive_letters_and_shares() {
    let backslash = |at| ParseNameErrorKind::Character { at, found: '\\' };
    assert_eq!(untrusted("C:\\a"), backslash(2));
    assert_eq!(untrusted("\\\\srv\\a"), backslash(0));
    assert_eq!(untrusted("C:a"), ParseNameErrorKind::Absolute);
    // Not escaped, they are not even read.
    let (_, kind) = refused(format!("{HEX}  C:\\a\n").as_bytes());
    assert_eq!(kind, ParseChecksumsErrorKind::Escape);
}

#[test]
fn adv_015_standard_input_and_options() {
    assert_eq!(untrusted("-"), ParseNameErrorKind::Dash);
    assert_eq!(untrusted("--help"), ParseNameErrorKind::Dash);
}

#[test]
fn adv_016_the_same_name_twice() {
    let (line, kind) = refused(format!("{HEX}  a\n{HEX}  a\n").as_bytes());
    let (first, conflicting) = (1, false);
    assert_eq!(line, 2);
    assert_eq!(
        kind,
        ParseChecksumsErrorKind::Duplicate { first, conflicting }
    );
}

#[test]
fn adv_017_the_same_name_with_two_digests() {
    let other = "0".repeat(64);
    let (line, kind) = refused(format!("{HEX}  a\n{HEX}  b\n{other} *a\n").as_bytes());
    let (first, conflicting) = (1, true);
    assert_eq!(line, 3);
    assert_eq!(
        kind,
        ParseChecksumsErrorKind::Duplicate { first, conflicting }
    );
}

#[test]
fn adv_018_names_that_differ_in_case_only() {
    let file = parse(&format!("{HEX}  App\n{HEX}  app\n"));
    let error = file.select_among(&[name("app")]).unwrap_err();
    assert_eq!(error.case_twins(), [(name("App"), name("app"))]);
}

#[test]
fn adv_019_composed_and_decomposed_names() {
    let found = '\u{301}';
    let combined = ParseNameErrorKind::Character { at: 1, found };
    assert_eq!(untrusted("e\u{301}.tar"), combined);
    // The composed twin is a name; the list with both is not used.
    let file = parse(&format!("{HEX}  \u{e9}.tar\n{HEX}  e\u{301}.tar\n"));
    file.select_among(&[name("\u{e9}.tar")]).unwrap_err();
    untrusted("\u{1112}\u{1161}\u{11ab}");
}

#[test]
fn adv_020_a_decoy_in_place_of_the_expected_name() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("decoy"), "hello\n").unwrap();
    fs::write(dir.path().join("app.tar.gz"), "evil\n").unwrap();
    let file = parse(&format!("{HEX}  decoy\n"));
    for result in [
        file.select(&[name("app.tar.gz")]),
        file.select_among(&[name("app.tar.gz")]),
    ] {
        assert_eq!(result.unwrap_err().missing(), [name("app.tar.gz")]);
    }
}

#[test]
fn adv_021_a_name_that_was_not_expected() {
    let file = parse(&format!("{HEX}  app\n{HEX}  more\n"));
    let error = file.select(&[name("app")]).unwrap_err();
    assert_eq!(error.unexpected(), [name("more")]);
    // That others may be listed is a choice of the caller, and they are not among the result.
    let selected = file.select_among(&[name("app")]).unwrap();
    assert_eq!(selected.into_keys().collect::<Vec<_>>(), [name("app")]);
}

#[test]
fn adv_022_comments() {
    let (line, _) = refused(format!("# app.tar.gz\n{HEX}  decoy\n").as_bytes());
    assert_eq!(line, 1);
    let (line, _) = refused(format!("{HEX}  a\n# {HEX}  b\n").as_bytes());
    assert_eq!(line, 2);
}

#[test]
fn adv_023_garbage_and_one_good_line() {
    for garbage in ["garbage", "", " ", "-----BEGIN PGP SIGNED MESSAGE-----"] {
        let (line, _) = refused(format!("{garbage}\n{HEX}  a\n").as_bytes());
        assert_eq!(line, 1, "{garbage}");
    }
    // One space, leading spaces, upper case, a BOM: `sha256sum -c` takes the most of these.
    for line in [
        format!("{HEX} a\n"),
        format!(" {HEX}  a\n"),
        format!("{}  a\n", HEX.to_uppercase()),
        format!("\u{feff}{HEX}  a\n"),
        format!("{}  a\n", &HEX[1..]),
        format!("\\{HEX}  a\n"),
        format!("SHA2-256(a)= {HEX}\n"),
    ] {
        refused(line.as_bytes());
    }
}

#[test]
fn adv_024_carriage_returns() {
    let (line, kind) = refused(format!("{HEX}  a\r\n").as_bytes());
    assert_eq!((line, kind), (1, ParseChecksumsErrorKind::CarriageReturn));
    let (_, kind) = refused(format!("{HEX}  a\rb\n").as_bytes());
    assert_eq!(kind, ParseChecksumsErrorKind::Escape);
}

#[test]
fn adv_025_no_line_feed_at_the_end() {
    let (line, kind) = refused(format!("{HEX}  a\n{HEX}  b").as_bytes());
    assert_eq!((line, kind), (2, ParseChecksumsErrorKind::MissingEnd));
}

#[test]
fn adv_026_an_empty_file() {
    assert_eq!(refused(b""), (0, ParseChecksumsErrorKind::Empty));
    let none: [ChecksumLine; 0] = [];
    ChecksumFile::new(none).unwrap_err();
    let (_, kind) = refused(format!("{HEX}  \n").as_bytes());
    assert_eq!(kind, ParseChecksumsErrorKind::EmptyName);
}

#[test]
fn adv_027_escaped_names_come_back() {
    let names: [&[u8]; 6] = [b"a\nb", b"a\\b", b"a\rb", b"\\", b"\\n", b"\n\r\\"];
    let lines = names.map(|name| ChecksumLine::new(name, Digest::sha256(name)));
    let file = ChecksumFile::new(lines).unwrap();
    for format in [
        ChecksumFormat::Gnu,
        ChecksumFormat::Bsd,
        ChecksumFormat::Nul,
    ] {
        let bytes = file.render(format);
        assert_eq!(ChecksumFile::parse(&bytes, format).unwrap(), file);
    }
}

#[test]
fn adv_028_bad_escapes() {
    for name in ["a\\tb", "a\\", "a\\x41", "a\\\\\\"] {
        let (_, kind) = refused(format!("\\{HEX}  {name}\n").as_bytes());
        assert_eq!(kind, ParseChecksumsErrorKind::Escape, "{name}");
    }
    // An escaped line without anything to escape is another spelling of the plain one.
    let (_, kind) = refused(format!("\\{HEX}  plain\n").as_bytes());
    assert_eq!(kind, ParseChecksumsErrorKind::Escape);
}

#[test]
fn adv_029_nul_bytes() {
    let (line, kind) = refused(format!("{HEX}  a\0b\n").as_bytes());
    assert_eq!((line, kind), (1, ParseChecksumsErrorKind::NulByte));
    let error = ChecksumFile::new([ChecksumLine::new("a\0b", Digest::sha256(b""))]).unwrap_err();
    assert_eq!(*error.kind(), ParseChecksumsErrorKind::NulByte);
}

#[test]
fn adv_030_names_that_are_not_utf8() {
    // They are read and written, and never trusted.
    assert_eq!(untrusted_bytes(b"caf\xe9"), ParseNameErrorKind::NotUtf8);
}

#[test]
fn adv_031_bidirectional_and_control_characters() {
    for found in [
        '\u{202e}', '\u{2066}', '\u{200b}', '\u{1b}', '\u{7f}', '\u{85}', '\u{feff}',
    ] {
        let at = 3;
        let kind = untrusted(&format!("app{found}gpj.exe"));
        assert_eq!(kind, ParseNameErrorKind::Character { at, found });
    }
}

#[test]
fn adv_032_bsd_lines_of_other_algorithms() {
    for tag in ["MD5", "SHA1", "SHA224", "SHA2-256", "BLAKE2b", "SHA-256"] {
        let text = format!("{tag} (a) = {HEX}\n");
        let error = ChecksumFile::parse(text.as_bytes(), ChecksumFormat::Bsd).unwrap_err();
        let found = tag.to_owned();
        assert_eq!(*error.kind(), ParseChecksumsErrorKind::Algorithm { found });
    }
    // The right name with the digits of another.
    let (_, kind) = refused(format!("SHA512 (a) = {HEX}\n").as_bytes());
    let (expected, found) = (128, 64);
    let length = ParseDigestErrorKind::Length { expected, found };
    assert_eq!(kind, ParseChecksumsErrorKind::Digest(length));
}

#[test]
fn adv_033_several_algorithms_in_one_file() {
    let long = Digest::sha512(b"hello\n").encoded();
    let (line, kind) = refused(format!("{HEX}  a\n{long}  b\n").as_bytes());
    assert_eq!(line, 2);
    assert!(matches!(
        kind,
        ParseChecksumsErrorKind::MixedAlgorithms { .. }
    ));
    // Neither do the forms mix.
    refused(format!("{HEX}  a\nSHA256 (b) = {HEX}\n").as_bytes());
    refused(format!("SHA256 (b) = {HEX}\n{HEX}  a\n").as_bytes());
}

#[test]
fn adv_034_a_name_within_another() {
    let file = parse(&format!("{HEX}  x.tar.gz.sbom\n"));
    let error = file.select_among(&[name("x.tar.gz")]).unwrap_err();
    assert_eq!(error.missing(), [name("x.tar.gz")]);
}

#[test]
fn adv_035_stars_and_leading_spaces() {
    // Two spaces, then the name: a star is part of it.
    let file = parse(&format!("{HEX}  *star\n"));
    assert_eq!(file.lines()[0].name(), b"*star");
    let file = parse(&format!("{HEX} *star\n"));
    assert_eq!(file.lines()[0].name(), b"star");
    let file = parse(&format!("{HEX}   lead\n"));
    assert_eq!(file.lines()[0].name(), b" lead");
    assert_eq!(untrusted(" lead"), ParseNameErrorKind::Space);
    assert_eq!(untrusted("trail "), ParseNameErrorKind::Space);
}

#[cfg(unix)]
#[test]
fn adv_036_links_pipes_and_directories() {
    if testkit::program("mkfifo").is_none() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("real"), "hello\n").unwrap();
    std::os::unix::fs::symlink("real", dir.path().join("link")).unwrap();
    std::os::unix::fs::symlink(".", dir.path().join("here")).unwrap();
    fs::create_dir(dir.path().join("dir")).unwrap();
    let mkfifo = std::process::Command::new("mkfifo")
        .arg(dir.path().join("pipe"))
        .status();
    assert!(mkfifo.unwrap().success());
    let digest: Digest = format!("sha256:{HEX}").parse().unwrap();
    let outcome = |text: &str| {
        let one = BTreeMap::from([(name(text), digest)]);
        let checked = check_files(dir.path(), &one, &mut unobserved()).unwrap();
        checked[0]
            .outcome
            .clone()
            .map_err(|error| error.kind().clone())
    };
    assert_eq!(outcome("real"), Ok(()));
    assert_eq!(outcome("link"), Err(WalkErrorKind::Symlink));
    assert_eq!(outcome("here/real"), Err(WalkErrorKind::Symlink));
    assert_eq!(outcome("dir"), Err(WalkErrorKind::Directory));
    assert_eq!(outcome("pipe"), Err(WalkErrorKind::Special));
    assert!(matches!(outcome("absent"), Err(WalkErrorKind::Io { .. })));
}

#[test]
fn adv_037_endless_lines_and_endless_files() {
    let long = format!("{HEX}  {}\n", "a".repeat(10_000_000));
    let (line, kind) = refused(long.as_bytes());
    assert_eq!((line, kind), (1, ParseChecksumsErrorKind::TooLong));
    let long = format!("{HEX}  {}\n", "a".repeat(MAX_CHECKSUM_NAME_BYTES + 1));
    assert_eq!(refused(long.as_bytes()).1, ParseChecksumsErrorKind::TooLong);
    // The limit of lines is found before any more of them are kept.
    let count = MAX_CHECKSUM_LINES + 1;
    let many: String = (0..count).map(|n| format!("{HEX}  {n}\n")).collect();
    let (line, kind) = refused(many.as_bytes());
    assert_eq!((line, kind), (count, ParseChecksumsErrorKind::TooManyLines));
}

#[cfg(unix)]
#[test]
fn adv_038_a_file_swapped_while_it_is_hashed() {
    use promenade_digest::Algorithm;
    use promenade_digest::fs::hash_file;
    let dir = tempfile::tempdir().unwrap();
    let (path, other) = (dir.path().join("app"), dir.path().join("other"));
    fs::write(&path, vec![1; 1 << 20]).unwrap();
    fs::write(&other, vec![2; 1 << 20]).unwrap();
    let result = hash_file(&path, Algorithm::Sha256, &mut |_| {
        let _ = fs::rename(&other, &path);
        std::ops::ControlFlow::Continue(())
    });
    // The handle that was opened is read to its end; that its file lost its name is a change.
    assert_eq!(*result.unwrap_err().kind(), WalkErrorKind::Changed);
}

proptest::proptest! {
    /// One flipped bit: the file is not read, the expected name is not found in it, or the digest
    /// is not that of the file.
    #[test]
    fn one_flipped_bit_in_a_checksum_file_is_found(
        at: proptest::sample::Index,
        bit in 0..8_u8,
        format in proptest::sample::select(vec![
            ChecksumFormat::Gnu, ChecksumFormat::Bsd, ChecksumFormat::Nul,
        ]),
    ) {
        let contents = [("app.tar.gz", "hello\n"), ("x y", "one")];
        let lines = contents.map(|(n, text)| ChecksumLine::new(n, Digest::sha256(text.as_bytes())));
        let mut bytes = ChecksumFile::new(lines).unwrap().render(format);
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        let names: Vec<_> = contents.iter().map(|(text, _)| name(text)).collect();
        let selected = ChecksumFile::parse(&bytes, format)
            .ok()
            .and_then(|file| file.select(&names).ok());
        if let Some(selected) = selected {
            let good = contents
                .iter()
                .all(|(text, contents)| selected[&name(text)].verify(contents.as_bytes()).is_ok());
            // Text and binary mode (two spaces, a space and `*`) differ in one bit, and in nothing
            // that is checked.
            let mode = bytes[at] == b'*' || bytes[at] == b' ';
            proptest::prop_assert!(!good || mode);
        }
    }
}
