//! A template with the scheme and the names it is used with: writes names and reads them.

use std::fmt::Write as _;

use promenade_version::{Meaning, Scheme, Version};

use crate::grammar::{self, Vocabulary};
use crate::template::{Pattern, Segment};
use crate::{Class, FormatNameError, FormatNameErrorKind, Placeholder, Values, image, refname};

/// The longest name that is read; git itself stops a part at 255 bytes on common file systems.
pub const MAX_NAME_BYTES: usize = 1024;

/// What kind of name a template writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A tag or a branch: a ref name.
    Ref,
    /// A ref name that is used as an image tag too.
    RefAndImage,
    /// An image tag.
    Image,
    /// A line of text.
    Text,
}

/// A template in its context.
#[derive(Clone, Debug)]
pub(crate) struct Bound {
    pub(crate) pattern: Pattern,
    pub(crate) vocabulary: Vocabulary,
    /// The component of every name, where the template names none.
    pub(crate) component: Option<String>,
    /// Which versions the names may stand for.
    pub(crate) class: Option<Class>,
    /// Whether it reads and never writes.
    pub(crate) legacy: bool,
    pub(crate) reads: Option<Pattern>,
    pub(crate) kind: Kind,
}

/// What each placeholder stands for in a name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Spans<'t>([Option<&'t str>; Placeholder::KINDS]);

impl<'t> Spans<'t> {
    pub(crate) fn get(&self, field: Placeholder) -> Option<&'t str> {
        self.0.get(field.index()).copied().flatten()
    }

    fn set(&mut self, field: Placeholder, text: Option<&'t str>) {
        if let Some(slot) = self.0.get_mut(field.index()) {
            *slot = text;
        }
    }
}

impl Bound {
    pub(crate) fn new(pattern: Pattern, kind: Kind) -> Self {
        Self {
            pattern,
            vocabulary: Vocabulary::default(),
            component: None,
            class: None,
            legacy: false,
            reads: None,
            kind,
        }
    }

    /// Says whether names of the template hold a whole version.
    pub(crate) fn determines_version(&self) -> bool {
        let has = |field| self.pattern.has(field);
        self.reads.is_some()
            || has(Placeholder::Version)
            || (has(Placeholder::Major) && has(Placeholder::Minor) && has(Placeholder::Patch))
    }

    /// Reads a name: the version and the spans, or `None` if it is no name of this template.
    pub(crate) fn read<'t>(
        &self,
        text: &'t str,
        scheme: &Scheme,
    ) -> Option<(Spans<'t>, Option<Version>)> {
        self.read_where(text, scheme, &|meaning| self.takes(meaning))
    }

    /// Reads a name of a version whose meaning is taken, whatever the class of the template.
    pub(crate) fn read_where<'t>(
        &self,
        text: &'t str,
        scheme: &Scheme,
        takes: &dyn Fn(Meaning) -> bool,
    ) -> Option<(Spans<'t>, Option<Version>)> {
        if text.len() > MAX_NAME_BYTES {
            return None;
        }
        let mut version = None;
        let mut spans = Spans::default();
        let found = self.walk(self.pattern.segments(), text, &mut spans, &mut |spans| {
            self.accept(spans, scheme, takes, &mut version)
        });
        (found && self.is_name(text)).then_some((spans, version))
    }

    /// Says whether the class of the template takes versions of this meaning.
    fn takes(&self, meaning: Meaning) -> bool {
        self.class.is_none_or(|class| class.takes(meaning))
    }

    /// Describes every reading of a text, for the proof; two are enough.
    pub(crate) fn readings(&self, text: &str, scheme: &Scheme) -> Vec<String> {
        let mut found = Vec::new();
        self.walk(
            self.pattern.segments(),
            text,
            &mut Spans::default(),
            &mut |spans| {
                let takes = |meaning| self.takes(meaning);
                if self.accept(spans, scheme, &takes, &mut None) && self.is_name(text) {
                    found.push(self.describe(spans));
                }
                found.len() >= 2
            },
        );
        found
    }

    /// Describes the readings of a text if a version is whatever any scheme takes for one.
    pub(crate) fn loose_readings(&self, text: &str) -> Vec<String> {
        let mut found = Vec::new();
        self.walk(
            self.pattern.segments(),
            text,
            &mut Spans::default(),
            &mut |spans| {
                let like = |field| spans.get(field).is_none_or(grammar::is_like_a_version);
                if self.are_valid(spans)
                    && like(Placeholder::Version)
                    && like(Placeholder::NextPatch)
                {
                    found.push(self.describe(spans));
                }
                false
            },
        );
        found
    }

    /// Says whether the template takes names from lists only, and a version beside them.
    pub(crate) fn lists_names(&self) -> bool {
        let mut names = false;
        for field in self.pattern.fields() {
            if field.names() {
                if self.vocabulary.listed(field).is_none() {
                    return false;
                }
                names = true;
            }
        }
        let has = |field| self.pattern.has(field);
        names && (has(Placeholder::Version) || has(Placeholder::NextPatch))
    }

    fn describe(&self, spans: &Spans<'_>) -> String {
        let mut text = format!("`{}`", self.pattern.source());
        let mut before = " with";
        for field in self.pattern.fields() {
            let value = spans.get(field).unwrap_or_default();
            // Writing to a string cannot fail.
            let _ = write!(text, "{before} {field} `{value}`");
            before = ",";
        }
        text
    }

    /// Says whether a name that is a literal of the template with a version behind it is of the
    /// kind that the template writes.
    ///
    /// A version holds numbers and letters with dots, hyphens and plus signs between them: of all
    /// that a ref name must not be, such a name can only end with `.lock`.
    pub(crate) fn is_name_of_version(&self, name: &str) -> bool {
        match self.kind {
            Kind::Ref => !name.ends_with(".lock"),
            _ => self.is_name(name),
        }
    }

    /// Says whether a text is a name of the kind that the template writes.
    fn is_name(&self, text: &str) -> bool {
        match self.kind {
            Kind::Ref => refname::check(text.as_bytes()).is_ok(),
            Kind::RefAndImage => {
                refname::check(text.as_bytes()).is_ok() && image::check_tag(text).is_ok()
            }
            Kind::Image => image::check_tag(text).is_ok(),
            Kind::Text => true,
        }
    }

    /// Tries every way to cut `text`; the proof of the set says that one at most is accepted.
    fn walk<'t>(
        &self,
        segments: &[Segment],
        text: &'t str,
        spans: &mut Spans<'t>,
        accept: &mut dyn FnMut(&Spans<'t>) -> bool,
    ) -> bool {
        let (field, rest) = match segments {
            [] => return text.is_empty() && accept(spans),
            [Segment::Literal(literal), rest @ ..] => {
                return text
                    .strip_prefix(literal.as_str())
                    .is_some_and(|text| self.walk(rest, text, spans, accept));
            }
            [Segment::Field(field), rest @ ..] => (*field, rest),
        };
        let before = spans.get(field);
        let mut attempt = |end: usize, spans: &mut Spans<'t>| {
            let Some((own, tail)) = text.split_at_checked(end) else {
                return false;
            };
            if before.is_some_and(|before| before != own) {
                return false;
            }
            spans.set(field, Some(own));
            let found = self.walk(rest, tail, spans, &mut *accept);
            if !found {
                spans.set(field, before);
            }
            found
        };
        if let Some(names) = self.vocabulary.listed(field) {
            for name in names {
                if text.starts_with(name.as_str()) && attempt(name.len(), spans) {
                    return true;
                }
            }
            return false;
        }
        // A version starts with a number: most texts are told to be none by their first byte.
        let numeric = matches!(field, Placeholder::Version | Placeholder::NextPatch);
        if numeric && !text.as_bytes().first().is_some_and(u8::is_ascii_digit) {
            return false;
        }
        let most = grammar::run(field, text);
        let follows = match rest {
            [] => return most == text.len() && most > 0 && attempt(most, spans),
            [Segment::Literal(literal), ..] => literal.as_str(),
            [Segment::Field(_), ..] => "",
        };
        for end in 1..=most {
            let fits = text
                .get(end..)
                .is_some_and(|tail| tail.starts_with(follows));
            if fits && attempt(end, spans) {
                return true;
            }
        }
        false
    }

    /// Checks what the spans mean, and finds the version that they make up.
    fn accept(
        &self,
        spans: &Spans<'_>,
        scheme: &Scheme,
        takes: &dyn Fn(Meaning) -> bool,
        version: &mut Option<Version>,
    ) -> bool {
        if !self.are_valid(spans) {
            return false;
        }
        if let Some(text) = spans.get(Placeholder::NextPatch)
            && grammar::next_patch(text, scheme).is_none()
        {
            return false;
        }
        if !self.determines_version() {
            return true;
        }
        *version = self
            .version(spans, scheme)
            .filter(|version| takes(scheme.meaning(version)) && agrees(spans, version));
        version.is_some()
    }

    fn are_valid(&self, spans: &Spans<'_>) -> bool {
        self.pattern.fields().all(|field| self.valid(field, spans))
    }

    fn valid(&self, field: Placeholder, spans: &Spans<'_>) -> bool {
        let Some(text) = spans.get(field) else {
            return false;
        };
        match field {
            Placeholder::Component | Placeholder::Scope | Placeholder::Environment => {
                self.vocabulary.listed(field).is_some() || grammar::is_identifier(text)
            }
            Placeholder::Major | Placeholder::Minor | Placeholder::Patch => {
                grammar::number(text).is_some()
            }
            Placeholder::Prerelease => grammar::prerelease(text).is_some(),
            Placeholder::Build => grammar::build(text).is_some(),
            Placeholder::Date => grammar::date(text).is_some(),
            Placeholder::Commit(digits) => grammar::is_commit(text, digits),
            Placeholder::Line => grammar::is_line(text),
            Placeholder::Tag => text.parse::<crate::TagName>().is_ok(),
            // Judged by the scheme, with the version.
            Placeholder::Version | Placeholder::NextPatch => true,
        }
    }

    fn version(&self, spans: &Spans<'_>, scheme: &Scheme) -> Option<Version> {
        if let Some(reads) = &self.reads {
            let mut text = String::new();
            for segment in reads.segments() {
                match segment {
                    Segment::Literal(literal) => text.push_str(literal),
                    Segment::Field(field) => text.push_str(spans.get(*field)?),
                }
            }
            return scheme.recognise(&text);
        }
        if let Some(text) = spans.get(Placeholder::Version) {
            return scheme.recognise(text);
        }
        let mut version = Version::new(
            grammar::number(spans.get(Placeholder::Major)?)?,
            grammar::number(spans.get(Placeholder::Minor)?)?,
            grammar::number(spans.get(Placeholder::Patch)?)?,
        );
        if let Some(text) = spans.get(Placeholder::Prerelease) {
            version.pre = grammar::prerelease(text)?;
        }
        if let Some(text) = spans.get(Placeholder::Build) {
            version.build = grammar::build(text)?;
        }
        scheme.format(&version).is_ok().then_some(version)
    }

    /// Reads a name into values; the inverse of [`Bound::format`].
    pub(crate) fn parse(&self, text: &str, scheme: &Scheme) -> Option<Values> {
        let (spans, version) = self.read(text, scheme)?;
        let owned = |field| spans.get(field).map(str::to_owned);
        let number = |field| spans.get(field).and_then(grammar::number);
        Some(Values {
            component: owned(Placeholder::Component).or_else(|| self.component.clone()),
            scope: owned(Placeholder::Scope),
            version,
            major: number(Placeholder::Major),
            minor: number(Placeholder::Minor),
            patch: number(Placeholder::Patch),
            prerelease: spans
                .get(Placeholder::Prerelease)
                .and_then(grammar::prerelease),
            build: spans.get(Placeholder::Build).and_then(grammar::build),
            date: spans.get(Placeholder::Date).and_then(grammar::date),
            commit: owned(Placeholder::Commit(None)),
            environment: owned(Placeholder::Environment),
            line: owned(Placeholder::Line),
            next_patch: spans
                .get(Placeholder::NextPatch)
                .and_then(|text| grammar::next_patch(text, scheme)),
            tag: owned(Placeholder::Tag),
        })
    }

    /// Writes the name of `values`, and makes sure that it reads back as them.
    pub(crate) fn format(
        &self,
        values: &Values,
        scheme: &Scheme,
    ) -> Result<String, FormatNameError> {
        self.write(values, scheme)
            .map_err(|kind| FormatNameError::new(self.pattern.source(), kind))
    }

    fn write(&self, values: &Values, scheme: &Scheme) -> Result<String, FormatNameErrorKind> {
        if self.legacy {
            return Err(FormatNameErrorKind::Legacy);
        }
        let name = self.text(values, scheme)?;
        if matches!(self.kind, Kind::Ref | Kind::RefAndImage)
            && let Err(kind) = refname::check(name.as_bytes())
        {
            return Err(FormatNameErrorKind::RefName { name, kind });
        }
        if matches!(self.kind, Kind::Image | Kind::RefAndImage)
            && let Err(kind) = image::check_tag(&name)
        {
            return Err(FormatNameErrorKind::ImageTag { name, kind });
        }
        match self.parse(&name, scheme) {
            Some(read) if self.same(&read, values) => Ok(name),
            _ => Err(FormatNameErrorKind::NotInverse { name }),
        }
    }

    /// Writes a text that is not read back.
    pub(crate) fn render(
        &self,
        values: &Values,
        scheme: &Scheme,
    ) -> Result<String, FormatNameError> {
        self.text(values, scheme)
            .map_err(|kind| FormatNameError::new(self.pattern.source(), kind))
    }

    /// Writes the text, without reading it back.
    fn text(&self, values: &Values, scheme: &Scheme) -> Result<String, FormatNameErrorKind> {
        let mut text = String::new();
        for segment in self.pattern.segments() {
            match segment {
                Segment::Literal(literal) => text.push_str(literal),
                Segment::Field(field) => text.push_str(&text_of(*field, values, scheme)?),
            }
        }
        Ok(text)
    }

    /// Compares what a name reads as with what it was made from, in what the template names.
    fn same(&self, read: &Values, made: &Values) -> bool {
        // The name of a tag is of its component even where it does not say so; a branch, a message
        // or a channel may well be of any.
        let any = self.class.is_none() || self.kind == Kind::Image;
        let component = read.component == made.component
            || made.component.is_none()
            || (any && read.component.is_none());
        let version =
            !self.determines_version() || made.version.is_none() || read.version == made.version;
        component
            && version
            && self.pattern.fields().all(|field| match field {
                Placeholder::Commit(Some(_)) => match (&read.commit, &made.commit) {
                    (Some(short), Some(whole)) => whole.starts_with(short.as_str()),
                    _ => false,
                },
                Placeholder::Commit(None) => read.commit == made.commit,
                Placeholder::Component => read.component == made.component,
                Placeholder::Scope => read.scope == made.scope,
                Placeholder::Version => read.version == made.version,
                Placeholder::Major => read.major == made.major,
                Placeholder::Minor => read.minor == made.minor,
                Placeholder::Patch => read.patch == made.patch,
                Placeholder::Prerelease => read.prerelease == made.prerelease,
                Placeholder::Build => read.build == made.build,
                Placeholder::Date => read.date == made.date,
                Placeholder::Environment => read.environment == made.environment,
                Placeholder::Line => read.line == made.line,
                Placeholder::NextPatch => read.next_patch == made.next_patch,
                Placeholder::Tag => read.tag == made.tag,
            })
    }
}

/// Says whether the parts that a name holds beside its version are those of the version.
fn agrees(spans: &Spans<'_>, version: &Version) -> bool {
    let number = |field, own: u64| {
        spans
            .get(field)
            .is_none_or(|text| grammar::number(text) == Some(own))
    };
    spans.get(Placeholder::Version).is_none()
        || (number(Placeholder::Major, version.major)
            && number(Placeholder::Minor, version.minor)
            && number(Placeholder::Patch, version.patch)
            && spans
                .get(Placeholder::Prerelease)
                .is_none_or(|text| text == version.pre.as_str())
            && spans
                .get(Placeholder::Build)
                .is_none_or(|text| text == version.build.as_str()))
}

fn text_of(
    field: Placeholder,
    values: &Values,
    scheme: &Scheme,
) -> Result<String, FormatNameErrorKind> {
    let version = |version: &Version| {
        scheme
            .format(version)
            .map_err(|error| FormatNameErrorKind::Version {
                reason: error.to_string(),
            })
    };
    let text = match field {
        Placeholder::Component => values.component.clone(),
        Placeholder::Scope => values.scope.clone(),
        Placeholder::Version => values.version.as_ref().map(version).transpose()?,
        Placeholder::Major => values.major.map(|number| number.to_string()),
        Placeholder::Minor => values.minor.map(|number| number.to_string()),
        Placeholder::Patch => values.patch.map(|number| number.to_string()),
        Placeholder::Prerelease => values.prerelease.as_ref().map(ToString::to_string),
        Placeholder::Build => values.build.as_ref().map(ToString::to_string),
        Placeholder::Date => values.date.map(|date| date.to_string()),
        Placeholder::Commit(None) => values.commit.clone(),
        Placeholder::Commit(Some(digits)) => values
            .commit
            .as_ref()
            .and_then(|commit| commit.get(..usize::from(digits)))
            .map(str::to_owned),
        Placeholder::Environment => values.environment.clone(),
        Placeholder::Line => values.line.clone(),
        Placeholder::NextPatch => values.next_patch.as_ref().map(version).transpose()?,
        Placeholder::Tag => values.tag.clone(),
    };
    text.ok_or(FormatNameErrorKind::Missing { field })
}
