//! The forge that a process names, and the token for it.

use promenade::forge::{GITHUB_API, GithubForge, Token};
use promenade::process::Process;

use crate::CliError;

/// The variables that hold the token, unless the process names another.
const TOKENS: [&str; 2] = ["GITHUB_TOKEN", "GH_TOKEN"];

/// Opens the forge of the process; nothing if it names no repository there, or there is no token.
pub(crate) fn open(process: &Process) -> Result<Option<GithubForge>, CliError> {
    let Some(rules) = process.forge() else {
        return Ok(None);
    };
    let Some(repository) = &rules.repository else {
        return Ok(None);
    };
    let named = rules.token_env.as_ref().map(|name| name.as_str());
    let names = named.map_or_else(|| TOKENS.to_vec(), |name| vec![name]);
    let token = names.iter().find_map(|name| {
        let value = std::env::var(name).ok()?;
        (!value.is_empty()).then_some((name, value))
    });
    let Some((name, value)) = token else {
        return Ok(None);
    };
    let token = Token::new(value).map_err(|error| CliError::input(format!("{name}: {error}")))?;
    let api = rules.api.as_deref().unwrap_or(GITHUB_API);
    let forge = GithubForge::new(api, repository, Some(token));
    forge.map(Some).map_err(CliError::input)
}
