//! The next free patch of a line.

use semver::Version;

use super::Line;
use crate::next::raise;
use crate::{
    Counter, Meaning, Next, NextVersionError, NextVersionErrorKind, Reason, Rule, VersionPolicy,
};

impl VersionPolicy {
    /// Returns the next free patch of a line, given every version that exists (candidates too;
    /// those of other lines do not matter).
    ///
    /// Numbers that candidates used up are skipped where the counter is in the patch. Where it is in
    /// the label, a series that is open above the last release of the line holds the line: leave
    /// rejected candidates out.
    ///
    /// # Errors
    /// `NoPatch` if the scheme has none, `NothingOnLine` if no release is on the line, `OpenSeries`,
    /// and `Overflow`.
    pub fn next_patch<'a>(
        &self,
        line: &Line,
        existing: impl IntoIterator<Item = &'a Version>,
    ) -> Result<Next, NextVersionError> {
        let scheme = self.scheme();
        let (mut released, mut highest) = (None, None);
        for version in existing {
            if !line.contains(version) {
                continue;
            }
            match scheme.meaning(version) {
                Meaning::Release | Meaning::StableSuffix => {
                    released = released.max(Some(version));
                    highest = highest.max(Some(version));
                }
                Meaning::Candidate => highest = highest.max(Some(version)),
                Meaning::Manifest => {}
            }
        }
        self.patch_after(line, released, highest)
    }

    /// Returns the next patch of a line, given its highest release and its highest version.
    fn patch_after(
        &self,
        line: &Line,
        released: Option<&Version>,
        highest: Option<&Version>,
    ) -> Result<Next, NextVersionError> {
        let scheme = self.scheme();
        let fail = |kind| NextVersionError::new(scheme, highest, kind);
        let index = scheme
            .patch_index()
            .ok_or_else(|| fail(NextVersionErrorKind::NoPatch))?;
        let (Some(released), Some(highest)) = (released, highest) else {
            return Err(fail(NextVersionErrorKind::NothingOnLine(line.clone())));
        };
        let in_patch = self
            .candidate()
            .is_some_and(|policy| policy.counter() == Counter::Patch);
        if highest > released && !in_patch {
            return Err(fail(NextVersionErrorKind::OpenSeries));
        }
        let next = raise(highest, index).map_err(fail)?;
        let reason = Reason::new(Rule::LinePatch, line.to_string(), self.show(&next));
        self.reasoned(next, vec![reason]).map_err(fail)
    }
}
