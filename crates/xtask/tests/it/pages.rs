//! `pages`: man pages and completions, as a packager makes them and a shell reads them.

use std::path::Path;
use std::process::Command;

fn pages(dir: &Path) {
    let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .arg("pages")
        .arg(dir)
        .output()
        .unwrap();
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{err}");
}

/// What the program says of itself, as the man pages must.
fn help(args: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(args)
        .arg("--help")
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// The names of the commands that a help lists.
fn commands(help: &str) -> Vec<String> {
    let list = help.split("\nCommands:\n").nth(1).unwrap_or_default();
    let list = list.split("\n\n").next().unwrap_or_default();
    let named = list.lines().filter_map(|line| {
        let line = line.strip_prefix("  ")?;
        (!line.starts_with(' ')).then(|| line.split(' ').next().unwrap_or_default().to_owned())
    });
    named.filter(|name| name != "help").collect()
}

#[test]
fn every_command_has_a_man_page_that_names_its_options() {
    let dir = tempfile::tempdir().unwrap();
    pages(dir.path());
    let page = |name: &str| {
        let text = std::fs::read_to_string(dir.path().join("man1").join(name));
        text.unwrap_or_else(|error| panic!("{name}: {error}"))
    };
    let root = page("promenade.1");
    assert!(root.contains(".TH promenade 1") && root.contains("Plans a release"));
    // The tasks of this repository belong to its xtask and not to the program.
    let own = [
        "api",
        "bench",
        "cost",
        "coverage",
        "minimal-versions",
        "pages",
        "peers",
        "slow",
        "test",
        "tidy",
    ];
    let all = commands(&help(&[]));
    assert!(all.len() > 30, "{all:?}");
    for name in all.iter().filter(|name| !own.contains(&name.as_str())) {
        let below = commands(&help(&[name]));
        assert!(page(&format!("promenade-{name}.1")).contains(".SH SYNOPSIS"));
        for below in below {
            page(&format!("promenade-{name}-{below}.1"));
        }
    }
    for name in own {
        assert!(!dir.path().join(format!("man1/promenade-{name}.1")).exists());
    }
    let release = page("promenade-release.1");
    for option in ["\\-\\-execute", "\\-\\-backport", "\\-\\-upgrade\\-notes"] {
        assert!(release.contains(option), "{option} in\n{release}");
    }
}

/// The words that bash offers after these, asked of bash itself.
fn offered(bash: &Path, script: &Path, words: &[&str]) -> Vec<String> {
    let (program, last) = (words[0], words[words.len() - 1]);
    let before = words[words.len().saturating_sub(2)];
    let ask = format!(
        "source '{}'; COMP_WORDS=({}); COMP_CWORD={}; _promenade {program} '{last}' '{before}'; \
         printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        script.display(),
        words
            .iter()
            .map(|word| format!("'{word}'"))
            .collect::<Vec<_>>()
            .join(" "),
        words.len() - 1
    );
    let output = Command::new(bash)
        .args(["--norc", "--noprofile", "-c", &ask])
        .output()
        .unwrap();
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{err}");
    let out = String::from_utf8(output.stdout).unwrap();
    out.lines().map(str::to_owned).collect()
}

#[test]
fn bash_offers_commands_options_and_values() {
    let Some(bash) = testkit::program("bash") else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    pages(dir.path());
    let script = dir.path().join("completions/promenade.bash");
    let ask = |words: &[&str]| offered(&bash, &script, words);
    assert_eq!(ask(&["promenade", "cand"]), ["candidate"]);
    assert_eq!(ask(&["promenade", "version", "ne"]), ["next"]);
    assert_eq!(ask(&["promenade", "release", "--back"]), ["--backport"]);
    let formats = ask(&["promenade", "audit", "--format", ""]);
    assert_eq!(formats, ["text", "json", "sarif"]);
    for name in ["_promenade", "promenade.fish", "_promenade.ps1"] {
        let text = std::fs::read_to_string(dir.path().join("completions").join(name)).unwrap();
        assert!(
            text.contains("candidate") && text.contains("backport"),
            "{name}"
        );
    }
}
