//! What the Unreleased section of a changelog says of the next version.

use promenade_changelog::Changelog;
use promenade_process::Impacts;
use promenade_version::Impact;

#[test]
fn the_nearest_heading_that_names_a_category_counts() {
    for (body, expected) in [
        ("### Fixed\n\n- Long paths.\n", Impact::Fix),
        (
            "### Added\n\n#### Windows\n\n- Long paths.\n",
            Impact::Feature,
        ),
        (
            "### Windows\n\n#### Added\n\n- Long paths.\n",
            Impact::Feature,
        ),
        (
            "### Added\n\n#### Windows\n\n- Long paths.\n\n### Removed\n\n#### Unix\n\n- The old shell.\n",
            Impact::Breaking,
        ),
        // The part of a category that ended says nothing of the next one.
        (
            "### Fixed\n\n#### Removed\n\n### Fixes\n\n##### Windows\n\n- Long paths.\n",
            Impact::Fix,
        ),
        // Levels may be left out.
        (
            "#### Deprecated\n\n###### Windows\n\n- Long paths.\n",
            Impact::Feature,
        ),
    ] {
        let text = format!("# Changelog\n\n## [Unreleased]\n\n{body}\n## [1.0.0] - 2026-01-01\n");
        let impacts = Impacts::of_changelog(&Changelog::parse(&text));
        assert_eq!(impacts.strongest(), expected, "{body}");
    }
}
