//! An emergency in a conversation: it is heard, kept, offered to be connected once, and asked about as briefly as can be.
//!
//! Whoever tells of one has the lead and the incident kept before anything else happens; people are rung from then on,
//! whatever is answered. What is chosen decides only whether they wait to be connected or leave their details.

use super::hear::Heard;
use super::{Conversation, Side, Stage};
use crate::desk::Desk;
use crate::words::Plain;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use studioconnect_domain::emergency::{Detector, Finding, Tone, local_emergency_number};
use studioconnect_domain::escalation::Escalation;
use studioconnect_domain::ids::IncidentId;
use studioconnect_domain::incident::{Incident, IncidentState, MOST_WORDS};
use studioconnect_domain::lead::LeadStatus;
use studioconnect_domain::plan::Feature;
use studioconnect_domain::priority::{History, Priority, priority};
use studioconnect_domain::question::{LeadField, Question};

/// What is told so long after an emergency is another one.
const ANOTHER: TimeDelta = TimeDelta::hours(6);
/// Longest words that may be an answer to the offer; who says more has said something else.
const CHOICE_WORDS: usize = 8;

/// What somebody in need has chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Choice {
    /// To be connected with whoever takes it on.
    Connect,
    /// To answer a few questions and be called back.
    Questions,
}

/// How the offer stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum Offer {
    /// Not made: too little at stake, or nobody who could be rung.
    No,
    /// Made; the answer waits.
    Made,
    /// Answered, or passed over.
    Done(Option<Choice>),
}

/// An emergency that was told of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alarm {
    /// From 1 to 10.
    pub severity: u8,
    /// A life is in danger.
    pub endangers_life: bool,
    /// What was said.
    pub words: String,
    /// Why it is one.
    pub reason: String,
    /// When it was told first.
    pub at: DateTime<Utc>,
    offer: Offer,
    has_warned: bool,
    /// A number to call back was asked for.
    has_asked_number: bool,
}

impl Alarm {
    /// What was chosen, if anything.
    pub fn choice(&self) -> Option<Choice> {
        if let Offer::Done(choice) = self.offer { choice } else { None }
    }

    fn waits_for_choice(&self) -> bool {
        self.offer == Offer::Made
    }
}

/// What a turn told of an emergency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Told {
    /// Nothing new.
    #[default]
    Nothing,
    /// That there is one.
    First,
    /// That it is graver.
    Worse,
}

impl Conversation {
    /// The emergency that was told of.
    pub fn alarm(&self) -> Option<&Alarm> {
        self.alarm.as_ref()
    }

    /// The incident as it is to be kept, once there is an emergency. It bears the lead's id: a conversation has one of each.
    pub fn incident(&self, desk: &Desk<'_>) -> Option<Incident> {
        let alarm = self.alarm.as_ref()?;
        let lead = self.lead()?;
        let id = IncidentId(lead.id.0);
        let has_calls = desk.plan.includes(Feature::EmergencyVoiceCalls);
        let escalation = Escalation::new(id, desk.alarm.policy(has_calls), alarm.severity, alarm.at);
        Some(Incident {
            id,
            business_id: lead.business_id,
            channel: lead.channel,
            call_id: lead.call_id,
            conversation_id: lead.conversation_id,
            lead_id: Some(lead.id),
            is_drill: false,
            severity: alarm.severity,
            words: alarm.words.clone(),
            address: lead.address.clone(),
            caller_name: lead.name.clone(),
            caller_phone: lead.phone.clone(),
            state: IncidentState::Open,
            accepted_by: None,
            created_at: alarm.at,
            updated_at: desk.now,
            escalation,
            version: 0,
        })
    }

    /// Whether what was said tells of an emergency; the lead says so then. What has no place in one sentence may have in two, so
    /// it is read together with what was said before, too.
    pub(super) fn listen_for_emergency(&mut self, text: &str, desk: &Desk<'_>) -> Told {
        let detector = Detector::new(&desk.alarm.rules());
        let mut finding = detector.detect(text);
        let mut words = text.to_owned();
        if !finding.is_emergency
            && self.alarm.is_none()
            && let Some(before) = self.said_before()
        {
            let both = format!("{before}. {text}");
            let found = detector.detect(&both);
            if found.is_emergency {
                (finding, words) = (found, both);
            }
        }
        if !finding.is_emergency {
            self.weigh(text, &finding, desk);
            return Told::Nothing;
        }
        self.raise(&finding, &words, desk)
    }

    fn said_before(&self) -> Option<&str> {
        // The last line is what is being heard.
        let mut lines = self.lines.iter().rev().skip(1).filter(|line| line.side == Side::Visitor);
        lines.next().map(|line| line.text.as_str())
    }

    /// Sets the lead's priority by what was said; it only rises.
    fn weigh(&mut self, text: &str, finding: &Finding, desk: &Desk<'_>) {
        let history = History { within_hours: desk.is_open(), ..desk.history };
        let (found, _) = priority(finding, &Tone::of(text), &history);
        self.intake.note_quietly(|lead| {
            // The first thing that says anything decides between low and normal.
            let is_first = lead.priority == Priority::Normal && lead.message.is_none();
            if found > lead.priority || (is_first && found == Priority::Low) {
                lead.priority = found;
            }
        });
    }

    fn raise(&mut self, finding: &Finding, words: &str, desk: &Desk<'_>) -> Told {
        let words: String = words.chars().take(MOST_WORDS).collect();
        let severity = finding.severity;
        let known = self.alarm.take().filter(|alarm| desk.now - alarm.at < ANOTHER);
        let told = match &known {
            None => Told::First,
            Some(alarm) if severity > alarm.severity => Told::Worse,
            Some(_) => Told::Nothing,
        };
        let alarm = match known {
            Some(alarm) if told == Told::Nothing => alarm,
            Some(alarm) => Alarm {
                severity,
                endangers_life: alarm.endangers_life || finding.endangers_life,
                words: words.clone(),
                reason: finding.reason.clone(),
                ..alarm
            },
            None => Alarm {
                severity,
                endangers_life: finding.endangers_life,
                words: words.clone(),
                reason: finding.reason.clone(),
                at: desk.now,
                offer: Offer::No,
                has_warned: false,
                has_asked_number: false,
            },
        };
        let severity = alarm.severity;
        self.alarm = Some(alarm);
        self.intake.note(desk, |lead| {
            lead.priority = Priority::Urgent;
            lead.emergency = lead.emergency.max(Some(severity));
            if lead.handling.status == LeadStatus::Spam {
                lead.handling.status = LeadStatus::New;
            }
        });
        if told != Told::Nothing {
            // What they want is what they cry for: the question that asks it needs no other answer.
            self.wish = Some(words);
            self.take_down_wish(desk);
        }
        told
    }

    /// The answer to the offer, if it was one.
    pub(super) fn choose(&mut self, text: &str) -> Option<Choice> {
        let alarm = self.alarm.as_mut().filter(|alarm| alarm.waits_for_choice())?;
        let choice = choice_in(text);
        alarm.offer = Offer::Done(choice);
        choice
    }

    /// What is said when an emergency is told of, or the offer is answered; none when the conversation goes on as it does.
    pub(super) fn respond_to_emergency(&mut self, heard: &Heard, desk: &Desk<'_>) -> Option<Vec<String>> {
        let tongue = self.tongue;
        let alarm = self.alarm.as_mut()?;
        let mut say = Vec::new();
        if alarm.endangers_life && !alarm.has_warned {
            alarm.has_warned = true;
            say.push(tongue.ring_emergency_number(local_emergency_number(&desk.business.region)));
        }
        match (heard.told, heard.choice) {
            (Told::First, _) => {
                self.stage = Stage::Asking;
                self.is_summed_up = false;
                let can_connect = desk.can_ring();
                say.push(if can_connect { tongue.ringing_now() } else { tongue.writing_now() });
                let alarm = self.alarm.as_mut()?;
                if can_connect && alarm.severity >= desk.alarm.offer_threshold {
                    alarm.offer = Offer::Made;
                    self.asked = None;
                    say.push(tongue.connect_or_questions());
                    return Some(say);
                }
            }
            (_, Some(Choice::Connect)) => say.push(tongue.connecting()),
            (_, Some(Choice::Questions)) => say.push(tongue.all_right()),
            (Told::Worse, None) => say.push(tongue.noted()),
            (Told::Nothing, None) if say.is_empty() => return None,
            (Told::Nothing, None) => {}
        }
        self.go_on(desk, &mut say);
        Some(say)
    }

    /// A number is needed to be called back on; a chat has none until somebody gives it.
    pub(super) fn ask_for_number(&mut self, desk: &Desk<'_>) -> bool {
        let asks = |question: &Question| question.maps_to_lead_field == Some(LeadField::Phone);
        let has_question =
            desk.questions.iter().any(|question| asks(question) && is_essential(question, desk));
        let is_known = self.intake.known().phone.is_some();
        let Some(alarm) = self.alarm.as_mut() else { return false };
        if is_known || has_question || alarm.has_asked_number {
            return false;
        }
        alarm.has_asked_number = true;
        true
    }

    /// What was taken down of an emergency, to be read back.
    pub(super) fn read_back(&self) -> Option<String> {
        self.alarm.as_ref()?;
        let lead = self.intake.known();
        let said = [&lead.name, &lead.phone, &lead.address].into_iter().flatten();
        let said: Vec<&str> = said.map(String::as_str).collect();
        (!said.is_empty()).then(|| self.tongue.read_back(&said.join(", ")))
    }

    /// What can be clicked in answer to the offer.
    pub(super) fn choices(&self) -> Option<[String; 2]> {
        let waits = self.alarm.as_ref().is_some_and(Alarm::waits_for_choice);
        waits.then(|| [self.tongue.connect_me(), self.tongue.take_details()])
    }
}

/// Whether a question is asked in an emergency. Where the business has ticked none, it is those that say who, where and how to
/// call back.
pub(super) fn is_essential(question: &Question, desk: &Desk<'_>) -> bool {
    if desk.questions.iter().any(|question| question.is_essential_for_emergency) {
        return question.is_essential_for_emergency;
    }
    let field = question.maps_to_lead_field;
    matches!(field, Some(LeadField::Name | LeadField::Phone | LeadField::Address))
}

/// What was chosen, in words.
fn choice_in(text: &str) -> Option<Choice> {
    /// Whole words that ask for it, wherever they stand, unless one that takes it back stands before.
    const CONNECT: [&str; 10] =
        ["connect", "call", "ring", "through", "speak", "talk", "conectar", "conecteme", "llamen", "hablar"];
    const NOT: [&str; 6] = ["no", "not", "dont", "never", "without", "sin"];
    const YES: [&str; 13] =
        ["now", "yes", "yeah", "yep", "please", "a", "1", "one", "first", "si", "ahora", "uno", "claro"];
    const QUESTIONS: [&str; 19] = [
        "questions",
        "question",
        "details",
        "take",
        "note",
        "b",
        "2",
        "two",
        "second",
        "no",
        "nope",
        "not",
        "later",
        "message",
        "preguntas",
        "datos",
        "anote",
        "dos",
        "luego",
    ];
    let plain = Plain::of(text);
    let words: Vec<&str> = plain.as_str().split(' ').collect();
    if words.len() > CHOICE_WORDS {
        return None;
    }
    let asks = words.iter().position(|word| CONNECT.contains(word));
    if asks.is_some_and(|at| !words.iter().take(at).any(|word| NOT.contains(word))) {
        return Some(Choice::Connect);
    }
    if words.iter().any(|word| QUESTIONS.contains(word)) {
        return Some(Choice::Questions);
    }
    words.iter().any(|word| YES.contains(word)).then_some(Choice::Connect)
}
