//! Reading definition files.

use super::DefinitionPolicy;
use super::definition::{Definition, Field};
use crate::document::{Document, Node, Value};
use crate::toml::Literal;
use crate::tree::join;
use crate::{EntryKind, FileTree, ReadManifestError, ReadManifestErrorKind, yaml};

/// All definitions of a repository, in the order of the files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definitions {
    pub(crate) policy: DefinitionPolicy,
    pub(crate) documents: Vec<Document>,
    pub(crate) entries: Vec<Definition>,
    /// What has the wrong shape: file, place, message.
    pub(crate) misshapen: Vec<(String, Option<usize>, usize, String)>,
    /// Files outside the roots.
    pub(crate) outside: Vec<String>,
}

const ENTRY_KEYS: [&str; 4] = ["docker", "github", "provider", "deploy"];
const DEPLOY_KEYS: [&str; 4] = ["branch", "release", "suspend", "preview"];

impl Definitions {
    /// Reads every file below the root that has the extension: those in the folders for them, and
    /// those elsewhere that the operator would load as well, which [`Definitions::lint`] reports.
    ///
    /// # Errors
    /// [`ReadManifestError`] with file, line and column if a file cannot be read or is no YAML.
    pub fn read(
        tree: &impl FileTree,
        policy: &DefinitionPolicy,
    ) -> Result<Self, ReadManifestError> {
        let mut all = Self {
            policy: policy.clone(),
            documents: Vec::new(),
            entries: Vec::new(),
            misshapen: Vec::new(),
            outside: Vec::new(),
        };
        let mut paths = Vec::new();
        walk(tree, "", policy, &mut paths)?;
        paths.sort();
        for path in paths {
            let Some(bytes) = tree.read(&path)? else {
                continue;
            };
            if !in_roots(&path, policy) {
                all.outside.push(path.clone());
            }
            let document = yaml::parse(&path, &bytes)?;
            all.take(&document)?;
            all.documents.push(document);
        }
        Ok(all)
    }

    /// Returns the entries, in the order of the files.
    #[must_use]
    pub fn entries(&self) -> &[Definition] {
        &self.entries
    }

    /// Returns the paths of the files.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.documents.iter().map(|document| document.file.as_str())
    }

    fn take(&mut self, document: &Document) -> Result<(), ReadManifestError> {
        let file = &document.file;
        match &document.root.value {
            // An empty file is an empty list.
            Value::Other("nothing") => {}
            Value::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    if matches!(item.value, Value::Map(_)) {
                        let entry = self.entry(document, index, item)?;
                        self.entries.push(entry);
                    } else {
                        let message = "an entry must be a mapping".to_owned();
                        let at = item.span.start;
                        self.misshapen
                            .push((file.clone(), Some(index), at, message));
                    }
                }
            }
            Value::Scalar(_) | Value::Map(_) | Value::Other(_) => {
                let message = "the file must be a list of definitions".to_owned();
                let at = document.root.span.start;
                self.misshapen.push((file.clone(), None, at, message));
            }
        }
        Ok(())
    }

    fn entry(
        &mut self,
        document: &Document,
        index: usize,
        node: &Node,
    ) -> Result<Definition, ReadManifestError> {
        let mut reader = EntryReader {
            document,
            index,
            misshapen: &mut self.misshapen,
        };
        let mut unknown = reader.unknown(node, &ENTRY_KEYS, "");
        let mut entry = Definition {
            file: document.file.clone(),
            index,
            position: document.position(node.span.start),
            docker: reader.text(node, "docker")?,
            github: reader.text(node, "github")?,
            provider: reader.text(node, "provider")?,
            branch: None,
            release: None,
            suspend: None,
            preview: false,
            unknown: Vec::new(),
        };
        if let Some(deploy) = document.field(node, "deploy")? {
            match &deploy.value {
                Value::Map(_) => {
                    unknown.extend(reader.unknown(deploy, &DEPLOY_KEYS, "deploy."));
                    entry.branch = reader.field(deploy, "branch")?;
                    entry.release = reader.field(deploy, "release")?;
                    entry.suspend = reader.flag(deploy, "suspend")?;
                    entry.preview = reader.flag(deploy, "preview")?.is_some();
                }
                value if nothing(value) => {}
                _ => reader.wrong(deploy, "`deploy` must be a mapping"),
            }
        }
        entry.unknown = unknown
            .into_iter()
            .map(|(key, at)| (key, document.position(at)))
            .collect();
        Ok(entry)
    }
}

struct EntryReader<'a> {
    document: &'a Document,
    index: usize,
    misshapen: &'a mut Vec<(String, Option<usize>, usize, String)>,
}

impl EntryReader<'_> {
    fn wrong(&mut self, node: &Node, message: &str) {
        self.misshapen.push((
            self.document.file.clone(),
            Some(self.index),
            node.span.start,
            message.to_owned(),
        ));
    }

    /// Reads a text that is there and not empty, with the places of its key and its value.
    fn field(&mut self, node: &Node, name: &str) -> Result<Option<Field>, ReadManifestError> {
        let Some(value) = self.document.field(node, name)? else {
            return Ok(None);
        };
        let key = node.fields().iter().find(|(key, _)| key.name == name);
        let key = key.map_or(0..0, |(key, _)| key.span.clone());
        match &value.value {
            Value::Scalar(scalar) if null(scalar) || scalar.literal.value.is_empty() => Ok(None),
            Value::Scalar(scalar) => Ok(Some(Field {
                key,
                value: value.span.clone(),
                scalar: scalar.clone(),
            })),
            other if nothing(other) => Ok(None),
            _ => {
                self.wrong(value, &format!("`{name}` must be a text on one line"));
                Ok(None)
            }
        }
    }

    fn text(&mut self, node: &Node, name: &str) -> Result<Option<Literal>, ReadManifestError> {
        Ok(self.field(node, name)?.map(|field| field.scalar.literal))
    }

    /// Reads a boolean; `false` equals absent.
    fn flag(&mut self, node: &Node, name: &str) -> Result<Option<Field>, ReadManifestError> {
        let Some(field) = self.field(node, name)? else {
            return Ok(None);
        };
        match field.text() {
            "true" | "True" | "TRUE" if !field.scalar.quoted => Ok(Some(field)),
            "false" | "False" | "FALSE" if !field.scalar.quoted => Ok(None),
            _ => {
                let at = field.value.start;
                let message = format!("`{name}` must be `true` or `false`");
                let file = self.document.file.clone();
                self.misshapen.push((file, Some(self.index), at, message));
                Ok(None)
            }
        }
    }

    fn unknown(&self, node: &Node, known: &[&str], prefix: &str) -> Vec<(String, usize)> {
        node.fields()
            .iter()
            .filter(|(key, _)| !known.contains(&key.name.as_str()))
            .map(|(key, _)| (format!("{prefix}{}", key.name), key.span.start))
            .collect()
    }
}

fn nothing(value: &Value) -> bool {
    match value {
        Value::Other(kind) => matches!(*kind, "nothing" | "null"),
        Value::Scalar(scalar) => null(scalar),
        Value::List(_) | Value::Map(_) => false,
    }
}

fn null(scalar: &crate::document::Scalar) -> bool {
    !scalar.quoted
        && matches!(
            scalar.literal.value.as_str(),
            "~" | "null" | "Null" | "NULL"
        )
}

pub(crate) fn in_roots(path: &str, policy: &DefinitionPolicy) -> bool {
    policy.roots.iter().any(|root| {
        path.strip_prefix(root.as_str())
            .is_some_and(|rest| rest.starts_with('/'))
    })
}

/// Finds the files with the extension: in the root and below every folder whose name starts as that
/// of a root does (Kayron compares text, so `service-old` passes), hidden folders aside.
fn walk(
    tree: &impl FileTree,
    folder: &str,
    policy: &DefinitionPolicy,
    into: &mut Vec<String>,
) -> Result<(), ReadManifestError> {
    for entry in tree.list(folder)? {
        let Some(path) = join(folder, &entry.name) else {
            let kind = ReadManifestErrorKind::File {
                reason: "a name that no path can hold".to_owned(),
            };
            return Err(ReadManifestError::whole(&entry.name, kind));
        };
        match entry.kind {
            EntryKind::File => {
                let extension = entry.name.rsplit_once('.').map(|(_, extension)| extension);
                if extension == Some(policy.extension.as_str()) {
                    into.push(path);
                }
            }
            EntryKind::Folder => {
                let passes = policy.roots.iter().any(|root| {
                    path.starts_with(root.as_str()) || root.starts_with(&format!("{path}/"))
                });
                if passes {
                    walk(tree, &path, policy, into)?;
                }
            }
        }
    }
    Ok(())
}
