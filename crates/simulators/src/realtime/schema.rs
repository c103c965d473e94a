//! What a client may send, as tables, and the one function that holds an event against them.

mod beta;
mod event;
mod ga;
mod parts;
mod rest;
#[cfg(test)]
mod tests;

pub(super) use event::{check_event, session_path};
pub(super) use rest::{CHAT, EMBEDDINGS, SPEECH};

use serde_json::{Map, Value};

/// Why an event, or a part of it, is not taken: the `error` object of the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    /// `error.code` (protocol page, section 12).
    pub(super) code: &'static str,
    /// `error.param`: the path of the field at fault.
    pub(super) param: Option<String>,
    /// `error.message`.
    pub(super) message: String,
}

impl Refusal {
    pub(super) fn new(code: &'static str, param: &str, message: impl Into<String>) -> Self {
        let param = (!param.is_empty()).then(|| param.to_owned());
        Self { code, param, message: message.into() }
    }

    pub(super) fn invalid(param: &str, message: impl Into<String>) -> Self {
        Self::new("invalid_value", param, message)
    }

    fn unknown(param: &str) -> Self {
        Self::new("unknown_parameter", param, format!("Unknown parameter: '{param}'."))
    }

    fn missing(param: &str) -> Self {
        Self::new("missing_required_parameter", param, format!("Missing required parameter: '{param}'."))
    }
}

/// A field of an object.
pub(super) struct Field {
    name: &'static str,
    required: bool,
    shape: Shape,
}

/// A field that has to be there.
const fn must(name: &'static str, shape: Shape) -> Field {
    Field { name, required: true, shape }
}

/// A field that may be there.
const fn may(name: &'static str, shape: Shape) -> Field {
    Field { name, required: false, shape }
}

type Variant = (&'static str, &'static [Field]);

/// What a value has to look like.
pub(super) enum Shape {
    /// Any string.
    Text,
    /// One of these strings.
    OneOf(&'static [&'static str]),
    Bool,
    Null,
    /// A whole number within both ends.
    Integer(i64, i64),
    /// A number within both ends.
    Number(f64, f64),
    /// An object whose keys are the client's own business.
    Free,
    /// A list of one shape.
    List(&'static Self),
    /// A list that holds exactly one of these sets of strings.
    Sets(&'static [&'static [&'static str]]),
    /// An object of exactly these fields.
    Record(&'static [Field]),
    /// An object whose fields depend on the string in the first-named field.
    Tagged(&'static str, &'static [Variant]),
    /// The first of these shapes that has the value's JSON type.
    Either(&'static [Self]),
    /// Whatever this function says.
    Rule(fn(&Value, &str) -> Result<(), Refusal>),
}

impl Shape {
    /// Holds `value`, found at `path`, against this shape.
    pub(super) fn check(&self, value: &Value, path: &str) -> Result<(), Refusal> {
        match self {
            Self::List(of) => check_list(of, self.list_in(value, path)?, path),
            Self::Record(fields) => check_fields(fields, None, self.object_in(value, path)?, path),
            Self::Tagged(tag, variants) => check_tagged(tag, variants, self.object_in(value, path)?, path),
            Self::Either(shapes) => match shapes.iter().find(|shape| shape.has_type_of(value)) {
                Some(shape) => shape.check(value, path),
                None => Err(self.wrong_type(value, path)),
            },
            Self::Rule(rule) => rule(value, path),
            _ if !self.has_type_of(value) => Err(self.wrong_type(value, path)),
            _ => self.check_scalar(value, path),
        }
    }

    fn check_scalar(&self, value: &Value, path: &str) -> Result<(), Refusal> {
        match self {
            Self::OneOf(known) if value.as_str().is_none_or(|text| !known.contains(&text)) => {
                Err(unsupported(value, known, path))
            }
            Self::Integer(low, high) => match value.as_i64() {
                Some(number) if (*low..=*high).contains(&number) => Ok(()),
                _ => Err(Refusal::invalid(
                    path,
                    format!("Invalid '{path}': expected an integer from {low} to {high}, got {value}."),
                )),
            },
            Self::Number(low, high) => match value.as_f64() {
                Some(number) if (*low..=*high).contains(&number) => Ok(()),
                _ => Err(Refusal::invalid(
                    path,
                    format!("Invalid '{path}': expected a number from {low} to {high}, got {value}."),
                )),
            },
            Self::Sets(sets) => {
                let mut given: Vec<&str> =
                    value.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
                given.sort_unstable();
                let complete = value.as_array().is_some_and(|list| list.len() == given.len());
                if complete && sets.contains(&given.as_slice()) {
                    return Ok(());
                }
                Err(Refusal::invalid(path, format!("Invalid value for '{path}': {value}.")))
            }
            _ => Ok(()),
        }
    }

    fn has_type_of(&self, value: &Value) -> bool {
        match self {
            Self::Text | Self::OneOf(_) => value.is_string(),
            Self::Bool => value.is_boolean(),
            Self::Null => value.is_null(),
            Self::Integer(..) | Self::Number(..) => value.is_number(),
            Self::Free | Self::Record(_) | Self::Tagged(..) => value.is_object(),
            Self::List(_) | Self::Sets(_) => value.is_array(),
            Self::Either(shapes) => shapes.iter().any(|shape| shape.has_type_of(value)),
            Self::Rule(_) => true,
        }
    }

    fn wrong_type(&self, value: &Value, path: &str) -> Refusal {
        let wanted = match self {
            Self::Text | Self::OneOf(_) => "a string",
            Self::Bool => "a boolean",
            Self::Null => "null",
            Self::Integer(..) => "an integer",
            Self::Number(..) => "a number",
            Self::Free | Self::Record(_) | Self::Tagged(..) => "an object",
            Self::List(_) | Self::Sets(_) => "an array",
            Self::Either(_) | Self::Rule(_) => "another type",
        };
        Refusal::invalid(path, format!("Invalid type for '{path}': expected {wanted}, got {value}."))
    }

    fn list_in<'a>(&self, value: &'a Value, path: &str) -> Result<&'a [Value], Refusal> {
        value.as_array().map(Vec::as_slice).ok_or_else(|| self.wrong_type(value, path))
    }

    fn object_in<'a>(&self, value: &'a Value, path: &str) -> Result<&'a Map<String, Value>, Refusal> {
        value.as_object().ok_or_else(|| self.wrong_type(value, path))
    }
}

fn unsupported(value: &Value, known: &[&str], path: &str) -> Refusal {
    let supported: Vec<String> = known.iter().map(|name| format!("'{name}'")).collect();
    let supported = supported.join(", ");
    Refusal::invalid(path, format!("Invalid value: {value}. Supported values are: {supported}."))
}

fn check_list(of: &Shape, list: &[Value], path: &str) -> Result<(), Refusal> {
    for (at, value) in list.iter().enumerate() {
        of.check(value, &format!("{path}[{at}]"))?;
    }
    Ok(())
}

fn check_tagged(
    tag: &'static str,
    variants: &[Variant],
    object: &Map<String, Value>,
    path: &str,
) -> Result<(), Refusal> {
    let tag_path = below(path, tag);
    let value = object.get(tag).ok_or_else(|| Refusal::missing(&tag_path))?;
    let chosen = variants.iter().find(|(name, _)| value.as_str() == Some(name));
    let Some((_, fields)) = chosen else {
        let known: Vec<&str> = variants.iter().map(|(name, _)| *name).collect();
        return Err(unsupported(value, &known, &tag_path));
    };
    check_fields(fields, Some(tag), object, path)
}

/// Missing fields are named before unknown ones, as the real service does for `session.type`.
fn check_fields(
    fields: &[Field],
    tag: Option<&str>,
    object: &Map<String, Value>,
    path: &str,
) -> Result<(), Refusal> {
    if let Some(absent) = fields.iter().find(|field| field.required && !object.contains_key(field.name)) {
        return Err(Refusal::missing(&below(path, absent.name)));
    }
    let is_known = |key: &str| tag == Some(key) || fields.iter().any(|field| field.name == key);
    if let Some(key) = object.keys().find(|key| !is_known(key)) {
        return Err(Refusal::unknown(&below(path, key)));
    }
    for field in fields {
        if let Some(value) = object.get(field.name) {
            field.shape.check(value, &below(path, field.name))?;
        }
    }
    Ok(())
}

fn below(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}
