//! `/admin/team`: who belongs to the business, who is invited, and taking an invitation up.

use super::calls::Done;
use super::frame::{Faults, Frame, led_to, page, page_with};
use crate::api::session::enter;
use crate::api::team::{
    InvitationAnswer, InvitationInput, Joined, MemberAnswer, accept, members, send_away, send_invitation,
    set_role,
};
use crate::auth::{Address, Owner, RefreshToken, Viewer, cookies, password};
use crate::input::{Form, Id, Search};
use crate::problem::Problem;
use crate::state::AppState;
use crate::urls;
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use studioconnect_domain::account::Purpose;
use studioconnect_domain::business::{PERSON_NAME, Role};
use studioconnect_domain::ids::{LinkId, UserId};
use studioconnect_domain::rule::EMAIL;

const HERE: &str = "/admin/team";

/// Word in forms, name, and what it may do.
const ROLES: [(Role, &str, &str, &str); 4] = [
    (Role::Viewer, "VIEWER", "Viewer", "reads"),
    (Role::Member, "MEMBER", "Member", "works with leads, clients and calls"),
    (Role::Admin, "ADMIN", "Admin", "changes settings too"),
    (Role::Owner, "OWNER", "Owner", "changes the plan and the team too"),
];

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route(HERE, get(show))
        .route("/admin/team/invitations", post(invite))
        .route("/admin/team/invitations/{id}/withdraw", post(withdraw))
        .route("/admin/team/{id}/role", post(change_role))
        .route("/admin/team/{id}/remove", post(remove))
        .route("/admin/invitation", get(invited).post(join))
}

#[derive(Template)]
#[template(path = "admin/team.html")]
struct TeamPage {
    frame: Frame,
    members: Vec<MemberAnswer>,
    invitations: Vec<InvitationAnswer>,
    email: String,
    faults: Faults,
    may_change: bool,
    /// May look through what was changed.
    may_audit: bool,
}

#[derive(Template)]
#[template(path = "admin/invitation.html")]
struct InvitationPage {
    frame: Frame,
    token: String,
    business: String,
    email: String,
    /// Has an account here already, and needs no password.
    is_known: bool,
    name: String,
    faults: Faults,
}

fn role_name(role: &Role) -> &'static str {
    ROLES.iter().find(|(known, ..)| known == role).map_or("", |(_, _, name, _)| name)
}

async fn whole(state: &AppState, viewer: &Viewer, done: Option<&str>) -> Result<TeamPage, Problem> {
    let may_change = viewer.role >= Role::Owner;
    let open = state.store.open_invitations(viewer.tenant(), state.clock.now()).await?;
    Ok(TeamPage {
        frame: Frame::of(state, viewer, "Team and plan", HERE).await?.with_notice(done),
        members: members(state, viewer).await?,
        invitations: open.into_iter().map(InvitationAnswer::from).collect(),
        email: String::new(),
        faults: Faults::default(),
        may_change,
        may_audit: viewer.role >= Role::Admin,
    })
}

async fn show(
    State(state): State<AppState>,
    viewer: Viewer,
    Search(done): Search<Done>,
) -> Result<Response, Problem> {
    Ok(page(&whole(&state, &viewer, done.done.as_deref()).await?))
}

fn role_of(form: &Form) -> Result<Role, Problem> {
    let known = ROLES.iter().find(|(_, word, ..)| *word == form.text("role"));
    known.map(|(role, ..)| *role).ok_or_else(|| Problem::bad_request("There is no such role."))
}

async fn invite(
    State(state): State<AppState>,
    owner: Owner,
    viewer: Viewer,
    form: Form,
) -> Result<Response, Problem> {
    let given = InvitationInput { email: form.text("email").to_owned(), role: role_of(&form)? };
    match send_invitation(&state, &owner, &given).await {
        Ok(_) => Ok(led_to(HERE, "invited")),
        Err(problem) if problem.code == "invalid" => {
            let shown = TeamPage {
                email: given.email,
                faults: Faults(problem.errors),
                ..whole(&state, &viewer, None).await?
            };
            Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, &shown))
        }
        Err(problem) => Err(problem),
    }
}

async fn withdraw(
    State(state): State<AppState>,
    owner: Owner,
    Id(id): Id<LinkId>,
) -> Result<Response, Problem> {
    state.store.withdraw_invitation(owner.tenant(), id).await?;
    Ok(led_to(HERE, "removed"))
}

async fn change_role(
    State(state): State<AppState>,
    owner: Owner,
    Id(id): Id<UserId>,
    form: Form,
) -> Result<Response, Problem> {
    set_role(&state, &owner, id, role_of(&form)?).await?;
    Ok(led_to(HERE, "saved"))
}

async fn remove(
    State(state): State<AppState>,
    owner: Owner,
    Id(id): Id<UserId>,
) -> Result<Response, Problem> {
    send_away(&state, &owner, id).await?;
    Ok(led_to(HERE, "removed"))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Shown {
    token: String,
}

async fn invited(State(state): State<AppState>, Search(shown): Search<Shown>) -> Result<Response, Problem> {
    Ok(page(&invitation_page(&state, shown.token).await?))
}

async fn invitation_page(state: &AppState, token: String) -> Result<InvitationPage, Problem> {
    let secret = RefreshToken::parse(&token).ok_or_else(Problem::link_used)?;
    let link = state.store.find_link(LinkId(secret.id), &secret.hash(), state.clock.now()).await?;
    let link = link.filter(|link| link.purpose == Purpose::Invitation).ok_or_else(Problem::link_used)?;
    let business = match link.business {
        Some(business) => state.store.find_business(business).await?,
        None => None,
    };
    Ok(InvitationPage {
        frame: Frame::outside("Invitation"),
        token,
        business: business.ok_or_else(Problem::link_used)?.name,
        is_known: state.store.find_user_by_email(&link.email).await?.is_some(),
        email: link.email,
        name: String::new(),
        faults: Faults::default(),
    })
}

async fn join(
    State(state): State<AppState>,
    Address(address): Address,
    headers: HeaderMap,
    form: Form,
) -> Result<Response, Problem> {
    let token = form.text("token").to_owned();
    let password = Some(form.raw("password")).filter(|password| !password.is_empty());
    let joined = match accept(&state, &token, form.text("name"), password).await {
        Ok(joined) => joined,
        Err(problem) if problem.code == "invalid" => {
            let shown = invitation_page(&state, token).await?;
            let refused = InvitationPage {
                name: form.text("name").to_owned(),
                faults: Faults(problem.errors),
                ..shown
            };
            return Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, &refused));
        }
        Err(problem) => return Err(problem),
    };
    // Somebody who has an account shows their password; the link alone signs in nobody but the new.
    let Joined::New(user) = joined else { return Ok(Redirect::to(urls::LOGIN).into_response()) };
    let (signed, _) = enter(&state, &user, &headers, &address).await?;
    let mut response = Redirect::to(urls::DASHBOARD).into_response();
    cookies::set(response.headers_mut(), &state.auth, &signed.access, signed.refresh.as_deref());
    Ok(response)
}
