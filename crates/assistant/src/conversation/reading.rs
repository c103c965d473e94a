//! What somebody says as the answer to a question of a certain format, before it is checked.

use crate::entities::{Entity, EntityKind, own_name, whole_number};
use crate::intents::{Guess, Intent};
use crate::words::Plain;
use studioconnect_domain::question::{AnswerFormat, LeadField, NO, Question, YES};

/// How alike two words are that are meant to be the same.
const ALIKE: f64 = 0.88;

/// What to check as the answer; none when the turn is about something else.
pub(super) fn candidate(question: &Question, text: &str, found: &[Entity], guess: Guess) -> Option<String> {
    let value =
        |kind: EntityKind| found.iter().find(|entity| entity.kind == kind).map(|entity| entity.value.clone());
    let certain = match question.expected_format {
        AnswerFormat::Email => value(EntityKind::Email),
        AnswerFormat::Phone => value(EntityKind::Phone),
        AnswerFormat::Date => value(EntityKind::Date),
        AnswerFormat::Number => number(text),
        AnswerFormat::Choice => choice(question, text),
        AnswerFormat::YesNo => yes_or_no(text, guess).map(str::to_owned),
        AnswerFormat::Address => value(EntityKind::Place).map(|_| without_opening(text)),
        AnswerFormat::Text => match question.maps_to_lead_field {
            Some(LeadField::Name) => own_name(text),
            Some(LeadField::Email) => value(EntityKind::Email),
            Some(LeadField::Phone) => value(EntityKind::Phone),
            Some(LeadField::Address) => value(EntityKind::Place).map(|_| without_opening(text)),
            Some(LeadField::Message) | None => None,
        },
    };
    if certain.is_some() {
        return certain;
    }
    let is_courtesy = matches!(guess.intent, Intent::Greeting | Intent::Thanks | Intent::Goodbye);
    let is_aside = is_question(text) || is_courtesy || guess.intent == Intent::SpeakToPerson;
    let is_empty_word = matches!(guess.intent, Intent::Affirm | Intent::Deny)
        && question.expected_format == AnswerFormat::Text
        && text.split_whitespace().count() <= 2;
    // Who was asked for a name and tells of a flood has not answered, but who was asked what it is about has.
    let is_elsewhere = guess.intent.is_wish()
        && question.maps_to_lead_field != Some(LeadField::Message)
        && (question.expected_format != AnswerFormat::Text || question.maps_to_lead_field.is_some())
        && text.split_whitespace().count() > 4;
    if is_aside || is_empty_word || is_elsewhere {
        return None;
    }
    Some(without_opening(text))
}

/// Whether something is asked, by its form.
pub(super) fn is_question(text: &str) -> bool {
    const STARTS: [&str; 34] = [
        "what",
        "when",
        "where",
        "why",
        "how",
        "who",
        "which",
        "do you",
        "does",
        "can you",
        "can i",
        "could you",
        "could i",
        "are you",
        "are there",
        "is there",
        "is it",
        "will you",
        "would you",
        "have you",
        "may i",
        "que",
        "cuando",
        "donde",
        "por que",
        "como",
        "quien",
        "cual",
        "cuanto",
        "cuanta",
        "cuantos",
        "tienen",
        "puedo",
        "hay",
    ];
    if text.contains(['?', '¿']) {
        return true;
    }
    let plain = Plain::of(text);
    let plain = plain.as_str();
    let begins = |start: &&str| plain.strip_prefix(*start).is_some_and(|rest| rest.starts_with(' '));
    plain.split(' ').count() > 2 && STARTS.iter().any(begins)
}

/// Whether somebody would rather not say, or has none.
pub(super) fn is_decline(text: &str) -> bool {
    const WHOLE: [&str; 26] = [
        "no",
        "nope",
        "none",
        "skip",
        "pass",
        "na",
        "n a",
        "nothing",
        "no thanks",
        "no thank you",
        "id rather not",
        "i would rather not",
        "rather not",
        "prefer not to say",
        "prefer not to",
        "skip it",
        "skip this",
        "next",
        "omitir",
        "ninguno",
        "ninguna",
        "nada",
        "no gracias",
        "prefiero no",
        "prefiero no decirlo",
        "paso",
    ];
    const WITHIN: [&str; 14] = [
        "rather not say",
        "rather not give",
        "rather not tell",
        "prefer not to",
        "dont have one",
        "do not have one",
        "dont have an email",
        "dont want to",
        "do not want to",
        "none of your business",
        "no tengo correo",
        "no tengo email",
        "prefiero no",
        "no quiero dar",
    ];
    let plain = Plain::of(text);
    WHOLE.contains(&plain.as_str()) || WITHIN.iter().any(|part| plain.as_str().contains(part))
}

/// Whether something said before is taken back.
pub(super) fn takes_back(text: &str) -> bool {
    const CUES: [&str; 24] = [
        "actually",
        "i meant",
        "i mean",
        "correction",
        "wrong",
        "mistake",
        "typo",
        "instead",
        "not ",
        "change my",
        "change the",
        "change that",
        "sorry its",
        "sorry it is",
        "should be",
        "misspelled",
        "en realidad",
        "perdon",
        "me equivoque",
        "quise decir",
        "corrijo",
        "cambie",
        "esta mal",
        "mejor dicho",
    ];
    let plain = Plain::of(text);
    CUES.iter().any(|cue| plain.as_str().contains(cue))
}

/// "It's Reyes, not Ryes": the name that is meant.
pub(super) fn corrected_name(text: &str) -> Option<String> {
    let plain = text.trim_end_matches(['.', '!']);
    let marks = ["it's ", "it is ", "should be ", "i meant ", "I meant ", "es ", "quise decir "];
    let behind = marks.iter().find_map(|mark| plain.split_once(mark)).map(|(_, behind)| behind)?;
    let words = behind.split([',', ';']).next().unwrap_or_default().split_whitespace();
    let is_name = |word: &&str| {
        word.starts_with(char::is_uppercase)
            && word.chars().all(|sign| sign.is_alphabetic() || "'’-".contains(sign))
    };
    let name = words.take_while(is_name).take(4).collect::<Vec<_>>().join(" ");
    (!name.is_empty()).then_some(name)
}

/// The one choice that is meant; none when none or several could be.
pub(super) fn choice(question: &Question, text: &str) -> Option<String> {
    let said = Plain::of(text);
    let said = said.as_str();
    let words: Vec<&str> = said.split(' ').collect();
    let plain: Vec<(Plain, &String)> =
        question.choices.iter().map(|choice| (Plain::of(choice), choice)).collect();
    if let Some((_, choice)) = plain.iter().find(|(plain, _)| plain.as_str() == said) {
        return Some((*choice).clone());
    }
    let held: Vec<&String> = plain
        .iter()
        .filter(|(plain, _)| format!(" {said} ").contains(&format!(" {} ", plain.as_str())))
        .map(|(_, choice)| *choice)
        .collect();
    match held.as_slice() {
        [choice] => return Some((*choice).clone()),
        // "Both repair and sale" is no choice.
        [_, _, ..] => return None,
        [] => {}
    }
    if let Some(place) = ordinal(&words).filter(|_| words.len() <= 4) {
        return question.choices.get(place).cloned();
    }
    let alike = |choice: &Plain| {
        choice.as_str().split(' ').all(|part| {
            words
                .iter()
                .any(|word| *word == part || (part.len() > 3 && strsim::jaro_winkler(word, part) >= ALIKE))
        })
    };
    let mut near = plain.iter().filter(|(plain, _)| alike(plain));
    let first = near.next()?;
    near.next().is_none().then(|| first.1.clone())
}

/// "The second one", "2": the place that is named, from 0.
fn ordinal(words: &[&str]) -> Option<usize> {
    const PLACES: [[&str; 4]; 5] = [
        ["first", "1", "primero", "primera"],
        ["second", "2", "segundo", "segunda"],
        ["third", "3", "tercero", "tercera"],
        ["fourth", "4", "cuarto", "cuarta"],
        ["fifth", "5", "quinto", "quinta"],
    ];
    PLACES.iter().position(|place| words.iter().any(|word| place.contains(word)))
}

fn yes_or_no(text: &str, guess: Guess) -> Option<&'static str> {
    match guess.intent {
        Intent::Affirm => return Some(YES),
        Intent::Deny => return Some(NO),
        _ => {}
    }
    let plain = Plain::of(text);
    match plain.as_str().split(' ').next().unwrap_or_default() {
        "yes" | "yeah" | "yep" | "sure" | "si" | "claro" => Some(YES),
        "no" | "nope" | "never" | "nunca" => Some(NO),
        _ => None,
    }
}

/// The one number in a text, in figures or in words.
fn number(text: &str) -> Option<String> {
    let figures: Vec<&str> = text
        .split_whitespace()
        .map(|word| word.trim_matches(|sign: char| !sign.is_ascii_digit() && sign != '-'))
        .filter(|word| {
            word.starts_with(|sign: char| sign.is_ascii_digit() || sign == '-')
                && word.len() > usize::from(word.starts_with('-'))
        })
        .collect();
    match figures.as_slice() {
        [one] => Some((*one).to_owned()),
        [] => whole_number(text),
        _ => None,
    }
}

/// What is said, without what leads up to it.
fn without_opening(text: &str) -> String {
    const OPENINGS: [&str; 22] = [
        "it's about ",
        "its about ",
        "it is about ",
        "my name is ",
        "my name's ",
        "the name is ",
        "i am ",
        "i'm ",
        "this is ",
        "it's ",
        "it is ",
        "my address is ",
        "the address is ",
        "my email is ",
        "my number is ",
        "well, ",
        "me llamo ",
        "mi nombre es ",
        "soy ",
        "es ",
        "mi dirección es ",
        "vivo en ",
    ];
    let lower = text.to_lowercase();
    let opening = OPENINGS.iter().find(|opening| lower.starts_with(**opening));
    // Lower case may be longer than what it was made from; then nothing is cut.
    let rest = opening.and_then(|opening| text.get(opening.len()..)).unwrap_or(text);
    rest.trim().trim_end_matches('.').trim().to_owned()
}
