use super::*;

/// Longest run of 20 ms frames below -45 dBFS between the first and the last louder one, in ms.
fn longest_pause_ms(sound: &[u8]) -> usize {
    let loud: Vec<bool> = sound.chunks(FRAME_BYTES).map(|f| level_dbfs(f) > -45.0).collect();
    let first = loud.iter().position(|&l| l).unwrap();
    let last = loud.iter().rposition(|&l| l).unwrap();
    let pauses = loud[first..=last].split(|&l| l);
    pauses.map(<[bool]>::len).max().unwrap_or(0) * 20
}

fn peak_dbfs(sound: &[u8]) -> f32 {
    let peak = sound.iter().map(|&c| ulaw::decode(c).unsigned_abs()).max().unwrap();
    20.0 * (f32::from(peak) / 32_768.0).log10()
}

#[test]
fn the_table_is_the_committed_list() {
    let list = include_str!("../../clips/clips.tsv");
    let listed: Vec<(&str, bool, &str)> = list
        .lines()
        .map(|line| {
            let mut fields = line.split('\t');
            let (name, speaker, text) = (fields.next(), fields.next(), fields.next());
            (name.unwrap(), speaker.unwrap() == "agent", text.unwrap())
        })
        .collect();
    let table: Vec<(&str, bool, &str)> =
        clips().iter().map(|c| (c.name, c.speaker == Speaker::Agent, c.text)).collect();
    assert_eq!(table, listed);
}

#[test]
fn recordings_are_small_whole_frames_and_one_utterance_each() {
    let total: usize = clips().iter().map(|clip| clip.ulaw.len()).sum();
    assert!(total <= 1_000_000, "{total} bytes");
    for clip in clips() {
        assert_eq!(clip.ulaw.len() % FRAME_BYTES, 0, "{}", clip.name);
        let pause = longest_pause_ms(clip.ulaw);
        assert!(pause < 350, "{} pauses for {pause} ms", clip.name);
        let peak = peak_dbfs(clip.ulaw);
        assert!((-6.6..=-5.4).contains(&peak), "{} peaks at {peak} dBFS", clip.name);
        let quiet_start = clip.ulaw.chunks(FRAME_BYTES).take_while(|f| level_dbfs(f) < -50.0);
        assert!(quiet_start.count() <= 3, "{} starts late", clip.name);
        let quiet_end = clip.ulaw.chunks(FRAME_BYTES).rev().take_while(|f| level_dbfs(f) < -50.0);
        assert!(quiet_end.count() <= 3, "{} ends late", clip.name);
    }
}

#[test]
fn a_recording_is_found_whatever_the_punctuation() {
    let leak = clip("caller-leak").unwrap();
    assert!(matches!(sound_of("hello my kitchen tap is leaking"), Cow::Borrowed(s) if s == leak.ulaw));
    assert!(clip("no such clip").is_none());
}

#[test]
fn other_words_get_a_sound_of_their_own_that_is_one_utterance() {
    let text = "Could somebody please look at the boiler before Friday?";
    let sound = sound_of(text);
    assert_eq!(sound, sound_of(text), "the same every time");
    assert_ne!(sound[..8_000], sound_of("Could anybody please look at the boiler")[..8_000]);
    let ms = sound.len() / BYTES_PER_MS;
    assert!((3_575..=3_595).contains(&ms), "{ms} ms");
    assert!(longest_pause_ms(&sound) < 150);
    assert!((-13.5..=-11.5).contains(&peak_dbfs(&sound)), "{}", peak_dbfs(&sound));
    assert_eq!(sound_of("Hm").len(), 400 * BYTES_PER_MS);
}

#[test]
fn levels_are_what_they_claim() {
    assert!((level_dbfs(&noise(500, 7)) + 18.0).abs() < 0.5);
    assert!((peak_dbfs(&tone(440.0, 200)) + 12.0).abs() < 0.5);
    assert!((level_dbfs(&silence(20)) - SILENT_DBFS).abs() < f32::EPSILON);
    assert!((level_dbfs(&[]) - SILENT_DBFS).abs() < f32::EPSILON);
    assert_ne!(noise(20, 1), noise(20, 2));
}
