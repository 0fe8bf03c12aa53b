//! `publish`: crates to their registry, in dependency order.

mod planned;

use std::fmt::Write as _;
use std::path::PathBuf;

use promenade::forge::Token;
use promenade::forge::crates::{
    Cargo, CargoError, CratePlan, PlannedCrate, PublishCrateError, SparseIndex, State, find_index,
    plan, publish, verify,
};
use serde_json::{Value, json};

use crate::{CliError, Context, Exit, Report};

const SCHEMA: &str = "promenade.publish/1";

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct PublishArgs {
    /// The registry, by its name in cargo's configuration; by default the default one
    #[arg(long, value_name = "NAME")]
    registry: Option<String>,
    /// Only these packages; by default every member that may be published there
    #[arg(short, long = "package", value_name = "NAME")]
    packages: Vec<String>,
    /// Package and build what is missing, and upload nothing: what to do before a tag is made
    #[arg(long, conflicts_with = "execute")]
    verify: bool,
    /// With `--verify`: package what this plan is going to tag, and not what is here; in a hook that is
    /// the plan it runs for
    #[arg(long, value_name = "FILE", requires = "verify")]
    plan: Option<PathBuf>,
    /// Package files that are not committed, too
    #[arg(long)]
    allow_dirty: bool,
    /// Carry the plan out; without it, the plan is only printed
    #[arg(long)]
    execute: bool,
}

pub(crate) fn run(args: &PublishArgs, context: &Context) -> Result<Report, CliError> {
    let registry = args.registry.as_deref();
    let directory = context.directory();
    let directory = std::path::absolute(directory).map_err(CliError::world)?;
    let mut cargo = Cargo::new(&directory, registry).allow_dirty(args.allow_dirty);
    let mut workspace = cargo.workspace().map_err(|error| failed(error.into()))?;
    let planned_tree = match args.verify {
        true => planned::export(args.plan.as_deref(), context, workspace.target_directory())?,
        false => None,
    };
    if let Some(tree) = &planned_tree {
        // What was compiled here is of use there too.
        let target = workspace.target_directory().display().to_string();
        let there = Cargo::new(tree.directory(&directory)?, registry).allow_dirty(true);
        cargo = there.env("CARGO_TARGET_DIR", &target);
        workspace = cargo.workspace().map_err(|error| failed(error.into()))?;
    }
    let address = find_index(registry, &directory, &|name| std::env::var(name).ok());
    let address = address.map_err(CliError::input)?;
    let index = SparseIndex::new(&address, token(registry)?).map_err(CliError::input)?;
    let planned = plan(&workspace, &cargo, &index, &args.packages).map_err(failed)?;
    let mut text = format!("plan: publish to {address}\n{planned}");
    if let Some(tree) = &planned_tree {
        let _ = writeln!(text, "as {} will have it", tree.name);
    }
    if args.verify {
        verify(&planned, &cargo).map_err(failed)?;
        let count = planned.missing().len();
        let _ = writeln!(text, "packaged and built: {count}; nothing was uploaded");
        return Ok(report(&address, &planned, args, text));
    }
    if !args.execute {
        if !planned.missing().is_empty() {
            text.push_str("run again with `--execute`\n");
        }
        return Ok(report(&address, &planned, args, text));
    }
    let mut observe = |one: &PlannedCrate| {
        let _ = writeln!(text, "{} {}: {}", one.name, one.version, one.state);
    };
    let done = publish(planned, &workspace, &cargo, &index, &mut observe).map_err(failed)?;
    Ok(report(&address, &done, args, text))
}

/// The token for reading, where the registry wants one: that of cargo, as far as a variable has it.
fn token(registry: Option<&str>) -> Result<Option<Token>, CliError> {
    let Some(registry) = registry else {
        return Ok(None);
    };
    let key = registry.to_ascii_uppercase().replace('-', "_");
    let name = format!("CARGO_REGISTRIES_{key}_TOKEN");
    let token = std::env::var(&name).ok().filter(|text| !text.is_empty());
    let token = token.map(|text| Token::new(text).map_err(|error| format!("{name}: {error}")));
    token.transpose().map_err(CliError::input)
}

fn report(index: &str, plan: &CratePlan, args: &PublishArgs, text: String) -> Report {
    let crates: Vec<_> = plan.crates().iter().map(one).collect();
    let json = json!({
        "registry": args.registry,
        "index": index,
        "crates": crates,
        "verified": args.verify || args.execute,
        "executed": args.execute,
    });
    Report::new(SCHEMA, json, text)
}

fn one(one: &PlannedCrate) -> Value {
    let (state, digest) = match &one.state {
        State::There(there) => ("there", Some(there.digest)),
        State::Brought(digest) => ("published", Some(*digest)),
        _ => ("missing", None),
    };
    json!({
        "name": one.name,
        "version": one.version,
        "state": state,
        "digest": digest.map(|digest| digest.to_string()),
    })
}

fn failed(error: PublishCrateError) -> CliError {
    let exit = match &error {
        PublishCrateError::Order(_) => Exit::Input,
        // There is no workspace here, or it cannot be read.
        PublishCrateError::Cargo(CargoError::Failed { action, .. })
            if action.starts_with("metadata") =>
        {
            Exit::Input
        }
        PublishCrateError::OtherBytes { .. } => Exit::Conflict,
        _ => Exit::World,
    };
    CliError {
        exit,
        message: error.to_string(),
    }
}
