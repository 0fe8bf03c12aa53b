//! Plans that waited, plans that were interrupted, and gates that a program judges.

use std::time::Duration;

use crate::command::git;
use crate::house::{House, executable};

/// A house under rules with these tables besides, and a release of version 1 that is built.
fn house(tables: &str) -> House {
    let mut house = House::new("cargo-workspace", "main", &[("README.md", "acme\n")]);
    let text = format!(
        "[process]\nformat = 1\nname = \"acme\"\n\n[version]\nscheme = \"integer\"\n\n\
         [[tag]]\nclass = \"release\"\ntemplate = \"v{{version}}\"\n\n{tables}"
    );
    let process = house.beside("release.toml");
    std::fs::write(&process, text).unwrap();
    house.process = process.to_str().unwrap().to_owned();
    house.build(&house.head());
    house.act(&["release", "1"]);
    house
}

fn production(gates: &str) -> String {
    format!("[[environment]]\nname = \"production\"\naccepts = \"release\"\ngates = [{gates}]\n")
}

#[track_caller]
fn saved(house: &House, args: &[&str]) -> String {
    let plan = house.beside("plan.json").to_str().unwrap().to_owned();
    let run = house.run(&[args, &["--save", &plan]].concat());
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    plan
}

/// INV-31: what closed since the plan was made holds it, with the code of what is held.
#[test]
fn a_stored_plan_is_judged_again_when_it_is_applied() {
    let freeze =
        "{ freeze = { zone = \"UTC\", dated = [{ from = \"2026-11-05\", to = \"2026-11-09\" }] } }";
    let house = house(&production(freeze));
    let plan = saved(&house, &["promote", "production"]);
    house.wait(chrono::TimeDelta::days(4));
    assert_eq!(house.held(&["apply", &plan]), ["freeze"]);
    house.wait(chrono::TimeDelta::days(5));
    house.act(&["apply", &plan]);
    assert!(house.refs().contains("refs/promenade/ledger"));
}

/// An approval that lapsed, and a gate that the process got in the meantime.
#[test]
fn a_gate_that_closed_or_came_since_holds_a_stored_plan() {
    let approvals = "{ approvals = { count = 1, from = [\"maintainers\"], expires = \"2d\" } }";
    let person = "\n[[person]]\nname = \"ada\"\nkeys = [\"ci:local/ada@example.org\"]\nroles = [\"maintainers\"]\n";
    let house = house(&(production(approvals) + person));
    // Git's address is one of the keys of a person: nobody has to say who acts.
    house.act(&["approve", "production"]);
    let plan = saved(&house, &["promote", "production", "--as", "ada"]);
    let text = std::fs::read_to_string(&house.process).unwrap();
    let stricter = text.replace("gates = [", "gates = [{ check = \"scan\" }, ");
    std::fs::write(&house.process, stricter).unwrap();
    assert_eq!(house.held(&["apply", &plan]), ["check:scan"]);
    std::fs::write(&house.process, text).unwrap();
    house.wait(chrono::TimeDelta::days(3));
    assert_eq!(house.held(&["apply", &plan]), ["approvals"]);
    house.act(&["approve", "production"]);
    let run = house.run(&["apply", &plan, "--execute"]);
    assert_eq!(run.code, 3, "the ledger went on: {}{}", run.out, run.err);
    house.act(&["promote", "production"]);
    let stranger = house.run(&["approve", "production", "--as", "eve"]);
    assert_eq!(stranger.code, 2, "{}{}", stranger.out, stranger.err);
    assert!(
        stranger.err.contains("expected one of ada"),
        "{}",
        stranger.err
    );
}

/// Law 7: what others have seen is answered by a record of its own, which the refusal names.
#[test]
fn undo_of_what_was_published_says_what_answers_it() {
    let house = house(&production(""));
    let bare = house.publishes();
    house.commit("more", &[("more.txt", "more\n")]);
    house.build(&house.head());
    let plan = saved(&house, &["release", "2"]);
    house.act(&["apply", &plan]);
    let before = (house.refs(), git(&bare, &["for-each-ref"]));
    let run = house.run(&["undo", &plan, "--execute"]);
    assert_eq!(run.code, 3, "{}{}", run.out, run.err);
    assert!(
        run.err.contains("was published at `origin`, and stays"),
        "{}",
        run.err
    );
    assert!(run.err.contains("`deprecate 2`"), "{}", run.err);
    assert_eq!((house.refs(), git(&bare, &["for-each-ref"])), before);
    house.act(&["deprecate", "2", "--reason", "it eats files"]);
}

/// A gate with a command is run and its end recorded, pass or fail; what cannot be run is recorded nowhere.
#[test]
fn the_command_of_a_gate_is_run_and_its_end_is_recorded() {
    let scan = "{ command = { name = \"scan\", run = [\"./scan.sh\", \"--all\"] } }";
    let house = house(&production(scan));
    assert_eq!(house.held(&["promote", "production"]), ["command:scan"]);
    let record = ["record", "scan", "--run", "--version", "1"];
    let missing = house.run(&[&record[..], &["--execute"]].concat());
    assert_eq!(missing.code, 4, "{}{}", missing.out, missing.err);
    let script = house.path().join("scan.sh");
    let seen = house.beside("seen");
    let text = |code: u8| {
        format!(
            "#!/bin/sh\necho \"$1 $PROMENADE_GATE $PROMENADE_VERSION\" > {}\necho two findings\nexit {code}\n",
            seen.display()
        )
    };
    std::fs::write(house.path().join(".git/info/exclude"), "scan.sh\n").unwrap();
    executable(&script, &text(3));
    let shown = house.run(&record);
    assert_eq!(shown.code, 0, "{}{}", shown.out, shown.err);
    assert!(!seen.exists(), "nothing is run before `--execute`");
    let failed = house.act(&record);
    assert_eq!(failed["title"], "record scan: fail");
    assert_eq!(std::fs::read_to_string(&seen).unwrap(), "--all scan 1\n");
    assert_eq!(house.held(&["promote", "production"]), ["command:scan"]);
    let log = house.run(&["ledger", "export"]);
    assert!(log.out.contains("two findings"), "{}", log.out);
    executable(&script, &text(0));
    assert_eq!(house.act(&record)["title"], "record scan: pass");
    house.act(&["promote", "production"]);
    let other = house.run(&["record", "smoke", "--run", "--version", "1", "--execute"]);
    assert_eq!(other.code, 2, "{}{}", other.out, other.err);
    assert!(other.err.contains("expected one of: scan"), "{}", other.err);
}

/// A real gpg would have to ask a person for a passphrase: it must not, and says so before the first effect.
#[test]
fn a_gpg_that_would_ask_for_a_passphrase_is_refused_before_the_first_effect() {
    let house = house(&production(""));
    let text = std::fs::read_to_string(&house.process).unwrap();
    let signed = text.replace(
        "template = \"v{version}\"\n",
        "template = \"v{version}\"\nannotated = true\nsignature = \"required\"\n",
    );
    assert_ne!(signed, text);
    std::fs::write(&house.process, signed).unwrap();
    house.commit("more", &[("more.txt", "more\n")]);
    house.build(&house.head());
    let before = house.refs();
    // Without a key the plan is held.
    assert_eq!(house.held(&["release", "2"]), ["signature"]);
    let (asks, asked) = (house.beside("asks"), house.beside("asked"));
    executable(
        &asks,
        &format!("#!/bin/sh\n: > {}\nexec sleep 1000\n", asked.display()),
    );
    let agent = format!("pinentry-program {}\n", asks.display());
    let Some(_home) = house.signs_with_gpg_under("secret", &agent) else {
        return;
    };
    let start = std::time::Instant::now();
    let run = house.run(&["release", "2", "--execute"]);
    assert_eq!(run.code, 1, "{}{}", run.out, run.err);
    assert!(run.err.contains("No pinentry"), "{}", run.err);
    assert!(!asked.exists(), "it asked");
    assert!(
        start.elapsed() < Duration::from_secs(300),
        "{:?}",
        start.elapsed()
    );
    assert_eq!(house.refs(), before);
    house.is_clean();
}
