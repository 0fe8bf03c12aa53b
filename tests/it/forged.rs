//! Releases on a forge that the command line makes: a server of our own speaks GitHub's shapes.

use testkit::github::{Fault, Github, Kept, TOKEN};

use crate::command::git;
use crate::house::House;

const MANIFEST: &str = "[package]\nname = \"acme\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";

/// A repository that publishes at a remote, whose tags the forge has.
struct Story {
    house: House,
    forge: Github,
    bare: std::path::PathBuf,
}

impl Story {
    fn new() -> Self {
        let changelog = "# Changelog\n\n## [Unreleased]\n\n### Added\n\n- Everything \
             ([#7](https://forge.example/acme/app/issues/7)).\n";
        let files = [
            ("Cargo.toml", MANIFEST),
            ("CHANGELOG.md", changelog),
            ("src/lib.rs", "//! Nothing yet.\n"),
        ];
        let mut house = House::new("cargo-workspace", "main", &files);
        let forge = Github::start([""; 0]);
        let table = format!(
            "[forge]\nname = \"Acme {{version}}\"\ncandidates = true\nrepository = \"acme/app\"\n\
             api = \"{}\"\ntoken-env = \"ACME_TOKEN\"\n",
            forge.api()
        );
        house.goes_by("cargo-workspace", &table);
        house.env = vec![("ACME_TOKEN".to_owned(), TOKEN.to_owned())];
        house.build(&house.head());
        let bare = house.publishes();
        Self { house, forge, bare }
    }

    /// Takes a step; the forge learns of a tag when it is pushed, which is before the release is made.
    fn act(&self, args: &[&str], tag: &str) -> serde_json::Value {
        self.forge.add_tag(tag);
        self.house.act(args)
    }

    fn release(&self, tag: &str) -> Kept {
        let all = self.forge.releases();
        let own: Vec<_> = all.into_iter().filter(|one| one.tag == tag).collect();
        assert_eq!(own.len(), 1, "one release of {tag}: {own:?}");
        own.into_iter().next().unwrap()
    }

    /// How the forge shows a tag: draft, pre-release, latest.
    fn shown(&self, tag: &str) -> (bool, bool, bool) {
        let release = self.release(tag);
        let latest = self.forge.latest().as_deref() == Some(tag);
        (release.draft, release.prerelease, latest)
    }
}

fn outcome(report: &serde_json::Value, kind: &str) -> String {
    let outcomes = report["outcomes"].as_array().unwrap().iter();
    let mut found = outcomes.filter(|one| one["step"] == kind);
    found.next().unwrap()["outcome"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// A12, B8, B9, C29: a candidate is a pre-release, the release is the latest, with its notes and their
/// links; the heading is not the tag; deprecated, it keeps its page under a banner.
#[test]
fn a_candidate_is_a_prerelease_a_release_the_latest_and_a_bad_one_gets_a_banner() {
    let story = Story::new();
    let report = story.act(&["candidate"], "v0.1.0-rc.1");
    assert_eq!(outcome(&report, "forge"), "done");
    assert_eq!(story.shown("v0.1.0-rc.1"), (false, true, false));
    assert_eq!(story.release("v0.1.0-rc.1").name, "Acme 0.1.0-rc.1");

    let path = story.house.beside("plan.json").to_str().unwrap().to_owned();
    let run = story.house.run(&["release", "--save", &path]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert_eq!(story.forge.releases().len(), 1, "a plan changes nothing");
    let report = story.act(&["apply", &path], "v0.1.0");
    assert_eq!(outcome(&report, "forge"), "done");
    assert_eq!(story.shown("v0.1.0"), (false, false, true));
    let notes = story.release("v0.1.0").body;
    assert!(
        notes.contains("- Everything ([#7](https://forge.example"),
        "{notes}"
    );
    let tags = git(&story.bare, &["tag", "--list"]);
    assert_eq!(
        tags, "v0.1.0\nv0.1.0-rc.1\n",
        "pushed before the forge is asked"
    );

    // Told done from not done: nothing is written twice, and words of people stay.
    story.forge.rewrite("v0.1.0", "by hand");
    let writes = || {
        story
            .forge
            .asked()
            .iter()
            .filter(|one| one.verb != "GET")
            .count()
    };
    let before = writes();
    let report = story.house.act(&["apply", &path]);
    assert_eq!(outcome(&report, "forge"), "already-done");
    assert_eq!(writes(), before);

    story
        .house
        .act(&["deprecate", "0.1.0", "--reason", "it eats data"]);
    let banner = "## ⚠️ Deprecated\n\nit eats data.\n\nby hand";
    assert_eq!(story.release("v0.1.0").body, banner);
    assert_eq!(
        story.shown("v0.1.0"),
        (false, false, false),
        "nothing is deleted"
    );
    let report = story.house.act(&["apply", &path]);
    assert_eq!(
        outcome(&report, "forge"),
        "already-done",
        "nor is it the latest again"
    );
}

impl Story {
    /// Mends something, and releases it.
    fn mends(&self, version: &str) {
        let path = self.house.path().join("CHANGELOG.md");
        let text = std::fs::read_to_string(path).unwrap();
        let entry = format!(
            "## [Unreleased]\n\n### Fixed\n\n- What {version} mends \
             ([#8](https://forge.example/acme/app/issues/8)).\n"
        );
        let text = text.replacen("## [Unreleased]\n", &entry, 1);
        let fix = self
            .house
            .commit("fix: a crash", &[("CHANGELOG.md", &text)]);
        self.house.build(&fix);
        self.act(&["candidate"], &format!("v{version}-rc.1"));
        self.act(&["release"], &format!("v{version}"));
    }
}

/// C30: the forge would take the newest release that is left, which may be a bad one; the process says
/// which is the latest, and a plan that is applied once more takes it from none that came later.
#[test]
fn the_latest_after_a_deprecation_is_the_highest_release_that_stands() {
    let story = Story::new();
    story.act(&["candidate"], "v0.1.0-rc.1");
    story.act(&["release"], "v0.1.0");
    story.mends("0.1.1");
    story.mends("0.1.2");
    let latest = || story.forge.latest().unwrap();
    let bad = |version: &str| {
        let path = story.house.beside(version).to_str().unwrap().to_owned();
        let args = ["deprecate", version, "--reason", "it eats data"];
        let run = story.house.run(&[&args[..], &["--save", &path]].concat());
        assert_eq!(run.code, 0, "{}{}", run.out, run.err);
        (path, run.out)
    };
    let (old, planned) = bad("0.1.1");
    assert!(!planned.contains("\"latest\""), "it is not the latest");
    story.house.act(&["apply", &old]);
    assert_eq!(latest(), "v0.1.2");

    let (path, _) = bad("0.1.2");
    let stop = ["apply", &path, "--execute", "--until", "banner"];
    assert_eq!(story.house.run(&stop).code, 0);
    assert_eq!(latest(), "v0.1.1", "what the forge chooses by itself");
    let report = story.house.act(&["apply", &path]);
    assert_eq!(outcome(&report, "latest"), "done");
    assert_eq!(latest(), "v0.1.0");
    let report = story.house.act(&["apply", &path]);
    assert_eq!(outcome(&report, "latest"), "already-done");

    story.mends("0.1.3");
    assert_eq!(latest(), "v0.1.3");
    let report = story.house.act(&["apply", &path]);
    assert_eq!(outcome(&report, "latest"), "already-done");
    assert_eq!(latest(), "v0.1.3");
}

/// B29, B9, C21.8: what is disclosed has the notes of its changelog and the files of its build on the forge, as
/// any release.
#[test]
fn a_release_that_is_disclosed_has_its_notes() {
    let story = Story::new();
    let (from, fix) = story.dist();
    let record = ["build", "record", &from, "--commit", &fix, "--embargoed"];
    story.house.act(&record);
    let release = ["release", "0.1.0", "--lane", "embargoed", "--embargoed"];
    story
        .house
        .act(&[&release[..], &["--assets", &from]].concat());
    assert_eq!(story.forge.releases().len(), 0);
    let disclose = ["disclose", "--assets", &from];
    let report = story.act(&disclose, "v0.1.0");
    assert_eq!(story.assets("v0.1.0"), FILES);
    assert_eq!(outcome(&report, "forge"), "done");
    assert_eq!(story.shown("v0.1.0"), (false, false, true));
    let notes = story.release("v0.1.0").body;
    assert!(
        notes.contains("- Everything ([#7](https://forge.example"),
        "{notes}"
    );
}

/// The files of a build, and what they hold.
const FILES: [(&str, &str); 2] = [
    ("SHA256SUMS", "sums"),
    ("acme-x86_64.tar.gz", "the program"),
];

impl Story {
    /// A directory with the files of a build, and the commit that was built.
    fn dist(&self) -> (String, String) {
        let dist = self.house.beside("dist");
        std::fs::create_dir(&dist).unwrap();
        for (name, text) in FILES {
            std::fs::write(dist.join(name), text).unwrap();
        }
        let files = [("more.txt", "more\n")];
        let fix = self.house.commit("feat: a program", &files);
        (dist.to_str().unwrap().to_owned(), fix)
    }

    /// The names and the bytes of the files of a release.
    fn assets(&self, tag: &str) -> Vec<(&'static str, &'static str)> {
        let assets = self.release(tag).assets.into_iter();
        let assets = assets.map(|one| {
            assert_eq!(one.state, "uploaded");
            let mut known = FILES.into_iter();
            let found =
                known.find(|(name, text)| *name == one.name && text.as_bytes() == one.bytes);
            found.unwrap_or_else(|| panic!("{} has other bytes", one.name))
        });
        let mut assets: Vec<_> = assets.collect();
        assets.sort();
        assets
    }
}

/// Law 10: whatever call the forge dies at, the same plan goes on to one release with each file once.
#[test]
fn a_forge_that_dies_between_two_files_is_taken_up_where_it_was() {
    let died = |at: usize| {
        let story = Story::new();
        let (from, fix) = story.dist();
        let record = ["build", "record", &from, "--commit", &fix];
        story.house.act(&record);
        story.act(&["candidate"], "v0.1.0-rc.1");
        story.forge.add_tag("v0.1.0");
        story.forge.fault(at, Fault::DeadAfter);
        let release = ["release", "--execute", "--assets", &from];
        let run = story.house.run(&release);
        let died = run.code == 4;
        assert!(died || run.code == 0, "{}{}", run.out, run.err);
        if died {
            story.forge.heal();
            story.house.act(&["apply"]);
        }
        assert_eq!(story.shown("v0.1.0"), (false, false, true), "{at}");
        assert_eq!(story.assets("v0.1.0"), FILES, "{at}");
        assert_eq!(story.forge.releases().len(), 2, "{at}");
        died
    };
    // The draft, the first file, the second, and what shows it: each is a few calls.
    let all: Vec<bool> = std::thread::scope(|scope| {
        let runs: Vec<_> = [6, 8, 11, 14]
            .map(|at| scope.spawn(move || died(at)))
            .into_iter()
            .collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    assert!(all.iter().filter(|died| **died).count() >= 3, "{all:?}");
}

/// C21.8: the artifacts that were recorded, and no other bytes, are attached before anybody sees the release.
#[test]
fn a_release_has_the_files_of_its_build_and_no_others() {
    let story = Story::new();
    let (from, fix) = story.dist();
    let dist = std::path::PathBuf::from(&from);
    let write = |name: &str, text: &str| std::fs::write(dist.join(name), text).unwrap();
    let record = ["build", "record", &from, "--commit", &fix];
    story.house.act(&record);
    story.act(&["candidate"], "v0.1.0-rc.1");
    story.forge.add_tag("v0.1.0");
    let refs = story.house.refs();
    let refused = |release: &[&str], code: i32, why: &str| {
        let run = story.house.run(release);
        assert_eq!(run.code, code, "{}{}", run.out, run.err);
        assert!(run.err.contains(why), "{}", run.err);
        assert_eq!(story.house.refs(), refs, "before the first effect");
        assert_eq!(story.forge.releases().len(), 1);
    };
    let release = ["release", "--execute", "--assets", &from];

    write("acme-x86_64.tar.gz", "another build");
    refused(&release, 2, "is not what was recorded");
    std::fs::remove_file(dist.join("acme-x86_64.tar.gz")).unwrap();
    refused(
        &release,
        2,
        "asset `acme-x86_64.tar.gz`: the recorded build has it",
    );
    refused(
        &[&release[..], &["--asset", "acme-arm.tar.gz"]].concat(),
        2,
        "it has SHA256SUMS, acme-x86_64.tar.gz",
    );
    write("acme-x86_64.tar.gz", "the program");
    write("notes.txt", "of nobody");
    let path = story.house.beside("plan.json").to_str().unwrap().to_owned();
    let saved = ["release", "--assets", &from, "--save", &path];
    let planned = story.house.run(&saved);
    assert_eq!(planned.code, 0, "{}{}", planned.out, planned.err);
    assert!(
        planned.out.contains("notes.txt is not attached"),
        "{}",
        planned.out
    );

    // The plan waited, and the file changed: it is compared again.
    write("acme-x86_64.tar.gz", "another build");
    refused(
        &["apply", &path, "--execute"],
        1,
        "is not what was recorded",
    );
    write("acme-x86_64.tar.gz", "the program");
    story.house.act(&["apply", &path]);
    assert_eq!(story.shown("v0.1.0"), (false, false, true));
    assert_eq!(story.assets("v0.1.0"), FILES);
    let report = story.house.act(&["apply", &path]);
    assert_eq!(outcome(&report, "forge"), "already-done");
    assert_eq!(story.assets("v0.1.0"), FILES, "each once");
    let drafts = story
        .forge
        .asked()
        .into_iter()
        .filter(|one| one.verb == "POST");
    let first = drafts.map(|one| String::from_utf8_lossy(&one.body).into_owned());
    let made: Vec<_> = first.filter(|body| body.contains("\"v0.1.0\"")).collect();
    assert!(
        made[0].contains("\"draft\":true"),
        "nobody sees it without its files: {made:?}"
    );
}

/// Law 10: whatever call the forge dies at, the same plan goes on to one release with the right flags.
#[test]
fn a_forge_that_dies_is_taken_up_where_it_was() {
    let died = |at: usize, fault: Fault| {
        let story = Story::new();
        story.act(&["candidate"], "v0.1.0-rc.1");
        story.forge.add_tag("v0.1.0");
        story.forge.fault(at, fault);
        let run = story.house.run(&["release", "--execute"]);
        assert_eq!(run.code, 4, "{}{}", run.out, run.err);
        assert!(run.err.contains("`apply` goes on"), "{}", run.err);
        story.forge.heal();
        story.house.act(&["apply"]);
        assert_eq!(story.shown("v0.1.0"), (false, false, true), "{at}");
        assert_eq!(story.forge.releases().len(), 2);
    };
    // Two looks before the first effect, two at the step, two by the forge; then what makes the release.
    std::thread::scope(|scope| {
        for (at, fault) in [
            (2, Fault::Dead),
            (5, Fault::DeadAfter),
            (6, Fault::Dead),
            (6, Fault::DeadAfter),
        ] {
            scope.spawn(move || died(at, fault));
        }
    });
}

/// Everything that is missing is said before the first effect.
#[test]
fn a_forge_without_a_token_or_an_answer_stops_the_plan_before_its_first_effect() {
    let mut story = Story::new();
    story.forge.add_tag("v0.1.0-rc.1");
    let refs = story.house.refs();
    let env = std::mem::take(&mut story.house.env);
    assert_eq!(story.house.held_plan(&["candidate"]), ["forge"]);
    let run = story.house.run(&["candidate", "--execute"]);
    assert_eq!(run.code, 1, "{}{}", run.out, run.err);
    assert!(run.err.contains("a token for it"), "{}", run.err);
    assert_eq!(story.house.refs(), refs);

    let secret = "a-secret-that-the-forge-does-not-know";
    story.house.env = vec![("ACME_TOKEN".to_owned(), secret.to_owned())];
    let run = story.house.run(&["-v", "candidate", "--execute"]);
    assert_eq!(run.code, 4, "{}{}", run.out, run.err);
    assert!(run.err.contains("401 Bad credentials"), "{}", run.err);
    assert!(!format!("{}{}", run.out, run.err).contains(secret));
    assert_eq!(story.house.refs(), refs);

    story.house.env = env;
    story.act(&["candidate"], "v0.1.0-rc.1");
    assert_eq!(story.shown("v0.1.0-rc.1"), (false, true, false));
}
