use super::{device, phone};

#[test]
fn numbers_are_grouped_and_words_of_the_network_explained() {
    for (number, shown) in [
        ("+12065550142", "+1 206-555-0142"),
        ("+266696687", "Number withheld"),
        ("anonymous", "anonymous"),
        ("", ""),
    ] {
        assert_eq!(phone(number), shown);
    }
}

#[test]
fn browsers_are_named_by_what_they_are_and_not_by_what_they_pretend_to_be() {
    const LIKE: &str = "(KHTML, like Gecko)";
    for (said, shown) in [
        (
            format!(
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 {LIKE} Chrome/156.0.0.0 Safari/537.36"
            ),
            "Chrome on Linux",
        ),
        (
            format!(
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 {LIKE} Chrome/156.0.0.0 Safari/537.36 Edg/156.0.0.0"
            ),
            "Edge on Windows",
        ),
        (
            format!(
                "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 {LIKE} Version/19.0 Mobile/15E148 Safari/604.1"
            ),
            "Safari on iPhone",
        ),
        (
            format!(
                "Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 {LIKE} Chrome/156.0.0.0 Mobile Safari/537.36"
            ),
            "Chrome on Android",
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 15.0; rv:150.0) Gecko/20100101 Firefox/150.0".to_owned(),
            "Firefox on Mac",
        ),
        ("curl/8.5.0".to_owned(), "curl/8.5.0"),
        (String::new(), "A program"),
    ] {
        assert_eq!(device(&said), shown, "{said}");
    }
}
