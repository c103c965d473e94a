//! A TypeScript client out of an OpenAPI document: a type for each schema, a method for each operation.
//!
//! It knows only what our document uses and fails on anything else, so that nothing becomes `unknown` unseen.

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Map, Value};
use std::fmt::Write as _;

/// What is the same for every document.
const CLASS: &str = r#"/** A refusal, with the server's own word on it. */
export class Refused extends Error {
  constructor(readonly status: number, readonly problem: Problem) {
    super(problem.title);
  }
}

export class Api {
  constructor(private readonly base: string, public token?: string) {}

  private async send(method: string, path: string, query: object, body?: unknown): Promise<Response> {
    const url = new URL(path, this.base);
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    const headers: Record<string, string> = {};
    if (this.token !== undefined) headers["Authorization"] = `Bearer ${this.token}`;
    // A form with a file says itself what it is.
    const isForm = body instanceof FormData;
    if (body !== undefined && !isForm) headers["Content-Type"] = "application/json";
    const sent = body === undefined ? undefined : isForm ? body : JSON.stringify(body);
    const response = await fetch(url, { method, headers, body: sent });
    if (!response.ok) throw new Refused(response.status, (await response.json()) as Problem);
    return response;
  }
"#;

/// Words that say nothing about a type.
const REMARKS: [&str; 10] = [
    "description",
    "default",
    "example",
    "format",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
];

/// The whole client.
pub fn client(document: &Value) -> Result<String> {
    let mut text = String::from("// Made from the server's OpenAPI document.\n\n");
    let schemas = document.pointer("/components/schemas").and_then(Value::as_object).context("no schemas")?;
    for (name, schema) in schemas {
        let shape = type_of(schema).with_context(|| format!("the schema {name}"))?;
        writeln!(text, "export type {name} = {shape};")?;
    }
    writeln!(text, "\n{CLASS}")?;
    let paths = document.get("paths").and_then(Value::as_object).context("no paths")?;
    for (path, item) in paths {
        for (verb, operation) in item.as_object().context("no operations")? {
            let method = method(path, verb, operation).with_context(|| format!("{verb} {path}"))?;
            writeln!(text, "{method}")?;
        }
    }
    text.push_str("}\n");
    Ok(text)
}

/// A schema as a type.
fn type_of(schema: &Value) -> Result<String> {
    let fields = schema.as_object().context("a schema is no object")?;
    if let Some(name) = fields.get("$ref").and_then(Value::as_str) {
        only(fields, &["$ref"])?;
        return name.strip_prefix("#/components/schemas/").map(str::to_owned).context("a foreign schema");
    }
    for (word, between) in [("allOf", " & "), ("oneOf", " | "), ("anyOf", " | ")] {
        if let Some(parts) = fields.get(word).and_then(Value::as_array) {
            only(fields, &[word])?;
            let parts: Vec<_> = parts.iter().map(type_of).collect::<Result<_>>()?;
            return Ok(format!("({})", parts.join(between)));
        }
    }
    if let Some(words) = fields.get("enum").and_then(Value::as_array) {
        only(fields, &["enum", "type"])?;
        let words: Vec<_> = words.iter().map(Value::to_string).collect();
        return Ok(format!("({})", words.join(" | ")));
    }
    match fields.get("type") {
        None => only(fields, &[]).map(|()| "unknown".to_owned()),
        Some(Value::String(kind)) => kind_of(kind, fields),
        Some(Value::Array(kinds)) => {
            let kinds = kinds.iter().map(|kind| kind_of(kind.as_str().unwrap_or_default(), fields));
            Ok(format!("({})", kinds.collect::<Result<Vec<_>>>()?.join(" | ")))
        }
        Some(other) => bail!("the type {other}"),
    }
}

fn kind_of(kind: &str, fields: &Map<String, Value>) -> Result<String> {
    Ok(match kind {
        "null" => "null".to_owned(),
        "string" | "boolean" => {
            only(fields, &["type"])?;
            kind.to_owned()
        }
        "integer" | "number" => {
            only(fields, &["type"])?;
            "number".to_owned()
        }
        "array" => {
            only(fields, &["type", "items"])?;
            format!("({})[]", type_of(fields.get("items").context("an array of what?")?)?)
        }
        "object" => {
            only(fields, &["type", "properties", "required", "additionalProperties"])?;
            object(fields)?
        }
        other => bail!("the type {other}"),
    })
}

fn object(fields: &Map<String, Value>) -> Result<String> {
    let Some(properties) = fields.get("properties").and_then(Value::as_object) else {
        let each = fields.get("additionalProperties").filter(|each| each.is_object());
        let each = each.map_or(Ok("unknown".to_owned()), type_of)?;
        return Ok(format!("Record<string, {each}>"));
    };
    let required = |name: &str| {
        let list = fields.get("required").and_then(Value::as_array);
        list.is_some_and(|list| list.iter().any(|known| known == name))
    };
    let mut text = String::from("{ ");
    for (name, schema) in properties {
        let mark = if required(name) { "" } else { "?" };
        let shape = type_of(schema).with_context(|| format!("the field {name}"))?;
        write!(text, "{}{mark}: {shape}; ", Value::from(name.as_str()))?;
    }
    Ok(text + "}")
}

/// Fails when a schema says something that is not looked at.
fn only(fields: &Map<String, Value>, known: &[&str]) -> Result<()> {
    let strange =
        fields.keys().find(|word| !known.contains(&word.as_str()) && !REMARKS.contains(&word.as_str()));
    ensure!(strange.is_none(), "what does {strange:?} mean beside {known:?}?");
    Ok(())
}

/// An operation as a method: parts of the path in order, then the body, then the query.
fn method(path: &str, verb: &str, operation: &Value) -> Result<String> {
    let name = operation.get("operationId").and_then(Value::as_str).context("no operationId")?;
    let (mut takes, mut query) = (Vec::new(), Vec::new());
    for parameter in operation.get("parameters").and_then(Value::as_array).into_iter().flatten() {
        let text = |field: &str| parameter.get(field).and_then(Value::as_str);
        let (name, place) = (text("name").context("no name")?, text("in").context("no place")?);
        let shape = type_of(parameter.get("schema").context("no schema")?)?;
        match place {
            "path" => takes.push(format!("{name}: {shape}")),
            "query" => query.push(format!("{name}?: {shape}")),
            other => bail!("a parameter in the {other}"),
        }
    }
    let body = operation.pointer("/requestBody/content/application~1json/schema");
    let is_form = operation.pointer("/requestBody/content/multipart~1form-data").is_some();
    let is_known = body.is_some() || is_form || operation.get("requestBody").is_none();
    ensure!(is_known, "a body that is neither JSON nor a form");
    if let Some(schema) = body {
        takes.push(format!("body: {}", type_of(schema)?));
    } else if is_form {
        takes.push("body: FormData".to_owned());
    }
    if !query.is_empty() {
        takes.push(format!("query: {{ {} }} = {{}}", query.join("; ")));
    }
    let (shape, read) = answer(operation)?;
    let place = path.replace('{', "${encodeURIComponent(").replace('}', ")}");
    let given = if query.is_empty() { "{}" } else { "query" };
    let sent = if body.is_some() || is_form { ", body" } else { "" };
    let send = format!("await this.send(\"{}\", `{place}`, {given}{sent})", verb.to_uppercase());
    Ok(format!(
        "  async {name}({}): Promise<{shape}> {{\n    {}\n  }}\n",
        takes.join(", "),
        read.replace("SENT", &send)
    ))
}

/// What an operation promises, and how that is read.
fn answer(operation: &Value) -> Result<(String, String)> {
    let responses = operation.get("responses").and_then(Value::as_object).context("no responses")?;
    let (_, good) = responses.iter().find(|(status, _)| status.starts_with('2')).context("no good answer")?;
    let Some(content) = good.get("content").and_then(Value::as_object) else {
        return Ok(("void".to_owned(), "SENT;".to_owned()));
    };
    let (kind, media) = content.iter().next().context("content of no kind")?;
    if kind.starts_with("audio/") {
        return Ok(("Blob".to_owned(), "return (SENT).blob();".to_owned()));
    }
    if kind == "text/event-stream" {
        // Read as it comes, by whoever asked.
        return Ok(("Response".to_owned(), "return SENT;".to_owned()));
    }
    let shape = type_of(media.get("schema").context("no schema")?)?;
    let read = match kind.as_str() {
        "application/json" => format!("return (await (SENT).json()) as {shape};"),
        "text/csv" => "return (SENT).text();".to_owned(),
        other => bail!("an answer of the kind {other}"),
    };
    Ok((shape, read))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn schemas_become_types_and_what_is_not_understood_is_refused() {
        let table = [
            (json!({"$ref": "#/components/schemas/Lead", "description": "x"}), "Lead"),
            (json!({"type": ["string", "null"], "format": "date-time"}), "(string | null)"),
            (json!({"oneOf": [{"$ref": "#/components/schemas/A"}, {"type": "null"}]}), "(A | null)"),
            (json!({"type": "string", "enum": ["NEW", "WON"]}), "(\"NEW\" | \"WON\")"),
            (json!({"type": "array", "items": {"type": "integer"}}), "(number)[]"),
            (
                json!({"type": "object", "required": ["a"], "properties": {"a": {"type": "boolean"}, "b": {}}}),
                "{ \"a\": boolean; \"b\"?: unknown; }",
            ),
            (json!({"type": "object", "additionalProperties": {"type": "number"}}), "Record<string, number>"),
        ];
        for (schema, expected) in table {
            assert_eq!(type_of(&schema).unwrap(), expected, "{schema}");
        }
        for strange in [
            json!({"type": "string", "contentEncoding": "base64"}),
            json!({"not": {}}),
            json!({"$ref": "other.json"}),
            json!({"type": "file"}),
        ] {
            assert!(type_of(&strange).is_err(), "{strange}");
        }
    }
}
