//! What the business's own settings answer: hours and address. Nothing else is known for sure without looking it up.

use super::phrasing::Tongue;
use crate::desk::Desk;
use crate::entities::{Entity, EntityKind};
use crate::words::Plain;
use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use studioconnect_domain::hours::Stretch;

/// When the business is open: on the day that is named, else now. None when no hours are set.
pub(super) fn hours(desk: &Desk<'_>, text: &str, entities: &[Entity], tongue: Tongue) -> Option<String> {
    let hours = &desk.business.hours;
    if !hours.are_set() {
        return None;
    }
    let named = entities.iter().find(|entity| entity.kind == EntityKind::Date);
    let named = named.and_then(|entity| entity.value.parse::<NaiveDate>().ok());
    if let Some(day) = named.filter(|day| *day != desk.today()) {
        return Some(on(desk, day, tongue));
    }
    let plain = Plain::of(text);
    let is_week = ["week", "semana", "hours", "horario", "days", "dias"]
        .iter()
        .any(|word| plain.as_str().contains(word));
    if is_week && !plain.as_str().contains("today") && !plain.as_str().contains("hoy") {
        return Some(week(desk, tongue));
    }
    Some(now(desk, tongue))
}

/// When it opens next, in words; none when it is open, or nobody knows.
pub(super) fn opens_again(desk: &Desk<'_>, tongue: Tongue) -> Option<String> {
    let zone = desk.business.zone();
    let at = desk.business.hours.next_opening(desk.now, zone)?.with_timezone(&zone);
    Some(tongue.on_at(&tongue.day(at.date_naive()), &clock(at.time())))
}

fn now(desk: &Desk<'_>, tongue: Tongue) -> String {
    if !desk.is_open() {
        return opens_again(desk, tongue)
            .map_or_else(|| tongue.closed_now_unknown(), |when| tongue.closed_now(&when));
    }
    let until = closes(desk, desk.now);
    until.map_or_else(|| on(desk, desk.today(), tongue), |until| tongue.open_now(&clock(until)))
}

/// The end of the stretch that is open now.
fn closes(desk: &Desk<'_>, now: DateTime<Utc>) -> Option<NaiveTime> {
    let local = now.with_timezone(&desk.business.zone());
    let (today, time) = (local.date_naive(), local.time());
    let stretch = desk
        .business
        .hours
        .on(today)
        .iter()
        .find(|stretch| time >= stretch.from && (time < stretch.to || stretch.to <= stretch.from))?;
    Some(stretch.to)
}

fn on(desk: &Desk<'_>, day: NaiveDate, tongue: Tongue) -> String {
    match desk.business.hours.on(day) {
        [] => tongue.closed_on(&tongue.day(day)),
        stretches => tongue.open_on(&tongue.day(day), &spoken(stretches, tongue)),
    }
}

/// The next seven days, as a holiday among them matters more than the rule.
fn week(desk: &Desk<'_>, tongue: Tongue) -> String {
    let days = (0..7).filter_map(|ahead| desk.today().checked_add_days(Days::new(ahead)));
    days.map(|day| on(desk, day, tongue)).collect::<Vec<_>>().join("\n")
}

fn spoken(stretches: &[Stretch], tongue: Tongue) -> String {
    let each = stretches.iter().map(|stretch| tongue.between(&clock(stretch.from), &clock(stretch.to)));
    each.reduce(|one, other| tongue.and(&one, &other)).unwrap_or_default()
}

fn clock(time: NaiveTime) -> String {
    time.format("%H:%M").to_string()
}
