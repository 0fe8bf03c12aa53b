//! The command line as a program.

mod digest;
