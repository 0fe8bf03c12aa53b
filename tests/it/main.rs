//! Stories that cross crates, and the shape of the house.

mod adversarial;
mod after;
mod again;
mod audited;
mod board;
mod build;
mod channels;
mod command;
mod conformance;
mod daemon;
mod demo;
mod embed;
mod forged;
mod freeze;
mod graphs;
mod guide;
mod history;
mod house;
mod impact;
mod impacted;
mod init;
mod killed;
mod large;
mod ledger;
mod ledgered;
mod links;
mod mended;
mod odd;
mod own;
mod plans;
mod process;
#[path = "../../crates/promenade-registry/tests/it/proxy.rs"]
mod proxy;
mod published;
mod raced;
mod rebuilt;
mod requirements;
mod schema;
#[path = "../../crates/promenade-registry/tests/it/server.rs"]
mod server;
mod signed;
mod stores;
mod strace;
mod tags;
mod tidy;
mod versions;
