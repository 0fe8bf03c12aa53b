//! Tag naming and channels: templates that write and read, tag classes, branch names, messages,
//! and channels that never move backwards.
//!
//! ```
//! use promenade_tag::{Class, TagPolicy, TagRule};
//! use promenade_version::{Scheme, Version};
//!
//! let rules = vec![
//!     TagRule::new(Class::Candidate, "attestation-service-v{version}".parse()?),
//!     TagRule::new(Class::Release, "attestation-service-v{version}".parse()?),
//!     TagRule::new(Class::Legacy, "attestation-service-{major}-{minor}-{patch}".parse()?),
//! ];
//! let policy = TagPolicy::build(rules, &Scheme::semver())?;
//!
//! // Every name has one class; what no rule reads is other, never an error.
//! let read = policy.read("attestation-service-1-0-2");
//! assert_eq!((read.class, read.version), (Class::Legacy, Some(Version::new(1, 0, 2))));
//! assert_eq!(policy.read("contractkit-v1.2.5-").class, Class::Other);
//!
//! // What is written reads back as what it was made from.
//! let name = policy.name(Class::Release, None, &Version::new(1, 5, 0))?;
//! assert_eq!(name.as_str(), "attestation-service-v1.5.0");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Schemes and versions are those of `promenade-version`, a dependency of yours too.
//!
//! # Templates
//!
//! A template is literal text and placeholders in braces; a literal brace is doubled.
//!
//! | placeholder | stands for |
//! |---|---|
//! | `{version}` | the version, as its scheme spells it |
//! | `{major}` `{minor}` `{patch}` `{prerelease}` `{build}` | its parts |
//! | `{line}` | `1.x` or `1.4.x` |
//! | `{next_patch}` | the next version on its line: arithmetic, never a literal `+1` |
//! | `{component}` `{scope}` `{environment}` | a listed name, or any identifier |
//! | `{commit}` `{commit:7}` | a commit id, whole or shortened |
//! | `{date}` | `YYYY-MM-DD` |
//! | `{tag}` | the name of the tag, in messages and names of channels |
//!
//! A set of templates is built only if no text has two readings. That is proven, not tried: each
//! placeholder has a finite automaton, and the product of the automata is searched. A refused set
//! comes with a shortest text that has two readings.
//!
//! Names outlive schemes, and are read by people and programs that know no scheme. So a list of
//! names must not run into the version, whatever a version is: `{component}-{version}` with `a`
//! and `a-1` is refused, as `a-1-2.0.0` is of `a` for who takes `1-2.0.0` for a version. Another
//! separator (`{component}@{version}`, `{component}/v{version}`), or a rule for each name, is not.
//!
//! ```
//! # use promenade_tag::{Class, TagPolicy, TagRule};
//! # use promenade_version::Scheme;
//! let mut rule = TagRule::new(Class::Release, "{component}-{version}".parse()?);
//! rule.components = vec!["a".to_owned(), "a-1".to_owned()];
//! let error = TagPolicy::build(vec![rule.clone()], &Scheme::semver()).expect_err("two readings");
//! assert!(error.to_string().contains("`a-1-0.0.0` has two readings"));
//!
//! rule.template = "{component}@{version}".parse()?;
//! assert!(TagPolicy::build(vec![rule], &Scheme::semver()).is_ok());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Channels
//!
//! A channel is a name in a registry (`latest`, `1.4`, `mainnet`, `sha-…`), immutable or moving.
//! [`ChannelSet::plan`] says which names an event moves, from what and to what, which it does not,
//! and why. Under [`Follows::Highest`] nothing goes backwards but by a rollback; a name that has no
//! target left says so and stays, because nothing that was published is deleted.
//!
//! # Scope and non-scope
//!
//! Names, classes, findings and plans are computed from facts that are passed in. Repositories,
//! registries and signatures are read and written elsewhere; whether a signature is good is not
//! judged here, only whether there is one. There is no clock and no input or output.
//!
//! # Features
//!
//! - `serde`: rules, facts and plans in the shape of process files and stored plans.
//! - `proptest1`: the strategies of `strategy` for property tests of others.

mod automaton;
mod bound;
mod channel;
mod error;
mod facts;
mod finding;
mod grammar;
mod image;
mod language;
mod naming;
mod placeholder;
mod policy;
mod proof;
mod reader;
pub mod refname;
mod rule;
#[cfg(feature = "serde")]
mod serde;
mod signature;
#[cfg(feature = "proptest1")]
pub mod strategy;
mod template;
mod values;

pub use bound::MAX_NAME_BYTES;
pub use channel::{
    BuildMetadataPolicy, ChannelEvent, ChannelPlan, ChannelRule, ChannelSet, Follows, Hand, Kept,
    Move, Mutability, Positions, Publication, Published, Refusal, Remedy, Standing, Target,
    Trigger, Triggers, WhyKept, WhyMoved, WhyRefused,
};
pub use error::{
    Ambiguity, AmbiguousTemplateError, BuildChannelSetError, BuildChannelSetErrorKind,
    BuildTagPolicyError, BuildTagPolicyErrorKind, FormatNameError, FormatNameErrorKind,
    ImageNameErrorKind, NameTagError, ParseImageNameError, ParseTagNameError, ParseTemplateError,
    ParseTemplateErrorKind, PlanChannelsError, RefNameErrorKind,
};
pub use facts::{ObjectKind, TagFacts};
pub use finding::{Severity, Surveyed, TagFinding};
pub use grammar::Vocabulary;
pub use image::{ImageRepository, ImageTag, MAX_IMAGE_REPOSITORY_BYTES, MAX_IMAGE_TAG_BYTES};
pub use naming::Naming;
pub use placeholder::{MAX_COMMIT_DIGITS, MIN_COMMIT_DIGITS, Placeholder};
pub use policy::{Classified, TagPolicy};
pub use refname::TagName;
pub use rule::{Class, MadeBy, SignaturePolicy, TagRule};
pub use signature::{ParseSignatureKindError, SignatureKind};
pub use template::{
    BranchTemplate, ChannelTemplate, MAX_TEMPLATE_BYTES, MessageTemplate, TagTemplate,
};
pub use values::Values;
