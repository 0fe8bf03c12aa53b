//! Reading objects, also while git packs; with their hash checked where that matters.

use gix::objs::{Find, Kind};

use crate::GitError;
use crate::packing::again;

/// What is wrong with an object that is not there.
pub(crate) const MISSING: &str = "is missing";

/// Finds an object.
pub(crate) fn find(
    repository: &gix::Repository,
    id: gix::ObjectId,
) -> Result<gix::Object<'_>, GitError> {
    again(|| repository.find_object(id)).map_err(|error| unreadable(id, error))
}

/// Finds what kind of object an id is of.
pub(crate) fn kind(repository: &gix::Repository, id: gix::ObjectId) -> Result<Kind, GitError> {
    let header = again(|| repository.find_header(id));
    header
        .map(|header| header.kind())
        .map_err(|error| unreadable(id, error))
}

/// Says whether an object is there.
pub(crate) fn exists(objects: &impl gix::objs::Exists, id: &gix::oid) -> bool {
    again(|| objects.exists(id).then_some(()).ok_or(())).is_ok()
}

/// Reads the bytes of an object of that kind into a buffer, which holds nothing else then.
pub(crate) fn read<'b>(
    objects: &impl Find,
    id: gix::ObjectId,
    kind: Kind,
    buffer: &'b mut Vec<u8>,
) -> Result<&'b [u8], GitError> {
    let found = read_any(objects, id, buffer)?;
    if found != kind {
        return Err(GitError::object(id, format!("is a {found}, not a {kind}")));
    }
    Ok(buffer)
}

/// As [`read`]; nothing for an object of another kind.
pub(crate) fn read_if<'b>(
    objects: &impl Find,
    id: gix::ObjectId,
    kind: Kind,
    buffer: &'b mut Vec<u8>,
) -> Result<Option<&'b [u8]>, GitError> {
    let found = read_any(objects, id, buffer)?;
    Ok((found == kind).then_some(buffer.as_slice()))
}

/// Reads the bytes of an object into a buffer, and says what kind it is of.
fn read_any(
    objects: &impl Find,
    id: gix::ObjectId,
    buffer: &mut Vec<u8>,
) -> Result<Kind, GitError> {
    again(|| match objects.try_find(&id, buffer) {
        Ok(Some(object)) => Ok(object.kind),
        Ok(None) => Err(GitError::object(id, MISSING)),
        Err(error) => Err(unreadable(id, error)),
    })
}

/// Reads an object and hashes it again: `gix`, like git, does not when it reads.
pub(crate) fn checked(
    repository: &gix::Repository,
    id: gix::ObjectId,
    kind: Kind,
) -> Result<Vec<u8>, GitError> {
    let mut data = Vec::new();
    read(&repository.objects, id, kind, &mut data)?;
    let found = gix::objs::compute_hash(repository.object_hash(), kind, &data)
        .map_err(|error| GitError::object(id, error))?;
    if found != id {
        return Err(GitError::object(id, format!("holds the bytes of {found}")));
    }
    Ok(data)
}

fn unreadable(id: gix::ObjectId, cause: impl std::fmt::Display) -> GitError {
    GitError::object(id, format!("cannot be read ({cause})"))
}
