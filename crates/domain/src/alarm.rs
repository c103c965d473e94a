//! How a business is woken in an emergency: what is offered to callers, whom it rings, and what they hear.

use crate::emergency::{Rules, Sensitivity};
use crate::escalation::{EscalationContact, LONGEST_RING_S, MOST_ATTEMPTS, MOST_ROUNDS, MOST_TRIES, Policy};
use crate::fault::Fault;
use crate::phone::PhoneNumber;
use crate::rule::{EMAIL_OR_NONE, Number, Text};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

mod template;

pub use template::{Filling, PLACEHOLDERS, fill, unknown_placeholders};

/// Most people who are rung.
pub const MOST_CONTACTS: usize = 10;
/// Most words of a business's own, and most exceptions.
pub const MOST_OWN_WORDS: usize = 50;

/// Who they are.
pub static NAME: Text = Text::of(1, 80).called("a name").on_one_line();
/// One word or phrase of the business's own.
pub static OWN_WORD: Text = Text::of(1, 60).called("a word or phrase").on_one_line();
/// What is spoken to who is rung.
pub static TEMPLATE: Text = Text::of(0, 1_000);
/// What they should do.
pub static INSTRUCTIONS: Text = Text::of(0, 500);
/// From which severity on callers are offered to be connected.
pub static OFFER_THRESHOLD: Number = Number::whole(5, 10);
/// How long a phone rings, in seconds.
pub static RING_TIMEOUT: Number = Number::whole(5, LONGEST_RING_S);
/// How often the list is gone through.
pub static ROUNDS: Number = Number::whole(1, MOST_ROUNDS);
/// How often in a row somebody is tried.
pub static TRIES: Number = Number::whole(1, MOST_TRIES);
/// Minutes until whoever accepted is asked again; 0 is never.
pub static REPAGE: Number = Number::whole(0, 24 * 60);
/// Most calls of one incident.
pub static ATTEMPTS: Number = Number::whole(1, MOST_ATTEMPTS);

/// Languages an alert can be spoken in.
pub const LANGUAGES: [&str; 6] = ["en-US", "en-GB", "es-US", "es-ES", "fr-FR", "fr-CA"];

/// A business's emergency settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct AlarmSettings {
    /// From which severity on (1–10) a caller is offered to be connected at once.
    pub offer_threshold: u8,
    /// How readily words count as an emergency.
    pub sensitivity: Sensitivity,
    /// Words that make an emergency more likely in this trade.
    pub own_words: Vec<String>,
    /// Words that make none here.
    pub exceptions: Vec<String>,
    /// Who is rung, in this order.
    pub contacts: Vec<EscalationContact>,
    /// How long a phone rings, in seconds.
    pub ring_timeout_s: u32,
    /// How often the list is gone through.
    pub rounds: u32,
    /// Most calls of one incident.
    pub most_attempts: u32,
    /// Minutes until whoever accepted is asked whether it is over; 0 is never.
    pub repage_after_minutes: u32,
    /// What is spoken to who is rung, with `{businessName}`, `{summary}`, `{caller}`, `{address}` and `{severity}`. Empty is
    /// our own words.
    pub voice_template: String,
    /// What they should do.
    pub instructions: String,
    /// The alert's language.
    pub language: String,
    /// The voice that speaks it, such as `Polly.Joanna-Neural`; empty is the language's own.
    pub voice: String,
}

impl Default for AlarmSettings {
    fn default() -> Self {
        Self {
            offer_threshold: 8,
            sensitivity: Sensitivity::Normal,
            own_words: Vec::new(),
            exceptions: Vec::new(),
            contacts: Vec::new(),
            ring_timeout_s: 25,
            rounds: 2,
            most_attempts: 20,
            repage_after_minutes: 30,
            voice_template: String::new(),
            instructions: String::new(),
            language: "en-US".to_owned(),
            voice: String::new(),
        }
    }
}

impl AlarmSettings {
    /// Every mistake. `own` are the numbers the business is reached on: a call to one of those would come back to the agent.
    pub fn faults(&self, own: &[PhoneNumber]) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut check = |field: &str, fault: Option<String>| {
            faults.extend(fault.map(|message| Fault::new(field, message)));
        };
        check("offerThreshold", OFFER_THRESHOLD.fault(self.offer_threshold.into()));
        check("ringTimeoutS", RING_TIMEOUT.fault(self.ring_timeout_s.into()));
        check("rounds", ROUNDS.fault(self.rounds.into()));
        check("mostAttempts", ATTEMPTS.fault(self.most_attempts.into()));
        check("repageAfterMinutes", REPAGE.fault(self.repage_after_minutes.into()));
        check("voiceTemplate", TEMPLATE.fault(&self.voice_template));
        check("instructions", INSTRUCTIONS.fault(&self.instructions));
        for (field, words) in [("ownWords", &self.own_words), ("exceptions", &self.exceptions)] {
            check(field, (words.len() > MOST_OWN_WORDS).then(|| format!("at most {MOST_OWN_WORDS} of them")));
            for (place, word) in words.iter().take(MOST_OWN_WORDS).enumerate() {
                check(&format!("{field}[{place}]"), OWN_WORD.fault(word));
            }
        }
        let unknown = unknown_placeholders(&self.voice_template);
        check("voiceTemplate", (!unknown.is_empty()).then(|| unknown_says(&unknown)));
        let is_spoken = LANGUAGES.contains(&self.language.as_str());
        check("language", (!is_spoken).then(|| format!("must be one of {}", LANGUAGES.join(", "))));
        check("voice", voice_fault(&self.voice));
        let too_many = self.contacts.len() > MOST_CONTACTS;
        check("contacts", too_many.then(|| format!("at most {MOST_CONTACTS} people can be rung")));
        for (place, contact) in self.contacts.iter().take(MOST_CONTACTS).enumerate() {
            faults.extend(self.faults_of(place, contact, own));
        }
        faults
    }

    fn faults_of(&self, place: usize, contact: &EscalationContact, own: &[PhoneNumber]) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut check = |field: &str, fault: Option<String>| {
            let field = format!("contacts[{place}].{field}");
            faults.extend(fault.map(|message| Fault::new(field, message)));
        };
        check("name", NAME.fault(&contact.name));
        check("email", EMAIL_OR_NONE.fault(contact.email.as_deref().unwrap_or_default()));
        check("tries", TRIES.fault(contact.tries.into()));
        let before = self.contacts.iter().take(place);
        let same = before.clone().find(|other| other.phone == contact.phone);
        check("phone", same.map(|other| format!("{} has this number already", other.name)));
        let own = own.contains(&contact.phone);
        let says = "callers reach the business on this number; the call would come back";
        check("phone", own.then(|| says.to_owned()));
        let mut before = before;
        check(
            "id",
            before.any(|other| other.id == contact.id).then(|| "stands twice in the list".to_owned()),
        );
        if let Some(quiet) = &contact.quiet_hours {
            let says = "must be a timezone such as America/New_York";
            let zone = quiet.timezone.parse::<chrono_tz::Tz>();
            check("quietHours.timezone", zone.is_err().then(|| says.to_owned()));
        }
        faults
    }

    /// How messages are told apart.
    pub fn rules(&self) -> Rules {
        Rules {
            sensitivity: self.sensitivity,
            own_words: self.own_words.clone(),
            exceptions: self.exceptions.clone(),
        }
    }

    /// How people are rung; `has_calls` is whether the plan rings anybody.
    pub fn policy(&self, has_calls: bool) -> Policy {
        Policy {
            contacts: self.contacts.clone(),
            ring_timeout_s: self.ring_timeout_s,
            rounds: self.rounds,
            repage_after_minutes: Some(self.repage_after_minutes).filter(|minutes| *minutes > 0),
            most_attempts: self.most_attempts,
            has_calls,
        }
        .bounded()
    }
}

fn unknown_says(unknown: &[String]) -> String {
    let known: Vec<String> = PLACEHOLDERS.iter().map(|name| format!("{{{name}}}")).collect();
    let unknown: Vec<String> = unknown.iter().map(|name| format!("{{{name}}}")).collect();
    format!("{} is not known here; there are {}", unknown.join(", "), known.join(", "))
}

/// A voice that speaks marked-up text: the network's plain ones read the marks out.
fn voice_fault(voice: &str) -> Option<String> {
    let (family, name) = voice.split_once('.').unwrap_or_default();
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
    let fits =
        matches!(family, "Polly" | "Google") && (1..=60).contains(&name.len()) && name.chars().all(is_plain);
    (!voice.is_empty() && !fits).then(|| "must look like Polly.Joanna-Neural or be empty".to_owned())
}

#[cfg(test)]
mod tests;
