//! `GET /models`.

use serde::Deserialize;

use super::fault::Failure;
use super::{Kind, OpenAiError, OpenAiRest};
use crate::http::read_json_bounded;
use crate::openai::models::ModelRow;

/// The longest list that is read, in bytes.
const MOST_BYTES: usize = 4 << 20;

#[derive(Deserialize)]
struct List {
    #[serde(default)]
    data: Vec<ModelRow>,
}

impl OpenAiRest {
    /// The models this key may use.
    pub async fn models(&self) -> Result<Vec<ModelRow>, OpenAiError> {
        self.repeated(Kind::Models, |deadline| async move {
            let response = self.ask(self.http.get(self.url(&["models"])), deadline).await?;
            let list = read_json_bounded::<List>(response, MOST_BYTES).await;
            Ok(list.map_err(|fault| Failure::of_body(&fault))?.data)
        })
        .await
    }
}
