//! What words mean here: phrases of several languages, each a sign of one concept ("water", "flows", "place", "denied").
//!
//! The lists are data, `lexicon/*.tsv`: concept, language, phrases with commas between. In a phrase `a/b` is one word or the
//! other, `stem*` any word that begins so, and `~` leaves room for up to three words.

use super::text::Word;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

/// The lists.
const LISTS: [&str; 7] = [
    include_str!("lexicon/context.tsv"),
    include_str!("lexicon/harmless.tsv"),
    include_str!("lexicon/building.tsv"),
    include_str!("lexicon/people.tsv"),
    include_str!("lexicon/animals.tsv"),
    include_str!("lexicon/systems.tsv"),
    include_str!("lexicon/priority.tsv"),
];
/// Words that are often misspelt and matter ("meant"), and words of everyday that stand near one ("apart").
const SPELLING: &str = include_str!("lexicon/spelling.tsv");
/// Words that `~` leaves room for.
const GAP: usize = 3;

/// The lists, read once.
pub(super) static LEXICON: LazyLock<Lexicon> = LazyLock::new(Lexicon::read);

/// A concept's number.
pub(super) type Concept = u16;

/// Where a phrase was found: words `from..to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Match {
    pub concept: Concept,
    pub from: usize,
    pub to: usize,
}

#[derive(Debug)]
enum Piece {
    Word(Vec<Form>),
    Gap,
}

#[derive(Debug)]
struct Form {
    letters: String,
    is_stem: bool,
}

impl Form {
    fn of(text: &str) -> Self {
        let is_stem = text.ends_with('*');
        Self { letters: text.trim_end_matches('*').to_owned(), is_stem }
    }

    fn fits(&self, word: &str) -> bool {
        let is_plural = || self.letters.len() >= 4 && word.strip_suffix('s') == Some(&self.letters);
        if self.is_stem { word.starts_with(&self.letters) } else { word == self.letters || is_plural() }
    }
}

#[derive(Debug)]
struct Phrase {
    concept: Concept,
    pieces: Vec<Piece>,
}

/// All phrases, findable by how their first word begins.
#[derive(Debug)]
pub(super) struct Lexicon {
    names: Vec<String>,
    phrases: Vec<Phrase>,
    by_start: HashMap<[u8; 2], Vec<usize>>,
    /// Words that a misspelt one may have meant.
    meant: Vec<&'static str>,
    /// Words that are no misspelling of one of those.
    apart: HashSet<&'static str>,
}

impl Lexicon {
    fn read() -> Self {
        let mut lexicon = Self {
            names: Vec::new(),
            phrases: Vec::new(),
            by_start: HashMap::new(),
            meant: listed("meant"),
            apart: listed("apart").into_iter().collect(),
        };
        for line in LISTS.iter().flat_map(|list| list.lines()) {
            let mut columns = line.splitn(3, '\t');
            let (Some(name), Some(_), Some(phrases)) = (columns.next(), columns.next(), columns.next())
            else {
                continue;
            };
            let concept = lexicon.named(name);
            for phrase in phrases.split(',').map(str::trim).filter(|phrase| !phrase.is_empty()) {
                lexicon.add(concept, phrase);
            }
        }
        lexicon
    }

    fn named(&mut self, name: &str) -> Concept {
        self.concept(name).unwrap_or_else(|| {
            self.names.push(name.to_owned());
            u16::try_from(self.names.len() - 1).unwrap_or(u16::MAX)
        })
    }

    fn add(&mut self, concept: Concept, phrase: &str) {
        let pieces: Vec<Piece> = phrase
            .split_whitespace()
            .map(|piece| match piece {
                "~" => Piece::Gap,
                piece => Piece::Word(piece.split('/').map(Form::of).collect()),
            })
            .collect();
        let number = self.phrases.len();
        if let Some(Piece::Word(forms)) = pieces.first() {
            for start in forms.iter().filter_map(|form| start(&form.letters)) {
                let known = self.by_start.entry(start).or_default();
                if known.last() != Some(&number) {
                    known.push(number);
                }
            }
        }
        self.phrases.push(Phrase { concept, pieces });
    }

    /// How many concepts there are.
    pub(super) fn concepts(&self) -> usize {
        self.names.len()
    }

    /// A concept's number, if the lists have it.
    pub(super) fn concept(&self, name: &str) -> Option<Concept> {
        self.names.iter().position(|known| known == name).and_then(|at| u16::try_from(at).ok())
    }

    /// Every phrase of the lists in these words, with misspellings of longer words taken for what was meant.
    pub(super) fn matches(&self, words: &[Word]) -> Vec<Match> {
        let meant: Vec<Option<&str>> = words.iter().map(|word| self.meant_by(&word.plain)).collect();
        let mut found = Vec::new();
        for at in 0..words.len() {
            let both = [words.get(at).map(|word| word.plain.as_str()), meant.get(at).copied().flatten()];
            let mut tried: Vec<usize> = Vec::new();
            for first in both.into_iter().flatten() {
                let Some(phrases) = start(first).and_then(|start| self.by_start.get(&start)) else {
                    continue;
                };
                tried.extend(
                    phrases.iter().filter(|number| !tried.contains(number)).copied().collect::<Vec<_>>(),
                );
            }
            for phrase in tried.iter().filter_map(|number| self.phrases.get(*number)) {
                if let Some(to) = fits(&phrase.pieces, words, &meant, at) {
                    found.push(Match { concept: phrase.concept, from: at, to });
                }
            }
        }
        found
    }

    /// What a word that nobody knows was probably meant to be; `None` where it is known or nothing is near.
    fn meant_by(&self, word: &str) -> Option<&str> {
        let letters = word.chars().count();
        let is_odd = !(5..=18).contains(&letters) || word.chars().any(|letter| !letter.is_alphabetic());
        if is_odd || self.apart.contains(word) || self.is_known(word) {
            return None;
        }
        let most = if letters < 8 { 1 } else { 2 };
        let first = word.chars().next();
        let near = self.meant.iter().filter(|known| known.chars().next() == first);
        let edits = near.filter_map(|known| {
            let edits = crate::knowledge::spelling::edits(word, known, most)?;
            Some((edits, *known))
        });
        edits.min_by_key(|(edits, _)| *edits).map(|(_, known)| known)
    }

    fn is_known(&self, word: &str) -> bool {
        let near = start(word).and_then(|start| self.by_start.get(&start));
        let firsts = near.into_iter().flatten().filter_map(|number| self.phrases.get(*number));
        let mut forms = firsts.filter_map(|phrase| match phrase.pieces.first() {
            Some(Piece::Word(forms)) => Some(forms),
            _ => None,
        });
        forms.any(|forms| forms.iter().any(|form| form.letters.len() >= 4 && form.fits(word)))
    }
}

fn listed(kind: &str) -> Vec<&'static str> {
    let lines = SPELLING.lines().filter_map(|line| line.split_once('\t'));
    lines.filter(|(name, _)| *name == kind).flat_map(|(_, words)| words.split_whitespace()).collect()
}

fn start(word: &str) -> Option<[u8; 2]> {
    match word.as_bytes() {
        [] => None,
        [one] => Some([*one, 0]),
        [one, two, ..] => Some([*one, *two]),
    }
}

/// Where the phrase ends when it begins at this word. It stays within a sentence.
fn fits(pieces: &[Piece], words: &[Word], all: &[Option<&str>], at: usize) -> Option<usize> {
    let Some((piece, rest)) = pieces.split_first() else { return Some(at) };
    let Piece::Word(forms) = piece else {
        return (0..=GAP).find_map(|skipped| fits(rest, words, all, at + skipped));
    };
    let word = words.get(at)?;
    let meant = |at: usize| all.get(at).copied().flatten();
    let fit = |form: &Form| form.fits(&word.plain) || meant(at).is_some_and(|word| form.fits(word));
    let goes_on = rest.is_empty() || words.get(at + 1).is_some_and(|next| next.sentence == word.sentence);
    if goes_on && forms.iter().any(fit) { fits(rest, words, all, at + 1) } else { None }
}
