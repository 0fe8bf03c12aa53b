//! The process: its file, plans, and audits of real histories.

mod file;
mod keyring;
