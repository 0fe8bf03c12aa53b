//! The process: its file, plans, and audits of real histories.

mod audit;
mod check;
mod file;
mod impact;
mod keyring;
mod rules;
mod schema;
