//! The program `promenade`.

fn main() -> std::process::ExitCode {
    promenade_cli::main()
}
