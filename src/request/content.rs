//! The reader of the content of messages and results: text, or parts of several kinds.

use super::conversation::add_text;
use super::notes::{Notes, kind, missing};
use super::{Audio, Detail, File, Image, Part, file, image};
use crate::error::Result;
use crate::json::{Path, Value, unique};

/// The fields of a part that cost nothing.
const FREE_FIELDS: &[&str] = &["annotations", "logprobs", "prompt_cache_breakpoint"];

/// Reads a message's content: a string, null, or an array of parts. Adjacent texts are joined, as the model reads them.
pub(super) fn read(value: Value<'_>, path: &Path<'_>, notes: &mut Notes) -> Result<Vec<Part>> {
    let values = match value {
        Value::Null => return Ok(Vec::new()),
        Value::String(text) => return Ok(vec![Part::Text(text.into_owned())]),
        Value::Array(values) => values,
        other => return Err(path.expected("a string, null or an array of parts", &other)),
    };
    let mut parts = Vec::new();
    for (index, value) in values.into_iter().enumerate() {
        match part(value, &path.index(index), notes)? {
            Part::Text(text) => add_text(&mut parts, text),
            part => parts.push(part),
        }
    }
    Ok(parts)
}

fn part(value: Value<'_>, path: &Path<'_>, notes: &mut Notes) -> Result<Part> {
    let value = match value {
        Value::String(text) => return Ok(Part::Text(text.into_owned())),
        Value::Object(fields) => Value::Object(unique(fields, path)?),
        other => return Err(path.expected("a part, such as {\"type\": \"text\", \"text\": \"…\"}", &other)),
    };
    let Some(kind) = kind(&value, path)? else { return Err(missing("type", path)) };
    match kind {
        "text" | "input_text" | "output_text" => text(&value, "text", path, notes),
        "refusal" => text(&value, "refusal", path, notes),
        "image_url" | "input_image" => Ok(Part::Image(read_image(&value, path, notes)?)),
        "input_audio" => Ok(Part::Audio(read_audio(&value, path))),
        "file" => Ok(Part::File(read_file(value.get("file").unwrap_or(&value), path))),
        "input_file" => Ok(Part::File(read_file(&value, path))),
        _ => {
            notes.uncounted(path, "a part of unknown type");
            Ok(Part::Uncounted)
        }
    }
}

fn text(value: &Value<'_>, field: &str, path: &Path<'_>, notes: &mut Notes) -> Result<Part> {
    let Value::Object(fields) = value else { return Ok(Part::Uncounted) };
    for (key, value) in fields {
        if key != "type" && key != field && !FREE_FIELDS.contains(&key.as_ref()) {
            notes.other_field(&[], value, &path.key(key));
        }
    }
    match value.get(field) {
        Some(Value::String(text)) => Ok(Part::Text(text.clone().into_owned())),
        Some(other) => Err(path.key(field).expected("a string", other)),
        None => Err(missing(field, path)),
    }
}

/// Reads an image: `image_url` is the URL, or an object with `url` and `detail`.
fn read_image(value: &Value<'_>, path: &Path<'_>, notes: &mut Notes) -> Result<Image> {
    let (url, detail) = match value.get("image_url") {
        Some(Value::String(url)) => (Some(url.as_ref()), value.get("detail")),
        Some(object @ Value::Object(_)) => match object.get("url") {
            Some(Value::String(url)) => (Some(url.as_ref()), object.get("detail")),
            _ => return Err(missing("url", &path.key("image_url"))),
        },
        None | Some(Value::Null) if value.get("file_id").is_some() => (None, value.get("detail")),
        None => return Err(missing("image_url", path)),
        Some(other) => return Err(path.key("image_url").expected("a URL, or an object with `url`", other)),
    };
    let detail = detail.and_then(Value::as_str).and_then(|name| name.parse().ok()).unwrap_or(Detail::Auto);
    let size = url.and_then(image::size_of_data_url);
    if size.is_none() && url.is_some_and(|url| url.starts_with("data:")) {
        notes.warning(&path.to_string(), "its data is not a readable PNG, JPEG, GIF or WebP image");
    }
    Ok(Image { size, detail, path: path.to_string() })
}

/// Reads audio: its data is in the object `input_audio`.
fn read_audio(value: &Value<'_>, path: &Path<'_>) -> Audio {
    let data = value.get("input_audio").and_then(|audio| audio.get("data")).and_then(Value::as_str);
    Audio { path: path.to_string(), ..Audio::from_base64(data.unwrap_or_default()) }
}

fn read_file(value: &Value<'_>, path: &Path<'_>) -> File {
    let data = value.get("file_data").and_then(Value::as_str);
    File { tokens: None, is_inline_pdf: data.is_some_and(file::is_pdf), path: path.to_string() }
}
