"""Objects of the `openai` package: answers in messages, tools, schemas of classes, and responses."""

from typing import Any

import gpt_cost
import pytest
from bodies import AS_OF

openai = pytest.importorskip("openai")

from openai.types.chat import ChatCompletion  # noqa: E402
from openai.types.responses import Response  # noqa: E402
from pydantic import BaseModel, Field  # noqa: E402

COMPLETION: dict[str, Any] = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1740000000,
    "model": "gpt-4o-2024-08-06",
    "choices": [
        {
            "index": 0,
            "finish_reason": "tool_calls",
            "message": {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '{"place":"Oslo"}'}}
                ],
            },
        }
    ],
    "usage": {
        "prompt_tokens": 1200,
        "completion_tokens": 50,
        "total_tokens": 1250,
        "prompt_tokens_details": {"cached_tokens": 1000},
    },
}

RESPONSE: dict[str, Any] = {
    "id": "resp_1",
    "object": "response",
    "created_at": 1740000000,
    "model": "gpt-4.1-2025-04-14",
    "output": [
        {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "status": "completed",
            "content": [{"type": "output_text", "text": "Because of Rayleigh scattering.", "annotations": []}],
        },
        {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "weather", "arguments": '{"place":"Oslo"}'},
    ],
    "parallel_tool_calls": True,
    "tool_choice": "auto",
    "tools": [],
    "usage": {
        "input_tokens": 1000,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": 10,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 1010,
    },
}


class Weather(BaseModel):
    """The weather of a place."""

    place: str = Field(description="The city and its country")
    degrees: int
    is_wet: bool


def test_responses_of_the_package_are_priced() -> None:
    completion = ChatCompletion.model_validate(COMPLETION)
    actual = gpt_cost.actual(completion)
    assert actual == gpt_cost.actual(COMPLETION)
    assert str(actual.cost) == "0.00225"
    response = Response.model_validate(RESPONSE)
    assert gpt_cost.actual(response) == gpt_cost.actual(RESPONSE)
    assert gpt_cost.actual(response.model_dump_json()).cost == gpt_cost.actual(RESPONSE).cost


def test_answers_are_appended_to_messages() -> None:
    completion = ChatCompletion.model_validate(COMPLETION)
    question = {"role": "user", "content": "Do I need a coat in Oslo?"}
    result = {"role": "tool", "tool_call_id": "call_1", "content": "3 degrees"}
    messages = [question, completion.choices[0].message, result]
    plain = [question, COMPLETION["choices"][0]["message"], result]
    assert gpt_cost.count(messages, "gpt-4o", as_of=AS_OF) == gpt_cost.count(plain, "gpt-4o", as_of=AS_OF)


def test_output_items_are_appended_to_the_input() -> None:
    response = Response.model_validate(RESPONSE)
    question = {"role": "user", "content": "Do I need a coat in Oslo?"}
    result = {"type": "function_call_output", "call_id": "call_1", "output": "3 degrees"}
    items = gpt_cost.count(input=[question, *response.output, result], model="gpt-4.1", as_of=AS_OF)
    plain = gpt_cost.count(input=[question, *RESPONSE["output"], result], model="gpt-4.1", as_of=AS_OF)
    assert items == plain
    assert items.format == "responses"


def test_tools_of_pydantic_models_are_counted() -> None:
    tool = openai.pydantic_function_tool(Weather)
    messages = [{"role": "user", "content": "Oslo"}]
    count = gpt_cost.count(messages, "gpt-4o", tools=[tool], as_of=AS_OF)
    schema = {
        "type": "function",
        "function": {
            "name": "Weather",
            "strict": True,
            "parameters": dict(tool["function"]["parameters"]),
            "description": "The weather of a place.",
        },
    }
    assert count == gpt_cost.count(messages, "gpt-4o", tools=[schema], as_of=AS_OF)
    assert count.tokens > gpt_cost.count(messages, "gpt-4o", as_of=AS_OF).tokens + 20


def test_a_class_as_the_format_of_the_answer_is_its_schema() -> None:
    from openai.lib._parsing._completions import type_to_response_format_param
    from openai.lib._parsing._responses import type_to_text_format_param

    messages = [{"role": "user", "content": "Oslo"}]
    count = gpt_cost.count(messages, "gpt-4o", response_format=Weather, as_of=AS_OF)
    sent = type_to_response_format_param(Weather)
    assert count == gpt_cost.count(messages, "gpt-4o", response_format=sent, as_of=AS_OF)
    assert any(one.component == "schema" for one in count.breakdown)

    count = gpt_cost.count(input=messages, model="gpt-4o", text_format=Weather, as_of=AS_OF)
    text = {"format": type_to_text_format_param(Weather)}
    assert count == gpt_cost.count(input=messages, model="gpt-4o", text=text, as_of=AS_OF)

    with pytest.raises(gpt_cost.RequestError) as error:
        gpt_cost.count(messages, "gpt-4o", response_format=int)
    assert str(error.value) == (
        "response_format: no schema can be made of this class\n"
        "hint: pass a subclass of pydantic.BaseModel, or the schema"
    )


def test_absent_arguments_are_left_out() -> None:
    messages = [{"role": "user", "content": "Oslo"}]
    plain = gpt_cost.count(messages, "gpt-4o", as_of=AS_OF)
    assert gpt_cost.count(messages, "gpt-4o", tools=openai.NOT_GIVEN, as_of=AS_OF).tokens == plain.tokens
    assert gpt_cost.count(messages, "gpt-4o", tools=openai.omit, stop=openai.omit, as_of=AS_OF).tokens == plain.tokens
