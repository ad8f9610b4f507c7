//! Requests whose bill depends on the answer.

use jiff::civil::Date;

use super::Recording;
use crate::json::Value;
use crate::request::Api;

/// Between these days, the Responses API divided the billed input by the number of parallel calls in the answer, and
/// billed several messages in some other way: of 42 recorded answers with several calls or messages, none was billed by
/// the request alone. The days are those of the counting rules.
const DIVIDED_FROM: Date = Date::constant(2025, 9, 1);
const DIVIDED_UNTIL: Date = Date::constant(2026, 2, 10);

/// Returns whether the billed input depends on the answer. Of an answer that is not in the recording, only the request
/// is known: it can have several calls if the request has tools.
pub(super) fn divides_bill(recording: &Recording) -> bool {
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
