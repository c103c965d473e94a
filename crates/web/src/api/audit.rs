//! `/api/audit`: who changed what, when and from where.

use crate::auth::Admin;
use crate::input::{Page, Paging, Search};
use crate::problem::Problem;
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use studioconnect_domain::Fault;
use studioconnect_domain::business::User;
use studioconnect_domain::ids::UserId;
use studioconnect_store::{AuditEntry, ChangeFilter};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list))
}

/// Which changes are wanted.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(crate) struct ChangeSearch {
    /// A person's id.
    pub(crate) user: Option<String>,
    /// What was done, such as `lead.changed`.
    pub(crate) action: Option<String>,
    /// RFC 3339.
    pub(crate) since: Option<DateTime<Utc>>,
    /// RFC 3339.
    pub(crate) until: Option<DateTime<Utc>>,
    /// Most rows, 1 to 200; 50 when it is not given.
    #[param(value_type = Option<u8>, minimum = 1, maximum = 200)]
    pub(crate) limit: Option<String>,
    /// `nextCursor` of the page before.
    pub(crate) cursor: Option<String>,
}

impl ChangeSearch {
    fn filter(&self) -> Result<ChangeFilter, Problem> {
        let user = self.user.as_deref().map(str::parse).transpose();
        Ok(ChangeFilter {
            user: user.map_err(|_| Problem::invalid(vec![Fault::new("user", "must be a person's id")]))?,
            action: self.action.clone(),
            since: self.since,
            until: self.until,
        })
    }
}

/// One change.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ChangeAnswer {
    pub(crate) id: Uuid,
    pub(crate) at: DateTime<Utc>,
    /// What was done, such as `lead.changed`.
    pub(crate) action: String,
    /// Who did it; none is the installation itself.
    pub(crate) user: Option<UserId>,
    /// Their name, else their mail address; none when they are no longer of the business.
    pub(crate) name: Option<String>,
    /// The address that their session was renewed from last.
    pub(crate) address: Option<String>,
    /// Id of what was changed, where that is one of many.
    pub(crate) about: Option<String>,
    /// What it was before and what it is since, field by field.
    pub(crate) fields: Vec<FieldChange>,
}

/// What became of one field.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FieldChange {
    pub(crate) field: String,
    /// Any JSON.
    pub(crate) from: Value,
    /// Any JSON.
    pub(crate) to: Value,
}

/// Lists changes, newest first.
#[utoipa::path(get, path = "/api/audit", tag = "audit", params(ChangeSearch),
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, body = Page<ChangeAnswer>), (status = 401), (status = 403), (status = 422)))]
pub(crate) async fn list(
    State(state): State<AppState>,
    admin: Admin,
    Search(search): Search<ChangeSearch>,
) -> Result<Json<Page<ChangeAnswer>>, Problem> {
    let people = state.store.members(admin.tenant()).await?;
    page(&state, &admin, &search, &people).await.map(Json)
}

/// A page of changes; the dashboard's list is made of it too. `people` are those of the business.
pub(crate) async fn page(
    state: &AppState,
    admin: &Admin,
    search: &ChangeSearch,
    people: &[User],
) -> Result<Page<ChangeAnswer>, Problem> {
    let paging = Paging { limit: search.limit.clone(), cursor: search.cursor.clone() };
    let filter = search.filter()?;
    let ask = async |limit, before| state.store.search_changes(admin.tenant(), &filter, limit, before).await;
    let found = paging.page(|id| id, |entry: &AuditEntry| (entry.at, entry.id), ask).await?;
    let items = found.items.into_iter().map(|entry| answer(entry, people)).collect();
    Ok(Page { items, next_cursor: found.next_cursor })
}

fn answer(entry: AuditEntry, people: &[User]) -> ChangeAnswer {
    let person = entry.user.and_then(|id| people.iter().find(|person| person.id == id));
    let name = person.map(|person| if person.name.is_empty() { &person.email } else { &person.name });
    let text = |name: &str| entry.detail.get(name).and_then(Value::as_str).map(str::to_owned);
    ChangeAnswer {
        name: name.cloned(),
        about: text("id").or_else(|| text("user")),
        fields: fields_of(&entry.detail),
        id: entry.id,
        at: entry.at,
        action: entry.action,
        user: entry.user,
        address: entry.address,
    }
}

/// Old and new of each field. A change of one thing alone is noted without a field's name; of entries made before values
/// were noted, the names are all that is known.
fn fields_of(detail: &Value) -> Vec<FieldChange> {
    let part = |change: &Value, name: &str| change.get(name).cloned().unwrap_or_default();
    let change = |field: &str, change: &Value| FieldChange {
        field: field.to_owned(),
        from: part(change, "from"),
        to: part(change, "to"),
    };
    if let Some(fields) = detail.get("changes").and_then(Value::as_object) {
        return fields.iter().map(|(field, changed)| change(field, changed)).collect();
    }
    if detail.get("to").is_some() {
        return vec![change("", detail)];
    }
    let names = detail.get("fields").and_then(Value::as_array).into_iter().flatten();
    names.filter_map(Value::as_str).map(|name| change(name, &Value::Null)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn old_and_new_are_told_however_they_were_noted() {
        let told = |detail: Value| {
            let fields = fields_of(&detail).into_iter();
            fields.map(|change| (change.field, change.from, change.to)).collect::<Vec<_>>()
        };
        let named = |name: &str, from: Value, to: Value| vec![(name.to_owned(), from, to)];
        assert_eq!(
            told(json!({"id": "x", "changes": {"status": {"from": "NEW", "to": "WON"}}})),
            named("status", json!("NEW"), json!("WON"))
        );
        assert_eq!(told(json!({"from": "FREE", "to": "PRO"})), named("", json!("FREE"), json!("PRO")));
        assert_eq!(
            told(json!({"version": 2, "fields": ["voice"]})),
            named("voice", Value::Null, Value::Null)
        );
        assert_eq!(told(json!({"id": "x", "status": "WON"})), []);
    }
}
