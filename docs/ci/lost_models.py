#!/usr/bin/env python3
"""Lists the models of a price table that a source no longer has, and exits with code 1 if there are any.

    python3 docs/ci/lost_models.py pricing.toml known-models.txt litellm.json genai-prices.json

`known-models.txt` has a line for each source, named after its file, and model. If nothing is lost, it is written anew.
A model that was shut down may be missing, since sources drop old models. Everything else that a source loses is a
mistake of the source, or a model that was renamed or withdrawn: a person looks, and deletes the line if it is right.
"""

import datetime
import json
import pathlib
import re
import sys
import tomllib


def main():
    table, known, *sources = map(pathlib.Path, sys.argv[1:])
    names = current_names(tomllib.loads(table.read_text()))
    have = set()
    for path in sources:
        has = reader(json.loads(path.read_text()))
        have.update(f"{path.stem} {name}" for name in names if has(name))
    before = set(known.read_text().splitlines()) if known.exists() else set()
    lost = sorted(line for line in before - have if line.split()[1] in names)
    if lost:
        print("\n".join(lost))
        sys.exit(1)
    known.write_text("".join(f"{line}\n" for line in sorted(have)))


def current_names(table):
    """Returns the names of all models that are not shut down."""
    today = datetime.datetime.now(datetime.timezone.utc).date()
    current = {name: model for name, model in table["model"].items() if model.get("shutdown", today) >= today}
    return {one for name, model in current.items() for one in [name, *model.get("also", [])]}


def reader(data):
    """Returns whether a source has a name: litellm's table by names, or genai-prices' list of providers."""
    if isinstance(data, dict):
        return lambda name: name in data
    models = [model for provider in data if provider["id"] == "openai" for model in provider["models"]]
    return lambda name: any(model["id"] == name or matches(model["match"], name) for model in models)


def matches(clause, name):
    """Returns whether a clause of genai-prices matches a name."""
    ((kind, value),) = clause.items()
    return {
        "equals": lambda: name == value,
        "starts_with": lambda: name.startswith(value),
        "ends_with": lambda: name.endswith(value),
        "contains": lambda: value in name,
        "regex": lambda: re.search(value, name) is not None,
        "or": lambda: any(matches(one, name) for one in value),
        "and": lambda: all(matches(one, name) for one in value),
    }[kind]()


if __name__ == "__main__":
    main()
