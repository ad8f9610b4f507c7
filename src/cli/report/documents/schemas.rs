//! The schemas of values, and of all documents.

use std::borrow::Cow;

use gpt_cost::catalog::Field;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

use super::{Day, Dollars, Name, Named, Rates, Versioned};

impl JsonSchema for Dollars {
    fn schema_name() -> Cow<'static, str> {
        "Dollars".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": "^-?[0-9]+(\\.[0-9]+)?$",
            "description": "An exact decimal amount in US dollars.",
        })
    }
}

impl JsonSchema for Day {
    fn schema_name() -> Cow<'static, str> {
        "Day".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "format": "date"})
    }
}

impl<T: Named> JsonSchema for Name<T> {
    fn schema_name() -> Cow<'static, str> {
        T::TITLE.into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"enum": T::VALUES.iter().map(|value| value.name()).collect::<Vec<_>>()})
    }
}

impl JsonSchema for Rates<'_> {
    fn schema_name() -> Cow<'static, str> {
        "Rates".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let dollars = generator.subschema_for::<Dollars>();
        let fields = Field::ALL.iter().map(|field| (field.as_str().to_owned(), dollars.clone().to_value()));
        json_schema!({
            "type": "object",
            "description": "The rates that a price row has, in US dollars.",
            "properties": fields.collect::<serde_json::Map<_, _>>(),
            "additionalProperties": false,
        })
    }
}

/// Returns each document's name and schema.
pub(in crate::cli) fn all() -> Vec<(&'static str, Schema)> {
    vec![
        document_schema::<super::actual::Document<'_>>("actual"),
        document_schema::<super::batch::Document<'_>>("batch"),
        document_schema::<super::check::Document<'_>>("check"),
        schema::<super::check::Line<'_>>("check-line"),
        document_schema::<super::count::Document<'_>>("count"),
        schema::<super::count::Line<'_>>("count-line"),
        document_schema::<super::diff::Document<'_>>("diff"),
        document_schema::<super::estimate::Document<'_>>("estimate"),
        schema::<super::estimate::Line<'_>>("estimate-line"),
        document_schema::<super::models::One<'_>>("model"),
        document_schema::<super::models::List<'_>>("models"),
        document_schema::<super::pricing::Document<'_>>("pricing"),
        document_schema::<super::pricing::Diff<'_>>("pricing-diff"),
        document_schema::<super::verify::Document<'_>>("verify"),
    ]
}

/// Returns the schema of a document with its `kind`, the tag that serde writes for a struct and schemars omits.
fn document_schema<T: JsonSchema>(kind: &'static str) -> (&'static str, Schema) {
    let (_, mut schema) = schema::<T>(kind);
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        properties.insert("kind".to_owned(), json!({"const": kind, "type": "string"}));
    }
    if let Some(Value::Array(required)) = schema.get_mut("required") {
        required.insert(1, json!("kind"));
    }
    (kind, schema)
}

fn schema<T: JsonSchema>(name: &'static str) -> (&'static str, Schema) {
    let generator = || SchemaSettings::draft2020_12().for_serialize().into_generator();
    let mut schema = generator().into_root_schema_for::<Versioned<T>>();
    let document = generator().into_root_schema_for::<T>();
    schema.insert("title".to_owned(), json!(format!("gpt-cost {name}")));
    schema.insert("description".to_owned(), document.get("description").cloned().unwrap_or_default());
    (name, schema)
}
