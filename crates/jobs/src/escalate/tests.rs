use super::*;
use chrono::TimeDelta;
use std::sync::Mutex;
use studioconnect_connectors::http::{Timeouts, client};
use studioconnect_connectors::secret::Secret;
use studioconnect_domain::agent::AgentConfig;
use studioconnect_domain::alarm::AlarmSettings;
use studioconnect_domain::business::{Business, BusinessNumber, Role, User};
use studioconnect_domain::escalation::{Escalation, EscalationContact, Key, Outcome};
use studioconnect_domain::ids::{EscalationContactId, PhoneNumberId, UserId};
use studioconnect_domain::incident::{EntryKind, IncidentState};
use studioconnect_domain::lead::Channel;
use studioconnect_domain::phone::PhoneNumber;
use studioconnect_domain::plan::PlanCode;
use studioconnect_store::{NewBusiness, Settings};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

type Asked = Arc<Mutex<Vec<String>>>;

/// A network that answers in turn, and what it was asked.
async fn network(answers: &[(u16, &str)]) -> (String, Asked) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let asked = Asked::default();
    let (kept, answers) = (asked.clone(), answers.iter().map(|(code, body)| (*code, (*body).to_owned())));
    let answers: Vec<_> = answers.collect();
    tokio::spawn(async move {
        for (code, body) in answers {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            loop {
                let mut piece = [0; 4096];
                let read = socket.read(&mut piece).await.unwrap();
                request.extend_from_slice(&piece[..read]);
                let text = String::from_utf8_lossy(&request).into_owned();
                let Some((head, sent)) = text.split_once("\r\n\r\n") else { continue };
                let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
                if sent.len() >= length.map_or(0, |length| length.parse().unwrap()) {
                    kept.lock().unwrap().push(format!("{} {sent}", head.lines().next().unwrap()));
                    break;
                }
            }
            let answer = format!(
                "HTTP/1.1 {code} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                body.len()
            );
            socket.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    (url, asked)
}

struct Desk {
    escalator: Escalator,
    incident: Incident,
    folder: tempfile::TempDir,
}

async fn desk(network: &str) -> Desk {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("desk.db");
    let store = Store::open(&Settings::new(format!("sqlite://{}?mode=rwc", file.display()))).await.unwrap();
    store.migrate().await.unwrap();
    let clock = Clock::fixed("2026-11-24T02:00:00Z".parse().unwrap());
    let business = BusinessId::new();
    let owner = User {
        id: UserId::new(),
        business_id: business,
        email: "owner@example.com".into(),
        password_hash: "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA".into(),
        name: String::new(),
        role: Role::Owner,
        second_factor: None,
        created_at: clock.now(),
    };
    let key = format!("wk_{business}");
    let new = NewBusiness {
        business: Business::new(business, "Alpha Plumbing", PlanCode::Pro, key, clock.now()),
        owner,
        numbers: Vec::new(),
        config: AgentConfig::default(),
        questions: Vec::new(),
    };
    store.create_business(&new).await.unwrap();
    let phone = |line: u32| PhoneNumber::read(&format!("206 555 01{line}"), "US").unwrap();
    let own = BusinessNumber { id: PhoneNumberId::new(), business_id: business, number: phone(10) };
    store.add_number(&own).await.unwrap();
    let contact = |name: &str, line| EscalationContact {
        id: EscalationContactId::new(),
        name: name.into(),
        phone: phone(line),
        email: Some(format!("{name}@example.com")),
        quiet_hours: None,
        tries: 1,
        is_active: true,
    };
    let contacts = vec![contact("ana", 71), contact("ben", 72)];
    let policy = AlarmSettings { contacts, rounds: 1, ..AlarmSettings::default() }.policy(true);
    let id = IncidentId::new();
    let incident = Incident {
        id,
        business_id: business,
        channel: Channel::Voice,
        call_id: None,
        conversation_id: None,
        lead_id: None,
        is_drill: false,
        severity: 9,
        words: "water through the ceiling".into(),
        address: None,
        caller_name: None,
        caller_phone: None,
        state: IncidentState::Open,
        accepted_by: None,
        created_at: clock.now(),
        updated_at: clock.now(),
        escalation: Escalation::new(id, policy, 9, clock.now()),
        version: 0,
    };
    let incident = store.open_incident(&incident, None).await.unwrap();
    let limit = Duration::from_secs(5);
    let http = client(Timeouts { connect: limit, total: limit }).unwrap();
    let twilio = TwilioRest::new(http, network.parse().unwrap(), "AC01", Secret::new("token"));
    let mailer = Mailer::to_files("desk@example.com", folder.path().join("mails")).unwrap();
    let escalator =
        Escalator::new(store, clock, Some(Arc::new(twilio)), mailer, "https://voice.example.com/");
    Desk { escalator, incident, folder }
}

impl Desk {
    async fn tell(&self, event: Event) -> Incident {
        self.escalator.happened(self.incident.business_id, self.incident.id, event).await.unwrap()
    }

    /// Lets time pass until something is due, and looks.
    async fn look(&self, seconds: i64) {
        self.escalator.clock.advance(TimeDelta::seconds(seconds));
        assert_eq!(self.escalator.look().await.unwrap(), 1);
    }
}

/// Rows 74 and 128: an unclear placement is looked up, and one call is made; who does not press a key has not accepted.
#[tokio::test]
async fn an_unclear_call_is_asked_about_before_it_is_placed_again_and_the_second_contact_accepts() {
    let (url, asked) = network(&[
        (500, "{}"),
        (200, r#"{"calls":[]}"#),
        (200, r#"{"calls":[]}"#),
        (201, r#"{"sid":"CA01","status":"queued"}"#),
        (201, r#"{"sid":"CA02","status":"queued"}"#),
    ])
    .await;
    let desk = desk(&url).await;
    let mut news = desk.escalator.news();
    desk.look(0).await;
    for _ in 0..2 {
        desk.look(4).await;
    }
    let ana = desk.tell(Event::Deadline).await.escalation.current().unwrap().clone();
    assert_eq!(ana.sid.as_deref(), Some("CA01"));
    let sid = "CA01".to_owned();
    let next = desk.tell(Event::Ended { attempt: ana.id, sid, outcome: Outcome::Completed }).await;
    let ben = next.escalation.current().unwrap().clone();
    let done = desk.tell(Event::KeyPressed { attempt: ben.id, sid: "CA02".into(), key: Key::Accept }).await;
    assert_eq!((done.state, done.accepted_by.as_deref()), (IncidentState::Accepted, Some("ben")));
    let asked = asked.lock().unwrap().clone();
    let lines: Vec<&str> = asked.iter().filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(lines, ["POST", "GET", "GET", "POST", "POST"], "{asked:?}");
    assert!(asked[3].contains("To=%2B12065550171&From=%2B12065550110") && asked[3].contains("Timeout=25"));
    assert!(asked[3].contains("Fapi%2Fvoice%2Falert%3Fattempt%3D"), "{}", asked[3]);
    let told: Vec<News> = std::iter::from_fn(|| news.try_recv().ok()).map(|one| one.news).collect();
    let name = |name: &str| name.to_owned();
    let expected = [
        News::Ringing { name: name("ana") },
        News::Ringing { name: name("ben") },
        News::Accepted { name: name("ben") },
    ];
    assert_eq!(told, expected);
}

/// Row 14: nobody can be rung, so everybody is written to, and the history says so.
#[tokio::test]
async fn numbers_that_are_refused_end_in_a_mail_to_everybody() {
    let refused = r#"{"code":21211,"message":"Invalid 'To' Phone Number","status":400}"#;
    let (url, _) = network(&[(400, refused), (400, refused)]).await;
    let desk = desk(&url).await;
    desk.look(0).await;
    let store = &desk.escalator.store;
    let kinds: Vec<_> = store.incident_entries(desk.incident.business_id, desk.incident.id).await.unwrap();
    assert!(kinds.iter().any(|entry| entry.detail.as_deref().is_some_and(|words| words.contains("21211"))));
    assert_eq!(kinds.last().unwrap().kind, EntryKind::EveryoneTold);
    let mails = std::fs::read_dir(desk.folder.path().join("mails")).unwrap();
    assert_eq!(mails.count(), 3, "two contacts and the owner");
}
