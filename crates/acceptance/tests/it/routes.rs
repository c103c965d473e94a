//! Every route of the API's document, walked as nobody, as another tenant, as each role and on each plan. A route that is not
//! in the table below fails the test, so nobody adds one without saying who may call it.

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use studioconnect_acceptance::{Person, TestApp};
use studioconnect_domain::business::Role;
use studioconnect_domain::plan::{Feature, Plan, PlanCode};

/// Who may call a route.
struct Route {
    method: &'static str,
    path: &'static str,
    /// None is open to everybody.
    least: Option<Role>,
    feature: Option<Feature>,
    body: Option<Value>,
}

fn route(method: &'static str, path: &'static str, least: Option<Role>) -> Route {
    Route { method, path, least, feature: None, body: None }
}

impl Route {
    fn with(self, body: Value) -> Self {
        Self { body: Some(body), ..self }
    }

    fn needs(self, feature: Feature) -> Self {
        Self { feature: Some(feature), ..self }
    }
}

/// The website's chat, from both sides.
fn talks() -> Vec<Route> {
    let (viewer, member) = (Some(Role::Viewer), Some(Role::Member));
    vec![
        route("GET", "/api/conversations", viewer),
        route("GET", "/api/conversations/{id}", viewer),
        route("POST", "/api/conversations/{id}/takeover", member).needs(Feature::HumanTakeover),
        route("POST", "/api/conversations/{id}/release", member).needs(Feature::HumanTakeover),
        route("POST", "/api/conversations/{id}/end", member).needs(Feature::HumanTakeover),
        route("POST", "/api/conversations/{id}/message", member)
            .needs(Feature::HumanTakeover)
            .with(json!({"message": "Hello"})),
        // Visitors show a key and an origin, then a token of their own; a session of ours opens nothing there.
        route("POST", "/api/chat", None).with(json!({"key": "wk_nobodys"})),
        route("GET", "/api/chat/{id}", None),
        route("GET", "/api/chat/{id}/events", None),
        route("POST", "/api/chat/{id}/message", None).with(json!({"message": "x", "clientMessageId": "x"})),
    ]
}

fn notification_routes() -> Vec<Route> {
    let (viewer, admin) = (Some(Role::Viewer), Some(Role::Admin));
    vec![
        route("GET", "/api/admin/business/notifications", viewer),
        route("PUT", "/api/admin/business/notifications", admin)
            .with(json!({"notificationEmail": "desk@example.com"})),
        route("POST", "/api/admin/test-email", admin),
        route("POST", "/api/admin/test-sendgrid", admin),
        route("GET", "/api/outgoing", viewer),
        route("POST", "/api/outgoing/{id}/replay", admin),
    ]
}

fn routes() -> Vec<Route> {
    let (viewer, member, admin, owner) =
        (Some(Role::Viewer), Some(Role::Member), Some(Role::Admin), Some(Role::Owner));
    let question = json!({"questionText": "What is it about?"});
    let client = json!({"name": "Dana Reyes"});
    let contact = json!({"name": "Sam Porter", "phone": "206 555 0177"});
    let mut routes = vec![
        route("POST", "/api/login", None).with(json!({"email": "x@example.com", "password": "x"})),
        route("POST", "/api/auth/refresh", None).with(json!({})),
        route("POST", "/api/auth/logout", viewer),
        route("GET", "/api/auth/me", viewer),
        route("POST", "/api/auth/business", viewer).with(json!({"businessId": "{business}"})),
        route("GET", "/api/auth/sessions", viewer),
        route("DELETE", "/api/auth/sessions", viewer),
        route("DELETE", "/api/auth/sessions/{id}", viewer),
        route("POST", "/api/auth/password", viewer).with(json!({"current": "x", "next": "y"})),
        route("GET", "/api/business", viewer),
        route("PUT", "/api/business", admin).with(json!({"version": 99, "name": "x"})),
        route("GET", "/api/agent-config", viewer),
        route("POST", "/api/agent-config", admin).with(json!({"agentName": "Ada"})),
        route("POST", "/api/agent-config/voice-preview", admin)
            .needs(Feature::VoiceConfiguration)
            .with(json!({"voice": "marin"})),
        route("GET", "/api/transfer-contacts", viewer).needs(Feature::VoiceConfiguration),
        route("POST", "/api/transfer-contacts", admin)
            .needs(Feature::VoiceConfiguration)
            .with(contact.clone()),
        route("PUT", "/api/transfer-contacts/{id}", admin).needs(Feature::VoiceConfiguration).with(contact),
        route("DELETE", "/api/transfer-contacts/{id}", admin).needs(Feature::VoiceConfiguration),
        route("GET", "/api/lead-questions", viewer),
        route("POST", "/api/lead-questions", admin).with(question.clone()),
        route("PUT", "/api/lead-questions/{id}", admin).with(question),
        route("DELETE", "/api/lead-questions/{id}", admin),
        route("GET", "/api/leads", viewer),
        route("GET", "/api/leads.csv", viewer),
        route("GET", "/api/leads/{id}", viewer),
        route("PATCH", "/api/leads/{id}", member).with(json!({"status": "CONTACTED"})),
        route("GET", "/api/leads/{id}/notes", viewer),
        route("POST", "/api/leads/{id}/notes", member).with(json!({"text": "called back"})),
        route("GET", "/api/calls", viewer),
        route("GET", "/api/calls/{id}", viewer),
        route("GET", "/api/calls/{id}/recording", viewer),
        route("POST", "/api/calls/{id}/end", member).needs(Feature::SessionManagement),
        route("GET", "/api/client", viewer).needs(Feature::Clients),
        route("POST", "/api/client", member).needs(Feature::Clients).with(client.clone()),
        route("GET", "/api/client/{id}", viewer).needs(Feature::Clients),
        route("PUT", "/api/client/{id}", member).needs(Feature::Clients).with(client),
        route("DELETE", "/api/client/{id}", member).needs(Feature::Clients),
        route("GET", "/api/kb", viewer).needs(Feature::BasicFaq),
        route("POST", "/api/kb", admin)
            .needs(Feature::BasicFaq)
            .with(json!({"kind": "QA", "title": "Where can I park?", "body": "Behind the house."})),
        route("GET", "/api/kb/{id}", viewer).needs(Feature::BasicFaq),
        route("PUT", "/api/kb/{id}", admin).needs(Feature::BasicFaq).with(json!({"title": "x", "body": "y"})),
        route("DELETE", "/api/kb/{id}", admin).needs(Feature::BasicFaq),
        route("POST", "/api/kb/search", viewer).needs(Feature::BasicFaq).with(json!({"question": "parking"})),
        route("POST", "/api/kb/upload", admin).needs(Feature::KnowledgeBaseManagement),
        route("POST", "/api/kb/{id}/refresh", admin).needs(Feature::KnowledgeBaseManagement),
        route("POST", "/api/kb/{id}/embed", admin).needs(Feature::BasicFaq),
        route("GET", "/api/kb/gaps", viewer).needs(Feature::BasicFaq),
        route("POST", "/api/kb/gaps/{id}/answer", admin)
            .needs(Feature::BasicFaq)
            .with(json!({"answer": "Yes."})),
        route("POST", "/api/kb/gaps/{id}/dismiss", admin).needs(Feature::BasicFaq),
        route("GET", "/api/admin/dashboard", viewer),
        route("GET", "/api/audit", admin),
        route("GET", "/api/team", viewer),
        route("PUT", "/api/team/{id}", owner).with(json!({"role": "MEMBER"})),
        route("DELETE", "/api/team/{id}", owner),
        route("GET", "/api/team/invitations", admin),
        route("POST", "/api/team/invitations", owner)
            .with(json!({"email": "new@example.com", "role": "MEMBER"})),
        route("DELETE", "/api/team/invitations/{id}", owner),
        route("GET", "/api/plan", viewer),
        route("GET", "/api/widget-config", viewer),
        route("POST", "/api/widget-config/check", admin).needs(Feature::ChatWidget).with(json!({"url": "x"})),
        route("POST", "/api/widget-config", admin).needs(Feature::ChatWidget).with(json!({"enabled": true})),
        // Naming the plan that it is on changes nothing for the steps that follow.
        route("PUT", "/api/plan", owner).with(json!({"code": "PRO"})),
    ];
    // The plan changes last.
    routes.splice(0..0, talks().into_iter().chain(notification_routes()));
    routes
}

/// What the document of the running server lists, as `GET /path`.
async fn documented(app: &TestApp) -> Result<BTreeSet<String>> {
    let document = app.read_json("/api/openapi.json").await?;
    assert!(document["openapi"].as_str().context("no version")?.starts_with("3.1"));
    let paths = document["paths"].as_object().context("no paths")?;
    let mut listed = BTreeSet::new();
    for (path, item) in paths {
        for method in item.as_object().context("no methods")?.keys() {
            listed.insert(format!("{} {path}", method.to_uppercase()));
        }
    }
    Ok(listed)
}

const NOBODYS_ID: &str = "0190b2a0-0000-7000-8000-000000000000";

impl Route {
    async fn call(&self, person: &Person) -> Result<(u16, Option<String>)> {
        let path = self.path.replace("{id}", NOBODYS_ID);
        let answer = person.send(self.method, &path, self.body.as_ref()).await?;
        Ok((answer.status, answer.problem()))
    }

    fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// Calls that would end what the walk goes on with.
    fn ends_the_walk(&self) -> bool {
        matches!(self.path, "/api/auth/logout" | "/api/auth/sessions")
            && matches!(self.method, "POST" | "DELETE")
    }
}

/// Rows 1, 4, 13, 92.
#[tokio::test]
async fn every_documented_route_says_who_may_call_it_and_keeps_to_it() -> Result<()> {
    let app = TestApp::start().await?;
    let routes = routes();
    let expected: BTreeSet<String> = routes.iter().map(Route::name).collect();
    assert_eq!(documented(&app).await?, expected, "the document and this table list the same routes");

    let nobody = app.nobody()?;
    for route in &routes {
        let (status, code) = route.call(&nobody).await?;
        match route.least {
            Some(_) => assert_eq!((status, code.as_deref()), (401, Some("signed_out")), "{}", route.name()),
            None => assert!(matches!(status, 401 | 403 | 422), "{}: {status}", route.name()),
        }
    }

    let business = app.business.business.id;
    let people = [
        (Role::Viewer, app.join(business, "viewer@example.com", Role::Viewer).await?),
        (Role::Member, app.join(business, "member@example.com", Role::Member).await?),
        (Role::Admin, app.join(business, "admin@example.com", Role::Admin).await?),
        (Role::Owner, app.owner().await?),
    ];
    for route in routes.iter().filter(|route| !route.ends_the_walk()) {
        let Some(least) = route.least else { continue };
        for (role, person) in &people {
            let (status, code) = route.call(person).await?;
            let refused = (status, code.as_deref()) == (403, Some("role_refused"));
            assert_eq!(refused, *role < least, "{} as {role:?}: {status} {code:?}", route.name());
            assert!(refused || status != 401, "{} as {role:?}: {status} {code:?}", route.name());
        }
    }

    let owner = &people[3].1;
    for code in PlanCode::ALL {
        app.stage.server.state.store.set_plan(business, code).await?;
        for route in routes.iter().filter(|route| !route.ends_the_walk() && route.path != "/api/plan") {
            let (status, problem) = route.call(owner).await?;
            let is_missing = route.feature.is_some_and(|feature| !Plan::built_in(code).includes(feature));
            let refused = (status, problem.as_deref()) == (403, Some("plan_upgrade_required"));
            // A full list of questions is the plan's word too.
            let is_limit = route.name() == "POST /api/lead-questions" && code == PlanCode::Free;
            assert!(refused == is_missing || is_limit, "{} on {code}: {status} {problem:?}", route.name());
        }
    }
    app.end().await
}

/// Row 1: with another business's ids one reads and changes nothing of it.
#[tokio::test]
async fn ids_of_another_business_lead_nowhere() -> Result<()> {
    let app = TestApp::start().await?;
    let owner = app.owner().await?;
    let ids = ids_of(&app, &owner).await?;
    app.another_business("rival", PlanCode::Pro).await?;
    let rival = app.sign_in("rival@example.com").await?;
    for route in routes().iter().filter(|route| route.path.contains("{id}") && route.least.is_some()) {
        let (_, id) =
            ids.iter().find(|(start, _)| route.path.starts_with(start)).context("no id for a route")?;
        let path = route.path.replace("{id}", id);
        let answer = rival.send(route.method, &path, route.body.as_ref()).await?;
        assert_eq!(answer.status, 404, "{} {path}: {answer:?}", route.method);
    }
    for list in [
        "/api/leads",
        "/api/calls",
        "/api/conversations",
        "/api/client",
        "/api/lead-questions",
        "/api/transfer-contacts",
        "/api/kb",
        "/api/kb/gaps",
        "/api/outgoing",
        "/api/team",
        "/api/leads.csv",
    ] {
        let body = rival.get(list).await?.body;
        assert!(!ids.iter().any(|(_, id)| body.contains(id.as_str())), "{list} tells of another business");
    }
    // Nothing was changed on the way.
    assert_eq!(ids_of_lists(&owner).await?, ids_of_lists(&app.owner().await?).await?);
    let lead = owner.json(&format!("/api/leads/{}", ids[1].1)).await?;
    assert_eq!(
        (&lead["status"], owner.json("/api/client").await?["items"].as_array().unwrap().len()),
        (&"NEW".into(), 1)
    );
    app.end().await
}

async fn ids_of_lists(person: &Person) -> Result<Vec<Value>> {
    let mut lists = Vec::new();
    for list in [
        "/api/leads",
        "/api/calls",
        "/api/conversations",
        "/api/client",
        "/api/lead-questions",
        "/api/transfer-contacts",
    ] {
        lists.push(person.json(list).await?);
    }
    Ok(lists)
}

/// An id of each kind that the demo business has, by the beginning of the routes that take it.
async fn ids_of(app: &TestApp, owner: &Person) -> Result<Vec<(&'static str, String)>> {
    use studioconnect_simulators::phone::Step;
    let steps = [
        Step::wait_for_agent(300),
        Step::wait_quiet(500),
        Step::SayClip("caller-leak".into()),
        Step::wait_for_agent(300),
        Step::HangUp,
    ];
    let ended = app.fast_call(3.0, steps).await?;
    let lead = ended.lead.context("the call led to no lead")?;
    let client = owner.post("/api/client", &json!({"name": "Dana Reyes", "phone": "206 555 0142"})).await?;
    ensure!(client.status == 201, "{client:?}");
    let client: Value = serde_json::from_str(&client.body)?;
    let contact =
        owner.post("/api/transfer-contacts", &json!({"name": "Sam Porter", "phone": "206 555 0177"})).await?;
    let contact: Value = serde_json::from_str(&contact.body)?;
    let state = &app.stage.server.state;
    let business = app.business.business.id;
    state.store.note_gap(business, "Is there wifi?", "wifi", state.clock.now()).await?;
    let outgoing = owner.json("/api/outgoing").await?;
    let gaps = owner.json("/api/kb/gaps").await?;
    let document = owner.post("/api/kb", &json!({"title": "Parking", "body": "Behind the house."})).await?;
    let document: Value = serde_json::from_str(&document.body)?;
    let invitation =
        owner.post("/api/team/invitations", &json!({"email": "sam@example.com", "role": "VIEWER"})).await?;
    let invitation: Value = serde_json::from_str(&invitation.body)?;
    let questions = owner.json("/api/lead-questions").await?;
    let sessions = owner.json("/api/auth/sessions").await?;
    let talk = app.visitor().await?;
    talk.say("a", "Are you open?").await?;
    let text = |value: &Value| value.as_str().map(str::to_owned).context("no id");
    Ok(vec![
        ("/api/calls/", ended.call.id.to_string()),
        ("/api/leads/", lead.id.to_string()),
        ("/api/conversations/", talk.id.clone()),
        ("/api/client/", text(&client["id"])?),
        ("/api/lead-questions/", text(&questions["items"][0]["id"])?),
        ("/api/transfer-contacts/", text(&contact["id"])?),
        ("/api/outgoing/", text(&outgoing["items"][0]["id"])?),
        ("/api/kb/gaps/", text(&gaps["items"][0]["id"])?),
        ("/api/kb/", text(&document["id"])?),
        ("/api/team/invitations/", text(&invitation["id"])?),
        ("/api/team/", app.business.owner.to_string()),
        ("/api/auth/sessions/", text(&sessions[0]["id"])?),
    ])
}
