//! Stories that cross crates, and the shape of the house.

mod command;
mod demo;
mod history;
mod rebuilt;
mod tidy;
