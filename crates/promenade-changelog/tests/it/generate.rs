//! Documents made of lines that are hard to read, and real ones with lines and bytes changed.

/// A small generator of numbers; the same seed gives the same document for ever.
#[derive(Clone, Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x1234_5678_9abc_def1)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        ((self.next() >> 33) as usize) % limit.max(1)
    }

    pub(crate) fn pick<'t, T: ?Sized>(&mut self, from: &[&'t T]) -> &'t T {
        from[self.below(from.len())]
    }
}

const LINES: &[&str] = &[
    "",
    "",
    "",
    "",
    "   ",
    "\t",
    "text",
    "more text",
    "# Changelog",
    "## [Unreleased]",
    "## Unreleased",
    "## [Unreleased] - ReleaseDate",
    "## [1.2.3] - 2024-01-02",
    "## v1.2.2 (January 2, 2024)",
    "## [1.2.1](http://x/compare/1...2) - 2023-01-02 [YANKED]",
    "## 1.2.0",
    "## [1.1.0-rc.1] - 2022-01-01",
    "## Mithril Distribution [XXXX] - UNRELEASED",
    "### Added",
    "### Fixed:",
    "### Changed ###",
    "####### seven",
    "#hash",
    "  ## [0.9.0] - 2021-01-01",
    "   # three",
    "    # four",
    "- entry",
    "- other entry",
    "* star",
    "+ plus",
    "-",
    "- ",
    "  continued",
    "    deeper",
    "      deepest",
    "  - nested",
    "    - twice nested",
    "\t- tabbed",
    "-\ttab",
    "  \tx",
    "1. one",
    "2. two",
    "10) ten",
    "1234567890. long",
    "> quote",
    "> - quoted item",
    "> ```",
    "> # quoted",
    ">",
    "- > both",
    "- # head",
    "- ```",
    "```",
    "```rust",
    "~~~",
    "~~~~ x",
    "````",
    "  ```",
    "   ```",
    "    ```",
    "``` a`b",
    "<!-- next-header -->",
    "<!--",
    "-->",
    "<!-- open",
    "text -->",
    "<div>",
    "</div>",
    "<div",
    "<pre>",
    "</pre>",
    "<script",
    "</script>",
    "<a href='x'>",
    "<a b",
    "</b >",
    "<?php",
    "?>",
    "<!DOCTYPE x",
    "<![CDATA[",
    "]]>",
    "===",
    "---",
    "-- -",
    "***",
    "* * *",
    "___",
    "=",
    "--",
    "= =",
    "[Unreleased]: https://x/compare/v1.2.3...HEAD",
    "[1.2.3]: https://x/compare/v1.2.2...v1.2.3",
    "[1.2.2]: https://x/releases/tag/v1.2.2",
    "[a]: <b c> 'title'",
    "[b]:",
    "/dest",
    "[c]: d \"open",
    "closed\"",
    "[d]: e f",
    "[ ]: g",
    "[e\\]]: h",
    "[f",
    "g]: h",
    "[h]: (i(j)",
    "  [i]: j",
    "    [k]: l",
    "- [m]: n",
    "> [o]: p",
    "[q]: <r",
    "'title'",
    "\"title\" x",
    "(t)",
    "\\",
    "[text][a] and [b] `[c]`",
    "see [1.2.3]",
    "Released 2023-01-02",
    "| a | b |",
    "&amp;",
    "é ü 漢字 🎉",
    "* \t x",
    "- a\\",
    "<h1>x</h1>",
    "<hr/>",
    "<x-y z=\"1\">",
];

/// Makes a document from a seed.
pub(crate) fn document(seed: u64) -> String {
    let mut dice = Dice::new(seed);
    let newline = dice.pick(&["\n", "\n", "\n", "\n", "\r\n", "\r\n", "\r"]);
    let mut text = String::new();
    if dice.below(20) == 0 {
        text.push('\u{feff}');
    }
    for _ in 0..dice.below(14) + 1 {
        if dice.below(9) == 0 {
            text.push_str(dice.pick(&[" ", "  ", "    ", "\t", "> ", "- ", "1. "]));
        }
        text.push_str(dice.pick(LINES));
        if dice.below(40) == 0 {
            text.push_str(dice.pick(&["\n", "\r\n", "\r"]));
        } else {
            text.push_str(newline);
        }
    }
    if dice.below(4) == 0 {
        let kept = text.trim_end_matches(['\n', '\r']).len();
        text.truncate(kept);
    }
    text
}

/// Makes a changelog that looks like one, from a seed.
pub(crate) fn changelog(seed: u64) -> String {
    let mut dice = Dice::new(seed);
    let bracketed = dice.below(2) == 0;
    let newline = dice.pick(&["\n", "\n", "\r\n"]);
    let tight = dice.below(3) == 0;
    let mut lines: Vec<String> = vec!["# Changelog".into(), String::new()];
    let name = |text: &str| {
        if bracketed {
            format!("[{text}]")
        } else {
            text.to_owned()
        }
    };
    if dice.below(4) == 0 {
        lines.push("<!-- next-header -->".into());
    }
    let count = dice.below(5);
    for at in 0..=count {
        let version = format!("1.{}.0", count - at);
        let candidate = at > 0 && dice.below(4) == 0;
        let version = if candidate {
            format!("{version}-rc.1")
        } else {
            version
        };
        lines.push(match at {
            0 => format!("## {}", name("Unreleased")),
            _ => format!("## {} - 202{}-01-02", name(&version), 4 - at.min(4)),
        });
        if !tight {
            lines.push(String::new());
        }
        for category in ["Added", "Changed", "Fixed"] {
            match dice.below(3) {
                0 => continue,
                1 => lines.push(format!("### {category}")),
                _ => {
                    lines.push(format!("### {category}"));
                    if !tight {
                        lines.push(String::new());
                    }
                }
            }
            for _ in 0..dice.below(3) + 1 {
                let number = dice.below(50);
                lines.push(format!("- Entry {number}."));
                match dice.below(6) {
                    0 => lines.push("  continued here".into()),
                    1 => lines.push("  - nested".into()),
                    2 => lines.extend([
                        "".into(),
                        "  ```".into(),
                        "  ## [9.9.9]".into(),
                        "  ```".into(),
                    ]),
                    _ => {}
                }
            }
            lines.push(String::new());
        }
    }
    if dice.below(2) == 0 {
        lines.push(format!(
            "[Unreleased]: https://x/compare/v1.{count}.0...HEAD"
        ));
        for at in (1..=count).rev() {
            lines.push(format!(
                "[1.{at}.0]: https://x/compare/v1.{}.0...v1.{at}.0",
                at - 1
            ));
        }
    }
    let mut text = lines.join(newline);
    if dice.below(3) > 0 {
        text.push_str(newline);
    }
    text
}

/// Changes lines and bytes of a text.
pub(crate) fn mutated(text: &str, seed: u64) -> String {
    let mut dice = Dice::new(seed);
    let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
    // A window keeps the documents short: what is far away does not matter to the structure.
    let start = dice.below(lines.len());
    let len = dice.below(60) + 1;
    lines = lines.into_iter().skip(start).take(len).collect();
    for _ in 0..dice.below(4) + 1 {
        if lines.is_empty() {
            break;
        }
        let at = dice.below(lines.len());
        let other = dice.below(lines.len());
        match dice.below(8) {
            0 => {
                lines.remove(at);
            }
            1 => {
                let line = lines[other].clone();
                lines.insert(at, line);
            }
            2 => lines.swap(at, other),
            3 => lines[at].insert_str(0, dice.pick(&[" ", "  ", "    ", "\t", "> ", "- "])),
            4 => lines.insert(at, format!("{}\n", dice.pick(LINES))),
            5 => {
                let line: Vec<char> = lines[at].chars().collect();
                let cut = dice.below(line.len());
                lines[at] = line[cut..].iter().collect();
            }
            6 => {
                let mut line: Vec<char> = lines[at].chars().collect();
                let place = dice.below(line.len());
                let byte = dice.pick(&[
                    "`", "<", ">", "[", "]", "(", ":", "\\", "#", "-", "=", "~", "\n", "\r", " ",
                    "\t", "\0",
                ]);
                line.splice(place..place, byte.chars());
                lines[at] = line.into_iter().collect();
            }
            _ => {
                let trimmed = lines[at].trim_end().len();
                lines[at].truncate(trimmed);
            }
        }
    }
    lines.concat()
}
