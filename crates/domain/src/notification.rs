//! Whom a business wants to be told, and of what.

use crate::answer;
use crate::fault::Fault;
use crate::phone::PhoneNumber;
use crate::question::AnswerFormat;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Whom a business wants to be told, and of what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct NotificationSettings {
    /// Where each lead is mailed to; none is the owner's own address.
    pub notification_email: Option<String>,
    /// Who is rung in an emergency.
    #[schema(value_type = Option<String>)]
    pub notification_phone_number: Option<PhoneNumber>,
    /// Whether leads are mailed at all.
    pub mails_leads: bool,
    /// Whether people who leave a mail address get a word that their request has arrived.
    pub confirms_to_customers: bool,
}

impl Default for NotificationSettings {
    fn default() -> Self {
        Self {
            notification_email: None,
            notification_phone_number: None,
            mails_leads: true,
            confirms_to_customers: true,
        }
    }
}

/// The same as people give it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Given<'a> {
    /// A mail address in any case, or nothing.
    pub email: &'a str,
    /// A number in any usual format, or nothing.
    pub phone: &'a str,
}

/// Reads addresses as people give them; every mistake is told, each with its field.
///
/// `own` are the numbers the business is reached on: an alert there would be answered by the agent itself.
pub fn read(
    given: &Given<'_>,
    region: &str,
    own: &[PhoneNumber],
) -> Result<(Option<String>, Option<PhoneNumber>), Vec<Fault>> {
    let mut faults = Vec::new();
    let email = match given.email.trim() {
        "" => None,
        text => answer::read(AnswerFormat::Email, text, region)
            .map_err(|why| faults.push(Fault::new("notificationEmail", why.to_string())))
            .ok(),
    };
    let phone = match given.phone.trim() {
        "" => None,
        text => PhoneNumber::read(text, region)
            .map_err(|why| faults.push(Fault::new("notificationPhoneNumber", why.to_string())))
            .ok(),
    };
    if phone.as_ref().is_some_and(|phone| own.contains(phone)) {
        faults.push(Fault::new(
            "notificationPhoneNumber",
            "callers reach the business on this number; its own agent would answer",
        ));
    }
    if faults.is_empty() { Ok((email, phone)) } else { Err(faults) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Row 77.
    #[test]
    fn addresses_are_normalised_and_every_mistake_is_told_at_once() {
        let own = [PhoneNumber::read("206 555 0100", "US").unwrap()];
        let of = |email, phone| read(&Given { email, phone }, "US", &own);
        let (email, phone) = of(" Dana@Example.COM ", "(206) 555-0142").unwrap();
        assert_eq!((email.as_deref(), phone.unwrap().as_str()), (Some("dana@example.com"), "+12065550142"));
        assert_eq!(of("", " "), Ok((None, None)));
        assert_eq!(of("", "+1 416 555 0123").unwrap().1.unwrap().as_str(), "+14165550123");
        for (email, phone, fields) in [
            ("dana", "12", &["notificationEmail", "notificationPhoneNumber"][..]),
            ("dana@example.com\r\nBcc: x@example.com", "", &["notificationEmail"]),
            ("", "206 555 0100", &["notificationPhoneNumber"]),
            ("", "the usual one", &["notificationPhoneNumber"]),
        ] {
            let faults = of(email, phone).unwrap_err();
            assert_eq!(
                faults.iter().map(|fault| fault.field.as_str()).collect::<Vec<_>>(),
                fields,
                "{email} {phone}"
            );
        }
    }
}
