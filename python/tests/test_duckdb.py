"""DuckDB: relations, and functions of SQL."""

from decimal import Decimal
from typing import Any

import gpt_cost
import pytest
from bodies import AS_OF

duckdb = pytest.importorskip("duckdb")
pa = pytest.importorskip("pyarrow")

TEXTS = ["hello world", None, "Why is the sky blue?"]


def connection() -> Any:
    connected = duckdb.connect()
    connected.execute("CREATE TABLE prompts (text VARCHAR)")
    connected.executemany("INSERT INTO prompts VALUES (?)", [[text] for text in TEXTS])
    return connected


def test_a_relation_is_counted() -> None:
    texts = connection().sql("SELECT text FROM prompts")
    assert pa.array(gpt_cost.count_column(texts, "gpt-5-mini")).to_pylist() == [2, None, 6]


def test_a_function_of_sql_counts() -> None:
    connected = connection()

    def count(texts: Any) -> Any:
        return gpt_cost.count_column(texts, "gpt-5-mini").to_pyarrow()

    connected.create_function("token_count", count, ["VARCHAR"], "BIGINT", type="arrow", null_handling="special")
    assert connected.sql("SELECT token_count(text) FROM prompts").fetchall() == [(2,), (None,), (6,)]
    assert connected.sql("SELECT sum(token_count(text)) FROM prompts, range(10_000)").fetchall() == [(80_000,)]


def test_what_a_table_costs_at_the_batch_tier_is_one_query() -> None:
    connected = connection()
    texts = connected.sql("SELECT text FROM prompts")
    estimates = gpt_cost.estimate_column(
        texts, "gpt-5-mini", format="text", tier="batch", output_tokens=500, as_of=AS_OF
    )
    total = connected.sql("SELECT sum(cost_expected), sum(input_tokens), count(error) FROM estimates").fetchall()
    prompts = [text for text in TEXTS if text is not None]
    each = [gpt_cost.estimate(text, "gpt-5-mini", tier="batch", output_tokens=500, as_of=AS_OF) for text in prompts]
    cost = sum((one.cost.total.expected or Decimal(0) for one in each), Decimal(0))
    assert total == [(cost, sum(one.tokens for one in each), 0)]
    assert len(estimates) == 3
