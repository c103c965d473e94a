//! Names of companies: by their legal forms and trades, and by what stands before them.

use super::contact::pattern;
use super::{Entity, EntityKind};
use regex::Regex;
use std::sync::LazyLock;

static COMPANY: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(concat!(
        r"\b((?:[\p{Lu}0-9][\p{L}0-9'’&\-]*\s+(?:(?:&|and|y|of|de|del|la)\s+)?){1,5}",
        r"(?:Inc|LLC|L\.L\.C|Ltd|GmbH|Corp|Corporation|Company|Co|Group|Grupo|Partners|Associates|Properties|Management|Holdings|",
        r"Studios?|Solutions|Services|Enterprises|Industries|Builders|Construction|Realty|Foundation|S\.?A\.?|S\.?L\.?|SRL|Bakery|",
        r"Restaurant|Hotel|Motors|Logistics|Consulting|Agency|Dental|Law|Plumbing|Electric|Media|Design|Designs|Foods|Farms|Church|Cafe|Café|Coffee|Gym|Fitness|Salon|Spa|Clinic|Garage|Auto|",
        r"Market|Grill|Diner|Books|Nursery|School|Academy|Brewery|Deli|Pharmacy|Florist|Flowers|Cleaners|Roofing|Painting|Landscaping|",
        r"Interiors|Rentals|Storage|Ventures|Labs|Works|Apartments|Homes|Supply|Outfitters|Brewing|Catering|Fabrication|Manufacturing|",
        r"Travel|Freight|Dairy|Winery|Vineyards?|Orchards?|Print|Printing|Press|Pottery|Toys|Tools|Hardware|Furniture|Insurance|Bank))\b\.?"
    ))
});
/// A trade before the name, as in Spanish.
static TRADE_FIRST: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(concat!(
        r"\b((?:Grupo|Jardines|Taller(?:es)?|Clínica|Constructora|Panadería|Restaurante|Inmobiliaria|Ferretería|Farmacia|Hotel|Transportes|",
        r"Distribuidora|Despacho|Bufete|Estudio|Café|Muebles|Pinturas|Hermanos|Comercial|Servicios|Construcciones|Reformas|Tienda|Editorial)",
        r"(?:\s+(?:de\s+|del\s+|la\s+|los\s+)*\p{Lu}[\p{L}'’\-]+){1,3})"
    ))
});
/// What a company stands behind.
static OF_COMPANY: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(concat!(
        r"(?i)\b(?:(?:calling|writing|reaching out|llamo|llamando|escribo|hablo) (?:from|on behalf of|de parte de|de|desde)|(?:work|working) (?:for|at)|",
        r"with (?:a )?company called|(?:my|our|the) (?:company|business|firm|shop|restaurant)(?:'s name)?(?: is|'s)(?: called)?|",
        r"(?:represent|own|manage|run)|(?:this is|i'?m|it'?s|my name is|soy|me llamo|le habla)\s+\p{L}+(?:\s+\p{L}+)?,?\s+(?:from|with|at|of|de|del|over at)|(?:bill(?:ed)?|invoice|made out|quote|factura|cotización|presupuesto)(?: (?:is|es))? (?:to|for|para|a nombre de)|\p{L}+ (?:here )?(?:from|over at)|",
        r"(?:mi|la|nuestra) (?:empresa|negocio|compañía|compania|tienda)(?: se llama| es)|nuestra (?:empresa|compañía) (?:es|se llama)|",
        r"trabajo (?:para|en)|(?:una )?empresa (?:llamada|que se llama)|on behalf of|de parte de|de la empresa|company(?: name)?(?: is|:)|empresa:)\s+"
    ))
});

/// Names of companies.
pub(super) fn companies(text: &str) -> Vec<Entity> {
    let mut found: Vec<Entity> = Vec::new();
    for capture in COMPANY.iter().flat_map(|company| company.captures_iter(text)) {
        if let Some(name) = capture.get(1) {
            let name = without_first_word(name.as_str().trim());
            found.push(Entity::new(EntityKind::Company, name, 0.85));
        }
    }
    for capture in TRADE_FIRST.iter().flat_map(|trade| trade.captures_iter(text)) {
        if let Some(name) =
            capture.get(1).filter(|name| !found.iter().any(|known| known.value.contains(name.as_str())))
        {
            found.push(Entity::new(EntityKind::Company, name.as_str(), 0.85));
        }
    }
    for marker in OF_COMPANY.iter().flat_map(|of| of.find_iter(text)) {
        let after = text.get(marker.end()..).unwrap_or_default();
        let Some(name) = capitalised(after) else { continue };
        if !found.iter().any(|known| known.value.contains(&name) || name.contains(&known.value)) {
            found.push(Entity::new(EntityKind::Company, name, 0.75));
        }
    }
    found
}

/// A sentence may begin right before a name: "At Acme Group", "With Acme Ltd".
fn without_first_word(name: &str) -> &str {
    const BEGINNINGS: [&str; 14] =
        ["I", "At", "With", "From", "The", "We", "For", "Hi", "Hello", "This", "It", "My", "Our", "Hola"];
    match name.split_once(' ') {
        Some((first, rest)) if BEGINNINGS.contains(&first) && rest.contains(' ') => rest,
        _ => name,
    }
}

/// The words with capitals that a text begins with, and small ones between them.
fn capitalised(text: &str) -> Option<String> {
    let mut words: Vec<&str> = Vec::new();
    for word in text.split_whitespace() {
        let bare = word.trim_matches(|letter: char| !letter.is_alphanumeric());
        let is_link = matches!(word, "&" | "and" | "of" | "de" | "y" | "del") && !words.is_empty();
        if !is_link && !bare.starts_with(|letter: char| letter.is_uppercase()) || words.len() == 6 {
            break;
        }
        words.push(if is_link { word } else { bare });
        if word.ends_with([',', '.', ';', '!', '?', ':']) {
            break;
        }
    }
    while words.last().is_some_and(|word| matches!(*word, "&" | "and" | "of" | "de" | "y" | "del")) {
        words.pop();
    }
    (!words.is_empty()).then(|| words.join(" "))
}
