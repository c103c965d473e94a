//! `<Dial>` to numbers and conferences.

use super::markup;

/// How to ring. `None` leaves Twilio's default (section 3).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Dial<'a> {
    /// The number shown to the called; must be Twilio's or verified (default: the caller's).
    pub caller_id: Option<&'a str>,
    /// Seconds to ring (30).
    pub timeout_secs: Option<u32>,
    /// The longest connection in seconds (14400).
    pub time_limit_secs: Option<u32>,
    /// The absolute URL that goes on with the call and gets `DialCallStatus`; with it, verbs after
    /// the `<Dial>` are never reached.
    pub action: Option<&'a str>,
    /// Leaves the caller ringing until somebody answers (false).
    pub answer_on_bridge: bool,
    /// Lets the caller drop the called leg with `*` (false).
    pub hangup_on_star: bool,
}

/// Where to. Several numbers ring at once, the first answer wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DialTarget<'a> {
    /// A telephone.
    Number(Number<'a>),
    /// A room; must stand alone in its `<Dial>`.
    Conference(Conference<'a>),
}

/// A telephone to ring.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Number<'a> {
    /// E.164.
    pub number: &'a str,
    /// `TwiML` run on the called leg before it is bridged; hanging up there refuses the call. The
    /// place for "press 1 to accept", which a voicemail cannot do.
    pub whisper_url: Option<&'a str>,
    /// Keys sent after the answer.
    pub send_digits: Option<&'a str>,
    /// Told of each step of this leg.
    pub status_callback: Option<&'a str>,
}

/// A room that legs join.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Conference<'a> {
    /// Its name, unique within the account while it lasts.
    pub name: &'a str,
    /// Whether the room opens when this leg enters (true).
    pub start_on_enter: Option<bool>,
    /// Whether it closes when this leg leaves (false).
    pub end_on_exit: Option<bool>,
    /// Whether others hear a beep on entry and exit (true).
    pub beep: Option<bool>,
    /// What a waiting leg hears; empty for silence (music).
    pub wait_url: Option<&'a str>,
    /// The most legs (250).
    pub max_participants: Option<u16>,
    /// Told of start, end, join and leave.
    pub status_callback: Option<&'a str>,
}

pub(super) fn write(out: &mut String, dial: &Dial<'_>, targets: &[DialTarget<'_>]) {
    out.push_str("<Dial");
    markup::optional(out, "callerId", dial.caller_id);
    markup::optional_number(out, "timeout", dial.timeout_secs);
    markup::optional_number(out, "timeLimit", dial.time_limit_secs);
    markup::optional(out, "action", dial.action);
    markup::optional_number(out, "answerOnBridge", dial.answer_on_bridge.then_some(true));
    markup::optional_number(out, "hangupOnStar", dial.hangup_on_star.then_some(true));
    out.push('>');
    for target in targets {
        match target {
            DialTarget::Number(number) => write_number(out, number),
            DialTarget::Conference(conference) => write_conference(out, conference),
        }
    }
    out.push_str("</Dial>");
}

fn write_number(out: &mut String, number: &Number<'_>) {
    out.push_str("<Number");
    markup::optional(out, "url", number.whisper_url);
    markup::optional(out, "sendDigits", number.send_digits);
    if let Some(url) = number.status_callback {
        markup::attribute(out, "statusCallback", url);
        markup::attribute(out, "statusCallbackEvent", "initiated ringing answered completed");
    }
    out.push('>');
    markup::text(out, number.number);
    out.push_str("</Number>");
}

fn write_conference(out: &mut String, conference: &Conference<'_>) {
    out.push_str("<Conference");
    markup::optional_number(out, "startConferenceOnEnter", conference.start_on_enter);
    markup::optional_number(out, "endConferenceOnExit", conference.end_on_exit);
    markup::optional_number(out, "beep", conference.beep);
    markup::optional(out, "waitUrl", conference.wait_url);
    markup::optional_number(out, "maxParticipants", conference.max_participants);
    if let Some(url) = conference.status_callback {
        markup::attribute(out, "statusCallback", url);
        markup::attribute(out, "statusCallbackEvent", "start end join leave");
    }
    out.push('>');
    markup::text(out, conference.name);
    out.push_str("</Conference>");
}
