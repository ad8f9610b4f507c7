//! What was read from values that are met again, such as the tools in each line of a Batch file.
//!
//! Of a value that is met for the first time, only a hash of its shape is noted. The second time, it is kept with what
//! was read from it, and from then on it is compared with the kept one as a whole. So one request alone keeps nothing.

use std::cell::Cell;
use std::sync::Arc;
use std::thread::LocalKey;

use super::AnswerSchema;
use super::tool::Tools;
use crate::error::Result;
use crate::json::{Path, Value};

/// The number of values of each kind that a thread keeps: a batch has few lists of tools and few schemas.
const MOST: usize = 8;

/// The most bytes of text of a value that is kept.
const MOST_BYTES: usize = 64 << 10;

thread_local! {
    static TOOLS: Cell<Memory<Tools>> = const { Cell::new(Memory::new()) };
    static ANSWERS: Cell<Memory<Arc<AnswerSchema>>> = const { Cell::new(Memory::new()) };
}

/// Returns the tools that `read` reads, or shares those that it read from an equal value at the same path.
pub(super) fn tools<'v>(
    value: Value<'v>,
    path: &Path<'_>,
    read: impl FnOnce(Value<'v>) -> Result<Tools>,
) -> Result<Tools> {
    with(&TOOLS, |memory| memory.recall(value, path, read))
}

/// Returns the schema that `read` reads, or shares the one that it read from an equal value at the same path.
pub(super) fn answer<'v>(
    value: Value<'v>,
    path: &Path<'_>,
    read: impl FnOnce(Value<'v>) -> Result<AnswerSchema>,
) -> Result<Arc<AnswerSchema>> {
    with(&ANSWERS, |memory| memory.recall(value, path, |value| read(value).map(Arc::new)))
}

/// Calls `read` with the memory of this thread, or with a new one where there is none, such as in a thread that ends.
fn with<T: Clone, R>(memory: &'static LocalKey<Cell<Memory<T>>>, read: impl FnOnce(&mut Memory<T>) -> R) -> R {
    let mut taken = memory.try_with(Cell::take).unwrap_or_default();
    let result = read(&mut taken);
    // In a thread that ends, the memory is dropped.
    let _ = memory.try_with(|kept| kept.set(taken));
    result
}

/// The memory of a thread.
struct Memory<T> {
    /// The hashes of the values that were met last; 0 where there is none.
    met: [u64; MOST],
    /// The values that were met twice last.
    kept: Vec<Kept<T>>,
    /// The numbers of values that were met once and twice.
    counts: [usize; 2],
}

struct Kept<T> {
    path: String,
    value: Value<'static>,
    read: T,
}

impl<T> Default for Memory<T> {
    fn default() -> Memory<T> {
        Memory::new()
    }
}

impl<T> Memory<T> {
    const fn new() -> Memory<T> {
        Memory { met: [0; MOST], kept: Vec::new(), counts: [0; 2] }
    }
}

impl<T: Clone> Memory<T> {
    fn recall<'v>(
        &mut self,
        value: Value<'v>,
        path: &Path<'_>,
        read: impl FnOnce(Value<'v>) -> Result<T>,
    ) -> Result<T> {
        if !self.kept.is_empty() {
            let path = path.to_string();
            if let Some(kept) = self.kept.iter().find(|kept| kept.path == path && kept.value.is_same(&value)) {
                return Ok(kept.read.clone());
            }
        }
        let (hash, bytes) = shape(&value, 1);
        if !self.met.contains(&hash) {
            self.met[self.counts[0] % MOST] = hash;
            self.counts[0] += 1;
            return read(value);
        }
        if bytes > MOST_BYTES {
            return read(value);
        }
        let kept = value.clone().into_owned(path);
        let read = read(value)?;
        if let Ok(value) = kept {
            self.keep(Kept { path: path.to_string(), value, read: read.clone() });
        }
        Ok(read)
    }

    fn keep(&mut self, kept: Kept<T>) {
        if self.kept.len() < MOST {
            return self.kept.push(kept);
        }
        self.kept[self.counts[1] % MOST] = kept;
        self.counts[1] += 1;
    }
}

/// Returns a hash of the lengths of a value's texts and lists, which is not 0, and an upper bound of the bytes of its
/// texts.
fn shape(value: &Value<'_>, hash: u64) -> (u64, usize) {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let mix = |hash: u64, length: usize| (hash.rotate_left(23) ^ length as u64).wrapping_mul(FACTOR) | 1;
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => (mix(hash, 0), 8),
        Value::String(text) => (mix(hash, text.len()), text.len()),
        Value::Array(values) => values.iter().fold((mix(hash, values.len()), 8), |(hash, bytes), value| {
            let (hash, more) = shape(value, hash);
            (hash, bytes + more)
        }),
        Value::Object(fields) => fields.iter().fold((mix(hash, fields.len()), 8), |(hash, bytes), (key, value)| {
            let (hash, more) = shape(value, mix(hash, key.len()));
            (hash, bytes + key.len() + more)
        }),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Request;

    /// A tool whose schema has this default value.
    fn tool(name: &str, default: &str) -> String {
        format!(
            r#"{{"type": "function", "function": {{"name": "{name}", "parameters": {{"properties": {{"a": {{
            "type": "number", "default": {default}}}}}}}}}}}"#
        )
    }

    fn body(tools: &[String], schema: &str) -> String {
        let format = format!(r#"{{"type": "json_schema", "json_schema": {{"name": "a", "schema": {schema}}}}}"#);
        let messages = r#"[{"role": "user", "content": "Hi"}]"#;
        format!(r#"{{"messages": {messages}, "tools": [{}], "response_format": {format}}}"#, tools.join(", "))
    }

    fn read(json: &str) -> Request {
        Request::from_json(json.as_bytes()).expect(json)
    }

    /// Returns what a thread reads that has read nothing before.
    fn read_anew(json: &str) -> Request {
        std::thread::scope(|scope| scope.spawn(|| read(json)).join().expect("no panic"))
    }

    #[test]
    fn requests_share_what_was_read_before() {
        let json = body(&[tool("a", "1")], "{}");
        let requests = [read(&json), read(&json), read(&json)];
        assert!(requests.iter().all(|request| *request == requests[0]));
        let are_shared = |one: &Request, other: &Request| {
            let answers = one.answer.as_ref().zip(other.answer.as_ref());
            (Arc::ptr_eq(&one.tools, &other.tools), answers.is_some_and(|(one, other)| Arc::ptr_eq(one, other)))
        };
        assert_eq!(are_shared(&requests[0], &requests[1]), (false, false), "the first ones are not kept");
        assert_eq!(are_shared(&requests[1], &requests[2]), (true, true));
        let line = format!(r#"{{"url": "/v1/chat/completions", "body": {json}}}"#);
        let elsewhere = [read(&line), read(&line), read(&line)];
        assert_eq!(are_shared(&requests[2], &elsewhere[2]), (false, false), "at another path");
        assert_eq!(elsewhere[2].tools[0].path, "body.tools[0].function");
    }

    #[test]
    fn functions_are_added_to_the_tools_of_one_request_alone() {
        let function = r#"{"name": "old"}"#;
        let tools = format!(r#""messages": [{{"role": "user", "content": "Hi"}}], "tools": [{}]"#, tool("a", "1"));
        let (with, without) = (format!(r#"{{{tools}, "functions": [{function}]}}"#), format!("{{{tools}}}"));
        for _ in 0..3 {
            assert_eq!((read(&with).tools.len(), read(&without).tools.len()), (2, 1));
        }
    }

    #[test]
    fn values_of_the_same_shape_are_distinguished() {
        for default in ["0.0", "1.0", "-0.0", "0.0", "2.0", "-0.0", "0.0"] {
            let json = body(&[tool("a", default)], &format!(r#"{{"default": {default}}}"#));
            for _ in 0..3 {
                assert_eq!(format!("{:?}", read(&json)), format!("{:?}", read_anew(&json)));
            }
        }
    }

    #[test]
    fn errors_are_never_kept() {
        let json = r#"{"messages": [{"role": "user", "content": "Hi"}], "tools": [{"function": {"name": 5}}]}"#;
        for _ in 0..3 {
            let error = Request::from_json(json.as_bytes()).expect_err("no name");
            assert_eq!(error.to_string(), "tools[0].function.name: expected a string, found a number");
        }
    }

    #[test]
    fn the_kept_values_are_bounded_in_number_and_size() {
        let mut memory = Memory::new();
        let mut recall = |value: Value<'_>, expected: usize| {
            let path = Path::Top.key("tools");
            let read = memory.recall(value, &path, |value| Ok(shape(&value, 1).1)).expect("a value");
            assert_eq!(read, expected);
            memory.kept.len()
        };
        for length in (0..3 * MOST).flat_map(|length| [length; 3]) {
            assert!(recall(Value::String("a".repeat(length).into()), length) <= MOST);
        }
        let long = "a".repeat(MOST_BYTES + 1);
        (0..3).for_each(|_| assert_eq!(recall(Value::String(long.as_str().into()), MOST_BYTES + 1), MOST));
        assert!(memory.kept.iter().all(|kept| kept.value.as_str().is_some_and(|text| text.len() <= MOST_BYTES)));
    }

    proptest! {
        #[test]
        fn requests_are_read_as_by_a_thread_that_read_nothing(
            order in prop::collection::vec((0..4usize, 0..4usize, 0..3usize), 1..24),
        ) {
            for (one, other, schema) in order {
                let tools = [one, other].map(|index| tool(&"abcd"[index..], &index.to_string()));
                let schema = [r#"{"type": "object"}"#, r#"{"type": "string"}"#, "{}"][schema];
                let json = body(&tools[..=one % 2], schema);
                prop_assert_eq!(read(&json), read_anew(&json));
            }
        }
    }
}
