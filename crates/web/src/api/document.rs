//! What the document says of every route, so that no handler has to.

use crate::problem::Problem;
use utoipa::PartialSchema as _;
use utoipa::ToSchema as _;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::{Content, OpenApi, Ref, RefOr};

/// RFC 9457.
const PROBLEM: &str = "application/problem+json";

/// Names each operation by its resource, as ids must be unique, and gives each refusal its body.
pub(super) fn finish(document: &mut OpenApi) {
    let schemas = &mut document.components.get_or_insert_default().schemas;
    let mut parts = vec![(Problem::name().into_owned(), Problem::schema())];
    Problem::schemas(&mut parts);
    schemas.extend(parts);
    for item in document.paths.paths.values_mut() {
        for operation in operations(item) {
            name(operation);
            tell_refusals(operation);
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, put, post, delete, patch, .. } = item;
    [get, put, post, delete, patch].into_iter().flatten()
}

/// `leads` and `add_note` make `leadsAddNote`.
fn name(operation: &mut Operation) {
    let tag = operation.tags.iter().flatten().next().cloned().unwrap_or_default();
    let Some(id) = &mut operation.operation_id else { return };
    let words: Vec<&str> = tag.split(['-', '_', ' ']).chain(id.split('_')).collect();
    let joined = words.iter().enumerate().map(|(place, word)| {
        let mut letters = word.chars();
        let first = letters.next().filter(|_| place > 0).map(|first| first.to_ascii_uppercase());
        first.map_or_else(|| (*word).to_owned(), |first| format!("{first}{}", letters.as_str()))
    });
    *id = joined.collect();
}

fn tell_refusals(operation: &mut Operation) {
    for (status, response) in &mut operation.responses.responses {
        if let RefOr::T(response) = response
            && status.starts_with('4')
            && response.content.is_empty()
        {
            let body = RefOr::Ref(Ref::from_schema_name(Problem::name()));
            response.content.insert(PROBLEM.to_owned(), RefOr::T(Content::new(Some(body))));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::document;
    use serde_json::Value;
    use std::collections::BTreeSet;

    #[test]
    fn operations_have_ids_of_their_own_and_refusals_have_bodies() {
        let document = serde_json::to_value(document()).unwrap();
        let mut ids = BTreeSet::new();
        let paths = document["paths"].as_object().unwrap();
        for operation in paths.values().flat_map(|item| item.as_object().unwrap().values()) {
            let id = operation["operationId"].as_str().unwrap();
            assert!(ids.insert(id.to_owned()), "{id} is there twice");
            for (status, response) in operation["responses"].as_object().unwrap() {
                let body = &response["content"]["application/problem+json"]["schema"]["$ref"];
                let expected =
                    if status.starts_with('4') { "#/components/schemas/Problem".into() } else { Value::Null };
                assert_eq!(body, &expected, "{id} {status}");
            }
        }
        assert!(ids.contains("leadsAddNote") && ids.contains("callsRead"), "{ids:?}");
        let fields = &document["components"]["schemas"]["Problem"]["properties"];
        assert!(
            fields["code"].is_object() && fields["errors"].is_object() && fields["retry_after"].is_null()
        );
        assert!(document["components"]["schemas"]["Fault"].is_object());
    }
}
