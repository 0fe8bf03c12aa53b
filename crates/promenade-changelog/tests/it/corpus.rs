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

/// Pairs whose people did more, or less, than cut in the same commit, and what.
const NOT_CUT_ALONE: [(&str, &str); 7] = [
    ("EmbarkStudios/cargo-deny 0.5.0", "the links were forgotten"),
    ("EmbarkStudios/cargo-deny 0.5.1", "the links were forgotten"),
    (
        "EmbarkStudios/cargo-deny 0.5.2",
        "a blank line below a comment went too",
    ),
    (
        "rust-lang/hashbrown 0.1.1",
        "the link of Unreleased, copied from another project, was left as it was",
    ),
    (
        "rust-lang/hashbrown 0.1.2",
        "a heading of an older section was changed too",
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

#[test]
fn cut_gives_the_bytes_of_real_promotions() {
    let Some(promotions) = promotions() else {
        return;
    };
    assert_eq!(promotions.len(), 113);
    let (mut alone, mut with_entries, mut misses) = (0, 0, Vec::new());
    for promotion in &promotions {
        if cut(promotion, &promotion.before) == promotion.after {
            alone += 1;
        } else if cut(promotion, &with_entries_of_the_commit(promotion)) == promotion.after {
            with_entries += 1;
        } else {
            misses.push(promotion.name.as_str());
        }
    }
    // In 10 commits people wrote entries of the version too; everything else is the cut's.
    assert_eq!((alone, with_entries), (96, 10));
    assert_eq!(misses, NOT_CUT_ALONE.map(|(name, _)| name));
}
