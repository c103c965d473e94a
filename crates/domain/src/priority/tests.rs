use super::*;
use crate::emergency::Detector;

fn told(text: &str, history: &History) -> Priority {
    let detector = Detector::default();
    priority(&detector.detect(text), &Tone::of(text), history).0
}

/// Rows 76 and 85: phrases, and what they come to.
#[test]
fn phrases_come_to_their_priority() {
    let open = History { within_hours: true, ..History::default() };
    for (text, wanted) in [
        ("water is pouring through my ceiling", Priority::Urgent),
        ("my dog ate rat poison", Priority::Urgent),
        ("se reventó una tubería y la cocina se está inundando", Priority::Urgent),
        ("this is unacceptable, I called and nobody called me back", Priority::High),
        ("can somebody come by today to look at the tap", Priority::High),
        ("no podemos abrir el restaurante, perdiendo dinero", Priority::High),
        ("we have no hot water", Priority::High),
        ("I'd like a new bathroom, could somebody call me", Priority::Normal),
        ("our tap drips", Priority::Normal),
        ("the tap drips, no rush at all", Priority::Low),
        ("what are your opening hours", Priority::Low),
        ("are you open tomorrow?", Priority::Low),
        ("we can rank your website on the first page of google today", Priority::Low),
        ("", Priority::Normal),
    ] {
        assert_eq!(told(text, &open), wanted, "{text}");
    }
}

/// Row 85: the same words weigh more from somebody who waits, or from a client at night.
#[test]
fn history_hours_and_clients_count() {
    let text = "our tap drips";
    let open = History { within_hours: true, ..History::default() };
    assert_eq!(told(text, &open), Priority::Normal);
    assert_eq!(told(text, &History { contacts_within_a_day: 2, ..open }), Priority::High);
    assert_eq!(told(text, &History { is_client: true, ..open }), Priority::Normal);
    assert_eq!(told(text, &History { is_client: true, within_hours: false, ..open }), Priority::High);
    let question = "just a question, what are your hours";
    assert_eq!(told(question, &open), Priority::Low);
    assert_eq!(told(question, &History { has_open_request: true, ..open }), Priority::Normal);
}
