//! A call rings: the signed webhook, and the stream that its answer asks for.

use crate::stage::{ACCOUNT, BUSINESS_NUMBER, TOKEN};
use anyhow::{Context as _, Result, ensure};
use studioconnect_connectors::http::read_bounded;
use studioconnect_simulators::phone::{sign_form, sign_url};
use studioconnect_web::urls;

/// Largest document Twilio takes, in bytes.
const TWIML: usize = 64 * 1024;
/// Codes of areas whose 555 01xx numbers belong to nobody.
const AREAS: [u32; 5] = [206, 212, 303, 415, 512];

/// What the server said to do with a call.
#[derive(Clone, Debug)]
pub(in crate::commands::bench) struct Invitation {
    /// The call's id at the network.
    pub(super) call_sid: String,
    /// Where to stream.
    pub(super) url: String,
    /// What to show there.
    pub(super) token: String,
}

impl Invitation {
    /// What Twilio signs the upgrade with.
    pub(super) fn stream_signature(&self) -> String {
        sign_url(TOKEN, &self.url)
    }
}

/// Rings. Errors when the server would not have the call streamed.
pub(in crate::commands::bench) async fn ring(
    client: &reqwest::Client,
    base: &str,
    call: u32,
) -> Result<Invitation> {
    let call_sid = format!("CA{}", uuid::Uuid::new_v4().simple());
    let form = form(&call_sid, call);
    let url = format!("{base}{}", urls::VOICE_INBOUND);
    let signature = sign_form(TOKEN, &url, &form);
    let request = client.post(&url).header("x-twilio-signature", signature).form(&form);
    let answer = request.send().await.context("the webhook was not answered")?;
    let status = answer.status();
    ensure!(status.is_success(), "the webhook was answered with {status}");
    let body = read_bounded(answer, TWIML).await?;
    let twiml = String::from_utf8_lossy(&body);
    let (url, token) = stream_of(&twiml).context("the call was not connected to a stream")?;
    Ok(Invitation { call_sid, url, token })
}

fn form(call_sid: &str, call: u32) -> Vec<(String, String)> {
    let area = AREAS.get(call as usize / 100 % AREAS.len()).copied().unwrap_or(206);
    let from = format!("+1{area}5550{:03}", 100 + call % 100);
    [
        ("AccountSid", ACCOUNT),
        ("ApiVersion", "2010-04-01"),
        ("CallSid", call_sid),
        ("CallStatus", "ringing"),
        ("Called", BUSINESS_NUMBER),
        ("Caller", &from),
        ("Direction", "inbound"),
        ("From", &from),
        ("FromCountry", "US"),
        ("To", BUSINESS_NUMBER),
        ("ToCountry", "US"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec()
}

/// The stream's URL and token. The document is our own server's, so its shape is known; what Twilio would make of it is the
/// simulated network's matter.
fn stream_of(twiml: &str) -> Option<(String, String)> {
    let (_, stream) = twiml.split_once("<Stream ")?;
    let url = attribute(stream.split_once('>')?.0, "url")?;
    let parameter = stream.split("<Parameter ").skip(1).filter_map(|rest| rest.split_once('>')).find_map(
        |(attributes, _)| {
            (attribute(attributes, "name")? == "token").then(|| attribute(attributes, "value"))?
        },
    )?;
    Some((url, parameter))
}

fn attribute(attributes: &str, name: &str) -> Option<String> {
    let (_, rest) = attributes.split_once(&format!("{name}=\""))?;
    let (value, _) = rest.split_once('"')?;
    Some(value.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use studioconnect_connectors::twilio::twiml::{StreamUrl, Twiml};

    #[test]
    fn the_stream_is_read_out_of_our_own_twiml() {
        let url = StreamUrl::parse("ws://127.0.0.1:3000/api/voice/stream").unwrap();
        let twiml = Twiml::new().connect_stream(&url, &[("other", "no"), ("token", "a&b")]).unwrap().render();
        let expected = ("ws://127.0.0.1:3000/api/voice/stream".to_owned(), "a&b".to_owned());
        assert_eq!(stream_of(&twiml), Some(expected));
        assert_eq!(stream_of("<Response><Hangup/></Response>"), None);
    }

    #[test]
    fn callers_have_numbers_that_belong_to_nobody() {
        for call in [0, 99, 100, 499] {
            let from = form("CA1", call).into_iter().find(|(name, _)| name == "From").unwrap().1;
            assert!(from.len() == 12 && from.get(5..9) == Some("5550"), "{from}");
            assert_eq!(from.get(9..10), Some("1"), "{from}");
        }
    }
}
