//! What is wrong with something a person typed, field by field.

use serde::Serialize;

/// One mistake in an input: which field, and a sentence that says what to do about it.
///
/// The same list is shown by the API (`errors:[{field,message}]`), by a page beside its field and by a command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Fault {
    /// Path of the field in the outer form's spelling, such as `vad.threshold`.
    pub field: String,
    /// What is wrong and what would be right.
    pub message: String,
}

impl Fault {
    /// A fault of `field`.
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into() }
    }
}

/// Turns the validator's report into the list every edge shows.
pub fn from_report(report: &garde::Report) -> Vec<Fault> {
    report.iter().map(|(path, error)| Fault::new(camel_case(&path.to_string()), error.to_string())).collect()
}

/// Field names are written in Rust's spelling; people and JSON see `camelCase`.
fn camel_case(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    let mut upper = false;
    for letter in path.chars() {
        if letter == '_' {
            upper = true;
        } else if upper {
            out.extend(letter.to_uppercase());
            upper = false;
        } else {
            out.push(letter);
        }
    }
    out
}
