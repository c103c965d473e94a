//! Mails about a lead: to the business, and to whoever left it.

use super::Letter;
use chrono::{DateTime, Utc};
use studioconnect_domain::answer;
use studioconnect_domain::business::Business;
use studioconnect_domain::lead::{Channel, Completeness, Lead};
use studioconnect_domain::question::AnswerFormat;

/// To the business: what somebody wants and how to reach them.
pub fn to_the_business(business: &Business, lead: &Lead, base_url: &str) -> Letter {
    let who = lead.name.as_deref().or(lead.phone.as_deref()).unwrap_or("somebody");
    let came = match lead.channel {
        Channel::Voice => "by phone",
        Channel::Chat => "in the chat on your website",
    };
    let heading = if lead.joined_to.is_some() {
        format!("{who} got in touch again, {came}")
    } else {
        format!("{who} got in touch {came}")
    };
    let mut words = Vec::new();
    if let Some(message) = &lead.message {
        words.push(message.clone());
    }
    if lead.completeness == Completeness::Partial {
        words.push("Not everything you ask for was answered before the conversation ended.".to_owned());
    }
    if lead.recording_url.is_some() {
        words.push("They left a voice message; it plays on the lead's page.".to_owned());
    }
    Letter {
        language: "en",
        subject: format!("New lead for {}: {who}", business.name),
        banner: None,
        heading,
        words,
        facts: facts(business, lead),
        link: Some(("Open the lead".to_owned(), format!("{base_url}/admin/leads/{}", lead.id))),
        because: format!(
            "{} told you because your notification settings say so: {base_url}/admin/notifications",
            business.name
        ),
        reply_to: address(lead),
    }
}

/// To whoever left it: it has arrived.
pub fn to_the_customer(business: &Business, lead: &Lead, language: &str) -> Letter {
    let name = &business.name;
    let wish = lead.message.iter();
    if language == "es" {
        let greeting = lead.name.as_ref().map_or_else(|| "Hola".to_owned(), |who| format!("Hola, {who}"));
        return Letter {
            language: "es",
            subject: format!("{name}: hemos recibido su solicitud"),
            heading: greeting,
            words: std::iter::once(format!("Gracias por ponerse en contacto con {name}. Hemos anotado:"))
                .chain(wish.cloned())
                .chain(["Le responderemos lo antes posible.".to_owned()])
                .collect(),
            because: format!("Recibe este mensaje porque dejó su dirección a {name}."),
            ..Letter::default()
        };
    }
    let greeting = lead.name.as_ref().map_or_else(|| "Hello".to_owned(), |who| format!("Hello {who}"));
    Letter {
        language: "en",
        subject: format!("{name}: your request has arrived"),
        heading: greeting,
        words: std::iter::once(format!(
            "Thank you for getting in touch with {name}. This is what we have noted:"
        ))
        .chain(wish.cloned())
        .chain(["We will get back to you as soon as we can.".to_owned()])
        .collect(),
        because: format!("You get this mail because you left your address with {name}."),
        ..Letter::default()
    }
}

fn facts(business: &Business, lead: &Lead) -> Vec<(String, String)> {
    let fact =
        |name: &str, value: &Option<String>| value.as_ref().map(|value| (name.to_owned(), value.clone()));
    let known = [&lead.name, &lead.phone, &lead.email, &lead.address, &lead.message];
    let asked =
        lead.answers.iter().filter(|answer| !known.iter().any(|value| value.as_ref() == Some(&answer.value)));
    [
        fact("Name", &lead.name),
        fact("Phone", &lead.phone),
        fact("Mail", &lead.email),
        fact("Address", &lead.address),
    ]
    .into_iter()
    .flatten()
    .chain(asked.map(|answer| {
        let doubt = if answer.needs_check { " (please check)" } else { "" };
        (answer.question_text.clone(), format!("{}{doubt}", answer.value))
    }))
    .chain([("When".to_owned(), local(business, lead.created_at))])
    .collect()
}

/// A moment where the business is.
fn local(business: &Business, at: DateTime<Utc>) -> String {
    at.with_timezone(&business.zone()).format("%A %-d %B %Y, %H:%M %Z").to_string()
}

/// Where an answer reaches them; what is no address is none.
fn address(lead: &Lead) -> Option<String> {
    answer::read(AnswerFormat::Email, lead.email.as_deref()?, "").ok()
}
