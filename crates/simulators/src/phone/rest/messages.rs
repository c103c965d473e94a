//! `/Messages`: text messages, which this network accepts and delivers to nobody.

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};

use super::form::Form;
use super::{Outcome, Refusal, Reply};
use crate::phone::network::{Network, SentMessage, locked, new_sid, now, rfc2822};
use crate::phone::twiml::{Callback, is_e164};

/// Longest text, in characters.
const MAX_BODY: usize = 1_600;

/// Real time between a message's states.
const DELIVERY_STEP: Duration = Duration::from_millis(20);

const CREATE: [&str; 5] = ["To", "From", "Body", "StatusCallback", "ValidityPeriod"];

const LIST: [&str; 8] = ["To", "From", "DateSent", "DateSent>", "DateSent<", "PageSize", "Page", "PageToken"];

pub(crate) fn create(network: &Arc<Network>, form: &Form) -> Outcome {
    form.expect_only(network, &CREATE);
    let to = form.text("To").ok_or_else(|| Refusal::wrong(400, 21_604, "'To' is required"))?;
    let from = form.text("From").ok_or_else(|| Refusal::wrong(400, 21_603, "'From' is required"))?;
    let body = form.text("Body").ok_or_else(|| Refusal::wrong(400, 21_602, "'Body' is required"))?;
    if !is_e164(to) {
        return Err(Refusal::wrong(400, 21_211, format!("'To' is not a valid number: {to}")));
    }
    let owned = &network.settings.own_numbers;
    if !is_e164(from) || !(owned.is_empty() || owned.iter().any(|own| own == from)) {
        return Err(Refusal::wrong(400, 21_606, format!("{from} cannot send messages")));
    }
    if body.chars().count() > MAX_BODY {
        return Err(Refusal::wrong(400, 21_617, "the body exceeds 1600 characters"));
    }
    form.number("ValidityPeriod", 36_000, 1, 36_000)?;
    let callback = form.callback("StatusCallback", "StatusCallbackMethod")?;
    if let Some(code) = locked(&network.refused_texts).get(to) {
        return Err(Refusal::fair(400, *code, format!("the message to {to} is refused")));
    }
    let message = SentMessage {
        sid: new_sid("SM"),
        from: from.to_owned(),
        to: to.to_owned(),
        body: body.to_owned(),
        status: "queued".to_owned(),
        created: now(),
    };
    let resource = resource(network, &message);
    network.message(message.clone());
    deliver(network, message, callback);
    Ok(Reply::Json(StatusCode::CREATED, resource))
}

/// Lets a message become sent and delivered, and tells of it.
fn deliver(network: &Arc<Network>, message: SentMessage, callback: Option<Callback>) {
    let network = Arc::clone(network);
    let tasks = network.tasks.clone();
    tasks.spawn(async move {
        for status in ["sent", "delivered"] {
            tokio::time::sleep(DELIVERY_STEP).await;
            network.message_is(&message.sid, status);
            let Some(callback) = &callback else { continue };
            let params = [
                ("MessageSid", message.sid.as_str()),
                ("SmsSid", &message.sid),
                ("MessageStatus", status),
                ("SmsStatus", status),
                ("AccountSid", &network.settings.account_sid),
                ("From", &message.from),
                ("To", &message.to),
                ("ApiVersion", "2010-04-01"),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
            // The answer does not matter.
            let _ = network.asker.ask(callback, &params).await;
        }
    });
}

pub(crate) fn fetch(network: &Arc<Network>, sid: &str) -> Outcome {
    let messages = locked(&network.messages);
    let message = messages.iter().find(|message| message.sid == sid).ok_or_else(|| {
        let what = format!("The requested resource /Messages/{sid}.json was not found");
        Refusal::fair(404, 20_404, what)
    })?;
    Ok(Reply::Json(StatusCode::OK, resource(network, message)))
}

pub(crate) fn list(network: &Arc<Network>, form: &Form) -> Outcome {
    form.expect_only(network, &LIST);
    let size = form.number("PageSize", 50, 1, 1_000)? as usize;
    let matches = |name: &str, value: &str| form.text(name).is_none_or(|wanted| wanted == value);
    let found: Vec<Value> = locked(&network.messages)
        .iter()
        .rev()
        .filter(|message| matches("To", &message.to) && matches("From", &message.from))
        .take(size)
        .map(|message| resource(network, message))
        .collect();
    let page = json!({
        "messages": found, "page": 0, "page_size": size, "next_page_uri": null,
        "previous_page_uri": null,
    });
    Ok(Reply::Json(StatusCode::OK, page))
}

fn resource(network: &Network, message: &SentMessage) -> Value {
    let account_sid = &network.settings.account_sid;
    json!({
        "sid": message.sid,
        "account_sid": account_sid,
        "api_version": "2010-04-01",
        "from": message.from,
        "to": message.to,
        "body": message.body,
        "status": message.status,
        "direction": "outbound-api",
        "num_segments": segments(&message.body).to_string(),
        "num_media": "0",
        "error_code": null,
        "error_message": null,
        "messaging_service_sid": null,
        "price": null,
        "price_unit": "USD",
        "date_created": rfc2822(message.created),
        "date_updated": rfc2822(message.created),
        "date_sent": (message.status != "queued").then(|| rfc2822(message.created)),
        "uri": format!("/2010-04-01/Accounts/{account_sid}/Messages/{}.json", message.sid),
    })
}

/// Segments of a text: 160 characters of ASCII alone, 153 each when several; 70 and 67 otherwise.
/// The whole of GSM-7 is taken for UCS-2, which counts too many rather than too few.
fn segments(body: &str) -> usize {
    let (alone, each) = if body.is_ascii() { (160, 153) } else { (70, 67) };
    let length = body.encode_utf16().count();
    if length <= alone { 1 } else { length.div_ceil(each) }
}
