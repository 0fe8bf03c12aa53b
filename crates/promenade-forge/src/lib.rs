//! Releases on a forge: the port, an in-memory forge and the conformance test.
