//! Plans and what each one includes.
//!
//! A plan is data: a row in the database holds its features and limits, seeded from [`Plan::built_in`]. Code asks for a
//! [`Feature`], never for a plan by name.

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use utoipa::ToSchema;

/// Which plan a business is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum PlanCode {
    /// Widget, basic FAQ, five questions.
    Free,
    /// Free plus knowledge base and unlimited questions.
    Basic,
    /// Basic plus the realtime voice agent.
    Pro,
}

impl PlanCode {
    /// Every plan, smallest first.
    pub const ALL: [Self; 3] = [Self::Free, Self::Basic, Self::Pro];

    /// The name in the database and the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Free => "FREE",
            Self::Basic => "BASIC",
            Self::Pro => "PRO",
        }
    }
}

impl fmt::Display for PlanCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for PlanCode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|plan| plan.as_str().eq_ignore_ascii_case(text))
            .ok_or_else(|| format!("there is no plan {text:?}; the plans are FREE, BASIC and PRO"))
    }
}

macro_rules! features {
    ($($(#[$doc:meta])* $name:ident = $text:literal since $plan:ident: $title:literal;)*) => {
        /// Something a plan may include. The names are those of the user's guide, section 7.1; what it does not place stands
        /// where design 9 puts it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
        pub enum Feature {
            $($(#[$doc])* #[serde(rename = $text)] $name,)*
        }

        impl Feature {
            /// Every feature there is.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The name in the database and the API.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// What people call it.
            pub fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }

            /// The smallest plan that includes it when plans are first seeded.
            pub fn since(self) -> PlanCode {
                match self { $(Self::$name => PlanCode::$plan,)* }
            }
        }
    };
}

features! {
    /// The chat widget on the business's site.
    ChatWidget = "chat_widget" since Free: "Chat on your website";
    /// Answers from a short list of questions and answers.
    BasicFaq = "basic_faq" since Free: "Answers to common questions";
    /// Mail to the owner about each lead.
    EmailNotifications = "email_notifications" since Free: "Mail about each lead";
    /// Counts of conversations and leads.
    BasicAnalytics = "basic_analytics" since Free: "Counts of conversations and leads";
    /// Answers composed from the knowledge base.
    AdvancedFaq = "advanced_faq" since Basic: "Answers from your documents";
    /// More questions than the free limit.
    UnlimitedQuestions = "unlimited_questions" since Basic: "As many lead questions as you like";
    /// Mail about urgent leads ahead of the rest.
    PriorityEmailNotifications = "priority_email_notifications" since Basic: "Urgent leads mailed first";
    /// Intents, outcomes and durations.
    EnhancedAnalytics = "enhanced_analytics" since Basic: "Intents, outcomes and durations";
    /// Documents, uploads and pinned answers.
    KnowledgeBaseManagement = "knowledge_base_management" since Basic: "The knowledge base";
    /// People the business works for, known by number and mail.
    Clients = "clients" since Basic: "The client list";
    /// Emergencies as cases with a history.
    Incidents = "incidents" since Basic: "Emergencies as cases with a history";
    /// The agent that answers the phone.
    RealtimeVoiceAgent = "realtime_voice_agent" since Pro: "The agent that answers your phone";
    /// Sessions with the speech model.
    OpenaiRealtimeApi = "openai_realtime_api" since Pro: "Live conversations with the speech model";
    /// Turn detection settings.
    VoiceActivityDetection = "voice_activity_detection" since Pro: "Settings of turn detection";
    /// Calls that wake people in an emergency.
    EmergencyVoiceCalls = "emergency_voice_calls" since Pro: "Calls that wake people in an emergency";
    /// Latency, interruptions and cost.
    AdvancedAnalytics = "advanced_analytics" since Pro: "Waiting times, interruptions and cost";
    /// The page of live connections.
    WebsocketMonitoring = "websocket_monitoring" since Pro: "The page of live connections";
    /// Ending a live call from the page.
    SessionManagement = "session_management" since Pro: "Ending a live call from the page";
    /// No product name on the widget.
    BrandingRemoval = "branding_removal" since Pro: "A widget without our name";
    /// Voice, greeting and turn-taking settings.
    VoiceConfiguration = "voice_configuration" since Pro: "Voice and turn-taking settings";
    /// Support ahead of other plans.
    PrioritySupport = "priority_support" since Pro: "Support ahead of other plans";
    /// Project status from Asana, Jira, monday.com and Trello.
    ProjectSync = "project_sync" since Pro: "Project status from your project tool";
    /// Documents from a Google Drive folder.
    DriveSync = "drive_sync" since Pro: "Documents from Google Drive";
    /// Text messages to people on call.
    SmsAlerts = "sms_alerts" since Pro: "Text messages to people on call";
    /// Signed webhooks to the business's own programs.
    WebhooksOut = "webhooks_out" since Pro: "Signed webhooks to your programs";
    /// A person taking over a chat or a call.
    HumanTakeover = "human_takeover" since Pro: "Taking over a chat or a call yourself";
}

/// What a plan includes, as read from the database for one request or one call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// Which plan this is.
    pub code: PlanCode,
    /// Everything it includes, what it inherits too.
    pub features: BTreeSet<Feature>,
    /// How many lead questions are asked; none means as many as there are.
    pub question_limit: Option<u32>,
}

impl Plan {
    /// The plan as it is seeded into a fresh database.
    pub fn built_in(code: PlanCode) -> Self {
        let features = Feature::ALL.iter().copied().filter(|feature| feature.since() <= code).collect();
        Self { code, features, question_limit: (code == PlanCode::Free).then_some(5) }
    }

    /// Whether `feature` is part of this plan.
    pub fn includes(&self, feature: Feature) -> bool {
        self.features.contains(&feature)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_plan_includes_all_of_the_smaller_one() {
        let [free, basic, pro] = PlanCode::ALL.map(Plan::built_in);
        assert!(basic.features.is_superset(&free.features) && pro.features.is_superset(&basic.features));
        assert_eq!((free.question_limit, basic.question_limit), (Some(5), None));
        assert!(pro.includes(Feature::RealtimeVoiceAgent) && !basic.includes(Feature::RealtimeVoiceAgent));
    }

    #[test]
    fn plan_names_read_in_any_case() {
        assert_eq!("pro".parse(), Ok(PlanCode::Pro));
        assert!("GOLD".parse::<PlanCode>().is_err());
    }
}
