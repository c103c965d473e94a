//! The tables as the mapper sees them, each beside the way from and to the domain's type.

pub(crate) mod agent_config;
pub(crate) mod audit_entry;
pub(crate) mod business;
pub(crate) mod call;
pub(crate) mod call_event;
pub(crate) mod call_input;
pub(crate) mod client;
pub(crate) mod kept_answer;
pub(crate) mod knowledge_chunk;
pub(crate) mod knowledge_document;
pub(crate) mod knowledge_gap;
pub(crate) mod lead;
pub(crate) mod lead_note;
pub(crate) mod link;
pub(crate) mod membership;
pub(crate) mod phone_number;
pub(crate) mod plan;
pub(crate) mod question;
pub(crate) mod recovery_code;
pub(crate) mod session;
pub(crate) mod transfer_contact;
pub(crate) mod turn;
pub(crate) mod used_secret;
pub(crate) mod user;
