//! The tasks of the repository, run as programs.

mod pages;
