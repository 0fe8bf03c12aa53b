//! Laws over the public strategies.

use chrono::NaiveDate;
use promenade_changelog::strategy::{changelog_policy, changelog_text, edits_of, version};
use promenade_changelog::{
    Changelog, ChangelogPolicy, Cut, DateStyle, Dialect, DialectPolicy, DraftCommit, DraftLinks,
    EditChangelogError, EditChangelogErrorKind, Edits, draft,
};
use proptest::prelude::*;

proptest! {
    #[test]
    fn edits_and_their_inverse_give_the_text_back(
        (text, edits) in changelog_text().prop_flat_map(|text| {
            let edits = edits_of(&text);
            (Just(text), edits)
        })
    ) {
        let after = edits.apply(&text).unwrap();
        prop_assert_eq!(edits.apply_bytes(text.as_bytes()).unwrap(), after.as_bytes());
        prop_assert_eq!(edits.invert(&text).unwrap().apply(&after).unwrap(), text);
        let json = serde_json::to_string(&edits).unwrap();
        prop_assert_eq!(serde_json::from_str::<Edits>(&json).unwrap(), edits);
    }

    /// A draft is added at once, and ends as if its entries had been added one by one.
    #[test]
    fn a_draft_is_its_entries_added_one_by_one(
        text in changelog_text(),
        policy in changelog_policy(),
        subjects in prop::collection::vec("(feat|fix|perf|feat!|Add|Remove)(: | )[a-c]{1,2}( \\(#[1-3]\\))?", 0..8),
    ) {
        let commits: Vec<_> = subjects
            .iter()
            .enumerate()
            .map(|(at, subject)| DraftCommit { id: format!("c{at}"), message: subject.clone() })
            .collect();
        let draft = draft(&commits, &DraftLinks::plain());
        let at_once = Changelog::parse(&text).add_draft(&draft, &policy);
        let mut after = Ok(text.clone());
        for entry in &draft.entries {
            after = after.and_then(|text| {
                let category = Some(entry.category.as_str());
                let edits = Changelog::parse(&text).add(category, &entry.text, &policy)?;
                Ok(edits.apply(&text).unwrap())
            });
        }
        let at_once = at_once.map(|edits| edits.apply(&text).unwrap());
        prop_assert_eq!(at_once.map_err(|error| error.to_string()), after.map_err(|error: EditChangelogError| error.to_string()));
    }

    #[test]
    fn a_policy_is_read_back_as_it_was_written(policy in changelog_policy()) {
        let json = serde_json::to_string(&policy).unwrap();
        prop_assert_eq!(serde_json::from_str::<ChangelogPolicy>(&json).unwrap(), policy);
    }

    #[test]
    fn a_cut_under_any_policy_is_read_back(
        text in changelog_text(),
        policy in changelog_policy(),
        version in version(),
    ) {
        let date = NaiveDate::from_ymd_opt(2030, 1, 2).unwrap();
        let changelog = Changelog::parse(&text);
        match changelog.cut(&Cut::new(&version, date), &policy) {
            Ok(edits) => {
                let after = edits.apply(&text).unwrap();
                let read = Changelog::parse(&after);
                let section = read.section(&version).unwrap();
                if changelog.section(&version).is_ok() {
                    // It was cut before: where it stands is not for the cut to judge.
                    prop_assert_eq!(&after, &text);
                } else {
                    let newest = read.releases().next().unwrap();
                    prop_assert_eq!(newest, section);
                }
                prop_assert!(section.date().is_none_or(|found| found == date));
            }
            Err(error) => prop_assert!(
                matches!(
                    error.kind(),
                    EditChangelogErrorKind::VersionExists { .. }
                        | EditChangelogErrorKind::DuplicateVersion { .. }
                        | EditChangelogErrorKind::UnreleasedEmpty { .. }
                ),
                "{}", error
            ),
        }
    }

    #[test]
    fn a_date_is_read_as_it_was_written(day in 700_000..800_000_i32, style in 0..9_usize) {
        let date = NaiveDate::from_num_days_from_ce_opt(day).unwrap();
        let style = DateStyle::ALL[style];
        let text = format!("## 1.0.0 ({})\n", style.render(date));
        let changelog = Changelog::parse(&text);
        prop_assert_eq!(changelog.sections()[0].date(), Some(date));
        let learnt = Dialect::learn(&changelog, &DialectPolicy::default()).date();
        prop_assert_eq!(learnt.render(date), style.render(date));
    }
}

#[test]
fn a_policy_with_an_unknown_key_or_place_is_refused() {
    let refused = |json: &str| {
        serde_json::from_str::<ChangelogPolicy>(json)
            .unwrap_err()
            .to_string()
    };
    assert!(refused(r#"{"fil": "x"}"#).starts_with("unknown field `fil`"));
    let message = refused(r#"{"compare": {"url": "https://x/{tga}"}}"#);
    assert!(
        message.starts_with(
            "invalid template `https://x/{tga}`: unknown place `{tga}`, expected one of `{tag}`"
        ),
        "{message}"
    );
    let message = refused(r#"{"dialect": {"heading": "no place"}}"#);
    assert!(
        message.contains("place `{version}` is missing"),
        "{message}"
    );
}
