//! A new business with everything it needs to take its first call.

use crate::auth::password::{self, PasswordFault};
use studioconnect_domain::agent::AgentConfig;
use studioconnect_domain::answer;
use studioconnect_domain::business::{Business, BusinessNumber, Role, User};
use studioconnect_domain::ids::{BusinessId, PhoneNumberId, QuestionId, UserId};
use studioconnect_domain::phone::PhoneNumber;
use studioconnect_domain::plan::PlanCode;
use studioconnect_domain::question::{AnswerFormat, LeadField, Question};
use studioconnect_domain::rule::EMAIL;
use studioconnect_domain::{Clock, Fault};
use studioconnect_store::{NewBusiness, Store, StoreError};
use thiserror::Error;

/// What a business is made of.
#[derive(Clone, Debug)]
pub struct Opening<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its plan.
    pub plan: PlanCode,
    /// Numbers it is reached on.
    pub numbers: &'a [&'a str],
    /// Owner's mail address.
    pub email: &'a str,
    /// Owner's password.
    pub password: &'a str,
    /// Its agent.
    pub config: AgentConfig,
}

/// Where a business is.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// IANA time zone.
    pub timezone: &'a str,
    /// Two-letter country whose phone numbers may be written without a country code.
    pub region: &'a str,
}

/// A business that was opened.
#[derive(Clone, Debug)]
pub struct Opened {
    /// The business.
    pub business: Business,
    /// Its owner.
    pub owner: UserId,
}

/// Why a business or a person was not added.
#[derive(Debug, Error)]
pub enum OpeningFault {
    /// Mistakes in what was given, field by field.
    #[error("{}", .0.iter().map(|fault| format!("{}: {}", fault.field, fault.message)).collect::<Vec<_>>().join("; "))]
    Invalid(Vec<Fault>),
    /// The database did not take it.
    #[error(transparent)]
    Store(StoreError),
    /// Our fault.
    #[error("the password could not be hashed")]
    Failed,
}

impl OpeningFault {
    fn of(field: &str, why: &impl std::fmt::Display) -> Self {
        Self::Invalid(vec![Fault::new(field, why.to_string())])
    }
}

impl From<StoreError> for OpeningFault {
    fn from(fault: StoreError) -> Self {
        match fault {
            StoreError::Invalid(faults) => Self::Invalid(faults),
            other => Self::Store(other),
        }
    }
}

/// Opens a business: owner, numbers, agent and the first questions, in one transaction. Where it is, it is told later.
pub async fn open_business(
    store: &Store,
    clock: &Clock,
    opening: Opening<'_>,
) -> Result<Opened, OpeningFault> {
    open_business_in(store, clock, opening, None).await
}

/// The same, told where the business is.
pub async fn open_business_in(
    store: &Store,
    clock: &Clock,
    opening: Opening<'_>,
    place: Option<Place<'_>>,
) -> Result<Opened, OpeningFault> {
    let now = clock.now();
    let widget_key = format!("wk_{}", uuid::Uuid::new_v4().simple());
    let mut business = Business::new(BusinessId::new(), opening.name, opening.plan, widget_key, now);
    if let Some(place) = place {
        place.timezone.clone_into(&mut business.timezone);
        place.region.clone_into(&mut business.region);
    }
    // Found before the password is hashed, which is the dear part.
    let faults = business.faults();
    if !faults.is_empty() {
        return Err(OpeningFault::Invalid(faults));
    }
    let owner = person(business.id, opening.email, opening.password, Role::Owner, clock).await?;
    let numbers = opening
        .numbers
        .iter()
        .map(|number| {
            let read = PhoneNumber::read(number, &business.region)
                .map_err(|fault| OpeningFault::of("numbers", &format!("{number:?}: {fault}")))?;
            Ok(BusinessNumber { id: PhoneNumberId::new(), business_id: business.id, number: read })
        })
        .collect::<Result<Vec<_>, OpeningFault>>()?;
    let opened = Opened { business: business.clone(), owner: owner.id };
    let new = NewBusiness { business, owner, numbers, config: opening.config, questions: first_questions() };
    store.create_business(&new).await?;
    Ok(opened)
}

/// Somebody who may sign in, their password hashed.
pub async fn person(
    business_id: BusinessId,
    email: &str,
    password: &str,
    role: Role,
    clock: &Clock,
) -> Result<User, OpeningFault> {
    if let Some(says) = EMAIL.fault(email) {
        return Err(OpeningFault::of("email", &says));
    }
    let email = answer::read(AnswerFormat::Email, email, "US");
    let email = email.map_err(|fault| OpeningFault::of("email", &fault))?;
    let password_hash = password::hash(password).await.map_err(|fault| match fault {
        PasswordFault::Failed => OpeningFault::Failed,
        why @ PasswordFault::Refused(_) => OpeningFault::of("password", &why),
    })?;
    Ok(User {
        id: UserId::new(),
        business_id,
        email,
        name: String::new(),
        password_hash,
        role,
        second_factor: None,
        created_at: clock.now(),
    })
}

/// The questions of a business that has not written its own.
fn first_questions() -> Vec<Question> {
    let question = |order: u32, text: &str, format, field, is_essential| Question {
        id: QuestionId::new(),
        question_text: text.to_owned(),
        expected_format: format,
        order,
        is_required: true,
        maps_to_lead_field: Some(field),
        is_essential_for_emergency: is_essential,
        choices: Vec::new(),
        show_when: None,
    };
    vec![
        question(0, "What is your name?", AnswerFormat::Text, LeadField::Name, true),
        question(1, "Which number can we reach you on?", AnswerFormat::Phone, LeadField::Phone, true),
        question(2, "What is the address?", AnswerFormat::Text, LeadField::Address, true),
        question(3, "What is it about?", AnswerFormat::Text, LeadField::Message, false),
    ]
}
