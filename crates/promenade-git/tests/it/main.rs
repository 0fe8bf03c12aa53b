//! Git for Promenade, checked against git itself.

mod contains;
mod ledger;
mod packing;
mod power;
mod race;
mod repository;
mod share;
mod signed;
mod support;

#[path = "../../../promenade-store/tests/it/stress.rs"]
mod stress;
mod stressed;
mod verify;
