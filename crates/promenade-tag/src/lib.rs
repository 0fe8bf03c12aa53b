//! Tag naming and channels: templates that write and read, tag classes, branch names, messages,
//! and channels that never move backwards.

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
pub mod refname;
mod rule;
#[cfg(feature = "serde")]
mod serde;
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
pub use facts::{ObjectKind, SignatureKind, TagFacts};
pub use finding::{Severity, Surveyed, TagFinding};
pub use grammar::Vocabulary;
pub use image::{ImageRepository, ImageTag, MAX_IMAGE_REPOSITORY_BYTES, MAX_IMAGE_TAG_BYTES};
pub use naming::Naming;
pub use placeholder::{MAX_COMMIT_DIGITS, MIN_COMMIT_DIGITS, Placeholder};
pub use policy::{Classified, TagPolicy};
pub use refname::TagName;
pub use rule::{Class, MadeBy, SignaturePolicy, TagRule};
pub use template::{
    BranchTemplate, ChannelTemplate, MAX_TEMPLATE_BYTES, MessageTemplate, TagTemplate,
};
pub use values::Values;
