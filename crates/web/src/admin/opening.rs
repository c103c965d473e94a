//! Opening hours as people write them: `08:00-12:00, 13:00-17:00`, and a line for each day that differs.

use chrono::{NaiveDate, NaiveTime};
use studioconnect_domain::Fault;
use studioconnect_domain::hours::{Holiday, Hours, Stretch};
use studioconnect_domain::rule::{Shape, Text};

/// Hours of a day as they are written.
pub(crate) static DAY: Text = Text::of(0, 200).shaped(&STRETCHES).or_nothing();

static STRETCHES: Shape = Shape::new(
    concat!(
        "[Cc][Ll][Oo][Ss][Ee][Dd]|",
        "(?:(?:[01]?[0-9]|2[0-3])(?::[0-5]?[0-9])?|24(?::00?)?) *[\\-–—] *",
        "(?:(?:[01]?[0-9]|2[0-3])(?::[0-5]?[0-9])?|24(?::00?)?)",
        "(?: *, *(?:(?:[01]?[0-9]|2[0-3])(?::[0-5]?[0-9])?|24(?::00?)?) *[\\-–—] *",
        "(?:(?:[01]?[0-9]|2[0-3])(?::[0-5]?[0-9])?|24(?::00?)?))*"
    ),
    "write it like 08:00-12:00, 13:00-17:00, or leave it empty for closed",
);

/// Names of the days, Monday first.
pub(crate) const DAYS: [&str; 7] =
    ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// One day's hours; empty is closed.
pub(crate) fn day_text(stretches: &[Stretch]) -> String {
    let shown =
        |stretch: &Stretch| format!("{}-{}", stretch.from.format("%H:%M"), stretch.to.format("%H:%M"));
    stretches.iter().map(shown).collect::<Vec<_>>().join(", ")
}

/// All days that differ, a line each: date, hours or `closed`, name.
pub(crate) fn holidays_text(hours: &Hours) -> String {
    let line = |holiday: &Holiday| {
        let open = if holiday.open.is_empty() {
            "closed".to_owned()
        } else {
            day_text(&holiday.open).replace(", ", ",")
        };
        format!("{} {open} {}", holiday.date, holiday.name).trim_end().to_owned()
    };
    hours.holidays.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// All of it in one line; empty when nothing is said about hours.
pub(crate) fn in_words(hours: &Hours) -> String {
    let days = DAYS.iter().zip(&hours.week).filter(|(_, open)| !open.is_empty());
    let days = days.map(|(name, open)| format!("{name} {}", day_text(open)));
    let others = holidays_text(hours);
    let others = others.lines().map(str::to_owned);
    days.chain(others).collect::<Vec<_>>().join("; ")
}

/// Reads what was typed: seven days, and the lines of days that differ.
pub(crate) fn read<'a>(days: impl IntoIterator<Item = &'a str>, holidays: &str) -> Result<Hours, Vec<Fault>> {
    let (mut hours, mut faults) = (Hours::default(), Vec::new());
    for (place, (text, into)) in days.into_iter().zip(&mut hours.week).enumerate() {
        match stretches(text) {
            Some(read) => *into = read,
            None => faults.push(Fault::new(
                format!("hours.week[{place}]"),
                DAY.fault(text).unwrap_or_else(|| DAY.shape_says().to_owned()),
            )),
        }
    }
    for (place, line) in holidays.lines().map(str::trim).filter(|line| !line.is_empty()).enumerate() {
        match holiday(line) {
            Some(read) => hours.holidays.push(read),
            None => faults.push(Fault::new(
                format!("hours.holidays[{place}]"),
                format!("{line:?} is not understood; write it like 2026-12-25 closed Christmas"),
            )),
        }
    }
    if faults.is_empty() {
        faults = hours.faults();
    }
    if faults.is_empty() { Ok(hours) } else { Err(faults) }
}

fn stretches(text: &str) -> Option<Vec<Stretch>> {
    let text = text.trim();
    if DAY.fault(text).is_some() {
        return None;
    }
    if text.is_empty() || text.eq_ignore_ascii_case("closed") {
        return Some(Vec::new());
    }
    text.split(',').map(stretch).collect()
}

fn stretch(text: &str) -> Option<Stretch> {
    let (from, to) = text.split_once(['-', '–', '—'])?;
    Some(Stretch { from: time(from)?, to: time(to)? })
}

/// `8`, `8:30` and `08:30`; midnight at the end of a day may be written 24:00.
fn time(text: &str) -> Option<NaiveTime> {
    let (hour, minute) = text.trim().split_once(':').unwrap_or((text.trim(), "0"));
    let (hour, minute): (u32, u32) = (hour.trim().parse().ok()?, minute.trim().parse().ok()?);
    NaiveTime::from_hms_opt(if hour == 24 && minute == 0 { 0 } else { hour }, minute, 0)
}

fn holiday(line: &str) -> Option<Holiday> {
    let mut words = line.splitn(3, char::is_whitespace);
    let date: NaiveDate = words.next()?.parse().ok()?;
    let open = stretches(words.next()?)?;
    Some(Holiday { date, open, name: words.next().unwrap_or_default().trim().to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    const WEEK: [&str; 7] =
        ["8-12, 13:00–17:00", "08:00-24:00", "closed", "", "22:00-02:00", " ", "9:05-9:10"];

    #[test]
    fn what_people_write_is_read_and_shown_in_one_form() {
        let lines = "2026-12-24 08:00-10:00,11-12 Christmas Eve\n\n2026-12-25 closed";
        let hours = read(WEEK, lines).unwrap();
        assert_eq!(day_text(&hours.week[0]), "08:00-12:00, 13:00-17:00");
        assert_eq!(day_text(&hours.week[1]), "08:00-00:00");
        assert_eq!((hours.week[2].len(), hours.week[3].len()), (0, 0));
        assert_eq!(
            holidays_text(&hours),
            "2026-12-24 08:00-10:00,11:00-12:00 Christmas Eve\n2026-12-25 closed"
        );
        let again = read(
            hours.week.iter().map(|day| day_text(day)).collect::<Vec<_>>().iter().map(String::as_str),
            &holidays_text(&hours),
        );
        assert_eq!(again.unwrap(), hours);
    }

    #[test]
    fn each_line_that_is_not_understood_is_named() {
        let mut week = WEEK;
        week[2] = "from nine to five";
        week[4] = "25:00-26:00";
        let faults = read(week, "tomorrow closed\n2026-12-25").unwrap_err();
        let fields: Vec<_> = faults.iter().map(|fault| fault.field.as_str()).collect();
        assert_eq!(fields, ["hours.week[2]", "hours.week[4]", "hours.holidays[0]", "hours.holidays[1]"]);
    }
}
