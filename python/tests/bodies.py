"""Requests of every kind that the library counts, as people pass them to the methods of the `openai` package."""

import base64
import io
import struct
import wave
from typing import Any

AS_OF = "2026-11-23"

WEATHER: dict[str, Any] = {
    "type": "object",
    "properties": {
        "place": {"type": "string", "description": "The city and its country"},
        "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]},
        "a_day": {"type": "integer"},
    },
    "required": ["place", "unit"],
    "additionalProperties": False,
}


def png(width: int, height: int) -> str:
    """Returns the data URL of the header of an image."""
    header = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sIIBBBBB", 13, b"IHDR", width, height, 8, 2, 0, 0, 0)
    return "data:image/png;base64," + base64.b64encode(header).decode()


def wav(seconds: int) -> str:
    """Returns silence as base64."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8_000)
        sound.writeframes(bytes(16_000 * seconds))
    return base64.b64encode(file.getvalue()).decode()


BODIES: dict[str, dict[str, Any]] = {
    "chat": {
        "model": "gpt-4o-mini",
        "max_tokens": 300,
        "temperature": 0.7,
        "messages": [
            {"role": "system", "content": "You answer in one sentence."},
            {"role": "user", "content": "Why is the sky blue? \u201cTell\tme\u201d \U0001f980\n"},
        ],
    },
    "chat with tools": {
        "model": "gpt-4o",
        "messages": [
            {"role": "user", "content": "Do I need a coat in Oslo?"},
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '{"place": "Oslo"}'}}
                ],
            },
            {"role": "tool", "tool_call_id": "call_1", "content": "3 degrees, light snow"},
        ],
        "tools": [{"type": "function", "function": {"name": "weather", "description": "The weather.", "parameters": WEATHER}}],
        "tool_choice": "auto",
        "max_completion_tokens": 500,
    },
    "chat with a schema": {
        "model": "gpt-5-mini",
        "messages": [{"role": "user", "content": "The weather in Oslo, please."}],
        "response_format": {"type": "json_schema", "json_schema": {"name": "weather", "strict": True, "schema": WEATHER}},
    },
    "chat with images": {
        "model": "gpt-4o",
        "messages": [
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "What differs?"},
                    {"type": "image_url", "image_url": {"url": png(1024, 768)}},
                    {"type": "image_url", "image_url": {"url": "https://example.com/a.png", "detail": "low"}},
                    {"type": "image_url", "image_url": {"url": "https://example.com/b.png"}},
                ],
            }
        ],
    },
    "chat with audio": {
        "model": "gpt-audio",
        "modalities": ["text"],
        "messages": [
            {"role": "user", "content": [{"type": "input_audio", "input_audio": {"data": wav(3), "format": "wav"}}]}
        ],
    },
    "responses": {
        "model": "gpt-5.4-mini",
        "instructions": "You answer in one sentence.",
        "input": [
            {"role": "user", "content": [{"type": "input_text", "text": "Do I need a coat in Oslo?"}]},
            {"type": "function_call", "call_id": "call_1", "name": "weather", "arguments": '{"place": "Oslo"}'},
            {"type": "function_call_output", "call_id": "call_1", "output": "3 degrees"},
        ],
        "tools": [
            {"type": "function", "name": "weather", "parameters": WEATHER, "strict": True},
            {"type": "web_search"},
        ],
        "max_output_tokens": 1000,
        "service_tier": "flex",
    },
    "responses with a text": {"model": "gpt-4.1", "input": "Why is the sky blue?"},
    "embeddings": {"model": "text-embedding-3-small", "input": ["Why is the sky blue?", "", "hello"], "dimensions": 256},
    "completions": {"model": "gpt-3.5-turbo-instruct", "prompt": "Once upon a time", "max_tokens": 16},
}
