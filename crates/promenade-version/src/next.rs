//! The release that follows a version.

use chrono::NaiveDate;
use semver::{Prerelease, Version};

use crate::number::components;
use crate::{
    BelowOne, CalendarFormat, Impact, Lane, Level, Meaning, Next, NextVersionError,
    NextVersionErrorKind, Reason, Rule, SchemeKind, VersionPolicy,
};

/// What changed since the current version, or which level the caller decided on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Change {
    /// The strongest impact since the current version; the policy's rule gives the level.
    Impact(Impact),
    /// The level itself, as for the step from `0.9.2` to `1.0.0`.
    Level(Level),
}

/// A question for [`VersionPolicy::next`].
///
/// ```
/// use promenade_version::{BelowOne, Impact, Request, SchemeKind, Version, VersionPolicy};
///
/// let policy = VersionPolicy::builder(SchemeKind::Semver)
///     .below_one(BelowOne::BreakingIsMinor)
///     .build()?;
/// let request = Request::after(&Version::new(0, 2, 0)).impact(Impact::Breaking);
/// let next = policy.next(&request)?.ok_or("nothing to release")?;
/// assert_eq!(
///     next.to_string(),
///     "0.3.0: a breaking change below 1.0.0 raises the minor (`breaking-is-minor`)"
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[must_use]
pub struct Request {
    pub(crate) current: Option<Version>,
    pub(crate) change: Change,
    pub(crate) lane: Lane,
    pub(crate) on: Option<NaiveDate>,
}

impl Request {
    /// Asks for the version after `current`; the impact is [`Impact::Fix`] until it is set.
    pub fn after(current: &Version) -> Self {
        Self {
            current: Some(current.clone()),
            ..Self::first()
        }
    }

    /// Asks for the first version of all.
    pub fn first() -> Self {
        Self {
            current: None,
            change: Change::Impact(Impact::Fix),
            lane: Lane::Regular,
            on: None,
        }
    }

    /// Sets the strongest impact since the current version.
    pub fn impact(mut self, impact: Impact) -> Self {
        self.change = Change::Impact(impact);
        self
    }

    /// Sets the level instead of an impact.
    pub fn level(mut self, level: Level) -> Self {
        self.change = Change::Level(level);
        self
    }

    /// Sets the lane; it is [`Lane::Regular`] until then.
    pub fn lane(mut self, lane: Lane) -> Self {
        self.lane = lane;
        self
    }

    /// Sets the day of the release; calendar schemes need it.
    pub fn on(mut self, date: NaiveDate) -> Self {
        self.on = Some(date);
        self
    }
}

impl VersionPolicy {
    /// Returns the release that follows; nothing if the impact is [`Impact::None`].
    ///
    /// From a state of the manifest (`1.6.0-dev`) it is the version that the state announces, or a
    /// higher one if the impact asks for more than was announced.
    ///
    /// # Errors
    /// [`NextVersionErrorKind::OpenSeries`] if the current version is a candidate: only
    /// [`VersionPolicy::promote`] leaves a series. `NeedsDate`, `DateBeforeCurrent` and
    /// `PeriodTaken` for calendars, `AboveCeiling` if the lane does not raise that level,
    /// `Overflow`, and `NotInScheme` if the current version has no text in the scheme.
    pub fn next(&self, request: &Request) -> Result<Option<Next>, NextVersionError> {
        if request.change == Change::Impact(Impact::None) {
            return Ok(None);
        }
        let current = request.current.as_ref();
        let fail = |kind| NextVersionError::new(self.scheme(), current, kind);
        let mut reasons = Vec::new();
        let version = match current {
            None => self.first(request.on, &mut reasons),
            Some(current) => {
                self.scheme()
                    .format(current)
                    .map_err(|error| fail(NextVersionErrorKind::NotInScheme(error)))?;
                self.release_after(current, request, &mut reasons)
            }
        };
        version
            .and_then(|version| self.reasoned(version, reasons))
            .map(Some)
            .map_err(fail)
    }

    fn release_after(
        &self,
        current: &Version,
        request: &Request,
        reasons: &mut Vec<Reason>,
    ) -> Result<Version, NextVersionErrorKind> {
        let meaning = self.scheme().meaning(current);
        if meaning == Meaning::Candidate {
            return Err(NextVersionErrorKind::OpenSeries);
        }
        let level = self.level_for(current, request.change, request.lane, reasons)?;
        match self.scheme().kind() {
            SchemeKind::Integer => {
                let next = raise(current, 0)?;
                reasons.clear();
                let (from, to) = (current.major.to_string(), next.major.to_string());
                reasons.push(Reason::new(Rule::IntegerCounts, from, to));
                Ok(next)
            }
            SchemeKind::Calendar(format) => match request.lane {
                Lane::Regular => by_calendar(format, current, level, request.on, reasons),
                Lane::Hotfix | Lane::Embargoed => {
                    let index = format.patch_index().ok_or(NextVersionErrorKind::NoPatch)?;
                    raise(current, index)
                }
            },
            SchemeKind::Semver | SchemeKind::MajorMinor => {
                if meaning == Meaning::Manifest && level <= announced(current) {
                    let version = base(current);
                    let (from, to) = (self.show(current), self.show(&version));
                    reasons.push(Reason::new(Rule::MarkerDropped, from, to));
                    return Ok(version);
                }
                raise_level(current, level)
            }
        }
    }

    /// Returns the level of a change in a lane.
    pub(crate) fn level_for(
        &self,
        current: &Version,
        change: Change,
        lane: Lane,
        reasons: &mut Vec<Reason>,
    ) -> Result<Level, NextVersionErrorKind> {
        let calendar = matches!(self.scheme().kind(), SchemeKind::Calendar(_));
        let range = self.lanes().range(lane);
        let wanted = match change {
            Change::Level(level) => {
                reasons.push(Reason::new(
                    Rule::Asked,
                    lane.to_string(),
                    level.to_string(),
                ));
                level
            }
            Change::Impact(impact) => {
                let rule = if calendar {
                    BelowOne::Semver
                } else {
                    self.below_one()
                };
                // The caller has handled `Impact::None`; in a series it counts as a fix.
                let level = rule.level(current, impact).unwrap_or(Level::Patch);
                let named = match rule {
                    BelowOne::BreakingIsMinor if current.major == 0 => Rule::BreakingIsMinor,
                    BelowOne::ZeroIsOpen if current.major == 0 => Rule::ZeroIsOpen,
                    _ => Rule::Semver,
                };
                let said = change_words(impact).to_owned();
                reasons.push(Reason::new(named, said, level.to_string()));
                level
            }
        };
        if wanted > range.at_most && self.scheme().kind() != &SchemeKind::Integer {
            return Err(NextVersionErrorKind::AboveCeiling {
                level: wanted,
                lane,
                at_most: range.at_most,
            });
        }
        if wanted < range.at_least && !calendar {
            let floor = range.at_least.to_string();
            reasons.push(Reason::new(Rule::LaneFloor, lane.to_string(), floor));
        }
        Ok(wanted.max(range.at_least))
    }

    fn first(
        &self,
        on: Option<NaiveDate>,
        reasons: &mut Vec<Reason>,
    ) -> Result<Version, NextVersionErrorKind> {
        let version = match (self.initial(), self.scheme().kind()) {
            (Some(version), _) => version,
            (None, SchemeKind::Integer) => Version::new(1, 0, 0),
            (None, SchemeKind::Semver | SchemeKind::MajorMinor) => Version::new(0, 1, 0),
            (None, SchemeKind::Calendar(format)) => {
                let on = on.ok_or(NextVersionErrorKind::NeedsDate)?;
                let [major, minor, patch] = format
                    .of_date(on)
                    .ok_or(NextVersionErrorKind::NoSuchYear { on })?;
                let number = |part: Option<u64>| part.unwrap_or(0);
                Version::new(number(major), number(minor), number(patch))
            }
        };
        reasons.push(Reason::new(
            Rule::Initial,
            String::new(),
            self.show(&version),
        ));
        Ok(version)
    }

    /// Returns the text of a version for a sentence.
    pub(crate) fn show(&self, version: &Version) -> String {
        self.scheme()
            .format(version)
            .unwrap_or_else(|_| version.to_string())
    }

    /// Returns the version that one rule leads to.
    pub(crate) fn step(
        &self,
        rule: Rule,
        from: &Version,
        to: Version,
    ) -> Result<Next, NextVersionErrorKind> {
        let reason = Reason::new(rule, self.show(from), self.show(&to));
        self.reasoned(to, vec![reason])
    }

    pub(crate) fn reasoned(
        &self,
        version: Version,
        reasons: Vec<Reason>,
    ) -> Result<Next, NextVersionErrorKind> {
        let text = self
            .scheme()
            .format(&version)
            .map_err(NextVersionErrorKind::NotInScheme)?;
        Ok(Next::new(version, text, reasons))
    }
}

fn change_words(impact: Impact) -> &'static str {
    match impact {
        Impact::None | Impact::Fix => "a fix",
        Impact::Feature => "a feature",
        Impact::Breaking => "a breaking change",
    }
}

fn by_calendar(
    format: &CalendarFormat,
    current: &Version,
    level: Level,
    on: Option<NaiveDate>,
    reasons: &mut Vec<Reason>,
) -> Result<Version, NextVersionErrorKind> {
    let on = on.ok_or(NextVersionErrorKind::NeedsDate)?;
    let date = format
        .of_date(on)
        .ok_or(NextVersionErrorKind::NoSuchYear { on })?;
    let had = components(current);
    let mut next = had;
    for (slot, new) in next.iter_mut().zip(&date) {
        *slot = new.unwrap_or(*slot);
    }
    let order = next.cmp(&had);
    if order.is_lt() {
        return Err(NextVersionErrorKind::DateBeforeCurrent { on });
    }
    reasons.clear();
    let first_date = date.iter().position(Option::is_some).unwrap_or(0);
    let leading = format
        .counter_for(level)
        .filter(|index| *index < first_date);
    let raised = match leading {
        Some(index) => Some(index),
        None if order.is_gt() => None,
        None => Some(
            format
                .counter_for(level)
                .ok_or(NextVersionErrorKind::PeriodTaken { on })?,
        ),
    };
    if let Some(slot) = raised.and_then(|index| next.get_mut(index)) {
        *slot = slot.checked_add(1).ok_or(NextVersionErrorKind::Overflow)?;
    }
    // A new period, or a risen counter, starts the counters after it again.
    let keep = raised
        .filter(|_| leading.is_none())
        .map_or(first_date, |index| index + 1);
    for (index, slot) in next.iter_mut().enumerate() {
        if index >= keep && !format.is_date(index) {
            *slot = 0;
        }
    }
    let [major, minor, patch] = next;
    let version = Version::new(major, minor, patch);
    let text = format.format(next).unwrap_or_else(|_| version.to_string());
    let before = format.format(had).unwrap_or_else(|_| current.to_string());
    reasons.push(match order.is_gt() {
        true => Reason::new(Rule::Calendar, on.to_string(), text),
        false => Reason::new(Rule::SamePeriod, before, text),
    });
    Ok(version)
}

/// Returns the version without its suffixes.
pub(crate) fn base(version: &Version) -> Version {
    Version::new(version.major, version.minor, version.patch)
}

/// Returns the level that a base stands for: `1.0.0` is major, `1.4.0` minor.
pub(crate) fn announced(version: &Version) -> Level {
    match (version.minor, version.patch) {
        (0, 0) => Level::Major,
        (_, 0) => Level::Minor,
        _ => Level::Patch,
    }
}

pub(crate) fn raise_level(
    version: &Version,
    level: Level,
) -> Result<Version, NextVersionErrorKind> {
    raise(
        version,
        match level {
            Level::Major => 0,
            Level::Minor => 1,
            Level::Patch => 2,
        },
    )
}

/// Raises one component and sets those after it to zero; suffixes go.
pub(crate) fn raise(version: &Version, index: usize) -> Result<Version, NextVersionErrorKind> {
    let mut next = components(version);
    for (at, slot) in next.iter_mut().enumerate() {
        if at == index {
            *slot = slot.checked_add(1).ok_or(NextVersionErrorKind::Overflow)?;
        } else if at > index {
            *slot = 0;
        }
    }
    let [major, minor, patch] = next;
    Ok(Version::new(major, minor, patch))
}

/// Returns `base` with prerelease identifiers.
pub(crate) fn with_prerelease(
    base: &Version,
    identifiers: &str,
) -> Result<Version, NextVersionErrorKind> {
    let mut version = Version::new(base.major, base.minor, base.patch);
    version.pre = Prerelease::new(identifiers)
        .map_err(|_| NextVersionErrorKind::UnknownLabel(identifiers.to_owned()))?;
    Ok(version)
}
