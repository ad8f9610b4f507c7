#!/usr/bin/env python3
"""Writes the data-only packages of the price table: a crate (a folder for `cargo publish`) and a wheel.

    python3 packaging/prices.py OUT [--table pricing.toml] [--date YYYY-MM-DD]

The version is the date. Each package has one pricing.toml, for `gpt-cost … --pricing FILE`:

    pip install gpt-cost-prices
    gpt-cost estimate prompt.json --pricing "$(python3 -m gpt_cost_prices)"

Nothing is uploaded. The same table and date give the same bytes.
"""

import argparse
import base64
import datetime
import hashlib
import pathlib
import zipfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
NAME = "gpt-cost-prices"
MODULE = "gpt_cost_prices"
SUMMARY = "The price table of gpt-cost as data: the prices and limits of OpenAI's models"
LICENSES = ["LICENSE-APACHE", "LICENSE-MIT"]

README = """# gpt-cost-prices

{summary}. The version is the day of the table.

`gpt-cost` has the table of its own release built in. This package has a newer one, in one file, for `--pricing`:

```sh
pip install {name}
gpt-cost estimate prompt.json --pricing "$(python3 -m {module})"
```

In Rust, `{module}::PRICING` is the text of the table, for `gpt_cost::Catalog::add_layer`.
"""

INIT = '''"""The price table of gpt-cost, of {date}."""

import pathlib

__version__ = "{version}"

#: The path of the price table, for `gpt-cost … --pricing`.
PATH = pathlib.Path(__file__).with_name("pricing.toml")
'''

MAIN = '''"""Prints the path of the price table."""

from . import PATH

print(PATH)
'''

CARGO = """[package]
name = "{name}"
version = "{version}"
edition = "2021"
description = "{summary}"
license = "MIT OR Apache-2.0"
readme = "README.md"
include = ["/src", "/pricing.toml", "/README.md", "/LICENSE-*"]

# The package is complete in itself, wherever its folder is.
[workspace]
"""

LIB = """//! The price table of gpt-cost, of {date}.

#![no_std]

/// The text of the price table, a `pricing.toml`.
pub const PRICING: &str = include_str!("../pricing.toml");
"""

METADATA = """Metadata-Version: 2.4
Name: {name}
Version: {version}
Summary: {summary}
License-Expression: MIT OR Apache-2.0
License-File: LICENSE-APACHE
License-File: LICENSE-MIT
Requires-Python: >=3.8
Description-Content-Type: text/markdown

"""

WHEEL = """Wheel-Version: 1.0
Generator: gpt-cost packaging/prices.py
Root-Is-Purelib: true
Tag: py3-none-any
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=pathlib.Path, help="folder for the packages")
    parser.add_argument("--table", type=pathlib.Path, default=ROOT / "pricing.toml", help="price table")
    parser.add_argument("--date", type=datetime.date.fromisoformat, help="day of the version [default: today in UTC]")
    args = parser.parse_args()
    date = args.date or datetime.datetime.now(datetime.timezone.utc).date()
    table = args.table.read_bytes()
    for written in (write_crate(args.out, table, date), write_wheel(args.out, table, date)):
        print(written)


def version_of(date):
    """Returns the version, without leading zeros: Cargo rejects them."""
    return f"{date.year}.{date.month}.{date.day}"


def fill(template, date):
    """Returns a template with its names, version and date."""
    names = {"name": NAME, "module": MODULE, "summary": SUMMARY}
    return template.format(**names, version=version_of(date), date=date.isoformat())


def write_crate(out, table, date):
    """Writes the folder of the crate, and returns it."""
    folder = out / NAME
    files = {
        "Cargo.toml": fill(CARGO, date).encode(),
        "README.md": fill(README, date).encode(),
        "src/lib.rs": fill(LIB, date).encode(),
        "pricing.toml": table,
    }
    files.update((name, (ROOT / name).read_bytes()) for name in LICENSES)
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def write_wheel(out, table, date):
    """Writes the wheel, and returns its path."""
    version = version_of(date)
    info = f"{MODULE}-{version}.dist-info"
    files = {
        f"{MODULE}/__init__.py": fill(INIT, date).encode(),
        f"{MODULE}/__main__.py": fill(MAIN, date).encode(),
        f"{MODULE}/pricing.toml": table,
        f"{info}/METADATA": (fill(METADATA, date) + fill(README, date)).encode(),
        f"{info}/WHEEL": fill(WHEEL, date).encode(),
    }
    files.update((f"{info}/licenses/{name}", (ROOT / name).read_bytes()) for name in LICENSES)
    record = "".join(f"{name},sha256={digest(content)},{len(content)}\n" for name, content in files.items())
    files[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n".encode()
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"{MODULE}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as wheel:
        for name, content in files.items():
            # The first day of the zip format, so that the bytes do not depend on the clock.
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o100644 << 16
            wheel.writestr(entry, content)
    return path


def digest(content):
    """Returns the hash as RECORD has it: base64 for URLs, without padding."""
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


if __name__ == "__main__":
    main()
