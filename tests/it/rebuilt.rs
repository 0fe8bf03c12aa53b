//! Repositories rebuilt from the tables of the corpus: real names, kinds and same-commit relations.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use testkit::Row;

use crate::command::git;

const WHO: &str = "corpus <corpus@example.invalid>";

/// Makes a bare repository with the tags of a table, as `git fast-import` and `git hash-object`
/// write them: commits in the order of their dates on `main`, and tag objects with the same names,
/// depth and kind of signature. The signatures are placeholders that never verify.
pub(crate) fn rebuild(table: &Path, into: &Path) {
    let rows = testkit::tsv(table);
    git(
        Path::new("."),
        &["init", "-q", "--bare", "-b", "main", into.to_str().unwrap()],
    );
    let commits = import(&rows, into);
    let mut updates = String::new();
    for row in &rows {
        let target = tag_object(row, &commits, into);
        updates.push_str(&format!("create refs/tags/{}\0{target}\0", row.get("tag")));
    }
    feed(into, &["update-ref", "--stdin", "-z"], updates.as_bytes());
    git(into, &["pack-refs", "--all"]);
}

/// Imports one commit for each that a tag reaches, and returns real id → rebuilt id.
fn import(rows: &[Row], into: &Path) -> BTreeMap<String, String> {
    let mut dates: BTreeMap<&str, (i64, String)> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.get("peeled_type") == "commit") {
        let stamp = stamp(row.opt("committer_date").unwrap_or_else(|| row.get("date")));
        dates.entry(row.get("peeled_commit")).or_insert(stamp);
    }
    let mut order: Vec<_> = dates.iter().collect();
    order.sort_by_key(|(commit, (at, _))| (*at, **commit));
    let mut stream = String::new();
    for (index, (_, (_, stamp))) in order.iter().enumerate() {
        let (mark, text) = (index + 1, format!("commit {}\n", index + 1));
        stream.push_str(&format!(
            "commit refs/heads/main\nmark :{mark}\ncommitter {WHO} {stamp}\ndata {}\n{text}\n",
            text.len()
        ));
    }
    let marks = into.join("marks");
    let export = format!(
        "--export-marks={}",
        std::path::absolute(&marks).unwrap().display()
    );
    feed(
        into,
        &["fast-import", "--quiet", &export],
        stream.as_bytes(),
    );
    let ids: BTreeMap<String, String> = std::fs::read_to_string(&marks)
        .unwrap()
        .lines()
        .map(|line| line.split_once(' ').unwrap())
        .map(|(mark, id)| (mark.to_owned(), id.to_owned()))
        .collect();
    let real = order.iter().enumerate();
    real.map(|(index, (commit, _))| (commit.to_string(), ids[&format!(":{}", index + 1)].clone()))
        .collect()
}

/// Commits to rebuild with files, by their real ids.
#[derive(Default)]
pub(crate) struct Made {
    commits: BTreeMap<String, (String, BTreeMap<String, Option<String>>)>,
    /// In the order in which they were named, for commits of one second.
    order: Vec<String>,
    /// Real id → rebuilt id, once they are imported.
    pub(crate) ids: BTreeMap<String, String>,
}

impl Made {
    /// Names a commit.
    pub(crate) fn commit(
        &mut self,
        real: &str,
        date: &str,
    ) -> &mut BTreeMap<String, Option<String>> {
        if !self.commits.contains_key(real) {
            self.order.push(real.to_owned());
        }
        let entry = self.commits.entry(real.to_owned());
        &mut entry
            .or_insert_with(|| (date.to_owned(), BTreeMap::new()))
            .1
    }

    /// Has a commit write a file, or remove it.
    pub(crate) fn file(&mut self, real: &str, date: &str, path: &str, text: Option<String>) {
        self.commit(real, date).insert(path.to_owned(), text);
    }

    /// Returns the rebuilt id of a commit whose real id starts so.
    #[track_caller]
    pub(crate) fn ids_of(&self, real: &str) -> String {
        let found = self.ids.iter().find(|(id, _)| id.starts_with(real));
        found
            .unwrap_or_else(|| panic!("no commit {real}"))
            .1
            .clone()
    }
}

/// Makes a bare repository with one line of commits in the order of their dates.
pub(crate) fn import_files(made: &mut Made, branch: &str, into: &Path) {
    git(
        Path::new("."),
        &["init", "-q", "--bare", "-b", branch, into.to_str().unwrap()],
    );
    let mut order = made.order.clone();
    order.sort_by_key(|real| stamp(&made.commits[real].0).0);
    let mut stream = String::new();
    for (index, real) in order.iter().enumerate() {
        let (date, files) = &made.commits[real];
        let (_, at) = stamp(date);
        stream.push_str(&format!(
            "commit refs/heads/{branch}\nmark :{}\ncommitter {WHO} {at}\ndata {}\n{real}\n",
            index + 1,
            real.len(),
        ));
        for (path, text) in files {
            match text {
                Some(text) => stream.push_str(&format!(
                    "M 644 inline {path}\ndata {}\n{text}\n",
                    text.len()
                )),
                None => stream.push_str(&format!("D {path}\n")),
            }
        }
        stream.push('\n');
    }
    let marks = std::path::absolute(into.join("marks")).unwrap();
    let export = format!("--export-marks={}", marks.display());
    feed(
        into,
        &["fast-import", "--quiet", &export],
        stream.as_bytes(),
    );
    for line in std::fs::read_to_string(&marks).unwrap().lines() {
        let (mark, id) = line.split_once(' ').unwrap();
        let index: usize = mark.trim_start_matches(':').parse().unwrap();
        made.ids.insert(order[index - 1].clone(), id.to_owned());
    }
}

fn tag_object(row: &Row, commits: &BTreeMap<String, String>, into: &Path) -> String {
    let (mut target, mut kind) = match row.get("peeled_type") {
        "commit" => (commits[row.get("peeled_commit")].clone(), "commit"),
        _ => (
            feed(into, &["hash-object", "-w", "--stdin"], b"placeholder\n"),
            "blob",
        ),
    };
    if row.get("object_type") != "tag" {
        return target;
    }
    let name = row
        .opt("name_in_tag_object")
        .unwrap_or_else(|| row.get("tag"));
    let (_, when) = stamp(row.opt("tagger_date").unwrap_or_else(|| row.get("date")));
    let mark = match row.get("tag_signature") {
        "PGP" => "PGP SIGNATURE",
        "SSH" => "SSH SIGNATURE",
        "-" => "",
        _ => "SIGNED MESSAGE",
    };
    let signature = match mark {
        "" => String::new(),
        mark => format!("-----BEGIN {mark}-----\n\nplaceholder\n-----END {mark}-----\n"),
    };
    for _ in 0..row
        .opt("tag_depth")
        .map_or(1, |depth| depth.parse().unwrap())
    {
        let body = format!(
            "object {target}\ntype {kind}\ntag {name}\ntagger {WHO} {when}\n\n{name}\n{signature}"
        );
        let args = ["hash-object", "-t", "tag", "-w", "--literally", "--stdin"];
        target = feed(into, &args, body.as_bytes());
        kind = "tag";
    }
    target
}

/// Returns a date as seconds, and as git writes it: `seconds +hhmm`.
fn stamp(text: &str) -> (i64, String) {
    let at = chrono::DateTime::parse_from_rfc3339(text).unwrap();
    (at.timestamp(), at.format("%s %z").to_string())
}

/// Runs git with bytes on its standard input, and returns what it prints.
pub(crate) fn feed(dir: &Path, args: &[&str], input: &[u8]) -> String {
    let mut child = Command::new("git")
        .current_dir(dir)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "git {args:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}
