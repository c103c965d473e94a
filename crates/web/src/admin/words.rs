//! Values as people read them.

use crate::api::dashboard::MOST_COUNTED;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use studioconnect_domain::call::{Call, CallStatus, EndReason, Outcome};
use studioconnect_domain::conversation::{ConversationStatus, Role as TalkRole};
use studioconnect_domain::lead::{Channel, LeadStatus};
use studioconnect_domain::phone::PhoneNumber;
use studioconnect_domain::priority::Priority;
use studioconnect_domain::question::{AnswerFormat, LeadField};

/// A moment by the business's clock: `Mon 23 Nov, 14:05`.
pub(crate) fn moment(at: &DateTime<Utc>, zone: &Tz) -> String {
    at.with_timezone(zone).format("%a %-d %b, %H:%M").to_string()
}

/// The same with the year, for what may be old.
pub(crate) fn date(at: &DateTime<Utc>, zone: &Tz) -> String {
    at.with_timezone(zone).format("%-d %b %Y, %H:%M").to_string()
}

/// A caller's number as people read it; networks write a word where it is withheld.
pub(crate) fn phone(number: &str) -> String {
    match PhoneNumber::try_from(number.to_owned()) {
        Ok(number) if number.is_somebodys() => number.readable(),
        Ok(_) => "Number withheld".to_owned(),
        Err(_) => number.to_owned(),
    }
}

/// An answer, with a number in groups.
pub(crate) fn answer(value: &str) -> String {
    if value.starts_with('+') { phone(value) } else { value.to_owned() }
}

/// What a session is used from, by what its browser says of itself: `Firefox on Linux`. The order is that of how much one
/// browser pretends to be another.
pub(crate) fn device(user_agent: &str) -> String {
    let first = |known: &[(&str, &'static str)]| {
        known.iter().find(|(sign, _)| user_agent.contains(sign)).map(|(_, name)| *name)
    };
    let browser = first(&[
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("SamsungBrowser/", "Samsung Internet"),
        ("Firefox/", "Firefox"),
        ("FxiOS/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("CriOS/", "Chrome"),
        ("Safari/", "Safari"),
    ]);
    let system = first(&[
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("CrOS", "ChromeOS"),
        ("Mac OS X", "Mac"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(browser), None) => browser.to_owned(),
        (None, _) if user_agent.is_empty() => "A program".to_owned(),
        (None, _) => user_agent.to_owned(),
    }
}

/// What people can be shown to have done.
pub(crate) const ACTIONS: [(&str, &str); 24] = [
    ("agent_config.changed", "Agent's settings changed"),
    ("business.changed", "Business changed"),
    ("call.ended", "Call ended"),
    ("client.added", "Client added"),
    ("client.changed", "Client changed"),
    ("client.removed", "Client removed"),
    ("contact.added", "Contact added"),
    ("contact.changed", "Contact changed"),
    ("contact.removed", "Contact removed"),
    ("conversation.ended", "Conversation ended"),
    ("conversation.released", "Conversation given back to the agent"),
    ("conversation.taken_over", "Conversation taken over"),
    ("lead.changed", "Lead changed"),
    ("plan.changed", "Plan changed"),
    ("question.added", "Question added"),
    ("question.changed", "Question changed"),
    ("question.removed", "Question removed"),
    ("second_factor.cleared", "Second factor cleared"),
    ("second_factor.codes_renewed", "New recovery codes made"),
    ("second_factor.off", "Second factor switched off"),
    ("second_factor.on", "Second factor switched on"),
    ("team.invited", "Somebody invited"),
    ("team.removed", "Somebody removed"),
    ("team.role_changed", "Role changed"),
];

/// What was done, in words; what has none here is told as it was noted.
pub(crate) fn action(action: &str) -> &str {
    ACTIONS.iter().find(|(known, _)| *known == action).map_or(action, |(_, name)| name)
}

/// Seconds as a length: `3:05`.
pub(crate) fn length(seconds: &u32) -> String {
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

/// Milliseconds from the beginning of a call: `0:07.3`.
pub(crate) fn position(ms: &u64) -> String {
    format!("{}:{:02}.{}", ms / 60_000, ms / 1_000 % 60, ms / 100 % 10)
}

/// Millionths of a dollar as money.
pub(crate) fn money(micros: &u64) -> String {
    format!("${}.{:04}", micros / 1_000_000, micros % 1_000_000 / 100)
}

/// Where a call stands, or what came of it.
pub(crate) fn call_state(call: &Call) -> &'static str {
    match (call.status, call.outcome) {
        (CallStatus::Ringing, _) => "Ringing",
        (CallStatus::InProgress, None) => "On the line",
        (_, Some(Outcome::Lead)) => "Lead",
        (_, Some(Outcome::Talked)) => "Talked",
        (_, Some(Outcome::Voicemail)) => "Message",
        (_, Some(Outcome::NoMessage)) => "No message",
        (_, Some(Outcome::Abandoned)) => "Hung up",
        (CallStatus::Completed, None) => "Over",
        (CallStatus::Busy, None) => "Busy",
        (CallStatus::Failed, None) => "Failed",
        (CallStatus::NoAnswer, None) => "No answer",
        (CallStatus::Canceled, None) => "Given up",
    }
}

/// Why a call ended.
pub(crate) fn ending(reason: &EndReason) -> &'static str {
    match reason {
        EndReason::CallerHungUp => "The caller hung up",
        EndReason::Goodbye => "The agent said goodbye",
        EndReason::Silence => "Nobody spoke for a long time",
        EndReason::TimeLimit => "The longest call was reached",
        EndReason::SpendCap => "The most a call may cost was reached",
        EndReason::ModelUnavailable => "The speech model could not be used",
        EndReason::StreamLost => "The connection to the caller broke",
        EndReason::Ended => "It was ended from here",
        EndReason::NotAnswered => "The agent did not take it",
    }
}

/// Where a lead stands.
pub(crate) fn lead_status(status: &LeadStatus) -> &'static str {
    match status {
        LeadStatus::New => "New",
        LeadStatus::Contacted => "Contacted",
        LeadStatus::Qualified => "Qualified",
        LeadStatus::Won => "Won",
        LeadStatus::Lost => "Lost",
        LeadStatus::Spam => "Spam",
    }
}

/// The word of a status in forms and queries.
pub(crate) fn status_word(status: &LeadStatus) -> &'static str {
    match status {
        LeadStatus::New => "NEW",
        LeadStatus::Contacted => "CONTACTED",
        LeadStatus::Qualified => "QUALIFIED",
        LeadStatus::Won => "WON",
        LeadStatus::Lost => "LOST",
        LeadStatus::Spam => "SPAM",
    }
}

/// A count that is not taken further than it matters.
pub(crate) fn counted(count: &u64) -> String {
    if *count < MOST_COUNTED { count.to_string() } else { format!("{MOST_COUNTED}+") }
}

/// How soon somebody should look at a lead.
pub(crate) fn priority(priority: &Priority) -> &'static str {
    match priority {
        Priority::Low => "Low",
        Priority::Normal => "Normal",
        Priority::High => "High",
        Priority::Urgent => "Urgent",
    }
}

/// How a lead came in.
pub(crate) fn channel(channel: &Channel) -> &'static str {
    match channel {
        Channel::Voice => "Phone",
        Channel::Chat => "Chat",
    }
}

/// Who answers in a conversation, as forms name it.
pub(crate) fn talk_word(status: &ConversationStatus) -> &'static str {
    match status {
        ConversationStatus::Open => "OPEN",
        ConversationStatus::Human => "HUMAN",
        ConversationStatus::Ended => "ENDED",
    }
}

/// Who answers in a conversation.
pub(crate) fn talk_status(status: &ConversationStatus) -> &'static str {
    match status {
        ConversationStatus::Open => "Agent",
        ConversationStatus::Human => "A person",
        ConversationStatus::Ended => "Over",
    }
}

/// Who says something in a conversation.
pub(crate) fn talker(role: &TalkRole) -> &'static str {
    match role {
        TalkRole::Visitor => "Visitor",
        TalkRole::Agent => "Agent",
        TalkRole::Human => "Your team",
        TalkRole::Notice => "",
    }
}

/// An intent's name as words: `ASK_HOURS` is `ask hours`.
pub(crate) fn intent(name: &str) -> String {
    name.to_lowercase().replace('_', " ")
}

/// A share of one.
pub(crate) fn percent(share: &f32) -> String {
    format!("{:.0} %", share * 100.0)
}

/// Whether an address leads to the web, and to nothing that runs in the page.
pub(crate) fn is_web(address: &str) -> bool {
    address.starts_with("https://") || address.starts_with("http://")
}

/// What an answer looks like: word in forms, and name.
pub(crate) const FORMATS: [(AnswerFormat, &str, &str); 8] = [
    (AnswerFormat::Text, "TEXT", "Anything"),
    (AnswerFormat::Email, "EMAIL", "Mail address"),
    (AnswerFormat::Phone, "PHONE", "Phone number"),
    (AnswerFormat::Date, "DATE", "Day"),
    (AnswerFormat::Number, "NUMBER", "Number"),
    (AnswerFormat::Choice, "CHOICE", "One of your choices"),
    (AnswerFormat::Address, "ADDRESS", "Address"),
    (AnswerFormat::YesNo, "YES_NO", "Yes or no"),
];

/// What a question fills: word in forms, and name.
pub(crate) const FIELDS: [(LeadField, &str, &str); 5] = [
    (LeadField::Name, "name", "Name"),
    (LeadField::Email, "email", "Mail"),
    (LeadField::Phone, "phone", "Phone"),
    (LeadField::Address, "address", "Address"),
    (LeadField::Message, "message", "What it is about"),
];

/// The name of a format.
pub(crate) fn format_name(format: &AnswerFormat) -> &'static str {
    FORMATS.iter().find(|(known, ..)| known == format).map_or("", |(_, _, name)| name)
}

#[cfg(test)]
mod tests;
