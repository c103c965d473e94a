use super::*;
use crate::phone::ear::{Source, SpanEnd};
use crate::speech;

/// A report whose heard track holds `pieces` of stream sound at their first samples.
fn heard(pieces: &[(usize, &[u8], SpanEnd)]) -> CallReport {
    let mut report = CallReport::default();
    for (start, sound, ended) in pieces {
        report.heard.resize(*start, 0xFF);
        report.heard.extend_from_slice(sound);
        report.heard_spans.push(HeardSpan {
            start: *start as u64,
            end: (start + sound.len()) as u64,
            source: Source::Stream,
            ended: *ended,
        });
    }
    report.heard.extend_from_slice(&[0xFF; 160]);
    report
}

#[test]
fn a_hole_in_a_response_is_a_gap_and_a_pause_is_not() {
    let tone = speech::tone(400.0, 100);
    let dry = SpanEnd::Dry;
    assert_eq!(heard(&[(0, &tone, dry)]).longest_gap_within_speech(), 0);
    let hole = heard(&[(0, &tone, dry), (1_120, &tone, dry)]);
    assert_eq!(hole.longest_gap_within_speech(), 40);
    let pause = heard(&[(0, &tone, dry), (800 + 2_400, &tone, dry)]);
    assert_eq!(pause.longest_gap_within_speech(), 0);
    let cut = heard(&[(0, &tone, SpanEnd::Cleared), (1_120, &tone, dry)]);
    assert_eq!(cut.longest_gap_within_speech(), 0);
}

#[test]
fn cuts_at_full_swing_click_and_smooth_joints_do_not() {
    let loud: Vec<u8> = (0..800).map(|_| crate::ulaw::encode(12_000)).collect();
    let cut = heard(&[(0, &loud, SpanEnd::Cleared)]);
    let causes: Vec<ClickCause> = cut.clicks().iter().map(|click| click.cause).collect();
    assert_eq!(causes, [ClickCause::Clear]);

    let tone = speech::tone(400.0, 100);
    let mut smooth = heard(&[(0, &tone, SpanEnd::Dry)]);
    smooth.joints = vec![160, 320, 480];
    assert_eq!(smooth.clicks(), []);

    let mut broken = smooth.clone();
    let flat = crate::ulaw::encode(0);
    let steep = crate::ulaw::encode(12_000);
    broken.heard[..320].fill(flat);
    broken.heard[320..].fill(steep);
    let clicks = broken.clicks();
    assert_eq!(clicks.len(), 1, "{clicks:?}");
    assert_eq!((clicks[0].at_ms, clicks[0].cause), (40, ClickCause::Joint));
}

#[test]
fn a_turn_answered_in_time_has_a_delay() {
    let tone = speech::tone(400.0, 100);
    let mut report = heard(&[(8_000, &tone, SpanEnd::Dry), (40_000, &tone, SpanEnd::Dry)]);
    let said = |start_ms, end_ms, text: &str| SaidSpan { start_ms, end_ms, text: text.to_owned() };
    report.said_spans = vec![
        said(100, 700, "hello"),
        said(2_000, 2_500, ""),
        said(3_000, 3_500, "never answered"),
        said(4_000, 4_600, "is this on?"),
    ];
    assert_eq!(report.response_delays(), [300, 400]);
}
