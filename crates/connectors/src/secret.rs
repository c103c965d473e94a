//! A value that must not be printed.

use std::fmt;
use std::sync::Arc;

use subtle::ConstantTimeEq;

/// A token, key or password. `Debug` hides it, there is no `Display`, and a clone is cheap, so it
/// can stand in configuration that is logged as a whole.
#[derive(Clone)]
pub struct Secret(Arc<str>);

impl Secret {
    /// Wraps a value. Nothing is trimmed: a blank at the end of a token is a mistake to be shown by
    /// whoever reads the configuration.
    pub fn new(value: impl Into<Arc<str>>) -> Self {
        Self(value.into())
    }

    /// The value itself, for the one place that sends or hashes it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether there is nothing to keep secret: an empty key must never sign or admit anything.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Compares in a time that does not depend on where the two differ (it does on the length).
    pub fn matches(&self, given: &str) -> bool {
        self.0.as_bytes().ct_eq(given.as_bytes()).into()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_empty() { "Secret(empty)" } else { "Secret(hidden)" })
    }
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn debug_shows_nothing_of_the_value() {
        let token = Secret::new("sk-very-private");
        let shown = format!("{:?} {:#?}", token, Some(&token));
        assert!(!shown.contains("private") && shown.contains("hidden"), "{shown}");
        assert_eq!(format!("{:?}", Secret::new("")), "Secret(empty)");
    }

    #[test]
    fn only_the_same_value_matches() {
        let token = Secret::new("abc");
        assert!(token.matches("abc"));
        for wrong in ["", "ab", "abd", "abcd", "ABC"] {
            assert!(!token.matches(wrong), "{wrong}");
        }
    }
}
