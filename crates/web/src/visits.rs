//! How often a business may have us visit addresses that it names: often enough to set something up, too seldom to look
//! around in other people's networks by us.

use crate::problem::Problem;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use studioconnect_domain::ids::BusinessId;

/// Visits at once.
const HOLDS: i32 = 20;
/// Until there is one more.
const EVERY: TimeDelta = TimeDelta::seconds(20);
/// Most businesses that are remembered; beyond it those that may visit as they like are forgotten.
const MOST: usize = 10_000;

/// Visits of each business, as the time at which all of them are there again.
#[derive(Debug, Default)]
pub struct Visits(Mutex<HashMap<BusinessId, DateTime<Utc>>>);

impl Visits {
    /// A business has an address visited.
    pub(crate) fn count(&self, business: BusinessId, now: DateTime<Utc>) -> Result<(), Problem> {
        let mut full_at = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if full_at.len() >= MOST {
            full_at.retain(|_, at| *at > now);
        }
        let before = full_at.get(&business).copied().unwrap_or(now).max(now);
        let wait = before + EVERY - now - EVERY * HOLDS;
        if wait > TimeDelta::zero() {
            return Err(Problem::visited_too_often(wait.num_seconds() + 1));
        }
        full_at.insert(business, before + EVERY);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_business_has_so_many_visits_and_gets_them_back_with_time() {
        let (visits, ours, theirs) = (Visits::default(), BusinessId::new(), BusinessId::new());
        let now = DateTime::UNIX_EPOCH;
        for visit in 0..HOLDS {
            assert!(visits.count(ours, now).is_ok(), "{visit}");
        }
        let refused = visits.count(ours, now).unwrap_err();
        assert_eq!((refused.status, refused.retry_after), (429, Some(21)));
        assert!(visits.count(theirs, now).is_ok());
        assert!(visits.count(ours, now + EVERY).is_ok());
        assert!(visits.count(ours, now + EVERY).is_err());
    }
}
