//! The definition of the command line: clap's own checks, over every command.

use promenade_cli::App;

/// Two options of one name panic only when their command is parsed: this looks at all of them.
#[test]
fn every_command_is_defined_soundly() {
    App::new("promenade").clap().debug_assert();
}

#[test]
fn the_help_says_what_the_program_does() {
    let help = App::new("promenade").clap().render_help().to_string();
    assert!(help.starts_with("Plans a release, applies it,"), "{help}");
}

/// The options of a command and of those below it, under what heading each stands in the help.
fn headings(command: &clap::Command, global: &[&str]) {
    for arg in command.get_arguments() {
        let expected = global
            .contains(&arg.get_id().as_str())
            .then_some("Global options");
        let name = command.get_name();
        assert_eq!(arg.get_help_heading(), expected, "{name}: {}", arg.get_id());
    }
    for below in command.get_subcommands() {
        headings(below, global);
    }
}

#[test]
fn the_help_of_a_command_has_its_own_options_first() {
    let mut program = App::new("promenade").clap();
    program.build();
    let own = program.get_arguments().filter(|arg| arg.is_global_set());
    let global: Vec<_> = own.map(|arg| arg.get_id().as_str()).collect();
    let global: Vec<_> = global
        .into_iter()
        .filter(|id| !["help", "version"].contains(id))
        .collect();
    assert_eq!(global.len(), 9, "{global:?}");
    headings(&program, &global);
    let promote = program.find_subcommand("promote").unwrap().clone();
    let help = promote.clone().render_help().to_string();
    let (first, last) = help.split_once("\nGlobal options:\n").unwrap();
    assert!(
        first.contains("--consent") && first.contains("--execute"),
        "{help}"
    );
    assert!(
        last.contains("--repo") && last.contains("--format"),
        "{help}"
    );
}
