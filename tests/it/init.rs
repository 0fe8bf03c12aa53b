//! Process files proposed for real histories: how many of the tags they explain, and that they are sound.

use crate::command::{git, json, promenade};

/// Proposes a process for a rebuilt repository, and returns the share of version tags that it explains.
fn share(name: &str) -> Option<f64> {
    let corpus = testkit::corpus()?;
    let dir = tempfile::tempdir().unwrap();
    let repository = dir.path().join("repository");
    crate::rebuilt::rebuild(&corpus.join(name).join("tags.tsv"), &repository);
    let proposal = json(&repository, &["init"]);
    let file = dir.path().join("proposed.toml");
    std::fs::write(&file, proposal["process"].as_str().unwrap()).unwrap();
    let check = promenade(&repository, &["--process", file.to_str().unwrap(), "check"]);
    assert_eq!(check.code, 0, "{name}: {}{}", check.out, check.err);
    let count = |field: &str| proposal[field].as_array().unwrap().len() as f64;
    let explained = proposal["explained"].as_f64().unwrap();
    Some(explained / (explained + count("unexplained_versions")))
}

#[test]
fn the_proposals_for_real_histories_explain_their_version_tags() {
    for name in ["mithril", "kayron", "splits-releases", "git-cliff"] {
        let Some(share) = share(name) else { return };
        assert!(share >= 0.95, "{name}: {share}");
    }
}

/// Celo's tags have 40 prefixes, and names such as `wallet-v1.0.0(12)` and `contracts-v1.rc1`.
#[test]
fn the_proposal_for_many_packages_explains_most_of_their_tags() {
    let Some(share) = share("celo-monorepo") else {
        return;
    };
    assert!(share >= 0.80, "{share}");
}

#[test]
fn nothing_is_written_until_it_is_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    git(dir, &["init", "-q", "-b", "trunk", "."]);
    git(dir, &["config", "user.name", "A"]);
    git(dir, &["config", "user.email", "a@example.invalid"]);
    std::fs::write(
        dir.join("CHANGELOG.md"),
        "# Changelog\n\n## [0.1.0] - 2026-01-01\n\n- a\n",
    )
    .unwrap();
    git(dir, &["add", "-A"]);
    git(dir, &["commit", "-q", "-m", "first"]);
    git(dir, &["tag", "v0.1.0"]);
    let printed = promenade(dir, &["init"]);
    assert_eq!(printed.code, 0, "{}", printed.err);
    assert!(printed.out.contains("main = \"trunk\""), "{}", printed.out);
    assert!(
        printed.out.contains("It explains 1 of 1 tags"),
        "{}",
        printed.out
    );
    assert_eq!(git(dir, &["status", "--porcelain"]), "");
    assert_eq!(promenade(dir, &["init", "--execute"]).code, 0);
    assert_eq!(git(dir, &["status", "--porcelain"]), "?? release.toml\n");
    assert_eq!(promenade(dir, &["check"]).code, 0);
    let again = promenade(dir, &["init", "--execute"]);
    assert_eq!(again.code, 3, "{}", again.err);
}
