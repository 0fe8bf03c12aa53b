//! The process: its file, plans, and audits of real histories.

mod audit;
mod file;
mod keyring;
mod schema;
