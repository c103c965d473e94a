//! TwiML answers, and the sentences in them.

use crate::state::Phone;
use crate::urls;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use studioconnect_connectors::twilio::twiml::{CONTENT_TYPE, Record, StreamUrl, Twiml, TwimlFault, Voice};
use studioconnect_store::Reception;
use studioconnect_voice::TOKEN_PARAMETER;

/// Longest message a caller may leave, in seconds.
const MESSAGE_MOST: u32 = 180;
/// Silence that ends a message, in seconds.
const MESSAGE_PAUSE: u32 = 5;

const UNKNOWN_NUMBER: &str = "This number is not in service. Goodbye.";
const NOT_NOW: &str = "We are sorry, we cannot take your call right now. Please call again in a moment.";
const APOLOGY: &str = "I am sorry, we have a problem with the line.";
const LEAVE_MESSAGE: &str = "Please leave your name, your number and what we can do for you after the tone.";
const THANKS: &str = "Thank you. We will call you back. Goodbye.";
const NOTHING_HEARD: &str = "We did not hear a message. Goodbye.";

/// TwiML as an answer.
pub(crate) struct TwimlAnswer(pub(super) Twiml);

impl IntoResponse for TwimlAnswer {
    fn into_response(self) -> Response {
        ([(header::CONTENT_TYPE, CONTENT_TYPE)], self.0.render()).into_response()
    }
}

/// Voices of the network's own speech, by language (protocols/twilio.md, section 3).
fn voice(language: &str) -> Voice {
    let (name, locale) = match language {
        "es" => ("Polly.Lupe", "es-US"),
        "fr" => ("Polly.Lea", "fr-FR"),
        "de" => ("Polly.Vicki", "de-DE"),
        "it" => ("Polly.Bianca", "it-IT"),
        "pt" => ("Polly.Camila", "pt-BR"),
        _ => ("Polly.Joanna", "en-US"),
    };
    Voice::new(name, locale)
}

fn english() -> Voice {
    voice("en")
}

/// The call is answered by the agent. What stands behind the stream is what the network runs when our socket closes,
/// whatever the reason: the caller is never left in silence (design 3.1).
pub(crate) fn connect(phone: &Phone, token: &str) -> Result<TwimlAnswer, TwimlFault> {
    let url = StreamUrl::parse(&phone.public.socket_of(urls::VOICE_STREAM))?;
    let twiml = Twiml::new().connect_stream(&url, &[(TOKEN_PARAMETER, token)])?;
    Ok(TwimlAnswer(twiml.redirect(&phone.public.of(urls::VOICE_RESUME))))
}

/// The business's words for when the agent cannot answer, and a place to leave a message.
pub(crate) fn take_message(phone: &Phone, reception: &Reception) -> TwimlAnswer {
    let words = reception.config.unavailable_message(&reception.business.name);
    let voice = voice(&reception.config.language);
    TwimlAnswer(record(Twiml::new().say(&voice, &words), phone, &voice))
}

/// The line broke in mid-call: an apology, and a place to leave a message.
pub(crate) fn apologise(phone: &Phone, language: &str) -> TwimlAnswer {
    let voice = voice(language);
    let words = format!("{APOLOGY} {LEAVE_MESSAGE}");
    TwimlAnswer(record(Twiml::new().say(&voice, &words), phone, &voice))
}

fn record(twiml: Twiml, phone: &Phone, voice: &Voice) -> Twiml {
    let (action, recorded) = (phone.public.of(urls::VOICE_VOICEMAIL), phone.public.of(urls::VOICE_RECORDED));
    let record = Record {
        action: &action,
        max_length_secs: Some(MESSAGE_MOST),
        timeout_secs: Some(MESSAGE_PAUSE),
        finish_on_key: None,
        play_beep: Some(true),
        recording_status_callback: Some(&recorded),
    };
    // Verbs behind a recording run only when nothing was recorded.
    twiml.record(&record).say(voice, NOTHING_HEARD).hangup()
}

/// Nobody is reached on this number.
pub(crate) fn unknown_number() -> TwimlAnswer {
    TwimlAnswer(Twiml::new().say(&english(), UNKNOWN_NUMBER).hangup())
}

/// Not even a message can be taken.
pub(crate) fn not_now() -> TwimlAnswer {
    TwimlAnswer(Twiml::new().say(&english(), NOT_NOW).hangup())
}

/// The message is kept.
pub(crate) fn thank(language: &str) -> TwimlAnswer {
    TwimlAnswer(Twiml::new().say(&voice(language), THANKS).hangup())
}

/// The call is over.
pub(crate) fn hang_up() -> TwimlAnswer {
    TwimlAnswer(Twiml::new().hangup())
}
