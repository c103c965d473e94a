use super::*;
use crate::ids::EscalationContactId;
use proptest::prelude::*;

fn contact(name: &str, phone: &str) -> EscalationContact {
    EscalationContact {
        id: EscalationContactId::new(),
        name: name.into(),
        phone: PhoneNumber::read(phone, "US").unwrap(),
        email: None,
        quiet_hours: None,
        tries: 1,
        is_active: true,
    }
}

/// Row 133.
#[test]
fn a_template_is_filled_and_one_with_an_unknown_place_is_refused() {
    let filling = Filling {
        business_name: "Alpha Plumbing",
        summary: "water {caller} everywhere",
        caller: "Dana",
        address: "12 Elm St",
        severity: "9",
    };
    let template = "{businessName}: {summary} at {address}, severity {severity}, {caller}. { open";
    assert_eq!(
        fill(template, &filling),
        "Alpha Plumbing: water {caller} everywhere at 12 Elm St, severity 9, Dana. { open"
    );
    let settings = AlarmSettings {
        voice_template: "{businessname} {Summary} {summary}".into(),
        ..AlarmSettings::default()
    };
    let faults = settings.faults(&[]);
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(faults[0].message.starts_with("{businessname}, {Summary} is not known"), "{faults:?}");
}

/// Rows 72 and 133: several mistakes are told together, each at its field.
#[test]
fn settings_are_checked_as_a_whole() {
    let own = [PhoneNumber::read("206 555 0100", "US").unwrap()];
    assert_eq!(AlarmSettings::default().faults(&own), []);
    let first = contact("Sam", "206 555 0177");
    let quiet = crate::escalation::QuietHours {
        from: chrono::NaiveTime::MIN,
        to: chrono::NaiveTime::MIN,
        timezone: "Nowhere".into(),
    };
    let settings = AlarmSettings {
        offer_threshold: 3,
        ring_timeout_s: 31,
        rounds: 0,
        language: "xx".into(),
        voice: "alice".into(),
        own_words: vec![String::new()],
        contacts: vec![
            first.clone(),
            EscalationContact { tries: 9, quiet_hours: Some(quiet), ..contact("", "206 555 0100") },
            EscalationContact { email: Some("nobody".into()), ..first },
        ],
        ..AlarmSettings::default()
    };
    let fields: Vec<String> = settings.faults(&own).into_iter().map(|fault| fault.field).collect();
    assert_eq!(
        fields,
        [
            "offerThreshold",
            "ringTimeoutS",
            "rounds",
            "ownWords[0]",
            "language",
            "voice",
            "contacts[1].name",
            "contacts[1].tries",
            "contacts[1].phone",
            "contacts[1].quietHours.timezone",
            "contacts[2].email",
            "contacts[2].phone",
            "contacts[2].id",
        ]
    );
}

proptest! {
    /// Row 133: what the places are filled with stands in the text as it is, and a template without braces is left alone.
    #[test]
    fn any_template_can_be_looked_at_and_filled(template in "\\PC{0,60}", words in "\\PC{0,40}") {
        let filling = Filling { summary: &words, ..Filling::default() };
        let _ = unknown_placeholders(&template);
        let _ = fill(&template, &filling);
        prop_assert_eq!(fill("<{summary}>", &filling), format!("<{words}>"));
        let plain: String = template.chars().filter(|letter| !"{}".contains(*letter)).collect();
        prop_assert_eq!(fill(&plain, &filling), plain);
    }
}
