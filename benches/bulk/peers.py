#!/usr/bin/env python3
"""Counts the tokens of a file for the Batch API with one peer, and prints what it did as JSON.

    python3 benches/bulk/peers.py PEER FILE

Loading the peer is not timed.
"""

import importlib.util
import json
import multiprocessing
import os
import sys
import time
import types


def main():
    peer, file = sys.argv[1:]
    count = PEERS[peer]()
    start = time.perf_counter()
    requests, tokens, failed = count(file)
    seconds = time.perf_counter() - start
    print(json.dumps({"seconds": seconds, "requests": requests, "tokens": tokens, "failed": failed}))


def tiktoken_loop():
    """A loop over tiktoken that counts messages as `num_tokens_from_messages` of OpenAI's cookbook does."""
    load_encoding()
    return lambda file: count_range(file, 0, os.path.getsize(file))


def tiktoken_loop_in_two_processes():
    load_encoding()
    # Each process gets a copy of the loaded encoding.
    pool = multiprocessing.get_context("fork").Pool(2)

    def count(file):
        # More ranges than processes, so that both end at about the same time.
        size, ranges = os.path.getsize(file), 16
        borders = [size * i // ranges for i in range(ranges + 1)]
        totals = pool.starmap(count_range, [(file, *pair) for pair in zip(borders, borders[1:])], chunksize=1)
        return [sum(column) for column in zip(*totals)]

    return count


def load_encoding():
    global encoding
    import tiktoken

    encoding = tiktoken.encoding_for_model("gpt-4o-mini")


def count_range(file, start, end):
    """Counts the lines that begin in a range of bytes."""
    requests = tokens = 0
    with open(file, "rb") as lines:
        position = 0
        if start > 0:
            # A line that begins at `start` is ours; of a line that began earlier, the rest is skipped.
            lines.seek(start - 1)
            position = start - 1 + len(lines.readline())
        for line in lines:
            if position >= end:
                break
            position += len(line)
            requests += 1
            tokens += count_messages(json.loads(line)["body"]["messages"])
    return requests, tokens, 0


def count_messages(messages):
    tokens = 3
    for message in messages:
        tokens += 3
        for key, value in message.items():
            # The API counts the text of special tokens as ordinary text.
            tokens += len(encoding.encode(value, disallowed_special=()))
            if key == "name":
                tokens += 1
    return tokens


def gpt_batch_api():
    """The estimator with which gpt-batch-api decides how many requests a batch contains."""
    # The package itself imports wandb and OpenAI's client, which need seconds and are not used to count.
    package = types.ModuleType("gpt_batch_api")
    package.__path__ = importlib.util.find_spec("gpt_batch_api").submodule_search_locations
    sys.modules["gpt_batch_api"] = package
    from gpt_batch_api.tokens import TokenEstimator

    estimator = TokenEstimator(assumed_completion_ratio=None)
    # The vocabulary is loaded at the first use.
    estimator.payload_input_tokens({"model": "gpt-4o-mini", "messages": []}, "/v1/chat/completions")
    return per_line(lambda request: estimator.payload_input_tokens(request["body"], request["url"]).total)


def litellm():
    """The function with which litellm's proxy counts a batch that is uploaded, to limit tokens per minute."""
    from litellm.batches.batch_utils import count_entry_tokens

    count_entry_tokens({"body": {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": ""}]}})
    return per_line(count_entry_tokens)


def per_line(count_request):
    def count(file):
        requests = tokens = failed = 0
        with open(file, "rb") as lines:
            for line in lines:
                requests += 1
                try:
                    tokens += count_request(json.loads(line))
                except (KeyError, TypeError, ValueError):
                    failed += 1
        return requests, tokens, failed

    return count


PEERS = {
    "tiktoken": tiktoken_loop,
    "tiktoken-2": tiktoken_loop_in_two_processes,
    "gpt-batch-api": gpt_batch_api,
    "litellm": litellm,
}

if __name__ == "__main__":
    main()
