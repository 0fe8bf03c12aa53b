//! Running cargo, and knowing which package brings an outside program.

use std::path::{Path, PathBuf};
use std::process::Command;

use promenade_cli::CliError;

/// Outside programs that some tests use as oracles, and the Debian package of each.
pub(crate) const PACKAGES: &[(&str, &str)] = &[
    ("b3sum", "b3sum"),
    ("bash", "bash"),
    ("diff", "diffutils"),
    ("docker-registry", "docker-registry"),
    ("faketime", "faketime"),
    ("git", "git"),
    ("gpg", "gnupg"),
    ("minisign", "minisign"),
    ("mkfifo", "coreutils"),
    ("mount", "mount"),
    ("nix-hash", "nix-bin"),
    ("node", "nodejs"),
    ("npm", "npm"),
    ("openssl", "openssl"),
    ("python3", "python3-yaml"),
    ("sha256sum", "coreutils"),
    ("sha512sum", "coreutils"),
    ("skopeo", "skopeo"),
    ("sqop", "sqop"),
    ("ssh-keygen", "openssh-client"),
    ("strace", "strace"),
    ("time", "time"),
    ("umoci", "umoci"),
];

/// Tells whether a program is on the `PATH`.
pub(crate) fn is_installed(program: &str) -> bool {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&paths).any(|dir| dir.join(program).is_file())
}

/// Returns the root of the workspace.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_path_buf()
}

/// Makes a cargo command that runs at the root of the workspace.
pub(crate) fn cargo(args: &[&str]) -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(root()).args(args);
    command
}

/// Runs a command; `Ok(false)` if it ran and failed.
pub(crate) fn succeeds(command: &mut Command) -> Result<bool, CliError> {
    let status = command.status().map_err(|error| {
        CliError::world(format!(
            "cannot run `{}`: {error}",
            command.get_program().display()
        ))
    })?;
    Ok(status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Asked for, and brought by no package of its own: what builds the tests, a part of git, and what is
    /// only asked for beside something that no package brings either.
    const OTHERS: [&str; 3] = ["cargo", "git-daemon", "check-jsonschema"];

    fn sources(dir: &Path, found: &mut String) {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, found);
            } else if path.extension().is_some_and(|end| end == "rs") {
                found.push_str(&std::fs::read_to_string(path).unwrap());
            }
        }
    }

    #[test]
    fn every_program_that_a_test_asks_for_has_a_package() {
        let mut found = String::new();
        sources(&root().join("crates"), &mut found);
        sources(&root().join("tests"), &mut found);
        let asked: Vec<_> = found
            .split("testkit::program(\"")
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
            .filter(|name| !name.contains('('))
            .collect();
        assert!(asked.len() > 20, "{asked:?}");
        for name in asked {
            let known = PACKAGES.iter().any(|(program, _)| *program == name);
            assert!(known || OTHERS.contains(&name), "{name}");
        }
    }
}
