//! `contains`: which released versions hold a fix, and by what.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use promenade::process::Process;
use promenade::process::port::holding::Holding;
use promenade::version::Version;
use serde_json::{Value, json};

use crate::context::git_error;
use crate::{CliError, Context, Report};

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct ContainsArgs {
    /// The commit of the fix
    commit: String,
    /// Where to look: a tag, a branch or a commit; by default every release
    #[arg(long = "in", value_name = "REV")]
    places: Vec<String>,
    /// Look into candidates too
    #[arg(long, conflicts_with = "places")]
    candidates: bool,
}

/// Where is looked.
struct Place {
    name: String,
    version: Option<Version>,
}

pub(crate) fn run(args: &ContainsArgs, context: &Context) -> Result<Report, CliError> {
    let repository = context.repository()?;
    let fix = repository.commit_at(&args.commit).map_err(git_error)?;
    let named = args.places.iter().cloned();
    let named = named.map(|name| Place {
        name,
        version: None,
    });
    let (process, places): (Option<Process>, Vec<Place>) = match args.places.is_empty() {
        false => (None, named.collect()),
        true => {
            let process = context.process()?;
            let tags = repository.tags().map_err(git_error)?;
            let places = released(&process, &tags, args.candidates);
            (Some(process), places)
        }
    };
    let revisions: Vec<_> = places
        .iter()
        .map(|place| match place.version {
            Some(_) => format!("refs/tags/{}", place.name),
            None => place.name.clone(),
        })
        .collect();
    let revisions: Vec<_> = revisions.iter().map(String::as_str).collect();
    let found = repository.holdings(fix.id.as_str(), &revisions);
    let found = found.map_err(git_error)?;
    let text_of = |version: &Version| match &process {
        Some(process) => {
            let scheme = process.version().scheme();
            scheme
                .format(version)
                .unwrap_or_else(|_| version.to_string())
        }
        None => version.to_string(),
    };
    let first = first(process.as_ref(), &places, &found);
    let first: BTreeMap<_, _> = first
        .into_iter()
        .map(|(line, version)| (line, text_of(version)))
        .collect();
    let mut text = format!("{} {}\n", fix.id.short(), fix.subject());
    let mut list = Vec::with_capacity(places.len());
    for (place, holding) in places.iter().zip(&found) {
        list.push(object(place, holding, &text_of));
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{}", line(place, holding));
    }
    if places.is_empty() {
        text.push_str("there is no release\n");
    }
    for (line, version) in &first {
        let _ = writeln!(text, "{line}: fixed since {version}");
    }
    let json = json!({
        "commit": fix.id.as_str(),
        "subject": fix.subject(),
        "places": list,
        "first": first,
    });
    Ok(Report::new("promenade.contains/1", json, text))
}

/// The tags of releases, lowest version first.
fn released(process: &Process, tags: &[promenade::tag::TagFacts], candidates: bool) -> Vec<Place> {
    let mut places: Vec<_> = tags
        .iter()
        .filter_map(|facts| {
            let read = process.tags().classify(facts);
            let wanted = read.is_release() || (candidates && read.is_candidate());
            let name = String::from_utf8(facts.name.clone()).ok()?;
            (wanted && read.version.is_some()).then_some(Place {
                name,
                version: read.version,
            })
        })
        .collect();
    places.sort_by(|one, other| (&one.version, &one.name).cmp(&(&other.version, &other.name)));
    places
}

/// The lowest version of each line that holds the fix.
fn first<'a>(
    process: Option<&Process>,
    places: &'a [Place],
    found: &[Holding],
) -> BTreeMap<String, &'a Version> {
    let mut first = BTreeMap::new();
    for (place, holding) in places.iter().zip(found) {
        let (Some(process), Some(version)) = (process, &place.version) else {
            continue;
        };
        let line = process.version().scheme().line_of(version);
        if let (Some(line), Some(true)) = (line, holding.holds()) {
            first.entry(line.to_string()).or_insert(version);
        }
    }
    first
}

fn object(place: &Place, holding: &Holding, text_of: &impl Fn(&Version) -> String) -> Value {
    json!({
        "name": place.name,
        "version": place.version.as_ref().map(text_of),
        "commit": holding.tip.as_str(),
        "holds": holding.holds(),
        "how": holding.held.as_str(),
        "by": holding.held.commit().map(|id| id.as_str()),
        "ancestor": holding.is_ancestor,
    })
}

fn line(place: &Place, holding: &Holding) -> String {
    let by = holding.held.commit().map(|id| id.as_str());
    let by = by.and_then(|id| id.get(..10)).unwrap_or_default();
    let what = match (holding.holds(), holding.held.as_str()) {
        (Some(true), "itself") => "holds it".to_owned(),
        (Some(true), "same-patch") => format!("holds it: {by} is the same patch"),
        (Some(true), "restored") => format!("holds it: {by} restored it"),
        (Some(true), _) => format!("holds it: {by} was picked"),
        (Some(false), "reverted") => format!("has it no more: {by} reverted it"),
        (Some(false), "dropped") => format!("has not got it: merge {by} left it out"),
        (Some(false), _) => "has not got it".to_owned(),
        (None, _) => format!("cannot be told: the sides of merge {by} contradict each other"),
    };
    format!("{}: {what}", place.name)
}
