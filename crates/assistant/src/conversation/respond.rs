//! The next move, and words for it.

use super::hear::{AboutUs, Answered, Heard, add_to};
use super::{ASKS, Conversation, Side, Stage, Tongue, facts};
use crate::desk::Desk;
use crate::intents::Intent;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use studioconnect_domain::conversation::Source;
use studioconnect_domain::lead::LeadStatus;

/// What was found on [`Heard::query`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Finding {
    /// Nothing was looked up, or it could not be.
    #[default]
    NotSought,
    /// Nothing that answers it.
    Nothing,
    /// Something that does.
    Answer {
        /// The best first.
        sources: Vec<Source>,
        /// The owner wrote it for this very question.
        is_pinned: bool,
    },
}

impl Finding {
    /// As a model is told it: passages are data, with their titles.
    pub fn for_model(&self) -> Value {
        match self {
            Self::NotSought => {
                json!({"error": "nothing can be looked up right now; offer to take a message"})
            }
            Self::Nothing => {
                json!({"found": [], "note": "nothing is written down about this; say so and offer to take a message"})
            }
            Self::Answer { sources, .. } => {
                let found = |source: &Source| json!({"title": source.title, "text": source.excerpt});
                json!({"found": sources.iter().map(found).collect::<Vec<_>>()})
            }
        }
    }
}

/// What is said, and what it means.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Response {
    /// The words.
    pub text: String,
    /// What they rest on.
    pub sources: Vec<Source>,
    /// A question that could not be answered.
    pub gap: Option<String>,
    /// They said goodbye.
    pub is_over: bool,
    /// They asked for a person.
    pub wants_person: bool,
    /// It is about an emergency and said as it stands.
    #[serde(default)]
    pub is_fixed: bool,
}

impl Conversation {
    /// Decides the next move and words it.
    pub fn respond(&mut self, heard: &Heard, finding: &Finding, desk: &Desk<'_>) -> Response {
        let tongue = self.tongue;
        let mut response = Response::default();
        if heard.is_alarming
            && let Some(say) = self.respond_to_emergency(heard, desk)
        {
            (response.text, response.is_fixed) = (say.join("\n\n"), true);
            self.push(Side::Business, &response.text);
            return response;
        }
        let mut say = Vec::new();
        say.extend(self.acknowledge(heard, desk));
        let has_answered = self.answer_what_was_asked(heard, finding, desk, &mut say, &mut response);
        let had_offered = std::mem::take(&mut self.has_offered);
        match heard.guess.intent {
            Intent::Goodbye if !matches!(heard.answered, Answered::Well) => {
                say.push(if self.lead().is_some() { tongue.goodbye_noted() } else { tongue.goodbye() });
                (self.stage, self.asked, response.is_over) = (Stage::Done, None, true);
            }
            Intent::Sales if self.intake.known().handling.status == LeadStatus::Spam => {
                say.push(tongue.sales());
            }
            Intent::SpeakToPerson if self.stage == Stage::Open => {
                response.wants_person = true;
                say.push(format!("{} {}", tongue.automated(&desk.business.name), tongue.person()));
                self.begin(heard, desk, &mut say);
            }
            Intent::SpeakToPerson => {
                response.wants_person = true;
                say.push(tongue.person());
                self.go_on(desk, &mut say);
            }
            _ if self.stage == Stage::Asking => self.go_on(desk, &mut say),
            Intent::Affirm if had_offered => self.begin(heard, desk, &mut say),
            Intent::Deny if had_offered => {
                say.push(format!("{} {}", tongue.all_right(), tongue.anything_else()));
            }
            intent if intent.is_wish() && self.stage == Stage::Open && !has_answered => {
                if heard.guess.intent == Intent::Complaint {
                    say.push(tongue.sorry());
                } else {
                    say.push(tongue.gladly());
                }
                self.begin(heard, desk, &mut say);
            }
            _ if !heard.filled.is_empty() && self.stage == Stage::Open => self.begin(heard, desk, &mut say),
            _ if heard.about_us.is_some() => say.push(tongue.anything_else()),
            _ if heard.is_late && !heard.corrected.is_empty() => {}
            _ if heard.is_late && heard.has_changed => say.push(tongue.noted()),
            _ if response.gap.is_some() && heard.is_late => {
                self.intake.note(desk, |lead| add_to(&mut lead.message, &heard.text));
                say.push(tongue.noted());
            }
            _ if response.gap.is_some() => self.offer(&mut say),
            _ if has_answered => {}
            Intent::Greeting => say.push(tongue.hello()),
            Intent::Thanks => say.push(format!("{} {}", tongue.welcome(), tongue.anything_else())),
            Intent::Affirm | Intent::Deny => say.push(tongue.anything_else()),
            _ => say.push(tongue.not_understood()),
        }
        response.text = say.join("\n\n");
        self.push(Side::Business, &response.text);
        response
    }

    /// What came of an answer, in a word.
    fn acknowledge(&mut self, heard: &Heard, desk: &Desk<'_>) -> Option<String> {
        let tongue = self.tongue;
        match heard.about_us {
            Some(AboutUs::WhoSpeaks) => return Some(tongue.automated(&desk.business.name)),
            Some(AboutUs::WhyAsked) => return Some(tongue.helps()),
            None => {}
        }
        if !heard.corrected.is_empty() {
            return Some(tongue.changed(&heard.corrected.join(", ")));
        }
        match &heard.answered {
            Answered::Ill(why) => {
                let question = self.pending(desk)?;
                // It is put again with what is wrong; that is no time of its own.
                Some(tongue.fault(question.expected_format, why, &question.choices))
            }
            Answered::AsSaid => Some(tongue.as_said()),
            Answered::Declined(true) => Some(tongue.helps()),
            Answered::Declined(false) => Some(tongue.skipped()),
            Answered::Well => {
                let name = self.intake.known().name.as_deref().and_then(|name| name.split(' ').next());
                Some(
                    name.filter(|_| self.turns.is_multiple_of(2))
                        .map_or_else(|| tongue.thanks(), |name| tongue.thanks_name(name)),
                )
            }
            Answered::Not | Answered::NotAsked => None,
        }
    }

    /// True when something was asked and is answered, or plainly cannot be.
    fn answer_what_was_asked(
        &self,
        heard: &Heard,
        finding: &Finding,
        desk: &Desk<'_>,
        say: &mut Vec<String>,
        response: &mut Response,
    ) -> bool {
        let Some(query) = &heard.query else { return false };
        if let Finding::Answer { sources, is_pinned: true } = finding {
            cite(sources, self.tongue, say, response);
            return true;
        }
        if let Some(source) = self.fact(heard, desk) {
            say.push(source.excerpt.clone());
            response.sources.push(source);
            return true;
        }
        match finding {
            Finding::Answer { sources, .. } => cite(sources, self.tongue, say, response),
            // Words that make no sense are no question that somebody should write an answer to.
            _ if heard.guess.intent == Intent::Other && !super::reading::is_question(query) => return false,
            _ if heard.guess.intent.is_wish() => return false,
            Finding::Nothing | Finding::NotSought => {
                say.push(self.tongue.unknown());
                response.gap = Some(query.clone()).filter(|_| *finding == Finding::Nothing);
                if response.gap.is_none() {
                    return false;
                }
            }
        }
        true
    }

    fn fact(&self, heard: &Heard, desk: &Desk<'_>) -> Option<Source> {
        let (title, excerpt) = match heard.guess.intent {
            Intent::AskHours => {
                (self.tongue.hours_title(), facts::hours(desk, &heard.text, &heard.entities, self.tongue)?)
            }
            Intent::AskLocation if !desk.business.address.trim().is_empty() => {
                (self.tongue.address_title(), self.tongue.address(desk.business.address.trim()))
            }
            _ => return None,
        };
        Some(Source { title, url: None, excerpt })
    }

    fn offer(&mut self, say: &mut Vec<String>) {
        self.has_offered = true;
        say.push(self.tongue.offer());
    }

    /// Begins to take down what they want.
    fn begin(&mut self, heard: &Heard, desk: &Desk<'_>, say: &mut Vec<String>) {
        self.stage = Stage::Asking;
        if self.wish.is_none() && self.lead().is_none() && heard.guess.intent.is_matter() {
            self.wish = Some(heard.text.clone());
        }
        self.take_down_wish(desk);
        if self.next_question(desk).is_some() {
            say.push(self.tongue.few_questions());
        }
        self.go_on(desk, say);
    }

    /// Puts the next question, or sums up when there is none.
    pub(super) fn go_on(&mut self, desk: &Desk<'_>, say: &mut Vec<String>) {
        while let Some(question) = self.next_question(desk) {
            let times = self.asks.entry(question.id).or_default();
            if *times < ASKS {
                *times += 1;
                self.asked = Some(question.id);
                say.push(question.question_text.trim().to_owned());
                return;
            }
            self.skipped.insert(question.id);
        }
        if self.ask_for_number(desk) {
            self.asked = None;
            say.push(self.tongue.what_number());
            return;
        }
        (self.stage, self.asked, self.is_summed_up) = (Stage::Done, None, true);
        if self.alarm.is_some() {
            say.extend(self.read_back());
            say.push(self.tongue.help_is_called());
            return;
        }
        say.push(self.tongue.summed_up());
        say.push(
            facts::opens_again(desk, self.tongue)
                .map_or_else(|| self.tongue.in_touch(), |when| self.tongue.in_touch_when(&when)),
        );
    }

    pub(super) fn has_offered(&self) -> bool {
        self.has_offered
    }
}

fn cite(sources: &[Source], tongue: Tongue, say: &mut Vec<String>, response: &mut Response) {
    let Some(best) = sources.first() else { return };
    if best.title.trim().is_empty() {
        say.push(best.excerpt.clone());
    } else {
        say.push(format!("{}\n{}", tongue.said_by(best.title.trim()), best.excerpt));
    }
    response.sources.extend(sources.iter().cloned());
}
