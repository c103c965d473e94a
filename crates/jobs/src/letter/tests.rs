use super::*;
use chrono::{DateTime, Utc};
use std::path::PathBuf;
use studioconnect_domain::business::Business;
use studioconnect_domain::ids::{BusinessId, CallId, LeadId};
use studioconnect_domain::lead::{Completeness, Lead};
use studioconnect_domain::plan::PlanCode;

/// What people might say to a receptionist that writes mails.
const HOSTILE: &str = "</dd><script>alert(1)</script> \"&amp;' {{ 7 * 7 }}\r\nBcc: all@example.com\n.\n<img src=x onerror=alert(1)>";

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_000_000 + seconds, 0).unwrap()
}

fn shop() -> Business {
    let business = Business::new(
        BusinessId(uuid::Uuid::from_u128(3)),
        "Harbor Light <Plumbing>",
        PlanCode::Pro,
        "key".into(),
        at(0),
    );
    Business { timezone: "America/Los_Angeles".into(), ..business }
}

fn lead() -> Lead {
    let shop = shop();
    Lead {
        id: LeadId(uuid::Uuid::from_u128(7)),
        name: Some("Dana <b>Reyes</b>".into()),
        email: Some("dana@example.com".into()),
        phone: Some("+12065550142".into()),
        address: Some("12 Harbor Street".into()),
        message: Some(HOSTILE.into()),
        completeness: Completeness::Partial,
        ..Lead::of_call(shop.id, CallId::new(), None, at(0))
    }
}

/// Compares with a file in `golden`; `STUDIOCONNECT_GOLDEN=1` writes it anew.
fn holds(name: &str, letter: &Letter) {
    let mail = letter.mail("desk@example.com");
    for (ending, found) in [("html", mail.html.clone().unwrap()), ("txt", mail.text.clone())] {
        let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden").join(format!("{name}.{ending}"));
        if std::env::var_os("STUDIOCONNECT_GOLDEN").is_some() {
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(&file, &found).unwrap();
        }
        let kept = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(
            kept == found,
            "{} is another one now; look at it, then STUDIOCONNECT_GOLDEN=1\n{found}",
            file.display()
        );
    }
}

/// Row 6, row 130.
#[test]
fn mails_of_hostile_words_are_as_they_were_looked_at() {
    let base = "https://desk.example.com";
    let to_us = lead::to_the_business(&shop(), &lead(), base);
    holds("lead", &to_us);
    let urgent = Letter {
        banner: Some(Banner { title: "Emergency, severity 9 of 10".into(), words: HOSTILE.into() }),
        ..to_us
    };
    holds("urgent-lead", &urgent);
    holds("confirmation", &lead::to_the_customer(&shop(), &lead(), "en"));
    holds("confirmation-es", &lead::to_the_customer(&shop(), &lead(), "es"));
}

/// Row 6. Nothing that was said becomes markup or a header.
#[test]
fn nothing_that_was_said_adds_an_element_or_a_header() {
    let letter = lead::to_the_business(&shop(), &lead(), "https://desk.example.com");
    let mail = letter.mail("desk@example.com");
    let html = mail.html.clone().unwrap();
    assert!(!html.contains("<script") && !html.contains("<img") && !html.contains("<b>"), "{html}");
    let harmless = Lead { message: Some("x".into()), name: Some("y".into()), ..lead() };
    let plain =
        lead::to_the_business(&shop(), &harmless, "https://desk.example.com").mail("desk@example.com");
    let elements = |html: &str| html.matches('<').count();
    assert_eq!(elements(&html), elements(&plain.html.unwrap()));
    assert!(mail.text.contains(HOSTILE), "the plain text has the very words");
    assert_eq!(mail.reply_to.as_deref(), Some("dana@example.com"));
}

#[test]
fn a_mail_stays_small_enough_not_to_be_cut() {
    let long = "Ü<".repeat(90_000);
    let endless =
        Lead { message: Some(long.clone()), address: Some(long.clone()), name: Some(long), ..lead() };
    let mail = lead::to_the_business(&shop(), &endless, "https://desk.example.com").mail("desk@example.com");
    assert!(mail.html.unwrap().len() < 102_000 && mail.subject.chars().count() <= SUBJECT);
}
