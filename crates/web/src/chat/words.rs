//! What visitors are told by us, not by the agent: in English, and in Spanish for whoever speaks it.

use chrono::{DateTime, Datelike as _, Utc};
use studioconnect_domain::business::Business;

const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const DIAS: [&str; 7] = ["lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"];

fn is_spanish(language: &str) -> bool {
    language.to_ascii_lowercase().starts_with("es")
}

fn say(language: &str, english: String, spanish: String) -> String {
    if is_spanish(language) { spanish } else { english }
}

/// The greeting of a business that has written none.
pub(super) fn greeting(business: &str, language: &str) -> String {
    say(
        language,
        format!("Hello! Welcome to {business}. How can we help you?"),
        format!("¡Hola! Le damos la bienvenida a {business}. ¿En qué podemos ayudarle?"),
    )
}

/// Told while the business is closed; none while it is open.
pub(super) fn after_hours(business: &Business, now: DateTime<Utc>, language: &str) -> Option<String> {
    let zone = business.zone();
    if business.hours.is_open(now, zone) {
        return None;
    }
    let Some(opens) = business.hours.next_opening(now, zone).map(|opens| opens.with_timezone(&zone)) else {
        return Some(say(
            language,
            "We are closed at the moment. Leave a message, and we will get back to you.".to_owned(),
            "Ahora estamos cerrados. Deje un mensaje y le responderemos.".to_owned(),
        ));
    };
    let time = opens.format("%H:%M");
    let today = now.with_timezone(&zone).date_naive();
    let days = (opens.date_naive() - today).num_days();
    let name = |names: [&'static str; 7]| {
        names.get(opens.weekday().num_days_from_monday() as usize).copied().unwrap_or_default()
    };
    let date = opens.format("%-d.%-m.");
    let (english, spanish) = match days {
        0 => ("today".to_owned(), "hoy".to_owned()),
        1 => ("tomorrow".to_owned(), "mañana".to_owned()),
        2..=6 => (format!("on {}", name(DAYS)), format!("el {}", name(DIAS))),
        _ => (format!("on {} {}", name(DAYS), opens.format("%-d %B")), format!("el {} {date}", name(DIAS))),
    };
    Some(say(
        language,
        format!(
            "We are closed at the moment and open again {english} at {time}. Leave a message, and we will get back to you."
        ),
        format!(
            "Ahora estamos cerrados y abrimos {spanish} a las {time}. Deje un mensaje y le responderemos."
        ),
    ))
}

/// A person answers.
pub(super) fn taken_over(person: &str, language: &str) -> String {
    say(language, format!("{person} answers you now."), format!("Ahora le atiende {person}."))
}

/// The agent answers again.
pub(super) fn given_back(agent: &str, language: &str) -> String {
    say(language, format!("{agent} answers you again."), format!("{agent} le atiende de nuevo."))
}

/// The agent answers again because the person has left.
pub(super) fn left_waiting(agent: &str, language: &str) -> String {
    say(
        language,
        format!("Nobody could answer you just now, so {agent} answers you again."),
        format!("Nadie ha podido responderle, así que {agent} le atiende de nuevo."),
    )
}

/// Somebody of the business has ended it.
pub(super) fn ended(language: &str) -> String {
    say(
        language,
        "This conversation was ended. Write again whenever you like.".to_owned(),
        "La conversación ha terminado. Escriba de nuevo cuando quiera.".to_owned(),
    )
}

/// Somebody without a name of their own.
pub(super) fn somebody(business: &str, language: &str) -> String {
    say(language, format!("Somebody of {business}"), format!("Una persona de {business}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeZone as _;
    use studioconnect_domain::ids::BusinessId;
    use studioconnect_domain::plan::PlanCode;

    #[test]
    fn whoever_writes_after_hours_is_told_when_it_opens_by_the_business_s_own_clock() {
        let now = DateTime::UNIX_EPOCH;
        let mut shop = Business::new(BusinessId::new(), "Acme", PlanCode::Free, "wk".into(), now);
        shop.timezone = "America/Los_Angeles".into();
        assert_eq!(after_hours(&shop, now, "en"), None, "hours nobody has set close nothing");
        shop.hours = serde_json::from_str(
            r#"{"week":[[{"from":"08:00","to":"17:00"}],[],[],[{"from":"09:30","to":"12:00"}],[],[],[]],
                "holidays":[{"date":"2026-12-03","open":[]},{"date":"2026-12-07","open":[]}]}"#,
        )
        .unwrap();
        let local =
            |day, hour| shop.zone().with_ymd_and_hms(2026, 11, day, hour, 0, 0).unwrap().with_timezone(&Utc);
        assert_eq!(after_hours(&shop, local(23, 10), "en"), None);
        for (day, hour, language, says) in [
            (23, 7, "en", "again today at 08:00."),
            (22, 22, "en-US", "again tomorrow at 08:00."),
            (23, 18, "en", "again on Thursday at 09:30."),
            (23, 18, "es-MX", "abrimos el jueves a las 09:30."),
            (30, 18, "en", "again on Thursday 10 December at 09:30."),
        ] {
            let told = after_hours(&shop, local(day, hour), language).unwrap();
            assert!(told.contains(says), "{told}");
        }
    }
}
