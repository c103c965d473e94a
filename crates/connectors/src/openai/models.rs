//! `GET /v1/models`: whether the configured model exists and until when.

use serde::Deserialize;

/// What the provider says about one model.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ModelRow {
    /// The model's name.
    pub id: String,
    /// Day it is shut down, `YYYY-MM-DD` (protocols/openai-realtime.md, section 0).
    #[serde(default)]
    pub shutdown_date: Option<String>,
}

#[derive(Deserialize)]
struct ModelList {
    #[serde(default)]
    data: Vec<ModelRow>,
}

/// What was learnt about the configured model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModelState {
    /// It is listed, with the day of its shutdown if there is one.
    Listed(Option<String>),
    /// The server lists models, but not this one.
    Missing,
}

/// Reads the list's answer. Errors when it is no such list.
pub fn state_of(model: &str, body: &str) -> Result<ModelState, serde_json::Error> {
    let list: ModelList = serde_json::from_str(body)?;
    Ok(list
        .data
        .into_iter()
        .find(|row| row.id == model)
        .map_or(ModelState::Missing, |row| ModelState::Listed(row.shutdown_date)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shutdown_date_of_the_configured_model_is_found() {
        let body = r#"{"object":"list","data":[{"id":"gpt-realtime","shutdown_date":"2027-01-20","new":1},
                       {"id":"gpt-realtime-2.1","shutdown_date":null}]}"#;
        assert_eq!(state_of("gpt-realtime", body).unwrap(), ModelState::Listed(Some("2027-01-20".into())));
        assert_eq!(state_of("gpt-realtime-2.1", body).unwrap(), ModelState::Listed(None));
        assert_eq!(state_of("other", body).unwrap(), ModelState::Missing);
    }
}
