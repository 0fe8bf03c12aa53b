//! Rules: what an audit looks for. Each has an id that never changes.

use std::fmt;

use super::Severity;

/// What a page of the documentation says about a rule.
struct Page {
    id: &'static str,
    severity: Severity,
    area: &'static str,
    about: &'static str,
    remedy: &'static str,
}

/// A rule of the process that history can show.
///
/// ```
/// use promenade_process::audit::RuleId;
///
/// assert_eq!(RuleId::CandidateRejected.id(), "candidate-rejected");
/// assert_eq!("tag-legacy".parse(), Ok(RuleId::TagLegacy));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum RuleId {
    /// A tag is lightweight, and its rule asks for a tag object (B10, C6).
    TagLightweight,
    /// A tag carries no signature, and its rule asks for one (B10, C33). A warning where the rule only recommends one.
    TagUnsigned,
    /// A tag carries a signature that does not fit its bytes, or its object is not what a signed tag must be.
    TagSignatureBad,
    /// A tag is signed by a key that the keyring does not know, or does not trust for this name at this time (B15). Judged only where a keyring is given.
    TagSignatureUntrusted,
    /// The tag object says another name than the ref: an old tag under a new name. The name of the ref counts.
    TagNameMismatch,
    /// A tag leads to a tree or a blob. An error where its name stands for a version, else a note.
    TagNotACommit,
    /// A tag points at a tag.
    TagNested,
    /// The name of a tag is not UTF-8, so no template reads it.
    TagNotUtf8,
    /// Two tags of one commit stand for the same version.
    TagVersionTwice,
    /// Two tags stand for the same version, on two commits (B4, law 5).
    TagVersionOnTwoCommits,
    /// A tag is named by a template that is only read (B8).
    TagLegacy,
    /// A release is older than a lower version of its line.
    TagOutOfOrder,
    /// A candidate was replaced by a later one and never released (A13): a fact, not a fault.
    CandidateRejected,
    /// A candidate is the last of its series and was not released, or not yet.
    CandidateOpen,
    /// A release has no candidate, and an environment of the process accepts candidates (C19).
    ReleaseWithoutCandidate,
    /// A release is on another commit than its candidate, and the process asks for the same (A14).
    ReleaseOtherCommit,
    /// Between candidate and release a path differs that the process does not name (C19, C21).
    ReleaseOtherPaths,
    /// A release is none of the versions that can follow the one before it: a number was left out.
    VersionSkipped,
    /// The manifest entered a released version, left it and entered it again (B4).
    VersionReentered,
    /// More than one commit carries a released version in its manifest, and the process asks for one (B4, read strictly).
    VersionOnManyCommits,
    /// A tag is not on the commit that introduced its version in the manifest (B21).
    TagOffIntroduction,
    /// At the tag, a manifest or another file names another version than the tag (lesson of 0.5.1: the lock file too).
    ManifestDiffers,
    /// At the tag, a file that names the version is missing or cannot be read.
    ManifestUnreadable,
    /// No marked version follows a release in the manifest, and the process asks for one (B20, B22).
    DevMarkerMissing,
    /// There is no changelog at the tag.
    ChangelogMissing,
    /// The changelog at the tag has no section of the version (C21.1).
    ChangelogSectionMissing,
    /// At the tag, a section above every release has a version and is still said to be unreleased.
    ChangelogPending,
    /// The section of the version has no date at the tag.
    ChangelogUndated,
    /// The date of the section is more than a day from the date of the tag.
    ChangelogDateOff,
    /// The section of the version has no link, and the process says what it compares with.
    ChangelogLinkMissing,
    /// The Unreleased section has entries at the tag although the version has a section of its own (C21.1).
    ChangelogUnreleasedLeft,
    /// The changelog at the tag is no text.
    ChangelogUnreadable,
    /// A release is not on the main branch, and neither its commits nor copies of them are (A9, C27).
    HotfixNotMergedBack,
    /// A release is not on the main branch; the main branch carries every change of it.
    HotfixCarried,
    /// A commit of a release off the main branch is a copy of one there and does not say so (B7).
    BackportWithoutProvenance,
    /// The main branch that the process names does not exist; the branch that is checked out is taken for it.
    BranchMissing,
    /// Two releases are further apart than the cadence of the process (A7). A warning where the cadence is enforced.
    CadenceMissed,
    /// A commit brings in a definition that the operator refuses (D12).
    DefinitionRefused,
    /// A commit brings in a definition that the operator accepts and that is a mistake all the same.
    DefinitionQuestionable,
    /// A commit brings in a file of definitions that cannot be read.
    DefinitionUnreadable,
    /// A pin gave way to a lower version, and the message of the commit holds no `Rollback:` line that consents to it.
    DefinitionDowngrade,
    /// An environment is pinned to a version that does not exist.
    PinMissing,
    /// An environment was pinned to a version before it existed.
    PinEarly,
    /// A record of the ledger is changed, dropped, inserted or out of order, or breaks a law (INV-36, INV-37).
    LedgerBroken,
    /// A tag is on another commit than the ledger recorded.
    LedgerTagMoved,
    /// The ledger recorded a tag that the repository does not have.
    LedgerTagMissing,
    /// A tag of a release is not in the ledger.
    LedgerUnrecorded,
    /// An environment was seen to run other digests than were promoted into it (INV-4).
    LedgerDrift,
    /// An obligation of the ledger is open (C27).
    LedgerOwed,
    /// The history is cut off: what lies before is not audited.
    HistoryShallow,
    /// The repository has grafts, which change what its history looks like. They are not followed.
    HistoryGrafted,
    /// A ref replaces an object by another one: what git shows is not what was signed.
    HistoryReplaced,
    /// A ref leads to an object that is missing or cannot be read.
    ObjectUnreadable,
}

/// A text is the id of no rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown rule `{input}`{}", crate::nearest::hint(input, RuleId::ALL.iter().map(|rule| rule.id())))]
pub struct UnknownRuleError {
    input: String,
}

impl RuleId {
    /// Every rule, in the order of the page.
    pub const ALL: [Self; 53] = [
        Self::TagLightweight,
        Self::TagUnsigned,
        Self::TagSignatureBad,
        Self::TagSignatureUntrusted,
        Self::TagNameMismatch,
        Self::TagNotACommit,
        Self::TagNested,
        Self::TagNotUtf8,
        Self::TagVersionTwice,
        Self::TagVersionOnTwoCommits,
        Self::TagLegacy,
        Self::TagOutOfOrder,
        Self::CandidateRejected,
        Self::CandidateOpen,
        Self::ReleaseWithoutCandidate,
        Self::ReleaseOtherCommit,
        Self::ReleaseOtherPaths,
        Self::VersionSkipped,
        Self::VersionReentered,
        Self::VersionOnManyCommits,
        Self::TagOffIntroduction,
        Self::ManifestDiffers,
        Self::ManifestUnreadable,
        Self::DevMarkerMissing,
        Self::ChangelogMissing,
        Self::ChangelogSectionMissing,
        Self::ChangelogPending,
        Self::ChangelogUndated,
        Self::ChangelogDateOff,
        Self::ChangelogLinkMissing,
        Self::ChangelogUnreleasedLeft,
        Self::ChangelogUnreadable,
        Self::HotfixNotMergedBack,
        Self::HotfixCarried,
        Self::BackportWithoutProvenance,
        Self::BranchMissing,
        Self::CadenceMissed,
        Self::DefinitionRefused,
        Self::DefinitionQuestionable,
        Self::DefinitionUnreadable,
        Self::DefinitionDowngrade,
        Self::PinMissing,
        Self::PinEarly,
        Self::LedgerBroken,
        Self::LedgerTagMoved,
        Self::LedgerTagMissing,
        Self::LedgerUnrecorded,
        Self::LedgerDrift,
        Self::LedgerOwed,
        Self::HistoryShallow,
        Self::HistoryGrafted,
        Self::HistoryReplaced,
        Self::ObjectUnreadable,
    ];

    /// Returns the id.
    #[must_use]
    pub fn id(self) -> &'static str {
        self.page().id
    }

    /// Returns how much a finding of this rule weighs, where the process says nothing else.
    #[must_use]
    pub fn severity(self) -> Severity {
        self.page().severity
    }

    /// Returns the part of the process that the rule is about: `tags`, `versions`, `changelog`, …
    #[must_use]
    pub fn area(self) -> &'static str {
        self.page().area
    }

    /// Returns what is wrong, in a sentence or two.
    #[must_use]
    pub fn about(self) -> &'static str {
        self.page().about
    }

    /// Returns what to do about it.
    #[must_use]
    pub fn remedy(self) -> &'static str {
        self.page().remedy
    }

    /// Returns the page of all rules, in Markdown.
    #[must_use]
    pub fn pages() -> String {
        let mut text = String::from(
            "# Rules of `audit`\n\nEvery rule has an id that never changes. `audit` exits with 1 if it \
             finds a warning or an error\nthat its baseline does not know; notes are facts. This page is \
             written by `audit --rules`.\n",
        );
        let mut area = "";
        for rule in Self::ALL {
            if rule.area() != area {
                area = rule.area();
                text.push_str(&format!("\n## {area}\n"));
            }
            let (id, severity) = (rule.id(), rule.severity());
            let (about, remedy) = (rule.about(), rule.remedy());
            text.push_str(&format!(
                "\n### `{id}`\n\n*{severity}*. {about}\n\nRemedy: {remedy}.\n"
            ));
        }
        text
    }

    fn page(self) -> &'static Page {
        match self {
            Self::TagLightweight => &Page {
                id: "tag-lightweight",
                severity: Severity::Error,
                area: "tags",
                about: "A tag is lightweight, and its rule asks for a tag object (B10, C6).",
                remedy: "make annotated tags from now on; a published tag stays",
            },
            Self::TagUnsigned => &Page {
                id: "tag-unsigned",
                severity: Severity::Error,
                area: "tags",
                about: "A tag carries no signature, and its rule asks for one (B10, C33). A warning where the rule only recommends one.",
                remedy: "sign tags from now on; a published tag stays",
            },
            Self::TagSignatureBad => &Page {
                id: "tag-signature-bad",
                severity: Severity::Error,
                area: "tags",
                about: "A tag carries a signature that does not fit its bytes, or its object is not what a signed tag must be.",
                remedy: "find out who made it, and release the next version with a good signature",
            },
            Self::TagSignatureUntrusted => &Page {
                id: "tag-signature-untrusted",
                severity: Severity::Error,
                area: "tags",
                about: "A tag is signed by a key that the keyring does not know, or does not trust for this name at this time (B15). Judged only where a keyring is given.",
                remedy: "add the key to the keyring if it is meant to sign; else treat the tag as not made by you",
            },
            Self::TagNameMismatch => &Page {
                id: "tag-name-mismatch",
                severity: Severity::Warning,
                area: "tags",
                about: "The tag object says another name than the ref: an old tag under a new name. The name of the ref counts.",
                remedy: "make a tag object of its own for each name",
            },
            Self::TagNotACommit => &Page {
                id: "tag-not-a-commit",
                severity: Severity::Error,
                area: "tags",
                about: "A tag leads to a tree or a blob. An error where its name stands for a version, else a note.",
                remedy: "tag the commit that the version was made from",
            },
            Self::TagNested => &Page {
                id: "tag-nested",
                severity: Severity::Note,
                area: "tags",
                about: "A tag points at a tag.",
                remedy: "tag the commit itself",
            },
            Self::TagNotUtf8 => &Page {
                id: "tag-not-utf8",
                severity: Severity::Note,
                area: "tags",
                about: "The name of a tag is not UTF-8, so no template reads it.",
                remedy: "none needed: it stands for no version",
            },
            Self::TagVersionTwice => &Page {
                id: "tag-version-twice",
                severity: Severity::Warning,
                area: "tags",
                about: "Two tags of one commit stand for the same version.",
                remedy: "keep one name for a version",
            },
            Self::TagVersionOnTwoCommits => &Page {
                id: "tag-version-on-two-commits",
                severity: Severity::Error,
                area: "tags",
                about: "Two tags stand for the same version, on two commits (B4, law 5).",
                remedy: "give the newer commit a version of its own",
            },
            Self::TagLegacy => &Page {
                id: "tag-legacy",
                severity: Severity::Note,
                area: "tags",
                about: "A tag is named by a template that is only read (B8).",
                remedy: "none needed: it is only read",
            },
            Self::TagOutOfOrder => &Page {
                id: "tag-out-of-order",
                severity: Severity::Warning,
                area: "tags",
                about: "A release is older than a lower version of its line.",
                remedy: "release the versions of a line in their order",
            },
            Self::CandidateRejected => &Page {
                id: "candidate-rejected",
                severity: Severity::Note,
                area: "candidates",
                about: "A candidate was replaced by a later one and never released (A13): a fact, not a fault.",
                remedy: "none needed: a rejected candidate stays rejected",
            },
            Self::CandidateOpen => &Page {
                id: "candidate-open",
                severity: Severity::Note,
                area: "candidates",
                about: "A candidate is the last of its series and was not released, or not yet.",
                remedy: "release it, or reject it with a reason",
            },
            Self::ReleaseWithoutCandidate => &Page {
                id: "release-without-candidate",
                severity: Severity::Warning,
                area: "candidates",
                about: "A release has no candidate, and an environment of the process accepts candidates (C19).",
                remedy: "release a candidate that was verified, or record the release as a hotfix",
            },
            Self::ReleaseOtherCommit => &Page {
                id: "release-other-commit",
                severity: Severity::Error,
                area: "candidates",
                about: "A release is on another commit than its candidate, and the process asks for the same (A14).",
                remedy: "release the commit of the candidate; a tag that was published stays",
            },
            Self::ReleaseOtherPaths => &Page {
                id: "release-other-paths",
                severity: Severity::Error,
                area: "candidates",
                about: "Between candidate and release a path differs that the process does not name (C19, C21).",
                remedy: "cut another candidate from what is to be released",
            },
            Self::VersionSkipped => &Page {
                id: "version-skipped",
                severity: Severity::Note,
                area: "versions",
                about: "A release is none of the versions that can follow the one before it: a number was left out.",
                remedy: "none needed if the number was used elsewhere; else take the next version of the process",
            },
            Self::VersionReentered => &Page {
                id: "version-reentered",
                severity: Severity::Error,
                area: "versions",
                about: "The manifest entered a released version, left it and entered it again (B4).",
                remedy: "give what was built after the second entry a version of its own",
            },
            Self::VersionOnManyCommits => &Page {
                id: "version-on-many-commits",
                severity: Severity::Error,
                area: "versions",
                about: "More than one commit carries a released version in its manifest, and the process asks for one (B4, read strictly).",
                remedy: "set the next version in the commit after the release",
            },
            Self::TagOffIntroduction => &Page {
                id: "tag-off-introduction",
                severity: Severity::Warning,
                area: "versions",
                about: "A tag is not on the commit that introduced its version in the manifest (B21).",
                remedy: "tag the commit that sets the version",
            },
            Self::ManifestDiffers => &Page {
                id: "manifest-differs",
                severity: Severity::Error,
                area: "versions",
                about: "At the tag, a manifest or another file names another version than the tag (lesson of 0.5.1: the lock file too).",
                remedy: "set the version everywhere before the tag is made: `manifest set VERSION`",
            },
            Self::ManifestUnreadable => &Page {
                id: "manifest-unreadable",
                severity: Severity::Warning,
                area: "versions",
                about: "At the tag, a file that names the version is missing or cannot be read.",
                remedy: "name the file in the process file as it is now",
            },
            Self::DevMarkerMissing => &Page {
                id: "dev-marker-missing",
                severity: Severity::Warning,
                area: "versions",
                about: "No marked version follows a release in the manifest, and the process asks for one (B20, B22).",
                remedy: "set the marked next version in the commit after the release",
            },
            Self::ChangelogMissing => &Page {
                id: "changelog-missing",
                severity: Severity::Warning,
                area: "changelog",
                about: "There is no changelog at the tag.",
                remedy: "add the file that the process names, or name the one there is",
            },
            Self::ChangelogSectionMissing => &Page {
                id: "changelog-section-missing",
                severity: Severity::Warning,
                area: "changelog",
                about: "The changelog at the tag has no section of the version (C21.1).",
                remedy: "cut the section before the tag: `changelog cut VERSION`",
            },
            Self::ChangelogPending => &Page {
                id: "changelog-pending",
                severity: Severity::Warning,
                area: "changelog",
                about: "At the tag, a section above every release has a version and is still said to be unreleased.",
                remedy: "rename it to the version that is tagged, with its date",
            },
            Self::ChangelogUndated => &Page {
                id: "changelog-undated",
                severity: Severity::Warning,
                area: "changelog",
                about: "The section of the version has no date at the tag.",
                remedy: "write the day of the release in the heading",
            },
            Self::ChangelogDateOff => &Page {
                id: "changelog-date-off",
                severity: Severity::Note,
                area: "changelog",
                about: "The date of the section is more than a day from the date of the tag.",
                remedy: "write the day of the tag, or tag on that day",
            },
            Self::ChangelogLinkMissing => &Page {
                id: "changelog-link-missing",
                severity: Severity::Note,
                area: "changelog",
                about: "The section of the version has no link, and the process says what it compares with.",
                remedy: "continue the links: `changelog relink`",
            },
            Self::ChangelogUnreleasedLeft => &Page {
                id: "changelog-unreleased-left",
                severity: Severity::Note,
                area: "changelog",
                about: "The Unreleased section has entries at the tag although the version has a section of its own (C21.1).",
                remedy: "move them into the section that is tagged",
            },
            Self::ChangelogUnreadable => &Page {
                id: "changelog-unreadable",
                severity: Severity::Warning,
                area: "changelog",
                about: "The changelog at the tag is no text.",
                remedy: "save it as UTF-8",
            },
            Self::HotfixNotMergedBack => &Page {
                id: "hotfix-not-merged-back",
                severity: Severity::Warning,
                area: "branches",
                about: "A release is not on the main branch, and neither its commits nor copies of them are (A9, C27).",
                remedy: "merge the branch of the hotfix back, or pick its commits",
            },
            Self::HotfixCarried => &Page {
                id: "hotfix-carried",
                severity: Severity::Note,
                area: "branches",
                about: "A release is not on the main branch; the main branch carries every change of it.",
                remedy: "none needed",
            },
            Self::BackportWithoutProvenance => &Page {
                id: "backport-without-provenance",
                severity: Severity::Note,
                area: "branches",
                about: "A commit of a release off the main branch is a copy of one there and does not say so (B7).",
                remedy: "pick with `git cherry-pick -x`",
            },
            Self::BranchMissing => &Page {
                id: "branch-missing",
                severity: Severity::Warning,
                area: "branches",
                about: "The main branch that the process names does not exist; the branch that is checked out is taken for it.",
                remedy: "name the main branch in `[branches]`, or fetch it",
            },
            Self::CadenceMissed => &Page {
                id: "cadence-missed",
                severity: Severity::Note,
                area: "cadence",
                about: "Two releases are further apart than the cadence of the process (A7). A warning where the cadence is enforced.",
                remedy: "release when it is due, or change the cadence",
            },
            Self::DefinitionRefused => &Page {
                id: "definition-refused",
                severity: Severity::Error,
                area: "definitions",
                about: "A commit brings in a definition that the operator refuses (D12).",
                remedy: "mend it before it is merged: `definitions lint`",
            },
            Self::DefinitionQuestionable => &Page {
                id: "definition-questionable",
                severity: Severity::Note,
                area: "definitions",
                about: "A commit brings in a definition that the operator accepts and that is a mistake all the same.",
                remedy: "mend it: `definitions lint`",
            },
            Self::DefinitionUnreadable => &Page {
                id: "definition-unreadable",
                severity: Severity::Error,
                area: "definitions",
                about: "A commit brings in a file of definitions that cannot be read.",
                remedy: "mend it before it is merged: `definitions lint`",
            },
            Self::DefinitionDowngrade => &Page {
                id: "definition-downgrade",
                severity: Severity::Warning,
                area: "definitions",
                about: "A pin gave way to a lower version, and the message of the commit holds no `Rollback:` line that consents to it.",
                remedy: "say why in a line `Rollback: REASON` of the message",
            },
            Self::PinMissing => &Page {
                id: "pin-missing",
                severity: Severity::Error,
                area: "definitions",
                about: "An environment is pinned to a version that does not exist.",
                remedy: "pin a version that was released",
            },
            Self::PinEarly => &Page {
                id: "pin-early",
                severity: Severity::Warning,
                area: "definitions",
                about: "An environment was pinned to a version before it existed.",
                remedy: "release first, pin after",
            },
            Self::LedgerBroken => &Page {
                id: "ledger-broken",
                severity: Severity::Error,
                area: "ledger",
                about: "A record of the ledger is changed, dropped, inserted or out of order, or breaks a law (INV-36, INV-37).",
                remedy: "fetch the ledger from a copy that verifies",
            },
            Self::LedgerTagMoved => &Page {
                id: "ledger-tag-moved",
                severity: Severity::Error,
                area: "ledger",
                about: "A tag is on another commit than the ledger recorded.",
                remedy: "find out who moved it; the recorded commit is the one that was verified",
            },
            Self::LedgerTagMissing => &Page {
                id: "ledger-tag-missing",
                severity: Severity::Warning,
                area: "ledger",
                about: "The ledger recorded a tag that the repository does not have.",
                remedy: "fetch the tags, or make the tag that the plan left out",
            },
            Self::LedgerUnrecorded => &Page {
                id: "ledger-unrecorded",
                severity: Severity::Note,
                area: "ledger",
                about: "A tag of a release is not in the ledger.",
                remedy: "none needed if it is older than the ledger; else take it up: `ledger adopt`",
            },
            Self::LedgerDrift => &Page {
                id: "ledger-drift",
                severity: Severity::Error,
                area: "ledger",
                about: "An environment was seen to run other digests than were promoted into it (INV-4).",
                remedy: "deploy what was promoted, or promote what runs",
            },
            Self::LedgerOwed => &Page {
                id: "ledger-owed",
                severity: Severity::Note,
                area: "ledger",
                about: "An obligation of the ledger is open (C27).",
                remedy: "do it, and close it with its evidence",
            },
            Self::HistoryShallow => &Page {
                id: "history-shallow",
                severity: Severity::Warning,
                area: "repository",
                about: "The history is cut off: what lies before is not audited.",
                remedy: "git fetch --unshallow",
            },
            Self::HistoryGrafted => &Page {
                id: "history-grafted",
                severity: Severity::Warning,
                area: "repository",
                about: "The repository has grafts, which change what its history looks like. They are not followed.",
                remedy: "remove `info/grafts`",
            },
            Self::HistoryReplaced => &Page {
                id: "history-replaced",
                severity: Severity::Warning,
                area: "repository",
                about: "A ref replaces an object by another one: what git shows is not what was signed.",
                remedy: "git replace --delete ID",
            },
            Self::ObjectUnreadable => &Page {
                id: "object-unreadable",
                severity: Severity::Error,
                area: "repository",
                about: "A ref leads to an object that is missing or cannot be read.",
                remedy: "fetch again from a repository that has it, and run `git fsck`",
            },
        }
    }
}

impl fmt::Display for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.id())
    }
}

impl std::str::FromStr for RuleId {
    type Err = UnknownRuleError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|rule| rule.id() == text);
        found.ok_or_else(|| UnknownRuleError {
            input: text.to_owned(),
        })
    }
}
