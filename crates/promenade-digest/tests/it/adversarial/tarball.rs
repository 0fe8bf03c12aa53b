//! 51–66: archives that unpack to somewhere else, end somewhere else, or grow without end.

use promenade_digest::image::{Agreement, ImageErrorKind, Limits, read_archive};
use promenade_digest::{ArtifactId, Digest, ParseNameErrorKind, unobserved};
use proptest::prelude::*;
use tar::EntryType;

use super::kit::{Parts, Tar, archive, gzip, read, refused};

fn docker() -> Tar {
    Tar::default().files(&Parts::new().docker())
}

#[test]
fn a_good_archive_is_read() {
    let images = read(&docker().end()).unwrap();
    let image = images.single().unwrap();
    assert_eq!(image.config(), ArtifactId::of(&Parts::new().config));
    assert_eq!(image.names(), ["app:1.2.3"]);
    let oci = read(&archive(&Parts::new().oci())).unwrap();
    assert_eq!(images.same_images(&oci).unwrap(), Agreement::Config);
    // Filled up to a record, as GNU tar does it.
    read(&docker().raw(&[0; 10 * 1024]).end()).unwrap();
}

#[test]
fn adv_051_names_that_climb_out() {
    for name in [
        "../x",
        "a/../../x",
        "a/..",
        "..",
        "./../x",
        "a//b",
        "a\\..\\b",
    ] {
        let kind = refused(&docker().file(name, b"evil").end());
        assert!(matches!(kind, ImageErrorKind::Name(_)), "{name}: {kind}");
    }
}

#[test]
fn adv_052_absolute_names() {
    let kind = refused(&docker().file("/etc/passwd", b"evil").end());
    let ImageErrorKind::Name(error) = kind else {
        panic!("{kind}")
    };
    assert_eq!(*error.kind(), ParseNameErrorKind::Absolute);
}

#[test]
fn adv_053_a_link_and_a_file_under_it() {
    let kind = refused(&docker().link("d", "/etc").file("d/passwd", b"evil").end());
    assert_eq!(kind, ImageErrorKind::Link);
    // The other way round, a link to a link, a link out, a link to nothing, a loop.
    for tar in [
        docker().file("d/passwd", b"evil").link("d", "l.tar"),
        docker().link("a", "l.tar").link("b", "a"),
        docker().link("a", "../l.tar"),
        docker().link("a", "/l.tar"),
        docker().link("a", "nothing"),
        docker().link("a", "a"),
        docker().file("d", b"").file("d/x", b""),
    ] {
        assert_eq!(refused(&tar.end()), ImageErrorKind::Link);
    }
    // A link to a file of the archive is what `docker save` writes.
    read(&docker().link("d/layer.tar", "../l.tar").end()).unwrap();
}

#[test]
fn adv_054_two_manifest_json() {
    let kind = refused(&docker().file("manifest.json", b"[]").end());
    assert_eq!(kind, ImageErrorKind::Duplicate);
    let kind = refused(&docker().file("./manifest.json", b"[]").end());
    assert_eq!(kind, ImageErrorKind::Duplicate);
}

#[test]
fn adv_055_one_blob_twice() {
    let files = Parts::new().oci();
    let again = files.last().unwrap().clone();
    let kind = refused(&Tar::default().files(&files).files(&[again]).end());
    assert_eq!(kind, ImageErrorKind::Duplicate);
}

#[test]
fn adv_056_a_blob_that_is_not_what_its_name_says() {
    for at in 2..5 {
        let mut files = Parts::new().oci();
        files[at].1[0] ^= 1;
        assert!(matches!(
            refused(&archive(&files)),
            ImageErrorKind::Verify(_)
        ));
    }
    let mut files = Parts::new().oci();
    files[2].0 = "blobs/sha1/da39a3ee5e6b4b0d3255bfef95601890afd80709".to_owned();
    assert!(matches!(
        refused(&archive(&files)),
        ImageErrorKind::Digest(_)
    ));
}

#[test]
fn adv_057_cut_off_within_a_header() {
    let tar = docker().0;
    let cut = docker().file("x", b"x").0;
    assert_eq!(refused(&cut[..tar.len() + 200]), ImageErrorKind::Truncated);
    assert_eq!(refused(&cut[..100]), ImageErrorKind::Truncated);
}

#[test]
fn adv_058_cut_off_within_a_file() {
    let cut = docker().file("x", &[1; 2000]).0;
    for less in [1, 100, 512, 1000, 2047] {
        assert_eq!(refused(&cut[..cut.len() - less]), ImageErrorKind::Truncated);
    }
    // Within a compressed layer, too: it is the archive that is cut, not the compression.
    let layer = gzip(&(0..4000_u32).flat_map(u32::to_le_bytes).collect::<Vec<_>>());
    let cut = docker().file("x", &layer).0;
    assert_eq!(refused(&cut[..cut.len() - 1024]), ImageErrorKind::Truncated);
}

#[test]
fn adv_059_cut_off_between_two_files() {
    assert_eq!(refused(&docker().0), ImageErrorKind::MissingEnd);
    // One block of zeros is half an end mark.
    assert_eq!(
        refused(&docker().raw(&[0; 512]).0),
        ImageErrorKind::MissingEnd
    );
    assert_eq!(refused(b""), ImageErrorKind::MissingEnd);
}

#[test]
fn adv_060_something_after_the_end() {
    let end = docker().end();
    for more in [b"x".to_vec(), docker().end(), vec![0; 2 << 20]] {
        let kind = refused(&[end.clone(), more].concat());
        assert_eq!(kind, ImageErrorKind::TrailingData);
    }
    // A single block of zeros, and then files that other readers do not see.
    let hidden = docker().raw(&[0; 512]).file("manifest.json", b"[]").end();
    assert_eq!(refused(&hidden), ImageErrorKind::TrailingData);
}

#[test]
fn adv_061_a_declared_size_of_one_tebibyte() {
    let header = Tar::header(b"x", 1 << 40, EntryType::Regular);
    let kind = refused(&docker().entry(&header, b"x").0);
    let (limit, found) = (Limits::default().entry_bytes, 1 << 40);
    assert_eq!(kind, ImageErrorKind::Limit { limit, found });
    // More than 64 bits is no size, and no small one.
    let mut header = Tar::header(b"x", 0, EntryType::Regular);
    header.as_old_mut().size = [0xff; 12];
    header.set_cksum();
    refused(&docker().entry(&header, b"x").0);
    // An extended header as large.
    let header = Tar::header(b"x", 1 << 40, EntryType::XHeader);
    assert!(matches!(
        refused(&docker().entry(&header, b"x").0),
        ImageErrorKind::Limit { .. }
    ));
}

/// An extended header of one record.
fn pax(key: &str, value: &str) -> Vec<u8> {
    let rest = format!(" {key}={value}\n");
    let size = (rest.len()..).find(|n| n.to_string().len() + rest.len() == *n);
    format!("{}{rest}", size.unwrap()).into_bytes()
}

fn extended(record: &[u8], header: &tar::Header, body: &[u8]) -> Vec<u8> {
    let first = Tar::header(b"pax", record.len() as u64, EntryType::XHeader);
    docker().entry(&first, record).entry(header, body).end()
}

#[test]
fn adv_062_two_sizes() {
    for (declared, real) in [("1024", 0), ("0", 1024), ("513", 512), ("-1", 1), ("01", 1)] {
        let header = Tar::header(b"x", real, EntryType::Regular);
        let body = vec![1; usize::try_from(real).unwrap()];
        let kind = refused(&extended(&pax("size", declared), &header, &body));
        assert!(matches!(kind, ImageErrorKind::Extended { .. }), "{kind}");
    }
    let header = Tar::header(b"x", 3, EntryType::Regular);
    read(&extended(&pax("size", "3"), &header, b"one")).unwrap();
    read(&extended(&pax("mtime", "1.5"), &header, b"one")).unwrap();
    let twice = [pax("size", "3"), pax("size", "3")].concat();
    refused(&extended(&twice, &header, b"one"));
}

#[test]
fn adv_063_sparse_files_and_long_names() {
    let sparse = Tar::header(b"x", 3, EntryType::GNUSparse);
    let kind = refused(&docker().entry(&sparse, b"one").end());
    assert_eq!(kind, ImageErrorKind::EntryType { found: 'S' });
    let header = Tar::header(b"x", 3, EntryType::Regular);
    for record in [pax("GNU.sparse.realsize", "9"), pax("GNU.sparse.name", "y")] {
        let kind = refused(&extended(&record, &header, b"one"));
        assert!(matches!(kind, ImageErrorKind::Extended { .. }), "{kind}");
    }
    let long = |bytes: &[u8]| {
        let header = Tar::header(b"././@LongLink", bytes.len() as u64, EntryType::GNULongName);
        Tar::default().entry(&header, bytes).0
    };
    let name = format!("d/{}\0", "a".repeat(200));
    read(&docker().raw(&long(name.as_bytes())).file("x", b"one").end()).unwrap();
    for broken in [
        docker().raw(&long(b"no end")).file("x", b"one"),
        docker()
            .raw(&long(b"manifest.json\0hidden\0"))
            .file("x", b"one"),
        docker()
            .raw(&long(b"a\0"))
            .raw(&long(b"b\0"))
            .file("x", b"one"),
        docker().raw(&long(b"manifest.json\0")).file("x", b"one"),
        docker().raw(&long(&[b'a'; 100_000])).file("x", b"one"),
        docker().raw(&long(b"a\0")),
    ] {
        refused(&broken.end());
    }
    // A long name and an extended one: two readers, two names.
    let record = pax("path", "b");
    let first = Tar::header(b"pax", record.len() as u64, EntryType::XHeader);
    let both = docker()
        .raw(&long(b"a\0"))
        .entry(&first, &record)
        .file("x", b"one");
    assert!(matches!(
        refused(&both.end()),
        ImageErrorKind::Extended { .. }
    ));
    // Hard links, devices, global headers.
    for kind in [
        EntryType::Link,
        EntryType::Char,
        EntryType::Fifo,
        EntryType::XGlobalHeader,
    ] {
        let header = Tar::header(b"x", 0, kind);
        let kind = refused(&docker().entry(&header, b"").end());
        assert!(matches!(kind, ImageErrorKind::EntryType { .. }), "{kind}");
    }
}

#[test]
fn adv_064_a_header_with_a_wrong_checksum() {
    let mut tar = docker().file("x", b"one").end();
    let at = docker().0.len();
    tar[at] = b'y';
    assert_eq!(refused(&tar), ImageErrorKind::HeaderChecksum);
    let mut tar = docker().end();
    tar[148] ^= 1;
    assert_eq!(refused(&tar), ImageErrorKind::HeaderChecksum);
}

#[test]
fn adv_065_bombs() {
    let zeros = vec![0; 17 << 20];
    let bomb = gzip(&zeros);
    let parts = Parts::of(bomb.clone(), Digest::sha256(&zeros));
    let kind = refused(&archive(&parts.docker()));
    assert!(
        matches!(kind, ImageErrorKind::Bomb { ratio: 200, .. }),
        "{kind}"
    );
    assert!(matches!(
        refused(&archive(&parts.oci())),
        ImageErrorKind::Bomb { .. }
    ));
    // It is the caller who may allow it.
    let mut limits = Limits::default();
    limits.ratio = 2000;
    read_archive(&archive(&parts.oci())[..], &limits, &mut unobserved()).unwrap();
    // Nested: not expanded twice, and not accepted either.
    let nested = Parts::of(gzip(&bomb), Digest::sha256(&bomb));
    assert_eq!(refused(&archive(&nested.oci())), ImageErrorKind::Nested);
    // zstd is not expanded at all.
    let zstd = [&[0x28, 0xb5, 0x2f, 0xfd][..], &[0; 64]].concat();
    let parts = Parts::of(zstd, Digest::sha256(&zeros));
    let found = "zstd".to_owned();
    assert_eq!(
        refused(&archive(&parts.oci())),
        ImageErrorKind::Compression { found }
    );
}

#[test]
fn adv_066_several_gzip_members() {
    let two = [gzip(b"a layer"), gzip(b" and more")].concat();
    let parts = Parts::of(two, Digest::sha256(b"a layer"));
    assert_eq!(
        refused(&archive(&parts.oci())),
        ImageErrorKind::TrailingData
    );
    let junk = [gzip(b"a layer"), b"junk".to_vec()].concat();
    let parts = Parts::of(junk, Digest::sha256(b"a layer"));
    assert_eq!(
        refused(&archive(&parts.oci())),
        ImageErrorKind::TrailingData
    );
    let cut = gzip(b"a layer");
    let parts = Parts::of(cut[..cut.len() - 3].to_vec(), Digest::sha256(b"a layer"));
    let kind = refused(&archive(&parts.oci()));
    assert!(matches!(kind, ImageErrorKind::Damaged { .. }), "{kind}");
    // One member is what layers are.
    read(&archive(
        &Parts::of(gzip(b"a layer"), Digest::sha256(b"a layer")).oci(),
    ))
    .unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// One flipped bit is refused, or changes the identity of the archive and nothing that is
    /// compared: the images are those that are expected, or there is an error.
    #[test]
    fn one_flipped_bit_in_an_archive_is_found(at: prop::sample::Index, bit in 0..8_u8, oci: bool) {
        let parts = Parts::of(gzip(b"a layer of an image"), Digest::sha256(b"a layer of an image"));
        let good = archive(&if oci { parts.oci() } else { parts.docker() });
        let expected = read(&good).unwrap();
        let mut bad = good.clone();
        let at = at.index(bad.len());
        bad[at] ^= 1 << bit;
        if let Ok(found) = read(&bad) {
            // Whoever has the digest of the archive sees it.
            prop_assert!(found.archive().unwrap() != expected.archive().unwrap());
            // Bytes that no identity covers (times in headers) may change; images may not.
            let same = expected.same_images(&found).is_ok();
            let named = found.single().map(|image| image.names().to_vec());
            prop_assert!(same || named.is_err());
        }
    }
}
