"""Measures importing the package, calling it and starting its command, against tiktoken where that is installed.

    python python/bench.py                          # with the interpreter that has the package
    GPT_COST=target/release/gpt-cost python …       # also the start of a binary that was built on its own

Each figure is the best of its runs, which other work on the machine disturbs least; runs of what is compared alternate.
"""

import os
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

RUNS = int(os.environ.get("RUNS", "30"))

MESSAGES = [
    {"role": "system", "content": "You answer in one sentence."},
    {"role": "user", "content": "Why is the sky blue?"},
]

TOOLS = [
    {
        "type": "function",
        "function": {
            "name": f"lookup_{number}",
            "description": "Looks up a place by its name, and returns what is known of it.",
            "parameters": {
                "type": "object",
                "properties": {
                    "place": {"type": "string", "description": "The city and its country"},
                    "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]},
                },
                "required": ["place"],
            },
        },
    }
    for number in range(5)
]

TURNS = [
    {"role": role, "content": "The garden opens on Saturday. Bring gloves, and a cake if you can. " * 5}
    for _ in range(10)
    for role in ("user", "assistant")
]


def milliseconds(commands: dict[str, list[str]]) -> dict[str, float]:
    """Returns the best time of each process."""
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(RUNS):
        for name, command in commands.items():
            start = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            times[name].append(time.perf_counter() - start)
    return {name: min(each) * 1_000 for name, each in times.items()}


def microseconds(work: Callable[[], object]) -> float:
    """Returns the best time of a call."""
    work()
    start = time.perf_counter()
    work()
    calls = max(1, int(0.01 / max(time.perf_counter() - start, 1e-7)))
    times: list[float] = []
    for _ in range(RUNS):
        start = time.perf_counter()
        for _ in range(calls):
            work()
        times.append((time.perf_counter() - start) / calls)
    return min(times) * 1e6


def processes() -> None:
    """Prints the times of starting interpreters and commands."""
    prompt = Path(tempfile.mkdtemp()) / "prompt.json"
    prompt.write_text('[{"role": "user", "content": "Why is the sky blue?"}]')
    estimate = ["estimate", str(prompt), "--model", "gpt-5-mini"]
    script = Path(sysconfig.get_path("scripts")) / "gpt-cost"
    commands = {
        "an empty interpreter": [sys.executable, "-c", "pass"],
        "import gpt_cost": [sys.executable, "-c", "import gpt_cost"],
        "import gpt_cost, first count": [
            sys.executable,
            "-c",
            "import gpt_cost; gpt_cost.encoding_for_model('gpt-4o').count('hello world')",
        ],
        "import gpt_cost, first estimate": [
            sys.executable,
            "-c",
            "import gpt_cost; gpt_cost.estimate('hello world', 'gpt-4o').cost.total.max",
        ],
    }
    if script.exists():
        commands["gpt-cost --version"] = [str(script), "--version"]
        commands["gpt-cost estimate"] = [str(script), *estimate]
    if "GPT_COST" in os.environ:
        commands["the binary, estimate"] = [os.environ["GPT_COST"], *estimate]
    try:
        import tiktoken

        tiktoken.get_encoding("o200k_base")
        count = "import tiktoken; len(tiktoken.encoding_for_model('gpt-4o').encode('hello world'))"
        commands["import tiktoken"] = [sys.executable, "-c", "import tiktoken"]
        commands["import tiktoken, first count"] = [sys.executable, "-c", count]
    except Exception as error:
        print(f"without tiktoken: {type(error).__name__}")
    times = milliseconds(commands)
    empty = times["an empty interpreter"]
    for name, each in times.items():
        print(f"{name:32} {each:8.1f} ms  {each - empty:+8.1f} ms")


def calls() -> None:
    """Prints the times of calls."""
    import gpt_cost

    encoding = gpt_cost.get_encoding("o200k_base")
    short, long = "Why is the sky blue?", TURNS[0]["content"] * 100
    work: dict[str, Callable[[], object]] = {
        "estimate, 2 messages": lambda: gpt_cost.estimate(MESSAGES, "gpt-4o"),
        "estimate, 2 messages, cost read": lambda: gpt_cost.estimate(MESSAGES, "gpt-4o").cost.total.max,
        "count, 2 messages": lambda: gpt_cost.count(MESSAGES, "gpt-4o"),
        "count, 20 messages and 5 tools": lambda: gpt_cost.count(TURNS, "gpt-4o", tools=TOOLS),
        "encoding.count, 20 bytes": lambda: encoding.count(short),
        "encoding.count, 34 KB": lambda: encoding.count(long),
        "encoding.encode, 34 KB": lambda: encoding.encode(long),
    }
    try:
        import tiktoken

        reference = tiktoken.get_encoding("o200k_base")

        def texts(messages: list[dict[str, str]]) -> int:
            return sum(len(reference.encode(message["content"])) + 3 for message in messages) + 3

        work |= {
            "tiktoken, texts of 2 messages": lambda: texts(MESSAGES),
            "tiktoken, texts of 20 messages": lambda: texts(TURNS),
            "tiktoken, len(encode), 20 bytes": lambda: len(reference.encode(short)),
            "tiktoken, len(encode), 34 KB": lambda: len(reference.encode(long)),
        }
    except Exception as error:
        print(f"without tiktoken: {type(error).__name__}")
    for name, each in work.items():
        print(f"{name:32} {microseconds(each):8.1f} µs")


if __name__ == "__main__":
    processes()
    print()
    calls()
