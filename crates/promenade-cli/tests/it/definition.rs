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
