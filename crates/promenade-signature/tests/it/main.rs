//! Signatures, with the programs that others use as oracles.

mod ssh;
