//! Series: the numbered candidates of one target version.

use semver::Version;

use crate::next::{announced, base, raise, raise_level, with_prerelease};
use crate::{
    CandidatePolicy, Change, Counter, Impact, Label, Lane, Meaning, Next, NextVersionError,
    NextVersionErrorKind, Reason, Request, Rule, SchemeKind, SeriesBase, VersionPolicy,
};

impl VersionPolicy {
    /// Returns the first candidate of the release that [`VersionPolicy::next`] gives; nothing if
    /// the impact is [`Impact::None`].
    ///
    /// # Errors
    /// As [`VersionPolicy::next`], and `NoCandidates` if the policy has none.
    pub fn open_series(&self, request: &Request) -> Result<Option<Next>, NextVersionError> {
        let fail = |kind| NextVersionError::new(self.scheme(), request.current.as_ref(), kind);
        let policy = self.candidates().map_err(fail)?;
        let Some(target) = self.next(request)? else {
            return Ok(None);
        };
        let first = first_candidate(policy, target.version()).map_err(fail)?;
        let mut reasons = target.reasons().to_vec();
        let (from, to) = (target.text().to_owned(), self.show(&first));
        reasons.push(Reason::new(Rule::SeriesOpened, from, to));
        self.reasoned(first, reasons).map(Some).map_err(fail)
    }

    /// Returns the first candidate of a target that somebody decided on: `0.4.0` gives
    /// `0.4.0-rc.1`.
    ///
    /// # Errors
    /// `NoCandidates` if the policy has none, `NotReleased` if the target has a suffix, and
    /// `NotInScheme`.
    pub fn open_series_at(&self, target: &Version) -> Result<Next, NextVersionError> {
        let fail = |kind| NextVersionError::new(self.scheme(), Some(target), kind);
        let policy = self.candidates().map_err(fail)?;
        if *target != base(target) {
            return Err(fail(NextVersionErrorKind::NotReleased));
        }
        let first = first_candidate(policy, target).map_err(fail)?;
        self.step(Rule::SeriesOpened, target, first).map_err(fail)
    }

    /// Returns the candidate that follows `candidate`, which was rejected or superseded.
    ///
    /// `impact` is the strongest impact since `released`, the last final version; where `released`
    /// is not known, the base itself tells what was announced (`1.4.0` a feature, `1.4.1` a fix).
    /// The calendar is not read: an open series keeps its week.
    ///
    /// # Errors
    /// `NotACandidate`, `NoCandidates`, `UnknownLabel` if the label is not one that the policy makes,
    /// `NoPatch` and `Overflow`.
    pub fn next_candidate(
        &self,
        candidate: &Version,
        released: Option<&Version>,
        impact: Impact,
    ) -> Result<Next, NextVersionError> {
        let fail = |kind| NextVersionError::new(self.scheme(), Some(candidate), kind);
        let (policy, label, number) = self.read_candidate(candidate).map_err(fail)?;
        let mut reasons = Vec::new();
        let moved = self.moved_base(policy, candidate, released, impact, &mut reasons);
        let next = match moved.map_err(fail)? {
            Some(base) => first_candidate(policy, &base),
            None => self.continued(policy, candidate, &label, number, &mut reasons),
        };
        next.and_then(|next| self.reasoned(next, reasons))
            .map_err(fail)
    }

    /// Returns the first candidate of the same base under a later label: `1.0.0-alpha.3` goes on as
    /// `1.0.0-beta.1`.
    ///
    /// # Errors
    /// `NotACandidate`, `NoCandidates`, `UnknownLabel`, and `LabelBackwards` if the label does not
    /// come after the current one.
    pub fn advance_label(&self, candidate: &Version, stem: &str) -> Result<Next, NextVersionError> {
        let fail = |kind| NextVersionError::new(self.scheme(), Some(candidate), kind);
        let (policy, current, _) = self.read_candidate(candidate).map_err(fail)?;
        let later = policy
            .labels()
            .find(|label| label.stem() == stem)
            .ok_or_else(|| fail(NextVersionErrorKind::UnknownLabel(stem.to_owned())))?;
        let next = with_prerelease(candidate, &first_of(policy, later)).map_err(fail)?;
        if next <= *candidate || later == &current {
            return Err(fail(NextVersionErrorKind::LabelBackwards(stem.to_owned())));
        }
        self.step(Rule::LabelAdvanced, candidate, next)
            .map_err(fail)
    }

    /// Returns the final version that a candidate becomes. No other call leaves a series.
    ///
    /// # Errors
    /// `NotACandidate`.
    pub fn promote(&self, candidate: &Version) -> Result<Next, NextVersionError> {
        let fail = |kind| NextVersionError::new(self.scheme(), Some(candidate), kind);
        if self.scheme().meaning(candidate) != Meaning::Candidate {
            return Err(fail(NextVersionErrorKind::NotACandidate));
        }
        self.step(Rule::Promoted, candidate, base(candidate))
            .map_err(fail)
    }

    fn candidates(&self) -> Result<&CandidatePolicy, NextVersionErrorKind> {
        self.candidate().ok_or(NextVersionErrorKind::NoCandidates)
    }

    fn read_candidate(
        &self,
        candidate: &Version,
    ) -> Result<(&CandidatePolicy, Label, Option<u64>), NextVersionErrorKind> {
        if self.scheme().meaning(candidate) != Meaning::Candidate {
            return Err(NextVersionErrorKind::NotACandidate);
        }
        let policy = self.candidates()?;
        match self.scheme().suffixes().candidate(&candidate.pre) {
            Some((label, number)) => Ok((policy, label.clone(), number)),
            None => Err(NextVersionErrorKind::UnknownLabel(
                candidate.pre.to_string(),
            )),
        }
    }

    fn continued(
        &self,
        policy: &CandidatePolicy,
        candidate: &Version,
        label: &Label,
        number: Option<u64>,
        reasons: &mut Vec<Reason>,
    ) -> Result<Version, NextVersionErrorKind> {
        let (next, rule) = match policy.counter() {
            Counter::Patch => {
                let index = self
                    .scheme()
                    .patch_index()
                    .ok_or(NextVersionErrorKind::NoPatch)?;
                let next = raise(candidate, index)?;
                (
                    with_prerelease(&next, policy.label().stem())?,
                    Rule::CounterInPatch,
                )
            }
            Counter::Label => {
                if policy.legacy_labels().contains(label) {
                    return Err(NextVersionErrorKind::UnknownLabel(label.to_string()));
                }
                let number = number.unwrap_or(0);
                let number = number
                    .checked_add(1)
                    .ok_or(NextVersionErrorKind::Overflow)?;
                reasons.push(Reason::new(
                    Rule::BaseKept,
                    self.show(candidate),
                    self.show(&base(candidate)),
                ));
                (
                    with_prerelease(candidate, &label.identifiers(Some(&number.to_string())))?,
                    Rule::CounterInLabel,
                )
            }
        };
        reasons.push(Reason::new(rule, self.show(candidate), self.show(&next)));
        Ok(next)
    }

    /// Returns the base that a stronger impact asks for, if it is higher than the series' own.
    fn moved_base(
        &self,
        policy: &CandidatePolicy,
        candidate: &Version,
        released: Option<&Version>,
        impact: Impact,
        reasons: &mut Vec<Reason>,
    ) -> Result<Option<Version>, NextVersionErrorKind> {
        let numbers = matches!(
            self.scheme().kind(),
            SchemeKind::Semver | SchemeKind::MajorMinor
        );
        if !numbers || impact == Impact::None || policy.series_base() == SeriesBase::Keep {
            return Ok(None);
        }
        let own = base(candidate);
        let mut why = Vec::new();
        let mut level =
            |from: &Version| self.level_for(from, Change::Impact(impact), Lane::Regular, &mut why);
        let breaks_candidate =
            policy.series_base() == SeriesBase::FromCandidate && impact == Impact::Breaking;
        let wanted = match released {
            _ if breaks_candidate => raise_level(&own, level(&own)?)?,
            Some(released) => raise_level(released, level(released)?)?,
            None => {
                let level = level(&own)?;
                if level <= announced(&own) {
                    return Ok(None);
                }
                raise_level(&own, level)?
            }
        };
        if wanted <= own {
            return Ok(None);
        }
        let said = why
            .first()
            .map_or("a stronger change", |reason| &reason.input);
        let (said, to) = (said.to_owned(), self.show(&wanted));
        reasons.push(Reason::new(Rule::BaseMoved, said, to));
        Ok(Some(wanted))
    }
}

/// Returns the identifiers of the first candidate under a label.
fn first_of(policy: &CandidatePolicy, label: &Label) -> String {
    let first = policy.first_number().to_string();
    label.identifiers(label.is_numbered().then_some(&first))
}

/// Returns the first candidate of a series, under its first label.
fn first_candidate(
    policy: &CandidatePolicy,
    target: &Version,
) -> Result<Version, NextVersionErrorKind> {
    let label = policy.earlier_labels().first().unwrap_or(policy.label());
    with_prerelease(target, &first_of(policy, label))
}
