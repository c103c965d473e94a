//! People a call may be connected to.

use crate::fault::{Fault, from_report};
use crate::ids::ContactId;
use crate::phone::PhoneNumber;
use crate::rule::{self, Text};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Most people of one business: a caller waits while they are rung, one after the other.
pub const MOST_CONTACTS: usize = 20;

/// Who they are, as the caller is told.
pub static NAME: Text = Text::of(1, 80).called("a name").on_one_line();
/// What the team should know.
pub static NOTE: Text = Text::of(0, 200).called("a note").on_one_line();

/// Somebody a call may be connected to. They are rung in their order, those who are not active left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Contact {
    /// Their id.
    #[garde(skip)]
    pub id: ContactId,
    /// Who they are, as the caller is told.
    #[garde(custom(rule::text(&NAME)))]
    pub name: String,
    /// Where they are rung.
    #[garde(skip)]
    #[schema(value_type = String)]
    pub phone: PhoneNumber,
    /// What the team should know, such as when they can be reached.
    #[garde(custom(rule::text(&NOTE)))]
    pub note: String,
    /// Whether they are rung at present.
    #[garde(skip)]
    pub is_active: bool,
    /// Place in the list, from 0, without gaps.
    #[garde(skip)]
    pub order: u32,
}

impl Contact {
    /// Every mistake in the fields a person can set. `others` are the rest of the list, `own` the numbers the business is
    /// reached on: a call to one of those would come back to the agent.
    pub fn faults(&self, others: &[Self], own: &[PhoneNumber]) -> Vec<Fault> {
        let mut faults = self.validate().err().map(|report| from_report(&report)).unwrap_or_default();
        if let Some(same) = others.iter().find(|other| other.phone == self.phone) {
            faults.push(Fault::new("phone", format!("{} has this number already", same.name)));
        }
        if own.contains(&self.phone) {
            faults.push(Fault::new(
                "phone",
                "callers reach the business on this number; the call would come back",
            ));
        }
        if others.len() >= MOST_CONTACTS {
            faults.push(Fault::new(
                "name",
                format!("there are {MOST_CONTACTS} people already; no caller waits longer"),
            ));
        }
        faults
    }
}

/// Whom a caller is connected to, in the order in which they are rung.
pub fn rung(contacts: &[Contact]) -> impl Iterator<Item = &Contact> {
    contacts.iter().filter(|contact| contact.is_active)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contact(name: &str, phone: &str) -> Contact {
        let phone = PhoneNumber::read(phone, "US").unwrap();
        Contact {
            id: ContactId::new(),
            name: name.into(),
            phone,
            note: String::new(),
            is_active: true,
            order: 0,
        }
    }

    /// Row 90.
    #[test]
    fn a_number_stands_once_in_the_list_and_never_is_the_business_s_own() {
        let sam = contact("Sam Porter", "206 555 0177");
        let own = [PhoneNumber::read("206 555 0100", "US").unwrap()];
        assert_eq!(sam.faults(&[contact("Dana", "206 555 0142")], &own), []);
        let fields = |contact: &Contact, others: &[Contact]| -> Vec<String> {
            contact.faults(others, &own).into_iter().map(|fault| fault.field).collect()
        };
        assert_eq!(fields(&sam, &[contact("Sammy", "+1 (206) 555-0177")]), ["phone"]);
        assert_eq!(fields(&contact("Desk", "206 555 0100"), &[]), ["phone"]);
        assert_eq!(fields(&contact("", "206 555 0199"), &[]), ["name"]);
        assert_eq!(fields(&Contact { note: "x".repeat(201), ..sam.clone() }, &[]), ["note"]);
        assert_eq!(fields(&Contact { name: "Sam\nPorter".into(), ..sam.clone() }, &[]), ["name"]);
        let many: Vec<Contact> = (0..20).map(|at| contact("Dana", &format!("206 555 01{at:02}"))).collect();
        assert_eq!(fields(&contact("Sam", "206 555 0177"), &many), ["name"]);
    }

    #[test]
    fn who_is_not_active_is_not_rung() {
        let away = Contact { is_active: false, ..contact("Away", "206 555 0150") };
        let list = [away, contact("Sam", "206 555 0177")];
        assert_eq!(rung(&list).map(|contact| contact.name.as_str()).collect::<Vec<_>>(), ["Sam"]);
    }
}
