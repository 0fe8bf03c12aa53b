//! `changelog`: lossless edits of one file.

use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use promenade::changelog::{
    CandidateFixes, Changelog, ChangelogPolicy, Cut, Deprecation, DraftCommit, DraftLinks,
    EditChangelogError, Edits, LintContext, Previous, SectionKind, UpgradeNotes, draft, merge,
};
use serde_json::{Value, json};

use super::version::Existing;
use crate::diff::unified;
use crate::{CliError, Context, Exit, Report};

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct ChangelogArgs {
    /// The file; by default `CHANGELOG.md`, or what the process file says, from the root of the repository
    #[arg(long, global = true, value_name = "F")]
    file: Option<PathBuf>,
    /// Print the edited document and write nothing
    #[arg(long, global = true)]
    stdout: bool,
    /// Write the file; without it the change is shown
    #[arg(long, global = true, conflicts_with = "stdout")]
    execute: bool,
    #[command(subcommand)]
    command: ChangelogCommand,
}

#[derive(Clone, Debug, clap::Subcommand)]
enum ChangelogCommand {
    /// Prints the notes of a version; without one, the versions
    Show {
        /// The version
        version: Option<String>,
    },
    /// Finds what is wrong
    Lint {
        /// A version that has a tag; given at least once, sections and tags are compared
        #[arg(long, value_name = "VERSION")]
        tagged: Vec<String>,
        /// Find a missing or empty Unreleased section too
        #[arg(long)]
        require_entries: bool,
        /// Find sections that link to no issue and no pull request too
        #[arg(long)]
        require_links: bool,
    },
    /// Adds an entry to Unreleased
    Add {
        /// The text, of one line or more
        text: String,
        /// The category, such as `Fixed`
        #[arg(long)]
        category: Option<String>,
    },
    /// Gives an entry other words
    Reword {
        /// The words that stand there
        from: String,
        /// The words that shall stand there
        to: String,
        /// The version; by default Unreleased
        #[arg(long = "of", value_name = "VERSION")]
        version: Option<String>,
    },
    /// Turns Unreleased into a version
    Cut {
        /// The version
        version: String,
        /// The day; by default today
        #[arg(long, value_name = "YYYY-MM-DD")]
        date: Option<NaiveDate>,
        /// The tag, where it is not spelt as the file spells tags
        #[arg(long)]
        tag: Option<String>,
        /// The version to compare with, instead of the one that the file names
        #[arg(long, value_name = "VERSION")]
        previous: Option<String>,
        /// There is no version before
        #[arg(long, conflicts_with = "previous")]
        first: bool,
    },
    /// Opens an Unreleased section
    Open,
    /// Folds the sections of a version's candidates into its own
    Fold {
        /// The stable version
        version: String,
        /// Leave out what was fixed after the first candidate
        #[arg(long)]
        drop_fixes: bool,
        /// Leave out the entry with this text
        #[arg(long, value_name = "TEXT", conflicts_with = "drop_fixes")]
        drop: Vec<String>,
    },
    /// Marks a version as yanked
    Yank {
        /// The version
        version: String,
        /// Take the mark off
        #[arg(long)]
        undo: bool,
    },
    /// Puts a banner on a version: why not, and which one instead
    Deprecate {
        /// The version
        version: String,
        /// Why
        #[arg(long)]
        reason: String,
        /// The version to use instead
        #[arg(long, value_name = "VERSION")]
        replacement: Option<String>,
    },
    /// Adds a text to the section of a version, such as an incident
    Note {
        /// The version
        version: String,
        /// The text
        text: String,
    },
    /// Gives every version its link
    Relink,
    /// Renames a version, with its links
    Rename {
        /// The version
        from: String,
        /// Its new name
        to: String,
    },
    /// Merges by entry, as a git merge driver: writes OURS, exits 1 on a conflict
    Merge {
        /// The common ancestor (`%O`)
        base: PathBuf,
        /// Our file (`%A`); the result goes there
        ours: PathBuf,
        /// Their file (`%B`)
        theirs: PathBuf,
    },
    /// Writes entries from commits into Unreleased
    Draft {
        /// Commits after this revision; by default the tag of the newest version of the document, or else
        /// of the highest release that a tag names
        #[arg(long, value_name = "REV")]
        since: Option<String>,
        /// Commits up to this revision
        #[arg(long, value_name = "REV", default_value = "HEAD")]
        until: String,
        /// Where issues are, with `{number}`
        #[arg(long, value_name = "URL")]
        issues: Option<String>,
    },
    /// Adds notes on upgrading to a version: a section, or a row where the file has a table
    Upgrade {
        /// The version
        version: String,
        /// The notes; in a table, the cells after the version, parted by ` | `
        text: String,
    },
}

pub(crate) fn run(args: &ChangelogArgs, context: &Context) -> Result<Report, CliError> {
    if let ChangelogCommand::Merge { base, ours, theirs } = &args.command {
        return merge_files(args, context, base, ours, theirs);
    }
    let policy = policy(context)?;
    let path = path(args, context, &policy);
    let bytes = context.read(&path).map_err(|error| match error.exit {
        Exit::Input => CliError {
            message: format!(
                "{}; name it with `--file`, or begin one with the lines `# Changelog` and `## [Unreleased]`",
                error.message
            ),
            ..error
        },
        _ => error,
    })?;
    let mut document = Document {
        name: path.display().to_string(),
        changelog: Changelog::from_bytes(&bytes)
            .map_err(|error| CliError::input(format!("{}: {error}", path.display())))?,
        policy,
    };
    match &args.command {
        ChangelogCommand::Show { version } => document.show(version.as_deref()),
        ChangelogCommand::Lint {
            tagged,
            require_entries,
            require_links,
        } => {
            document.policy.require_entries |= require_entries;
            document.policy.require_links |= require_links;
            Ok(document.lint(tagged, context))
        }
        command => {
            let edits = document.edit(command, context)?;
            document.change(&edits, &path, args)
        }
    }
}

/// The `[changelog]` table of the process file, where there is one.
fn policy(context: &Context) -> Result<ChangelogPolicy, CliError> {
    if !context.names_process() {
        return Ok(ChangelogPolicy::default());
    }
    Ok(context.process()?.changelog().cloned().unwrap_or_default())
}

fn path(args: &ChangelogArgs, context: &Context, policy: &ChangelogPolicy) -> PathBuf {
    let upgrade = matches!(args.command, ChangelogCommand::Upgrade { .. });
    let default = match &policy.upgrade_notes {
        Some(notes) if upgrade => notes,
        None if upgrade => "docs/upgrading.md",
        _ => &policy.file,
    };
    args.file.clone().unwrap_or_else(|| match context.base() {
        here if here == Path::new(".") => PathBuf::from(default),
        base => base.join(default),
    })
}

struct Document<'a> {
    name: String,
    changelog: Changelog<'a>,
    policy: ChangelogPolicy,
}

impl Document<'_> {
    fn refuse(&self, error: &EditChangelogError) -> CliError {
        CliError::input(format!("{}: {error}", self.name))
    }

    fn show(&self, version: Option<&str>) -> Result<Report, CliError> {
        let Some(version) = version else {
            return Ok(self.list());
        };
        let refuse = |error| self.refuse(&error);
        let section = if version.eq_ignore_ascii_case("unreleased") {
            let missing =
                || CliError::input(format!("{}: there is no Unreleased section", self.name));
            self.changelog.unreleased().ok_or_else(missing)?
        } else {
            self.changelog.section(version).map_err(refuse)?
        };
        let notes = self.changelog.notes_of(section);
        let json = json!({
            "version": section.version(),
            "date": section.date().map(|date| date.to_string()),
            "yanked": section.is_yanked(),
            "url": self.changelog.url(section),
            "notes": notes,
        });
        Ok(Report::new("promenade.changelog-show/1", json, notes))
    }

    fn list(&self) -> Report {
        let mut text = String::new();
        let mut versions = Vec::new();
        let (mut at, mut line) = (0, 1);
        for section in self.changelog.sections() {
            let kind = match section.kind() {
                SectionKind::Unreleased => "unreleased",
                SectionKind::Pending => "pending",
                SectionKind::Release => "release",
            };
            text.push_str(section.heading());
            text.push('\n');
            // Lines are counted once, not from the top for each section.
            let start = section.range().start;
            line += self
                .changelog
                .text()
                .get(at..start)
                .unwrap_or_default()
                .matches('\n')
                .count();
            at = start;
            versions.push(json!({
                "version": section.version(),
                "kind": kind,
                "date": section.date().map(|date| date.to_string()),
                "yanked": section.is_yanked(),
                "line": line,
                "entries": self.changelog.entries(section).count(),
            }));
        }
        let json = json!({ "file": self.name, "sections": versions });
        Report::new("promenade.changelog-list/1", json, text)
    }

    fn lint(&self, tagged: &[String], context: &Context) -> Report {
        let mut known = LintContext::new().today(context.at().date_naive());
        if !tagged.is_empty() {
            known = known.tagged(
                tagged
                    .iter()
                    .map(|tag| tag.trim_start_matches('v').to_owned()),
            );
        }
        let findings = self.changelog.lint(&self.policy, &known);
        let mut text = String::new();
        let mut list = Vec::new();
        for finding in &findings {
            let (line, rule) = (finding.line, finding.rule.id());
            text.push_str(&format!(
                "{}:{line}: {rule}: {}\n",
                self.name, finding.message
            ));
            list.push(json!({
                "rule": rule,
                "line": line,
                "subject": finding.subject,
                "message": finding.message,
            }));
        }
        let json = json!({ "file": self.name, "findings": list });
        let exit = if findings.is_empty() {
            Exit::Done
        } else {
            Exit::Held
        };
        Report::new("promenade.changelog-lint/1", json, text).exit(exit)
    }

    fn edit(&self, command: &ChangelogCommand, context: &Context) -> Result<Edits, CliError> {
        let (changelog, policy) = (&self.changelog, &self.policy);
        let edits = match command {
            ChangelogCommand::Add { text, category } => {
                changelog.add(category.as_deref(), text, policy)
            }
            ChangelogCommand::Reword { from, to, version } => {
                changelog.reword(version.as_deref(), from, to)
            }
            ChangelogCommand::Cut {
                version,
                date,
                tag,
                previous,
                first,
            } => {
                let date = date.unwrap_or_else(|| context.at().date_naive());
                let version = version.strip_prefix('v').unwrap_or(version);
                let mut cut = Cut::new(version, date).previous(match previous {
                    Some(version) => Previous::Version {
                        version: version.strip_prefix('v').unwrap_or(version).to_owned(),
                        tag: None,
                    },
                    None if *first => Previous::None,
                    None => Previous::FromFile,
                });
                if let Some(tag) = tag {
                    cut = cut.tag(tag);
                }
                changelog.cut(&cut, policy)
            }
            ChangelogCommand::Open => changelog.open(policy),
            ChangelogCommand::Fold {
                version,
                drop_fixes,
                drop,
            } => {
                let fixes = match (drop_fixes, drop.is_empty()) {
                    (true, _) => CandidateFixes::DropLater,
                    (false, false) => CandidateFixes::Drop(drop.clone()),
                    (false, true) => CandidateFixes::Keep,
                };
                changelog
                    .fold(version, &fixes, policy)
                    .map(|folded| folded.edits)
            }
            ChangelogCommand::Yank {
                version,
                undo: false,
            } => changelog.yank(version),
            ChangelogCommand::Yank {
                version,
                undo: true,
            } => changelog.unyank(version),
            ChangelogCommand::Deprecate {
                version,
                reason,
                replacement,
            } => {
                let mut deprecation = Deprecation::new(reason);
                if let Some(version) = replacement {
                    deprecation = deprecation.replacement(version);
                }
                changelog.deprecate(version, &deprecation)
            }
            ChangelogCommand::Note { version, text } => changelog.note(version, text),
            ChangelogCommand::Relink => changelog.relink(policy, |_| None),
            ChangelogCommand::Rename { from, to } => changelog.rename(from, to),
            ChangelogCommand::Draft {
                since,
                until,
                issues,
            } => return self.draft(context, since.as_deref(), until, issues.as_deref()),
            ChangelogCommand::Upgrade { version, text } => {
                UpgradeNotes::parse(changelog.text()).add(version, text)
            }
            ChangelogCommand::Show { .. }
            | ChangelogCommand::Lint { .. }
            | ChangelogCommand::Merge { .. } => Ok(Edits::none()),
        };
        edits.map_err(|error| self.refuse(&error))
    }

    fn draft(
        &self,
        context: &Context,
        since: Option<&str>,
        until: &str,
        issues: Option<&str>,
    ) -> Result<Edits, CliError> {
        let repository = context.repository()?;
        let newest = match since {
            Some(_) => None,
            None => self.newest(context)?,
        };
        let since: Vec<&str> = since.or(newest.as_deref()).into_iter().collect();
        let commits = repository
            .commits(&since, until)
            .map_err(crate::context::git_error)?;
        let mut commits: Vec<_> = commits
            .into_iter()
            .map(|commit| DraftCommit {
                id: commit.id.as_str().to_owned(),
                message: commit.message,
            })
            .collect();
        commits.reverse();
        let links = issues.map_or_else(DraftLinks::plain, DraftLinks::issues);
        let draft = draft(&commits, &links);
        self.changelog
            .add_draft(&draft, &self.policy)
            .map_err(|error| self.refuse(&error))
    }

    /// Finds the tag of the newest version of the document, or else of the highest release that a tag names.
    fn newest(&self, context: &Context) -> Result<Option<String>, CliError> {
        let mut releases = self.changelog.releases();
        let newest = releases.find_map(|section| self.changelog.tag(section));
        if newest.is_some() || !context.names_process() {
            return Ok(newest);
        }
        let component = context.global.component.as_deref();
        Ok(Existing::read(context, &context.process()?, component)?.released_tag)
    }

    /// Shows a change, prints the changed document, or makes it.
    fn change(&self, edits: &Edits, path: &Path, args: &ChangelogArgs) -> Result<Report, CliError> {
        let before = self.changelog.text();
        let after = edits.apply(before).map_err(CliError::input)?;
        if args.execute && !edits.is_empty() {
            write(path, after.as_bytes())?;
        }
        let diff = unified(&self.name, before.as_bytes(), after.as_bytes());
        let list: Vec<Value> = edits
            .iter()
            .map(|edit| {
                let range = edit.range();
                json!({ "start": range.start, "end": range.end, "text": edit.text() })
            })
            .collect();
        let mut json = json!({
            "file": self.name,
            "changed": !edits.is_empty(),
            "executed": args.execute && !edits.is_empty(),
            "edits": list,
            "diff": diff,
        });
        let text = if args.stdout {
            if let Some(object) = json.as_object_mut() {
                object.insert("text".to_owned(), Value::from(after.clone()));
            }
            after
        } else if edits.is_empty() {
            format!("{}: nothing to change\n", self.name)
        } else if args.execute {
            diff
        } else {
            format!("{diff}\nnothing is written yet: add `--execute`\n")
        };
        Ok(Report::new("promenade.changelog-edit/1", json, text))
    }
}

fn merge_files(
    args: &ChangelogArgs,
    context: &Context,
    base: &Path,
    ours: &Path,
    theirs: &Path,
) -> Result<Report, CliError> {
    let read = |path: &Path| {
        let bytes = context.read(path)?;
        Changelog::from_bytes(&bytes)
            .map_err(|error| CliError::input(format!("{}: {error}", path.display())))?;
        String::from_utf8(bytes).map_err(CliError::input)
    };
    let merged = merge(&read(base)?, &read(ours)?, &read(theirs)?);
    if !args.stdout {
        write(ours, merged.text().as_bytes())?;
    }
    let count = merged.conflicts();
    let text = match count {
        _ if args.stdout => merged.text().to_owned(),
        0 => String::new(),
        count => format!(
            "{}: {count} conflicts, both sides changed the same\n",
            ours.display()
        ),
    };
    let json = json!({ "file": ours.display().to_string(), "conflicts": count });
    let exit = if count == 0 { Exit::Done } else { Exit::Held };
    Ok(Report::new("promenade.changelog-merge/1", json, text).exit(exit))
}

/// Writes a file whole or not at all: a file beside it takes its name.
fn write(path: &Path, bytes: &[u8]) -> Result<(), CliError> {
    let fail = |error: std::io::Error| {
        CliError::world(format!("cannot write `{}`: {error}", path.display()))
    };
    // A link stays a link: what it points to is written.
    let path = std::fs::canonicalize(path).map_err(fail)?;
    let permissions = std::fs::metadata(&path).map_err(fail)?.permissions();
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(fail)?;
    std::io::Write::write_all(&mut file, bytes).map_err(fail)?;
    file.as_file().set_permissions(permissions).map_err(fail)?;
    file.as_file().sync_all().map_err(fail)?;
    file.persist(&path).map_err(|error| fail(error.error))?;
    Ok(())
}
