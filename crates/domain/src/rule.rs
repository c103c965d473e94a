//! What may stand in a field that a person fills in. One description serves three: the validator runs its checks, a page
//! makes attributes of it, and the page's script runs the same checks with the same sentences (`rules.js` of the pages).

use regex::Regex;
use serde::Serialize;
use serde_json::Value;
use std::sync::OnceLock;

/// One thing that is looked at, and what is said when it is not so.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Check {
    /// What is looked at.
    #[serde(flatten)]
    pub test: Test,
    /// What is wrong, and what would be right.
    pub says: String,
}

/// What is looked at. The names are those of the tests in the pages' script.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(tag = "test", rename_all = "camelCase")]
pub enum Test {
    /// At least so many characters.
    Least {
        /// How many.
        bound: usize,
    },
    /// At most so many characters.
    Most {
        /// How many.
        bound: usize,
    },
    /// No line breaks and no signs that nobody sees.
    OneLine,
    /// The whole text is like a pattern.
    Shape {
        /// In what Rust's and the browsers' regular expressions have in common.
        pattern: &'static str,
    },
    /// A number within bounds.
    Range {
        /// The least.
        least: f64,
        /// The most.
        most: f64,
        /// Without a fraction.
        whole: bool,
        /// One more number that is right.
        besides: Option<f64>,
    },
    /// One of those that the page offers; the server knows the same ones.
    Listed,
}

/// A pattern that a whole text must be like, and the sentence for one that is not.
#[derive(Debug)]
pub struct Shape {
    pattern: &'static str,
    says: &'static str,
    regex: OnceLock<Option<Regex>>,
}

impl Shape {
    /// A shape. The pattern is read as it stands by Rust and by browsers.
    pub const fn new(pattern: &'static str, says: &'static str) -> Self {
        Self { pattern, says, regex: OnceLock::new() }
    }

    /// Whether a text is like it. A pattern that cannot be read fits nothing.
    pub fn fits(&self, text: &str) -> bool {
        let regex = self.regex.get_or_init(|| Regex::new(&format!("^(?:{})$", self.pattern)).ok());
        regex.as_ref().is_some_and(|regex| regex.is_match(text))
    }
}

/// A text. Blanks around it are nothing that was written, but in a secret.
#[derive(Clone, Copy, Debug)]
pub struct Text {
    least: usize,
    most: usize,
    called: &'static str,
    is_one_line: bool,
    is_optional: bool,
    is_secret: bool,
    is_listed: Option<&'static str>,
    shape: Option<&'static Shape>,
}

impl Text {
    /// A text of so many characters.
    pub const fn of(least: usize, most: usize) -> Self {
        Self {
            least,
            most,
            called: "something,",
            is_one_line: false,
            is_optional: false,
            is_secret: false,
            is_listed: None,
            shape: None,
        }
    }

    /// What it is: `a note`.
    #[must_use]
    pub const fn called(self, name: &'static str) -> Self {
        Self { called: name, ..self }
    }

    /// It stands in a subject, a table or a prompt.
    #[must_use]
    pub const fn on_one_line(self) -> Self {
        Self { is_one_line: true, ..self }
    }

    /// It looks like this.
    #[must_use]
    pub const fn shaped(self, shape: &'static Shape) -> Self {
        Self { shape: Some(shape), ..self }
    }

    /// It may be left out.
    #[must_use]
    pub const fn or_nothing(self) -> Self {
        Self { is_optional: true, ..self }
    }

    /// It is one of a list that is too long to write down here: who uses the rule looks it up, and says this.
    #[must_use]
    pub const fn listed(self, says: &'static str) -> Self {
        Self { is_listed: Some(says), ..self }
    }

    /// A password: a blank is a character of it like any other.
    #[must_use]
    pub const fn secret(self) -> Self {
        Self { is_secret: true, ..self }
    }

    /// Fewest characters.
    pub const fn least(&self) -> usize {
        self.least
    }

    /// Most characters.
    pub const fn most(&self) -> usize {
        self.most
    }

    /// Whether something has to be there.
    pub const fn is_required(&self) -> bool {
        self.least > 0
    }

    /// The pattern, for a page without script.
    pub fn pattern(&self) -> Option<&'static str> {
        self.shape.map(|shape| shape.pattern)
    }

    /// What is said of a text that is not like the pattern.
    pub fn shape_says(&self) -> &'static str {
        self.shape.map_or("", |shape| shape.says)
    }

    /// What is looked at, in this order.
    pub fn checks(&self) -> Vec<Check> {
        let (least, most, called) = (self.least, self.most, self.called);
        let mut checks = Vec::new();
        let mut check = |test, says: String| checks.push(Check { test, says });
        if self.is_secret {
            check(Test::Least { bound: least }, format!("the password needs at least {least} characters"));
            check(Test::Most { bound: most }, format!("the password may have at most {most} characters"));
            return checks;
        }
        if let Some(says) = self.is_listed {
            check(Test::Listed, says.to_owned());
            return checks;
        }
        if let Some(shape) = self.shape {
            check(Test::Shape { pattern: shape.pattern }, shape.says.to_owned());
        }
        if self.is_required() && self.shape.is_none() {
            check(Test::Least { bound: least }, format!("write {called} of at most {most} characters"));
            check(Test::Most { bound: most }, format!("write {called} of at most {most} characters"));
        } else {
            check(Test::Most { bound: most }, format!("write at most {most} characters"));
        }
        if self.is_one_line {
            check(Test::OneLine, "must stand on one line".to_owned());
        }
        checks
    }

    /// What is wrong with a text; none when nothing is.
    pub fn fault(&self, text: &str) -> Option<String> {
        let inner = if self.is_secret { text } else { text.trim() };
        if self.is_optional && inner.is_empty() {
            return None;
        }
        // What is stored as it was given is counted with its blanks.
        let holds = |test: &Test| match test {
            Test::Least { bound } => inner.chars().count() >= *bound,
            Test::Most { bound } => text.chars().count() <= *bound,
            Test::OneLine => !text.chars().any(char::is_control),
            Test::Shape { .. } => self.shape.is_some_and(|shape| shape.fits(inner)),
            Test::Range { .. } | Test::Listed => true,
        };
        self.checks().into_iter().find(|check| !holds(&check.test)).map(|check| check.says)
    }

    /// The checks as the page's script reads them.
    pub fn as_json(&self) -> String {
        serde_json::json!({"optional": self.is_optional, "checks": self.checks()}).to_string()
    }
}

/// A number.
#[derive(Clone, Copy, Debug)]
pub struct Number {
    least: f64,
    most: f64,
    is_whole: bool,
    besides: Option<(f64, &'static str)>,
}

impl Number {
    /// A number without a fraction.
    pub const fn whole(least: u32, most: u32) -> Self {
        Self { least: least as f64, most: most as f64, is_whole: true, besides: None }
    }

    /// A number with or without a fraction.
    pub const fn any(least: f64, most: f64) -> Self {
        Self { least, most, is_whole: false, besides: None }
    }

    /// One more number is right, and this is said of all that are not.
    #[must_use]
    pub const fn or(self, number: f64, says: &'static str) -> Self {
        Self { besides: Some((number, says)), ..self }
    }

    /// The least there is, for a page without script.
    pub fn least(&self) -> f64 {
        self.besides.map_or(self.least, |(number, _)| number.min(self.least))
    }

    /// The most.
    pub const fn most(&self) -> f64 {
        self.most
    }

    /// The step between numbers, as browsers take it.
    pub const fn step(&self) -> &'static str {
        if self.is_whole { "1" } else { "any" }
    }

    fn check(&self) -> Check {
        let (least, most) = (self.least, self.most);
        let kind = if self.is_whole { "a whole number" } else { "a number" };
        let says = match self.besides {
            Some((_, says)) => says.to_owned(),
            None => format!("must be {kind} from {least} to {most}"),
        };
        let besides = self.besides.map(|(number, _)| number);
        Check { test: Test::Range { least, most, whole: self.is_whole, besides }, says }
    }

    /// What is wrong with a number; none when nothing is.
    pub fn fault(&self, number: f64) -> Option<String> {
        let is_within =
            (self.least..=self.most).contains(&number) && !(self.is_whole && number.fract() != 0.0);
        let is_besides = self.besides.is_some_and(|(other, _)| (other..=other).contains(&number));
        if is_within || is_besides { None } else { Some(self.check().says) }
    }

    /// The same of something that may be no number at all.
    pub fn fault_of(&self, value: &Value) -> Option<String> {
        let is_kind = if self.is_whole { value.is_u64() || value.is_i64() } else { value.is_number() };
        value
            .as_f64()
            .filter(|_| is_kind)
            .map_or_else(|| Some(self.check().says), |number| self.fault(number))
    }

    /// The check as the page's script reads it.
    pub fn as_json(&self) -> String {
        serde_json::json!({"optional": false, "checks": [self.check()]}).to_string()
    }
}

/// The validator's view of a rule for a text.
pub(crate) fn text(rule: &Text) -> impl Fn(&str, &()) -> garde::Result + '_ {
    move |text, ()| rule.fault(text).map_or(Ok(()), |says| Err(garde::Error::new(says)))
}

/// The validator's view of a rule for a number.
pub(crate) fn number<T: Copy + Into<f64>>(rule: &Number) -> impl Fn(&T, &()) -> garde::Result + '_ {
    move |value, ()| rule.fault((*value).into()).map_or(Ok(()), |says| Err(garde::Error::new(says)))
}

/// A mail address. Blanks in it are taken out, as people who spell one leave some.
pub static EMAIL: Text = Text::of(1, 254).shaped(&MAIL_ADDRESS);
/// The same where there may be none.
pub static EMAIL_OR_NONE: Text = Text::of(0, 254).shaped(&MAIL_ADDRESS).or_nothing();

static MAIL_ADDRESS: Shape = Shape::new(
    r"(?:[\p{Alphabetic}\p{N}!#$%&'*+\/=?^_`\{\|\}~.\-] *)+@ *(?:[\p{Alphabetic}\p{N}\-] *)+(?:\. *(?:[\p{Alphabetic}\p{N}\-] *)+)+",
    "this is not a mail address; it looks like name@example.com",
);

#[cfg(test)]
mod tests;
