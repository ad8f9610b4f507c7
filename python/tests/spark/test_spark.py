"""The functions of Spark on 1,000 rows, on a cluster of two workers."""

import shutil
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import gpt_cost
import pytest
from table import AS_OF, MODEL, OUTPUT_TOKENS, TIER, cluster, command_line, results, rows

pytest.importorskip("pyspark", minversion="4.1")
if shutil.which("java") is None:
    pytest.skip("there is no java", allow_module_level=True)

import gpt_cost.spark  # noqa: E402

REQUESTS = list(rows(1_000))


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    session = cluster()
    gpt_cost.spark.register(session, as_of=AS_OF)
    frame = session.createDataFrame([(text,) for text in REQUESTS], "request string").repartition(4)
    frame.createOrReplaceTempView("requests")
    texts = [("hello world", MODEL), (None, MODEL), ("Why is the sky blue?", "gpt-4"), ("a", "gpt-99"), ("a", None)]
    session.createDataFrame(texts, "text string, model string").coalesce(1).createOrReplaceTempView("texts")
    yield session
    session.stop()


def test_the_sums_are_those_of_the_command_line(spark: Any, tmp_path: Path) -> None:
    found = results(spark)
    assert found == command_line(iter(REQUESTS), tmp_path)
    assert (found["requests"], len(found["errors"])) == (980, 15)


def test_map_in_arrow_returns_the_same(spark: Any, tmp_path: Path) -> None:
    terms: dict[str, Any] = {"tier": TIER, "output_tokens": OUTPUT_TOKENS, "as_of": AS_OF}
    frame = gpt_cost.spark.estimate(spark.table("requests"), "request", MODEL, **terms)
    [row] = frame.selectExpr("sum(input_tokens)", "sum(cost_expected)", "count(error)").collect()
    expected = command_line(iter(REQUESTS), tmp_path)
    assert tuple(row) == (expected["tokens"], expected["expected"], len(expected["errors"]))


def test_texts_are_counted_with_the_model_of_each_row(spark: Any) -> None:
    counted = spark.sql(f"SELECT token_count(text, '{MODEL}') AS fixed, token_count(text, model) AS own FROM texts")
    assert [tuple(row) for row in counted.collect()] == [(2, 2), (None, None), (6, 6), (1, None), (1, None)]


def test_arguments_can_be_omitted_or_differ_by_row(spark: Any) -> None:
    query = """
        SELECT e.*, estimate_prompt(text, model, 'batch', 10).cost_expected AS batch
        FROM (SELECT *, estimate_prompt(text, model) AS e FROM texts)
    """
    estimates = spark.sql(query).collect()
    one = gpt_cost.estimate("hello world", MODEL, tier="batch", output_tokens=10, as_of=AS_OF)
    assert estimates[0].input_tokens == one.tokens
    assert estimates[0].cost_expected is None
    assert estimates[0].batch == one.cost.total.expected
    assert [row.error for row in estimates] == [
        None,
        None,
        None,
        "unknown model `gpt-99`",
        "the request names no model",
    ]


def test_a_bad_row_fails_the_job_if_asked_to(spark: Any) -> None:
    estimate = gpt_cost.spark.estimate_cost(on_error="raise", as_of=AS_OF)
    with pytest.raises(Exception, match="not valid JSON|the field `content` is missing"):
        spark.table("requests").select(estimate("request")).collect()


def test_a_price_table_is_an_argument(spark: Any) -> None:
    text = """
        schema = 1
        [model."gpt-4o"]
        encoding = "o200k_base"
        context = 128_000
        price = { per = "1M", input = "2.00", output = "8.00" }
    """
    estimate = gpt_cost.spark.estimate_cost(format="text", pricing=text, as_of=AS_OF)
    from pyspark.sql.functions import lit

    [row] = spark.table("texts").limit(1).select(estimate("text", lit("gpt-4o")).alias("e")).select("e.*").collect()
    assert row.cost_min == row.input_tokens * Decimal("0.000002")
