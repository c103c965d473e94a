use proptest::prelude::*;

use super::*;

const STREAM: &str = "\u{feff}: keep-alive\r\nevent: x\r\ndata: {\"a\":\"Größe 🚰\"}\r\n\r\ndata:one\ndata: two\nid: 7\n\n\n\
                      :\n\nretry: 3\n\ndata: [DONE]\n\n";
const EVENTS: [&str; 3] = ["{\"a\":\"Größe 🚰\"}", "one\ntwo", "[DONE]"];

#[test]
fn comments_other_fields_and_blank_lines_are_skipped() {
    assert_eq!(EventReader::default().push(STREAM.as_bytes()).unwrap(), EVENTS);
    let returns = STREAM.replace("\r\n", "\n").replace('\n', "\r");
    assert_eq!(EventReader::default().push(returns.as_bytes()).unwrap(), EVENTS);
}

proptest! {
    /// Row 118. A character cut in two by the network arrives whole.
    #[test]
    fn it_does_not_matter_how_the_network_cuts(cuts in prop::collection::vec(0..STREAM.len(), 0..30)) {
        let mut cuts = cuts;
        cuts.sort_unstable();
        let (mut reader, mut events, mut from) = (EventReader::default(), Vec::new(), 0);
        for to in cuts.into_iter().chain([STREAM.len()]) {
            events.extend(reader.push(&STREAM.as_bytes()[from..to]).unwrap());
            from = to;
        }
        prop_assert_eq!(events, EVENTS);
    }

    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let mut reader = EventReader::default();
        let _ = reader.push(&bytes).unwrap();
        let _ = reader.finish();
    }
}

#[test]
fn an_end_without_a_blank_line_still_gives_the_last_event() {
    let mut reader = EventReader::default();
    assert!(reader.push(b"data: last").unwrap().is_empty());
    assert_eq!(reader.finish().as_deref(), Some("last"));
    assert_eq!(reader.finish(), None);
}

#[test]
fn an_event_without_end_is_given_up() {
    let mut reader = EventReader::default();
    let block = vec![b'x'; 64 * 1024];
    let outcome = (0..17).find_map(|_| reader.push(&block).err());
    assert_eq!(outcome, Some(TooLong));
    let mut reader = EventReader::default();
    let lines = b"data: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n".repeat(1024);
    assert!((0..20).any(|_| reader.push(&lines).is_err()));
}
