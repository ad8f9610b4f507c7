"""The types of the extension module. Its docstrings have the examples."""

import datetime
from collections.abc import Mapping, Sequence
from decimal import Decimal
from os import PathLike
from typing import Any, Literal, Protocol, final

from typing_extensions import disjoint_base

_Label = Literal["exact", "estimate", "at_least", "not_counted"]
_Verdict = Literal["fits", "exceeds", "unknown"]
_Day = datetime.date | str
_Path = str | PathLike[str]
_Pricing = _Path | Sequence[_Path] | Catalog

class _Array(Protocol):
    def __arrow_c_array__(self, requested_schema: Any = None, /) -> tuple[object, object]: ...

class _Stream(Protocol):
    def __arrow_c_stream__(self, requested_schema: Any = None, /) -> object: ...

__all__ = [
    "Actual",
    "Amounts",
    "BudgetExceeded",
    "Catalog",
    "Charge",
    "Column",
    "Component",
    "Cost",
    "Encoding",
    "Error",
    "Estimate",
    "EstimateColumn",
    "Evidence",
    "Exceeding",
    "Fit",
    "ImageCharges",
    "Limit",
    "MissingPriceError",
    "Model",
    "Output",
    "Price",
    "PriceTableError",
    "Remark",
    "RequestError",
    "TokenCount",
    "TokenizerError",
    "Tokens",
    "Tool",
    "UnitCharge",
    "UnitRow",
    "UnknownModelError",
    "UnpricedCalls",
    "Unproved",
    "Uplift",
    "UsageError",
    "WrongModelError",
    "__version__",
    "actual",
    "count",
    "count_column",
    "decode",
    "encode",
    "encoding_for_model",
    "estimate",
    "estimate_column",
    "get_encoding",
    "models",
    "run_command",
    "truncate",
]
__version__: str

class Error(ValueError):
    """The base of all errors of gpt_cost."""

    problems: list[str]
    """What is wrong, one text for each problem."""
    path: str | None
    """The place in the request, such as `messages[3].content`, if it is known."""
    hint: str | None
    """What to do about it, if that is known."""

class RequestError(Error):
    """A request cannot be read. `path` is the place in it, if it is known."""

class UnknownModelError(Error):
    """A model is in no price table. `hint` has the nearest names."""

class WrongModelError(Error):
    """A model does not take such a request."""

class TokenizerError(Error):
    """The tokenizer of a model, or a token, is unknown."""

class MissingPriceError(Error):
    """A model has no price on the day or for the tier."""

class PriceTableError(Error):
    """A price table is invalid. `problems` has all that were found."""

class UsageError(Error):
    """A response has no readable usage, or one that contradicts itself."""

class BudgetExceeded(Error):
    """A request can cost more than `max_cost`, or its maximum is unknown. `estimate` is its estimate."""

    estimate: Estimate
    max_cost: Decimal

def estimate(
    request: object = None,
    /,
    model: str | None = None,
    *,
    output_tokens: int | None = None,
    tier: str | None = None,
    cached: int | str = 0,
    requests: int = 1,
    as_of: _Day | None = None,
    pricing: _Pricing | None = None,
    max_cost: Decimal | int | float | str | None = None,
    tool_calls: Mapping[str, int] | None = None,
    uplift: str | None = None,
    image_size: str | None = None,
    file_tokens: int | None = None,
    **fields: Any,
) -> Estimate:
    """Returns what a request will cost, and whether it fits the model's limits."""

def count(
    request: object = None,
    /,
    model: str | None = None,
    *,
    as_of: _Day | None = None,
    pricing: _Pricing | None = None,
    image_size: str | None = None,
    file_tokens: int | None = None,
    **fields: Any,
) -> TokenCount:
    """Returns the tokens that the API bills for the input of a request."""

def actual(
    response: object,
    /,
    *,
    model: str | None = None,
    tier: str | None = None,
    as_of: _Day | None = None,
    pricing: _Pricing | None = None,
    uplift: str | None = None,
) -> Actual:
    """Returns what a response costs, by its usage."""

def count_column(
    texts: _Array | _Stream,
    /,
    model: str | None = None,
    *,
    encoding: str | Encoding | None = None,
    on_error: Literal["null", "raise"] = "null",
    threads: int | None = None,
    pricing: _Pricing | None = None,
) -> Column:
    """Returns the number of tokens of each text of a column of Arrow data: a column of `int64`."""

def estimate_column(
    requests: _Array | _Stream,
    /,
    model: str | None = None,
    *,
    format: Literal["json", "text"] = "json",
    output_tokens: int | None = None,
    tier: str | None = None,
    cached: int | str = 0,
    as_of: _Day | None = None,
    pricing: _Pricing | None = None,
    tool_calls: Mapping[str, int] | None = None,
    uplift: str | None = None,
    image_size: str | None = None,
    file_tokens: int | None = None,
    on_error: Literal["null", "raise"] = "null",
    threads: int | None = None,
) -> EstimateColumn:
    """Returns the estimate of each request of a column of Arrow data: a column of structs, which is a table, too."""

def models(*, as_of: _Day | None = None, pricing: _Pricing | None = None) -> list[Model]:
    """Returns the known models, then each alias with the model that it resolves to on the day."""

def get_encoding(name: str) -> Encoding:
    """Returns the encoding of a name, such as `o200k_base`."""

def encoding_for_model(model: str, *, pricing: _Pricing | None = None) -> Encoding:
    """Returns the encoding of a model."""

def encode(text: str, encoding: str | Encoding) -> list[int]:
    """Returns the tokens of a text."""

def decode(tokens: Sequence[int], encoding: str | Encoding, errors: str = "replace") -> str:
    """Returns the text of tokens."""

def truncate(text: str, limit: int, encoding: str | Encoding) -> str:
    """Returns the longest prefix of a text with at most `limit` tokens."""

def run_command(arguments: Sequence[str]) -> int:
    """Runs the command `gpt-cost` with these arguments, program name first, and returns its exit code."""

@disjoint_base
class Column:
    """A column of Arrow data with a row for each row that was passed, read through the PyCapsule interface."""

    @property
    def errors(self) -> Column:
        """A column with the reason why a row is bad, and null for the other rows."""
    def to_pyarrow(self) -> Any:
        """Returns the column as a `pyarrow.Array`, without a copy."""
    def __arrow_c_schema__(self) -> object: ...
    def __arrow_c_array__(self, requested_schema: Any = None, **options: Any) -> tuple[object, object]: ...
    def __len__(self) -> int: ...

@final
class EstimateColumn(Column):
    """A column of structs, which is a table, too, with the fields of the structs as columns."""

    def __arrow_c_stream__(self, requested_schema: Any = None, **options: Any) -> object: ...

@final
class Encoding:
    """A byte-pair encoding of OpenAI's: how text becomes tokens."""

    @property
    def name(self) -> str:
        """The name that OpenAI gives the encoding, such as `o200k_base`."""
    def count(self, text: str) -> int:
        """Returns the number of tokens of `text`."""
    def count_up_to(self, text: str, limit: int) -> int | None:
        """Returns the number of tokens of `text` if it is at most `limit`, else `None`."""
    def count_batch(self, texts: Sequence[str]) -> list[int]:
        """Returns the number of tokens of each text."""
    def encode(self, text: str) -> list[int]:
        """Returns the tokens of `text`, special tokens encoded as ordinary text."""
    def encode_batch(self, texts: Sequence[str]) -> list[list[int]]:
        """Returns the tokens of each text."""
    def decode(self, tokens: Sequence[int], errors: str = "replace") -> str:
        """Returns the text of `tokens`."""
    def decode_bytes(self, tokens: Sequence[int]) -> bytes:
        """Returns the bytes of `tokens`."""
    def truncate(self, text: str, limit: int) -> str:
        """Returns the longest prefix of `text` with at most `limit` tokens."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Catalog:
    """The known models, with their limits and prices."""

    def __new__(cls, *files: _Path, built_in: bool = True) -> Catalog: ...
    @staticmethod
    def from_text(text: str, origin: str = "pricing.toml", *, built_in: bool = True) -> Catalog:
        """Returns the catalog of the built-in table and the table in `text`."""
    def models(self, *, as_of: _Day | None = None) -> list[Model]:
        """Returns the models, and each alias with the model that it resolves to on the day."""
    def model(self, name: str, *, as_of: _Day | None = None) -> Model:
        """Returns the model of a name on the day."""
    @property
    def origins(self) -> list[str]:
        """The price tables: files, and `built-in`."""

@final
class Tokens:
    """A number of tokens with its range."""
    @property
    def tokens(self) -> int:
        """The number of tokens."""
    @property
    def min(self) -> int:
        """The smallest possible number."""
    @property
    def max(self) -> int | None:
        """The largest possible number; `None` if not everything is counted."""
    @property
    def label(self) -> _Label:
        """How certain the number is: `exact`, `estimate`, `at_least` or `not_counted`."""
    def __int__(self) -> int: ...
    def to_dict(self) -> dict[str, Any]:
        """Returns the same values as a dict, with amounts as decimal strings and days as `YYYY-MM-DD`."""
    def to_json(self) -> str:
        """Returns the same values as JSON text, with amounts as decimal strings and days as `YYYY-MM-DD`."""
    def __eq__(self, other: object, /) -> bool: ...

@final
class Component:
    """A component of the input. Together, the components are the input."""
    @property
    def component(self) -> str:
        """The kind of the component, such as `message` or `tool`."""
    @property
    def path(self) -> str:
        """The place of what the tokens are for, such as `messages[3]`; empty for the request as a whole."""
    @property
    def tokens(self) -> int:
        """The number of tokens."""
    @property
    def bound(self) -> int:
        """The maximum error of the count in tokens."""
    def to_dict(self) -> dict[str, Any]:
        """Returns the same values as a dict, with amounts as decimal strings and days as `YYYY-MM-DD`."""
    def to_json(self) -> str:
        """Returns the same values as JSON text, with amounts as decimal strings and days as `YYYY-MM-DD`."""
    def __eq__(self, other: object, /) -> bool: ...

@final
class Evidence:
    """How often recorded requests that have a feature agree with its rule."""
    @property
    def cases(self) -> int:
        """The recorded requests that have the feature."""
    @property
    def agreeing(self) -> int:
        """Those that are billed as counted, or whose error has another cause."""
    @property
    def projects(self) -> int:
        """The projects that recorded them."""
    @property
    def error(self) -> int:
        """The error that 99.5% of the cases do not exceed, in tokens."""
    def to_dict(self) -> dict[str, Any]:
        """Returns the same values as a dict, with amounts as decimal strings and days as `YYYY-MM-DD`."""
    def to_json(self) -> str:
        """Returns the same values as JSON text, with amounts as decimal strings and days as `YYYY-MM-DD`."""
    def __eq__(self, other: object, /) -> bool: ...

@final
class Unproved:
    """A feature of a request whose rule too few recorded requests prove, so that its count is an estimate."""
    @property
    def feature(self) -> str:
        """The name of the feature."""
    @property
    def bound(self) -> int:
        """The maximum error that it brings into the count in tokens."""
    @property
    def evidence(self) -> Evidence | None:
        """The evidence for requests to such a model; `None` if no recording has the feature."""
    def to_dict(self) -> dict[str, Any]:
        """Returns the same values as a dict, with amounts as decimal strings and days as `YYYY-MM-DD`."""
    def to_json(self) -> str:
        """Returns the same values as JSON text, with amounts as decimal strings and days as `YYYY-MM-DD`."""
    def __eq__(self, other: object, /) -> bool: ...

@final
class Remark:
    """A remark on a component of a request."""
    @property
    def path(self) -> str:
        """The place in the request, such as `messages[3]`; empty for the request as a whole."""
    @property
    def message(self) -> str:
        """The remark."""
    def to_dict(self) -> dict[str, Any]:
        """Returns the same values as a dict, with amounts as decimal strings and days as `YYYY-MM-DD`."""
    def to_json(self) -> str:
        """Returns the same values as JSON text, with amounts as decimal strings and days as `YYYY-MM-DD`."""
    def __eq__(self, other: object, /) -> bool: ...

@final
class TokenCount:
    """The tokens of a request."""
    @property
    def as_of(self) -> datetime.date:
        """The day of the counting rules and aliases."""
    @property
    def format(self) -> str:
        """The format that the request was read as."""
    @property
    def model(self) -> str:
        """The name of the model as it was given."""
    @property
    def resolved_model(self) -> str:
        """The model that the name resolves to."""
    @property
    def encoding(self) -> str | None:
        """The name of its encoding."""
    @property
    def input_tokens(self) -> Tokens:
        """The tokens of the input, with their range and label."""
    @property
    def breakdown(self) -> list[Component]:
        """The components of the input."""
    @property
    def unproved(self) -> list[Unproved]:
        """Why the count is an estimate."""
    @property
    def not_counted(self) -> list[Remark]:
        """What is not counted, with the reasons."""
    @property
    def warnings(self) -> list[Remark]:
        """The warnings for the author of the request."""
    @property
    def tokens(self) -> int:
        """The number of tokens of the input."""
    @property
    def label(self) -> _Label:
        """How certain the number is: `exact`, `estimate`, `at_least` or `not_counted`."""
    @property
    def min_tokens(self) -> int:
        """The smallest possible number of tokens of the input."""
    @property
    def max_tokens(self) -> int | None:
        """The largest possible number of tokens of the input; `None` if not everything is counted."""
    def __int__(self) -> int: ...
    def to_dict(self) -> dict[str, Any]:
        """Returns the same values as a dict, with amounts as decimal strings and days as `YYYY-MM-DD`."""
    def to_json(self) -> str:
        """Returns the same values as JSON text, with amounts as decimal strings and days as `YYYY-MM-DD`."""
    def __eq__(self, other: object, /) -> bool: ...

@final
class Output:
    """The tokens of the output, all answers together."""
    @property
    def min(self) -> int:
        """The minimum."""
    @property
    def expected(self) -> int | None:
        """The expected number; `None` if it is not given."""
    @property
    def max(self) -> int | None:
        """The maximum that the request, or else the model, allows; `None` if neither limits it."""
    @property
    def limit(self) -> Limit | None:
        """The limit that the request itself sets."""
    @property
    def choices(self) -> int:
        """The number of answers that the request asks for."""
    def to_dict(self) -> dict[str, Any]:
        """Returns the same values as a dict, with amounts as decimal strings and days as `YYYY-MM-DD`."""
    def to_json(self) -> str:
        """Returns the same values as JSON text, with amounts as decimal strings and days as `YYYY-MM-DD`."""
    def __eq__(self, other: object, /) -> bool: ...

@final
class Limit:
    """A limit on output that a request sets."""
    @property
    def field(self) -> str:
        """The field of the request, such as `max_tokens`."""
    @property
    def tokens(self) -> int:
        """The number of tokens."""
    def to_dict(self) -> dict[str, Any]:
        """Returns the same values as a dict, with amounts as decimal strings and days as `YYYY-MM-DD`."""
    def to_json(self) -> str:
        """Returns the same values as JSON text, with amounts as decimal strings and days as `YYYY-MM-DD`."""
    def __eq__(self, other: object, /) -> bool: ...

@final
class Amounts:
    """A range of amounts in US dollars."""
    @property
    def min(self) -> Decimal:
        """The minimum."""
    @property
    def expected(self) -> Decimal | None:
        """The cost with the expected output; `None` if no output is expected."""
    @property
    def max(self) -> Decimal | None:
        """The maximum; `None` if it is unknown."""
    def to_dict(self) -> dict[str, Any]:
        """Returns the same values as a dict, with amounts as decimal strings and days as `YYYY-MM-DD`."""
    def to_json(self) -> str:
        """Returns the same values as JSON text, with amounts as decimal strings and days as `YYYY-MM-DD`."""
    def __eq__(self, other: object, /) -> bool: ...

@final
class Cost:
    """The cost of the input, of the output, of calls of tools and of all."""
    @property
    def currency(self) -> str:
        """The currency: `USD`."""
    @property
    def input(self) -> Amounts:
        """The cost of the input."""
    @property
    def output(self) -> Amounts:
        """The cost of the output, from none to the most that the request allows."""
    @property
    def tools(self) -> Decimal:
        """The cost of the calls of tools that are set."""
    @property
    def total(self) -> Amounts:
        """The sum of all."""
    def to_dict(self) -> dict[str, Any]:
        """Returns the same values as a dict, with amounts as decimal strings and days as `YYYY-MM-DD`."""
    def to_json(self) -> str:
        """Returns the same values as JSON text, with amounts as decimal strings and days as `YYYY-MM-DD`."""
    def __eq__(self, other: object, /) -> bool: ...

@final
class Exceeding:
    """A limit of the model that the request exceeds."""
    @property
    def limit(self) -> str:
        """The name of the limit, such as `context` or `max_output`."""
    @property
    def tokens(self) -> int:
        """The tokens, or inputs, that the request has or asks for."""
    @property
    def allowed(self) -> int:
        """The tokens, or inputs, that are allowed."""
    @property
    def message(self) -> str:
        """What exceeds which limit, and by how much."""
    def to_dict(self) -> dict[str, Any]:
        """Returns the same values as a dict, with amounts as decimal strings and days as `YYYY-MM-DD`."""
    def to_json(self) -> str:
        """Returns the same values as JSON text, with amounts as decimal strings and days as `YYYY-MM-DD`."""
    def __eq__(self, other: object, /) -> bool: ...

@final
class Fit:
    """Whether a request fits the limits of its model."""
    @property
    def verdict(self) -> _Verdict:
        """`fits`, `exceeds` or `unknown`."""
    @property
    def context(self) -> int | None:
        """The context window in tokens."""
    @property
    def left(self) -> int | None:
        """The tokens left in the context window after the input."""
    @property
    def max_input(self) -> int | None:
        """The maximum input tokens of the model."""
    @property
    def max_output(self) -> int | None:
        """The maximum output tokens of the model."""
    @property
    def exceeded(self) -> list[Exceeding]:
        """The limits that are exceeded for certain."""
    def to_dict(self) -> dict[str, Any]:
        """Returns the same values as a dict, with amounts as decimal strings and days as `YYYY-MM-DD`."""
    def to_json(self) -> str:
        """Returns the same values as JSON text, with amounts as decimal strings and days as `YYYY-MM-DD`."""
    def __eq__(self, other: object, /) -> bool: ...

@final
class Tool:
    """A tool that a request offers and that is billed beside its tokens."""
    @property
    def name(self) -> str:
        """The name of the tool in the price table."""
    @property
    def path(self) -> str:
        """The place in the request, such as `tools[0]`."""
    @property
    def rate(self) -> Decimal | None:
        """The price of a unit; `None` if the tool is not billed by the call, or its price is unknown."""
    @property
    def per(self) -> str | None:
        """What the rate is for."""
    @property
    def input_tokens(self) -> int | None:
        """The input tokens that each call is billed in addition, if they are fixed."""
    @property
    def calls(self) -> int | None:
        """The number of calls in the cost; `None` if it is not set, so that the cost has none."""
    @property
    def cost(self) -> Decimal:
        """The cost of these calls."""
    def to_dict(self) -> dict[str, Any]:
        """Returns the same values as a dict, with amounts as decimal strings and days as `YYYY-MM-DD`."""
    def to_json(self) -> str:
        """Returns the same values as JSON text, with amounts as decimal strings and days as `YYYY-MM-DD`."""
    def __eq__(self, other: object, /) -> bool: ...

@final
class Estimate:
    """What a request will cost, and whether it fits the model's limits."""
    @property
    def as_of(self) -> datetime.date:
        """The day of the prices and aliases."""
    @property
    def format(self) -> str:
        """The format that the request was read as."""
    @property
    def model(self) -> str:
        """The name of the model as it was given."""
    @property
    def resolved_model(self) -> str:
        """The model that the name resolves to."""
    @property
    def encoding(self) -> str | None:
        """The name of its encoding."""
    @property
    def tier(self) -> str:
        """The service tier."""
    @property
    def input_tokens(self) -> Tokens:
        """The tokens of the input, with their range and label."""
    @property
    def cached_tokens(self) -> int:
        """The input tokens that are assumed to be read from the prompt cache."""
    @property
    def output_tokens(self) -> Output:
        """The tokens of the output."""
    @property
    def cost(self) -> Cost:
        """The cost of one request."""
    @property
    def requests(self) -> int:
        """How many times the request is sent."""
    @property
    def cost_of_all(self) -> Cost:
        """The cost of all of them."""
    @property
    def fit(self) -> Fit:
        """Whether the request fits the model's limits."""
    @property
    def price(self) -> Price:
        """The row of the price table."""
    @property
    def uplift(self) -> str | None:
        """The percentage by which the prices of tokens are higher; `None` if there is none. It is in the cost."""
    @property
    def tools(self) -> list[Tool]:
        """The tools that the request offers and that are billed beside its tokens."""
    @property
    def breakdown(self) -> list[Component]:
        """The components of the input."""
    @property
    def unproved(self) -> list[Unproved]:
        """Why the count is an estimate."""
    @property
    def not_counted(self) -> list[Remark]:
        """What is not counted, with the reasons."""
    @property
    def warnings(self) -> list[Remark]:
        """The warnings for the author of the request."""
    @property
    def tokens(self) -> int:
        """The number of tokens of the input."""
    @property
    def label(self) -> _Label:
        """How certain the number is: `exact`, `estimate`, `at_least` or `not_counted`."""
    @property
    def min_tokens(self) -> int:
        """The smallest possible number of tokens of the input."""
    @property
    def max_tokens(self) -> int | None:
        """The largest possible number of tokens of the input; `None` if not everything is counted."""
    def to_dict(self) -> dict[str, Any]:
        """Returns the same values as a dict, with amounts as decimal strings and days as `YYYY-MM-DD`."""
    def to_json(self) -> str:
        """Returns the same values as JSON text, with amounts as decimal strings and days as `YYYY-MM-DD`."""
    def __eq__(self, other: object, /) -> bool: ...

@final
class Price:
    """A row of a price table."""
    @property
    def origin(self) -> str:
        """The price table: a file, or `built-in`."""
    @property
    def line(self) -> int:
        """The line of the row in it, from 1."""
    @property
    def checked(self) -> datetime.date | None:
        """The day on which the price was last checked."""
    @property
    def per(self) -> str:
        """The number of tokens that the rates are for: `1K` or `1M`."""
    @property
    def tier(self) -> str:
        """The service tier."""
    @property
    def from_(self) -> datetime.date | None:
        """The first day of the price; `None` if it has no start date."""
    @property
    def until(self) -> datetime.date | None:
        """The last day for which the price was announced; after it, the price is uncertain. `None` if it has no known
        end.
        """
    @property
    def above(self) -> int | None:
        """The price applies to requests with more input tokens than this."""
    @property
    def rates(self) -> dict[str, Decimal]:
        """The rates in US dollars, such as those of `input` and `output`."""
    def to_dict(self) -> dict[str, Any]:
        """Returns the same values as a dict, with amounts as decimal strings and days as `YYYY-MM-DD`."""
    def to_json(self) -> str:
        """Returns the same values as JSON text, with amounts as decimal strings and days as `YYYY-MM-DD`."""
    def __eq__(self, other: object, /) -> bool: ...

@final
class UnitRow:
    """A row of a price that is not for tokens."""
    @property
    def per(self) -> str:
        """What the amount is for, such as `minute`."""
    @property
    def amount(self) -> Decimal:
        """The amount in US dollars."""
    @property
    def from_(self) -> datetime.date | None:
        """The first day of the price; `None` if it has no start date."""
    @property
    def until(self) -> datetime.date | None:
        """The last day for which the price was announced."""
    @property
    def variant(self) -> str | None:
        """What distinguishes the price from others."""
    @property
    def note(self) -> str | None:
        """A note on the price."""
    def to_dict(self) -> dict[str, Any]:
        """Returns the same values as a dict, with amounts as decimal strings and days as `YYYY-MM-DD`."""
    def to_json(self) -> str:
        """Returns the same values as JSON text, with amounts as decimal strings and days as `YYYY-MM-DD`."""
    def __eq__(self, other: object, /) -> bool: ...

@final
class Model:
    """A model, or an alias. What is unknown is `None`."""
    @property
    def name(self) -> str:
        """The name of the model or alias."""
    @property
    def resolved_model(self) -> str:
        """The model that the name resolves to."""
    @property
    def also(self) -> list[str]:
        """Other names of the model."""
    @property
    def kind(self) -> str:
        """What the model is for, such as `chat` or `embedding`."""
    @property
    def encoding(self) -> str | None:
        """The name of its encoding."""
    @property
    def counting(self) -> str | None:
        """The family of counting rules on the day."""
    @property
    def context(self) -> int | None:
        """The maximum tokens of input and output together."""
    @property
    def larger_context(self) -> int | None:
        """The larger context window, if two are documented and `context` is the stricter one."""
    @property
    def max_input(self) -> int | None:
        """The maximum input tokens, if that is less than the context window."""
    @property
    def max_output(self) -> int | None:
        """The maximum output tokens of one answer."""
    @property
    def released(self) -> datetime.date | None:
        """The day on which the model was released."""
    @property
    def shutdown(self) -> datetime.date | None:
        """The first day on which the model is shut down."""
    @property
    def successor(self) -> str | None:
        """The model that its vendor recommends instead."""
    @property
    def source(self) -> str | None:
        """The source of the facts."""
    @property
    def checked(self) -> datetime.date | None:
        """The day on which the facts were last checked."""
    @property
    def note(self) -> str | None:
        """A remark on the model."""
    @property
    def price(self) -> Price | None:
        """The standard price of a short request."""
    @property
    def unit_prices(self) -> list[UnitRow]:
        """The prices that are not for tokens, such as those by the minute."""
    @property
    def origin(self) -> str:
        """The price table: a file, or `built-in`."""
    @property
    def line(self) -> int:
        """The line of the model in it, from 1."""
    def to_dict(self) -> dict[str, Any]:
        """Returns the same values as a dict, with amounts as decimal strings and days as `YYYY-MM-DD`."""
    def to_json(self) -> str:
        """Returns the same values as JSON text, with amounts as decimal strings and days as `YYYY-MM-DD`."""
    def __eq__(self, other: object, /) -> bool: ...

@final
class Charge:
    """Tokens of one kind, their rate and their cost."""
    @property
    def kind(self) -> str:
        """The kind of the tokens, such as `input` or `cached_input`."""
    @property
    def tokens(self) -> int:
        """The number of tokens."""
    @property
    def rate(self) -> Decimal:
        """The rate."""
    @property
    def per(self) -> str:
        """The number of tokens that the rate is for: `1K` or `1M`."""
    @property
    def cost(self) -> Decimal:
        """The cost."""
    def to_dict(self) -> dict[str, Any]:
        """Returns the same values as a dict, with amounts as decimal strings and days as `YYYY-MM-DD`."""
    def to_json(self) -> str:
        """Returns the same values as JSON text, with amounts as decimal strings and days as `YYYY-MM-DD`."""
    def __eq__(self, other: object, /) -> bool: ...

@final
class UnitCharge:
    """A quantity that is not tokens, its price and its cost."""
    @property
    def name(self) -> str:
        """The tool, or `audio`."""
    @property
    def quantity(self) -> Decimal:
        """The quantity."""
    @property
    def measure(self) -> str:
        """What is counted: calls or seconds."""
    @property
    def rate(self) -> Decimal:
        """The price of one unit."""
    @property
    def per(self) -> str:
        """The unit."""
    @property
    def cost(self) -> Decimal:
        """The cost."""
    def to_dict(self) -> dict[str, Any]:
        """Returns the same values as a dict, with amounts as decimal strings and days as `YYYY-MM-DD`."""
    def to_json(self) -> str:
        """Returns the same values as JSON text, with amounts as decimal strings and days as `YYYY-MM-DD`."""
    def __eq__(self, other: object, /) -> bool: ...

@final
class ImageCharges:
    """The cost of images that a tool generated, as tokens of another model."""
    @property
    def model(self) -> str:
        """The model that generated them."""
    @property
    def charges(self) -> list[Charge]:
        """The charges for its tokens."""
    @property
    def cost(self) -> Decimal:
        """Their sum."""
    def to_dict(self) -> dict[str, Any]:
        """Returns the same values as a dict, with amounts as decimal strings and days as `YYYY-MM-DD`."""
    def to_json(self) -> str:
        """Returns the same values as JSON text, with amounts as decimal strings and days as `YYYY-MM-DD`."""
    def __eq__(self, other: object, /) -> bool: ...

@final
class UnpricedCalls:
    """Calls of a tool whose price is unknown."""
    @property
    def tool(self) -> str:
        """The tool."""
    @property
    def calls(self) -> int:
        """The number of calls."""
    @property
    def reason(self) -> str:
        """Why they have no price."""
    def to_dict(self) -> dict[str, Any]:
        """Returns the same values as a dict, with amounts as decimal strings and days as `YYYY-MM-DD`."""
    def to_json(self) -> str:
        """Returns the same values as JSON text, with amounts as decimal strings and days as `YYYY-MM-DD`."""
    def __eq__(self, other: object, /) -> bool: ...

@final
class Uplift:
    """What is added to the charges for tokens, or taken from them."""
    @property
    def percent(self) -> Decimal:
        """The percentage."""
    @property
    def cost(self) -> Decimal:
        """Its cost."""
    def to_dict(self) -> dict[str, Any]:
        """Returns the same values as a dict, with amounts as decimal strings and days as `YYYY-MM-DD`."""
    def to_json(self) -> str:
        """Returns the same values as JSON text, with amounts as decimal strings and days as `YYYY-MM-DD`."""
    def __eq__(self, other: object, /) -> bool: ...

@final
class Actual:
    """What a response costs."""
    @property
    def model(self) -> str:
        """The name of the model as it was given."""
    @property
    def resolved_model(self) -> str:
        """The model whose prices are charged."""
    @property
    def tier(self) -> str:
        """The service tier."""
    @property
    def as_of(self) -> datetime.date:
        """The day of the response, or else the day of the prices."""
    @property
    def origin(self) -> str:
        """The price table: a file, or `built-in`."""
    @property
    def price_notice(self) -> str | None:
        """A notice if the price was announced only until an earlier day."""
    @property
    def note(self) -> str | None:
        """A note on the price in the table."""
    @property
    def input_tokens(self) -> int:
        """All input tokens, cached or not."""
    @property
    def cached_tokens(self) -> int:
        """The input tokens that were read from the prompt cache."""
    @property
    def output_tokens(self) -> int:
        """All output tokens."""
    @property
    def charges(self) -> list[Charge]:
        """The charges for tokens."""
    @property
    def reasoning_tokens(self) -> int:
        """The reasoning tokens in the output; they are charged as output."""
    @property
    def uplift(self) -> Uplift | None:
        """The uplift on the charges; `None` if there is none."""
    @property
    def seconds(self) -> Decimal | None:
        """The seconds of audio, if they are billed instead of tokens."""
    @property
    def tool_calls(self) -> dict[str, int]:
        """The number of calls of each built-in tool."""
    @property
    def unit_charges(self) -> list[UnitCharge]:
        """The charges for what is not tokens."""
    @property
    def image_charges(self) -> ImageCharges | None:
        """The charges for images that a tool generated."""
    @property
    def unpriced_tool_calls(self) -> list[UnpricedCalls]:
        """The calls whose price is unknown, which are not in the cost."""
    @property
    def cost(self) -> Decimal:
        """The sum of the charges."""
    def to_dict(self) -> dict[str, Any]:
        """Returns the same values as a dict, with amounts as decimal strings and days as `YYYY-MM-DD`."""
    def to_json(self) -> str:
        """Returns the same values as JSON text, with amounts as decimal strings and days as `YYYY-MM-DD`."""
    def __eq__(self, other: object, /) -> bool: ...
