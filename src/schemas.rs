//! Tests that `docs/schemas` has the schemas of the types. `UPDATE_SCHEMAS=1 cargo test --lib schemas` writes them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The schema of the configuration, which is read and never written.
const BY_HAND: &str = "config";

#[test]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
fn published_schemas_are_those_of_the_types() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schemas");
    let mut schemas = crate::cli::schemas();
    schemas.push(("baseline", crate::budget::schema()));
    for (name, schema) in &schemas {
        let path = folder.join(format!("{name}.schema.json"));
        let text = format!("{:#}\n", schema.as_value());
        if std::env::var_os("UPDATE_SCHEMAS").is_some() {
            fs::write(&path, &text).unwrap();
        }
        let published = fs::read_to_string(&path).unwrap_or_default();
        assert!(published == text, "{name}: UPDATE_SCHEMAS=1 cargo test --lib schemas updates the file");
    }
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let names = schemas.iter().map(|(name, _)| *name).chain([BY_HAND]).map(|name| format!("{name}.schema.json"));
    assert_eq!(files.collect::<BTreeSet<_>>(), names.collect());
}
