"""Measures encoding from Python with this package, tiktoken, gigatoken and quicktok, where they are installed.

    pip install tiktoken gigatoken quicktok-v1      # quicktok is another package
    GPT_COST_CORPORA=FOLDER taskset -c 1 python python/bench_peers.py [WORD]…

Prints a table as `benches/README.md` explains it. Words select the texts whose names contain one of them.
"""

import hashlib
import json
import os
import subprocess
import sys
import time
from array import array
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve()
sys.path.append(str(HERE.parent / "tests"))

from tiktoken_tables import prepare  # noqa: E402

TRIES = int(os.environ.get("TRIES", "3"))
ENCODINGS = ["cl100k_base", "o200k_base"]
CUT = 4_000

# The name of each text, its file in the folder of corpora, and the sample that replaces it.
TEXTS = {
    "prose": ("english", "prose"),
    "code": ("code", "code"),
    "JSON": ("json", "json"),
    "CJK": ("cjk", "cjk"),
    "thirty scripts": ("multi", "mixed"),
}

Encode = Callable[[str], Sequence[int]]


def gpt_cost(encoding: str) -> Encode:
    import gpt_cost

    return gpt_cost.get_encoding(encoding).encode


def tiktoken(encoding: str) -> Encode:
    import tiktoken

    return tiktoken.get_encoding(encoding).encode_ordinary


def gigatoken() -> Any:
    import gigatoken  # type: ignore[import-not-found, import-untyped, unused-ignore]

    return gigatoken.Tokenizer


def table(encoding: str) -> Path:
    """Returns the file of ranks, from which gigatoken takes the split pattern by its name."""
    folder = Path(os.environ["TIKTOKEN_CACHE_DIR"])
    url = f"https://openaipublic.blob.core.windows.net/encodings/{encoding}.tiktoken"
    named = folder / f"{encoding}.tiktoken"
    if not named.exists():
        named.symlink_to(folder / hashlib.sha1(url.encode()).hexdigest())
    return named


def gigatoken_array(encoding: str) -> Encode:
    encode: Encode = gigatoken().from_tiktoken(table(encoding)).encode
    return encode


def gigatoken_list(encoding: str) -> Encode:
    encode: Encode = gigatoken().from_tiktoken(table(encoding)).as_tiktoken().encode_ordinary
    return encode


def quicktok(encoding: str) -> Encode:
    import quicktok  # type: ignore[import-not-found, import-untyped, unused-ignore]

    encode: Encode = quicktok.get_encoding(encoding).encode_ordinary
    return encode


# We come first.
PEERS: dict[str, Callable[[str], Encode]] = {
    "gpt-cost": gpt_cost,
    "tiktoken": tiktoken,
    "gigatoken, list": gigatoken_list,
    "gigatoken, array": gigatoken_array,
    "quicktok": quicktok,
}


def texts(name: str) -> list[str]:
    """Returns texts of about 4,000 bytes, cut before a line."""
    corpus, sample = TEXTS[name]
    folder = os.environ.get("GPT_COST_CORPORA")
    path = Path(folder) / corpus if folder else HERE.parents[1] / "benches" / "samples" / sample
    made, text = [], b""
    for line in path.with_suffix(".txt").read_bytes().splitlines(keepends=True):
        if len(text) > CUT:
            made.append(text.decode())
            text = b""
        text += line
    return [*made, text.decode()]


def call(encode: Encode) -> float:
    """Returns the seconds of a call with one byte: the best of many thousands."""
    best = float("inf")
    for _ in range(20):
        start = time.perf_counter()
        for _ in range(1_000):
            encode("a")
        best = min(best, (time.perf_counter() - start) / 1_000)
    return best


def measure(peer: str, encoding: str, name: str) -> None:
    """Prints what one process measures: each text once, and then calls with one byte."""
    some = texts(name)
    encode = PEERS[peer](encoding)
    # What is set up at the first use is not part of the figure.
    encode("What is set up at the first use is set up now.")
    seconds, tokens, ids = 0.0, 0, hashlib.sha256()
    for text in some:
        start = time.perf_counter()
        found = encode(text)
        seconds += time.perf_counter() - start
        tokens += len(found)
        ids.update(array("I", found).tobytes())
    size = sum(len(text.encode()) for text in some)
    figure = {"seconds": seconds, "bytes": size, "tokens": tokens, "ids": ids.hexdigest(), "call": call(encode)}
    print(json.dumps(figure))


def best(encoding: str, name: str, peers: list[str]) -> dict[str, dict[str, Any]]:
    """Returns the best figure of each peer; the peers take turns, each time in a process of its own."""
    found: dict[str, dict[str, Any]] = {}
    for _ in range(TRIES):
        for peer in peers:
            command = [sys.executable, str(HERE), "--measure", peer, encoding, name]
            ran = subprocess.run(command, capture_output=True, text=True)
            if ran.returncode != 0:
                print(f"{peer}, {encoding}, {name}: {ran.stderr}", file=sys.stderr)
                continue
            figure = json.loads(ran.stdout)
            old = found.setdefault(peer, figure)
            old["seconds"] = min(old["seconds"], figure["seconds"])
            old["call"] = min(old["call"], figure["call"])
    return found


def installed() -> list[str]:
    """Returns ourselves and the peers that can be loaded."""
    names = ["gpt-cost"]
    for peer in list(PEERS)[1:]:
        try:
            PEERS[peer](ENCODINGS[0])
            names.append(peer)
        except Exception as error:
            print(f"without {peer}: {type(error).__name__}: {error}", file=sys.stderr)
    return names


def print_table(peers: list[str], names: list[str]) -> None:
    """Prints a row for each encoding and peer."""
    print("| encoding | tokenizer | call with 1 byte |", " | ".join(names), "|")
    print("|---|---|---|" + "---|" * len(names))
    for encoding in ENCODINGS:
        figures = {name: best(encoding, name, peers) for name in names}
        for peer in peers:
            calls = [figure[peer]["call"] for figure in figures.values() if peer in figure]
            cells = [f"{min(calls) * 1e9:.0f} ns" if calls else "–"]
            for name in names:
                figure = figures[name].get(peer)
                ours = figures[name]["gpt-cost"]
                if figure is None:
                    cells.append("failed")
                    continue
                # tiktoken is the reference: if it differs, we are wrong.
                same = figure["ids"] == ours["ids"]
                assert same or peer != "tiktoken", f"{encoding}, {name}: tiktoken finds {figure}, we {ours}"
                cells.append(f"{figure['bytes'] / figure['seconds'] / 1e6:.0f} MB/s{'' if same else ' ≠'}")
            print("|", " | ".join([encoding.removesuffix("_base"), peer, *cells]), "|", flush=True)


if __name__ == "__main__":
    prepare()
    if sys.argv[1:2] == ["--measure"]:
        measure(*sys.argv[2:])
    else:
        words = sys.argv[1:]
        names = [name for name in TEXTS if not words or any(word in name for word in words)]
        peers = installed()
        print_table(peers, names)
        part2 = Path(os.environ.get("GPT_COST_CORPORA", "")) / "part2"
        if "GPT_COST_CORPORA" in os.environ and part2.is_dir():
            os.environ["GPT_COST_CORPORA"] = str(part2)
            print("\npart2:\n")
            print_table(peers, names)
