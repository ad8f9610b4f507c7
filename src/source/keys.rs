//! The keys of an object without its values, which are enough to classify it.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// The keys of an object.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Keys(Vec<String>);

impl Keys {
    /// Returns the keys of the object that a text is, or `None`.
    pub(super) fn from_object(text: &str) -> Option<Keys> {
        serde_json::from_str(text).ok()
    }

    /// Returns the keys of the first element of an array of objects. The others are not read.
    pub(super) fn from_first_element(text: &str) -> Option<Keys> {
        let mut first = None;
        // More elements are an error to the parser, but the first is read by then.
        let _ = serde_json::Deserializer::from_str(text).deserialize_seq(First(&mut first));
        first
    }

    /// Returns whether the object has a key.
    pub(super) fn has(&self, key: &str) -> bool {
        self.0.iter().any(|one| one == key)
    }

    /// Returns whether an array's element with these keys is a request, a Batch line, a recording or a response, and
    /// not a message or item.
    pub(super) fn is_request(&self) -> bool {
        let is_part = self.has("role") || self.has("type");
        !is_part && ["messages", "input", "prompt", "body", "request", "usage"].iter().any(|key| self.has(key))
    }

    /// Returns whether an object with these keys is a prompt file of GitHub Models with values for its placeholders.
    pub(super) fn has_samples(&self) -> bool {
        self.has("messages") && self.has("testData")
    }

    /// Returns whether a file with these keys is one that gpt-cost writes.
    pub(super) fn is_own(&self) -> bool {
        self.has("schema") && !["messages", "input", "prompt"].iter().any(|key| self.has(key))
    }
}

struct First<'f>(&'f mut Option<Keys>);

impl<'de> Visitor<'de> for First<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        *self.0 = seq.next_element()?;
        Ok(())
    }
}

impl<'de> Deserialize<'de> for Keys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Keys, D::Error> {
        deserializer.deserialize_map(KeysVisitor)
    }
}

struct KeysVisitor;

impl<'de> Visitor<'de> for KeysVisitor {
    type Value = Keys;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Keys, A::Error> {
        let mut keys = Vec::new();
        while let Some((key, IgnoredAny)) = map.next_entry::<String, IgnoredAny>()? {
            keys.push(key);
        }
        Ok(Keys(keys))
    }
}
