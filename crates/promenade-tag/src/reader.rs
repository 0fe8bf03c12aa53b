//! Finds the rule of a name: the rules of a policy, put together so that a name is looked at once.
//!
//! Rules that differ in their class only, as those of candidates and releases mostly do, are one
//! group: the name is cut and its version read once, and what the version means picks the rule. The
//! proof of the policy says that one rule at most reads a name, so their order is free.

use promenade_version::{Meaning, Scheme, Version};

use crate::bound::{Bound, Spans};
use crate::template::Segment;
use crate::{Class, Placeholder};

/// The rules of a policy, by the first byte of their names.
#[derive(Clone, Debug)]
pub(crate) struct Reader {
    /// The groups for names that start with this byte, those of any start among them.
    starts: Vec<(u8, Vec<Group>)>,
    /// The groups for names that start otherwise.
    open: Vec<Group>,
}

/// Rules whose names are cut alike.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    /// What every name starts with.
    lead: String,
    /// Whether a version follows the lead, and nothing after it.
    plain: bool,
    bound: Bound,
    /// The rules, by their index, and which versions they take.
    rules: Vec<(usize, Option<Class>)>,
}

impl Reader {
    pub(crate) fn new(bounds: &[Bound]) -> Self {
        let mut groups: Vec<Group> = Vec::new();
        for (index, bound) in bounds.iter().enumerate() {
            let rule = (index, bound.class);
            match groups.iter_mut().find(|group| group.cuts_as(bound)) {
                Some(group) => group.rules.push(rule),
                None => groups.push(Group::new(bound, rule)),
            }
        }
        let of = |first: Option<u8>| {
            let mut groups = groups.clone();
            groups.retain(|group| group.first().is_none() || group.first() == first);
            groups
        };
        let mut starts: Vec<(u8, Vec<Group>)> = Vec::new();
        for group in &groups {
            if let Some(first) = group.first()
                && !starts.iter().any(|(byte, _)| *byte == first)
            {
                starts.push((first, of(Some(first))));
            }
        }
        Self {
            starts,
            open: of(None),
        }
    }

    /// Returns the groups that may read a name.
    #[inline]
    pub(crate) fn groups(&self, name: &str) -> &[Group] {
        let first = name.as_bytes().first();
        for (byte, groups) in &self.starts {
            if Some(byte) == first {
                return groups;
            }
        }
        &self.open
    }
}

impl Group {
    fn new(bound: &Bound, rule: (usize, Option<Class>)) -> Self {
        let (lead, rest) = match bound.pattern.segments() {
            [Segment::Literal(lead), rest @ ..] => (lead.as_str(), rest),
            rest => ("", rest),
        };
        Self {
            lead: lead.to_owned(),
            plain: bound.reads.is_none() && rest == [Segment::Field(Placeholder::Version)],
            bound: bound.clone(),
            rules: vec![rule],
        }
    }

    fn first(&self) -> Option<u8> {
        self.lead.as_bytes().first().copied()
    }

    /// Says whether names of a template are cut as those of this group.
    fn cuts_as(&self, bound: &Bound) -> bool {
        self.bound.pattern.segments() == bound.pattern.segments()
            && self.bound.vocabulary == bound.vocabulary
            && self.bound.reads == bound.reads
            && self.bound.kind == bound.kind
    }

    /// Returns what stands behind the lead.
    #[inline]
    pub(crate) fn behind<'t>(&self, name: &'t str) -> Option<&'t str> {
        name.strip_prefix(self.lead.as_str())
    }

    /// Says whether a version stands behind the lead, and nothing after it.
    #[inline]
    pub(crate) fn is_plain(&self) -> bool {
        self.plain
    }

    /// Returns the rule of a name that is the lead and a version of this meaning.
    #[inline]
    pub(crate) fn rule_of(&self, name: &str, meaning: Meaning) -> Option<usize> {
        self.rule(meaning)
            .filter(|_| self.bound.is_name_of_version(name))
    }

    /// Searches for the way to cut a name: the rule, what the name holds, and its version.
    pub(crate) fn search<'t>(
        &self,
        name: &'t str,
        scheme: &Scheme,
    ) -> Option<(usize, Spans<'t>, Option<Version>)> {
        let takes = |meaning| self.rule(meaning).is_some();
        let (spans, version) = self.bound.read_where(name, scheme, &takes)?;
        let index = match &version {
            Some(version) => self.rule(scheme.meaning(version))?,
            None => self.rules.first()?.0,
        };
        Some((index, spans, version))
    }

    /// Returns the rule of versions of this meaning.
    #[inline]
    fn rule(&self, meaning: Meaning) -> Option<usize> {
        self.rules
            .iter()
            .find(|(_, class)| class.is_none_or(|class| class.takes(meaning)))
            .map(|(index, _)| *index)
    }
}
