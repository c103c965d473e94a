//! The script of the chat: a loader under a name that never changes, and the panel it fetches when somebody wants it, under a
//! name that changes with its content.
//!
//! Both are written as modules in `assets/widget` and joined when the program starts: no builder of other people's is needed
//! for a dozen files whose order is known.

use crate::state::AppState;
use axum::Router;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
use std::sync::LazyLock;

/// What stands for the panel's address in the loader.
const PANEL_ADDRESS: &str = "PANEL_ADDRESS";
/// Pages look for another loader after this many seconds.
const LOADER: HeaderValue = HeaderValue::from_static("public, max-age=300, stale-while-revalidate=86400");
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// The panel's parts; each stands behind those it uses.
const PARTS: [&str; 11] = [
    include_str!("../../assets/widget/words.js"),
    include_str!("../../assets/widget/style.js"),
    include_str!("../../assets/widget/elements.js"),
    include_str!("../../assets/widget/memory.js"),
    include_str!("../../assets/widget/wire.js"),
    include_str!("../../assets/widget/text.js"),
    include_str!("../../assets/widget/log.js"),
    include_str!("../../assets/widget/fields.js"),
    include_str!("../../assets/widget/talk.js"),
    include_str!("../../assets/widget/keyboard.js"),
    include_str!("../../assets/widget/panel.js"),
];

/// A script as it is sent.
struct Script {
    path: String,
    tag: String,
    content: String,
}

static PANEL: LazyLock<Script> = LazyLock::new(|| {
    let joined: String = PARTS.iter().map(|part| joinable(part)).collect();
    // What other parts use is used within one file; what the loader uses is the one name that goes out.
    let content = format!("{joined}export {{ start }};\n");
    let hash = hash_of(&content);
    Script { path: format!("/widget/panel-{hash}.js"), tag: hash, content }
});

static LOADER_SCRIPT: LazyLock<Script> = LazyLock::new(|| {
    let source = include_str!("../../assets/widget/loader.js");
    let content = bare(source).replace(PANEL_ADDRESS, &PANEL.path);
    Script { path: "/widget.js".to_owned(), tag: hash_of(&content), content }
});

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route(&LOADER_SCRIPT.path, get(async |headers: HeaderMap| serve(&LOADER_SCRIPT, &LOADER, &headers)))
        .route(&PANEL.path, get(async |headers: HeaderMap| serve(&PANEL, &FOR_EVER, &headers)))
}

/// A part as it stands among the others: what it takes from them is there already.
fn joinable(part: &str) -> String {
    let mut out = String::new();
    for line in bare(part).lines().filter(|line| !line.starts_with("import ")) {
        out.push_str(line.strip_prefix("export ").unwrap_or(line));
        out.push('\n');
    }
    out
}

/// A source without what is only for its readers: lines of comment and indentation.
fn bare(source: &str) -> String {
    let mut in_comment = false;
    let mut out = String::with_capacity(source.len());
    for line in source.lines().map(str::trim) {
        let begins = line.starts_with("/*");
        in_comment |= begins;
        if !in_comment && !line.is_empty() && !line.starts_with("//") {
            out.push_str(line);
            out.push('\n');
        }
        in_comment &= !line.ends_with("*/");
    }
    out
}

fn hash_of(content: &str) -> String {
    let mut hash = String::new();
    for byte in Sha256::digest(content.as_bytes()).iter().take(8) {
        let _ = write!(hash, "{byte:02x}");
    }
    hash
}

/// Any page may run it: what it is told then depends on where it stands.
fn serve(script: &'static Script, kept: &HeaderValue, headers: &HeaderMap) -> Response {
    let tag = format!("\"{}\"", script.tag);
    let is_known = headers.get(header::IF_NONE_MATCH).and_then(|tags| tags.to_str().ok());
    // A compressed answer's tag comes back marked as weak.
    let is_known = is_known
        .is_some_and(|tags| tags.split(',').any(|known| known.trim().trim_start_matches("W/") == tag));
    let mut response = if is_known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        script.content.as_str().into_response()
    };
    let set = response.headers_mut();
    set.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/javascript; charset=utf-8"));
    set.insert(header::CACHE_CONTROL, kept.clone());
    set.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    set.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    set.insert(
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("cross-origin"),
    );
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        set.insert(header::ETAG, tag);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_readers_need_is_left_out_and_nothing_else() {
        let source = "// What it is for.\nimport { a } from \"./a.js\";\n\n/**\n * Doc.\n */\nexport const b = () => {\n  \
            // why\n  return \"// not one\";\n};\n/** One line. */\nexport const c = `x`;\n";
        assert_eq!(joinable(source), "const b = () => {\nreturn \"// not one\";\n};\nconst c = `x`;\n");
    }

    /// Row 88.
    #[test]
    fn names_do_not_meet_when_parts_are_joined() {
        let mut names = std::collections::BTreeSet::new();
        let joined: Vec<String> = PARTS.iter().map(|part| joinable(part)).collect();
        for line in joined.iter().flat_map(|part| part.lines()) {
            assert!(!line.starts_with("import ") && !line.starts_with("export "), "{line}");
        }
        // Names at the left margin are those of the part.
        for line in PARTS.iter().flat_map(|part| part.lines()) {
            let line = line.strip_prefix("export ").unwrap_or(line);
            let starts = ["const ", "let ", "function ", "async function ", "class "];
            let Some(rest) = starts.iter().find_map(|start| line.strip_prefix(start)) else { continue };
            let name: String = rest
                .chars()
                .take_while(|letter| letter.is_alphanumeric() || "_$".contains(*letter))
                .collect();
            assert!(names.insert(name.clone()), "{name} is there twice");
        }
        assert!(names.contains("start"));
        assert!(
            LOADER_SCRIPT.content.contains(&PANEL.path) && !LOADER_SCRIPT.content.contains(PANEL_ADDRESS)
        );
    }
}
