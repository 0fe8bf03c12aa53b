//! The tasks of this repository, with every command of `promenade-cli` embedded.

mod api;
mod bench;
mod cost;
mod coverage;
mod minimal;
mod pages;
mod peers;
mod programs;
mod slow;
mod test;
mod tidy;

fn main() -> std::process::ExitCode {
    promenade_cli::App::new("cargo xtask")
        .command(test::command(), test::run)
        .command(tidy::command(), tidy::run)
        .command(slow::command(), slow::run)
        .command(pages::command(), pages::run)
        .command(peers::command(), peers::run)
        .command(bench::command(), bench::run)
        .command(cost::command(), cost::run)
        .command(coverage::command(), coverage::run)
        .command(api::command(), api::run)
        .command(minimal::command(), minimal::run)
        .main()
}
