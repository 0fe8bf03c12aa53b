//! The laws hold on the seeds of the fuzzer, and on every seed with a byte changed.

#[path = "../../../../fuzz/laws/signature.rs"]
mod laws;

use promenade_signature::{MakeSignature as _, SshKey};

#[test]
fn the_laws_hold_over_the_seeds_whole_or_changed() {
    let folder = testkit::workspace().join("fuzz/seeds/signature");
    let (mut good, mut odd) = (0, 0);
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let name = entry.file_name().into_string().unwrap();
        let seed = std::fs::read(entry.path()).unwrap();
        let found = laws::signature(&seed);
        // A seed shows something only if it is read as what its name says.
        assert_eq!(found, name.starts_with("good_"), "{name}");
        good += usize::from(found);
        odd += usize::from(!found);
        for index in (0..seed.len()).step_by(testkit::scale(37, 1)) {
            for byte in [seed[index] ^ 1, b'\n', 0xff] {
                let mut changed = seed.clone();
                changed[index] = byte;
                laws::signature(&changed);
            }
        }
    }
    assert!(good >= 5 && odd >= 10, "{good} and {odd}");
}

#[test]
fn a_signature_over_other_bytes_is_not_good_to_the_laws() {
    let key = SshKey::from_seed(&[7; 32]);
    let line = key.allowed_signers_line("ada@example.org");
    let armored = key.sign("git", laws::PAYLOAD).unwrap();
    let whole = format!("{}\n\n{armored}", line.trim_end());
    assert!(laws::signature(whole.as_bytes()));
    let other = key.sign("git", b"another").unwrap();
    let other = format!("{}\n\n{other}", line.trim_end());
    assert!(!laws::signature(other.as_bytes()));
}
