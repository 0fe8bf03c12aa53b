//! Channels in an OCI registry: the port, an in-memory registry and the conformance test.
