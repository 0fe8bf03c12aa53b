//! One entry of a definition file.

use std::ops::Range;

use crate::Position;
use crate::toml::Literal;

/// An entry of a definition file, as it is written; [`Definitions::lint`](super::Definitions::lint)
/// says whether it follows the rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    pub(crate) file: String,
    pub(crate) index: usize,
    pub(crate) position: Position,
    pub(crate) docker: Option<Literal>,
    pub(crate) github: Option<Literal>,
    pub(crate) provider: Option<Literal>,
    pub(crate) branch: Option<Field>,
    pub(crate) release: Option<Field>,
    pub(crate) suspend: Option<Field>,
    pub(crate) preview: bool,
    pub(crate) unknown: Vec<(String, Position)>,
}

/// A field of `deploy`, with the places of its key and of its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) key: Range<usize>,
    pub(crate) value: Range<usize>,
    pub(crate) scalar: crate::document::Scalar,
}

impl Field {
    pub(crate) fn text(&self) -> &str {
        &self.scalar.literal.value
    }
}

/// How an entry is deployed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy<'a> {
    /// The head of a branch; for test environments.
    Branch(&'a str),
    /// A released version.
    Release(&'a str),
    /// Not at all: what runs is left alone.
    Suspend,
}

impl Definition {
    /// Returns the file.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.file
    }

    /// Returns the place in the list of the file, counted from 0.
    #[must_use]
    pub fn index(&self) -> usize {
        self.index
    }

    /// Returns the line and column.
    #[must_use]
    pub fn position(&self) -> Position {
        self.position
    }

    /// Returns the name: the image, or the repository of what has none.
    #[must_use]
    pub fn name(&self) -> &str {
        let name = self.docker.as_ref().or(self.github.as_ref());
        name.map_or("", |literal| &literal.value)
    }

    /// Returns the path of the container image.
    #[must_use]
    pub fn docker(&self) -> Option<&str> {
        self.docker.as_ref().map(|literal| literal.value.as_str())
    }

    /// Returns the repository.
    #[must_use]
    pub fn github(&self) -> Option<&str> {
        self.github.as_ref().map(|literal| literal.value.as_str())
    }

    /// Returns the provider of what is no image, such as `cloudformation`.
    #[must_use]
    pub fn provider(&self) -> Option<&str> {
        self.provider.as_ref().map(|literal| literal.value.as_str())
    }

    /// Returns the strategies: one, if the entry follows the rules.
    #[must_use]
    pub fn strategies(&self) -> Vec<Strategy<'_>> {
        let branch = self
            .branch
            .as_ref()
            .map(|field| Strategy::Branch(field.text()));
        let release = self
            .release
            .as_ref()
            .map(|field| Strategy::Release(field.text()));
        let suspend = self.suspend.as_ref().map(|_| Strategy::Suspend);
        branch.into_iter().chain(release).chain(suspend).collect()
    }

    /// Returns whether open pull requests are deployed as well.
    #[must_use]
    pub fn preview(&self) -> bool {
        self.preview
    }
}
