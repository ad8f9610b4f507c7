#!/usr/bin/env python3
"""Prints the table of `benches/bulk.sh`.

    python3 benches/bulk/compare.py GPT_COST BOUNDS PYTHON FILE PREFIX

GPT_COST and BOUNDS are programs, PYTHON is an interpreter with the peers, and PREFIX contains the first lines of FILE,
for the peers. With RUNS=N in the environment, the best of N runs counts.
"""

import collections
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

PEERS = pathlib.Path(__file__).resolve().parent / "peers.py"
GPT_COST, BOUNDS, PYTHON, FILE, PREFIX = sys.argv[1:]
RUNS = int(os.environ.get("RUNS", "3"))

# Processors that this process may use; empty where the system cannot limit them.
PROCESSORS = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_setaffinity") else []

Run = collections.namedtuple("Run", "seconds megabytes output")


def main():
    read_once(FILE)
    read_once(PREFIX)
    print(f"{os.path.getsize(FILE):,} bytes, and the first {os.path.getsize(PREFIX):,} of them for the peers\n")
    print("| program | processors | MB | MB/s | resident | tokens |\n|---|---|---|---|---|---|")
    print_row("cat", 1, FILE, best(["cat", FILE], 1))
    print_bounds()
    seconds = {processors: print_estimates(processors) for processors in (1, 2)}
    print_row("gpt-cost estimate", 1, PREFIX, *with_tokens(best(estimate(PREFIX), 1)))
    loop = print_peer("tiktoken", "Python loop over tiktoken {}", 1)
    print_peer("tiktoken-2", "Python loop over tiktoken {}, two processes", 2)
    print_peer("gpt-batch-api", "gpt-batch-api {}", 1)
    print_peer("litellm", "litellm {}", 1)
    if all(seconds.values()):
        print(f"\nFrom one processor to two: {seconds[1] / seconds[2]:.2f} times as fast.")
    explain(loop)


def read_once(file):
    """Reads a file, so that the page cache has it."""
    with open(file, "rb") as content:
        while content.read(1 << 24):
            pass


def print_bounds():
    bounds = json.loads(best([BOUNDS, FILE], 1).output)
    tokens = bounds.pop("tokens")
    for step, seconds in bounds.items():
        print_row(f"{step} alone", 1, FILE, Run(seconds, None, ""), tokens if step == "counting" else None)


def print_estimates(processors):
    """Prints the rows of gpt-cost on the whole file, and returns the seconds of the summary."""
    if len(PROCESSORS) < processors:
        print(f"| gpt-cost estimate | {processors} | skipped: too few processors, or they cannot be limited | | | |")
        return None
    summary = best(estimate(FILE), processors)
    print_row("gpt-cost estimate", processors, FILE, *with_tokens(summary))
    lines = best(estimate(FILE, "--format", "jsonl"), processors)
    print_row("gpt-cost estimate --format jsonl", processors, FILE, lines)
    return summary.seconds


def estimate(file, *more):
    # The built-in prices, whatever the settings of this machine.
    return [GPT_COST, "estimate", file, "--no-config", "--quiet", *more]


def with_tokens(summary):
    total = re.search(r"^ *total +[\d,]+ +([\d,]+)", summary.output, re.MULTILINE)
    return summary, int(total[1].replace(",", "")) if total else None


def print_peer(peer, name, processes):
    """Prints the row of a peer, and returns its tokens, or None if it cannot be run."""
    package = peer.removesuffix("-2")
    script = f"import importlib.metadata; print(importlib.metadata.version({package!r}))"
    version = subprocess.run([PYTHON, "-c", script], capture_output=True, text=True)
    if version.returncode != 0:
        print(f"| {name.replace(' {}', '')} | {processes} | skipped: {package} is not installed | | | |")
        return None
    name = name.format(version.stdout.strip())
    runs = [run([PYTHON, PEERS, peer, PREFIX], processes) for _ in range(RUNS)]
    seconds, whole = min((json.loads(one.output)["seconds"], one) for one in runs)
    result = json.loads(whole.output)
    if result["failed"]:
        name += f" ({result['failed']:,} of {result['requests']:,} requests fail)"
    print_row(name, processes, PREFIX, whole._replace(seconds=seconds), result["tokens"], processes)
    return result["tokens"]


def best(command, processors):
    return min((run(command, processors) for _ in range(RUNS)), key=lambda one: one.seconds)


def run(command, processors):
    """Runs a command on the given number of processors. The output of `cat` and of JSON Lines is thrown away."""
    limit = (lambda: os.sched_setaffinity(0, PROCESSORS[:processors])) if PROCESSORS else None
    is_bulk = command[0] == "cat" or command[-1] == "jsonl"
    with tempfile.NamedTemporaryFile("r") as memory:
        timed = [*GNU_TIME, memory.name, *command] if GNU_TIME else command
        start = time.perf_counter()
        process = subprocess.Popen(timed, stdout=subprocess.DEVNULL if is_bulk else subprocess.PIPE, preexec_fn=limit)
        output = "" if is_bulk else process.stdout.read().decode()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            raise subprocess.CalledProcessError(process.returncode, command)
        kilobytes = int(memory.read()) if GNU_TIME else usage.ru_maxrss
    # macOS counts bytes.
    return Run(seconds, kilobytes / (1e6 if sys.platform == "darwin" else 1e3), output)


def gnu_time():
    """Returns a command that writes the most memory of another one to a file, in kilobytes.

    Without it, the memory of this interpreter, about 27 MB, is the least that can be measured: a process inherits the
    figure of the one that it was forked from.
    """
    command = ["/usr/bin/time", "-f", "%M", "-o"]
    try:
        subprocess.run([*command, os.devnull, "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return command


def print_row(name, processors, file, one, tokens=None, processes=1):
    size = os.path.getsize(file) / 1e6
    speed = size / one.seconds
    resident = "" if one.megabytes is None else f"{one.megabytes:,.0f} MB"
    if processes > 1:
        resident = f"{processes} × {resident}"
    tokens = "" if tokens is None else f"{tokens:,}"
    rate = f"{speed:,.0f}" if speed >= 20 else f"{speed:.1f}"
    print(f"| {name} | {processors} | {size:,.0f} | {rate} | {resident} | {tokens} |", flush=True)


def explain(loop):
    """Prints what gpt-cost counts of the prefix, and compares its count of messages with that of the Python loop."""
    counts = collections.Counter()
    with subprocess.Popen(estimate(PREFIX, "--format", "jsonl"), stdout=subprocess.PIPE) as process:
        for line in process.stdout:
            for entry in json.loads(line)["breakdown"]:
                counts[COMPONENTS.get(entry["component"], entry["component"])] += entry["tokens"]
    if process.returncode != 0:
        raise subprocess.CalledProcessError(process.returncode, process.args)
    listed = ", ".join(f"{tokens:,} of {component}" for component, tokens in counts.items())
    print(f"gpt-cost's tokens of the peers' bytes: {listed}.")
    if loop is not None and loop != counts["messages"]:
        sys.exit(f"tiktoken counts {loop:,} tokens of messages")


COMPONENTS = {
    "framing": "messages",
    "message": "messages",
    "schema": "response formats",
    "tool": "tools",
    "tools": "tools",
}

if __name__ == "__main__":
    GNU_TIME = gnu_time()
    main()
