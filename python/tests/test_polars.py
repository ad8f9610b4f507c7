"""Polars: the columns of a frame, and functions in its expressions."""

import json
from decimal import Decimal
from typing import Any

import gpt_cost
import pytest
from bodies import AS_OF

pl = pytest.importorskip("polars")
pytest.importorskip("pyarrow")

TEXTS = ["hello world", None, "Why is the sky blue?"]


def test_a_series_is_counted() -> None:
    frame = pl.DataFrame({"text": TEXTS})
    counted = frame.with_columns(tokens=pl.Series(gpt_cost.count_column(frame["text"], "gpt-5-mini")))
    assert counted["tokens"].to_list() == [2, None, 6]
    assert counted["tokens"].dtype == pl.Int64
    categories = frame["text"].cast(pl.Categorical)
    assert pl.Series(gpt_cost.count_column(categories, "gpt-5-mini")).to_list() == [2, None, 6]


def test_an_expression_counts() -> None:
    def count(texts: Any) -> Any:
        return pl.Series(gpt_cost.count_column(texts, "gpt-5-mini"))

    tokens = pl.col("text").map_batches(count, return_dtype=pl.Int64)
    frame = pl.LazyFrame({"text": TEXTS * 1_000})
    assert frame.select(tokens.sum()).collect().item() == 8_000


def test_what_a_table_costs_at_the_batch_tier_is_one_query() -> None:
    frame = pl.LazyFrame({"text": TEXTS * 100})

    def cost(texts: Any) -> Any:
        estimates = gpt_cost.estimate_column(
            texts, "gpt-5-mini", format="text", tier="batch", output_tokens=500, as_of=AS_OF
        )
        return pl.DataFrame(estimates)["cost_expected"]

    costs = pl.col("text").map_batches(cost, return_dtype=pl.Decimal(38, 12))
    total = frame.select(costs.sum()).collect().item()
    prompts = [text for text in TEXTS if text is not None]
    each = [gpt_cost.estimate(text, "gpt-5-mini", tier="batch", output_tokens=500, as_of=AS_OF) for text in prompts]
    assert total == 100 * sum((one.cost.total.expected or Decimal(0) for one in each), Decimal(0))


def test_estimates_are_a_frame() -> None:
    bodies = pl.Series([json.dumps([{"role": "user", "content": text}]) for text in TEXTS if text])
    estimates = pl.DataFrame(gpt_cost.estimate_column(bodies, "gpt-5-mini", as_of=AS_OF))
    assert estimates.columns == ["input_tokens", "label", "cost_min", "cost_expected", "cost_max", "error"]
    assert estimates["label"].to_list() == ["exact", "exact"]
