//! A new business with everything it needs to take its first call.

use anyhow::{Context as _, Result};
use studioconnect_domain::Clock;
use studioconnect_domain::agent::AgentConfig;
use studioconnect_domain::answer;
use studioconnect_domain::business::{Business, BusinessNumber, Role, User};
use studioconnect_domain::ids::{BusinessId, PhoneNumberId, QuestionId, UserId};
use studioconnect_domain::phone::PhoneNumber;
use studioconnect_domain::plan::PlanCode;
use studioconnect_domain::question::{AnswerFormat, LeadField, Question};
use studioconnect_store::{NewBusiness, Store};
use studioconnect_web::auth::password;

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

/// A business that was opened.
#[derive(Clone, Debug)]
pub struct Opened {
    /// The business.
    pub business: Business,
    /// Its owner.
    pub owner: UserId,
}

/// Opens a business: owner, numbers, agent and the first questions, in one transaction.
pub async fn open_business(store: &Store, clock: &Clock, opening: Opening<'_>) -> Result<Opened> {
    let now = clock.now();
    let widget_key = format!("wk_{}", uuid::Uuid::new_v4().simple());
    let business = Business::new(BusinessId::new(), opening.name, opening.plan, widget_key, now);
    let owner = person(business.id, opening.email, opening.password, Role::Owner, clock).await?;
    let numbers = opening
        .numbers
        .iter()
        .map(|number| {
            let number = PhoneNumber::read(number, &business.region)
                .with_context(|| format!("the number {number:?}"))?;
            Ok(BusinessNumber { id: PhoneNumberId::new(), business_id: business.id, number })
        })
        .collect::<Result<Vec<_>>>()?;
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
) -> Result<User> {
    let email = answer::read(AnswerFormat::Email, email, "US").context("the mail address")?;
    let password_hash = password::hash(password).await?;
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
    };
    vec![
        question(0, "What is your name?", AnswerFormat::Text, LeadField::Name, true),
        question(1, "Which number can we reach you on?", AnswerFormat::Phone, LeadField::Phone, true),
        question(2, "What is the address?", AnswerFormat::Text, LeadField::Address, true),
        question(3, "What is it about?", AnswerFormat::Text, LeadField::Message, false),
    ]
}
