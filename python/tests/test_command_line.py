"""The numbers of the package equal those of the command line, and the command comes with the package."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import gpt_cost
import pytest
from bodies import AS_OF, BODIES

# With the path of a `gpt-cost` that was built on its own, its numbers are compared; else those of the package's command.
COMMAND = [os.environ["GPT_COST"]] if "GPT_COST" in os.environ else [sys.executable, "-m", "gpt_cost"]

# What a request in a file has, and a request in memory does not.
OF_FILES = {"name", "file", "line", "custom_id", "is_filled", "identical_requests"}


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    # Not in a folder of this repository, whose price table would be found.
    folder = tempfile.gettempdir()
    return subprocess.run([*COMMAND, *arguments], cwd=folder, capture_output=True, text=True, encoding="utf-8", check=False)


def document(command: str, tmp_path: Path, body: object, *arguments: str) -> dict[str, Any]:
    file = tmp_path / "body.json"
    file.write_text(json.dumps(body), encoding="utf-8")
    done = run(command, str(file), "--format", "json", "--no-config", "--as-of", AS_OF, *arguments)
    assert done.returncode in (0, 1), done.stderr
    request: dict[str, Any]
    (request,) = json.loads(done.stdout)["requests"]
    return {key: value for key, value in request.items() if key not in OF_FILES}


@pytest.mark.parametrize("name", BODIES)
def test_estimates_equal_those_of_the_command(name: str, tmp_path: Path) -> None:
    body = BODIES[name]
    estimate = gpt_cost.estimate(body, as_of=AS_OF)
    expected = document("estimate", tmp_path, body)
    found = estimate.to_dict()
    assert set(found) - set(expected) == {"as_of", "unproved"}
    assert {key: found[key] for key in expected} == expected
    # The same request as keyword arguments.
    assert gpt_cost.estimate(**body, as_of=AS_OF) == estimate


@pytest.mark.parametrize("name", BODIES)
def test_counts_equal_those_of_the_command(name: str, tmp_path: Path) -> None:
    count = gpt_cost.count(BODIES[name], as_of=AS_OF)
    expected = document("count", tmp_path, BODIES[name])
    assert {key: count.to_dict()[key] for key in expected} == expected
    assert int(count) == count.tokens == expected["input_tokens"]["tokens"]


def test_terms_equal_those_of_the_command(tmp_path: Path) -> None:
    body = BODIES["chat with tools"]
    arguments = ["--output-tokens", "200", "--tier", "batch", "--cached", "80%", "--requests", "1000"]
    expected = document("estimate", tmp_path, body, *arguments)
    found = gpt_cost.estimate(body, output_tokens=200, tier="batch", cached="80%", requests=1000, as_of=AS_OF).to_dict()
    assert {key: found[key] for key in expected} == expected

    body = BODIES["responses"]
    expected = document("estimate", tmp_path, body, "--tool-calls", "web_search=2", "--uplift", "10%", "-m", "gpt-5.4")
    estimate = gpt_cost.estimate(body, "gpt-5.4", tool_calls={"web_search": 2}, uplift="10%", as_of=AS_OF)
    assert {key: estimate.to_dict()[key] for key in expected} == expected
    assert estimate.warnings[0].message == "the request names gpt-5.4-mini; gpt-5.4 is used instead"


def test_sizes_of_images_equal_those_of_the_command(tmp_path: Path) -> None:
    body = BODIES["chat with images"]
    expected = document("estimate", tmp_path, body, "--image-size", "640x480")
    found = gpt_cost.estimate(body, image_size="640x480", as_of=AS_OF).to_dict()
    assert {key: found[key] for key in expected} == expected


@pytest.mark.parametrize(
    "response",
    [
        {
            "model": "gpt-4o-2024-08-06",
            "created": 1740000000,
            "usage": {"prompt_tokens": 1200, "completion_tokens": 50, "prompt_tokens_details": {"cached_tokens": 1000}},
        },
        {
            "model": "gpt-4.1",
            "created_at": 1790000000,
            "service_tier": "priority",
            "output": [{"type": "web_search_call", "action": {"type": "search"}}, {"type": "code_interpreter_call"}],
            "usage": {"input_tokens": 1000, "output_tokens": 30, "output_tokens_details": {"reasoning_tokens": 5}},
        },
        {"model": "whisper-1", "created": 1790000000, "text": "", "usage": {"type": "duration", "seconds": 90.5}},
    ],
)
def test_the_price_of_a_response_equals_that_of_the_command(response: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "response.json"
    file.write_text(json.dumps(response), encoding="utf-8")
    done = run("actual", str(file), "--format", "json", "--no-config", "--uplift", "10%")
    (expected,) = json.loads(done.stdout)["responses"]
    found = gpt_cost.actual(response, uplift="10%").to_dict()
    assert found == {key: value for key, value in expected.items() if key not in OF_FILES}
    # The keys are in the same order, too.
    assert list(found) == [key for key in expected if key not in OF_FILES]


def test_models_equal_those_of_the_command() -> None:
    done = run("models", "list", "--all", "--format", "json", "--as-of", AS_OF)
    expected = {model["name"]: model for model in json.loads(done.stdout)["models"]}
    found = {model.name: model.to_dict() for model in gpt_cost.models(as_of=AS_OF)}
    # Models that have no standard price on the day are not listed.
    assert set(expected) <= set(found)
    for name, model in expected.items():
        model.pop("unit_prices", None)
        assert {key: found[name][key] for key in model} == model, name


def test_the_command_has_exit_codes(tmp_path: Path) -> None:
    done = run("estimate", str(tmp_path / "absent.json"))
    assert done.returncode == 2
    assert "no such file" in done.stderr
    assert run("--version").stdout == f"gpt-cost {gpt_cost.__version__}\n"
    large = tmp_path / "large.txt"
    large.write_text("a " * 10_000)
    assert run("estimate", str(large), "--model", "gpt-4", "--no-config").returncode == 1
