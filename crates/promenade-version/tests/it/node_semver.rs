//! node-semver's increment table as an outside oracle: every difference has the policy behind it.
//!
//! The table is read from a checkout that `PROMENADE_NODE_SEMVER` names; the rows below are ours.

use std::collections::BTreeMap;
use std::process::Command;

use promenade_version::{
    BelowOne, CandidatePolicy, Impact, Level, Meaning, NextVersionErrorKind, Request, Scheme,
    SchemeKind, SeriesBase, Version, VersionPolicy,
};

/// Why ours differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Why {
    /// Only promotion leaves a series; there, `minor` turns `1.2.0-1` into `1.2.0`, and `1.2.3-4`
    /// into `1.3.0`.
    PromotionIsExplicit,
    /// A label comes after the one before; there, `rc.7` steps back to `beta.0` on one base, before
    /// what was published.
    LabelsGoForward,
    /// A candidate has a declared label of one word with a number; there, `1.2.4-0`, `1.2.3-dev` and
    /// `1.2.3-alpha.0.beta` are counted too.
    LabelIsDeclared,
    /// A text has one spelling; there, `1.2.3tag` is read in loose mode.
    TextIsCanonical,
}

/// One question to node-semver: a version, an increment, a label and the number it starts from.
struct Row {
    version: String,
    increment: String,
    label: Option<String>,
    /// `0`, `1`, or nothing for a label without a number.
    start: Option<u64>,
    theirs: Option<String>,
}

/// Answers in our terms: a text, a plain refusal, or a refusal that a policy explains.
fn ours(row: &Row) -> Result<Option<String>, Why> {
    let Ok(version) = Scheme::semver().parse(&row.version) else {
        return Err(Why::TextIsCanonical);
    };
    let candidate = Scheme::semver().meaning(&version) == Meaning::Candidate;
    let plain = || {
        VersionPolicy::builder(SchemeKind::Semver)
            .below_one(BelowOne::Semver)
            .build()
            .unwrap()
    };
    let (level, pre) = match row.increment.as_str() {
        "major" => (Level::Major, false),
        "minor" => (Level::Minor, false),
        "patch" => (Level::Patch, false),
        "premajor" => (Level::Major, true),
        "preminor" => (Level::Minor, true),
        "prepatch" => (Level::Patch, true),
        "prerelease" if !candidate => (Level::Patch, true),
        "prerelease" => return continued(row, &version),
        "release" => {
            return Ok(plain()
                .promote(&version)
                .ok()
                .map(|next| next.text().to_owned()));
        }
        _ => return Ok(None),
    };
    let request = Request::after(&version).level(level);
    let next = if pre {
        match labelled(row.label.as_deref().unwrap_or_default(), row.start, None) {
            Some(policy) => policy.open_series(&request),
            None if candidate => return Err(Why::PromotionIsExplicit),
            None => return Err(Why::LabelIsDeclared),
        }
    } else {
        plain().next(&request)
    };
    match next {
        Ok(next) => Ok(next.map(|next| next.text().to_owned())),
        Err(error) => {
            assert_eq!(error.kind(), &NextVersionErrorKind::OpenSeries, "{error}");
            Err(Why::PromotionIsExplicit)
        }
    }
}

fn continued(row: &Row, version: &Version) -> Result<Option<String>, Why> {
    let stem = version.pre.split('.').next().unwrap_or_default();
    let wanted = row.label.as_deref().unwrap_or(stem);
    if !wanted.is_empty()
        && wanted < stem
        && !stem.starts_with(|first: char| first.is_ascii_digit())
    {
        return Err(Why::LabelsGoForward);
    }
    let again = stem == wanted;
    let start = if again { Some(0) } else { row.start };
    let policy = labelled(wanted, start, (!again).then_some(stem)).ok_or(Why::LabelIsDeclared)?;
    let next = if again {
        policy.next_candidate(version, None, Impact::Fix)
    } else {
        policy.advance_label(version, wanted)
    };
    match next {
        Ok(next) => Ok(Some(next.text().to_owned())),
        Err(error) => {
            assert!(
                matches!(error.kind(), NextVersionErrorKind::UnknownLabel(_)),
                "{error}"
            );
            Err(Why::LabelIsDeclared)
        }
    }
}

/// The policy with a label that starts from a number, after an earlier label.
fn labelled(label: &str, start: Option<u64>, earlier: Option<&str>) -> Option<VersionPolicy> {
    let mut candidate = CandidatePolicy::in_label(&format!("{label}.{{n}}")).ok()?;
    candidate = candidate.start(start?).ok()?.base(SeriesBase::Keep);
    if let Some(earlier) = earlier {
        candidate = candidate.earlier(&format!("{earlier}.{{n}}")).ok()?;
    }
    let builder = VersionPolicy::builder(SchemeKind::Semver).below_one(BelowOne::Semver);
    builder.candidate(candidate).build().ok()
}

#[track_caller]
fn explain(row: &Row) -> Option<Why> {
    match ours(row) {
        Ok(found) => {
            let what = (&row.version, &row.increment, &row.label);
            assert_eq!(found, row.theirs, "unexplained: {what:?}");
            None
        }
        // Where they refuse as well, there is no difference to explain.
        Err(_) if row.theirs.is_none() => None,
        Err(why) => Some(why),
    }
}

#[test]
fn the_differences_are_those_that_policies_explain() {
    use Why::{LabelIsDeclared, LabelsGoForward, PromotionIsExplicit, TextIsCanonical};
    let check = |version: &str, increment: &str, label: Option<&str>, theirs: Option<&str>, why| {
        let row = Row {
            version: version.to_owned(),
            increment: increment.to_owned(),
            label: label.map(str::to_owned),
            start: Some(0),
            theirs: theirs.map(str::to_owned),
        };
        assert_eq!(explain(&row), why, "{version} {increment} {label:?}");
    };
    check("4.5.6", "minor", None, Some("4.6.0"), None);
    check("4.5.6", "premajor", Some("rc"), Some("5.0.0-rc.0"), None);
    check("4.5.6", "prerelease", Some("rc"), Some("4.5.7-rc.0"), None);
    check("4.5.6-rc.7", "prerelease", None, Some("4.5.6-rc.8"), None);
    check(
        "4.5.6-beta.7",
        "prerelease",
        Some("rc"),
        Some("4.5.6-rc.0"),
        None,
    );
    check("4.5.6-rc.7", "release", None, Some("4.5.6"), None);
    check("4.5.6", "release", None, None, None);
    check(
        "4.5.6-rc.7",
        "patch",
        None,
        Some("4.5.6"),
        Some(PromotionIsExplicit),
    );
    check(
        "4.5.6-rc.7",
        "minor",
        None,
        Some("4.6.0"),
        Some(PromotionIsExplicit),
    );
    check(
        "4.5.6-rc.7",
        "preminor",
        Some("rc"),
        Some("4.6.0-rc.0"),
        Some(PromotionIsExplicit),
    );
    check(
        "4.5.6",
        "prerelease",
        None,
        Some("4.5.7-0"),
        Some(LabelIsDeclared),
    );
    check(
        "4.5.6-rc.0.x",
        "prerelease",
        None,
        Some("4.5.6-rc.1.x"),
        Some(LabelIsDeclared),
    );
    check(
        "4.5.6-rc.7",
        "prerelease",
        Some("beta"),
        Some("4.5.6-beta.0"),
        Some(LabelsGoForward),
    );
    check(
        "4.5.6tag",
        "major",
        None,
        Some("5.0.0"),
        Some(TextIsCanonical),
    );
}

#[test]
#[expect(
    clippy::print_stdout,
    reason = "the list of differences is what the test reports"
)]
fn their_whole_table_is_ours_or_explained() {
    let Some(checkout) = testkit::checkout("PROMENADE_NODE_SEMVER") else {
        return;
    };
    let Some(node) = testkit::program("node") else {
        return;
    };
    // A string in the place of the options is the label, and the label then the start.
    let script = "
        for (let [v, inc, to, opt, id, base] of require(process.argv[1])) {
            if (typeof opt === 'string') { base = id; id = opt }
            const start = base === false ? '-' : Number(base) ? '1' : '0'
            console.log([v, inc, id === undefined ? '-' : id, start, to === null ? '-' : to].join('\\t'))
        }";
    let table = checkout.join("test/fixtures/increments.js");
    let output = Command::new(node)
        .arg("-e")
        .arg(script)
        .arg(&table)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let mut counts: BTreeMap<Option<Why>, usize> = BTreeMap::new();
    let lines = String::from_utf8(output.stdout).unwrap();
    for line in lines.lines() {
        let cells: Vec<&str> = line.split('\t').collect();
        let opt = |cell: &str| Some(cell.to_owned()).filter(|cell| cell != "-");
        let row = Row {
            version: cells[0].to_owned(),
            increment: cells[1].to_owned(),
            label: opt(cells[2]),
            start: cells[3].parse().ok(),
            theirs: opt(cells[4]),
        };
        let why = explain(&row);
        if let Some(why) = why {
            println!(
                "{} {} {:?}: {:?}, {why:?}",
                row.version, row.increment, row.label, row.theirs
            );
        }
        *counts.entry(why).or_default() += 1;
    }
    println!("{counts:?}");
    assert!(counts.values().sum::<usize>() > 100, "{counts:?}");
    assert!(
        counts.get(&None).is_some_and(|equal| *equal > 30),
        "{counts:?}"
    );
}
