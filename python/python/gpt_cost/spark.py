"""Counts and estimates in Apache Spark, as functions of SQL and of DataFrames.

    import gpt_cost.spark

    gpt_cost.spark.register(spark)
    spark.sql("SELECT sum(token_count(text, 'gpt-5-mini')) FROM messages")
    spark.sql("SELECT sum(estimate_cost(request, 'gpt-5-mini', 'batch').cost_max) FROM requests")

A worker loads only this package and PyArrow: the tables of the encodings and the prices are in the library.
"""

from __future__ import annotations

import datetime
import inspect
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

from . import Catalog, Error, count_column, estimate_column

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession  # type: ignore[import-not-found, unused-ignore]

__all__ = ["ESTIMATE", "estimate", "estimate_cost", "register", "token_count"]

#: The type of `estimate_cost`, for Spark: the fields of `gpt_cost.estimate_column`.
ESTIMATE = (
    "struct<input_tokens: bigint, label: string, cost_min: decimal(38, 12), cost_expected: decimal(38, 12), "
    "cost_max: decimal(38, 12), error: string>"
)


def register(
    spark: SparkSession,
    *,
    as_of: datetime.date | str | None = None,
    pricing: str | None = None,
    on_error: Literal["null", "raise"] = "null",
) -> None:
    """Registers the functions of SQL `token_count`, `estimate_cost` and `estimate_prompt`.

    `token_count(text, model)` returns the tokens of a text alone. `estimate_cost(request, model, tier, output_tokens)`
    returns the struct `ESTIMATE` of the JSON text of a request, and `estimate_prompt` that of a text as a user message;
    their last arguments can be omitted. A bad row and an unknown model are null, with the reason in `error`, or raise an
    exception with `on_error="raise"`. `pricing` is the text of a price table, which each task gets, not a path.
    """
    spark.udf.register("token_count", token_count(on_error=on_error))
    terms: dict[str, Any] = {"as_of": as_of, "pricing": pricing, "on_error": on_error}
    spark.udf.register("estimate_cost", estimate_cost(format="json", **terms))
    spark.udf.register("estimate_prompt", estimate_cost(format="text", **terms))


def token_count(*, on_error: Literal["null", "raise"] = "null") -> Any:
    """Returns the function of columns `token_count(text, model)`."""

    def count(text: Any, model: Any) -> Any:
        def of_model(texts: Any, model: str | None) -> Any:
            if model is None:
                return _nulls(texts)
            return count_column(texts, model, on_error=on_error, threads=1).to_pyarrow()

        return _by_arguments(of_model, _nulls if on_error == "null" else None, text, model)

    return _function(count, "bigint")


def estimate_cost(
    *,
    format: Literal["json", "text"] = "json",
    as_of: datetime.date | str | None = None,
    pricing: str | None = None,
    on_error: Literal["null", "raise"] = "null",
    **terms: Any,
) -> Any:
    """Returns the function of columns `estimate_cost(request, model, tier, output_tokens)`.

    `as_of` is the day of the prices, by default the day on which this is called, so that all tasks use the same. `terms`
    are further arguments of `gpt_cost.estimate_column`, such as `cached`.
    """
    terms = {"format": format, "as_of": _day(as_of), "on_error": on_error, "threads": 1, **terms}

    def estimate(request: Any, model: Any = None, tier: Any = None, output_tokens: Any = None) -> Any:
        def of_terms(requests: Any, *values: Any) -> Any:
            names = ("model", "tier", "output_tokens")
            given = {name: value for name, value in zip(names, values, strict=True) if value is not None}
            return estimate_column(requests, **{**terms, **given}, pricing=_catalog(pricing)).to_pyarrow()

        return _by_arguments(of_terms, _failed if on_error == "null" else None, request, model, tier, output_tokens)

    return _function(estimate, ESTIMATE)


def estimate(
    frame: DataFrame,
    column: str,
    model: str | None = None,
    *,
    as_of: datetime.date | str | None = None,
    pricing: str | None = None,
    **terms: Any,
) -> DataFrame:
    """Returns a frame of the fields of `ESTIMATE`, a row for each row of a column of requests, by `mapInArrow`.

    The arguments are those of `gpt_cost.estimate_column`; `pricing` is the text of a price table.
    """
    terms = {"as_of": _day(as_of), "threads": 1, **terms}

    def estimates(batches: Iterator[Any]) -> Iterator[Any]:
        pyarrow: Any = import_module("pyarrow")

        for batch in batches:
            column = estimate_column(batch.column(0), model, **terms, pricing=_catalog(pricing))
            yield pyarrow.RecordBatch.from_struct_array(column.to_pyarrow())

    return frame.select(column).mapInArrow(estimates, ESTIMATE.removeprefix("struct<").removesuffix(">"))


def _day(as_of: datetime.date | str | None) -> str:
    return str(as_of or datetime.datetime.now(datetime.timezone.utc).date())


_catalogs: dict[str, Catalog] = {}


def _catalog(text: str | None) -> Any:
    """Returns the arguments' price table, which a worker reads once."""
    if text is None:
        return None
    if text not in _catalogs:
        _catalogs[text] = Catalog.from_text(text)
    return _catalogs[text]


def _function(function: Callable[..., Any], kind: str) -> Any:
    """Returns a function of columns that Spark calls with Arrow arrays."""
    array = import_module("pyarrow").Array
    # Spark infers from the types that the function takes and returns arrays.
    function.__annotations__ = dict.fromkeys([*inspect.signature(function).parameters, "return"], array)
    return import_module("pyspark.sql.functions").arrow_udf(function, returnType=kind)


def _by_arguments(
    function: Callable[..., Any], failed: Callable[[Any, str], Any] | None, rows: Any, *arguments: Any
) -> Any:
    """Returns the results of `function` for the rows with each combination of arguments, which are mostly constants.

    If the arguments are wrong, such as an unknown model, the results are those of `failed`.
    """
    pyarrow: Any = import_module("pyarrow")
    compute: Any = import_module("pyarrow.compute")

    def results(rows: Any, *values: Any) -> Any:
        try:
            return function(rows, *values)
        except ValueError as error:
            if failed is None:
                raise
            return failed(rows, str(error).partition("\n")[0])

    distinct = [[None] if one is None else one.unique().to_pylist() for one in arguments]
    if all(len(values) <= 1 for values in distinct):
        return results(rows, *(values[0] if values else None for values in distinct))
    columns = [[None] * len(rows) if one is None else one.to_pylist() for one in arguments]
    places: dict[tuple[Any, ...], list[int]] = {}
    for place, values in enumerate(zip(*columns, strict=True)):
        places.setdefault(values, []).append(place)
    parts = [results(rows.take(pyarrow.array(each)), *values) for values, each in places.items()]
    order = compute.sort_indices(pyarrow.array([place for each in places.values() for place in each]))
    return pyarrow.concat_arrays(parts).take(order)


def _nulls(texts: Any, reason: str = "") -> Any:
    """Returns the counts of rows that cannot be counted."""
    pyarrow: Any = import_module("pyarrow")
    return pyarrow.nulls(len(texts), pyarrow.int64())


def _failed(requests: Any, reason: str) -> Any:
    """Returns the estimates of rows that have the same error."""
    pyarrow: Any = import_module("pyarrow")
    nulls = estimate_column(pyarrow.nulls(len(requests))).to_pyarrow()
    errors = pyarrow.array([reason if row else None for row in requests.is_valid().to_pylist()], pyarrow.string())
    return pyarrow.StructArray.from_arrays([*nulls.flatten()[:-1], errors], names=[one.name for one in nulls.type])
