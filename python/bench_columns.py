"""Measures counts of texts against tiktoken, bpe-openai and rs-bpe, where they are installed: a message, and 100,000 of them.

    pip install pyarrow tiktoken bpe-openai rs-bpe
    python python/bench_columns.py

Each figure is the best of its runs, and runs of what is compared alternate. All counts are compared first. Each text is
measured among others, since a text alone would be in every cache.
"""

import os
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gpt_cost

sys.path.append(str(Path(__file__).parent / "tests"))
sys.path.append(str(Path(__file__).parent / "tests" / "spark"))

from table import WORDS  # noqa: E402
from tiktoken_tables import prepare  # noqa: E402

RUNS = int(os.environ.get("RUNS", "5"))
ROWS = int(os.environ.get("ROWS", "100000"))
MODEL = "gpt-5-mini"


def texts(size: int, number: int) -> list[str]:
    """Returns texts of about this number of bytes."""
    noise = random.Random(size)
    made = []
    for _ in range(number):
        text = ""
        while len(text.encode()) < size:
            text += " ".join(noise.choices(WORDS, k=max(1, size // 10))) + " "
        made.append(text.encode()[:size].decode(errors="ignore"))
    return made


def best(work: dict[str, Callable[[], object]], calls: int) -> dict[str, float]:
    """Returns the best time of each in seconds per call."""
    times: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(RUNS):
        for name, each in work.items():
            start = time.perf_counter()
            each()
            times[name].append((time.perf_counter() - start) / calls)
    return {name: min(each) for name, each in times.items()}


def peers() -> dict[str, Callable[[str], int]]:
    """Returns the functions that count a text."""
    encoding = gpt_cost.encoding_for_model(MODEL)
    found: dict[str, Callable[[str], int]] = {
        f"gpt_cost {gpt_cost.__version__}, encoding.count": encoding.count,
        "gpt_cost, count of the message": lambda text: gpt_cost.count(
            [{"role": "user", "content": text}], MODEL, as_of="2026-11-23"
        ).tokens,
    }
    try:
        import tiktoken

        prepare()
        reference = tiktoken.get_encoding("o200k_base")
        found[f"tiktoken {tiktoken.__version__}, len(encode_ordinary)"] = lambda text: len(reference.encode_ordinary(text))
    except Exception as error:
        print(f"without tiktoken: {type(error).__name__}")
    try:
        import bpe_openai  # type: ignore[import-not-found, import-untyped, unused-ignore]

        other = bpe_openai.get_encoding("o200k_base")
        found[f"bpe-openai {bpe_openai.__version__}, len(encode_ordinary)"] = lambda text: len(other.encode_ordinary(text))
    except ImportError:
        print("without bpe-openai")
    try:
        from rs_bpe.bpe import openai  # type: ignore[import-not-found, import-untyped, unused-ignore]

        found["rs-bpe, count"] = openai.o200k_base().count
    except ImportError:
        print("without rs-bpe")
    return found


def looped(count: Callable[[str], int], texts: list[str]) -> Callable[[], list[int]]:
    """Returns the function that counts each text."""
    return lambda: [count(text) for text in texts]


def messages(size: int) -> None:
    """Prints the time of a message of this number of bytes."""
    some = texts(size, 1_000)
    work = {name: looped(count, some) for name, count in peers().items()}
    expected = [gpt_cost.encoding_for_model(MODEL).count(text) for text in some]
    for name, each in work.items():
        assert "message" in name or each() == expected, name
    for name, seconds in best(dict(work), len(some)).items():
        print(f"{size:>6} B   {name:<44} {seconds * 1e6:8.2f} µs")


def lists(size: int) -> None:
    """Prints the time of many messages of this number of bytes."""
    import pyarrow as pa

    many = texts(size, ROWS)
    column = pa.array(many)
    encoding = gpt_cost.encoding_for_model(MODEL)

    def counted(threads: int | None = None) -> Any:
        return gpt_cost.count_column(column, MODEL, threads=threads).to_pyarrow().to_pylist()

    work: dict[str, Callable[[], Any]] = {
        f"gpt_cost, count_column on {os.cpu_count()} processors": counted,
        "gpt_cost, count_column(threads=1)": lambda: counted(threads=1),
        "gpt_cost, count_batch of a list": lambda: encoding.count_batch(many),
    }
    for name, count in peers().items():
        if "message" not in name:
            work[f"{name}, in a loop"] = looped(count, many)
    if any("tiktoken" in name for name in work):
        import tiktoken

        reference, threads = tiktoken.get_encoding("o200k_base"), os.cpu_count() or 1
        work[f"tiktoken, encode_ordinary_batch of {threads} threads"] = lambda: [
            len(tokens) for tokens in reference.encode_ordinary_batch(many, num_threads=threads)
        ]
    expected = encoding.count_batch(many)
    for name, each in work.items():
        assert each() == expected, name
    for name, seconds in best(work, 1).items():
        print(f"{len(many):,} × {size} B   {name:<52} {seconds:7.3f} s  {len(many) * size / 1e6 / seconds:6.0f} MB/s")


if __name__ == "__main__":
    messages(100)
    messages(1_000)
    lists(100)
    lists(1_000)
