//! Our own sentences, where no model words them: plain, short and in the visitor's language.

use crate::words::Plain;
use serde::{Deserialize, Serialize};
use studioconnect_domain::question::AnswerFormat;

/// A language that we have sentences in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tongue {
    /// English.
    #[default]
    En,
    /// Spanish.
    Es,
}

/// Words that only one of the languages has.
const SPANISH: [&str; 40] = [
    "el", "los", "las", "una", "que", "por", "para", "con", "como", "cuando", "donde", "cuanto", "cuesta",
    "esta", "estan", "hola", "gracias", "quiero", "necesito", "tengo", "mi", "se", "su", "abren", "abierto",
    "precio", "llamo", "buenas", "buenos", "dias", "tardes", "hay", "puede", "pueden", "manana", "horario",
    "numero", "telefono", "correo", "soy",
];
const ENGLISH: [&str; 40] = [
    "the", "is", "are", "you", "my", "i", "what", "when", "where", "how", "do", "does", "can", "have",
    "need", "want", "please", "thanks", "thank", "hello", "hi", "open", "much", "price", "name", "for",
    "with", "and", "it", "to", "a", "of", "your", "we", "im", "would", "like", "there", "on", "this",
];

impl Tongue {
    /// The one for a language code, such as `es` or `es-MX`; English for those we do not have.
    pub fn of(code: &str) -> Self {
        if code.get(..2).is_some_and(|code| code.eq_ignore_ascii_case("es")) { Self::Es } else { Self::En }
    }

    /// Its code.
    pub fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Es => "es",
        }
    }

    /// The language that a text is in; none when it could be either.
    pub(super) fn heard_in(text: &str) -> Option<Self> {
        let plain = Plain::of(text);
        let count = |list: &[&str]| plain.as_str().split(' ').filter(|word| list.contains(word)).count();
        let marks = usize::from(text.contains(['¿', '¡', 'ñ']));
        let (spanish, english) = (count(&SPANISH) + 2 * marks, count(&ENGLISH));
        match spanish.cmp(&english) {
            std::cmp::Ordering::Greater => Some(Self::Es),
            std::cmp::Ordering::Less => Some(Self::En),
            std::cmp::Ordering::Equal => None,
        }
    }
}

macro_rules! sentences {
    ($($(#[$doc:meta])* $name:ident($($given:ident),*) = $en:literal, $es:literal;)*) => {
        impl Tongue {
            $($(#[$doc])* pub(super) fn $name(self $(, $given: &str)*) -> String {
                match self {
                    Self::En => format!($en),
                    Self::Es => format!($es),
                }
            })*
        }
    };
}

sentences! {
    hello() = "Hello! What can I do for you?", "¡Hola! ¿En qué le puedo ayudar?";
    welcome() = "You are welcome.", "De nada.";
    anything_else() = "Is there anything else I can help with?", "¿Hay algo más en que le pueda ayudar?";
    all_right() = "All right.", "De acuerdo.";
    goodbye() = "Thank you for writing. Goodbye!", "Gracias por escribirnos. ¡Hasta luego!";
    goodbye_noted() = "Thank you. What you told us is noted, and somebody will get in touch. Goodbye!",
        "Gracias. Lo que nos contó queda anotado y alguien se pondrá en contacto con usted. ¡Hasta luego!";
    unknown() = "I am sorry, I have no information about that, and I would rather not guess.",
        "Lo siento, no tengo información sobre eso y prefiero no adivinar.";
    not_understood() = "I am an automated assistant and did not quite understand that. Could you put it another way?",
        "Soy un asistente automático y no le he entendido bien. ¿Me lo puede decir de otra manera?";
    offer() = "Shall I take down your question, so that somebody gets back to you?",
        "¿Quiere que anote su consulta para que alguien le responda?";
    automated(business) = "I am the automated assistant of {business}.", "Soy el asistente automático de {business}.";
    person() = "I will make sure that a person gets back to you.",
        "Me encargaré de que una persona se ponga en contacto con usted.";
    sorry() = "I am sorry to hear that.", "Lamento oír eso.";
    gladly() = "I will gladly pass that on.", "Con gusto lo paso a quien corresponde.";
    few_questions() = "May I ask you a few things?", "¿Me permite unas preguntas?";
    thanks() = "Thank you.", "Gracias.";
    thanks_name(name) = "Thank you, {name}.", "Gracias, {name}.";
    changed(value) = "I have changed that to {value}.", "Lo he cambiado a {value}.";
    as_said() = "I have noted it the way you wrote it.", "Lo he anotado tal como lo escribió.";
    skipped() = "No problem, we can do without.", "No hay problema, podemos seguir sin ello.";
    helps() = "It would help us to get back to you.", "Nos ayudaría a responderle.";
    summed_up() = "Thank you, I have everything I need.", "Gracias, tengo todo lo que necesito.";
    in_touch() = "Somebody will get in touch with you soon.", "Alguien se pondrá en contacto con usted pronto.";
    in_touch_when(when) = "We are closed right now and open again {when}; somebody will get in touch then.",
        "Ahora estamos cerrados y abrimos {when}; entonces alguien se pondrá en contacto con usted.";
    noted() = "I have added that to your request.", "Lo he añadido a su solicitud.";
    sales() = "Thank you, but we do not take offers here.", "Gracias, pero aquí no atendemos ofertas.";
    ring_emergency_number(number) = "If anybody is in danger, hang up and ring {number} first, now.",
        "Si alguien corre peligro, cuelgue y llame primero al {number}, ahora mismo.";
    ringing_now() = "This is an emergency: I am having our people rung right now.",
        "Esto es una emergencia: ahora mismo están llamando a nuestro equipo.";
    writing_now() = "This is an emergency: I am alerting our people right now.",
        "Esto es una emergencia: ahora mismo aviso a nuestro equipo.";
    connect_or_questions() = "Shall I connect you with whoever answers first, or take a few details so that they come prepared?",
        "¿Le comunico con quien conteste primero, o anoto unos datos para que vengan preparados?";
    connecting() = "All right, I will connect you as soon as somebody answers. Meanwhile:",
        "De acuerdo, le comunico en cuanto alguien conteste. Mientras tanto:";
    what_number() = "What number can we call you on?", "¿A qué número le podemos llamar?";
    read_back(said) = "I have noted: {said}.", "He anotado: {said}.";
    help_is_called() = "Our people are being called until somebody takes it on; I tell you here what happens.",
        "Seguimos llamando a nuestro equipo hasta que alguien se haga cargo; aquí le digo lo que pasa.";
    connect_me() = "Connect me", "Comuníqueme";
    take_details() = "Take my details", "Anote mis datos";
    yes() = "Yes", "Sí";
    no() = "No", "No";
    yes_please() = "Yes, please", "Sí, por favor";
    no_thanks() = "No, thank you", "No, gracias";
    skip() = "Skip", "Omitir";
    said_by(title) = "From “{title}”:", "Según «{title}»:";
    open_now(until) = "Yes, we are open now, until {until}.", "Sí, ahora estamos abiertos, hasta las {until}.";
    closed_now(when) = "We are closed right now. We open again {when}.", "Ahora estamos cerrados. Abrimos {when}.";
    closed_now_unknown() = "We are closed right now.", "Ahora estamos cerrados.";
    open_on(day, hours) = "On {day} we are open {hours}.", "El {day} abrimos {hours}.";
    closed_on(day) = "On {day} we are closed.", "El {day} estamos cerrados.";
    address(address) = "You find us here: {address}.", "Estamos aquí: {address}.";
    hours_title() = "Opening hours", "Horario";
    address_title() = "Address", "Dirección";
    between(from, to) = "{from} to {to}", "de {from} a {to}";
    and(one, other) = "{one} and {other}", "{one} y {other}";
    on_at(day, time) = "on {day} at {time}", "el {day} a las {time}";
}

impl Tongue {
    /// What is wrong with an answer. `why` says it in English, where the reader of answers knows more.
    pub(super) fn fault(self, format: AnswerFormat, why: &str, choices: &[String]) -> String {
        match (self, format) {
            (Self::En, AnswerFormat::Email) => {
                "That does not look like a mail address; it needs a form like name@example.com.".into()
            }
            (Self::En, AnswerFormat::Choice) => {
                format!("Please choose one of these: {}.", choices.join(", "))
            }
            (Self::En, _) => format!("That does not quite fit: {}.", why.trim_end_matches('.')),
            (Self::Es, AnswerFormat::Email) => {
                "Eso no parece una dirección de correo; debe tener la forma nombre@example.com.".into()
            }
            (Self::Es, AnswerFormat::Phone) => {
                "Eso no parece un número de teléfono completo; por favor, con el prefijo.".into()
            }
            (Self::Es, AnswerFormat::Date) => {
                "No reconozco el día; dígalo como 24 de noviembre de 2026.".into()
            }
            (Self::Es, AnswerFormat::Number) => "Eso no es un número; por favor, en cifras.".into(),
            (Self::Es, AnswerFormat::Choice) => {
                format!("Por favor, elija una de estas: {}.", choices.join(", "))
            }
            (Self::Es, AnswerFormat::Address) => {
                "Eso no parece una dirección; calle, número y ciudad ayudarían.".into()
            }
            (Self::Es, AnswerFormat::YesNo) => "Por favor, responda sí o no.".into(),
            (Self::Es, AnswerFormat::Text) => "No le he entendido bien.".into(),
        }
    }

    /// A weekday with its date.
    pub(super) fn day(self, day: chrono::NaiveDate) -> String {
        use chrono::Datelike as _;
        const DIAS: [&str; 7] = ["lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"];
        const MESES: [&str; 12] = [
            "enero",
            "febrero",
            "marzo",
            "abril",
            "mayo",
            "junio",
            "julio",
            "agosto",
            "septiembre",
            "octubre",
            "noviembre",
            "diciembre",
        ];
        match self {
            Self::En => day.format("%A, %-d %B").to_string(),
            Self::Es => {
                let weekday =
                    DIAS.get(day.weekday().num_days_from_monday() as usize).copied().unwrap_or_default();
                let month = MESES.get(day.month0() as usize).copied().unwrap_or_default();
                format!("{weekday} {} de {month}", day.day())
            }
        }
    }
}
