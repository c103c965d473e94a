//! What models cost, counted where budgets and bills look.

use chrono::NaiveDate;
use studioconnect_connectors::openai::rest::Used;
use studioconnect_domain::ids::BusinessId;
use studioconnect_store::{ModelUse, Store};

/// Adds what a request took to a business's day.
pub(crate) async fn count(store: &Store, business: BusinessId, today: NaiveDate, used: &Used) {
    let spent = ModelUse {
        requests: 1,
        input_tokens: used.input_tokens,
        output_tokens: used.output_tokens,
        cost_micros: used.cost_micros.unwrap_or_else(|| guessed(used)),
    };
    if let Err(fault) = store.add_model_use(business, today, &spent).await {
        tracing::warn!(%business, %fault, "what a model cost could not be counted");
    }
}

/// A model without a known price counts as a dear one: a budget that holds too early costs less than none.
fn guessed(used: &Used) -> u64 {
    used.input_tokens * 5 + used.output_tokens * 15
}
