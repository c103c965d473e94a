//! What somebody hears who is rung in an emergency.
//!
//! A tone, who needs help, and four keys; said again until a key comes, three times at most, then the call ends without
//! having accepted anything. Words of callers are text of the document and nothing else.

use super::twiml::{Gather, Prompt, Speech, Twiml, Voice};
use std::time::Duration;

/// Times that the alert is spoken.
pub const ROUNDS: u32 = 3;
/// How long a key is waited for after the words, in seconds.
const KEY_WAIT_S: u32 = 12;
/// Most characters of a caller's words that are spoken: some forty seconds.
const MOST_SPOKEN: usize = 500;

/// What is said.
#[derive(Debug, Clone, Copy)]
pub struct Alert<'a> {
    /// The business.
    pub business: &'a str,
    /// The alert in the business's own words, its places filled; cut to what can be listened to.
    pub words: &'a str,
    /// The caller's number, read digit by digit.
    pub caller: Option<&'a str>,
    /// What to do.
    pub instructions: &'a str,
    /// A trial, and said to be one.
    pub is_drill: bool,
    /// The absolute URL of the attention tone; none is a pause.
    pub tone: Option<&'a str>,
    /// The absolute URL that is told the key.
    pub action: &'a str,
}

struct Phrases {
    urgent: &'static str,
    drill: &'static str,
    caller: &'static str,
    keys: &'static str,
    no_key: &'static str,
    accepted: &'static str,
    taken: &'static str,
    next: &'static str,
}

const ENGLISH: Phrases = Phrases {
    urgent: "Emergency call for",
    drill: "This is a drill. Nobody needs help.",
    caller: "The number to call back is",
    keys: "Press 1 to accept. Press 2 to pass it to the next person. Press 3 to be connected to the caller. Press 9 to hear this again.",
    no_key: "No key was pressed. The next person is called. Goodbye.",
    accepted: "Thank you. You have accepted. The caller is told that you look after it.",
    taken: "Somebody has accepted this already. Thank you. Goodbye.",
    next: "All right. The next person is called. Goodbye.",
};

const SPANISH: Phrases = Phrases {
    urgent: "Llamada de emergencia para",
    drill: "Esto es un simulacro. Nadie necesita ayuda.",
    caller: "El número al que hay que llamar es",
    keys: "Pulse 1 para aceptar. Pulse 2 para pasar a la siguiente persona. Pulse 3 para hablar con quien llama. Pulse 9 para oírlo de nuevo.",
    no_key: "No se ha pulsado ninguna tecla. Se llama a la siguiente persona. Adiós.",
    accepted: "Gracias. Ha aceptado. Se le dice a quien llama que usted se ocupa.",
    taken: "Alguien ya lo ha aceptado. Gracias. Adiós.",
    next: "De acuerdo. Se llama a la siguiente persona. Adiós.",
};

const FRENCH: Phrases = Phrases {
    urgent: "Appel d'urgence pour",
    drill: "Ceci est un exercice. Personne n'a besoin d'aide.",
    caller: "Le numéro à rappeler est le",
    keys: "Appuyez sur 1 pour accepter. Appuyez sur 2 pour passer à la personne suivante. Appuyez sur 3 pour parler à la personne qui appelle. Appuyez sur 9 pour réécouter.",
    no_key: "Aucune touche n'a été pressée. La personne suivante est appelée. Au revoir.",
    accepted: "Merci. Vous avez accepté. La personne qui appelle en est informée.",
    taken: "Quelqu'un a déjà accepté. Merci. Au revoir.",
    next: "D'accord. La personne suivante est appelée. Au revoir.",
};

fn phrases(language: &str) -> &'static Phrases {
    match language.split('-').next() {
        Some("es") => &SPANISH,
        Some("fr") => &FRENCH,
        _ => &ENGLISH,
    }
}

/// The voice an alert is spoken by: the business's own, or one of the language that takes emphasis and pauses.
pub fn voice(name: &str, language: &str) -> Voice {
    let own = match (name, language) {
        ("", "en-GB") => "Polly.Amy",
        ("", "es-ES") => "Polly.Conchita",
        ("", "fr-FR") => "Polly.Celine",
        ("", "fr-CA") => "Polly.Chantal",
        ("", language) if language.starts_with("es") => "Polly.Penelope",
        ("", language) if language.starts_with("fr") => "Polly.Celine",
        ("", _) => "Polly.Joanna",
        (name, _) => name,
    };
    Voice::new(own, language)
}

/// The document of the alert.
pub fn document(alert: &Alert<'_>, language: &str, voice: &Voice) -> Twiml {
    let says = phrases(language);
    let mut document = Twiml::new();
    for _ in 0..ROUNDS {
        let gather = Gather {
            action: alert.action,
            timeout_secs: Some(KEY_WAIT_S),
            num_digits: Some(1),
            finish_on_key: Some(""),
            ..Gather::default()
        };
        document = document.gather(&gather, &round(alert, says, voice));
    }
    document.say(voice, says.no_key).hangup()
}

fn round(alert: &Alert<'_>, says: &Phrases, voice: &Voice) -> Prompt {
    let words: String = alert.words.chars().take(MOST_SPOKEN).collect();
    let pause = Speech::Break(Duration::from_millis(600));
    let mut parts =
        vec![Speech::Strong(says.urgent), Speech::Plain(" "), Speech::Strong(alert.business), pause];
    if alert.is_drill {
        parts.extend([Speech::Strong(says.drill), pause]);
    }
    parts.extend([Speech::Plain(&words), pause]);
    if let Some(caller) = alert.caller {
        parts.extend([Speech::Plain(says.caller), Speech::Plain(" "), Speech::Digits(caller), pause]);
    }
    if !alert.instructions.is_empty() {
        parts.extend([Speech::Plain(alert.instructions), pause]);
    }
    parts.push(Speech::Plain(says.keys));
    let prompt = match alert.tone {
        Some(url) => Prompt::new().play(url),
        None => Prompt::new().pause(1),
    };
    prompt.speak(voice, &parts)
}

/// What follows a key, or the discovery that nothing is left to decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    /// They look after it.
    Accepted,
    /// Somebody else does already.
    Taken,
    /// They have asked for the next person.
    Next,
}

/// Says what became of the key and ends the call.
pub fn reply(reply: Reply, language: &str, voice: &Voice) -> Twiml {
    let says = phrases(language);
    let words = match reply {
        Reply::Accepted => says.accepted,
        Reply::Taken => says.taken,
        Reply::Next => says.next,
    };
    Twiml::new().say(voice, words).hangup()
}

#[cfg(test)]
mod tests;
