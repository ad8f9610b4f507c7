"""Tables of requests, with bad rows, and what the command line says of them."""

import json
import os
import random
import re
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

AS_OF = "2026-11-23"
MODEL = "gpt-5-mini"
TIER = "batch"
OUTPUT_TOKENS = 200

WORDS = (
    "the of and to in is that for it as with was on are by be this from or an which at not have has invoice refund "
    "Garten größer naïve 東京 данные tokenizer configuration authentication {} def return self. https://example.com "
    "2026-11-23 $19.99 JSON, while(true) 12345 SELECT \n \n\n • résumé photosynthesis unbelievable"
).split(" ")


def rows(number: int, seed: int = 25) -> Iterator[str | None]:
    """Returns this number of requests of about 1 KB; of 200 rows, one is null, and three cannot be read."""
    random_ = random.Random(seed)
    for row in range(number):
        kind = row % 200
        if kind == 7:
            yield None
        elif kind in (50, 51):
            yield '{"model": "gpt-5-mini", "messages": [{"role": "user"}]}'
        elif kind == 120:
            yield '{"model": "gpt-5-mini", "messages": ['
        else:
            text = " ".join(random_.choices(WORDS, k=random_.randrange(20, 220)))
            messages = [{"role": "system", "content": "You answer in one sentence."}, {"role": "user", "content": text}]
            body = {"model": random_.choice(["gpt-4o", "gpt-4.1", "o3"]), "messages": messages, "max_tokens": 300}
            yield json.dumps(body, ensure_ascii=False)


def write_parquet(path: Path, bytes_: int) -> int:
    """Writes a table with the column `request`, not compressed, of at least this size; returns the number of rows."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema([("request", pa.string())])
    number, part = 0, 20_000
    path.mkdir(parents=True)
    while sum(file.stat().st_size for file in path.iterdir()) < bytes_:
        column = pa.array(rows(part, seed=number), pa.string())
        file = path / f"part-{number // part:05}.parquet"
        pq.write_table(pa.table([column], schema), file, compression="none", use_dictionary=False)
        number += part
    return number


def command_line(texts: Iterator[str | None], folder: Path) -> dict[str, Any]:
    """Returns what `gpt-cost estimate` says of the rows that are not null: the sums, and the errors by their lines."""
    file = folder / "rows.jsonl"
    with file.open("w") as lines:
        lines.writelines(text.replace("\n", " ") + "\n" for text in texts if text is not None)
    command = os.environ.get("GPT_COST")
    arguments = [command] if command else [sys.executable, "-m", "gpt_cost"]
    arguments += ["estimate", str(file), "--model", MODEL, "--tier", TIER, "--output-tokens", str(OUTPUT_TOKENS)]
    arguments += ["--as-of", AS_OF, "--no-config", "--format", "jsonl"]
    found: dict[str, Any] = {"requests": 0, "tokens": 0, "min": 0, "expected": 0, "max": 0, "errors": []}
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as running:
        for line in running.stdout or ():
            row = json.loads(line)
            if row["kind"] == "estimate-failure":
                found["errors"].append(row["error"])
                continue
            found["requests"] += 1
            found["tokens"] += row["input_tokens"]["tokens"]
            for field in ("min", "expected", "max"):
                found[field] += Decimal(row["cost"]["total"][field])
    # Code 2: there are bad rows.
    assert running.returncode == 2
    found["errors"].sort()
    return found


QUERY = f"""
    SELECT count(e.input_tokens) AS requests, sum(e.input_tokens) AS tokens, sum(e.cost_min) AS min,
           sum(e.cost_expected) AS expected, sum(e.cost_max) AS max, collect_list(e.error) AS errors
    FROM (SELECT estimate_cost(request, '{MODEL}', '{TIER}', {OUTPUT_TOKENS}) AS e FROM requests)
"""


def results(session: Any) -> dict[str, Any]:
    """Returns the same of the table `requests` in Spark."""
    [row] = session.sql(QUERY).collect()
    found: dict[str, Any] = row.asDict()
    # The command line has the line and the column beside the error.
    found["errors"] = sorted(re.sub("^line 1, column [0-9]+: ", "", error) for error in found["errors"])
    return found


def cluster(cores: int = 1, memory: int = 1024, settings: dict[str, str] | None = None) -> Any:
    """Returns a session of Spark with two workers of their own."""
    import pyspark
    from pyspark.sql import SparkSession

    os.environ.setdefault("SPARK_HOME", str(Path(pyspark.__file__).parent))
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    # The workers use the interpreter that has the package.
    os.environ["PYSPARK_PYTHON"] = sys.executable
    builder: Any = SparkSession.builder
    builder = builder.master(f"local-cluster[2,{cores},{memory}]").appName("gpt-cost")
    builder = builder.config("spark.ui.enabled", "false").config("spark.ui.showConsoleProgress", "false")
    builder = builder.config("spark.sql.shuffle.partitions", "4")
    builder = builder.config("spark.executor.memory", f"{memory}m")
    for name, value in (settings or {}).items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    return session
