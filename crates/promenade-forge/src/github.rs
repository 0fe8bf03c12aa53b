//! Releases on a forge that speaks GitHub's REST API (version 2022-11-28).

mod client;
mod shape;

pub use client::{GITHUB_API, GithubForge};
