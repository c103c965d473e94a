//! `/Recordings`: what `<Record>` recorded.

use std::sync::Arc;

use http::StatusCode;
use serde_json::json;

use super::{Outcome, Refusal, Reply};
use crate::phone::network::{Network, locked};
use crate::wav;

/// `<sid>` and `<sid>.wav` are the sound, `<sid>.json` the facts. There is no MP3 here.
pub(crate) fn fetch(network: &Arc<Network>, file: &str) -> Outcome {
    let (sid, ending) = file.split_once('.').unwrap_or((file, "wav"));
    let recordings = locked(&network.recordings);
    let recording =
        recordings.iter().find(|known| known.sid == sid && known.is_ready).ok_or_else(|| unknown(file))?;
    match ending {
        "wav" => Ok(Reply::Sound(wav::from_ulaw(&recording.sound))),
        "json" => Ok(Reply::Json(
            StatusCode::OK,
            json!({
                "sid": recording.sid,
                "account_sid": network.settings.account_sid,
                "call_sid": recording.call_sid,
                "status": "completed",
                "duration": recording.seconds.to_string(),
                "channels": 1,
                "source": "RecordVerb",
            }),
        )),
        _ => Err(unknown(file)),
    }
}

pub(crate) fn delete(network: &Arc<Network>, sid: &str) -> Outcome {
    let mut recordings = locked(&network.recordings);
    let before = recordings.len();
    recordings.retain(|known| known.sid != sid);
    if recordings.len() == before {
        return Err(unknown(sid));
    }
    Ok(Reply::Nothing)
}

fn unknown(file: &str) -> Refusal {
    Refusal::fair(404, 20_404, format!("The requested resource /Recordings/{file} was not found"))
}
