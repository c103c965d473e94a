//! The network against a small office that answers its webhooks.

mod bad_lines;
mod documents;
mod joined;
mod messages;
mod office;
mod outbound;
mod streams;

use std::sync::Arc;
use std::time::Duration;

use self::office::Office;
use super::*;

const ACCOUNT: &str = "AC00000000000000000000000000000001";
const TOKEN: &str = "unit-test-token-0123456789abcdef";
const CALLER: &str = "+12125550101";
const OFFICE: &str = "+12125550100";

/// A network whose own calls run ten times faster than real time.
async fn network() -> PhoneNetwork {
    let settings = NetworkSettings { answer_speed: 10.0, ..NetworkSettings::new(ACCOUNT, TOKEN) };
    PhoneNetwork::start(settings).await.unwrap()
}

/// A call to the office's `/voice`, ten times faster than real time.
fn dial(office: &Office, steps: Vec<Step>) -> Dial {
    Dial {
        status_callback: Some(office.url("/status")),
        script: steps.into(),
        speed: 10.0,
        hang_up_after: Some(Duration::from_mins(1)),
        ..Dial::new(office.url("/voice"), CALLER, OFFICE)
    }
}

async fn call(network: &PhoneNetwork, office: &Office, steps: Vec<Step>) -> Arc<CallReport> {
    network.dial(dial(office, steps)).finish().await
}

/// A REST request of the account's own, and its answer.
async fn rest(network: &PhoneNetwork, path: &str, form: &[(&str, &str)]) -> (u16, serde_json::Value) {
    let url = format!("{}/2010-04-01/Accounts/{ACCOUNT}{path}", network.rest_url());
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = if form.is_empty() { client.get(url) } else { client.post(url).form(form) };
    let response = request.basic_auth(ACCOUNT, Some(TOKEN)).send().await.unwrap();
    let status = response.status().as_u16();
    (status, response.json().await.unwrap_or_default())
}

/// Waits until `is_so`, at most five seconds.
async fn eventually(what: &str, is_so: impl Fn() -> bool) {
    for _ in 0..500 {
        if is_so() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("never came true: {what}");
}
