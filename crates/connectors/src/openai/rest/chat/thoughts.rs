//! Leaves out what a thinking model thinks aloud before it answers (section 9).

const OPEN: &str = "<think>";
const CLOSE: &str = "</think>";

/// Takes words as they come and gives those that are meant for the person. Only thoughts at the very beginning are left out:
/// later on the tag is a word like any other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Thoughts {
    /// It is not clear yet whether the answer begins with a thought; these words are waiting for that.
    #[default]
    Unclear,
    /// Words that may still become the opening tag.
    Waiting(String),
    /// Within a thought; the last few characters, which may be part of the closing tag.
    Inside(String),
    /// Past it, but nothing has been said yet: blanks are left out.
    Past,
    /// The answer itself.
    Answering,
}

impl Thoughts {
    /// Takes more words; what of it is part of the answer.
    pub(super) fn take(&mut self, words: &str) -> String {
        let (next, visible) = match std::mem::take(self) {
            Self::Unclear => begin(words),
            Self::Waiting(before) => begin(&(before + words)),
            Self::Inside(tail) => within(&(tail + words)),
            Self::Past => past(words),
            Self::Answering => (Self::Answering, words.to_owned()),
        };
        *self = next;
        visible
    }

    /// Words that were still waiting when the answer ended.
    pub(super) fn finish(&mut self) -> String {
        match std::mem::replace(self, Self::Answering) {
            Self::Waiting(words) => words,
            _ => String::new(),
        }
    }
}

fn begin(words: &str) -> (Thoughts, String) {
    let start = words.trim_start();
    if let Some(thought) = start.strip_prefix(OPEN) {
        return within(thought);
    }
    if OPEN.starts_with(start) {
        return (Thoughts::Waiting(words.to_owned()), String::new());
    }
    (Thoughts::Answering, words.to_owned())
}

fn within(thought: &str) -> (Thoughts, String) {
    if let Some((_, answer)) = thought.split_once(CLOSE) {
        return past(answer);
    }
    let kept = thought.char_indices().rev().take(CLOSE.len() - 1).last().map_or(0, |(at, _)| at);
    (Thoughts::Inside(thought.get(kept..).unwrap_or_default().to_owned()), String::new())
}

fn past(answer: &str) -> (Thoughts, String) {
    let answer = answer.trim_start();
    let next = if answer.is_empty() { Thoughts::Past } else { Thoughts::Answering };
    (next, answer.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn said(pieces: &[&str]) -> String {
        let mut thoughts = Thoughts::default();
        let mut said: String = pieces.iter().map(|piece| thoughts.take(piece)).collect();
        said.push_str(&thoughts.finish());
        said
    }

    #[test]
    fn only_thoughts_at_the_beginning_are_left_out() {
        let cases = [
            ("<think>They ask for hours.</think>\n\nWe open at eight.", "We open at eight."),
            ("\n<think></think>Yes.", "Yes."),
            ("Write <think> for that.", "Write <think> for that."),
            ("<thinking> is a tag.", "<thinking> is a tag."),
            ("<thi", "<thi"),
            ("<think>never ended", ""),
            ("", ""),
        ];
        for (answer, wanted) in cases {
            assert_eq!(said(&[answer]), wanted, "{answer}");
        }
    }

    proptest! {
        #[test]
        fn it_does_not_matter_how_the_words_are_cut(cuts in prop::collection::vec(0_usize..40, 0..12)) {
            let whole: Vec<char> = " <think>Größe? 🚰 </thin</think> Answer <think>.".chars().collect();
            let mut cuts: Vec<usize> = cuts.into_iter().filter(|cut| *cut <= whole.len()).collect();
            cuts.sort_unstable();
            let (mut pieces, mut from) = (Vec::new(), 0);
            for to in cuts.into_iter().chain([whole.len()]) {
                pieces.push(whole[from..to].iter().collect::<String>());
                from = to;
            }
            let pieces: Vec<&str> = pieces.iter().map(String::as_str).collect();
            prop_assert_eq!(said(&pieces), "Answer <think>.");
        }
    }
}
