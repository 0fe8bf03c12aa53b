//! Reading objects with their hash checked.

use gix::objs::Kind;

use crate::GitError;

/// Reads an object and hashes it again: `gix`, like git, does not when it reads.
pub(crate) fn checked(
    repository: &gix::Repository,
    id: gix::ObjectId,
    kind: Kind,
) -> Result<Vec<u8>, GitError> {
    let object = repository
        .find_object(id)
        .map_err(|error| GitError::object(id, format!("cannot be read ({error})")))?;
    if object.kind != kind {
        return Err(GitError::object(
            id,
            format!("is a {}, not a {kind}", object.kind),
        ));
    }
    let found = gix::objs::compute_hash(repository.object_hash(), kind, &object.data)
        .map_err(|error| GitError::object(id, error))?;
    if found != id {
        return Err(GitError::object(id, format!("holds the bytes of {found}")));
    }
    Ok(object.detach().data)
}
