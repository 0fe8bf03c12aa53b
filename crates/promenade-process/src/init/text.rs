//! The text of a proposed process file.

use std::fmt::Write as _;

use promenade_manifest::{ManifestKind, Place, VersionFiles, Versions};

use super::Facts;
use super::habit::{self, Share};

/// How tags are named, and versions counted.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    pub(super) name: String,
    pub(super) scheme: &'static str,
    pub(super) counter: &'static str,
    pub(super) labels: Vec<String>,
    /// The prefixes of tags, and how many have each.
    pub(super) templates: Vec<(String, usize)>,
    /// The templates of old names, which are only read.
    pub(super) old: Vec<String>,
}

/// A TOML string.
fn quoted(text: &str) -> String {
    let escaped: String = text
        .chars()
        .map(|c| match c {
            '"' => "\\\"".to_owned(),
            '\\' => "\\\\".to_owned(),
            c if c.is_control() => format!("\\u{:04X}", u32::from(c)),
            c => c.to_string(),
        })
        .collect();
    format!("\"{escaped}\"")
}

/// What the messages of commits tell, and how many say so.
fn habits(out: &mut String, facts: &Facts, candidates: bool) {
    if let Some(Share { count, of }) = habit::conventional(&facts.messages) {
        // Writing to a string cannot fail.
        let _ = write!(
            out,
            "\n# {count} of the newest {of} commits are conventional: `feat: …`, `fix: …`.\n\
             [impact]\nfrom = \"commits\"\n"
        );
    }
    let Some((message, Share { count, of })) = habit::release_message(&facts.tagged) else {
        return;
    };
    let _ = write!(
        out,
        "\n# {count} of the newest {of} releases are tagged on a commit with this message.\n\
         [commit]\nmessage = {}\n",
        quoted(&message)
    );
    // The commit of a release stands between it and its candidate.
    let paths: Vec<_> = documents(facts).iter().map(|path| quoted(path)).collect();
    if candidates && !paths.is_empty() {
        let paths = paths.join(", ");
        let _ = write!(out, "\n[release]\nfinal = {{ paths = [{paths}] }}\n");
    }
}

/// The files that the commit of a release changes.
fn documents(facts: &Facts) -> Vec<String> {
    let changelog = facts.changelog.iter().map(|(path, _)| path);
    let manifests = facts.version_files.manifests().iter();
    let manifests = manifests.flat_map(|policy| {
        let path = policy.path();
        let lock = match policy.kind() {
            ManifestKind::Cargo => path.replace("Cargo.toml", "Cargo.lock"),
            ManifestKind::Npm => path.replace("package.json", "package-lock.json"),
        };
        [path.to_owned(), lock]
    });
    let mut paths: Vec<String> = changelog.cloned().chain(manifests).collect();
    for path in &facts.edited {
        if !paths.contains(path) {
            paths.push(path.clone());
        }
    }
    paths
}

/// The manifests, and the other files that name a version.
fn version_files(out: &mut String, files: &VersionFiles) {
    for policy in files.manifests() {
        let kind = match policy.kind() {
            ManifestKind::Cargo => "cargo",
            ManifestKind::Npm => "npm",
        };
        // Writing to a string cannot fail.
        let _ = write!(
            out,
            "\n[[manifest]]\nkind = \"{kind}\"\npath = {}\n",
            quoted(policy.path())
        );
        let names: Vec<_> = policy.package_names().iter().map(|n| quoted(n)).collect();
        if !names.is_empty() {
            let _ = writeln!(out, "packages = [{}]", names.join(", "));
        }
        if policy.versions_rule() == Versions::PerPackage {
            out.push_str("versions = \"per-package\"\n");
        }
    }
    for policy in files.files() {
        let path = quoted(policy.path());
        let _ = write!(out, "\n[[file]]\npath = {path}\n");
        if let Place::Json(key) = policy.place() {
            let _ = writeln!(out, "json = {}", quoted(&key.to_string()));
        }
    }
}

impl Shape {
    /// Writes the process file.
    pub(super) fn text(&self, facts: &Facts) -> String {
        let mut out = format!(
            "[process]\nformat = 1\nname = {}\n\n[version]\nscheme = {}\n",
            quoted(&self.name),
            self.scheme
        );
        if self.scheme == r#""semver""# {
            out.push_str("below-one = \"breaking-is-minor\"\n");
        }
        let candidates = !self.labels.is_empty();
        if let Some((label, older)) = self.labels.split_first() {
            let older: Vec<_> = older.iter().map(|label| quoted(label)).collect();
            let older = if older.is_empty() {
                String::new()
            } else {
                format!(", legacy = [{}]", older.join(", "))
            };
            // Writing to a string cannot fail.
            let _ = writeln!(
                out,
                "candidate = {{ label = {}, counter = \"{}\"{older} }}",
                quoted(label),
                self.counter
            );
        }
        let _ = write!(
            out,
            "\n[branches]\nmain = {}\n",
            quoted(facts.main.as_deref().unwrap_or("main"))
        );
        if facts
            .branches
            .iter()
            .any(|branch| branch.starts_with("hotfix/"))
        {
            out.push_str("hotfix = \"hotfix/{next_patch}\"\n");
        }
        habits(&mut out, facts, candidates);
        self.tags(&mut out, facts, candidates);
        if let Some((path, _)) = &facts.changelog {
            let _ = write!(out, "\n[changelog]\nfile = {}\n", quoted(path));
        }
        version_files(&mut out, &facts.version_files);
        self.environments(&mut out, facts, candidates);
        out
    }

    fn tags(&self, out: &mut String, facts: &Facts, candidates: bool) {
        let half = |count: usize| count * 2 > facts.tags.len();
        let signature = if half(facts.signed) {
            "recommended"
        } else {
            "none"
        };
        let annotated = half(facts.annotated);
        let fallback = [("v".to_owned(), 0)];
        let templates = if self.templates.is_empty() {
            fallback.as_slice()
        } else {
            self.templates.as_slice()
        };
        for (at, (prefix, _)) in templates.iter().enumerate() {
            let template = quoted(&format!("{prefix}{{version}}"));
            let component = prefix.trim_end_matches(['v', '-', '/', '@', '.', '_']);
            let classes: &[&str] = if candidates {
                &["release", "candidate"]
            } else {
                &["release"]
            };
            for class in classes {
                let _ = write!(
                    out,
                    "\n[[tag]]\nclass = \"{class}\"\ntemplate = {template}\n"
                );
                if templates.len() > 1 && !component.is_empty() {
                    let _ = writeln!(out, "component = {}", quoted(component));
                }
                if at > 0 && component.is_empty() {
                    out.push_str("legacy = true\n");
                }
                let _ = write!(
                    out,
                    "annotated = {annotated}\nsignature = \"{signature}\"\n"
                );
            }
        }
        // Only a scheme of three numbers has room for what old names hold.
        let old = self.old.iter().filter(|_| self.scheme == r#""semver""#);
        for template in old {
            let prefix = template.split('{').next().unwrap_or_default();
            let component = prefix.trim_end_matches(['v', '-', '/', '@', '.', '_']);
            let _ = write!(
                out,
                "\n[[tag]]\nclass = \"legacy\"\ntemplate = {}\nlegacy = true\n",
                quoted(template)
            );
            if !component.is_empty() {
                let _ = writeln!(out, "component = {}", quoted(component));
            }
        }
    }

    fn environments(&self, out: &mut String, facts: &Facts, candidates: bool) {
        let gates = if facts.workflows.is_empty() {
            ""
        } else {
            "gates = [{ check = \"ci\" }]\n"
        };
        if candidates {
            let _ = write!(
                out,
                "\n[[environment]]\nname = \"staging\"\nstage = \"pre-release\"\naccepts = \"candidate\"\n{gates}"
            );
            out.push_str("\n[[environment]]\nname = \"production\"\nstage = \"production\"\nafter = [\"staging\"]\naccepts = \"release\"\n");
        } else {
            let _ = write!(
                out,
                "\n[[environment]]\nname = \"production\"\nstage = \"production\"\naccepts = \"release\"\n{gates}"
            );
        }
    }
}
