//! Whether a page carries a business's tag, as the page comes from its server.

use html5gum::{HtmlString, Token, Tokenizer};
use serde::Serialize;
use studioconnect_connectors::fetch::FetchError;
use url::Url;
use utoipa::ToSchema;

use crate::state::AppState;

/// Where our chat is loaded from.
const SCRIPT: &str = "/widget.js";
/// Most tags of scripts that are looked at.
const MOST: usize = 500;

/// What was found of the tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Carried {
    /// The tag is there.
    Found,
    /// There is a tag of a chat of ours, with another business's key or none.
    OtherKey,
    /// There is a tag with this key that loads the chat from another server.
    OtherServer,
    /// There is none.
    Missing,
    /// The page cannot be read.
    Unreachable,
}

/// The outcome, with a sentence for whoever asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TagCheck {
    pub(crate) result: Carried,
    /// What it means, and what to do about it.
    pub(crate) message: String,
    /// The page that was looked at in the end.
    pub(crate) url: String,
}

/// Looks at a page.
pub(crate) async fn check(state: &AppState, url: &Url, key: &str) -> TagCheck {
    let (result, url) = match state.sources.fetcher.get(url).await {
        Ok(page) => {
            let html = String::from_utf8_lossy(&page.body);
            (carried(&html, &page.url, &state.public.of(SCRIPT), key), page.url)
        }
        Err(fault) => return unreachable_for(&fault, url),
    };
    let message = match result {
        Carried::Found => "The page carries your line.",
        Carried::OtherKey => {
            "The page carries the line of another business, or an old one: paste yours in its place."
        }
        Carried::OtherServer => {
            "The page carries your key, but loads the chat from somewhere else: paste the line anew."
        }
        Carried::Missing | Carried::Unreachable => {
            "The page does not carry the line. If a tag manager puts it there, it cannot be seen from here."
        }
    };
    TagCheck { result, message: message.to_owned(), url: url.to_string() }
}

fn unreachable_for(fault: &FetchError, url: &Url) -> TagCheck {
    let message = format!("The page cannot be read: {fault}.");
    TagCheck { result: Carried::Unreachable, message, url: url.to_string() }
}

/// What a page carries; `script` is where our chat is loaded from.
fn carried(html: &str, page: &Url, script: &str, key: &str) -> Carried {
    let value = |attributes: &std::collections::BTreeMap<HtmlString, _>, name: &str| {
        let found: Option<&html5gum::Spanned<HtmlString, ()>> =
            attributes.get(&HtmlString(name.as_bytes().to_vec()));
        found.map(|text| String::from_utf8_lossy(text).into_owned())
    };
    let tags = Tokenizer::new(html).filter_map(|token| match token {
        Ok(Token::StartTag(tag)) if **tag.name == *b"script" => Some(tag),
        _ => None,
    });
    let mut best = Carried::Missing;
    for tag in tags.take(MOST) {
        let Some(source) = value(&tag.attributes, "src").and_then(|source| page.join(source.trim()).ok())
        else {
            continue;
        };
        let is_ours = Url::parse(script).is_ok_and(|ours| same_file(&ours, &source));
        let has_key = value(&tag.attributes, "data-key").as_deref() == Some(key);
        let found = match (is_ours, has_key) {
            (true, true) => return Carried::Found,
            (true, false) => Carried::OtherKey,
            (false, true) => Carried::OtherServer,
            (false, false) => continue,
        };
        best = found;
    }
    best
}

/// The same file of the same server; what a query adds changes nothing.
fn same_file(one: &Url, other: &Url) -> bool {
    one.origin() == other.origin() && one.path() == other.path()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_found_where_a_browser_would_find_it() {
        let page = Url::parse("https://shop.example.com/contact").unwrap();
        let script = "https://desk.example.com/widget.js";
        for (html, result) in [
            (
                r#"<script async src="https://desk.example.com/widget.js" data-key="wk_1"></script>"#,
                Carried::Found,
            ),
            ("<SCRIPT data-key=wk_1 SRC='//desk.example.com/widget.js?v=2'>", Carried::Found),
            (
                r#"<script src="https://desk.example.com/widget.js" data-key="wk_2"></script>"#,
                Carried::OtherKey,
            ),
            (r#"<script src="https://desk.example.com/widget.js"></script>"#, Carried::OtherKey),
            (
                r#"<script src="https://old.example.com/widget.js" data-key="wk_1"></script>"#,
                Carried::OtherServer,
            ),
            (
                r#"<script src="https://desk.example.com/widget.js" data-key="wk_2"></script>
                   <script src="https://desk.example.com/widget.js" data-key="wk_1"></script>"#,
                Carried::Found,
            ),
            (
                r#"<!-- <script src="https://desk.example.com/widget.js" data-key="wk_1"></script> -->"#,
                Carried::Missing,
            ),
            (
                r#"<p>&lt;script src="https://desk.example.com/widget.js" data-key="wk_1"&gt;</p>"#,
                Carried::Missing,
            ),
            (r#"<script src="/widget.js" data-key="wk_9"></script>"#, Carried::Missing),
            ("", Carried::Missing),
        ] {
            assert_eq!(carried(html, &page, script, "wk_1"), result, "{html}");
        }
    }
}
