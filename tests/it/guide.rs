//! The guide: every process file in it is read, and every command in it is run.
//!
//! A page is one story in one scratch repository. ```` ```toml ```` is a process file, or a fragment
//! of one; ```` ```console ```` is run by a shell, line by line. What stands below a command is its
//! output, in which `…` stands for anything; `# exit 1` after a command is its exit code. A comment
//! before a block says more: `<!-- write: PATH -->` writes it into the repository,
//! `<!-- refused: TEXT -->` says why the file is none. With `PROMENADE_BLESS` set, output that is not as
//! shown is written into the page.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;

use promenade::process::Process;

use crate::house::executable;

/// What fragments are completed with.
const PROCESS: &str = "[process]\nformat = 1\nname = \"acme\"\n\n";
const VERSION: &str = "[version]\nscheme = \"semver\"\nbelow-one = \"breaking-is-minor\"\n\
                       candidate = { label = \"rc.{n}\", counter = \"label\" }\n\n";

fn page(name: &str) -> PathBuf {
    let docs = testkit::workspace().join("crates/promenade/docs");
    docs.join(name)
}

/// A fenced block, and the comment that stands before it.
struct Block {
    line: usize,
    language: String,
    mark: Option<(String, String)>,
    text: String,
}

fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut mark = None;
    let mut lines = text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let comment = line.strip_prefix("<!-- ");
        if let Some(comment) = comment.and_then(|rest| rest.strip_suffix(" -->")) {
            mark = comment
                .split_once(": ")
                .map(|(key, value)| (key.to_owned(), value.to_owned()));
        } else if let Some(language) = line.strip_prefix("```") {
            let inside = lines.by_ref().map(|(_, line)| line);
            let inside = inside.take_while(|line| !line.starts_with("```"));
            blocks.push(Block {
                line: number + 1,
                language: language.to_owned(),
                mark: mark.take(),
                text: inside.map(|line| format!("{line}\n")).collect(),
            });
        } else if !line.is_empty() {
            mark = None;
        }
    }
    blocks
}

/// Completes a fragment to a process file: tables that every file needs come first.
fn whole(text: &str) -> String {
    let has = |table: &str| text.lines().any(|line| line == table);
    let mut file = String::new();
    if !has("[process]") {
        file.push_str(PROCESS);
    }
    if !has("[version]") && !text.starts_with("version.") {
        file.push_str(VERSION);
    }
    file + text
}

/// Reads a process file of the guide, or sees that it is refused for the reason that the page gives.
#[track_caller]
fn reads(name: &str, block: &Block) {
    let place = format!("{name}:{}", block.line);
    match (Process::parse(&place, &whole(&block.text)), &block.mark) {
        (Err(error), Some((key, reason))) if key == "refused" => {
            let error = error.to_string();
            assert!(error.contains(reason.as_str()), "{place}: {error}");
        }
        (Ok(_), Some((key, _))) if key == "refused" => panic!("{place} is not refused"),
        (Err(error), _) => panic!("{place}: {error}"),
        (Ok(_), _) => {}
    }
}

/// A repository that a page plays in, and a clock that goes on with every command.
struct Scratch {
    dir: tempfile::TempDir,
    now: chrono::DateTime<chrono::Utc>,
}

impl Scratch {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        for name in ["home", "bin", "real", "repo"] {
            std::fs::create_dir(dir.path().join(name)).unwrap();
        }
        let real = dir.path().join("real/promenade");
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_promenade-under-test"), &real).unwrap();
        let script = format!(
            "#!/bin/sh\ncase \" $* \" in *\" --at \"*) exec {0} \"$@\";; esac\nexec {0} --at \"$NOW\" \"$@\"\n",
            real.display()
        );
        executable(&dir.path().join("bin/promenade"), &script);
        let config = "[user]\n\tname = Ada\n\temail = ada@forge.example\n[init]\n\tdefaultBranch = main\n\
                      [advice]\n\tdetachedHead = false\n[core]\n\tautocrlf = false\n";
        std::fs::write(dir.path().join("home/.gitconfig"), config).unwrap();
        let now = "2026-11-23T09:00:00Z".parse().unwrap();
        Self { dir, now }
    }

    fn repository(&self) -> PathBuf {
        self.dir.path().join("repo")
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.repository().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Runs a line as a shell would; gives what it printed and its exit code.
    fn run(&mut self, line: &str) -> (String, i32) {
        self.now += chrono::TimeDelta::minutes(1);
        let now = self.now.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
        let at = |name: &str| self.dir.path().join(name);
        let paths = std::env::var_os("PATH").unwrap_or_default();
        let paths = std::iter::once(at("bin")).chain(std::env::split_paths(&paths));
        let output = Command::new("sh")
            .args(["-c", &format!("{line}\n")])
            .current_dir(self.repository())
            .env("PATH", std::env::join_paths(paths).unwrap())
            .env("HOME", at("home"))
            .env("XDG_CONFIG_HOME", at("home"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", at("home/.gitconfig"))
            .env("GIT_AUTHOR_DATE", &now)
            .env("GIT_COMMITTER_DATE", &now)
            .env("NOW", &now)
            .env("COLUMNS", "100")
            .env("LC_ALL", "C.UTF-8")
            .env("TZ", "UTC")
            .env_remove("GIT_DIR")
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let text = text + &String::from_utf8(output.stderr).unwrap();
        let text: Vec<_> = text.lines().map(str::trim_end).collect();
        (text.join("\n"), output.status.code().unwrap())
    }
}

/// Tells whether a line is what the page shows, where `…` stands for anything.
fn line_is(shown: &str, line: &str) -> bool {
    let mut parts = shown.split('…');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = line.strip_prefix(first) else {
        return false;
    };
    let parts: Vec<_> = parts.collect();
    let Some((last, between)) = parts.split_last() else {
        return rest.is_empty();
    };
    for part in between {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// Tells whether an output is what the page shows; a line `…` stands for any lines.
fn is_shown(shown: &[&str], lines: &[&str]) -> bool {
    match shown.split_first() {
        None => lines.is_empty(),
        Some((&"…", rest)) => (0..=lines.len()).any(|skip| is_shown(rest, &lines[skip..])),
        Some((first, rest)) => lines
            .split_first()
            .is_some_and(|(line, lines)| line_is(first, line) && is_shown(rest, lines)),
    }
}

/// Runs a block of commands, and gives it back with what they printed.
#[track_caller]
fn runs(scratch: &mut Scratch, place: &str, text: &str) -> String {
    let mut played = String::new();
    for part in format!("\n{text}").split("\n$ ").skip(1) {
        let mut lines = part.trim_end().split('\n');
        let mut command = lines.next().unwrap().to_owned();
        while command.ends_with('\\') {
            command.push('\n');
            command.push_str(lines.next().unwrap());
        }
        let exit = command.rsplit_once("# exit ").map_or("0", |pair| pair.1);
        let shown: Vec<_> = lines.collect();
        let (out, code) = scratch.run(&command);
        assert_eq!(code.to_string(), exit, "{place}: $ {command}\n{out}");
        let found: Vec<_> = out.lines().collect();
        let good = shown.is_empty() || is_shown(&shown, &found);
        let bless = std::env::var_os("PROMENADE_BLESS").is_some();
        assert!(
            good || bless,
            "{place}: $ {command}\n--- shown\n{}\n--- found\n{out}",
            shown.join("\n")
        );
        let _ = writeln!(played, "$ {command}");
        for line in if good { shown } else { found } {
            let _ = writeln!(played, "{line}");
        }
    }
    played
}

/// Reads every process file of a page and runs every command.
#[track_caller]
fn plays(name: &str) {
    let path = page(name);
    let text = std::fs::read_to_string(&path).unwrap();
    let mut scratch = Scratch::new();
    let mut played = text.clone();
    for block in blocks(&text) {
        let place = format!("{name}:{}", block.line);
        let write = block.mark.as_ref().filter(|(key, _)| key == "write");
        if let Some((_, path)) = write {
            scratch.write(path, &block.text);
        }
        match block.language.as_str() {
            "toml" => reads(name, &block),
            "console" => {
                let now = runs(&mut scratch, &place, &block.text);
                played = played.replacen(&block.text, &now, 1);
            }
            // Compiled and run by rustdoc, or for people to read.
            "rust" | "text" | "markdown" | "json" | "yaml" | "sh" => {}
            other => panic!("{place}: a block of `{other}` is not checked"),
        }
    }
    if played != text {
        std::fs::write(&path, played).unwrap();
    }
}

#[test]
fn your_process_in_an_hour() {
    plays("hour.md");
}

#[test]
fn from_cargo_release() {
    plays("from-cargo-release.md");
}

#[test]
fn from_release_plz() {
    plays("from-release-plz.md");
}

#[test]
fn from_a_release_md() {
    plays("from-release-md.md");
}

#[test]
fn the_process_file_as_specified() {
    plays("process-file.md");
}

#[test]
fn the_ledger_as_specified() {
    if testkit::program("sha256sum").is_none() {
        return;
    }
    plays("ledger.md");
}

/// No page stands beside the guide, and none is missing from the documentation.
#[test]
fn every_page_is_part_of_the_documentation() {
    let lib = testkit::workspace().join("crates/promenade/src/lib.rs");
    let lib = std::fs::read_to_string(lib).unwrap();
    let folder = std::fs::read_dir(page("")).unwrap();
    let own = include_str!("guide.rs");
    for entry in folder {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(lib.contains(&format!("docs/{name}\")")), "{name}");
        let played = own.contains(&format!("plays(\"{name}\")"));
        assert!(played || name == "processes.md", "nobody plays {name}");
    }
}

/// The keys of the process file are those of its schema: no more, no less, with the same defaults.
#[test]
fn the_tables_of_the_process_file_are_those_of_the_schema() {
    let text = std::fs::read_to_string(page("process-file.md")).unwrap();
    let schema: serde_json::Value =
        serde_json::from_str(promenade::process::json_schema()).unwrap();
    let tables = [
        "version",
        "tag",
        "channel",
        "changelog",
        "manifest",
        "file",
        "release",
        "environment",
        "gate",
        "person",
        "key",
        "hook",
        "definitions",
        "pin",
        "component",
        "support",
    ];
    for table in tables {
        let heading = text.split(&format!("\n### `{table}`\n")).nth(1);
        let section = heading.unwrap_or_else(|| panic!("no section on `{table}`"));
        let section = section.split("\n### ").next().unwrap();
        let rows = section.lines().filter_map(|line| line.strip_prefix("| `"));
        let told: Vec<_> = rows.map(|row| row.split('`').next().unwrap()).collect();
        let known = schema["$defs"][table]["properties"].as_object().unwrap();
        let mut known: Vec<_> = known.keys().map(String::as_str).collect();
        let mut sorted = told.clone();
        sorted.sort_unstable();
        known.sort_unstable();
        assert_eq!(sorted, known, "the keys of `{table}`");
        let required = schema["$defs"][table]["required"].as_array();
        for key in required.into_iter().flatten() {
            let row = format!("| `{}` | required |", key.as_str().unwrap());
            assert!(section.contains(&row), "`{table}`: {row}");
        }
    }
    let top = text.split("\n## Tables\n").nth(1).unwrap();
    let top = top.split("\n## ").next().unwrap();
    for key in schema["properties"].as_object().unwrap().keys() {
        assert!(top.contains(&format!("| `{key}`")), "the table `{key}`");
    }
}

#[test]
fn what_is_shown_stands_for_what_is_printed() {
    assert!(is_shown(&["a …c", "…", "z"], &["a bc", "x", "y", "z"]));
    assert!(!is_shown(&["a"], &["a", "b"]) && !line_is("a…b…c", "a c b"));
}
