"""Runs a job on a large Parquet table, with a worker that is killed in it, and compares the sums with the command line.

    python python/tests/spark/heavy.py --gigabytes 1
    python python/tests/spark/heavy.py --gigabytes 0.2 --tiktoken     # also the same job with tiktoken

It needs Java, `pip install gpt-cost[spark] psutil`, 4 GB of memory, and three times the size of the table on the disk of
`--folder`. Spark has two workers of one core each, on this machine. Each job reads the table; its time is that of the query
alone, the best of its runs, which alternate.
"""

import argparse
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gpt_cost.spark
from table import AS_OF, MODEL, OUTPUT_TOKENS, TIER, cluster, command_line, results, rows, write_parquet


def main() -> None:
    """Runs the jobs, and prints their times."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gigabytes", type=float, default=1)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()))
    parser.add_argument("--tiktoken", action="store_true", help="also run a job with tiktoken")
    parser.add_argument("--runs", type=int, default=3, help="the runs of each job, of which the best counts")
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(dir=arguments.folder))
    try:
        run(folder, arguments.gigabytes, arguments.runs, with_tiktoken=arguments.tiktoken)
    finally:
        shutil.rmtree(folder)


def run(folder: Path, gigabytes: float, runs: int, with_tiktoken: bool) -> None:
    """Runs the jobs on a new table in the folder."""
    table = folder / "requests"
    number = write_parquet(table, int(gigabytes * 1e9))
    size = sum(file.stat().st_size for file in table.iterdir())
    print(f"{number:,} rows, {size / 1e9:.3f} GB of Parquet", flush=True)

    spark = cluster(settings={"spark.executorEnv.TIKTOKEN_CACHE_DIR": tables()} if with_tiktoken else {})
    gpt_cost.spark.register(spark, as_of=AS_OF)
    frame = spark.read.parquet(str(table))
    frame.createOrReplaceTempView("requests")
    # Starts the workers.
    frame.limit(100).selectExpr(f"estimate_cost(request, '{MODEL}').error").collect()

    terms: dict[str, Any] = {"tier": TIER, "output_tokens": OUTPUT_TOKENS, "as_of": AS_OF}

    def in_arrow() -> Any:
        estimates = gpt_cost.spark.estimate(frame, "request", MODEL, **terms)
        return estimates.selectExpr("sum(input_tokens)", "sum(cost_expected)").collect()

    def with_tables_of_tiktoken() -> Any:
        return frame.select(tiktoken_count()("request").alias("count")).selectExpr("sum(count)").collect()

    # Each run has a query of its own: a frame that ran keeps results of its stages.
    jobs: dict[str, Callable[[], Any]] = {
        "reading alone (sum of lengths)": lambda: frame.selectExpr("sum(length(request))").collect(),
        "estimate_cost": lambda: results(spark),
        "estimate, by mapInArrow": in_arrow,
        "token_count": lambda: frame.selectExpr(f"sum(token_count(request, '{MODEL}'))").collect(),
    }
    if with_tiktoken:
        jobs["tiktoken in a pandas UDF"] = with_tables_of_tiktoken
    found, times = timed(jobs, runs)
    for name, seconds in times.items():
        print(f"{name:<42} {seconds:7.1f} s  {size / 1e6 / seconds:6.1f} MB/s", flush=True)
    quiet = found["estimate_cost"]
    assert tuple(found["estimate, by mapInArrow"][0]) == (quiet["tokens"], quiet["expected"])
    if with_tiktoken:
        assert found["token_count"] == found["tiktoken in a pandas UDF"]

    killer = Killer()
    killed = killer.during(lambda: results(spark))
    assert killer.killed, "the job ended before a worker could be killed"
    assert killed == quiet
    print(f"killed the Python worker {killer.killed} in a job; the same result", flush=True)
    spark.stop()

    texts = (text for part in range(0, number, 20_000) for text in rows(20_000, seed=part))
    expected = command_line(texts, folder)
    assert quiet == expected
    print(f"the same result: {expected['requests']:,} requests, {len(expected['errors']):,} bad rows, "
          f"{expected['tokens']:,} tokens, ${expected['expected']} expected, at most ${expected['max']}")


def timed(jobs: dict[str, Callable[[], Any]], runs: int) -> tuple[dict[str, Any], dict[str, float]]:
    """Returns the results of the jobs, and the best time of each; the runs alternate."""
    found: dict[str, Any] = {}
    times: dict[str, list[float]] = {name: [] for name in jobs}
    for _ in range(runs):
        for name, job in jobs.items():
            start = time.perf_counter()
            result = job()
            times[name].append(time.perf_counter() - start)
            assert found.setdefault(name, result) == result, name
    return found, {name: min(each) for name, each in times.items()}


def tables() -> str:
    """Returns the folder with the tables of tiktoken, which the tests prepare."""
    sys.path.append(str(Path(__file__).parent.parent))
    from tiktoken_tables import prepare

    return prepare()


def tiktoken_count() -> Any:
    """Returns the function that people write with tiktoken."""
    import pandas as pd
    from pyspark.sql.functions import pandas_udf

    def count(texts: pd.Series) -> pd.Series:
        import tiktoken

        encoding = tiktoken.encoding_for_model(MODEL)
        # Special tokens as ordinary text, and nulls kept.
        return texts.map(lambda text: len(encoding.encode_ordinary(text)), na_action="ignore").astype("Int64")

    return pandas_udf(count, "bigint")


class Killer:
    """Kills a Python worker of an executor while a job runs."""

    killed: int | None = None

    def during(self, job: Callable[[], Any]) -> Any:
        """Returns the result of the job, in which a worker is killed."""
        done = threading.Event()
        thread = threading.Thread(target=self._kill, args=(done,))
        thread.start()
        try:
            return job()
        finally:
            done.set()
            thread.join()

    def _kill(self, done: threading.Event) -> None:
        import psutil

        while not done.wait(0.1):
            busy = [one for one in psutil.Process().children(recursive=True) if is_working(one)]
            if busy:
                self.killed = busy[0].pid
                os.kill(busy[0].pid, signal.SIGKILL)
                return


def is_working(process: Any) -> bool:
    """Returns whether a process is a worker of Spark, forked by its daemon, that has used a second of the processor."""
    import psutil

    try:
        line = " ".join(process.cmdline())
        parent = process.parent()
        is_forked = parent is not None and "pyspark.daemon" in " ".join(parent.cmdline())
        return "pyspark.daemon" in line and is_forked and process.cpu_times().user > 0.5
    except psutil.Error:
        return False


if __name__ == "__main__":
    main()
