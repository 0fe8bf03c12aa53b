//! Version edits in manifests, lock files and environment definitions, as byte splices.
