//! A program of twenty lines that says which version comes next and what history has against the rules.

use promenade::git::Repository;
use promenade::process::{Process, audit};
use promenade::version::{Impact, Request};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let process = Process::preset("cargo-workspace")?;
    let tags = Repository::discover(".")?.tags()?;
    let releases = tags.iter().map(|tag| process.tags().classify(tag)).filter(|tag| tag.is_release());
    let request = match releases.filter_map(|tag| tag.version).max() {
        Some(last) => Request::after(&last).impact(Impact::Feature),
        None => Request::first(),
    };
    let next = process.version().next(&request)?.ok_or("nothing to release")?;
    println!("next: {} ({})", next.text(), next.why());
    for finding in audit::tags(&process, &tags).findings() {
        println!("{}: {}", finding.subject, finding.message);
    }
    Ok(())
}
