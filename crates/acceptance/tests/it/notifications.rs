//! What people are told by mail: of leads, and that a request has arrived.

use super::browser::views::lead_call;
use anyhow::{Context as _, Result};
use chrono::{DateTime, TimeDelta};
use serde_json::json;
use std::time::Duration;
use studioconnect_acceptance::TestApp;
use studioconnect_app::onboarding::{self, Opening};
use studioconnect_connectors::mail::Mailer;
use studioconnect_connectors::secret::Secret;
use studioconnect_domain::Clock;
use studioconnect_domain::agent::AgentConfig;
use studioconnect_domain::ids::{BusinessId, CallId, ConversationId};
use studioconnect_domain::lead::Lead;
use studioconnect_domain::outbox::{Outgoing, OutgoingState};
use studioconnect_domain::plan::PlanCode;
use studioconnect_jobs::deliver::Delivery;
use studioconnect_simulators::mail::{MailFault, MailSink, Taken};
use studioconnect_store::{Settings, Store};
use tokio_util::sync::CancellationToken;

/// Row 15, row 82, row 83.
#[tokio::test]
async fn a_call_s_lead_is_mailed_when_it_is_over_and_whoever_left_an_address_gets_a_word() -> Result<()> {
    let sink = MailSink::start().await?;
    let url = ("SMTP_URL", sink.url());
    let from = ("FROM_EMAIL", "Harbor Light <desk@example.com>".to_owned());
    let app = TestApp::start_with(|setup| setup.variables.extend([url, from])).await?;
    let ended = app.fast_call(3.0, lead_call()).await?;
    let lead = ended.lead.context("the call left no lead")?;
    sink.has_taken(1).await;
    let mail = sink.taken().remove(0);
    assert_eq!(
        (mail.from.as_str(), mail.to.as_slice()),
        ("desk@example.com", &["owner@example.com".to_owned()][..])
    );
    let header = |name: &str| mail.header(name).unwrap_or_default();
    assert!(header("From").contains("<desk@example.com>") && header("To").contains("owner@example.com"));
    assert!(header("Message-ID").ends_with("@example.com>"), "{}", header("Message-ID"));
    assert_eq!(header("References"), format!("<{}@example.com>", lead.id));
    assert_eq!(header("Auto-Submitted"), "auto-generated");
    assert!(header("Content-Type").starts_with("multipart/alternative"));
    assert!(mail.text.contains("2065550142"), "how to reach them stands in it: {}", mail.text);

    let with_mail = Lead { email: Some("dana@example.com".into()), ..lead };
    let store = &app.stage.server.state.store;
    store.put_lead(&Lead { updated_at: with_mail.updated_at + TimeDelta::seconds(1), ..with_mail }).await?;
    sink.has_taken(2).await;
    let word = sink.taken().remove(1);
    assert_eq!(word.to, ["dana@example.com"]);
    assert_eq!(word.header("References").as_deref(), Some(header("References").as_str()), "one thread");
    assert_eq!(sink.violations(), [""; 0]);
    let told = app.owner().await?.json("/api/outgoing").await?;
    let states: Vec<_> =
        told["items"].as_array().context("no list")?.iter().map(|one| one["state"].clone()).collect();
    assert_eq!(states, ["SENT", "SENT"], "{told}");
    app.end().await
}

/// A store with a business, and somebody who delivers by a clock of ours.
struct Office {
    store: Store,
    clock: Clock,
    business: BusinessId,
    stop: CancellationToken,
    _folder: tempfile::TempDir,
}

impl Office {
    async fn open(sink: &MailSink) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let url = format!("sqlite://{}?mode=rwc", folder.path().join("studioconnect.db").display());
        let store = Store::open(&Settings::new(url)).await?;
        store.migrate().await?;
        let clock = Clock::fixed(DateTime::from_timestamp(1_795_000_000, 0).context("no such time")?);
        let opening = Opening {
            name: "Harbor Light Plumbing",
            plan: PlanCode::Pro,
            numbers: &[],
            email: "owner@example.com",
            password: "a password of tests",
            config: AgentConfig::default(),
        };
        let business = onboarding::open_business(&store, &clock, opening).await?.business.id;
        let mailer = Mailer::to_server("desk@example.com", &Secret::new(sink.url()))?;
        let delivery = Delivery::new(store.clone(), clock.clone(), mailer, "http://desk.example.com");
        let stop = CancellationToken::new();
        tokio::spawn(delivery.run(1, stop.clone()));
        Ok(Self { store, clock, business, stop, _folder: folder })
    }

    /// A lead of which the owner is told at once.
    async fn leave_lead(&self) -> Result<()> {
        let now = self.clock.now() - TimeDelta::hours(1);
        let lead = Lead::of_chat(self.business, ConversationId::new(), now);
        self.store.put_lead(&Lead { message: Some("My sink leaks".into()), ..lead }).await?;
        Ok(())
    }

    /// The message, once it is as it is waited for.
    async fn until(&self, is_so: impl Fn(&Outgoing) -> bool) -> Result<Outgoing> {
        let found = async {
            loop {
                let newest = self.store.outgoing(self.business, 1, None).await?;
                if let Some(found) = newest.into_iter().find(|message| is_so(message)) {
                    return anyhow::Ok(found);
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), found)
            .await
            .context("the message is not as it should be")?
    }
}

fn ids(taken: &[Taken]) -> Vec<String> {
    taken.iter().filter_map(|mail| mail.header("Message-ID")).collect()
}

/// Regression: a mail server that is away, full or says nothing loses no mail, and the same mail has the same name.
#[tokio::test]
async fn a_mail_server_that_fails_is_tried_again_and_a_mail_that_comes_twice_can_be_told() -> Result<()> {
    let sink = MailSink::start().await?;
    sink.fail(MailFault::Later);
    let office = Office::open(&sink).await?;
    office.leave_lead().await?;
    let waits =
        office.until(|message| message.attempts == 1 && message.state == OutgoingState::Queued).await?;
    assert_eq!(waits.due_at, office.clock.now() + TimeDelta::seconds(15));
    assert!(waits.words.as_deref().is_some_and(|words| words.contains("try again later")), "{waits:?}");
    sink.fail(MailFault::SilentAfterData);
    office.clock.advance(TimeDelta::seconds(15));
    office.until(|message| message.attempts == 2 && message.state == OutgoingState::Queued).await?;
    sink.fail(MailFault::Away);
    office.clock.advance(TimeDelta::minutes(1));
    office.until(|message| message.attempts == 3 && message.state == OutgoingState::Queued).await?;
    sink.fail(MailFault::None);
    office.clock.advance(TimeDelta::minutes(5));
    let sent = office.until(|message| message.state == OutgoingState::Sent).await?;
    assert!(sent.words.is_some_and(|words| words.starts_with("250")));
    let names = ids(&sink.taken());
    assert_eq!((names.len(), &names[0]), (2, &names[1]), "what came twice has one name");
    office.stop.cancel();
    Ok(())
}

#[tokio::test]
async fn an_address_that_does_not_exist_is_given_up_at_once_and_can_be_tried_again() -> Result<()> {
    let sink = MailSink::start().await?;
    sink.fail(MailFault::NoSuchUser);
    let office = Office::open(&sink).await?;
    office.leave_lead().await?;
    let dead = office.until(|message| message.state == OutgoingState::Dead).await?;
    assert_eq!(dead.attempts, 1);
    assert!(dead.words.as_deref().is_some_and(|words| words.contains("no such user")), "{dead:?}");
    sink.fail(MailFault::None);
    assert!(office.store.replay_outgoing(office.business, dead.id, office.clock.now()).await?);
    office.until(|message| message.state == OutgoingState::Sent).await?;
    office.stop.cancel();
    Ok(())
}

/// A process that died with messages in hand: they go out when their lease is over, once.
#[tokio::test]
async fn what_a_dead_process_had_in_hand_goes_out_after_its_lease() -> Result<()> {
    let sink = MailSink::start().await?;
    let office = Office::open(&sink).await?;
    office.stop.cancel();
    let (now, lease) = (office.clock.now(), office.clock.now() + TimeDelta::seconds(180));
    // Who was just stopped may still look once; then nobody does.
    tokio::time::sleep(Duration::from_millis(600)).await;
    office.leave_lead().await?;
    let lane = studioconnect_domain::outbox::Lane::Normal;
    assert_eq!(office.store.claim_outgoing(lane, 8, now, lease).await?.len(), 1);
    let mailer = Mailer::to_server("desk@example.com", &Secret::new(sink.url()))?;
    let next = Delivery::new(office.store.clone(), office.clock.clone(), mailer, "http://desk.example.com");
    let stop = CancellationToken::new();
    let running = tokio::spawn(next.run(2, stop.clone()));
    office.clock.advance(TimeDelta::seconds(181));
    let sent = office.until(|message| message.state == OutgoingState::Sent).await?;
    assert_eq!((sent.attempts, sink.taken().len()), (2, 1));
    stop.cancel();
    running.await?;
    Ok(())
}

/// Row 75, row 77.
#[tokio::test]
async fn settings_come_back_in_normal_form_and_every_mistake_is_told() -> Result<()> {
    let app = TestApp::start().await?;
    let owner = app.owner().await?;
    let path = "/api/admin/business/notifications";
    assert_eq!(
        owner.json(path).await?,
        json!({"notificationEmail": null, "notificationPhoneNumber": null, "mailsLeads": true,
            "confirmsToCustomers": true, "version": 0})
    );
    let given =
        json!({"notificationEmail": " Desk@Example.COM", "notificationPhoneNumber": "(206) 555-0177"});
    let answer = owner.put(path, &given).await?;
    assert_eq!(answer.status, 200, "{answer:?}");
    let kept = owner.json(path).await?;
    assert_eq!(
        (&kept["notificationEmail"], &kept["notificationPhoneNumber"], &kept["version"]),
        (&json!("desk@example.com"), &json!("+12065550177"), &json!(1))
    );
    let wrong = json!({"notificationEmail": "desk", "notificationPhoneNumber": "12"});
    let refused = owner.put(path, &wrong).await?;
    assert_eq!(refused.status, 422);
    for field in ["notificationEmail", "notificationPhoneNumber"] {
        assert!(refused.body.contains(field), "{}", refused.body);
    }
    let own = owner.put(path, &json!({"notificationPhoneNumber": "206 555 0100"})).await?;
    assert!(own.status == 422 && own.body.contains("its own agent"), "{own:?}");
    let late = owner.put(path, &json!({"version": 0, "notificationEmail": "x@example.com"})).await?;
    assert_eq!(late.status, 409, "{late:?}");
    let unknown = owner.put(path, &json!({"email": "x@example.com"})).await?;
    assert_eq!(unknown.status, 422, "{unknown:?}");
    app.end().await
}

/// Row 78, row 79: the test goes the way that leads go, and failure is told with the server's words.
#[tokio::test]
async fn a_test_mail_goes_the_real_way_and_failure_is_told() -> Result<()> {
    let sink = MailSink::start().await?;
    let app = TestApp::start_with(|setup| setup.variables.push(("SMTP_URL", sink.url()))).await?;
    let owner = app.owner().await?;
    owner.put("/api/admin/business/notifications", &json!({"notificationEmail": "desk@example.com"})).await?;
    let sent = owner.post("/api/admin/test-email", &json!({})).await?;
    assert!(
        sent.status == 200 && sent.body.contains("250") && sent.body.contains("desk@example.com"),
        "{sent:?}"
    );
    assert_eq!(sink.taken().remove(0).to, ["desk@example.com"]);
    sink.fail(MailFault::NoSuchUser);
    let failed = owner.post("/api/admin/test-sendgrid", &json!({})).await?;
    assert!(failed.status == 502 && failed.body.contains("no such user"), "{failed:?}");
    let browser = app.browser_of("owner@example.com").await?;
    let page = browser.submit("/admin/notifications/test", &[]).await?;
    assert!(page.status == 502 && page.body.contains("no such user"), "{}", page.body);
    sink.fail(MailFault::None);
    let page = browser.submit("/admin/notifications/test", &[]).await?;
    assert!(page.status == 200 && page.body.contains("Sent to desk@example.com"), "{}", page.body);
    let mut last = 0;
    for _ in 0..8 {
        last = owner.post("/api/admin/test-email", &json!({})).await?.status;
        if last == 429 {
            break;
        }
    }
    assert_eq!(last, 429, "nobody fills a mailbox");
    app.end().await
}

/// Row 117. With a mail server and without one, the same mail comes about.
#[tokio::test]
async fn a_file_and_a_server_get_the_same_mail() -> Result<()> {
    let sink = MailSink::start().await?;
    let folder = tempfile::tempdir()?;
    let now = Clock::System.now();
    let lead = Lead {
        message: Some("My sink leaks".into()),
        ..Lead::of_call(BusinessId::new(), CallId::new(), None, now)
    };
    let business = studioconnect_domain::business::Business::new(
        lead.business_id,
        "Harbor Light",
        PlanCode::Free,
        "key".into(),
        now,
    );
    let letter =
        studioconnect_jobs::letter::lead::to_the_business(&business, &lead, "https://desk.example.com");
    let mut mail = letter.mail("dana@example.com");
    mail.id = Some(uuid::Uuid::now_v7());
    mail.thread = Some(lead.id.0);
    Mailer::to_server("desk@example.com", &Secret::new(sink.url()))?.send(&mail).await?;
    Mailer::to_files("desk@example.com", folder.path().to_owned())?.send(&mail).await?;
    let file = std::fs::read_dir(folder.path())?.next().context("no file")??.path();
    let kept = Taken { from: String::new(), to: Vec::new(), text: std::fs::read_to_string(file)? };
    let sent = sink.taken().remove(0);
    for header in ["From", "To", "Subject", "Message-ID", "References", "In-Reply-To", "Auto-Submitted"] {
        assert!(sent.header(header).is_some() && sent.header(header) == kept.header(header), "{header}");
    }
    let parts = |mail: &Taken| ["text/plain", "text/html"].map(|part| mail.text.matches(part).count());
    assert_eq!((parts(&sent), parts(&kept)), ([1, 1], [1, 1]));
    assert!(sent.text.find("text/plain") < sent.text.find("text/html"), "the plain part comes first");
    Ok(())
}
