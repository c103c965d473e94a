use super::*;

fn around() -> Surroundings<'static> {
    Surroundings { region: "US", today: NaiveDate::from_ymd_opt(2026, 11, 23).unwrap() }
}

#[test]
fn hostile_texts_break_nothing() {
    for text in [
        "",
        "\0",
        "@",
        "@@@@@",
        "....",
        "+",
        "((((((",
        "\u{202e}",
        "a@",
        &"9".repeat(9_000),
        &"my name is ".repeat(900),
    ] {
        entities(text, &around());
    }
}
