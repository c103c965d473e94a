//! Style and script of the pages: in the program, under names that change with their content, kept by browsers for a year.

use crate::state::AppState;
use axum::Router;
use axum::http::{HeaderValue, header};
use axum::response::IntoResponse;
use axum::routing::get;
use sha2::{Digest as _, Sha256};
use std::borrow::Cow;
use std::fmt::Write as _;
use std::sync::LazyLock;

/// A file that pages refer to.
struct Asset {
    /// Where it is served.
    path: String,
    kind: &'static str,
    content: Cow<'static, str>,
}

impl Asset {
    fn new(stem: &str, ending: &str, kind: &'static str, content: impl Into<Cow<'static, str>>) -> Self {
        let content = content.into();
        let mut hash = String::new();
        for byte in Sha256::digest(content.as_bytes()).iter().take(8) {
            let _ = write!(hash, "{byte:02x}");
        }
        Self { path: format!("/assets/{stem}-{hash}.{ending}"), kind, content }
    }
}

static STYLE: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("app", "css", "text/css; charset=utf-8", include_str!("../assets/app.css")));
static ICON: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("icon", "svg", "image/svg+xml", include_str!("../assets/icon.svg")));

/// The script's modules; one stands behind those it imports. The last is what pages load.
const MODULES: [(&str, &str); 9] = [
    ("page", include_str!("../assets/page.js")),
    ("rules", include_str!("../assets/rules.js")),
    ("forms", include_str!("../assets/forms.js")),
    ("hear", include_str!("../assets/hear.js")),
    ("live", include_str!("../assets/live.js")),
    ("order", include_str!("../assets/order.js")),
    ("palette", include_str!("../assets/palette.js")),
    ("embed", include_str!("../assets/embed.js")),
    ("app", include_str!("../assets/app.js")),
];

/// The modules under their names. Each imports others under names that change with their content, and so does its own.
static SCRIPTS: LazyLock<Vec<Asset>> = LazyLock::new(|| {
    let mut scripts: Vec<(&str, Asset)> = Vec::new();
    for (stem, source) in MODULES {
        let mut content = source.to_owned();
        for (known, module) in &scripts {
            content = content.replace(&format!("\"./{known}.js\""), &format!("\"{}\"", module.path));
        }
        scripts.push((stem, Asset::new(stem, "js", "text/javascript; charset=utf-8", content)));
    }
    scripts.into_iter().map(|(_, script)| script).collect()
});

/// Where the style sheet is.
pub(crate) fn style() -> &'static str {
    &STYLE.path
}

/// Where the script is: what is loaded first is the last.
pub(crate) fn scripts() -> Vec<&'static str> {
    SCRIPTS.iter().map(|script| script.path.as_str()).collect()
}

/// Where the icon is.
pub(crate) fn icon() -> &'static str {
    &ICON.path
}

pub(crate) fn routes() -> Router<AppState> {
    let all = [&*STYLE, &*ICON].into_iter().chain(&*SCRIPTS);
    all.fold(Router::new(), |router, asset| router.route(&asset.path, get(async || serve(asset))))
}

fn serve(asset: &'static Asset) -> impl IntoResponse {
    let kept = HeaderValue::from_static("public, max-age=31536000, immutable");
    let kind = HeaderValue::from_static(asset.kind);
    let safe = HeaderValue::from_static("nosniff");
    let headers =
        [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, kept), (header::X_CONTENT_TYPE_OPTIONS, safe)];
    (headers, &*asset.content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_import_of_a_module_leads_to_a_module_that_is_served() {
        let served: Vec<_> = SCRIPTS.iter().map(|script| script.path.as_str()).collect();
        for script in &*SCRIPTS {
            for line in script.content.lines().filter(|line| line.starts_with("import ")) {
                let imported = line.split('"').nth(1).unwrap();
                assert!(served.contains(&imported), "{} imports {imported}", script.path);
            }
        }
    }
}
