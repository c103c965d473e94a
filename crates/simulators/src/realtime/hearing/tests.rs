use super::*;
use crate::realtime::format::{Decoder, Format};
use crate::speech::{clip, noise, silence};

fn heard(sound: &[u8]) -> String {
    transcript_of(&Library::of_recordings().listen(sound, false))
}

/// A recording in silence, without the frames for which `lost` is true.
fn with_losses(name: &str, lost: impl Fn(usize) -> bool) -> Vec<u8> {
    let frames = clip(name).unwrap().ulaw.chunks(FRAME_BYTES).enumerate();
    let kept = frames.filter(|(at, _)| !lost(*at)).flat_map(|(_, frame)| frame.to_vec());
    silence(300).into_iter().chain(kept).chain(silence(500)).collect()
}

#[test]
fn every_recording_is_known_at_any_alignment() {
    let library = Library::of_recordings();
    for (at, clip) in clips().iter().enumerate() {
        let mut sound = silence(300);
        sound.truncate(2_400 - at * 7);
        sound.extend_from_slice(clip.ulaw);
        sound.extend(silence(500));
        let heard = library.listen(&sound, false);
        assert_eq!(heard.len(), 1, "{}: {heard:?}", clip.name);
        assert_eq!((heard[0].text.as_str(), heard[0].missing()), (clip.text, 0));
    }
}

#[test]
fn nine_tenths_are_enough_and_less_is_not() {
    let frames = clip("caller-phone").unwrap().ulaw.len() / FRAME_BYTES;
    let text = clip("caller-phone").unwrap().text;
    assert_eq!(heard(&with_losses("caller-phone", |at| at % 11 == 5)), text);
    assert_eq!(heard(&with_losses("caller-phone", |at| at % 9 == 5)), "");
    assert_eq!(heard(&with_losses("caller-phone", |at| at < frames / 11)), text);
    assert_eq!(heard(&with_losses("caller-phone", |at| at > frames * 8 / 9)), "");
}

#[test]
fn losses_are_counted_and_disorder_is_a_loss() {
    let library = Library::of_recordings();
    let part = library.listen(&with_losses("caller-name", |at| (10..16).contains(&at)), false);
    assert_eq!((part.len(), part[0].missing()), (1, 6));
    let sound = clip("caller-name").unwrap().ulaw;
    let (front, back) = sound.split_at(sound.len() / 320 * 160);
    let swapped = library.listen(&[back, front].concat(), false);
    assert!(swapped[0].matched <= swapped[0].frames / 2 + 1, "{swapped:?}");
}

#[test]
fn two_sentences_in_one_breath_are_both_known_in_order() {
    let two = [with_losses("caller-yes", |_| false), with_losses("caller-name", |_| false)].concat();
    assert_eq!(heard(&two), "Yes. My name is Dana Reyes.");
}

#[test]
fn noise_says_nothing() {
    assert_eq!(heard(&noise(2_000, 9)), "");
    assert_eq!(heard(&silence(1_000)), "");
    assert_eq!(heard(&[0x42; 80]), "");
}

#[test]
fn other_sentences_are_known_once_registered() {
    let text = "There is water coming through the ceiling!";
    let mut library = Library::of_recordings();
    let sound = sound_of(text);
    assert_eq!(transcript_of(&library.listen(&sound, false)), "");
    library.register(text);
    library.register(text);
    assert_eq!(transcript_of(&library.listen(&sound, false)), text);
}

#[test]
fn a_resampled_line_is_understood_too() {
    let mut library = Library::of_recordings();
    library.register("Could you come tomorrow morning instead?");
    let texts = [clip("caller-leak").unwrap().text, "Could you come tomorrow morning instead?"];
    for text in texts {
        let sound = [silence(313), sound_of(text).into_owned(), silence(500)].concat();
        let sent = Format::Pcm24k.encode(&sound, 0, sound.len());
        let received = Decoder::new(Format::Pcm24k).decode(&sent[4..]);
        let heard = library.listen(&received, true);
        assert_eq!(transcript_of(&heard), text, "{heard:?}");
        let without: Vec<u8> = received[..received.len() / 2].iter().chain(&silence(900)).copied().collect();
        assert_eq!(transcript_of(&library.listen(&without, true)), "");
    }
    assert_eq!(transcript_of(&library.listen(&noise(2_000, 4), true)), "");
}
