//! Names of people: found by what stands before and behind them, as speech has no capitals.

use super::contact::pattern;
use super::{Entity, EntityKind};
use regex::Regex;
use std::sync::LazyLock;

/// What a name stands behind, surest first. "I'm" and "this is" take only words with capitals.
static SURE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(concat!(
        r"(?i)\b(?:my (?:full |first )?name(?:'s| is|s)|(?:the )?name(?:'s| is| would be)|name:|me llamo|mi nombre(?: completo)? es|se llama|",
        r"a nombre de|under the name(?: of)?|(?:it'?s|it is) under|name on (?:the|my) \w+ is|nombre:|(?:under|put it under|bajo)(?: the name)?(?: of)?|nombre de|call me|les habla|le habla|habla|ask for|pregunte por|(?:speaking|talking) (?:to|with)|",
        r"my (?:husband|wife|son|daughter|mother|mom|father|dad|partner|boss|brother|sister|assistant|manager)(?:'s name)? is|",
        r"mi (?:esposo|esposa|marido|mujer|hijo|hija|madre|padre|mamá|papá|hermano|hermana|jefe|jefa)(?: se llama| es)|first name(?: is|'s|:)?)\s+"
    ))
});
static LIKELY: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(concat!(
        r"(?i)\b(?:this is|i'?m|i am|it'?s|soy|my (?:husband|wife|son|daughter|partner|boss|brother|sister|assistant)|mi (?:esposo|esposa|hijo|hija|hermano|hermana|jefe|jefa)|(?:speak|talk|meet|appointment|spoke) (?:to|with)|message for|looking for|(?:hablar|cita|hablé|hable) con|mensaje para|recado para|",
        r"(?:tell|ask|let|dígale a|digale a|dile a)|(?:mr|mrs|ms|miss|dr|doctor|doctora|señora?|senora?|sra?|licenciad[oa])\.?)\s+"
    ))
});
/// Somebody who is asked for their name often says just that.
static BARE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(
        r"^\s*(?:(?:[Yy]es|[Yy]eah|[Ss]ure|[Uu]h|[Uu]m|[Ss]í|[Cc]laro|[Oo]k),?\s+)?(\p{Lu}[\p{Ll}'’\-]+(?:\s+(?:de\s+la\s+|de\s+|van\s+|von\s+)?\p{Lu}[\p{L}'’\-]+){1,2})\s*(?:[.,;!?]|$)",
    )
});
static BEFORE_HERE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(
        r"\b((?:\p{Lu}[\p{L}'’\-]+)(?:\s+\p{Lu}[\p{L}'’\-]+){0,2})\s+(?:here|speaking|calling|al habla)\b",
    )
});
/// What somebody's own name stands behind.
static OWN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:my (?:full |first )?name(?:'s| is|s)|(?:the )?name(?:'s| is| would be)|name:|me llamo|mi nombre(?: completo)? es|nombre:|call me|under the name(?: of)?|a nombre de|les habla|le habla)\s+",
    )
});
static OWN_IN_CAPITALS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(r"(?i)(?:^|[.,;!]\s*|\b(?:hi|hello|hola|hey)[,.!]?\s+)(?:this is|i'?m|i am|soy|habla)\s+")
});
/// Words that end a name, or are none.
const NO_NAMES: &str = "\
    a about actually after again ahi aint all already also an and any aqui at available aware back \
    because broken busy but by call calling can cliente con concerned confused could curious de del \
    desde done down dr dr. duena dueña dueño el email en es esta fine for free friday from fue getting \
    glad going gonna good got had happy have having here hoping hoy i i'm im in interested is it it's \
    its just la late leaking live lo locked looking los ma'am maam madam manana mañana me mi monday \
    moving mr mrs muy my name necesito need new no not nueva nuevo number of ok okay on one open or out \
    over para pero please por que quiero ready really regarding right running saturday se should sir so \
    sorry soy speaking still su sunday sure tengo that that's thats the there thinking this thursday \
    tired to today tomorrow too trying tuesday un una unhappy upset urgent urgente very vivo waiting \
    want was we wednesday well what when where who with wondering worried would y yes yo you your";

/// Most words of a name.
const WORDS: usize = 4;

fn is_no_name(word: &str) -> bool {
    NO_NAMES.split(' ').any(|known| known == word)
}

/// Names of people.
pub(super) fn names(text: &str) -> Vec<Entity> {
    let mut found: Vec<Entity> = Vec::new();
    let mut keep = |name: Option<String>, confidence: f32| {
        if let Some(name) = name.filter(|name| !found.iter().any(|known| known.value == *name)) {
            found.push(Entity::new(EntityKind::Name, name, confidence));
        }
    };
    for marker in SURE.iter().flat_map(|sure| sure.find_iter(text)) {
        if is_of_company(text.get(..marker.start()).unwrap_or_default()) {
            continue;
        }
        keep(name_in(text.get(marker.end()..).unwrap_or_default(), false), 0.9);
    }
    for marker in LIKELY.iter().flat_map(|likely| likely.find_iter(text)) {
        keep(name_in(text.get(marker.end()..).unwrap_or_default(), true), 0.75);
    }
    for capture in BARE.iter().flat_map(|bare| bare.captures_iter(text)) {
        keep(capture.get(1).and_then(|name| name_in(name.as_str(), true)), 0.6);
    }
    for capture in BEFORE_HERE.iter().flat_map(|here| here.captures_iter(text)) {
        keep(capture.get(1).and_then(|name| name_in(name.as_str(), true)), 0.8);
    }
    found
}

/// How somebody calls themselves.
pub(super) fn own(text: &str) -> Option<String> {
    let behind = |marker: &LazyLock<Option<Regex>>| {
        marker.iter().find_map(|marker| marker.find(text)).map(|found| (found.start(), found.end()))
    };
    let sure = behind(&OWN).filter(|(start, _)| !is_of_company(text.get(..*start).unwrap_or_default()));
    let named = sure.and_then(|(_, end)| name_in(text.get(end..)?, false));
    let named =
        named.or_else(|| behind(&OWN_IN_CAPITALS).and_then(|(_, end)| name_in(text.get(end..)?, true)));
    let named = named.or_else(|| {
        let here = BEFORE_HERE.iter().find_map(|here| here.captures(text))?;
        here.get(1).and_then(|name| name_in(name.as_str(), true))
    });
    named.filter(|name| name.chars().count() > 1)
}

/// "The company is called", "la empresa se llama".
fn is_of_company(before: &str) -> bool {
    let before = before.trim_end().to_lowercase();
    [
        "company",
        "business",
        "firm",
        "shop",
        "store",
        "empresa",
        "negocio",
        "compañía",
        "tienda",
        "dog",
        "cat",
        "perro",
        "gato",
    ]
    .iter()
    .any(|word| before.ends_with(word) || before.ends_with(&format!("{word}'s")))
}

/// The name that a text begins with.
fn name_in(text: &str, needs_capitals: bool) -> Option<String> {
    let mut words = Vec::new();
    for (at, word) in text.split_whitespace().enumerate() {
        let bare = word.trim_matches(|letter: char| !letter.is_alphanumeric() && letter != '\'');
        let is_initial = word.len() <= 2 && word.ends_with('.') && bare.chars().all(char::is_uppercase);
        let is_particle = at > 0
            && matches!(
                bare.to_lowercase().as_str(),
                "van" | "von" | "de" | "da" | "del" | "la" | "o" | "mc"
            );
        let is_name = !bare.is_empty()
            && bare.chars().all(|letter| letter.is_alphabetic() || matches!(letter, '\'' | '’' | '-'))
            && (is_particle || !is_no_name(&bare.to_lowercase()))
            && (!needs_capitals || is_particle || bare.starts_with(char::is_uppercase));
        if !is_name || words.len() == WORDS {
            break;
        }
        words.push(capital(bare));
        // Punctuation ends a name, but not behind an initial.
        if word.ends_with([',', '.', ';', '!', '?', ':']) && !is_initial {
            break;
        }
    }
    while words.last().is_some_and(|word| {
        matches!(word.to_lowercase().as_str(), "van" | "von" | "de" | "da" | "del" | "la")
    }) {
        words.pop();
    }
    (!words.is_empty()).then(|| words.join(" "))
}

fn capital(word: &str) -> String {
    if word.chars().skip(1).any(char::is_uppercase) && word.chars().any(char::is_lowercase) {
        return word.to_owned();
    }
    let mut out = String::with_capacity(word.len());
    let mut is_first = true;
    for letter in word.chars() {
        if is_first {
            out.extend(letter.to_uppercase());
        } else {
            out.extend(letter.to_lowercase());
        }
        is_first = matches!(letter, '-' | '\'' | '’');
    }
    out
}
