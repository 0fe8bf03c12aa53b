//! HTML blocks: the seven ways in and out of `CommonMark` §4.6.

/// What ends an HTML block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HtmlEnd {
    Raw,
    Comment,
    Instruction,
    Declaration,
    Cdata,
    Blank,
}

impl HtmlEnd {
    /// Returns whether the line holds the end.
    pub(super) fn is_in(self, line: &[u8]) -> bool {
        match self {
            Self::Raw => ["</script>", "</pre>", "</style>", "</textarea>"]
                .iter()
                .any(|end| find_ignoring_case(line, end.as_bytes())),
            Self::Comment => memchr::memmem::find(line, b"-->").is_some(),
            Self::Instruction => memchr::memmem::find(line, b"?>").is_some(),
            Self::Declaration => line.contains(&b'>'),
            Self::Cdata => memchr::memmem::find(line, b"]]>").is_some(),
            Self::Blank => false,
        }
    }
}

fn find_ignoring_case(line: &[u8], what: &[u8]) -> bool {
    line.windows(what.len())
        .any(|window| window.eq_ignore_ascii_case(what))
}

/// The tags of the sixth kind.
const BLOCKS: &[&str] = &[
    "address",
    "article",
    "aside",
    "base",
    "basefont",
    "blockquote",
    "body",
    "caption",
    "center",
    "col",
    "colgroup",
    "dd",
    "details",
    "dialog",
    "dir",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "frame",
    "frameset",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "head",
    "header",
    "hr",
    "html",
    "iframe",
    "legend",
    "li",
    "link",
    "main",
    "menu",
    "menuitem",
    "nav",
    "noframes",
    "ol",
    "optgroup",
    "option",
    "p",
    "param",
    "search",
    "section",
    "summary",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "title",
    "tr",
    "track",
    "ul",
];

/// Reads the start of an HTML block; `text` starts with `<`.
pub(super) fn start(text: &[u8], seventh: bool) -> Option<HtmlEnd> {
    let after = text.get(1..).unwrap_or_default();
    match after.first() {
        Some(b'!') if after.starts_with(b"!--") => return Some(HtmlEnd::Comment),
        Some(b'!') if after.starts_with(b"![CDATA[") => return Some(HtmlEnd::Cdata),
        Some(b'!') if after.get(1).is_some_and(u8::is_ascii_alphabetic) => {
            return Some(HtmlEnd::Declaration);
        }
        Some(b'?') => return Some(HtmlEnd::Instruction),
        _ => {}
    }
    let closing = after.first() == Some(&b'/');
    let named = if closing {
        after.get(1..).unwrap_or_default()
    } else {
        after
    };
    let len = named
        .iter()
        .take_while(|b| b.is_ascii_alphanumeric())
        .count();
    let name = named.get(..len).unwrap_or_default();
    let rest = named.get(len..).unwrap_or_default();
    let ends_name = matches!(rest.first(), None | Some(b' ' | b'\t' | b'>'));
    let is = |tag: &str| name.eq_ignore_ascii_case(tag.as_bytes());
    if !closing && ends_name && ["script", "pre", "style", "textarea"].iter().any(|t| is(t)) {
        return Some(HtmlEnd::Raw);
    }
    if (ends_name || rest.starts_with(b"/>")) && BLOCKS.iter().any(|t| is(t)) {
        return Some(HtmlEnd::Blank);
    }
    if !seventh || !name.first().is_some_and(u8::is_ascii_alphabetic) {
        return None;
    }
    let rest = if closing {
        closing_tag(named)
    } else {
        open_tag(named)
    }?;
    rest.iter()
        .all(|byte| matches!(byte, b' ' | b'\t'))
        .then_some(HtmlEnd::Blank)
}

fn name(text: &[u8]) -> Option<&[u8]> {
    let len = text
        .iter()
        .take_while(|b| b.is_ascii_alphanumeric() || **b == b'-')
        .count();
    text.get(len..)
}

fn spaces(text: &[u8]) -> &[u8] {
    let len = text
        .iter()
        .take_while(|b| matches!(b, b' ' | b'\t'))
        .count();
    text.get(len..).unwrap_or_default()
}

fn closing_tag(text: &[u8]) -> Option<&[u8]> {
    spaces(name(text)?).strip_prefix(b">")
}

/// Reads a complete opening tag on one line; returns what follows.
fn open_tag(text: &[u8]) -> Option<&[u8]> {
    let mut rest = name(text)?;
    loop {
        let next = spaces(rest);
        if let Some(after) = next.strip_prefix(b"/>").or_else(|| next.strip_prefix(b">")) {
            return Some(after);
        }
        if next.len() == rest.len() {
            return None;
        }
        rest = attribute(next)?;
    }
}

fn attribute(text: &[u8]) -> Option<&[u8]> {
    let first = *text.first()?;
    if !(first.is_ascii_alphabetic() || matches!(first, b'_' | b':')) {
        return None;
    }
    let len = text
        .iter()
        .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b':' | b'-'))
        .count();
    let rest = text.get(len..)?;
    let Some(value) = spaces(rest).strip_prefix(b"=") else {
        return Some(rest);
    };
    let value = spaces(value);
    match *value.first()? {
        quote @ (b'"' | b'\'') => {
            let inner = value.get(1..)?;
            inner.get(memchr::memchr(quote, inner)? + 1..)
        }
        _ => {
            let len = value
                .iter()
                .take_while(|b| {
                    !matches!(b, b' ' | b'\t' | b'"' | b'\'' | b'=' | b'<' | b'>' | b'`')
                })
                .count();
            if len == 0 { None } else { value.get(len..) }
        }
    }
}
