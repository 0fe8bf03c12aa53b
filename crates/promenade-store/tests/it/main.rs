//! The ledger in files: the contract of the port, races, kills, loss of power, tampering.

mod contract;
mod input;
mod power;
mod snapshots;
mod stress;
mod stressed;
mod support;
mod tamper;
