//! The built-in commands, a file each.

mod apply;
mod approve;
mod audit;
mod backport;
mod build;
mod candidate;
mod changelog;
mod channels;
mod check;
mod contains;
mod definitions;
mod demo;
mod deprecate;
mod digest;
mod disclose;
mod edit;
mod emergency;
mod freeze;
mod hold;
mod hotfix;
mod init;
mod ledger;
mod manifest;
mod obligation;
mod observe;
mod promote;
mod publish;
mod record;
mod reject;
mod release;
mod rollback;
mod schema;
mod status;
mod tags;
mod undo;
mod verdict;
mod version;
mod waive;

use crate::{CliError, Context, Report};

/// A built-in command.
#[derive(Clone, Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Carries out a plan that was saved, or goes on with one that was begun
    Apply(apply::ApplyArgs),
    /// Agrees that a version may enter an environment
    Approve(approve::ApproveArgs),
    /// Compares the history of a repository with its process
    Audit(audit::AuditArgs),
    /// Picks a commit onto a line, with its provenance
    Backport(backport::BackportArgs),
    /// Everything that a commit was built to, recorded once
    Build(build::BuildArgs),
    /// The next candidate, from a commit that was built
    Candidate(candidate::CandidateArgs),
    /// Lossless edits of a changelog
    Changelog(changelog::ChangelogArgs),
    /// Channels: which names move where, which do not, and why
    Channels(channels::ChannelsArgs),
    /// Looks for what can go wrong under the process, and tells the shortest story of it
    Check(check::CheckArgs),
    /// Says which releases hold a fix: by ancestry, by picks, by the same patch
    Contains(contains::ContainsArgs),
    /// Environment definitions: their lint, and pins set by an edit of one line
    Definitions(definitions::DefinitionsArgs),
    /// Shows a whole life cycle in a throw-away repository
    Demo(demo::DemoArgs),
    /// Advises against a release: ledger and channels; nothing is deleted
    Deprecate(deprecate::DeprecateArgs),
    /// Digests of files and directories, and checks of checksum files
    Digest(digest::DigestArgs),
    /// Makes public what was under an embargo, and proves its order
    Disclose(disclose::DiscloseArgs),
    /// Mends every supported line with one commit, each patched or waived
    Emergency(emergency::EmergencyArgs),
    /// Says everything that holds the next step of an environment, and who or when clears it
    Explain(status::ExplainArgs),
    /// Announces a time in which nothing gets in, or lifts it
    Freeze(freeze::FreezeArgs),
    /// Holds an environment, or takes the hold off
    Hold(hold::HoldArgs),
    /// A hotfix: its branch from the last release of a line, and its merge back
    Hotfix(hotfix::HotfixArgs),
    /// Proposes a process file from the repository, and says how much of its history that explains
    Init(init::InitArgs),
    /// The ledger: its story, its verification, and how it is shared
    Ledger(ledger::LedgerArgs),
    /// The files that name the version: whether they agree, and the edit that changes it
    Manifest(manifest::ManifestArgs),
    /// What is owed, and who answers for it
    Obligation(obligation::ObligationArgs),
    /// Records what an environment was seen to run
    Observe(observe::ObserveArgs),
    /// Promotes a version into an environment, by its digests
    Promote(promote::PromoteArgs),
    /// Publishes crates to their registry, in dependency order
    Publish(publish::PublishArgs),
    /// Records the outcome of a check, or of an item of a checklist
    Record(record::RecordArgs),
    /// Rejects a candidate, for ever
    Reject(reject::RejectArgs),
    /// Releases a candidate, or the tip of a branch: documents, commit, tag, ledger, channels
    Release(release::ReleaseArgs),
    /// Takes an environment back to what it ran before
    Rollback(rollback::RollbackArgs),
    /// Prints the JSON Schema of process files, for editors
    Schema(schema::SchemaArgs),
    /// Draws the board: environments and versions, channels, what is owed
    Status(status::StatusArgs),
    /// Every tag: its class, version, object, signature and findings
    Tags(tags::TagsArgs),
    /// Takes back a plan that nobody else can have seen
    Undo(undo::UndoArgs),
    /// Versions: the current one, the next one, how a text reads
    Version(version::VersionArgs),
    /// Answers for a gate that does not hold
    Waive(waive::WaiveArgs),
}

impl Command {
    pub(crate) fn run(&self, context: &Context) -> Result<Report, CliError> {
        match self {
            Self::Apply(args) => apply::run(args, context),
            Self::Approve(args) => approve::run(args, context),
            Self::Audit(args) => audit::run(args, context),
            Self::Backport(args) => backport::run(args, context),
            Self::Build(args) => build::run(args, context),
            Self::Candidate(args) => candidate::run(args, context),
            Self::Changelog(args) => changelog::run(args, context),
            Self::Channels(args) => channels::run(args, context),
            Self::Check(args) => check::run(args, context),
            Self::Contains(args) => contains::run(args, context),
            Self::Definitions(args) => definitions::run(args, context),
            Self::Demo(args) => demo::run(args, context),
            Self::Deprecate(args) => deprecate::run(args, context),
            Self::Digest(args) => digest::run(args, context),
            Self::Disclose(args) => disclose::run(args, context),
            Self::Emergency(args) => emergency::run(args, context),
            Self::Explain(args) => status::explain(args, context),
            Self::Freeze(args) => freeze::run(args, context),
            Self::Hold(args) => hold::run(args, context),
            Self::Hotfix(args) => hotfix::run(args, context),
            Self::Init(args) => init::run(args, context),
            Self::Ledger(args) => ledger::run(args, context),
            Self::Manifest(args) => manifest::run(args, context),
            Self::Obligation(args) => obligation::run(args, context),
            Self::Observe(args) => observe::run(args, context),
            Self::Promote(args) => promote::run(args, context),
            Self::Publish(args) => publish::run(args, context),
            Self::Record(args) => record::run(args, context),
            Self::Reject(args) => reject::run(args, context),
            Self::Release(args) => release::run(args, context),
            Self::Rollback(args) => rollback::run(args, context),
            Self::Schema(args) => schema::run(args, context),
            Self::Status(args) => status::status(args, context),
            Self::Tags(args) => tags::run(args, context),
            Self::Undo(args) => undo::run(args, context),
            Self::Version(args) => version::run(args, context),
            Self::Waive(args) => waive::run(args, context),
        }
    }
}
