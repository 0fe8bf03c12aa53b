//! Git for Promenade, checked against git itself.

mod ledger;
mod repository;
mod support;
