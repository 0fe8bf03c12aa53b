//! `version`: the current version, the next one, how a text reads.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use promenade::git::Work;
use promenade::process::port::repository::History as _;
use promenade::process::{ImpactSource, Impacts, Process};
use promenade::tag::Class;
use promenade::version::{
    Impact, Lane, Level, Meaning, Next, Request, Scheme, SchemeKind, Version, VersionPolicy,
};
use serde_json::{Value, json};

use crate::context::git_error;
use crate::{CliError, Context, Exit, Report};

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct VersionArgs {
    #[command(subcommand)]
    command: VersionCommand,
}

#[derive(Clone, Debug, clap::Subcommand)]
enum VersionCommand {
    /// Says which version is released, which candidate is open, and what is next on every line
    Current,
    /// Says which version follows, and why
    Next(NextArgs),
    /// Reads version texts and says what each means
    Parse {
        /// The scheme, instead of that of the process: semver, major-minor, integer, calendar:FORMAT
        #[arg(long, value_name = "SCHEME")]
        scheme: Option<SchemeKind>,
        /// The texts
        #[arg(required = true)]
        texts: Vec<String>,
    },
}

#[derive(Clone, Debug, clap::Args)]
struct NextArgs {
    /// The version to start from; by default the highest release of the repository, or with
    /// `--candidate` its open candidate
    #[arg(long, value_name = "VERSION")]
    from: Option<String>,
    /// The strongest impact since then: none, fix, feature or breaking; by default what `[impact]` of the
    /// process reads it from, else fix
    #[arg(long, conflicts_with = "level")]
    impact: Option<Impact>,
    /// The level, instead of an impact: patch, minor or major
    #[arg(long)]
    level: Option<Level>,
    /// The lane: regular, hotfix or embargoed
    #[arg(long, default_value_t)]
    lane: Lane,
    /// The next candidate instead of the next release
    #[arg(long)]
    candidate: bool,
}

pub(crate) fn run(args: &VersionArgs, context: &Context) -> Result<Report, CliError> {
    match &args.command {
        VersionCommand::Current => {
            let process = context.process()?;
            let existing = Existing::read(context, &process, context.global.component.as_deref())?;
            Ok(current(&process, &existing))
        }
        VersionCommand::Next(args) => {
            let process = context.process()?;
            let existing = match (
                Existing::read(context, &process, context.global.component.as_deref()),
                &args.from,
            ) {
                (Ok(existing), _) => existing,
                // With a version to start from, a repository is not needed.
                (Err(_), Some(_)) if context.repository().is_err() => Existing::default(),
                (Err(error), _) => return Err(error),
            };
            next(args, context, &process, &existing)
        }
        VersionCommand::Parse { scheme, texts } => match scheme {
            Some(kind) => {
                let scheme = Scheme::builder(kind.clone()).build();
                Ok(parse(texts, &scheme.map_err(CliError::input)?))
            }
            None if context.names_process() => {
                Ok(parse(texts, context.process()?.version().scheme()))
            }
            None => Ok(parse(texts, &Scheme::semver())),
        },
    }
}

/// The versions that a repository's tags name.
#[derive(Default)]
pub(super) struct Existing {
    component: Option<String>,
    versions: Vec<Version>,
    released: Option<Version>,
    /// The tag that names the highest release.
    pub(super) released_tag: Option<String>,
    /// The highest candidate above the highest release.
    open: Option<Version>,
}

impl Existing {
    pub(super) fn read(
        context: &Context,
        process: &Process,
        component: Option<&str>,
    ) -> Result<Self, CliError> {
        let repository = context.repository()?;
        let names = repository.tag_names().map_err(CliError::world)?;
        let policy = process.tags();
        let mut components = BTreeSet::new();
        let mut found = Self {
            component: component.map(str::to_owned),
            ..Self::default()
        };
        for name in &names {
            let Ok(name) = std::str::from_utf8(name) else {
                continue;
            };
            let read = policy.read(name);
            if component.is_some() && read.component != component {
                continue;
            }
            let (release, candidate) = (read.is_release(), read.is_candidate());
            let Some(version) = read.version.filter(|_| release || candidate) else {
                continue;
            };
            components.extend(read.component.map(str::to_owned));
            if release {
                if found.released.as_ref() < Some(&version) {
                    found.released = Some(version.clone());
                    found.released_tag = Some(name.to_owned());
                }
            } else {
                found.open = found.open.max(Some(version.clone()));
            }
            found.versions.push(version);
        }
        if components.len() > 1 {
            let names: Vec<String> = components.into_iter().collect();
            return Err(CliError::input(format!(
                "tags name several components, expected `--component` with one of {}",
                names.join(", ")
            )));
        }
        if found.component.is_none() {
            found.component = components.into_iter().next();
        }
        found.versions.sort_unstable();
        found.open = found
            .open
            .filter(|open| found.released.as_ref() < Some(open));
        Ok(found)
    }

    fn tag(&self, process: &Process, version: &Version) -> Option<String> {
        let class = match process.version().scheme().meaning(version) {
            Meaning::Candidate => Class::Candidate,
            Meaning::Release | Meaning::StableSuffix | Meaning::Manifest => Class::Release,
        };
        let name = process
            .tags()
            .name(class, self.component.as_deref(), version);
        name.ok().map(|name| name.to_string())
    }
}

fn current(process: &Process, existing: &Existing) -> Report {
    let policy = process.version();
    let show = |version: &Version| {
        policy
            .scheme()
            .format(version)
            .unwrap_or_else(|_| version.to_string())
    };
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = match &existing.released {
        Some(version) => writeln!(text, "{}", show(version)),
        None => writeln!(text, "no release yet"),
    };
    if let Some(open) = &existing.open {
        let _ = writeln!(text, "open candidate: {}", show(open));
    }
    let mut lines = Vec::new();
    for (line, next) in policy.next_on_lines(&existing.versions) {
        let highest = policy.hotfix_base(&line, &existing.versions).map(show);
        let (next, held) = match next {
            Ok(next) => (Some(next.text().to_owned()), None),
            Err(error) => (None, Some(error.to_string())),
        };
        lines.push(json!({
            "line": line.to_string(), "highest": highest, "next": next, "held": held,
        }));
    }
    let json = json!({
        "version": existing.released.as_ref().map(show),
        "tag": existing.released_tag,
        "component": existing.component,
        "candidate": existing.open.as_ref().map(show),
        "lines": lines,
    });
    Report::new("promenade.version-current/1", json, text)
}

fn next(
    args: &NextArgs,
    context: &Context,
    process: &Process,
    existing: &Existing,
) -> Result<Report, CliError> {
    let policy = process.version();
    let from = match &args.from {
        Some(text) => Some(policy.scheme().parse(text).map_err(CliError::input)?),
        None if args.candidate && existing.open.is_some() => existing.open.clone(),
        None => existing.released.clone(),
    };
    if from.is_none() {
        // What looks like the first version may be one of many: their tags are not here.
        context.repository()?.require_history().map_err(git_error)?;
    }
    let read = impacts(args, context, process, existing)?;
    let assumed = read.is_none() && args.impact.is_none() && args.level.is_none();
    let impact = match (&read, args.impact) {
        (_, Some(impact)) => impact,
        (Some(read), None) => read.strongest(),
        (None, None) => Impact::Fix,
    };
    let changes = read.iter().flat_map(Impacts::reasons).map(change);
    let changes: Vec<Value> = changes.collect();
    let Some(next) = decide(args, context, policy, from.as_ref(), existing, impact)? else {
        let json = json!({
            "version": null, "tag": null, "why": NOTHING, "from": args.from, "impact": impact.as_str(),
            "changes": changes,
        });
        return Ok(Report::new(
            "promenade.version-next/1",
            json,
            format!("{NOTHING}\n"),
        ));
    };
    let shown = from
        .as_ref()
        .and_then(|from| policy.scheme().format(from).ok());
    let json = json!({
        "version": next.text(),
        "tag": existing.tag(process, next.version()),
        "why": next.why(),
        "from": shown,
        "lane": args.lane.to_string(),
        "impact": impact.as_str(),
        "changes": changes,
        "reasons": next.reasons().iter().map(reason).collect::<Vec<_>>(),
    });
    let mut text = format!("{next}\n");
    if assumed && from.is_some() && args.lane == Lane::Regular && counts(policy) {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  {ASSUMED}");
    }
    for reason in read.iter().flat_map(Impacts::reasons) {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  {reason}");
    }
    Ok(Report::new("promenade.version-next/1", json, text))
}

/// Reads the impact of what changed since the release that is started from, where the process says so.
fn impacts(
    args: &NextArgs,
    context: &Context,
    process: &Process,
    existing: &Existing,
) -> Result<Option<Impacts>, CliError> {
    let asked = args.impact.is_some() || args.level.is_some() || args.from.is_some();
    let explicit = process.impact().from == ImpactSource::Explicit;
    if asked || explicit {
        return Ok(None);
    }
    let repository = context.repository()?;
    let history = Work::new(&repository);
    let find = |revision: &str| history.find(revision).map_err(CliError::repository);
    let since = existing
        .released_tag
        .as_ref()
        .map(|tag| find(&format!("refs/tags/{tag}")))
        .transpose()?
        .flatten();
    let Some(until) = find("HEAD")? else {
        return Ok(None);
    };
    let component = existing.component.as_deref();
    Impacts::observe(process, &history, since.as_ref(), &until, component)
        .map_err(CliError::repository)
}

fn change(reason: &promenade::process::ImpactReason) -> Value {
    json!({
        "impact": reason.impact.as_str(), "text": reason.text, "commits": reason.commits,
    })
}

/// Whether what changed has a say in the next version.
fn counts(policy: &VersionPolicy) -> bool {
    matches!(
        policy.scheme().kind(),
        SchemeKind::Semver | SchemeKind::MajorMinor
    )
}

/// What is said where nobody and nothing says what changed.
const ASSUMED: &str = "nothing says what changed, so it is taken for a fix: `--impact` says it, and \
                       `[impact] from = \"commits\"` (or \"changelog\") in the process reads it";

const NOTHING: &str = "nothing changed that a user can see, so no version follows";

fn reason(reason: &promenade::version::Reason) -> Value {
    json!({
        "rule": reason.rule.as_str(), "input": reason.input, "result": reason.result,
        "text": reason.to_string(),
    })
}

fn decide(
    args: &NextArgs,
    context: &Context,
    policy: &VersionPolicy,
    from: Option<&Version>,
    existing: &Existing,
    impact: Impact,
) -> Result<Option<Next>, CliError> {
    if args.candidate
        && let Some(from) = from
        && policy.scheme().meaning(from) == Meaning::Candidate
    {
        let below = existing
            .versions
            .iter()
            .rev()
            .find(|version| policy.scheme().meaning(version).is_final() && *version < from);
        let next = policy.next_candidate(from, below, impact);
        return next.map(Some).map_err(CliError::input);
    }
    let request = match from {
        Some(from) => Request::after(from),
        None => Request::first(),
    };
    let request = match args.level {
        Some(level) => request.level(level),
        None => request.impact(impact),
    };
    let request = request.lane(args.lane).on(context.at().date_naive());
    if args.candidate {
        return policy.open_series(&request).map_err(CliError::input);
    }
    let next = policy.next(&request).map_err(CliError::input)?;
    let line = from.and_then(|from| policy.scheme().line_of(from));
    match (line, args.lane, next) {
        // A hotfix takes the next free number of its line, which candidates may have used up.
        (Some(line), Lane::Hotfix, Some(next)) if line.contains(next.version()) => policy
            .next_patch(&line, existing.versions.iter().chain(from))
            .map(Some)
            .map_err(CliError::input),
        (_, _, None) => Ok(None),
        (_, _, Some(_)) => policy
            .next_free(&request, &existing.versions)
            .map_err(CliError::conflict),
    }
}

fn parse(texts: &[String], scheme: &Scheme) -> Report {
    let mut lines = String::new();
    let mut exit = Exit::Done;
    let versions: Vec<_> = texts
        .iter()
        .map(|text| match scheme.parse(text) {
            Ok(version) => {
                let meaning = scheme.meaning(&version).as_str();
                // Writing to a string cannot fail.
                let _ = writeln!(lines, "{text}: {meaning}, {version}");
                json!({
                    "text": text, "scheme": scheme.name(), "semver": version.to_string(),
                    "meaning": meaning, "error": null,
                })
            }
            Err(error) => {
                exit = Exit::Input;
                let _ = writeln!(lines, "{text}: {error}");
                json!({
                    "text": text, "scheme": scheme.name(), "semver": null, "meaning": null,
                    "error": error.to_string(),
                })
            }
        })
        .collect();
    Report::new(
        "promenade.version-parse/1",
        json!({ "versions": versions }),
        lines,
    )
    .exit(exit)
}

#[cfg(test)]
mod tests {
    use clap::{Args as _, FromArgMatches as _};

    use super::*;
    use crate::context::GlobalArgs;

    /// Runs a command line in a directory without a repository.
    fn report(line: &str) -> Result<Report, CliError> {
        let root = clap::Command::new("version").no_binary_name(true);
        let root = VersionArgs::augment_args(GlobalArgs::augment_args(root));
        let nowhere = tempfile::tempdir().unwrap();
        let repo = format!("--repo={}", nowhere.path().display());
        let words = std::iter::once(repo.as_str()).chain(line.split_whitespace());
        let matches = root.try_get_matches_from(words).map_err(CliError::input)?;
        let args = VersionArgs::from_arg_matches(&matches).map_err(CliError::input)?;
        let global = GlobalArgs::from_arg_matches(&matches).map_err(CliError::input)?;
        run(
            &args,
            &Context {
                global,
                gates: Vec::new(),
            },
        )
    }

    #[track_caller]
    fn check_next(preset: &str, line: &str, version: &str, tag: &str) {
        let report = report(&format!("--process=preset:{preset} next {line}")).unwrap();
        assert_eq!(report.json["version"], version, "{}", report.json);
        assert_eq!(report.json["tag"], tag, "{}", report.json);
        assert_eq!(report.json["schema"], "promenade.version-next/1");
        assert!(
            report.json["why"]
                .as_str()
                .is_some_and(|why| !why.is_empty())
        );
    }

    #[test]
    fn parse_needs_neither_a_repository_nor_a_process() {
        let report = report("parse 1.2.3 v1.2.3 --format json").unwrap();
        assert_eq!(report.exit, Exit::Input);
        let versions = &report.json["versions"];
        assert_eq!(versions[0]["semver"], "1.2.3");
        assert_eq!(versions[0]["meaning"], "release");
        assert_eq!(versions[1]["semver"], Value::Null);
        assert!(versions[1]["error"].as_str().unwrap().contains("`1.2.3`"));
    }

    #[test]
    fn parse_reads_by_the_scheme_of_the_process() {
        let report = report("--process=preset:mithril-adr12 parse 2543.1-hotfix").unwrap();
        let version = &report.json["versions"][0];
        assert_eq!(version["meaning"], "stable-suffix");
        assert_eq!(version["semver"], "2543.1.0+hotfix");
    }

    #[test]
    fn next_follows_the_policy_of_the_process() {
        check_next(
            "rustshare",
            "--from 0.2.0 --impact breaking",
            "0.3.0",
            "v0.3.0",
        );
        check_next(
            "rustshare",
            "--from 0.4.0-rc.9 --candidate",
            "0.4.0-rc.10",
            "v0.4.0-rc.10",
        );
        check_next(
            "mithril",
            "--from 0.1-prerelease1 --candidate",
            "0.1-prerelease2",
            "0.1-prerelease2",
        );
        check_next(
            "mithril-adr12",
            "--from 2603.0-pre --candidate",
            "2603.1-pre",
            "2603.1-pre",
        );
        check_next(
            "mithril-adr12",
            "--from 2543.0 --lane hotfix",
            "2543.1",
            "2543.1",
        );
        let at = "--at=2026-04-23T08:00:00Z --from 2603.1";
        check_next("mithril-adr12", at, "2617.0", "2617.0");
        check_next(
            "celo",
            "--from 1.5.0 --impact feature",
            "1.6.0",
            "attestation-service-v1.6.0",
        );
    }

    #[test]
    fn no_impact_is_no_version() {
        let report = report("--process=preset:rustshare next --from 0.2.0 --impact none").unwrap();
        assert_eq!(report.json["version"], Value::Null);
    }

    #[test]
    fn a_candidate_is_left_by_promotion_only() {
        let refused = report("--process=preset:rustshare next --from 0.4.0-rc.1").unwrap_err();
        assert_eq!(refused.exit(), Exit::Input);
        assert!(
            refused.to_string().contains("its series is open"),
            "{refused}"
        );
    }
}
