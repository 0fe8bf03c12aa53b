//! Notes stand on their own: they render as the section does inside its file.

use promenade_changelog::Changelog;
use pulldown_cmark::{Event, Parser};

/// Reads the whole text, and keeps what lies in a range, comments of the footer apart.
fn events(text: &str, range: std::ops::Range<usize>) -> Vec<Event<'_>> {
    let inside = |at: &std::ops::Range<usize>| at.start >= range.start && at.end <= range.end;
    let footer = |at: &std::ops::Range<usize>| text[at.clone()].starts_with("<!--");
    Parser::new(text)
        .into_offset_iter()
        .filter(|(_, at)| inside(at) && !footer(at))
        .map(|(event, _)| event)
        .collect()
}

#[test]
fn notes_of_real_changelogs_render_as_in_their_files() {
    let Some(files) = crate::corpus::files() else {
        return;
    };
    let mut count = 0;
    for text in files.iter().step_by(testkit::scale(20, 1)) {
        let changelog = Changelog::parse(text);
        for section in changelog.sections() {
            let inside = section.heading_range().end..section.range().end;
            let notes = changelog.notes_of(section);
            let (own, whole) = (events(&notes, 0..notes.len()), events(text, inside));
            assert_eq!(own, whole, "{:?}", section.heading());
            count += 1;
        }
    }
    assert!(count > 200, "{count}");
}

#[test]
fn definitions_that_a_section_uses_come_along_and_no_others() {
    let text = "## [2.0.0]\n\nSee [the book] and [1.0.0]; `[code]`.\n\n[the book]: https://x/book \"T\"\n\n## [1.0.0]\n\n- b\n\n[2.0.0]: https://x/2\n[1.0.0]: https://x/1\n[code]: https://x/c\n";
    let changelog = Changelog::parse(text);
    assert_eq!(
        changelog.notes("2.0.0").unwrap(),
        "\nSee [the book] and [1.0.0]; `[code]`.\n\n[the book]: https://x/book \"T\"\n[1.0.0]: https://x/1\n".trim_start()
    );
    assert_eq!(changelog.notes("1.0.0").unwrap(), "- b\n");
}
