use super::*;

fn key(voice: &str, text: &str) -> Key {
    Key { business: BusinessId::new(), voice: voice.into(), text: text.into() }
}

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_790_000_000 + seconds, 0).unwrap()
}

/// Row 90.
#[test]
fn a_sound_is_kept_for_its_voice_and_words_and_not_for_long() {
    let mut previews = Previews::default();
    let greeting = key("marin", "Hello.");
    previews.keep(greeting.clone(), Sound::from(vec![1, 2]), at(0));
    assert_eq!(previews.find(&greeting, at(599)).as_deref(), Some(&[1, 2][..]));
    for other in [
        Key { voice: "cedar".into(), ..greeting.clone() },
        Key { text: "Hi.".into(), ..greeting.clone() },
        key("marin", "Hello."),
    ] {
        assert_eq!(previews.find(&other, at(1)), None, "{other:?}");
    }
    assert_eq!(previews.find(&greeting, at(600)), None);
    assert!(previews.sounds.is_empty());
}

#[test]
fn all_sounds_together_stay_within_their_bound() {
    let mut previews = Previews::default();
    let large = Sound::from(vec![0; 10 << 20]);
    let keys: Vec<Key> = (0..5).map(|voice| key(&voice.to_string(), "Hello.")).collect();
    for key in &keys {
        previews.keep(key.clone(), Arc::clone(&large), at(0));
    }
    let found: Vec<bool> = keys.iter().map(|key| previews.find(key, at(1)).is_some()).collect();
    assert_eq!(found, [false, false, true, true, true], "the oldest go first");
}

/// Row 90.
#[test]
fn each_business_has_so_many_previews_an_hour() {
    let mut previews = Previews::default();
    let (one, two) = (BusinessId::new(), BusinessId::new());
    for second in 0..20 {
        assert_eq!(previews.spend(one, at(second)), Ok(()));
    }
    assert_eq!(previews.spend(one, at(100)), Err(TimeDelta::seconds(3_500)));
    assert_eq!(previews.spend(two, at(100)), Ok(()));
    assert_eq!(previews.spend(one, at(3_600)), Ok(()), "the first one is an hour ago");
    assert_eq!(previews.spend(one, at(3_600)), Err(TimeDelta::seconds(1)));
    assert_eq!(previews.spend(two, at(9_000)), Ok(()));
    assert_eq!(previews.spent.len(), 1, "who was quiet for an hour is forgotten");
}

#[test]
fn two_of_a_business_wait_for_each_other_and_nobody_is_remembered_afterwards() {
    let mut previews = Previews::default();
    let business = BusinessId::new();
    let (first, second) = (previews.turn(business), previews.turn(business));
    assert!(Arc::ptr_eq(&first, &second));
    assert!(first.try_lock().is_ok());
    drop((first, second));
    previews.turn(BusinessId::new());
    assert!(previews.turns.len() <= 1);
}

#[test]
fn a_part_of_a_sound_is_found_and_nonsense_gives_the_whole() {
    let cases = [
        ("bytes=0-1", Some((0, 1))),
        ("bytes=4-", Some((4, 9))),
        ("bytes=0-99", Some((0, 9))),
        ("bytes=-3", Some((7, 9))),
        ("bytes=-99", Some((0, 9))),
        ("bytes=5-4", None),
        ("bytes=10-", None),
        ("bytes=-0", None),
        ("bytes=0-1,4-5", None),
        ("bytes=a-b", None),
        ("lines=0-1", None),
    ];
    for (range, part) in cases {
        assert_eq!(part_of(range, 10), part, "{range}");
    }
    assert_eq!(part_of("bytes=0-", 0), None);
}
