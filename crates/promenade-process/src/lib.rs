//! The release process as a value: the process file, plan, apply, explain, check and audit, and the ports that adapters implement.

pub mod port;
