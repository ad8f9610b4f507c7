"""Uses of the package that type checkers check; `test_package.py` runs them."""

import datetime
from decimal import Decimal

import gpt_cost


def is_affordable(messages: list[dict[str, str]], limit: Decimal) -> bool:
    """Returns whether the cost of a request is within a limit."""
    try:
        estimate = gpt_cost.estimate(messages, model="gpt-4o", max_completion_tokens=500, max_cost=limit)
    except gpt_cost.BudgetExceeded as error:
        most: Decimal | None = error.estimate.cost.total.max
        return most is not None and most <= limit
    total: gpt_cost.Amounts = estimate.cost.total
    expected: Decimal | None = total.expected
    label: str = estimate.label
    left: int | None = estimate.fit.left
    day: datetime.date = estimate.as_of
    places: list[str] = [one.path for one in estimate.not_counted]
    return bool(expected or label or left or day or places)


def count(text: str) -> int:
    """Returns the tokens of a text."""
    encoding: gpt_cost.Encoding = gpt_cost.encoding_for_model("gpt-4o")
    tokens: list[int] = encoding.encode(text)
    return len(tokens)
