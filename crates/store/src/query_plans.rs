//! No list grows slower with the table: what the store asks is caught on its way and explained by the engine, on tables in
//! which a reader without an index would have to pass thousands of rows.

#[expect(dead_code, reason = "the suites around the crate use the rest")]
#[path = "../tests/conformance/site.rs"]
mod site;

#[expect(dead_code, reason = "the suites around the crate use the rest")]
#[path = "../tests/conformance/samples.rs"]
mod samples;

mod conversations;
mod rows;

use self::rows::{Filled, RARE, SESSIONS_EACH};
use crate::leads::LeadFilter;
use crate::{Backend, CallFilter, ChangeFilter, Store};
use sea_orm::{ConnectionTrait, Statement};
use serde_json::Value;
use site::on_each;
use std::sync::{Arc, Mutex};
use studioconnect_domain::call::{CallStatus, Outcome};
use studioconnect_domain::ids::{LeadId, UserId};
use studioconnect_domain::lead::{Channel, Completeness, LeadStatus};

/// Rows that a query may look at beyond those it gives; tables hold thousands.
const SLACK: u64 = 60;
/// Rows of a page.
const PAGE: u64 = 25;
/// Rows that a search looks at here.
const PART: u64 = 50;

/// Runs a question and explains each select of it. SQLite must use every index of `expected`.
async fn explain<T, E: std::fmt::Debug>(
    store: &Store,
    name: &str,
    expected: &[&str],
    ask: impl AsyncFnOnce(&Store) -> Result<T, E>,
) {
    let caught: Arc<Mutex<Vec<Statement>>> = Arc::default();
    let mut watched = store.clone();
    let catching = caught.clone();
    watched.database.set_metric_callback(move |info| catching.lock().unwrap().push(info.statement.clone()));
    ask(&watched).await.unwrap();
    let asked = caught.lock().unwrap().clone();
    assert!(!asked.is_empty(), "{name}: nothing was asked");
    let mut steps = Vec::new();
    for statement in asked.iter().filter(|statement| statement.sql.starts_with("SELECT")) {
        match store.backend() {
            Backend::Sqlite => steps.extend(sqlite_steps(store, name, statement).await),
            // Which of two good indexes it takes is its business.
            Backend::Postgres => look_at_postgres(store, name, statement).await,
        }
    }
    for index in expected.iter().filter(|_| store.backend() == Backend::Sqlite) {
        assert!(steps.iter().any(|step| step.contains(index)), "{name} does not use {index}: {steps:#?}");
    }
}

async fn rows_of(store: &Store, how: &str, statement: &Statement) -> Vec<sea_orm::QueryResult> {
    let sql = format!("{how} {}", statement.sql);
    store.database.query_all_raw(Statement { sql, ..statement.clone() }).await.unwrap()
}

/// SQLite says what it would do: nothing is passed row by row, and nothing long is sorted.
async fn sqlite_steps(store: &Store, name: &str, statement: &Statement) -> Vec<String> {
    let rows = rows_of(store, "EXPLAIN QUERY PLAN", statement).await;
    let steps: Vec<String> = rows.iter().map(|row| row.try_get("", "detail").unwrap()).collect();
    for step in &steps {
        // What was found is counted by passing it.
        let is_scan = step.starts_with("SCAN") && step != "SCAN passing";
        let is_sort = step.contains("TEMP B-TREE") && !is_short(&statement.sql);
        assert!(!is_scan && !is_sort, "{name}: {step}\n{steps:#?}\n{}", statement.sql);
    }
    steps
}

/// Lists that end with their owner: a team, somebody's sessions and businesses, calls on the line. They may be sorted.
fn is_short(sql: &str) -> bool {
    ["FROM \"memberships\"", "FROM \"sessions\"", "FROM \"businesses\"", "\"status\" IN"]
        .iter()
        .any(|part| sql.contains(part))
}

/// PostgreSQL does it and says what it did: no step gave, dropped or sorted more rows than a page and a little.
async fn look_at_postgres(store: &Store, name: &str, statement: &Statement) {
    let rows = rows_of(store, "EXPLAIN (ANALYZE, FORMAT JSON)", statement).await;
    let plan: Value = rows[0].try_get("", "QUERY PLAN").unwrap();
    let mut steps = vec![&plan[0]["Plan"]];
    while let Some(step) = steps.pop() {
        let number = |name: &str| step[name].as_f64().unwrap_or(0.0);
        let dropped = number("Rows Removed by Filter") + number("Rows Removed by Index Recheck");
        let seen = (number("Actual Rows") + dropped) * number("Actual Loops").max(1.0);
        assert!(seen <= (PAGE + SLACK) as f64, "{name}: {seen} rows\n{plan:#}\n{}", statement.sql);
        steps.extend(step["Plans"].as_array().into_iter().flatten());
    }
}

#[tokio::test]
async fn no_list_of_leads_grows_with_the_table() {
    on_each(async |site| {
        let (store, filled) = (&site.store, Filled::new(&site.store).await);
        let business = filled.business;
        let all = LeadFilter::default();
        let won = LeadFilter { status: Some(LeadStatus::Won), ..all.clone() };
        let assigned = LeadFilter { assigned_to: Some(filled.user), ..all.clone() };
        let since = LeadFilter { since: Some(filled.lately), ..all.clone() };
        let until = LeadFilter { until: Some(filled.long_ago), ..all.clone() };
        let cases = [
            (&all, "leads_recent"),
            (&won, "leads_status"),
            (&assigned, "leads_assigned"),
            (&since, "leads_recent"),
            (&until, "leads_recent"),
        ];
        for (filter, index) in cases {
            let name = format!("leads, {filter:?}");
            explain(store, &name, &[index], async |s| s.leads(business, filter, PAGE, None).await).await;
            let after = Some((filled.long_ago, filled.lead));
            explain(store, &name, &[index], async |s| s.leads(business, filter, PAGE, after).await).await;
        }
        for (filter, index) in searches_of_leads(filled.user) {
            let name = format!("search_leads, {filter:?}");
            for before in [None, Some((filled.long_ago, filled.lead))] {
                explain(store, &name, &[index, "leads_recent"], async |s| {
                    s.search_leads_within(PART, business, &filter, (PAGE, before)).await
                })
                .await;
            }
        }
        for (filter, index) in [(&won, "leads_status"), (&since, "leads_recent")] {
            explain(store, "count_leads", &[index], async |s| s.count_leads(business, filter).await).await;
        }
        for (filter, index) in [(&all, "leads"), (&won, "leads_status")] {
            let count = async |s: &Store| s.count_leads_up_to(business, filter, PAGE).await;
            explain(store, "count_leads_up_to", &[index], count).await;
        }
        explain(store, "recent_leads", &["leads_recent"], async |s| {
            s.recent_leads(business, PAGE, Some((filled.long_ago, filled.lead))).await
        })
        .await;
        explain(store, "notes", &["lead_notes_written"], async |s| s.notes(business, filled.lead).await)
            .await;
    })
    .await;
}

/// Filters that no index holds: words, kinds, and several at once.
fn searches_of_leads(user: UserId) -> [(LeadFilter, &'static str); 7] {
    let all = LeadFilter::default();
    let words = LeadFilter { text: Some("nobody is called so".to_owned()), ..all.clone() };
    let kind = LeadFilter { channel: Some(Channel::Voice), ..all.clone() };
    let whole = LeadFilter { completeness: Some(Completeness::Complete), ..all.clone() };
    let both = LeadFilter { status: Some(LeadStatus::New), assigned_to: Some(user), ..all.clone() };
    [
        (LeadFilter { status: Some(LeadStatus::New), ..words.clone() }, "leads_status"),
        (LeadFilter { since: Some(samples::noon()), ..words.clone() }, "leads_recent"),
        (words, "leads_recent"),
        (LeadFilter { status: Some(LeadStatus::New), ..kind.clone() }, "leads_status"),
        (kind, "leads_recent"),
        (whole, "leads_recent"),
        (both, "leads_"),
    ]
}

#[tokio::test]
async fn a_search_says_where_it_stopped_and_goes_on_from_there_to_the_end() {
    on_each(async |site| {
        let (store, filled) = (&site.store, Filled::new(&site.store).await);
        // Of the rare rows, the oldest twelve, no part but the last holds one.
        let filter = LeadFilter { completeness: Some(Completeness::Partial), ..LeadFilter::default() };
        let rare = LeadFilter { status: Some(LeadStatus::Won), ..filter.clone() };
        let (mut found, mut before, mut parts) = (Vec::new(), None, 0);
        loop {
            let part =
                store.search_leads_within(1_000, filled.business, &rare, (PAGE, before)).await.unwrap();
            found.extend(part.items.into_iter().map(|lead| lead.handling.status));
            parts += 1;
            let Some((at, id)) = part.stopped_at else { break };
            assert_eq!(found, [], "nothing rare is among the first two thousand");
            before = Some((at, LeadId(id)));
        }
        assert_eq!((found, parts), (vec![LeadStatus::Won; RARE], 3));
        let enough = store.search_leads_within(1_000, filled.business, &filter, (PAGE, None)).await.unwrap();
        assert_eq!(
            (enough.items.len() as u64, enough.stopped_at),
            (PAGE, None),
            "a full page has its own end"
        );
        let words = CallFilter { text: Some("nobody is called so".to_owned()), ..CallFilter::default() };
        let calls = store.search_calls_within(1_000, filled.business, &words, (PAGE, None)).await.unwrap();
        assert!(calls.items.is_empty() && calls.stopped_at.is_some());
        let clients = store.clients_within(1_000, filled.business, Some("so"), (PAGE, None)).await.unwrap();
        assert!(clients.items.is_empty() && clients.stopped_at.is_some());
        let all = store.clients_within(2_500, filled.business, Some("so"), (PAGE, None)).await.unwrap();
        assert_eq!(all.stopped_at, None, "nothing is behind the last row");
        let whole = store.search_calls(filled.business, &words, PAGE, None).await.unwrap();
        assert_eq!(whole.stopped_at, None, "the list is shorter than what is looked at");
    })
    .await;
}

#[tokio::test]
async fn no_list_of_calls_grows_with_the_table() {
    on_each(async |site| {
        let (store, filled) = (&site.store, Filled::new(&site.store).await);
        let business = filled.business;
        let all = CallFilter::default();
        let voicemail = CallFilter { outcome: Some(Outcome::Voicemail), ..all.clone() };
        let failed = CallFilter { status: Some(CallStatus::Failed), ..all.clone() };
        let since = CallFilter { since: Some(filled.lately), ..all.clone() };
        let cases = [
            (&all, "calls_recent"),
            (&voicemail, "calls_outcome"),
            (&failed, "calls_status"),
            (&since, "calls_recent"),
        ];
        for (filter, index) in cases {
            let name = format!("calls, {filter:?}");
            explain(store, &name, &[index], async |s| s.calls(business, filter, PAGE, None).await).await;
            let after = Some((filled.long_ago, filled.call));
            explain(store, &name, &[index], async |s| s.calls(business, filter, PAGE, after).await).await;
        }
        let words = CallFilter { text: Some("nobody is called so".to_owned()), ..all.clone() };
        let broken = CallFilter { has_failed: true, ..all.clone() };
        let both = CallFilter { outcome: Some(Outcome::Lead), ..failed.clone() };
        let late_words = CallFilter { since: Some(filled.long_ago), ..words.clone() };
        for filter in [words, broken, both, late_words] {
            let name = format!("search_calls, {filter:?}");
            for before in [None, Some((filled.long_ago, filled.call))] {
                explain(store, &name, &["calls_recent"], async |s| {
                    s.search_calls_within(PART, business, &filter, (PAGE, before)).await
                })
                .await;
            }
        }
        for (filter, index) in [(&voicemail, "calls_outcome"), (&since, "calls_recent")] {
            explain(store, "count_calls", &[index], async |s| s.count_calls(business, filter).await).await;
        }
        explain(store, "count_calls_since", &["calls_recent"], async |s| {
            s.count_calls_since(business, filled.lately).await
        })
        .await;
        explain(store, "open_calls", &["calls_open"], Store::open_calls).await;
        explain(store, "turns", &[], async |s| s.turns(business, filled.call).await).await;
        explain(store, "events", &[], async |s| s.events(business, filled.call).await).await;
        explain(store, "inputs", &[], async |s| s.inputs(business, filled.call).await).await;
        explain(store, "lead of a call", &["leads_call_id"], async |s| {
            s.find_lead_of_call(business, filled.call).await
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn no_list_of_people_clients_and_changes_grows_with_the_table() {
    on_each(async |site| {
        let (store, filled) = (&site.store, Filled::new(&site.store).await);
        let (business, user, now) = (filled.business, filled.user, filled.lately);
        for after in [None, Some(filled.long_ago)] {
            for text in [None, Some("nobody is called so")] {
                let part = (PAGE, after.map(|at| (at, filled.client)));
                explain(store, "clients", &["clients_recent"], async |s| {
                    s.clients_within(PART, business, text, part).await
                })
                .await;
            }
            let all = ChangeFilter::default();
            let of_nobody = ChangeFilter { user: Some(user), ..all.clone() };
            let rare = ChangeFilter { action: Some("plan.changed".to_owned()), ..of_nobody.clone() };
            let dated = ChangeFilter { since: Some(filled.long_ago), until: Some(now), ..all.clone() };
            for filter in [all, of_nobody, rare, dated] {
                let part = (PAGE, after.map(|at| (at, filled.change)));
                explain(store, &format!("changes, {filter:?}"), &["audit_recent"], async |s| {
                    s.search_changes_within(PART, business, &filter, part).await
                })
                .await;
            }
        }
        let subject = filled.change;
        explain(store, "changes_of", &["audit_entries_subject"], async |s| {
            s.changes_of(business, subject, PAGE).await
        })
        .await;
        explain(store, "standing", &["sessions", "memberships", "users"], async |s| {
            let standing = s.standing(user, business, filled.session, now).await;
            assert!(standing.as_ref().is_ok_and(Option::is_some), "{standing:?}");
            standing
        })
        .await;
        explain(store, "sessions", &["sessions_user"], async |s| {
            let sessions = s.sessions(user, now).await;
            assert_eq!(sessions.as_ref().unwrap().len(), SESSIONS_EACH);
            sessions
        })
        .await;
        explain(store, "memberships", &["memberships"], async |s| s.memberships(user).await).await;
        explain(store, "members", &["memberships_business"], async |s| s.members(business).await).await;
        explain(store, "count_members", &["memberships_business"], async |s| s.count_members(business).await)
            .await;
        explain(store, "open_invitations", &["links_open"], async |s| {
            let open = s.open_invitations(business, now).await;
            assert_eq!(open.as_ref().unwrap().len(), 1);
            open
        })
        .await;
    })
    .await;
}
