//! Names that are nearly ours: a variable that is silently not read is the hardest mistake to find.

use super::variables::{OTHERS, VARIABLES};
use studioconnect_domain::Fault;

/// Letters that may differ in a slip.
const SLIP: usize = 2;
/// Shorter names are too alike to be judged.
const SHORTEST: usize = 8;

/// A fault for each name that is close to one of ours and is none.
pub(super) fn faults<'a>(names: impl Iterator<Item = &'a str>) -> Vec<Fault> {
    names.filter_map(slip).collect()
}

fn slip(name: &str) -> Option<Fault> {
    let is_known = VARIABLES.iter().any(|variable| variable.name == name) || OTHERS.contains(&name);
    if is_known || name.len() < SHORTEST {
        return None;
    }
    let upper = name.to_ascii_uppercase();
    let meant = VARIABLES.iter().find(|variable| {
        variable.name.len() >= SHORTEST && strsim::damerau_levenshtein(&upper, variable.name) <= SLIP
    })?;
    Some(Fault::new(name, format!("there is no such variable; {} was probably meant", meant.name)))
}
