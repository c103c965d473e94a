//! Whether a message tells of an emergency, how grave it is and why: rules over what was said, in five languages.
//!
//! Substrings are not enough: "no leak", "do you offer emergency services" and "we had a burst pipe last year" are none.
//! A rule therefore needs several signs near one another (`emergency/rules.tsv` over `emergency/lexicon`), and the sense in
//! which they were meant decides what they weigh. docs/decisions/emergency.md tells why, and how well it does.

use lexicon::{LEXICON, Match};
use rules::RULES;
use serde::{Deserialize, Serialize};
use text::Word;
use utoipa::ToSchema;

mod context;
mod judgement;
mod lexicon;
mod rules;
mod text;
mod tone;

pub use context::SpanKind;
pub use judgement::{ModelJudgement, combine, local_emergency_number};
pub use tone::Tone;

/// How readily words count as an emergency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Sensitivity {
    /// Only what leaves no doubt: severity 8 and more.
    Low,
    /// What a careful person would take for one: 7 and more.
    #[default]
    Normal,
    /// Rather one too many: 5 and more.
    High,
}

impl Sensitivity {
    /// Every sensitivity, from the least ready on.
    pub const ALL: [Self; 3] = [Self::Low, Self::Normal, Self::High];

    /// From which severity on a message is an emergency.
    pub const fn threshold(self) -> u8 {
        match self {
            Self::Low => 8,
            Self::Normal => 7,
            Self::High => 5,
        }
    }
}

/// What a business sets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// How readily words count.
    pub sensitivity: Sensitivity,
    /// Words that make an emergency in this trade.
    pub own_words: Vec<String>,
    /// Words that make none here.
    pub exceptions: Vec<String>,
}

/// A piece of the text that counted, by bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// Byte after the last.
    pub end: usize,
    /// How it was meant.
    pub kind: SpanKind,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// Somebody should be woken.
    pub is_emergency: bool,
    /// 1 (none) to 10 (a life in danger now).
    pub severity: u8,
    /// The caller is first told to ring the local emergency number.
    pub endangers_life: bool,
    /// Why, in a sentence for the owner.
    pub reason: String,
    /// What in the text counted.
    pub spans: Vec<Span>,
}

/// Severity of the business's own words.
const OWN_WORD: u8 = 8;
/// Severity of a message that tells of nothing.
const NOTHING: u8 = 2;
/// Severity of something that is out of order and has time.
const PROBLEM: u8 = 4;
/// Most spans that are shown.
const MOST_SPANS: usize = 20;

/// The rules of one business.
#[derive(Clone, Debug, Default)]
pub struct Detector {
    sensitivity: Sensitivity,
    own_words: Vec<Vec<String>>,
    exceptions: Vec<Vec<String>>,
}

impl Detector {
    /// The detector of a business.
    pub fn new(rules: &Rules) -> Self {
        let folded = |phrases: &[String]| phrases.iter().map(|phrase| plain(phrase)).collect();
        Self {
            sensitivity: rules.sensitivity,
            own_words: folded(&rules.own_words),
            exceptions: folded(&rules.exceptions),
        }
    }

    /// What a message tells. Only its first 8 KiB are looked at.
    pub fn detect(&self, text: &str) -> Finding {
        let words = text::words(text);
        let found = self.signs(&words);
        let senses = context::Senses::of(&words, &found);
        let about = About::of(&found, &senses);
        let mut best = Weighed::nothing();
        let mut dismissed: Vec<(Vec<Match>, SpanKind)> = Vec::new();
        for rule in RULES.iter() {
            for place in rule.places(&found, &words) {
                let full = about.weigh(rule, &place, &words);
                let kind = sense(senses.meant(&place), rule.endangers_life && full >= 9);
                if kind != SpanKind::Sign {
                    dismissed.push((place.clone(), kind));
                }
                let weighed = Weighed {
                    severity: full.min(kind.most()),
                    endangers_life: rule.endangers_life && kind == SpanKind::Sign && full >= 8,
                    says: rule.says,
                    kind,
                    place,
                };
                best = best.or(weighed);
            }
        }
        for place in self.own(&words) {
            let kind = senses.meant(&[place]);
            let shown = if kind == SpanKind::Sign { SpanKind::Own } else { kind };
            let says = "a word of the business's own";
            let severity = OWN_WORD.min(kind.most());
            best =
                best.or(Weighed { severity, endangers_life: false, says, kind: shown, place: vec![place] });
        }
        best.severity = about.pressed(best.severity);
        if best.severity < PROBLEM && about.problem {
            best.severity = PROBLEM - u8::from(best.severity == 3);
        }
        self.finding(text, &words, &best, &dismissed)
    }

    fn signs(&self, words: &[Word]) -> Vec<Vec<Match>> {
        let mut all = LEXICON.matches(words);
        let harmless = LEXICON.concept(".HARMLESS");
        let excepted = self.exceptions.iter().flat_map(|phrase| occurrences(phrase, words));
        let excepted: Vec<(usize, usize)> = excepted.collect();
        let masks: Vec<Match> = all.iter().filter(|found| Some(found.concept) == harmless).copied().collect();
        all.retain(|found| {
            let overlaps = |from: usize, to: usize| found.from < to && from < found.to;
            let (words, own) = (found.to - found.from, |mask: &Match| mask.to - mask.from);
            let is_longer = |mask: &Match| words > own(mask) || (words >= 2 && words == own(mask));
            !masks.iter().any(|mask| overlaps(mask.from, mask.to) && !is_longer(mask))
                && !excepted.iter().any(|(from, to)| overlaps(*from, *to))
        });
        let mut found = vec![Vec::new(); LEXICON.concepts()];
        for sign in all {
            if let Some(of) = found.get_mut(usize::from(sign.concept)) {
                of.push(sign);
            }
        }
        found
    }

    fn own(&self, words: &[Word]) -> Vec<Match> {
        let places = self.own_words.iter().flat_map(|phrase| occurrences(phrase, words));
        places.map(|(from, to)| Match { concept: u16::MAX, from, to }).collect()
    }

    fn finding(
        &self,
        text: &str,
        words: &[Word],
        best: &Weighed,
        dismissed: &[(Vec<Match>, SpanKind)],
    ) -> Finding {
        let mut spans: Vec<Span> = Vec::new();
        let is_held = best.kind == SpanKind::Sign || best.kind == SpanKind::Own;
        let shown = std::iter::once((&best.place, best.kind))
            .chain(dismissed.iter().filter(|_| !is_held).map(|(place, kind)| (place, *kind)));
        for (place, kind) in shown {
            for sign in place {
                let (Some(first), Some(last)) = (words.get(sign.from), words.get(sign.to.saturating_sub(1)))
                else {
                    continue;
                };
                let span = Span { start: first.start, end: last.end, kind };
                let is_new = spans.iter().all(|other| other.end <= span.start || span.end <= other.start);
                if is_new && spans.len() < MOST_SPANS {
                    spans.push(span);
                }
            }
        }
        spans.sort_by_key(|span| span.start);
        let said = best.quoted(text, words);
        let reason = match (best.place.is_empty(), is_held) {
            (true, _) => "Nothing in it tells of an emergency.".to_owned(),
            (_, true) => format!("{}: “{said}”.", sentence_case(best.says)),
            (_, false) => format!("“{said}” {}.", best.kind.says()),
        };
        let is_emergency = best.severity >= self.sensitivity.threshold();
        Finding { is_emergency, severity: best.severity, endangers_life: best.endangers_life, reason, spans }
    }
}

/// Danger to life is not talked down by "no rush", or by what somebody wants to buy.
fn sense(kind: SpanKind, is_grave: bool) -> SpanKind {
    if is_grave && kind == SpanKind::Unhurried { SpanKind::Sign } else { kind }
}

/// What holds for the message as a whole.
struct About {
    people: bool,
    growth: bool,
    held: bool,
    urged: bool,
    declared: bool,
    problem: bool,
    little: Vec<Match>,
}

impl About {
    fn of(found: &[Vec<Match>], senses: &context::Senses) -> Self {
        let all = |name: &str| {
            let number = LEXICON.concept(name).map(usize::from);
            number.and_then(|number| found.get(number)).map(Vec::as_slice).unwrap_or_default()
        };
        let holds = |name: &str| all(name).iter().any(|sign| senses.meant(&[*sign]) == SpanKind::Sign);
        Self {
            people: holds("CHILD") || holds("FRAIL"),
            growth: holds(".WORSE"),
            held: holds(".HELD"),
            urged: holds(".URGE") || holds(".URGENT"),
            declared: holds("EMERGENCY"),
            problem: holds(".PROBLEM"),
            little: all(".LITTLE").to_vec(),
        }
    }

    fn weigh(&self, rule: &rules::Rule, place: &[Match], words: &[Word]) -> u8 {
        let mut severity = rule.severity;
        let may_rise = (6..=8).contains(&severity);
        let raises = (rule.minds_people && self.people) || (rule.minds_growth && self.growth);
        severity += u8::from(may_rise && raises);
        severity -= u8::from(rule.minds_holding && self.held && severity > 6);
        let clause = |sign: &Match| words.get(sign.from).map(|word| word.clause);
        let is_little =
            self.little.iter().any(|little| place.iter().any(|sign| clause(sign) == clause(little)));
        if is_little && !rule.endangers_life && severity <= 8 {
            severity = severity.saturating_sub(3);
        }
        severity
    }

    /// Somebody who asks for help at once, or says that it is an emergency, is believed in a case of doubt.
    fn pressed(&self, severity: u8) -> u8 {
        match severity {
            5 | 6 if self.declared => 7,
            6 if self.urged => 7,
            severity => severity,
        }
    }
}

struct Weighed {
    severity: u8,
    endangers_life: bool,
    says: &'static str,
    kind: SpanKind,
    place: Vec<Match>,
}

impl Weighed {
    fn nothing() -> Self {
        Self { severity: NOTHING, endangers_life: false, says: "", kind: SpanKind::Sign, place: Vec::new() }
    }

    /// The graver of two; of two equal ones that which endangers life, then that which says more.
    fn or(self, other: Self) -> Self {
        let rank = |of: &Self| (of.severity, of.endangers_life, of.place.len());
        let life = self.endangers_life || other.endangers_life;
        let mut graver = if rank(&other) > rank(&self) { other } else { self };
        graver.endangers_life = life;
        graver
    }

    /// What was said, from the first sign to the last.
    fn quoted<'t>(&self, text: &'t str, words: &[Word]) -> &'t str {
        let from = self.place.iter().map(|sign| sign.from).min().and_then(|at| words.get(at));
        let to = self.place.iter().map(|sign| sign.to).max().and_then(|at| words.get(at.saturating_sub(1)));
        match (from, to) {
            (Some(from), Some(to)) => text.get(from.start..to.end).unwrap_or_default(),
            _ => "",
        }
    }
}

fn plain(phrase: &str) -> Vec<String> {
    text::words(phrase).into_iter().map(|word| word.plain).collect()
}

fn occurrences<'w>(
    phrase: &'w [String],
    words: &'w [Word],
) -> impl Iterator<Item = (usize, usize)> + use<'w> {
    let is_there =
        move |window: &[Word]| window.iter().zip(phrase).all(|(word, wanted)| word.plain == *wanted);
    let windows = words.windows(phrase.len().max(1)).enumerate();
    let found = windows.filter(move |(_, window)| !phrase.is_empty() && is_there(window));
    found.map(|(at, _)| (at, at + phrase.len()))
}

fn sentence_case(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests;
