//! What a call was about, in a sentence or two, made from what is known: no model is asked.

use studioconnect_domain::lead::{Completeness, Lead};
use studioconnect_domain::transcript::{Speaker, Turn};

/// Longest quotation of the caller, in characters.
const QUOTE: usize = 140;

/// Sums up a call; none when nothing was said.
pub fn of_call(lead: Option<&Lead>, turns: &[Turn]) -> Option<String> {
    let said = turns.iter().filter(|turn| turn.speaker == Speaker::Caller).map(|turn| turn.text.trim());
    let wish = lead
        .and_then(|lead| lead.message.clone())
        .or_else(|| said.max_by_key(|text| text.len()).filter(|text| !text.is_empty()).map(str::to_owned));
    let who = lead.and_then(|lead| lead.name.clone());
    let mut summary = match (who, wish) {
        (Some(who), Some(wish)) => format!("{who}: \u{201c}{}\u{201d}", shortened(&wish)),
        (Some(who), None) => format!("{who} called."),
        (None, Some(wish)) => format!("\u{201c}{}\u{201d}", shortened(&wish)),
        (None, None) => return None,
    };
    if let Some(lead) = lead {
        let state = match lead.completeness {
            Completeness::Complete => "all required questions answered",
            Completeness::Partial => "not all questions answered",
        };
        summary = format!("{summary} ({state})");
    }
    Some(summary)
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= QUOTE {
        return text.to_owned();
    }
    let cut: String = text.chars().take(QUOTE).collect();
    format!("{}…", cut.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn(speaker: Speaker, text: &str) -> Turn {
        Turn { seq: 0, speaker, text: text.into(), heard: None, started_ms: 0, ended_ms: None }
    }

    #[test]
    fn the_callers_longest_sentence_stands_for_the_call() {
        let turns = [
            turn(Speaker::Agent, "A very long greeting indeed"),
            turn(Speaker::Caller, "Hi"),
            turn(Speaker::Caller, "My tap leaks"),
        ];
        assert_eq!(of_call(None, &turns), Some("\u{201c}My tap leaks\u{201d}".into()));
        assert_eq!(of_call(None, &turns[..1]), None);
    }
}
