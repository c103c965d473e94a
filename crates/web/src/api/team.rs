//! `/api/team`: who belongs to the business, and who is invited.

use crate::audit::Changes;
use crate::auth::{Admin, Owner, RefreshToken, Viewer, password};
use crate::input::{Id, Input, kept};
use crate::problem::Problem;
use crate::state::AppState;
use crate::urls;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use studioconnect_connectors::mail::Mail;
use studioconnect_domain::Fault;
use studioconnect_domain::account::Purpose;
use studioconnect_domain::answer;
use studioconnect_domain::business::{PERSON_NAME, Role, User};
use studioconnect_domain::ids::{LinkId, UserId};
use studioconnect_domain::question::AnswerFormat;
use studioconnect_domain::rule::EMAIL;
use studioconnect_store::Link;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Most invitations of a business that nobody has taken up: each is a mail to somebody who has not asked for it.
const INVITATIONS: usize = 50;

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(change_role, remove))
        .routes(routes!(invitations, invite))
        .routes(routes!(withdraw))
}

/// Somebody of the business.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MemberAnswer {
    pub(crate) id: UserId,
    pub(crate) email: String,
    pub(crate) name: String,
    pub(crate) role: Role,
    pub(crate) is_you: bool,
}

/// Another role.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct RoleChange {
    pub(crate) role: Role,
}

/// Who is invited, and as what.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct InvitationInput {
    pub(crate) email: String,
    pub(crate) role: Role,
}

/// An invitation that nobody has taken up yet.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct InvitationAnswer {
    pub(crate) id: LinkId,
    pub(crate) email: String,
    pub(crate) role: Option<Role>,
    pub(crate) expires_at: DateTime<Utc>,
}

/// Who took an invitation up.
#[derive(Debug)]
pub(crate) enum Joined {
    /// Somebody who had no account, and has just chosen its password.
    New(User),
    /// Somebody who has an account, as far as one can know without their password.
    Known,
}

impl From<Link> for InvitationAnswer {
    fn from(link: Link) -> Self {
        Self { id: link.id, email: link.email, role: link.role, expires_at: link.expires_at }
    }
}

/// Lists the people of the business.
#[utoipa::path(get, path = "/api/team", tag = "team", security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, body = [MemberAnswer]), (status = 401)))]
pub(crate) async fn list(
    State(state): State<AppState>,
    viewer: Viewer,
) -> Result<Json<Vec<MemberAnswer>>, Problem> {
    members(&state, &viewer).await.map(Json)
}

/// The people of the business; the page shows the same.
pub(crate) async fn members(state: &AppState, viewer: &Viewer) -> Result<Vec<MemberAnswer>, Problem> {
    let members = state.store.members(viewer.tenant()).await?;
    let shown = |user: User| MemberAnswer {
        is_you: user.id == viewer.user.id,
        id: user.id,
        email: user.email,
        name: user.name,
        role: user.role,
    };
    Ok(members.into_iter().map(shown).collect())
}

/// Changes what somebody may do.
#[utoipa::path(put, path = "/api/team/{id}", tag = "team", params(("id" = String, Path)), request_body = RoleChange,
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 204), (status = 401), (status = 403), (status = 404), (status = 422)))]
pub(crate) async fn change_role(
    State(state): State<AppState>,
    owner: Owner,
    Id(id): Id<UserId>,
    Input(wanted): Input<RoleChange>,
) -> Result<StatusCode, Problem> {
    set_role(&state, &owner, id, wanted.role).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Changes a role; the page does it through this too.
pub(crate) async fn set_role(state: &AppState, owner: &Owner, id: UserId, role: Role) -> Result<(), Problem> {
    let before = state.store.members(owner.tenant()).await?.into_iter().find(|person| person.id == id);
    if !state.store.change_role(owner.tenant(), id, role).await? {
        return Err(Problem::not_found());
    }
    let from = before.map(|person| person.role);
    state.note_change(&owner.0, "team.role_changed", json!({"user": id, "from": from, "to": role})).await;
    Ok(())
}

/// Lets somebody no longer enter the business.
#[utoipa::path(delete, path = "/api/team/{id}", tag = "team", params(("id" = String, Path)),
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 204), (status = 401), (status = 403), (status = 404), (status = 422)))]
pub(crate) async fn remove(
    State(state): State<AppState>,
    owner: Owner,
    Id(id): Id<UserId>,
) -> Result<StatusCode, Problem> {
    send_away(&state, &owner, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Removes somebody; the page does it through this too.
pub(crate) async fn send_away(state: &AppState, owner: &Owner, id: UserId) -> Result<(), Problem> {
    if !state.store.remove_member(owner.tenant(), id).await? {
        return Err(Problem::not_found());
    }
    state.note_change(&owner.0, "team.removed", json!({"user": id})).await;
    Ok(())
}

/// Lists invitations that nobody has taken up.
#[utoipa::path(get, path = "/api/team/invitations", tag = "team", security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, body = [InvitationAnswer]), (status = 401), (status = 403)))]
pub(crate) async fn invitations(
    State(state): State<AppState>,
    admin: Admin,
) -> Result<Json<Vec<InvitationAnswer>>, Problem> {
    let open = state.store.open_invitations(admin.tenant(), state.clock.now()).await?;
    Ok(Json(open.into_iter().map(InvitationAnswer::from).collect()))
}

/// Invites somebody by mail.
#[utoipa::path(post, path = "/api/team/invitations", tag = "team", request_body = InvitationInput,
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 201, body = InvitationAnswer), (status = 401), (status = 403), (status = 422)))]
pub(crate) async fn invite(
    State(state): State<AppState>,
    owner: Owner,
    Input(given): Input<InvitationInput>,
) -> Result<(StatusCode, Json<InvitationAnswer>), Problem> {
    let sent = send_invitation(&state, &owner, &given).await?;
    Ok((StatusCode::CREATED, Json(sent)))
}

/// Sends an invitation; the page does it through this too.
pub(crate) async fn send_invitation(
    state: &AppState,
    owner: &Owner,
    given: &InvitationInput,
) -> Result<InvitationAnswer, Problem> {
    if let Some(says) = EMAIL.fault(&given.email) {
        return Err(Problem::invalid(vec![Fault::new("email", says)]));
    }
    let email = answer::read(AnswerFormat::Email, &given.email, &owner.business.region)
        .map_err(|why| Problem::invalid(vec![Fault::new("email", why.to_string())]))?;
    let members = state.store.members(owner.tenant()).await?;
    if members.iter().any(|member| member.email == email) {
        return Err(Problem::invalid(vec![Fault::new("email", "belongs to the business already")]));
    }
    let now = state.clock.now();
    let open = state.store.open_invitations(owner.tenant(), now).await?;
    if open.len() >= INVITATIONS && open.iter().all(|link| link.email != email) {
        let sentence = format!("{INVITATIONS} people are invited already; take an invitation back first");
        return Err(Problem::invalid(vec![Fault::new("email", sentence)]));
    }
    let token = RefreshToken::new(LinkId::new().0);
    let link = Link {
        id: LinkId(token.id),
        purpose: Purpose::Invitation,
        user: None,
        business: Some(owner.tenant()),
        email: email.clone(),
        role: Some(given.role),
        created_at: now,
        expires_at: now + Purpose::Invitation.lasts(),
    };
    state.store.add_link(&link, &token.hash()).await?;
    let url = state.public.of(&urls::invitation(&token.expose()));
    let (name, inviter) = (&owner.business.name, &owner.user.email);
    let mail = Mail::new(
        &email,
        format!("{name} invites you"),
        format!(
            "{inviter} invites you to look after the calls and leads of {name}.\n\n\
            To join, open this page within a week:\n{url}\n\nIf you do not know {name}, ignore this mail.\n"
        ),
    );
    state.mailer.send(&mail).await.map_err(|fault| {
        tracing::error!(%fault, "an invitation could not be mailed");
        Problem::mail_failed()
    })?;
    state.note_change(&owner.0, "team.invited", json!({"role": given.role})).await;
    Ok(InvitationAnswer::from(link))
}

/// Takes an invitation back.
#[utoipa::path(delete, path = "/api/team/invitations/{id}", tag = "team", params(("id" = String, Path)),
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 204), (status = 401), (status = 403), (status = 404)))]
pub(crate) async fn withdraw(
    State(state): State<AppState>,
    owner: Owner,
    Id(id): Id<LinkId>,
) -> Result<StatusCode, Problem> {
    if !state.store.withdraw_invitation(owner.tenant(), id).await? {
        return Err(Problem::not_found());
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Takes an invitation up: somebody new chooses a password, somebody known is let in as they are. The link says nothing
/// about who somebody known is: they sign in as always.
pub(crate) async fn accept(
    state: &AppState,
    shown: &str,
    name: &str,
    chosen: Option<&str>,
) -> Result<Joined, Problem> {
    let token = RefreshToken::parse(shown).ok_or_else(Problem::link_used)?;
    let (id, now) = (LinkId(token.id), state.clock.now());
    let link = state.store.find_link(id, &token.hash(), now).await?.ok_or_else(Problem::link_used)?;
    let (Purpose::Invitation, Some(business), Some(role)) = (link.purpose, link.business, link.role) else {
        return Err(Problem::link_used());
    };
    let known = state.store.find_user_by_email(&link.email).await?;
    let password_hash = match (&known, chosen) {
        (Some(_), _) => None,
        (None, chosen) => {
            let chosen = chosen.unwrap_or_default();
            let found = [("name", PERSON_NAME.fault(name)), ("password", password::RULE.fault(chosen))];
            let faults = found.into_iter().filter_map(|(field, says)| Some(Fault::new(field, says?)));
            let faults: Vec<_> = faults.collect();
            if !faults.is_empty() {
                return Err(Problem::invalid(faults));
            }
            let hash = password::hash(chosen).await;
            Some(hash.map_err(|why| Problem::invalid(vec![Fault::new("password", why.to_string())]))?)
        }
    };
    state.store.use_link(id, &token.hash(), now).await?.ok_or_else(Problem::link_used)?;
    if let Some(user) = known {
        state.store.put_membership(business, user.id, role, now).await?;
        return Ok(Joined::Known);
    }
    let user = User {
        id: UserId::new(),
        business_id: business,
        email: link.email,
        name: kept(name),
        password_hash: password_hash.ok_or_else(Problem::internal)?,
        role,
        second_factor: None,
        created_at: now,
    };
    state.store.add_user(&user).await?;
    Ok(Joined::New(user))
}
