use super::respond::Finding;
use super::*;
use studioconnect_domain::agent::AgentConfig;
use studioconnect_domain::alarm::AlarmSettings;
use studioconnect_domain::business::Business;
use studioconnect_domain::conversation::Source;
use studioconnect_domain::ids::BusinessId;
use studioconnect_domain::lead::{Completeness, LeadStatus};
use studioconnect_domain::plan::{Plan, PlanCode};
use studioconnect_domain::priority::History;
use studioconnect_domain::question::{AnswerFormat, LeadField, ShowWhen};

mod dialogues;
mod emergencies;
mod properties;

pub(super) fn question(text: &str, format: AnswerFormat, field: Option<LeadField>) -> Question {
    Question {
        id: QuestionId::new(),
        question_text: text.into(),
        expected_format: format,
        order: 0,
        is_required: true,
        maps_to_lead_field: field,
        is_essential_for_emergency: false,
        choices: Vec::new(),
        show_when: None,
    }
}

/// Name, number, mail (optional) and matter, as most businesses ask them.
pub(super) fn usual() -> Vec<Question> {
    vec![
        question("What is your name?", AnswerFormat::Text, Some(LeadField::Name)),
        question("Which number can we reach you on?", AnswerFormat::Phone, Some(LeadField::Phone)),
        Question {
            is_required: false,
            ..question("What is your mail address?", AnswerFormat::Email, Some(LeadField::Email))
        },
        question("What is it about?", AnswerFormat::Text, Some(LeadField::Message)),
    ]
}

/// A business open Monday to Friday from 8 to 17 and on Saturday mornings, on a Monday at 14:00.
pub(super) struct Shop {
    pub(super) business: Business,
    pub(super) plan: Plan,
    pub(super) alarm: AlarmSettings,
    config: AgentConfig,
    pub(super) questions: Vec<Question>,
    now: chrono::DateTime<chrono::Utc>,
}

impl Shop {
    pub(super) fn asking(questions: Vec<Question>) -> Self {
        let now = chrono::DateTime::from_timestamp(1_795_442_400, 0).unwrap();
        let mut business = Business::new(BusinessId::new(), "Acme Plumbing", PlanCode::Pro, "wk".into(), now);
        business.address = "12 Harbor Street, Seattle".into();
        let day = r#"[{"from":"08:00","to":"17:00"}]"#;
        let week =
            format!(r#"{{"week":[{day},{day},{day},{day},{day},[{{"from":"09:00","to":"12:00"}}],[]]}}"#);
        business.hours = serde_json::from_str(&week).unwrap();
        Self {
            business,
            plan: Plan::built_in(PlanCode::Pro),
            config: AgentConfig::default(),
            alarm: AlarmSettings::default(),
            questions,
            now,
        }
    }

    /// At nine in the evening.
    pub(super) fn at_night(mut self) -> Self {
        self.now += chrono::TimeDelta::hours(7);
        self
    }

    pub(super) fn desk(&self) -> Desk<'_> {
        Desk {
            business: &self.business,
            plan: &self.plan,
            config: &self.config,
            questions: &self.questions,
            alarm: &self.alarm,
            history: History::default(),
            now: self.now,
        }
    }

    pub(super) fn conversation(&self) -> Conversation {
        Conversation::of_chat(&self.desk(), ConversationId::new(), None)
    }
}

/// Whoever says a line and hears the reply; what is looked up is found among these.
pub(super) struct Visit<'a> {
    shop: &'a Shop,
    pub(super) talk: Conversation,
    knows: Vec<(&'a str, &'a str)>,
}

impl<'a> Visit<'a> {
    pub(super) fn to(shop: &'a Shop) -> Self {
        Self { shop, talk: shop.conversation(), knows: Vec::new() }
    }

    pub(super) fn knowing(mut self, word: &'a str, answer: &'a str) -> Self {
        self.knows.push((word, answer));
        self
    }

    pub(super) fn says(&mut self, text: &str) -> Response {
        let desk = self.shop.desk();
        let heard = self.talk.hear(text, &desk);
        let finding = heard.query.as_ref().map_or(Finding::NotSought, |query| {
            let known = self.knows.iter().find(|(word, _)| query.to_lowercase().contains(word));
            known.map_or(Finding::Nothing, |(_, answer)| Finding::Answer {
                sources: vec![Source { title: "Services".into(), url: None, excerpt: (*answer).into() }],
                is_pinned: false,
            })
        });
        self.talk.respond(&heard, &finding, &desk)
    }

    pub(super) fn lead(&self) -> &Lead {
        self.talk.lead().expect("there is a lead")
    }
}
