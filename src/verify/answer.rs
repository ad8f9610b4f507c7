//! Requests whose bill depends on the answer.

use super::Recording;
use crate::accounting::{DIVIDED_FROM, DIVIDED_UNTIL};
use crate::json::Value;
use crate::request::Api;

/// Returns whether the billed input depends on the answer. Of an answer that is not in the recording, only the request
/// is known: it can have several calls if the request has tools.
pub(crate) fn divides_bill(recording: &Recording) -> bool {
    let Ok(request) = &recording.request else { return false };
    let is_in_period = recording.day.is_some_and(|day| (DIVIDED_FROM..DIVIDED_UNTIL).contains(&day));
    is_in_period
        && request.api() == Some(Api::Responses)
        && recording.parallel_outputs.map_or(!request.tools().is_empty(), |outputs| outputs > 1)
}

/// Returns the number of calls or of messages in the output of a response, whichever is larger.
pub(super) fn parallel_outputs(output: &[Value<'_>]) -> usize {
    let count = |kinds: &[&str]| {
        let is_one =
            |item: &&Value<'_>| item.get("type").and_then(Value::as_str).is_some_and(|kind| kinds.contains(&kind));
        output.iter().filter(is_one).count()
    };
    count(&["function_call", "custom_tool_call"]).max(count(&["message"]))
}
