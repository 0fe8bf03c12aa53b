//! The command line, as a program of its own: what anyone's xtask is.

fn main() -> std::process::ExitCode {
    promenade_cli::main()
}
