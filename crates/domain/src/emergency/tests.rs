use super::*;
use proptest::prelude::*;

mod corpus;

fn of(text: &str) -> Finding {
    Detector::default().detect(text)
}

/// Row 84: what contains the words and is none, and what is one without them.
#[test]
fn sense_decides_and_not_the_words() {
    for text in [
        "no leak",
        "do you offer emergency services",
        "we had a burst pipe last year",
        "we had a data leak",
        "where is the next urgent care clinic",
        "what should I do if a pipe ever bursts",
        "I saw on the news that a gas main exploded",
        "we are flooded with emails",
        "I'd like a quote for leak detection",
        "the leak is fixed, thank you",
        "no hay ninguna fuga",
        "¿ofrecen servicio de emergencia?",
        "il n'y a pas de fuite",
        "bieten sie einen Notdienst an?",
    ] {
        assert!(!of(text).is_emergency, "{text}: {:?}", of(text));
    }
    for text in [
        "water pouring through my ceiling",
        "my dog ate rat poison",
        "sparks from the outlet",
        "the whole site is down during our launch",
        "theres watter comming thru teh celing",
        "huele a gas en la cocina",
        "de l'eau coule du plafond",
        "aus der Steckdose kommen Funken",
        "no it's not about the appointment, water is pouring through the ceiling",
        "it was fixed but now water is pouring through the ceiling again",
    ] {
        assert!(of(text).is_emergency, "{text}: {:?}", of(text));
    }
}

/// Row 126: a danger to life is one, and damage to things is none.
#[test]
fn danger_to_life_is_told_from_damage() {
    for text in ["I smell gas", "he is not breathing", "the carbon monoxide alarm is going off"] {
        assert!(of(text).endangers_life && of(text).severity >= 9, "{text}: {:?}", of(text));
    }
    assert!(!of("the basement is flooded").endangers_life);
    assert!(!of("do you install gas detectors").endangers_life);
}

/// Row 132: own words make an emergency, exceptions make none, and raising the sensitivity flips what is in doubt.
#[test]
fn a_business_s_own_words_and_sensitivity_count() {
    let with = |sensitivity, own: &[&str], exceptions: &[&str]| {
        let list = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        Detector::new(&Rules { sensitivity, own_words: list(own), exceptions: list(exceptions) })
    };
    let own = with(Sensitivity::Normal, &["glycol light"], &[]);
    assert!(own.detect("The GLYCOL light is on").is_emergency);
    assert!(!own.detect("what if the glycol light comes on one day").is_emergency);
    let except = with(Sensitivity::Normal, &[], &["water is pouring"]);
    assert!(of("water is pouring out of the fountain wall").is_emergency);
    assert!(!except.detect("water is pouring out of the fountain wall").is_emergency);
    let doubt = "we have no hot water";
    assert!(!of(doubt).is_emergency);
    assert!(with(Sensitivity::High, &[], &[]).detect(doubt).is_emergency);
}

#[test]
fn every_sign_of_the_rules_is_in_the_lists() {
    let lines = include_str!("rules.tsv").lines().filter(|line| !line.starts_with('#'));
    for line in lines {
        assert!(rules::Rule::read(line).is_some(), "{line}");
    }
}

proptest! {
    #[test]
    fn nothing_that_is_said_breaks_it(text in "\\PC{0,200}|[a-z ,.?!éñß]{0,400}") {
        let finding = of(&text);
        prop_assert!((1..=10).contains(&finding.severity));
        for span in &finding.spans {
            prop_assert!(text.get(span.start..span.end).is_some_and(|part| !part.is_empty()));
        }
        prop_assert_eq!(&finding, &of(&text));
    }

    /// Row 132: raising the sensitivity never turns an emergency off.
    #[test]
    fn sensitivity_only_adds(
        words in prop::collection::vec(prop::sample::select(vec![
            "water", "pouring", "ceiling", "no", "if", "last year", "gas", "smell", "my", "dog", "ate", "poison", "quote",
            "not urgent", "the", "heat", "help", "dripping", ",", ".", "?",
        ]), 0..14),
    ) {
        let text = words.join(" ");
        let all = Sensitivity::ALL.map(|sensitivity| {
            Detector::new(&Rules { sensitivity, ..Rules::default() }).detect(&text).is_emergency
        });
        prop_assert!(all.is_sorted(), "{}: {:?}", text, all);
    }
}
