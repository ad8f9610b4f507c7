"""Columns of Arrow data, compared with the same calls row by row."""

import json
from decimal import Decimal
from typing import Any

import gpt_cost
import pytest
from bodies import AS_OF, BODIES

pa = pytest.importorskip("pyarrow")

TEXTS = ["hello world", None, "", "Why is the sky blue?", "ein Gärtner 🌱", "<|endoftext|>"]
BODY = {"model": "gpt-4o-mini", "max_tokens": 300, "messages": [{"role": "user", "content": "Why is the sky blue?"}]}
SECRET = "zanzibar"


def counts(column: Any, model: str = "gpt-5-mini", **options: Any) -> list[int | None]:
    values: list[int | None] = gpt_cost.count_column(column, model, **options).to_pyarrow().to_pylist()
    return values


def rows(column: Any, model: str | None = None, **terms: Any) -> list[dict[str, Any]]:
    values: list[dict[str, Any]] = gpt_cost.estimate_column(column, model, as_of=AS_OF, **terms).to_pyarrow().to_pylist()
    return values


def expected(texts: list[str | None]) -> list[int | None]:
    encoding = gpt_cost.encoding_for_model("gpt-5-mini")
    return [None if text is None else encoding.count(text) for text in texts]


@pytest.mark.parametrize("kind", ["string", "large_string", "string_view", "binary", "large_binary", "binary_view"])
def test_a_column_of_any_type_of_text_is_counted(kind: str) -> None:
    data = [text and text.encode() if "binary" in kind else text for text in TEXTS]
    column = pa.array(data, getattr(pa, kind)())
    assert counts(column) == expected(TEXTS)
    assert counts(column.slice(2, 3)) == expected(TEXTS[2:5])
    assert counts(column.slice(0, 0)) == []
    assert counts(pa.chunked_array([column, column.slice(3)])) == expected(TEXTS + TEXTS[3:])


def test_texts_that_a_dictionary_encodes_are_counted_as_the_others() -> None:
    column = pa.array([*TEXTS, *TEXTS]).dictionary_encode()
    assert counts(column) == expected([*TEXTS, *TEXTS])
    assert counts(column.slice(4, 4)) == expected([*TEXTS, *TEXTS][4:8])
    none = pa.DictionaryArray.from_arrays(pa.array([None, None], pa.int8()), pa.array([], pa.string()))
    assert counts(none) == [None, None]
    null = pa.DictionaryArray.from_arrays(pa.array([0, 1], pa.int8()), pa.array([None, "a"]))
    assert counts(null) == [None, 1]
    # A bad text that no row refers to is no bad row.
    bad = pa.DictionaryArray.from_arrays(pa.array([1, 1], pa.int8()), pa.array([b"\xff", b"a"]))
    assert counts(bad, on_error="raise") == [1, 1]


def test_a_column_has_a_model_or_an_encoding() -> None:
    column = pa.array(["hello world"])
    encoding = gpt_cost.get_encoding("cl100k_base")
    assert gpt_cost.count_column(column, encoding=encoding).to_pyarrow().to_pylist() == [2]
    assert gpt_cost.count_column(column, encoding="cl100k_base").to_pyarrow().to_pylist() == [2]
    for arguments in [{}, {"model": "gpt-4o", "encoding": encoding}]:
        with pytest.raises(TypeError, match="^expected either a model or an encoding$"):
            gpt_cost.count_column(column, **arguments)  # type: ignore[arg-type]
    with pytest.raises(gpt_cost.UnknownModelError):
        gpt_cost.count_column(column, "gpt-99")


def test_a_bad_row_is_null_with_a_reason() -> None:
    column = pa.array([b"hello world", None, b"ab\xff" + SECRET.encode()])
    result = gpt_cost.count_column(column, "gpt-5-mini")
    assert result.to_pyarrow().to_pylist() == [2, None, None]
    assert result.errors.to_pyarrow().to_pylist() == [None, None, "invalid UTF-8 at byte 2"]
    assert (len(result), repr(result)) == (3, "<gpt_cost.Column: 3 rows of int64, 1 bad>")
    with pytest.raises(gpt_cost.RequestError, match="^row 2: invalid UTF-8 at byte 2$") as caught:
        gpt_cost.count_column(column, "gpt-5-mini", on_error="raise")
    assert caught.value.row == 2  # type: ignore[attr-defined]


def test_what_is_no_column_of_texts_is_an_error() -> None:
    for column, message in [
        (pa.array([1, 2]), "expected a column of strings or bytes, not of Int64"),
        (pa.table({"a": ["x"], "b": ["y"]}), "expected one column, not a table with 2; pass one of its columns"),
        (["text"], "expected a column of Arrow data, such as a pyarrow.Array or a polars.Series"),
    ]:
        with pytest.raises(TypeError) as caught:
            counts(column)
        assert str(caught.value) == message
    assert counts(pa.table({"a": ["hello world", None]})) == [2, None]
    assert counts(pa.nulls(2)) == [None, None]
    capsules = pa.array(["a"]).__arrow_c_array__()

    class Once:
        def __arrow_c_array__(self) -> Any:
            return capsules

    assert counts(Once()) == [1]
    with pytest.raises(ValueError, match="^the Arrow data was already read$"):
        counts(Once())
    with pytest.raises(ValueError, match='^on_error: expected "null" or "raise"'):
        counts(pa.array(["a"]), on_error="ignore")


def test_many_rows_are_counted_by_several_threads_in_their_order() -> None:
    texts = [None if number % 97 == 0 else f"{number} hello " * (number % 40) for number in range(20_000)]
    column = pa.array(texts)
    assert counts(column, threads=1) == expected(texts)
    assert counts(column, threads=4) == expected(texts)
    assert counts(column) == expected(texts)


def test_an_estimate_of_a_column_is_that_of_each_row() -> None:
    bodies = [json.dumps(body) for body in BODIES.values()]
    all_terms: list[dict[str, Any]] = [
        {},
        {"tier": "batch", "output_tokens": 100, "cached": "50%"},
        {"output_tokens": 7, "uplift": "10%"},
    ]
    for terms in all_terms:
        for body, row in zip(bodies, rows(pa.array(bodies), **terms), strict=True):
            try:
                one = gpt_cost.estimate(json.loads(body), as_of=AS_OF, **terms)
            except gpt_cost.Error as error:
                assert row == dict.fromkeys(row) | {"error": "; ".join(error.problems)}
                continue
            total = one.cost.total
            assert row == {
                "input_tokens": one.tokens,
                "label": one.label,
                "cost_min": total.min,
                "cost_expected": total.expected,
                "cost_max": total.max,
                "error": None,
            }


def test_rows_are_bodies_batch_lines_messages_or_prompts() -> None:
    messages = BODY["messages"]
    line = {"custom_id": "1", "method": "POST", "url": "/v1/chat/completions", "body": BODY}
    column = pa.array([json.dumps(BODY), json.dumps(line), None])
    one = gpt_cost.estimate(BODY, as_of=AS_OF)
    batch = gpt_cost.estimate(BODY, tier="batch", as_of=AS_OF)
    assert [row["cost_max"] for row in rows(column)] == [one.cost.total.max, batch.cost.total.max, None]
    assert [row["input_tokens"] for row in rows(pa.array([json.dumps(messages)]), "gpt-4o-mini")] == [one.tokens]
    prompts = rows(pa.array(["Why is the sky blue?"]), "gpt-4o-mini", format="text")
    assert [row["input_tokens"] for row in prompts] == [one.tokens]
    # The model of the call overrides that of the request.
    assert rows(column, "gpt-4.1")[0]["cost_max"] == gpt_cost.estimate(BODY, "gpt-4.1", as_of=AS_OF).cost.total.max


def test_a_bad_request_is_null_with_a_reason_that_shows_no_text() -> None:
    bad = [
        '{"model": "gpt-4o", "messages": [{"role": "user"}]}',
        f'{{"{SECRET}": ',
        '{"model": "gpt-99", "messages": [{"role": "user", "content": "a"}]}',
        '[{"role": "user", "content": "a"}]',
    ]
    results = rows(pa.array([*bad, None]))
    errors = [row.pop("error") for row in results]
    assert all(value is None for row in results for value in row.values())
    assert errors[0] == "messages[0]: the field `content` is missing"
    assert errors[2:] == ["unknown model `gpt-99`", "the request names no model", None]
    assert SECRET not in str(errors)
    with pytest.raises(gpt_cost.RequestError, match=r"^row 1: messages\[0\]: the field `content` is missing$"):
        rows(pa.array([None, bad[0]]), on_error="raise")
    with pytest.raises(gpt_cost.UnknownModelError):
        rows(pa.array([]), "gpt-99")
    with pytest.raises(ValueError, match='^format: expected "json" or "text"'):
        rows(pa.array([]), format="yaml")


def test_costs_are_decimals_that_fit_or_an_error() -> None:
    column = pa.array(["hello world"])
    for price, fits in [("0.123457", True), ("0.1234567", False)]:
        text = f"""
            schema = 1
            [model.m]
            encoding = "o200k_base"
            counting = "gpt-5"
            context = 100_000
            price = {{ per = "1M", input = "{price}", output = "1" }}
        """
        row = rows(column, "m", format="text", pricing=gpt_cost.Catalog.from_text(text))[0]
        if fits:
            assert row["cost_min"] == row["input_tokens"] * Decimal(price) / 1_000_000
        else:
            assert row["cost_min"] is None
            assert row["error"] == "the cost $0.0000009876536 does not fit into decimal(38, 12)"
    table = pa.table(gpt_cost.estimate_column(column, "gpt-4o", format="text"))
    assert table.schema.field("cost_max").type == pa.decimal128(38, 12)


def test_a_result_is_arrow_data_of_any_consumer() -> None:
    column = pa.array([json.dumps(BODY), None])
    estimates = gpt_cost.estimate_column(column, as_of=AS_OF)
    assert pa.table(estimates).num_rows == 2
    assert pa.array(estimates).to_pylist() == rows(column)
    assert pa.field(gpt_cost.count_column(column, "gpt-4o")).type == pa.int64()
    # It can be read again, and what is read outlives it.
    first, second = pa.array(estimates), pa.array(estimates)
    del estimates
    assert first.equals(second)
    assert pa.array(gpt_cost.count_column(first.field("label"), "gpt-4o")).to_pylist() == [1, None]
