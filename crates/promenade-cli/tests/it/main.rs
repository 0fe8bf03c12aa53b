//! The command line as a program.

mod changelog;
mod definition;
mod digest;
