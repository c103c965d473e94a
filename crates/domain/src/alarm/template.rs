//! Words with places for what is known of an emergency.

/// What may stand in braces.
pub const PLACEHOLDERS: [&str; 5] = ["businessName", "summary", "caller", "address", "severity"];

/// What the places are filled with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filling<'a> {
    /// The business.
    pub business_name: &'a str,
    /// The caller's words, cut to what can be listened to.
    pub summary: &'a str,
    /// Who asks for help, and their number.
    pub caller: &'a str,
    /// Where.
    pub address: &'a str,
    /// From 1 to 10.
    pub severity: &'a str,
}

impl Filling<'_> {
    fn of(&self, name: &str) -> Option<&str> {
        Some(match name {
            "businessName" => self.business_name,
            "summary" => self.summary,
            "caller" => self.caller,
            "address" => self.address,
            "severity" => self.severity,
            _ => return None,
        })
    }
}

/// Names in braces that mean nothing here, in their order.
pub fn unknown_placeholders(template: &str) -> Vec<String> {
    let mut unknown = Vec::new();
    let names = pieces(template).filter_map(Result::err);
    for name in names.filter(|name| !PLACEHOLDERS.contains(name)) {
        if !unknown.iter().any(|known| known == name) {
            unknown.push(name.to_owned());
        }
    }
    unknown
}

/// The text with its places filled. What is filled in is not looked at again: a caller who says `{caller}` is only quoted.
pub fn fill(template: &str, filling: &Filling<'_>) -> String {
    let mut out = String::with_capacity(template.len() + 200);
    for piece in pieces(template) {
        match piece {
            Ok(text) => out.push_str(text),
            Err(name) => out.push_str(filling.of(name).unwrap_or_default()),
        }
    }
    out
}

/// Text as `Ok`, names in braces as `Err`, in their order. A brace that does not close is text.
fn pieces(template: &str) -> impl Iterator<Item = Result<&str, &str>> {
    let mut rest = template;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let closed = rest.strip_prefix('{').and_then(|after| after.split_once('}'));
        if let Some((name, after)) = closed {
            rest = after;
            return Some(Err(name.trim()));
        }
        let beginning = rest.chars().next().map_or(0, char::len_utf8);
        let end =
            rest.get(beginning..).and_then(|after| after.find('{')).map_or(rest.len(), |at| at + beginning);
        let (text, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
        rest = after;
        Some(Ok(text))
    })
}
