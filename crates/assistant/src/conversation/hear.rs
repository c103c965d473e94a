//! What a turn holds: answers that were asked for and answers that were not, corrections, wishes, questions.

use super::emergency::{Choice, Told};
use super::reading::{self, is_decline};
use super::{Conversation, Tongue};
use crate::desk::Desk;
use crate::entities::{Entity, EntityKind, Surroundings, entities, own_name};
use crate::intake::Kept;
use crate::intents::{Guess, Intent, guess};
use crate::knowledge::chunk::sentences;
use crate::words::Plain;
use serde::{Deserialize, Serialize};
use studioconnect_domain::ids::QuestionId;
use studioconnect_domain::lead::LeadStatus;
use studioconnect_domain::question::{AnswerFormat, LeadField, Question};

/// A sale that is offered so surely is filed as such.
const SALES: f32 = 0.7;
/// Fewer words say too little to be a wish.
const WISH: usize = 3;

/// What came of the question that was put.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Answered {
    /// None was.
    NotAsked,
    /// Something else was said.
    Not,
    /// It has its answer.
    Well,
    /// The answer never fitted and is kept as it was said.
    AsSaid,
    /// The answer does not fit, and why.
    Ill(String),
    /// They would rather not say; whether it is put once more.
    Declined(bool),
}

/// What is asked about the one who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum AboutUs {
    /// Whether a person is speaking.
    WhoSpeaks,
    /// Why something is asked.
    WhyAsked,
}

/// A turn, taken in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Heard {
    /// What was said.
    pub text: String,
    /// What is wanted: of several sentences, the one that says what they came for.
    pub guess: Guess,
    /// Details in it.
    pub entities: Vec<Entity>,
    /// What is to be looked up before [`Conversation::respond`]; none when nothing was asked.
    pub query: Option<String>,
    /// The lead changed and is to be kept.
    pub has_changed: bool,
    /// An emergency was told of, or a graver one, or what to do about it was chosen: our own words are the reply.
    pub is_alarming: bool,
    #[serde(default)]
    pub(super) told: Told,
    #[serde(default)]
    pub(super) choice: Option<Choice>,
    pub(super) answered: Answered,
    pub(super) about_us: Option<AboutUs>,
    pub(super) filled: Vec<QuestionId>,
    /// What was taken back, as it is now.
    pub(super) corrected: Vec<String>,
    /// It came when everything had been taken down.
    pub(super) is_late: bool,
}

impl Conversation {
    /// Takes in what was said.
    pub fn hear(&mut self, text: &str, desk: &Desk<'_>) -> Heard {
        let text = text.trim();
        let around = Surroundings { region: &desk.business.region, today: desk.today() };
        let found = entities(text, &around);
        let (guess, matter) = matter_of(text, guess(text, !found.is_empty()));
        self.turns += 1;
        self.push(super::Side::Visitor, text);
        self.learn(guess, &found);
        if let Some(tongue) = Tongue::heard_in(text).filter(|_| text.split_whitespace().count() >= WISH) {
            self.tongue = tongue;
        }
        let is_late = self.is_summed_up;
        let before = self.intake.known().clone();
        let choice = self.choose(text);
        let told = self.listen_for_emergency(text, desk);
        // Whoever cries for help does not answer what was asked before.
        let pending = self.pending(desk).filter(|_| told == Told::Nothing && choice.is_none());
        let mut heard = Heard {
            text: text.to_owned(),
            guess,
            entities: found,
            query: None,
            has_changed: false,
            is_alarming: told != Told::Nothing || choice.is_some(),
            told,
            choice,
            answered: if pending.is_some() { Answered::Not } else { Answered::NotAsked },
            about_us: about_us(text, pending.is_some()),
            filled: Vec::new(),
            corrected: Vec::new(),
            is_late,
        };
        self.correct(&mut heard, desk);
        // "Actually my number is …" answers what was asked before, not what is asked now.
        if let Some(question) = pending.filter(|_| heard.corrected.is_empty() && heard.about_us.is_none()) {
            heard.answered = self.answer(question, text, &heard.entities, guess, desk);
        }
        self.fill(&mut heard, desk);
        if !heard.is_alarming {
            self.wish_for(&mut heard, &matter, desk);
        }
        if guess.intent == Intent::Sales
            && guess.confidence >= SALES
            && self.intake.known().handling.status == LeadStatus::New
            && self.alarm.is_none()
        {
            // Whether it becomes a lead at all is seen later; if so, it is filed at once.
            self.intake.note_quietly(|lead| lead.handling.status = LeadStatus::Spam);
        }
        heard.query = to_look_up(&heard).filter(|_| !heard.is_alarming);
        heard.has_changed = self.lead().is_some_and(|lead| *lead != before);
        heard
    }

    fn answer(
        &mut self,
        question: &Question,
        text: &str,
        found: &[Entity],
        guess: Guess,
        desk: &Desk<'_>,
    ) -> Answered {
        if question.expected_format != AnswerFormat::YesNo && is_decline(text) {
            let insists = question.is_required && self.asks.get(&question.id).is_none_or(|times| *times < 2);
            if !insists {
                self.skipped.insert(question.id);
            }
            return Answered::Declined(insists);
        }
        let Some(value) = reading::candidate(question, text, found, guess) else { return Answered::Not };
        match self.intake.take(question, &value, desk) {
            Kept::Fitting(_) => Answered::Well,
            Kept::AsSaid => Answered::AsSaid,
            Kept::Refused(why) => Answered::Ill(why),
        }
    }

    /// Answers that were given before, given anew.
    fn correct(&mut self, heard: &mut Heard, desk: &Desk<'_>) {
        if heard.guess.intent != Intent::Correction && !reading::takes_back(&heard.text) {
            return;
        }
        for question in desk.questions {
            let Some(old) = self.intake.answer_to(question.id).map(str::to_owned) else { continue };
            let new = match kind_of(question) {
                Some(EntityKind::Name) => {
                    own_name(&heard.text).or_else(|| reading::corrected_name(&heard.text))
                }
                Some(kind) => value_of(&heard.entities, kind),
                None if question.expected_format == AnswerFormat::Choice => {
                    reading::choice(question, &heard.text)
                }
                None => None,
            };
            let Some(new) = new.filter(|new| *new != old) else { continue };
            if let Kept::Fitting(value) = self.intake.take(question, &new, desk)
                && value != old
            {
                heard.corrected.push(value);
            }
        }
    }

    /// Answers to questions that nobody has put yet.
    fn fill(&mut self, heard: &mut Heard, desk: &Desk<'_>) {
        let name = own_name(&heard.text);
        for question in desk.questions.iter().filter(|question| Some(question.id) != self.asked) {
            if !self.intake.is_open(question, desk.questions) {
                continue;
            }
            let value = match kind_of(question) {
                Some(EntityKind::Name) => name.clone(),
                // A town is no address.
                Some(EntityKind::Place) => value_of(&heard.entities, EntityKind::Place)
                    .filter(|place| place.chars().any(|sign| sign.is_ascii_digit())),
                Some(kind) => value_of(&heard.entities, kind),
                None if heard.guess.intent.is_wish() && question.expected_format == AnswerFormat::Choice => {
                    reading::choice(question, &heard.text)
                }
                None => None,
            };
            if let Some(Kept::Fitting(_)) = value.map(|value| self.intake.take(question, &value, desk)) {
                heard.filled.push(question.id);
            }
        }
        // What no question asks for is worth having all the same.
        let email =
            value_of(&heard.entities, EntityKind::Email).filter(|_| self.intake.known().email.is_none());
        let phone =
            value_of(&heard.entities, EntityKind::Phone).filter(|_| self.intake.known().phone.is_none());
        let name = name.filter(|_| self.intake.known().name.is_none());
        // Where it is, in an emergency, also where no question asks for it.
        let place = value_of(&heard.entities, EntityKind::Place)
            .filter(|_| self.alarm.is_some() && self.intake.known().address.is_none());
        if email.is_some() || phone.is_some() || name.is_some() || place.is_some() {
            self.intake.note(desk, |lead| {
                lead.address = place.or_else(|| lead.address.take());
                lead.email = email.or_else(|| lead.email.take());
                lead.phone = phone.or_else(|| lead.phone.take());
                lead.name = name.or_else(|| lead.name.take());
            });
        }
    }

    /// Keeps what they want: at once when it is plainly a matter for the business, else for the case that they say yes to being
    /// called back.
    fn wish_for(&mut self, heard: &mut Heard, matter: &str, desk: &Desk<'_>) {
        let is_answer = matches!(heard.answered, Answered::Well | Answered::AsSaid | Answered::Ill(_));
        let is_said = !heard.corrected.is_empty() || heard.about_us.is_some();
        let is_short = Plain::of(matter).as_str().split(' ').count() < WISH;
        if is_answer || is_said || is_short || !heard.guess.intent.is_matter() {
            return;
        }
        if heard.is_late && heard.guess.intent.is_wish() {
            self.intake.note(desk, |lead| add_to(&mut lead.message, matter));
            return;
        }
        self.wish = Some(matter.to_owned());
        if heard.guess.intent.is_wish() {
            heard.filled.extend(self.take_down_wish(desk));
        }
    }

    /// Makes the wish the lead's message, in answer to the question that asks for it.
    pub(super) fn take_down_wish(&mut self, desk: &Desk<'_>) -> Option<QuestionId> {
        let wish = self.wish.take()?;
        let asks = |question: &&Question| question.maps_to_lead_field == Some(LeadField::Message);
        let question = desk.questions.iter().find(asks);
        match question.filter(|question| self.intake.is_open(question, desk.questions)) {
            Some(question) if question.expected_format == AnswerFormat::Text => {
                self.intake.take(question, &wish, desk);
                Some(question.id)
            }
            _ => {
                self.intake.note(desk, |lead| add_to(&mut lead.message, &wish));
                None
            }
        }
    }
}

fn about_us(text: &str, is_asked: bool) -> Option<AboutUs> {
    const WHO: [&str; 16] = [
        "are you a robot",
        "are you a bot",
        "are you human",
        "are you a human",
        "are you real",
        "are you a person",
        "are you an ai",
        "are you ai",
        "am i talking to a",
        "am i chatting with a",
        "is this a bot",
        "is this a real person",
        "eres un robot",
        "es usted un robot",
        "eres una persona",
        "hablo con una persona",
    ];
    const WHY: [&str; 9] = [
        "why do you need",
        "why do you ask",
        "why do you want",
        "why are you asking",
        "what do you need it for",
        "what do you need that for",
        "para que necesita",
        "por que necesita",
        "por que pregunta",
    ];
    let plain = Plain::of(text);
    let has = |parts: &[&str]| parts.iter().any(|part| plain.as_str().contains(part));
    if has(&WHO) {
        return Some(AboutUs::WhoSpeaks);
    }
    (is_asked && has(&WHY)).then_some(AboutUs::WhyAsked)
}

/// What is to be looked up: a question, or words that are neither an answer nor a courtesy.
fn to_look_up(heard: &Heard) -> Option<String> {
    let is_question = reading::is_question(&heard.text);
    let wants_to_know = is_question
        || matches!(
            heard.guess.intent,
            Intent::AskHours | Intent::AskPrice | Intent::AskLocation | Intent::AskService
        );
    let is_answer = matches!(heard.answered, Answered::Well | Answered::AsSaid | Answered::Declined(_));
    let says_nothing_else = heard.answered != Answered::NotAsked || !heard.filled.is_empty();
    let is_puzzling = heard.guess.intent == Intent::Other
        && !says_nothing_else
        && heard.text.split_whitespace().count() > 1;
    let is_courtesy = matches!(heard.guess.intent, Intent::Greeting | Intent::Thanks | Intent::Goodbye);
    let looks_up = (wants_to_know && (is_question || !is_answer) || is_puzzling) && !is_courtesy;
    (looks_up && heard.about_us.is_none()).then(|| heard.text.clone())
}

/// What somebody came for, and the words that say it. Of "My sink leaks. I am Sam, 206 …" the first sentence matters, although
/// the whole looks like an answer.
fn matter_of(text: &str, whole: Guess) -> (Guess, String) {
    let sentences = sentences(text);
    if sentences.len() < 2 {
        return (whole, text.to_owned());
    }
    let guesses = sentences.iter().map(|sentence| (guess(sentence, false), sentence.trim()));
    let matters: Vec<(Guess, &str)> = guesses.filter(|(guess, _)| guess.intent.is_matter()).collect();
    let wishes = matters.iter().filter(|(guess, _)| guess.intent.is_wish());
    let surest = wishes.max_by(|one, other| one.0.confidence.total_cmp(&other.0.confidence));
    let Some((first, _)) = surest.or(matters.first()).copied() else { return (whole, text.to_owned()) };
    let words = matters.iter().map(|(_, sentence)| *sentence).collect::<Vec<_>>().join(" ");
    (if whole.intent.is_matter() { whole } else { first }, words)
}

/// Another matter behind the first.
pub(super) fn add_to(message: &mut Option<String>, more: &str) {
    /// A message is no archive.
    const MOST: usize = 2_000;
    let whole = match message.take() {
        Some(known) if known.contains(more) => known,
        Some(known) => format!("{known}\n{more}"),
        None => more.to_owned(),
    };
    *message = Some(whole.chars().take(MOST).collect());
}

fn value_of(found: &[Entity], kind: EntityKind) -> Option<String> {
    found.iter().find(|entity| entity.kind == kind).map(|entity| entity.value.clone())
}

/// The kind of detail that answers a question wherever it turns up.
fn kind_of(question: &Question) -> Option<EntityKind> {
    match (question.expected_format, question.maps_to_lead_field) {
        (AnswerFormat::Email, _) | (AnswerFormat::Text, Some(LeadField::Email)) => Some(EntityKind::Email),
        (AnswerFormat::Phone, _) | (AnswerFormat::Text, Some(LeadField::Phone)) => Some(EntityKind::Phone),
        (AnswerFormat::Date, _) => Some(EntityKind::Date),
        (AnswerFormat::Address, _) | (AnswerFormat::Text, Some(LeadField::Address)) => {
            Some(EntityKind::Place)
        }
        (AnswerFormat::Text, Some(LeadField::Name)) => Some(EntityKind::Name),
        _ => None,
    }
}
