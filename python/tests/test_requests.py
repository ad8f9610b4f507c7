"""What can be passed as a request, and what is an error."""

import datetime
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any

import gpt_cost
import pytest
from bodies import AS_OF, BODIES

MESSAGES = [{"role": "user", "content": "Why is the sky blue?"}]
SECRET = "zanzibar"


def tokens(*arguments: object, **fields: Any) -> int:
    return gpt_cost.count(*arguments, **fields, as_of=AS_OF).tokens  # type: ignore[arg-type]


def test_a_request_is_a_list_a_dict_or_keyword_arguments() -> None:
    assert tokens(MESSAGES, "gpt-4.1") == 13
    assert tokens(tuple(MESSAGES), "gpt-4.1") == 13
    assert tokens({"model": "gpt-4.1", "messages": MESSAGES}) == 13
    assert tokens(messages=MESSAGES, model="gpt-4.1") == 13
    assert tokens("Why is the sky blue?", "gpt-4.1") == 13
    assert tokens(input="Why is the sky blue?", model="gpt-4.1") == tokens(MESSAGES, "gpt-4.1", instructions=None)
    assert tokens(["Why", "blue"], "text-embedding-3-small") == 2
    assert tokens([[1, 2, 3]], "text-embedding-3-small") == 3
    assert tokens(input="Why blue", model="text-embedding-3-small") == 2


def test_further_keyword_arguments_are_fields_of_the_request() -> None:
    body = BODIES["chat with tools"]
    estimate = gpt_cost.estimate(
        body["messages"], "gpt-4o", tools=body["tools"], tool_choice="auto", max_completion_tokens=500, as_of=AS_OF
    )
    assert estimate == gpt_cost.estimate(body, as_of=AS_OF)
    without = {key: value for key, value in body.items() if key != "tools"}
    assert gpt_cost.estimate(without, tools=body["tools"], as_of=AS_OF) == estimate
    body = BODIES["responses"]
    estimate = gpt_cost.estimate(
        body["input"], "gpt-5.4-mini", instructions=body["instructions"], tools=body["tools"], as_of=AS_OF
    )
    assert estimate.format == "responses"
    assert estimate.input_tokens == gpt_cost.estimate(body, as_of=AS_OF).input_tokens
    # Its items are of the Responses API, whatever is beside them.
    assert gpt_cost.count(body["input"], "gpt-5.4-mini", tools=body["tools"]).format == "responses"


def test_arguments_of_the_client_that_are_not_sent_are_left_out() -> None:
    count = tokens(MESSAGES, "gpt-4o", timeout=object(), extra_headers={"a": object()}, extra_query=None)
    assert count == tokens(MESSAGES, "gpt-4o")
    tools = BODIES["chat with tools"]["tools"]
    assert tokens(MESSAGES, "gpt-4o", extra_body={"tools": tools}) == tokens(MESSAGES, "gpt-4o", tools=tools)


def test_the_order_of_keys_is_that_of_the_dict() -> None:
    """The model is shown the properties of a tool in their order, which decides what becomes one token."""

    def count(properties: dict[str, Any]) -> int:
        tool = {"name": "f", "parameters": {"type": "object", "properties": properties}}
        return tokens(MESSAGES, "gpt-4o", tools=[{"type": "function", "function": tool}])

    items: dict[str, Any] = {"type": "array", "items": {"type": "object", "properties": {}}}
    properties: dict[str, Any] = {"1": items, "apple": {"enum": ["a"]}, "a": {"type": "string", "description": "d"}}
    assert count(dict(sorted(properties.items()))) == count(properties) + 1
    assert count(OrderedDict(properties)) == count(properties)


class Role(str, Enum):
    USER = "user"


@dataclass
class Message:
    role: Role
    content: str


class Read(Mapping[str, object]):
    def __getitem__(self, key: str) -> object:
        return {"role": "user", "content": "Why is the sky blue?"}[key]

    def __iter__(self) -> Iterator[str]:
        return iter(["role", "content"])

    def __len__(self) -> int:
        return 2


def test_objects_become_json() -> None:
    assert tokens([Message(Role.USER, "Why is the sky blue?")], "gpt-4.1") == 13
    assert tokens([Read()], "gpt-4.1") == 13
    assert tokens(MESSAGES, "gpt-4.1", seed=10**40, temperature=0.5, store=True, n=1) == 13


def test_a_request_can_change_while_it_is_read() -> None:
    class Changing(Read):
        def __iter__(self) -> Iterator[str]:
            request.clear()
            return super().__iter__()

    request: dict[str, Any] = {"model": "gpt-4.1", "messages": [Changing()], "n": 1}
    assert tokens(request) == 13


def test_exceptions_of_objects_are_passed_on() -> None:
    class Failing(Read):
        def __getitem__(self, key: str) -> object:
            raise LookupError(key)

    with pytest.raises(LookupError, match="^role$"):
        tokens([Failing()], "gpt-4.1")


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (object(), "[0].content: expected a value of JSON, found an object of the type `object`"),
        (b"a", "[0].content: expected a value of JSON, found an object of the type `bytes`"),
        (int, "[0].content: expected a value of JSON, found an object of the type `type`"),
        ((part for part in "ab"), "[0].content: expected a value of JSON, found an object of the type `generator`"),
        (float("nan"), "[0].content: expected a finite number"),
        ({1: 2}, "[0].content: expected text as the key of a dict"),
        ("a\ud800", "[0].content: the text has half of a surrogate pair"),
        ([{"type": "text", "text": {3}}], "[0].content[0].text: expected a value of JSON, found an object of the type `set`"),
    ],
)
def test_the_error_of_a_value_names_its_place(value: object, message: str) -> None:
    with pytest.raises(gpt_cost.RequestError) as error:
        gpt_cost.count([{"role": "user", "content": value}], "gpt-4o")
    assert str(error.value) == message
    assert error.value.path == message.split(": ")[0]


def test_endless_and_deep_requests_are_errors() -> None:
    cycle: list[object] = []
    cycle.append(cycle)
    message = "arrays and objects are nested more than 127 levels deep, or contain themselves"
    with pytest.raises(gpt_cost.RequestError) as error:
        gpt_cost.count([{"role": "user", "content": cycle}], "gpt-4o")
    assert str(error.value) == message
    wide: list[object] = []
    for _ in range(100):
        wide = [wide, wide]
    with pytest.raises(gpt_cost.RequestError, match="^the request has more than 64,000,000 bytes$"):
        gpt_cost.count([{"role": "user", "content": wide}], "gpt-4o")


def test_errors_have_the_texts_of_the_library() -> None:
    with pytest.raises(gpt_cost.UnknownModelError) as unknown:
        gpt_cost.estimate(MESSAGES, "gpt-4oo")
    assert str(unknown.value) == "unknown model `gpt-4oo`\nhint: did you mean `gpt-4o`?"
    assert unknown.value.hint == "did you mean `gpt-4o`?"
    assert unknown.value.problems == ["unknown model `gpt-4oo`"]
    with pytest.raises(gpt_cost.WrongModelError):
        gpt_cost.estimate(MESSAGES, "text-embedding-3-small")
    with pytest.raises(gpt_cost.MissingPriceError):
        gpt_cost.estimate(MESSAGES, "gpt-4", tier="flex")
    with pytest.raises(gpt_cost.RequestError, match="^the request names no model\nhint: pass model="):
        gpt_cost.estimate(MESSAGES)
    with pytest.raises(gpt_cost.RequestError, match="^there is no request\n"):
        gpt_cost.estimate(model="gpt-4o")
    with pytest.raises(gpt_cost.RequestError, match="^messages: duplicate field"):
        gpt_cost.estimate({"messages": MESSAGES}, "gpt-4o", messages=MESSAGES)
    with pytest.raises(gpt_cost.RequestError, match="^a text has no further fields\n"):
        gpt_cost.estimate("a", "gpt-4o", n=2)
    with pytest.raises(gpt_cost.RequestError, match="^some fields are of Chat Completions, and some of the Responses API\n"):
        gpt_cost.estimate(MESSAGES, "gpt-4o", max_tokens=3, instructions="a")
    assert issubclass(gpt_cost.Error, ValueError)


@pytest.mark.parametrize(
    "request_",
    [
        [{"role": SECRET, "content": SECRET}],
        [{"role": "user", "content": {SECRET: SECRET}}],
        [{"role": "user", "content": [SECRET, 3]}],
        {"messages": SECRET},
        {"messages": [{"role": "user", "content": SECRET}], "tools": SECRET},
        [{"role": "user", "content": SECRET + "\ud800"}],
        SECRET + "\ud800",
    ],
)
def test_errors_have_no_text_of_the_request(request_: object) -> None:
    with pytest.raises(gpt_cost.RequestError) as error:
        gpt_cost.estimate(request_, "gpt-4o")
    assert SECRET not in str(error.value)


def test_a_budget_is_of_all_requests() -> None:
    with pytest.raises(gpt_cost.BudgetExceeded) as exceeded:
        gpt_cost.estimate(MESSAGES, "gpt-4.1", output_tokens=500, max_cost=Decimal("0.004"), as_of=AS_OF)
    assert str(exceeded.value) == "the request costs $0.004026, $0.004 allowed: $0.000026 too much (0.6%)"
    assert exceeded.value.estimate == gpt_cost.estimate(MESSAGES, "gpt-4.1", output_tokens=500, as_of=AS_OF)
    assert exceeded.value.max_cost == Decimal("0.004")
    for limit in (Decimal("0.005"), "0.005", "$0.005", 0.005, 1, "5e-3"):
        gpt_cost.estimate(MESSAGES, "gpt-4.1", output_tokens=500, max_cost=limit, as_of=AS_OF)
    with pytest.raises(gpt_cost.BudgetExceeded, match="^all requests together cost \\$4.026, \\$0.005 allowed"):
        gpt_cost.estimate(MESSAGES, "gpt-4.1", output_tokens=500, requests=1000, max_cost="0.005", as_of=AS_OF)
    # Of a file, nothing is known.
    file = [{"role": "user", "content": [{"type": "file", "file": {"file_id": "a"}}]}]
    with pytest.raises(gpt_cost.BudgetExceeded, match="and not everything is counted$") as unknown:
        gpt_cost.estimate(file, "gpt-4.1", output_tokens=500, max_cost=100)
    assert unknown.value.estimate.label in ("at_least", "not_counted")
    assert gpt_cost.estimate(file, "gpt-4.1", output_tokens=500, max_cost=100, file_tokens=50).max_tokens is not None
    # A request that does not fit is no matter of the budget.
    assert gpt_cost.estimate("a " * 10_000, "gpt-4", output_tokens=1, max_cost=100).fit.verdict == "exceeds"


@pytest.mark.parametrize("limit", ["5 cents", True, float("inf"), None.__class__])
def test_a_limit_is_an_amount(limit: Any) -> None:
    with pytest.raises(ValueError, match="^expected an amount of dollars"):
        gpt_cost.estimate(MESSAGES, "gpt-4.1", max_cost=limit)


def test_days_are_dates_or_texts() -> None:
    day = datetime.date(2023, 7, 1)
    estimate = gpt_cost.estimate(MESSAGES, "gpt-4", as_of=day)
    assert estimate.as_of == day
    assert estimate == gpt_cost.estimate(MESSAGES, "gpt-4", as_of="2023-07-01")
    assert gpt_cost.estimate(MESSAGES, "gpt-4", as_of=datetime.datetime(2023, 7, 1, 12)) == estimate
    today = datetime.datetime.now(datetime.timezone.utc).date()
    assert gpt_cost.estimate(MESSAGES, "gpt-4").as_of - today in (datetime.timedelta(0), datetime.timedelta(1), -datetime.timedelta(1))
    for wrong in ("yesterday", 3, "2023-02-30"):
        with pytest.raises(ValueError, match="^expected a day"):
            gpt_cost.estimate(MESSAGES, "gpt-4", as_of=wrong)  # type: ignore[arg-type]


def test_money_is_decimal_and_exact() -> None:
    cost = gpt_cost.estimate(MESSAGES, "gpt-4o-mini", output_tokens=7, as_of=AS_OF).cost
    assert type(cost.total.expected) is Decimal
    assert cost.currency == "USD"
    assert cost.total.expected == Decimal(13) * Decimal("0.15") / 10**6 + Decimal(7) * Decimal("0.60") / 10**6
    unlimited = gpt_cost.estimate(MESSAGES, "gpt-4o-mini", as_of=AS_OF)
    assert unlimited.cost.total.expected is None
    assert unlimited.cost.output.max is not None


def test_price_tables_are_paths_or_a_catalog(tmp_path: Path) -> None:
    def table(price: str) -> str:
        return (
            'schema = 1\n[model."gpt-4o"]\nencoding = "o200k_base"\ncounting = "gpt-4-turbo"\ncontext = 128_000\n'
            f'price = {{ per = "1M", input = "{price}", output = "8.00" }}\n'
        )

    one, other = tmp_path / "one.toml", tmp_path / "other.toml"
    one.write_text(table("2.00"))
    other.write_text(table("1.00"))

    def rate(pricing: Any) -> Decimal:
        return gpt_cost.estimate(MESSAGES, "gpt-4o", pricing=pricing).price.rates["input"]

    assert rate(one) == rate(str(one)) == rate([str(other), one]) == rate(gpt_cost.Catalog(one)) == 2
    assert rate([one, other]) == 1
    catalog = gpt_cost.Catalog(one, built_in=False)
    assert [model.name for model in catalog.models()] == ["gpt-4o"]
    assert catalog.origins == [str(one)]
    assert repr(gpt_cost.Catalog()) == "Catalog(built-in)"
    with pytest.raises(FileNotFoundError, match="absent.toml"):
        rate(tmp_path / "absent.toml")
    with pytest.raises(gpt_cost.PriceTableError) as error:
        gpt_cost.Catalog.from_text('schema = 1\n[model."gpt-4o"]\nprice = {}\nwrong = 1\n', "broken.toml")
    assert len(error.value.problems) > 1
    assert all(problem.startswith("broken.toml:") for problem in error.value.problems)
    with pytest.raises(TypeError, match="^pricing: expected a path"):
        rate(3)


def test_terms_of_another_kind_are_errors() -> None:
    with pytest.raises(ValueError, match="^cached: expected a number of tokens"):
        gpt_cost.estimate(MESSAGES, "gpt-4o", cached="many")
    with pytest.raises(ValueError, match="^unknown tier, expected one of standard, batch"):
        gpt_cost.estimate(MESSAGES, "gpt-4o", tier="cheap")
    with pytest.raises(OverflowError):
        gpt_cost.estimate(MESSAGES, "gpt-4o", output_tokens=-1)


def test_results_are_readable_and_equal() -> None:
    estimate = gpt_cost.estimate(MESSAGES, "gpt-4.1", as_of=AS_OF)
    assert repr(estimate.input_tokens) == "Tokens(tokens=13, min=13, max=13, label='exact')"
    assert repr(estimate).startswith("Estimate(resolved_model='gpt-4.1', tier='standard', input_tokens=Tokens(")
    assert estimate == gpt_cost.estimate(MESSAGES, "gpt-4.1", as_of=AS_OF)
    assert estimate != gpt_cost.estimate(MESSAGES, "gpt-4o", as_of=AS_OF)
    assert [one.component for one in estimate.breakdown] == ["framing", "message"]
    with pytest.raises(AttributeError):
        estimate.tier = "batch"  # type: ignore[misc]
