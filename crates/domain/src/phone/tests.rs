use super::*;
use proptest::prelude::*;

#[test]
fn every_written_form_of_a_number_reads_as_the_same_one() {
    for text in [
        "+12065550142",
        "+1 206 555 0142",
        "(206) 555-0142",
        "206.555.0142",
        "1-206-555-0142",
        "206 555 0142",
        " 2065550142 ",
        "+1 (206) 555-0142",
        "tel:+1-206-555-0142",
        "001 206 555 0142",
    ] {
        assert_eq!(PhoneNumber::read(text, "US").map(String::from), Ok("+12065550142".to_owned()), "{text}");
    }
    assert_eq!(PhoneNumber::read("030 123456", "DE").map(String::from), Ok("+4930123456".to_owned()));
    assert_eq!(PhoneNumber::read("0049 30 123456", "DE").map(String::from), Ok("+4930123456".to_owned()));
}

#[test]
fn what_is_no_number_is_refused_and_says_why() {
    for text in [
        "",
        "12",
        "anonymous",
        "client:alice",
        "sip:a@example.com",
        "call me maybe",
        "+1206555014",
        "+120655501421",
    ] {
        assert!(PhoneNumber::read(text, "US").is_err(), "{text}");
    }
}

#[test]
fn a_number_is_read_back_in_groups() {
    let number = PhoneNumber::read("+12065550142", "US").unwrap();
    assert_eq!(number.spoken(), "2 0 6, 5 5 5, 0 1 4 2");
}

#[test]
fn a_withheld_number_is_nobodys() {
    let withheld = PhoneNumber::read("+266696687", "US").unwrap();
    assert!(!withheld.is_somebodys());
    assert!(PhoneNumber::read("+12065550142", "US").unwrap().is_somebodys());
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic_and_what_it_reads_is_e164(text in "\\PC{0,40}", region in "[A-Z]{2}") {
        if let Ok(number) = PhoneNumber::read(&text, &region) {
            let again = PhoneNumber::try_from(number.as_str().to_owned());
            prop_assert_eq!(again, Ok(number));
        }
    }
}
