//! The real promotions of the corpus: file before, file after.

use chrono::NaiveDate;
use promenade_changelog::{Changelog, ChangelogPolicy, Cut};

struct Promotion {
    name: String,
    version: String,
    date: NaiveDate,
    before: String,
    after: String,
}

fn promotions() -> Option<Vec<Promotion>> {
    let corpus = testkit::corpus()?;
    let folder = corpus.join("changelog_promotions");
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let rows = testkit::tsv(corpus.join("changelog_promotions.tsv"));
    let promotion = |row: &testkit::Row| {
        let heading = row.get("heading_added");
        Promotion {
            name: format!("{} {}", row.get("repo"), row.get("version")),
            version: row.get("version").to_owned(),
            date: heading[heading.len() - 10..].parse().unwrap(),
            before: read(row.get("before_file")),
            after: read(row.get("after_file")),
        }
    };
    Some(rows.iter().map(promotion).collect())
}

/// Every file of the corpus, before and after.
pub(crate) fn files() -> Option<Vec<String>> {
    let files = promotions()?
        .into_iter()
        .flat_map(|promotion| [promotion.before, promotion.after]);
    Some(files.collect())
}

/// How many pairs the verbs must reproduce.
const ASKED: usize = 102;

/// In these commits people wrote about the version too, which no tool can know: cut alone gives
/// every byte but those.
const WRITTEN_IN_THE_COMMIT: [(&str, &str); 10] = [
    ("taiki-e/parse-changelog 0.3.0", "an entry was reworded"),
    (
        "taiki-e/parse-changelog 0.4.0",
        "two entries were written, one above the others",
    ),
    ("taiki-e/parse-changelog 0.4.1", "an entry was written"),
    ("taiki-e/parse-changelog 0.4.2", "three entries got links"),
    ("taiki-e/parse-changelog 0.4.3", "an entry got a link"),
    ("EmbarkStudios/cargo-deny 0.3.0", "an entry was corrected"),
    ("EmbarkStudios/cargo-deny 0.4.0", "two entries were written"),
    (
        "EmbarkStudios/cargo-deny 0.4.2",
        "an entry was written, its second line not indented",
    ),
    ("rust-lang/hashbrown 0.1.6", "an entry was written"),
    ("rust-lang/hashbrown 0.1.7", "two entries were written"),
];

/// Pairs whose people did something else, or less, than a cut, and what.
const NOT_A_CUT: [(&str, &str); 7] = [
    ("EmbarkStudios/cargo-deny 0.5.0", "the links were forgotten"),
    (
        "EmbarkStudios/cargo-deny 0.5.1",
        "the links were forgotten, and an entry was written",
    ),
    (
        "EmbarkStudios/cargo-deny 0.5.2",
        "the blank line below a comment went too",
    ),
    (
        "rust-lang/hashbrown 0.1.1",
        "the link of Unreleased, copied from another project, was left as it was",
    ),
    (
        "rust-lang/hashbrown 0.1.2",
        "that link again, and a heading of an older section was changed",
    ),
    (
        "rust-lang/hashbrown 0.1.4",
        "an entry of an older section was changed too",
    ),
    (
        "rust-lang/hashbrown 0.1.5",
        "the new link definition has the label of the older version",
    ),
];

fn cut(promotion: &Promotion, before: &str) -> String {
    let cut = Cut::new(&promotion.version, promotion.date);
    let edits = Changelog::parse(before)
        .cut(&cut, &ChangelogPolicy::default())
        .unwrap();
    edits.apply(before).unwrap()
}

/// Writes into Unreleased what the section of the new version says afterwards: the entries that
/// people wrote in the very commit that cut.
fn with_entries_of_the_commit(promotion: &Promotion) -> String {
    let (before, after) = (
        Changelog::parse(&promotion.before),
        Changelog::parse(&promotion.after),
    );
    let unreleased = before.unreleased().unwrap();
    let cut = after.section(&promotion.version).unwrap();
    format!(
        "{}{}{}",
        &promotion.before[..unreleased.heading_range().end],
        &promotion.after[cut.heading_range().end..cut.range().end],
        &promotion.before[unreleased.range().end..],
    )
}

/// Does with `reword` and `add`, one by one, what people did to the entries in the commit; nothing
/// if they took one away.
fn with_entries_edited(promotion: &Promotion) -> Option<String> {
    let entries = |text: &str, version: Option<&str>| -> Vec<(Option<String>, String)> {
        let changelog = Changelog::parse(text);
        let section = match version {
            Some(version) => changelog.section(version).unwrap(),
            None => changelog.unreleased().unwrap(),
        };
        changelog
            .entries(section)
            .map(|entry| (entry.category().map(str::to_owned), entry.text().to_owned()))
            .collect()
    };
    let before = entries(&promotion.before, None);
    let after = entries(&promotion.after, Some(&promotion.version));
    let mut old = before.iter().filter(|entry| !after.contains(entry));
    let mut text = promotion.before.clone();
    let policy = ChangelogPolicy::default();
    for (category, entry) in after.iter().filter(|entry| !before.contains(entry)) {
        let changelog = Changelog::parse(&text);
        let edits = match old.next() {
            Some((_, old)) => changelog.reword(None, old, entry),
            None => changelog.add(category.as_deref(), entry, &policy),
        };
        text = edits.unwrap().apply(&text).unwrap();
    }
    old.next().is_none().then_some(text)
}

#[test]
fn cut_gives_the_bytes_of_real_promotions() {
    let Some(promotions) = promotions() else {
        return;
    };
    assert_eq!(promotions.len(), 113);
    let (mut alone, mut edited) = (0, 0);
    let (mut given, mut misses) = (Vec::new(), Vec::new());
    for promotion in &promotions {
        if cut(promotion, &promotion.before) == promotion.after {
            alone += 1;
            continue;
        }
        let by_verbs = with_entries_edited(promotion).map(|text| cut(promotion, &text));
        edited += usize::from(by_verbs.as_ref() == Some(&promotion.after));
        if cut(promotion, &with_entries_of_the_commit(promotion)) == promotion.after {
            given.push(promotion.name.as_str());
        } else {
            misses.push(promotion.name.as_str());
        }
    }
    // Eight of the ten are `add` or `reword`, then `cut`; in the others an entry was written where or
    // as `add` would not write it.
    assert_eq!((alone, edited), (96, 8));
    assert_eq!(given, WRITTEN_IN_THE_COMMIT.map(|(name, _)| name));
    assert_eq!(misses, NOT_A_CUT.map(|(name, _)| name));
    assert!(alone + edited >= ASKED);
}
