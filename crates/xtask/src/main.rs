//! The tasks of this repository, with every command of `promenade-cli` embedded.

fn main() -> std::process::ExitCode {
    promenade_cli::App::new("cargo xtask").main()
}
