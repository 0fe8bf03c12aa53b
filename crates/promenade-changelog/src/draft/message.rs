//! What the message of a commit tells: its subject, its footers, the lines of a squashed body.

use promenade_version::Impact;

use super::first_line;
use crate::category::Category;

/// One change that a commit tells of: the commit's subject, or a line of a squashed body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) category: Option<Category>,
    pub(super) text: String,
    pub(super) impact: Impact,
    pub(super) references: Vec<u64>,
}

/// The changes that a message tells of.
pub(super) fn changes(message: &str) -> Vec<Change> {
    let subject = first_line(message);
    let body = message.split_once('\n').map_or("", |(_, body)| body);
    let starts = |start: &str| {
        let head = subject.get(..start.len());
        head.is_some_and(|head| head.eq_ignore_ascii_case(start))
    };
    if [
        "fixup!",
        "squash!",
        "amend!",
        "merge branch",
        "merge remote-tracking",
        "merge tag",
    ]
    .into_iter()
    .any(starts)
    {
        return Vec::new();
    }
    if let Some(number) = merged_request(subject) {
        let title = body.lines().map(str::trim).find(|line| !line.is_empty());
        let Some(title) = title else {
            return Vec::new();
        };
        let mut change = change(title, body);
        change.references.push(number);
        return vec![change];
    }
    let squashed: Vec<_> = body.lines().filter_map(squashed_line).collect();
    let main = change(subject, body);
    // A squashed body lists conventional commits; the subject is the pull request's title, one of
    // them or a summary: the lines say more.
    if squashed.len() > 1 {
        let mut all: Vec<_> = squashed.iter().map(|line| change(line, "")).collect();
        let breaking = all.iter().any(|change| change.impact == Impact::Breaking);
        for change in &mut all {
            change.references.extend(&main.references);
        }
        if main.impact == Impact::Breaking && !breaking {
            all.insert(0, main);
        }
        return all;
    }
    vec![main]
}

/// `Merge pull request #12 from …`.
fn merged_request(subject: &str) -> Option<u64> {
    let rest = subject.strip_prefix("Merge pull request #")?;
    let end = rest
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(rest.len());
    rest.get(..end)?.parse().ok()
}

/// A line of a squashed body: `* feat: …`.
fn squashed_line(line: &str) -> Option<&str> {
    let text = line
        .strip_prefix("* ")
        .or_else(|| line.strip_prefix("- "))?
        .trim();
    conventional(text).map(|_| text)
}

/// The parts of `type(scope)!: description`.
struct Conventional<'t> {
    kind: &'t str,
    scope: Option<&'t str>,
    breaking: bool,
    description: &'t str,
}

fn conventional(subject: &str) -> Option<Conventional<'_>> {
    let (head, description) = subject.split_once(':')?;
    let description = description.strip_prefix(' ')?.trim();
    let (head, breaking) = match head.strip_suffix('!') {
        Some(head) => (head, true),
        None => (head, false),
    };
    let (kind, scope) = match head.split_once('(') {
        Some((kind, scope)) => (kind, Some(scope.strip_suffix(')')?)),
        None => (head, None),
    };
    let word = !kind.is_empty()
        && kind
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'));
    let scoped = scope.is_none_or(|scope| !scope.is_empty() && !scope.contains(['(', ')']));
    (word && scoped && !description.is_empty()).then_some(Conventional {
        kind,
        scope,
        breaking,
        description,
    })
}

fn change(subject: &str, body: &str) -> Change {
    let (bare, mut references) = without_references(subject);
    references.extend(closed_issues(body));
    let breaks = body
        .lines()
        .any(|line| line.starts_with("BREAKING CHANGE:") || line.starts_with("BREAKING-CHANGE:"));
    let (category, impact, text) = match conventional(&bare) {
        Some(parts) => {
            let breaking = parts.breaking || breaks;
            let (category, impact) = of_type(parts.kind, breaking);
            let text = capital(parts.description);
            let text = match parts.scope {
                Some(scope) => format!("**{scope}:** {text}"),
                None => text,
            };
            (category, impact, text)
        }
        None => {
            let (category, impact) = of_words(&bare, breaks);
            (category, impact, capital(&bare))
        }
    };
    let text = if impact == Impact::Breaking {
        format!("**Breaking:** {text}")
    } else {
        text
    };
    Change {
        category: category.filter(|_| !text.is_empty()),
        text,
        impact,
        references,
    }
}

fn of_type(kind: &str, breaking: bool) -> (Option<Category>, Impact) {
    let (category, impact) = match kind.to_ascii_lowercase().as_str() {
        "feat" | "feature" | "add" => (Some(Category::Added), Impact::Feature),
        "fix" | "bugfix" | "hotfix" | "revert" => (Some(Category::Fixed), Impact::Fix),
        "perf" | "change" => (Some(Category::Changed), Impact::Fix),
        "deprecate" => (Some(Category::Deprecated), Impact::Feature),
        "remove" => (Some(Category::Removed), Impact::Breaking),
        "security" | "sec" => (Some(Category::Security), Impact::Fix),
        _ => (None, Impact::None),
    };
    if breaking {
        (category.or(Some(Category::Changed)), Impact::Breaking)
    } else {
        (category, impact)
    }
}

/// Reads the leading verb of a subject that is not conventional.
fn of_words(subject: &str, breaking: bool) -> (Option<Category>, Impact) {
    let first = subject
        .split(|c: char| !c.is_alphanumeric())
        .next()
        .unwrap_or_default()
        .to_lowercase();
    let (category, impact) = match first.as_str() {
        "" | "wip" | "typo" | "bump" | "release" | "prepare" | "merge" | "test" | "tests"
        | "ci" | "chore" | "docs" | "refactor" | "style" => (None, Impact::None),
        "add" | "adds" | "added" | "implement" | "implements" | "introduce" | "support" => {
            (Some(Category::Added), Impact::Feature)
        }
        "fix" | "fixes" | "fixed" | "correct" | "repair" | "resolve" | "revert" => {
            (Some(Category::Fixed), Impact::Fix)
        }
        "remove" | "removes" | "removed" | "drop" | "drops" | "delete" => {
            (Some(Category::Removed), Impact::Feature)
        }
        "deprecate" | "deprecates" | "deprecated" => (Some(Category::Deprecated), Impact::Feature),
        _ => (Some(Category::Changed), Impact::Fix),
    };
    if breaking {
        (category.or(Some(Category::Changed)), Impact::Breaking)
    } else {
        (category, impact)
    }
}

/// Takes `(#12)` off the end of a subject.
fn without_references(subject: &str) -> (String, Vec<u64>) {
    let mut rest = subject.trim();
    let mut found = Vec::new();
    while let Some(inner) = rest.strip_suffix(')') {
        let Some((before, number)) = inner.rsplit_once("(#") else {
            break;
        };
        let Ok(number) = number.parse() else { break };
        found.push(number);
        rest = before.trim_end();
    }
    (rest.to_owned(), found)
}

/// Reads `Fixes #12`, `Closes: #13` in a body.
fn closed_issues(body: &str) -> Vec<u64> {
    let verbs = [
        "close", "closes", "closed", "fix", "fixes", "fixed", "resolve", "resolves", "resolved",
    ];
    let words: Vec<_> = body.split_whitespace().collect();
    words
        .windows(2)
        .filter_map(|pair| {
            let [verb, issue] = pair else { return None };
            let verb = verb.trim_end_matches(':').to_ascii_lowercase();
            let number = issue.strip_prefix('#')?;
            let number = number.trim_end_matches(|c: char| !c.is_ascii_digit());
            verbs
                .contains(&verb.as_str())
                .then(|| number.parse().ok())?
        })
        .collect()
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}
