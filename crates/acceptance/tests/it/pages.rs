//! The pages without script: links, forms, and what comes back when a form is refused.

use anyhow::Result;
use std::collections::BTreeSet;
use studioconnect_acceptance::{Browser, TestApp};
use studioconnect_domain::business::Role;
use studioconnect_domain::plan::PlanCode;
use studioconnect_simulators::phone::Step;

const OWNER: &str = "owner@example.com";
const PAGES: [&str; 16] = [
    "/admin/_components",
    "/admin/dashboard",
    "/admin/calls",
    "/admin/conversations",
    "/admin/leads",
    "/admin/leads/board",
    "/admin/clients",
    "/admin/knowledge-base",
    "/admin/lead-questions",
    "/admin/voice",
    "/admin/widget",
    "/admin/websockets",
    "/admin/account",
    "/admin/settings",
    "/admin/team",
    "/admin/plan",
];
/// What somebody may write who wants to see what happens.
const HOSTILE: &str = "<script>alert(1)</script>\"'&\u{202e}gnp";

async fn call_with_a_lead(app: &TestApp) -> Result<String> {
    let steps = [
        Step::wait_for_agent(300),
        Step::wait_quiet(500),
        Step::SayClip("caller-leak".into()),
        Step::wait_for_agent(300),
        Step::wait_quiet(500),
        Step::HangUp,
    ];
    Ok(app.fast_call(3.0, steps).await?.lead.unwrap().id.to_string())
}

/// Rows 5, 13, 16.
#[tokio::test]
async fn every_page_renders_empty_and_full_on_each_plan_and_for_nobody_leads_to_the_login() -> Result<()> {
    let app = TestApp::start().await?;
    let stranger = app.browser()?;
    for page in PAGES {
        let seen = stranger.open(page).await?;
        let next = format!("/admin/login?next={}", page.replace('/', "%2F"));
        assert_eq!((seen.status, seen.at.as_str()), (200, next.as_str()));
    }
    let browser = app.browser_of(OWNER).await?;
    for page in PAGES {
        assert_eq!(browser.open(page).await?.status, 200, "{page}, empty");
    }
    let lead = call_with_a_lead(&app).await?;
    for code in PlanCode::ALL {
        app.stage.server.state.store.set_plan(app.business.business.id, code).await?;
        for page in PAGES {
            let seen = browser.open(page).await?;
            let is_locked = (page == "/admin/clients" && code == PlanCode::Free)
                || (page == "/admin/websockets" && code != PlanCode::Pro);
            assert_eq!(seen.status, if is_locked { 403 } else { 200 }, "{page} on {code}");
            assert!(!is_locked || seen.body.contains("See the plans"), "{}", seen.body);
        }
    }
    let seen = browser.open(&format!("/admin/leads/{lead}")).await?;
    assert!(seen.body.contains("The kitchen tap is leaking"));
    assert_eq!(browser.open("/admin/leads/nothing").await?.status, 404);
    app.end().await
}

/// Row 17.
#[tokio::test]
async fn forms_work_without_script_and_refuse_another_site() -> Result<()> {
    let app = TestApp::start().await?;
    let browser = app.browser_of(OWNER).await?;
    let question =
        [("questionText", "How big is the house?"), ("expectedFormat", "TEXT"), ("isRequired", "on")];
    let refused = browser.submit_from_elsewhere("/admin/lead-questions", &question).await?;
    assert_eq!(refused.status, 403, "{}", refused.body);
    let seen = browser.submit("/admin/lead-questions", &question).await?;
    assert_eq!(seen.at, "/admin/lead-questions?done=added");
    assert!(seen.body.contains("How big is the house?") && seen.body.contains("role=\"status\""));
    assert_eq!(seen.body.matches("<li>").count(), 13, "thirteen places in the navigation");
    assert_eq!(seen.body.matches("<li data-row=").count(), 5, "five questions");

    let refused = browser.submit("/admin/lead-questions", &[("questionText", " ")]).await?;
    assert!(refused.status == 422 && refused.body.contains("write a question of at most 300 characters"));

    let voice = browser.open("/admin/voice").await?;
    let version = voice.hidden("version")?;
    let seen = browser.submit("/admin/voice", &voice_form(&version, "cedar", "500")).await?;
    assert_eq!(seen.at, "/admin/voice?done=saved", "{}", seen.body);
    let config = app.stage.server.state.store.agent_config(app.business.business.id).await?;
    assert_eq!((config.voice.as_str(), config.interruption_delay_ms), ("cedar", 500));
    let next = seen.hidden("version")?;
    let refused = browser.submit("/admin/voice", &voice_form(&next, "cedar", "50")).await?;
    assert!(
        refused.status == 422 && refused.body.contains("must be 0 (stop at once) or between 100 and 600 ms")
    );
    assert!(refused.body.contains("value=\"50\""), "what was typed is still there");
    let stale = browser.submit("/admin/voice", &voice_form(&version, "ash", "300")).await?;
    assert!(stale.status == 422 && stale.body.contains("it is “cedar” now"));
    app.end().await
}

fn voice_form<'a>(version: &'a str, voice: &'a str, delay: &'a str) -> [(&'a str, &'a str); 14] {
    [
        ("version", version),
        ("voice", voice),
        ("vad.type", "server_vad"),
        ("vad.threshold", "0.5"),
        ("vad.prefixPaddingMs", "300"),
        ("vad.silenceDurationMs", "500"),
        ("vad.eagerness", "auto"),
        ("interruptionDelayMs", delay),
        ("maxResponseTokens", "150"),
        ("noiseReduction", "off"),
        ("maxCallSeconds", "900"),
        ("spendCapCents", "300"),
        ("silenceNudgeMs", "8000"),
        ("recordWords", "on"),
    ]
}

/// Row 105: hours and greeting are set on the settings page, and stand there again when they are refused.
#[tokio::test]
async fn hours_and_business_are_edited_with_a_sentence_beside_each_mistake() -> Result<()> {
    let app = TestApp::start().await?;
    let browser = app.browser_of(OWNER).await?;
    let version = browser.open("/admin/settings").await?;
    assert!(version.body.contains("+1 206-555-0100"));
    let hours = |monday: &'static str, holidays: &'static str| {
        let mut form = vec![("version", "0"), ("day0", monday), ("holidays", holidays)];
        form.extend(["day1", "day2", "day3", "day4"].map(|day| (day, "8-17")));
        form.extend(["day5", "day6"].map(|day| (day, "")));
        form
    };
    let refused = browser.submit("/admin/settings/hours", &hours("nine to five", "soon closed")).await?;
    assert!(
        refused.status == 422
            && refused.body.contains("nine to five")
            && refused.body.contains("is not understood")
    );
    let seen =
        browser.submit("/admin/settings/hours", &hours("8-12, 13-17", "2026-12-25 closed Christmas")).await?;
    assert!(
        seen.body.contains("08:00-12:00, 13:00-17:00") && seen.body.contains("2026-12-25 closed Christmas")
    );
    let business =
        [("version", "1"), ("name", "Harbor <b>Light"), ("timezone", "Mars/Base"), ("region", "US")];
    let refused = browser.submit("/admin/settings/business", &business).await?;
    assert!(
        refused.status == 422
            && refused.body.contains("is not a time zone")
            && refused.body.contains("Harbor &#60;b&#62;Light")
    );
    app.end().await
}

/// Bad input: hostile text is shown escaped, and breaks no page and no table.
#[tokio::test]
async fn hostile_text_is_shown_as_it_is_and_breaks_nothing() -> Result<()> {
    let app = TestApp::start().await?;
    let browser = app.browser_of(OWNER).await?;
    let lead = call_with_a_lead(&app).await?;
    let page = format!("/admin/leads/{lead}");
    let seen = browser.submit(&format!("{page}/notes"), &[("text", HOSTILE)]).await?;
    assert!(
        !seen.body.contains("<script>alert") && seen.body.contains("&#60;script&#62;alert(1)"),
        "{}",
        seen.body
    );
    let long = "x".repeat(10_000);
    assert_eq!(browser.submit(&format!("{page}/notes"), &[("text", &long)]).await?.status, 422);
    let nul = browser.submit(&format!("{page}/notes"), &[("text", "a\0b")]).await?;
    assert_eq!(nul.status, 200);
    let seen = browser.submit("/admin/lead-questions", &[("questionText", HOSTILE)]).await?;
    assert!(!seen.body.contains("<script>alert"));
    for search in ["/admin/leads?q=%3Cscript%3E%25_%5C", "/admin/calls?q=%27%20OR%201%3D1"] {
        assert_eq!(browser.open(search).await?.status, 200, "{search}");
    }
    app.end().await
}

/// Point 7 of the pages: what browsers are told not to do.
#[tokio::test]
async fn pages_forbid_everything_that_is_not_ours_and_assets_stay_for_a_year() -> Result<()> {
    let app = TestApp::start().await?;
    let browser = app.browser_of(OWNER).await?;
    let seen = browser.open("/admin/dashboard").await?;
    let policy = &seen.headers["content-security-policy"];
    assert!(
        policy.contains("default-src 'none'")
            && policy.contains("frame-ancestors 'none'")
            && !policy.contains("unsafe")
    );
    assert_eq!(seen.headers["x-content-type-options"], "nosniff");
    assert_eq!(seen.headers["cache-control"], "private, no-store");
    assert!(!seen.body.contains("style=\"") && !seen.body.contains("onclick"), "nothing within the page");
    for start in ["/assets/app-", "/assets/icon-"] {
        let at = seen.body.find(start).unwrap();
        let path: String = seen.body[at..].chars().take_while(|c| *c != '"').collect();
        let asset = browser.open(&path).await?;
        assert_eq!(
            (asset.status, asset.headers["cache-control"].as_str()),
            (200, "public, max-age=31536000, immutable")
        );
    }
    let cookies = [browser.cookie("sc_access"), browser.cookie("sc_refresh")];
    assert!(cookies.iter().all(Option::is_some));
    app.end().await
}

/// A browser whose access token has run out, or is lost, is renewed on the way; a session that is over leads to the login
/// and back to where it was.
#[tokio::test]
async fn a_browser_stays_signed_in_for_as_long_as_its_session() -> Result<()> {
    let app = TestApp::start().await?;
    let browser = app.browser_of(OWNER).await?;
    let first = browser.cookie("sc_refresh").unwrap();
    browser.set_cookie("sc_access", None);
    assert_eq!(browser.open("/admin/leads").await?.at, "/admin/leads");
    assert_ne!(browser.cookie("sc_refresh").unwrap(), first, "used up");
    app.stage.server.state.store.end_sessions(app.business.owner, None).await?;
    let seen = browser.open("/admin/leads?status=NEW").await?;
    assert_eq!(seen.at, "/admin/login?next=%2Fadmin%2Fleads%3Fstatus%3DNEW");
    let back = [
        ("email", OWNER),
        ("password", studioconnect_acceptance::PASSWORD),
        ("next", "/admin/leads?status=NEW"),
    ];
    assert_eq!(browser.submit("/admin/login", &back).await?.at, "/admin/leads?status=NEW");
    let out = browser.submit("/admin/logout", &[]).await?;
    assert_eq!((out.at.as_str(), browser.cookie("sc_refresh")), ("/admin/login", None));
    app.end().await
}

/// Row 5: what somebody may not do is neither shown nor taken.
#[tokio::test]
async fn a_viewer_sees_no_buttons_that_would_be_refused() -> Result<()> {
    let app = TestApp::start().await?;
    let lead = call_with_a_lead(&app).await?;
    app.join(app.business.business.id, "viewer@example.com", Role::Viewer).await?;
    let viewer: Browser = app.browser_of("viewer@example.com").await?;
    for (page, button) in [
        ("/admin/lead-questions".to_owned(), "Remove"),
        (format!("/admin/leads/{lead}"), "Add note"),
        ("/admin/settings".to_owned(), "Save business"),
        ("/admin/team".to_owned(), "Send invitation"),
        ("/admin/plan".to_owned(), "Change to"),
    ] {
        let seen = viewer.open(&page).await?;
        assert!(seen.status == 200 && !seen.body.contains(button), "{page} shows {button:?}");
    }
    let refused = viewer.submit("/admin/lead-questions", &[("questionText", "?")]).await?;
    assert!(refused.status == 403 && refused.body.contains("It takes an admin of the business."));
    app.end().await
}

/// Row 70: calls on the line within two seconds, and an end to one from the page; only where the plan includes it.
#[tokio::test]
async fn a_live_call_stands_on_the_page_and_can_be_ended_from_it() -> Result<()> {
    let app = TestApp::start().await?;
    let browser = app.browser_of(OWNER).await?;
    assert!(browser.open("/admin/websockets").await?.body.contains("Nobody is calling at this moment"));
    let call = app.stage.network.dial(app.dial(vec![Step::WaitHangup { timeout_ms: 30_000 }])?);
    let mut end = String::new();
    let shows = async || Ok(browser.open("/admin/websockets").await?.body.contains("/end\""));
    app.until("the call stands on the page", shows).await?;
    let seen = browser.open("/admin/websockets").await?;
    let at = seen.body.find("/admin/calls/0").unwrap();
    end.extend(seen.body[at..].chars().take_while(|c| *c != '"'));
    app.stage.server.state.store.set_plan(app.business.business.id, PlanCode::Basic).await?;
    assert_eq!(browser.submit(&format!("{end}/end"), &[]).await?.status, 403);
    app.stage.server.state.store.set_plan(app.business.business.id, PlanCode::Pro).await?;
    let ended = browser.submit(&format!("{end}/end"), &[]).await?;
    assert!(ended.body.contains("The call is being ended."), "{}", ended.body);
    let call = app.finish(call).await?.call;
    assert_eq!(call.end_reason, Some(studioconnect_domain::call::EndReason::Ended));
    app.end().await
}

/// Row 22: what comes over the line when a page is opened for the first time, style and script included.
#[tokio::test]
async fn the_first_page_with_style_and_script_is_less_than_100_kb_on_the_line() -> Result<()> {
    let app = TestApp::start().await?;
    call_with_a_lead(&app).await?;
    let owner = app.owner().await?;
    for page in ["/admin/dashboard", "/admin/leads/board", "/admin/settings", "/admin/voice"] {
        let (plain, mut bytes) = (owner.get(page).await?.body, owner.packed_bytes(page).await?);
        let parts: BTreeSet<&str> = plain.split('"').filter(|part| part.starts_with("/assets/")).collect();
        assert!(parts.len() >= 3, "style, script and icon: {parts:?}");
        let whole = plain.len();
        assert!(bytes < whole, "{page} is packed: {bytes} of {whole}");
        for part in parts {
            bytes += owner.packed_bytes(part).await?;
        }
        assert!(bytes < 100_000, "{page} takes {bytes} bytes");
    }
    app.end().await
}

/// Row 22: the day's figures are counted while the page around them is shown already, with a skeleton in their place.
#[tokio::test]
async fn a_skeleton_is_shown_before_the_figures_of_the_day() -> Result<()> {
    let app = TestApp::start().await?;
    let owner = app.owner().await?;
    let mut database = app.database().await?;
    // Where reading can be held up, nothing but the skeleton can come before it goes on.
    let is_held = database.hold_reads().await?;
    let (first, mut rest) = owner.pieces("/admin/dashboard", "identity").await?;
    let first = String::from_utf8(first)?;
    assert!(first.contains("<h1>Today</h1>") && first.contains("class=\"bone\""), "{first}");
    assert!(!first.contains("Calls today"), "{first}");
    if is_held {
        let (packed, _) = owner.pieces("/admin/dashboard", "gzip").await?;
        assert!(packed.len() > 500, "packing keeps nothing back: {} bytes", packed.len());
        database.let_go().await?;
    }
    let mut last = Vec::new();
    while let Some(piece) = rest.chunk().await? {
        last.extend(piece);
    }
    let last = String::from_utf8(last)?;
    assert!(last.contains("Calls today") && last.trim_end().ends_with("</html>"), "{last}");
    app.end().await
}

/// What was done about a lead stands on its page in the order of the days, with who did it.
#[tokio::test]
async fn a_lead_s_page_tells_what_happened_to_it_and_nothing_of_another_one() -> Result<()> {
    let app = TestApp::start().await?;
    let path = format!("/admin/leads/{}", call_with_a_lead(&app).await?);
    let other = format!("/admin/leads/{}", call_with_a_lead(&app).await?);
    let browser = app.browser_of("owner@example.com").await?;
    browser.submit(&format!("{path}/notes"), &[("text", "Rings early.")]).await?;
    let owner = app.business.owner.to_string();
    let change = [("version", "0"), ("status", "CONTACTED"), ("assignedTo", owner.as_str())];
    assert!(browser.submit(&path, &change).await?.at.contains("done=saved"));
    let happened = browser.open(&path).await?.body.split_once("What happened").unwrap().1.to_owned();
    let places: Vec<_> = ["Came in: Phone", "Note written", "Given to owner@example.com", "New → Contacted"]
        .map(|what| happened.find(what))
        .into_iter()
        .collect();
    assert!(
        places.iter().all(Option::is_some) && places[0] < places[1] && places[1] < places[2].min(places[3])
    );
    let untouched = browser.open(&other).await?.body.split_once("What happened").unwrap().1.to_owned();
    assert!(untouched.contains("Came in: Phone") && !untouched.contains("Contacted"), "{untouched}");
    app.end().await
}
