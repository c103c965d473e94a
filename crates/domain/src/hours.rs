//! When a business is open: a week that repeats, and the days that differ.

use crate::fault::Fault;
use chrono::{DateTime, Datelike as _, Days, NaiveDate, NaiveTime, TimeDelta, TimeZone as _, Utc, Weekday};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Most stretches of one day; a lunch break makes two.
const STRETCHES: usize = 4;
/// Most days that differ.
const HOLIDAYS: usize = 100;

/// Days that are looked through for the next opening.
const AHEAD: u64 = 60;

/// One stretch of opening, in local time. One that ends at or before its beginning runs past midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Stretch {
    /// First minute.
    #[serde(with = "clock_time")]
    #[schema(value_type = String, example = "08:30")]
    pub from: NaiveTime,
    /// The minute after the last.
    #[serde(with = "clock_time")]
    #[schema(value_type = String, example = "17:00")]
    pub to: NaiveTime,
}

/// A day that differs from its weekday.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Holiday {
    /// Which day.
    pub date: NaiveDate,
    /// What it is called.
    #[serde(default)]
    pub name: String,
    /// When it is open all the same; empty is closed.
    #[serde(default)]
    pub open: Vec<Stretch>,
}

/// A business's hours. An empty week says nothing about hours: then the business counts as always open.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Hours {
    /// Monday first.
    #[schema(value_type = Vec<Vec<Stretch>>)]
    pub week: [Vec<Stretch>; 7],
    /// Days that differ.
    pub holidays: Vec<Holiday>,
}

impl Stretch {
    fn runs_past_midnight(self) -> bool {
        self.to <= self.from
    }

    /// Whether it is open at a time of its own day.
    fn covers(self, time: NaiveTime) -> bool {
        time >= self.from && (self.runs_past_midnight() || time < self.to)
    }

    /// Whether it is still open at a time of the day after.
    fn reaches_into(self, time: NaiveTime) -> bool {
        self.runs_past_midnight() && time < self.to
    }
}

impl Hours {
    /// Whether anything is known about hours.
    pub fn are_set(&self) -> bool {
        self.week.iter().any(|day| !day.is_empty())
    }

    /// The stretches of one day.
    pub fn on(&self, date: NaiveDate) -> &[Stretch] {
        match self.holidays.iter().find(|holiday| holiday.date == date) {
            Some(holiday) => &holiday.open,
            None => self.of_weekday(date.weekday()),
        }
    }

    fn of_weekday(&self, day: Weekday) -> &[Stretch] {
        self.week.get(day.num_days_from_monday() as usize).map_or(&[], Vec::as_slice)
    }

    /// Whether the business is open at a moment, by its own clock.
    pub fn is_open(&self, at: DateTime<Utc>, zone: Tz) -> bool {
        if !self.are_set() {
            return true;
        }
        let local = at.with_timezone(&zone);
        let (today, time) = (local.date_naive(), local.time());
        let yesterday = today.pred_opt().map_or(&[][..], |day| self.on(day));
        self.on(today).iter().any(|stretch| stretch.covers(time))
            || yesterday.iter().any(|stretch| stretch.reaches_into(time))
    }

    /// When it opens next, after a moment at which it is closed; none while it is open, and when it does not open within two
    /// months.
    pub fn next_opening(&self, at: DateTime<Utc>, zone: Tz) -> Option<DateTime<Utc>> {
        if self.is_open(at, zone) {
            return None;
        }
        let today = at.with_timezone(&zone).date_naive();
        let days = (0..AHEAD).filter_map(|ahead| today.checked_add_days(Days::new(ahead)));
        days.flat_map(|day| self.on(day).iter().map(move |stretch| day.and_time(stretch.from)))
            // What opens in the hour that the clocks skip opens when it is over.
            .filter_map(|local| {
                let skipped = || zone.from_local_datetime(&(local + TimeDelta::hours(1))).earliest();
                zone.from_local_datetime(&local).earliest().or_else(skipped)
            })
            .map(|moment| moment.with_timezone(&Utc))
            .filter(|moment| *moment > at)
            .min()
    }

    /// Every mistake, by field.
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        for (day, stretches) in self.week.iter().enumerate() {
            check(&format!("hours.week[{day}]"), stretches, &mut faults);
        }
        if self.holidays.len() > HOLIDAYS {
            faults.push(Fault::new("hours.holidays", format!("at most {HOLIDAYS} days can differ")));
            return faults;
        }
        for (place, holiday) in self.holidays.iter().enumerate() {
            let field = format!("hours.holidays[{place}]");
            check(&field, &holiday.open, &mut faults);
            if holiday.name.chars().count() > 80 {
                faults.push(Fault::new(format!("{field}.name"), "write at most 80 characters"));
            }
            if self.holidays.iter().take(place).any(|earlier| earlier.date == holiday.date) {
                faults.push(Fault::new(format!("{field}.date"), "this day is in the list already"));
            }
        }
        faults
    }
}

fn check(field: &str, stretches: &[Stretch], faults: &mut Vec<Fault>) {
    if stretches.len() > STRETCHES {
        faults.push(Fault::new(field, format!("at most {STRETCHES} stretches a day")));
    }
    let overlaps = stretches.windows(2).any(|pair| match pair {
        [earlier, later] => earlier.runs_past_midnight() || later.from < earlier.to,
        _ => false,
    });
    if overlaps {
        faults.push(Fault::new(field, "the stretches must follow each other and not overlap"));
    }
}

/// Times as people and forms write them: `08:30`.
pub(crate) mod clock_time {
    use chrono::NaiveTime;
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    const FORM: &str = "%H:%M";

    pub(crate) fn serialize<S: Serializer>(time: &NaiveTime, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&time.format(FORM))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<NaiveTime, D::Error> {
        let text = String::deserialize(deserializer)?;
        NaiveTime::parse_from_str(&text, FORM)
            .map_err(|_| D::Error::custom(format!("{text:?} is not a time; write it like 08:30")))
    }
}

#[cfg(test)]
mod tests;
