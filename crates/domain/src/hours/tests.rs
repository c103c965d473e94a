use super::*;

const ZONE: Tz = chrono_tz::America::Los_Angeles;

fn hours(text: &str) -> Hours {
    serde_json::from_str(text).unwrap()
}

/// Weekdays 8–12 and 13–17, Friday night to two in the morning, and Christmas Eve short.
fn plumber() -> Hours {
    hours(
        r#"{"week":[[{"from":"08:00","to":"12:00"},{"from":"13:00","to":"17:00"}],
        [{"from":"08:00","to":"17:00"}],[{"from":"08:00","to":"17:00"}],[{"from":"08:00","to":"17:00"}],
        [{"from":"20:00","to":"02:00"}],[],[]],
        "holidays":[{"date":"2026-12-24","name":"Christmas Eve","open":[{"from":"08:00","to":"10:00"}]},
        {"date":"2026-12-25","name":"Christmas"}]}"#,
    )
}

fn local(text: &str) -> DateTime<Utc> {
    let naive = chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap();
    ZONE.from_local_datetime(&naive).earliest().unwrap().with_timezone(&Utc)
}

#[test]
fn open_and_closed_follow_the_business_s_own_clock() {
    let cases = [
        ("2026-11-23 07:59", false),
        ("2026-11-23 08:00", true),
        ("2026-11-23 12:00", false),
        ("2026-11-23 13:00", true),
        ("2026-11-23 16:59", true),
        ("2026-11-23 17:00", false),
        ("2026-11-27 19:59", false),
        ("2026-11-27 23:30", true),
        ("2026-11-28 01:59", true),
        ("2026-11-28 02:00", false),
        ("2026-11-29 12:00", false),
        ("2026-12-24 09:00", true),
        ("2026-12-24 11:00", false),
        ("2026-12-25 20:30", false),
    ];
    for (at, open) in cases {
        assert_eq!(plumber().is_open(local(at), ZONE), open, "{at}");
    }
}

#[test]
fn hours_nobody_has_set_close_nothing() {
    assert!(!Hours::default().are_set());
    assert!(Hours::default().is_open(local("2026-11-29 03:00"), ZONE));
}

#[test]
fn hours_are_written_as_people_write_them() {
    let text = serde_json::to_string(&plumber()).unwrap();
    assert!(text.contains(r#"{"from":"08:00","to":"12:00"}"#), "{text}");
    assert_eq!(hours(&text), plumber());
    for wrong in [
        r#"{"week":[[{"from":"8 am","to":"17:00"}],[],[],[],[],[],[]]}"#,
        r#"{"weeks":[]}"#,
        r#"{"week":[]}"#,
    ] {
        assert!(serde_json::from_str::<Hours>(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn overlapping_stretches_and_days_named_twice_are_faults() {
    let mut wrong = plumber();
    wrong.week[0].swap(0, 1);
    wrong.holidays.push(wrong.holidays[0].clone());
    let fields: Vec<_> = wrong.faults().into_iter().map(|fault| fault.field).collect();
    assert_eq!(fields, ["hours.week[0]", "hours.holidays[2].date"]);
    assert_eq!(plumber().faults(), []);
}

#[test]
fn a_hundred_thousand_days_are_refused_at_once() {
    let day = |number| Holiday {
        date: NaiveDate::from_num_days_from_ce_opt(700_000 + number).unwrap(),
        name: String::new(),
        open: Vec::new(),
    };
    let hours = Hours { holidays: (0..100_000).map(day).collect(), ..Hours::default() };
    let faults = hours.faults();
    assert_eq!(faults.iter().map(|fault| fault.field.as_str()).collect::<Vec<_>>(), ["hours.holidays"]);
}

#[test]
fn the_next_opening_is_found_past_weekends_holidays_and_skipped_hours() {
    let opening = |hours: &Hours, at: &str| {
        hours
            .next_opening(local(at), ZONE)
            .map(|moment| moment.with_timezone(&ZONE).format("%Y-%m-%d %H:%M").to_string())
    };
    let weekdays = hours(
        r#"{"week":[[{"from":"08:00","to":"17:00"}],[],[],[],[{"from":"08:00","to":"12:00"}],[],[]],
        "holidays":[{"date":"2026-11-30"}]}"#,
    );
    assert_eq!(opening(&weekdays, "2026-11-23 07:00").as_deref(), Some("2026-11-23 08:00"));
    assert_eq!(opening(&weekdays, "2026-11-23 09:00"), None, "it is open");
    assert_eq!(opening(&weekdays, "2026-11-23 18:00").as_deref(), Some("2026-11-27 08:00"));
    assert_eq!(
        opening(&weekdays, "2026-11-27 13:00").as_deref(),
        Some("2026-12-04 08:00"),
        "Monday is a holiday"
    );
    assert_eq!(opening(&Hours::default(), "2026-11-27 13:00"), None);
    let never = Hours {
        holidays: (0..70)
            .map(|day| Holiday {
                date: NaiveDate::from_ymd_opt(2026, 12, 1).unwrap() + Days::new(day),
                name: String::new(),
                open: vec![],
            })
            .collect(),
        ..weekdays
    };
    assert_eq!(opening(&never, "2026-12-02 13:00"), None, "nobody looks ahead for ever");
}

#[test]
fn the_next_opening_skips_lunch_nights_and_holidays() {
    let hours = hours(
        r#"{"week":[[{"from":"08:00","to":"12:00"},{"from":"13:00","to":"17:00"}],[{"from":"22:00","to":"02:00"}],[],[],[],[],[]],
            "holidays":[{"date":"2026-12-07","open":[]},{"date":"2026-12-09","open":[{"from":"10:00","to":"11:00"}]}]}"#,
    );
    for (closed_at, opens) in [
        ("2026-11-30 12:30", "2026-11-30 13:00"),
        ("2026-11-30 18:00", "2026-12-01 22:00"),
        ("2026-12-02 02:00", "2026-12-08 22:00"),
        ("2026-12-09 03:00", "2026-12-09 10:00"),
    ] {
        assert!(!hours.is_open(local(closed_at), ZONE), "{closed_at}");
        assert_eq!(hours.next_opening(local(closed_at), ZONE), Some(local(opens)), "{closed_at}");
    }
    assert_eq!(Hours::default().next_opening(local("2026-11-30 12:30"), ZONE), None);
}
