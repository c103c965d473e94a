//! In which sense something was said: denied, asked about, supposed, long past, told of others, over, or a thing to buy.

use super::lexicon::{Concept, LEXICON, Match};
use super::text::Word;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How a sign was meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum SpanKind {
    /// It holds now.
    Sign,
    /// A word of the business's own.
    Own,
    /// "No leak."
    Denied,
    /// "What if a pipe bursts?"
    Supposed,
    /// "Last year we had …"
    Past,
    /// "Do you offer …"
    Asked,
    /// What happened to somebody else, or in a film.
    Told,
    /// "It is fixed."
    Over,
    /// A quote, an appointment, an installation.
    Wanted,
    /// "Whenever you have time."
    Unhurried,
}

impl SpanKind {
    /// The most that a sign weighs which was meant so.
    pub(super) fn most(self) -> u8 {
        match self {
            Self::Sign | Self::Own => 10,
            Self::Denied | Self::Past | Self::Told | Self::Over | Self::Asked => 2,
            Self::Supposed | Self::Wanted => 3,
            Self::Unhurried => 4,
        }
    }

    /// What is said of it.
    pub(super) fn says(self) -> &'static str {
        match self {
            Self::Sign | Self::Own => "holds now",
            Self::Denied => "is denied",
            Self::Supposed => "is only supposed",
            Self::Past => "is past",
            Self::Asked => "is only asked about",
            Self::Told => "is told of something else",
            Self::Over => "is over",
            Self::Wanted => "is about a quote, a visit or a purchase",
            Self::Unhurried => "is said to have time",
        }
    }
}

/// Words after a denial that it covers.
const DENIED_WORDS: usize = 5;
/// Words before a question's own that belong to it.
const ASKED_BEFORE: usize = 6;
/// Denials that stand after what they deny: "ne fuit pas", "tropft nicht mehr".
const DENIES_BEFORE: [&str; 5] = ["pas", "plus", "nicht", "mehr", "nicht mehr"];
/// A question of so few words is about a thing in general: "emergency drop-in rates?"
const SHORT_QUESTION: usize = 6;
/// How a question begins that is about things in general.
const QUESTIONS: [&str; 40] = [
    "is", "are", "can", "could", "does", "do", "what", "which", "why", "when", "how", "who", "should",
    "would", "que", "cual", "como", "cuando", "por", "quien", "es", "puede", "quoi", "quel", "quelle",
    "comment", "quand", "pourquoi", "est", "was", "wie", "wann", "warum", "wer", "kann", "qual", "quando",
    "quem", "pode", "sind",
];

/// The sense of each word.
pub(super) struct Senses {
    of: Vec<Vec<SpanKind>>,
}

impl Senses {
    /// The senses of a text's words.
    pub(super) fn of(words: &[Word], found: &[Vec<Match>]) -> Self {
        let mut senses = Self { of: vec![Vec::new(); words.len()] };
        let text = Text { words, found };
        senses.denials(&text);
        senses.suppositions(&text);
        senses.pasts(&text);
        senses.questions(&text);
        for told in text.all(".NEWS") {
            senses.mark(text.sentence(told.from), SpanKind::Told);
        }
        for wanted in text.all(".SHOP") {
            if senses.at(wanted.from).contains(&SpanKind::Denied) {
                continue;
            }
            let sentence = text.sentence(wanted.from);
            let is_pressing = [".NOW", ".URGE", ".WORSE"].iter().any(|name| text.has(name, &sentence));
            if !is_pressing {
                senses.mark(sentence, SpanKind::Wanted);
            }
        }
        for easy in text.all(".EASY") {
            let turn = text.all(".TURN").map(|turn| turn.from).find(|turn| *turn >= easy.to);
            senses.mark(0..turn.unwrap_or(words.len()), SpanKind::Unhurried);
        }
        senses.ends(&text);
        senses
    }

    fn denials(&mut self, text: &Text<'_>) {
        for no in text.all(".NOT") {
            if text.covers(no, ".PLAINNOT") || text.is_part_of_a_sign(no) {
                continue;
            }
            let same = |at: &usize| text.clause(*at) == text.clause(no.from);
            let to = (no.to..text.words.len())
                .take(DENIED_WORDS)
                .take_while(same)
                .last()
                .map_or(no.to, |at| at + 1);
            self.mark(no.to..to, SpanKind::Denied);
            let is_after =
                text.words.get(no.from).is_some_and(|word| DENIES_BEFORE.contains(&word.plain.as_str()));
            if is_after {
                let from = (0..no.from).rev().take(3).take_while(same).last().unwrap_or(no.from);
                self.mark(from..no.from, SpanKind::Denied);
            }
        }
    }

    fn suppositions(&mut self, text: &Text<'_>) {
        for supposed in text.all(".IF") {
            let said_yes = text.words.get(supposed.from).is_some_and(|word| word.plain == "si")
                && supposed.to == supposed.from + 1
                && text.words.get(supposed.to).is_none_or(|next| next.clause != text.clause(supposed.from));
            if !said_yes && !text.covers(supposed, ".NOIF") {
                self.mark(supposed.from..text.sentence(supposed.from).end, SpanKind::Supposed);
            }
        }
    }

    fn pasts(&mut self, text: &Text<'_>) {
        for past in text.all(".PAST") {
            let sentence = text.sentence(past.from);
            let now: Vec<&Match> = text.all(".NOW").filter(|now| sentence.contains(&now.from)).collect();
            let after = now.iter().filter(|now| now.from >= past.to).map(|now| now.from).min();
            let is_before = now.iter().any(|now| now.from < past.from);
            let to = after.map_or(sentence.end, |now| {
                let turn = (past.to..now).find(|at| text.clause(*at) != text.clause(past.from));
                turn.unwrap_or_else(|| now.saturating_sub(6).max(past.to))
            });
            let same = |at: &usize| text.clause(*at) == text.clause(past.from);
            let from = (sentence.start..past.from).rev().take_while(same).last().unwrap_or(past.from);
            self.mark(if is_before { past.from } else { from }..to, SpanKind::Past);
        }
    }

    fn questions(&mut self, text: &Text<'_>) {
        for asked in text.all(".ASK") {
            let same = |at: &usize| text.clause(*at) == text.clause(asked.from);
            let before = (0..asked.from).rev().take(ASKED_BEFORE).take_while(same).last();
            self.mark(before.unwrap_or(asked.from)..text.sentence(asked.from).end, SpanKind::Asked);
        }
        let mut at = 0;
        while let Some(word) = text.words.get(at) {
            let sentence = text.sentence(at);
            let is_general = word.is_asked
                && (QUESTIONS.contains(&word.plain.as_str()) || sentence.len() <= SHORT_QUESTION)
                && !text.has(".MINE", &sentence)
                && !text.has(".URGE", &sentence);
            at = sentence.end.max(at + 1);
            if is_general {
                self.mark(sentence, SpanKind::Asked);
            }
        }
    }

    /// What was said before "it is fixed" is over; what comes in a later clause is not.
    fn ends(&mut self, text: &Text<'_>) {
        for over in text.all(".DONE") {
            let is_denied = self.at(over.from).contains(&SpanKind::Denied)
                || (over.from.saturating_sub(3)..over.from).any(|at| text.begins(".NOT", at));
            let is_supposed = self.at(over.from).contains(&SpanKind::Supposed);
            if is_denied || is_supposed {
                continue;
            }
            let same = |at: &usize| text.clause(*at) == text.clause(over.from);
            let to = (over.to..text.words.len()).take_while(same).last().map_or(over.to, |at| at + 1);
            self.mark(0..to, SpanKind::Over);
        }
    }

    fn mark(&mut self, words: std::ops::Range<usize>, kind: SpanKind) {
        for senses in self.of.get_mut(words).into_iter().flatten() {
            if !senses.contains(&kind) {
                senses.push(kind);
            }
        }
    }

    fn at(&self, word: usize) -> &[SpanKind] {
        self.of.get(word).map(Vec::as_slice).unwrap_or_default()
    }

    /// How signs at these places were meant: what weighs least of what holds for any of them.
    pub(super) fn meant(&self, place: &[Match]) -> SpanKind {
        let kinds = place.iter().flat_map(|sign| sign.from..sign.to).flat_map(|word| self.at(word));
        kinds.copied().min_by_key(|kind| kind.most()).unwrap_or(SpanKind::Sign)
    }
}

struct Text<'t> {
    words: &'t [Word],
    found: &'t [Vec<Match>],
}

impl<'t> Text<'t> {
    fn number(name: &str) -> Option<Concept> {
        LEXICON.concept(name)
    }

    fn all(&self, name: &str) -> impl Iterator<Item = &'t Match> + use<'t> {
        let found: &'t [Vec<Match>] = self.found;
        Self::number(name).and_then(|number| found.get(usize::from(number))).into_iter().flatten()
    }

    fn has(&self, name: &str, words: &std::ops::Range<usize>) -> bool {
        self.all(name).any(|found| words.contains(&found.from))
    }

    fn begins(&self, name: &str, at: usize) -> bool {
        self.all(name).any(|found| found.from == at)
    }

    fn covers(&self, inner: &Match, name: &str) -> bool {
        self.all(name).any(|outer| outer.from < inner.to && inner.from < outer.to)
    }

    /// "No heat" and "not breathing" are signs themselves; their "no" denies nothing else.
    fn is_part_of_a_sign(&self, no: &Match) -> bool {
        let longer = |found: &&Match| found.to - found.from > no.to - no.from;
        let mut signs = self.found.iter().flatten().filter(longer);
        let is_context = |concept: Concept| {
            [".NOT", ".EASY", ".IF", ".PAST"].iter().any(|name| Self::number(name) == Some(concept))
        };
        signs.any(|found| found.from <= no.from && no.to <= found.to && !is_context(found.concept))
    }

    fn clause(&self, at: usize) -> u32 {
        self.words.get(at).map_or(u32::MAX, |word| word.clause)
    }

    fn sentence(&self, at: usize) -> std::ops::Range<usize> {
        let Some(sentence) = self.words.get(at).map(|word| word.sentence) else { return at..at };
        let same = |at: &usize| self.words.get(*at).is_some_and(|word| word.sentence == sentence);
        let from = (0..=at).rev().take_while(same).last().unwrap_or(at);
        let to = (at..self.words.len()).take_while(same).last().map_or(at, |last| last + 1);
        from..to
    }
}
