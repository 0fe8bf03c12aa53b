//! The board of a whole story: in the terminal, as a picture and as a page.

use crate::command::{json, promenade};

/// Runs the story, and draws its board at the end.
fn drawn() -> (tempfile::TempDir, String, String, String) {
    let dir = tempfile::tempdir().unwrap();
    let demo = promenade(dir.path(), &["--format", "json", "demo", "--keep"]);
    assert_eq!(demo.code, 0, "{}", demo.err);
    let report: serde_json::Value = serde_json::from_str(&demo.out).unwrap();
    let repository = std::path::PathBuf::from(report["repository"].as_str().unwrap());
    let log = json(&repository, &["ledger", "log", "-n", "1"]);
    let at = log["records"][0]["at"].as_str().unwrap().to_owned();
    let (svg, html) = (dir.path().join("board.svg"), dir.path().join("board.html"));
    let run = promenade(
        &repository,
        &[
            "--at",
            &at,
            "status",
            "--svg",
            svg.to_str().unwrap(),
            "--html",
            html.to_str().unwrap(),
        ],
    );
    assert_eq!(run.code, 0, "{}", run.err);
    std::fs::remove_dir_all(&repository).unwrap();
    let read = |path| std::fs::read_to_string(path).unwrap();
    let (svg, html) = (read(&svg), read(&html));
    (dir, run.out, svg, html)
}

/// Every element is closed, in its order: what a reader of XML asks for.
fn is_balanced(xml: &str) -> bool {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = xml;
    while let Some(start) = rest.find('<') {
        let Some(end) = rest[start..].find('>') else {
            return false;
        };
        let tag = &rest[start + 1..start + end];
        rest = &rest[start + end + 1..];
        let name = tag
            .trim_start_matches('/')
            .split([' ', '\n', '/'])
            .next()
            .unwrap();
        if tag.starts_with('/') {
            if open.pop() != Some(name) {
                return false;
            }
        } else if !tag.ends_with('/') && !tag.starts_with('!') {
            open.push(name);
        }
    }
    open.is_empty()
}

#[test]
fn the_board_shows_what_runs_where_in_every_form() {
    let (_dir, text, svg, html) = drawn();
    assert!(!text.contains('\u{1b}'), "{text}");
    for version in ["0.5.0-rc.1", "0.4.1", "0.4.0-rc.1"] {
        for (form, drawn) in [("text", &text), ("svg", &svg), ("html", &html)] {
            assert!(drawn.contains(version), "{version} is not in the {form}");
        }
    }
    // The fate of candidates, the environment that is held, the channels, the rollback.
    assert!(html.contains("rejected") && html.contains("integration: shares end an hour early"));
    assert!(html.contains("held") && svg.contains("is held"));
    assert!(html.contains("latest") && svg.contains("latest"));
    assert!(
        svg.contains("stay even back") || svg.contains("stay odd back"),
        "no rollback"
    );
    assert!(is_balanced(&svg), "{svg}");
}

#[test]
fn the_page_asks_for_nothing_else_and_runs_nothing() {
    let (_dir, _, svg, html) = drawn();
    for drawn in [&svg, &html] {
        let own = drawn.replace("http://www.w3.org/2000/svg", "");
        for outside in [
            "http:", "https:", "src=", "@import", "url(", "<script", "<link",
        ] {
            assert!(!own.contains(outside), "{outside}");
        }
    }
    assert!(html.contains("Content-Security-Policy"));
    assert!(svg.contains("prefers-color-scheme") && html.contains("prefers-color-scheme"));
}
