"""The tokenizers, compared with tiktoken where it can load its tables, and in threads."""

import pickle
import random
import threading
from typing import Any

import gpt_cost
import pytest
import tiktoken_tables

TEXTS = [
    "",
    "hello world",
    "Why is the sky blue?\r\n\r\n  Because\tof  Rayleigh scattering…",
    "日本語のテキスト、한국어 텍스트, русский текст",
    "🦀🦀 👩‍👩‍👧 é é <|endoftext|>",
    "x" * 5_000,
    "def f(x):\n    return {'a': [1, 22, 333, 4444, 55555]}\n" * 50,
]

ENCODINGS = ["o200k_base", "cl100k_base", "p50k_base", "r50k_base"]


def tiktoken_encoding(name: str) -> Any:
    """Returns the encoding of tiktoken, which reads its tables from a cache, and else downloads them."""
    tiktoken = pytest.importorskip("tiktoken")
    tiktoken_tables.prepare()
    try:
        return tiktoken.get_encoding(name)
    except Exception as error:
        pytest.skip(f"tiktoken has no tables: {type(error).__name__}")


@pytest.mark.parametrize("name", ENCODINGS)
def test_tokens_are_those_of_tiktoken(name: str) -> None:
    reference = tiktoken_encoding(name)
    encoding = gpt_cost.get_encoding(name)
    noise = random.Random(25)
    texts = TEXTS + ["".join(noise.choices("ab \n'9éя日🦀", k=200)) for _ in range(100)]
    for text in texts:
        assert encoding.encode(text) == reference.encode_ordinary(text), text[:50]
        assert encoding.count(text) == len(reference.encode(text, disallowed_special=()))


@pytest.mark.parametrize("name", ENCODINGS)
def test_decoding_returns_the_text(name: str) -> None:
    encoding = gpt_cost.get_encoding(name)
    for text in TEXTS:
        tokens = encoding.encode(text)
        assert encoding.decode(tokens) == text
        assert encoding.decode_bytes(tokens) == text.encode()
        assert encoding.count(text) == len(tokens) == encoding.count_up_to(text, len(tokens))
        assert text.startswith(encoding.truncate(text, 3))
    assert encoding.count_batch(TEXTS) == [len(tokens) for tokens in encoding.encode_batch(TEXTS)]
    assert encoding.name == name
    assert pickle.loads(pickle.dumps(encoding)) == encoding
    assert {encoding: 1}[gpt_cost.get_encoding(name)] == 1


def test_known_tokens() -> None:
    assert gpt_cost.encode("hello world", "gpt-4") == [15339, 1917]
    assert gpt_cost.encode("hello world", "cl100k_base") == [15339, 1917]
    assert gpt_cost.decode([15339, 1917], gpt_cost.get_encoding("cl100k_base")) == "hello world"
    assert gpt_cost.truncate("Why is the sky blue?", 3, "gpt-4.1") == "Why is the"
    # A part of a character is replaced, unless the caller wants an error.
    assert gpt_cost.decode([9468], "cl100k_base") == "\ufffd"
    with pytest.raises(UnicodeDecodeError):
        gpt_cost.decode([9468], "cl100k_base", "strict")


def test_errors() -> None:
    with pytest.raises(ValueError, match="^unknown encoding `gpt2`, expected one of o200k_harmony"):
        gpt_cost.get_encoding("gpt2")
    with pytest.raises(gpt_cost.UnknownModelError, match="^unknown model `claude-3`\nhint: no exact tokenizer for Anthropic"):
        gpt_cost.encoding_for_model("claude-3")
    with pytest.raises(gpt_cost.TokenizerError, match="^token 4294967295 is not in o200k_base$"):
        gpt_cost.decode([4294967295], "gpt-4o")
    with pytest.raises(TypeError, match="^expected an encoding, or the name"):
        gpt_cost.encode("a", 3)  # type: ignore[arg-type]
    with pytest.raises(ValueError) as error:
        gpt_cost.encode("zanzibar\ud800", "gpt-4o")
    assert "zanzibar" not in str(error.value)


def test_threads_count_at_the_same_time() -> None:
    text = "Why is the sky blue? " * 20_000
    request = {"model": "gpt-4o", "messages": [{"role": "user", "content": text}]}
    encoding = gpt_cost.encoding_for_model("gpt-4o")
    expected = (encoding.count(text), gpt_cost.count(request).tokens)
    found: list[tuple[int, int]] = []

    def count() -> None:
        for _ in range(5):
            found.append((encoding.count(text), gpt_cost.count(request).tokens))

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected] * 20


def test_other_threads_run_while_a_large_text_is_counted() -> None:
    # Counting needs about a second, in which the loop would not run if the interpreter's lock were kept.
    text = "".join(chr(0x4E00 + index % 5_000) for index in range(3_000_000))
    encoding = gpt_cost.get_encoding("cl100k_base")
    done = threading.Event()
    rounds = [0]

    def count() -> None:
        encoding.count(text)
        done.set()

    thread = threading.Thread(target=count)
    thread.start()
    while not done.is_set():
        rounds[0] += 1
    thread.join()
    assert rounds[0] > 1_000
