//! Memory does not grow with what is read (target T2).

use std::io::{self, Read};
use std::ops::ControlFlow;

use promenade_digest::image::{Limits, read_archive};
use promenade_digest::{Algorithm, Digest, Hasher, Pass};

/// The most memory that this process has used so far, in KiB, without the pages of its program, of which
/// as many are counted as the system had at hand.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let field = |name: &str| -> Option<u64> {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim().strip_suffix(" kB")?.trim().parse().ok()
    };
    field("VmHWM:")?.checked_sub(field("RssFile:")?)
}

fn header(name: &str, size: u64) -> Vec<u8> {
    let mut header = tar::Header::new_gnu();
    header.set_path(name).unwrap();
    header.set_size(size);
    header.set_mode(0o644);
    header.set_cksum();
    header.as_bytes().to_vec()
}

/// A docker archive with a layer of `size` zeros, that is never in memory.
fn archive(size: u64) -> impl Read {
    let mut hasher = Hasher::new(Algorithm::Sha256);
    for _ in 0..size / 65536 {
        hasher.update(&[0; 65536]);
    }
    let diff_id = hasher.finish().digest();
    let config =
        format!(r#"{{"os":"linux","architecture":"amd64","rootfs":{{"diff_ids":["{diff_id}"]}}}}"#);
    let name = format!("{}.json", Digest::sha256(config.as_bytes()).encoded());
    let manifest = format!(r#"[{{"Config":"{name}","RepoTags":null,"Layers":["l.tar"]}}]"#);
    let file = |name: &str, text: &str| {
        let mut bytes = [header(name, text.len() as u64), text.into()].concat();
        bytes.resize(bytes.len().next_multiple_of(512), 0);
        bytes
    };
    let mut rest = [file(&name, &config), file("manifest.json", &manifest)].concat();
    rest.resize(rest.len() + 1024, 0);
    io::Cursor::new(header("l.tar", size))
        .chain(io::repeat(0).take(size))
        .chain(io::Cursor::new(rest))
}

#[test]
fn memory_stays_below_8_mib_for_any_size() {
    let size = testkit::scale(64 << 20, 4 << 30) as u64;
    let mut calls = 0_u64;
    let mut observer = |_| {
        calls += 1;
        ControlFlow::Continue(())
    };
    let mut pass = Pass::new(Hasher::new(Algorithm::Sha256).and(Algorithm::Sha512));
    let hashed = pass.run(io::repeat(0).take(size), &mut observer).unwrap();
    assert_eq!(hashed.size(), size);
    let images = read_archive(archive(size), &Limits::default(), &mut observer).unwrap();
    assert_eq!(images.single().unwrap().diff_ids().len(), 1);
    assert!(calls > 2 * size / 65536);
    // Under nextest a test is a process of its own, and the peak is that of this test.
    if let (Some(peak), Some(_)) = (peak(), std::env::var_os("NEXTEST")) {
        assert!((1..=8 * 1024).contains(&peak), "{peak} KiB");
    }
}
