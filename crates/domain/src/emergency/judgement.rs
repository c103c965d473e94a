//! The rules' finding joined with a language model's, and whom to ring when a life is in danger.

use super::{Finding, Sensitivity};
use serde::{Deserialize, Serialize};

/// What a language model thinks of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ModelJudgement {
    /// 1 to 10; what lies outside is brought inside.
    pub severity: u8,
    /// Why, in its words.
    pub reason: String,
}

/// Most that a model lowers what the rules found: it can take away a doubt, not a sign.
const MOST_LOWERED: u8 = 2;
/// Below this the rules saw next to nothing, and a model that sees more is heeded in full.
const UNSURE: u8 = 5;
/// Most that a model raises what the rules found something in.
const MOST_RAISED: u8 = 3;
/// Longest reason of a model that is kept, in characters.
const REASON: usize = 300;

/// Both together. The model never replaces the rules: a danger to life that they found stays one, and whatever it says is
/// written beside what they said. Without a model the rules' finding stands.
pub fn combine(rules: &Finding, model: Option<&ModelJudgement>, sensitivity: Sensitivity) -> Finding {
    let Some(model) = model else { return rules.clone() };
    let theirs = model.severity.clamp(1, 10);
    let ours = rules.severity;
    let severity = if theirs >= ours {
        if ours < UNSURE { theirs } else { theirs.min(ours.saturating_add(MOST_RAISED)) }
    } else if rules.endangers_life {
        ours
    } else {
        theirs.max(ours.saturating_sub(MOST_LOWERED))
    };
    let said: String = model.reason.chars().filter(|letter| !letter.is_control()).take(REASON).collect();
    let reason = format!("Rules ({ours}): {} Model ({theirs}): {}", rules.reason, said.trim());
    Finding { is_emergency: severity >= sensitivity.threshold(), severity, reason, ..rules.clone() }
}

/// The number of police, fire brigade and ambulance in a country, by its ISO 3166 code of two letters. 112 works on mobile
/// phones nearly everywhere.
pub fn local_emergency_number(country: &str) -> &'static str {
    match country.to_ascii_uppercase().as_str() {
        "US" | "CA" | "MX" | "PR" | "CR" | "PA" | "EC" | "UY" | "PY" | "AR" | "PE" | "PH" | "DO" | "SV"
        | "HN" | "JM" | "BS" => "911",
        "GB" | "IE" | "HK" | "SG" | "MY" | "KE" => "999",
        "AU" => "000",
        "NZ" => "111",
        "BR" => "190",
        "CO" => "123",
        "CL" => "133",
        "GT" | "JP" | "CN" => "110",
        "ZA" => "10111",
        _ => "112",
    }
}

#[cfg(test)]
mod tests;
