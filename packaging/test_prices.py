#!/usr/bin/env python3
"""Tests packaging/prices.py: what it writes is a valid wheel and a valid crate with the price table in it.

    python3 packaging/test_prices.py

With GPT_COST=PATH of the command, the table of the wheel is also used by it.
"""

import base64
import csv
import hashlib
import io
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
TABLE = (HERE.parent / "pricing.toml").read_bytes()
INFO = "gpt_cost_prices-2026.3.7.dist-info"


def write(out):
    command = [sys.executable, HERE / "prices.py", out, "--date", "2026-03-07"]
    written = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [pathlib.Path(line) for line in written.splitlines()]


class Packages(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.out = pathlib.Path(folder.name)
        self.crate, self.wheel = write(self.out / "one")

    def test_the_hashes_of_the_wheel_are_those_of_its_files(self):
        self.assertEqual(self.wheel.name, "gpt_cost_prices-2026.3.7-py3-none-any.whl")
        with zipfile.ZipFile(self.wheel) as wheel:
            self.assertIsNone(wheel.testzip())
            rows = list(csv.reader(io.StringIO(wheel.read(f"{INFO}/RECORD").decode())))
            self.assertEqual(sorted(row[0] for row in rows), sorted(wheel.namelist()))
            for name, digest, size in rows:
                if name == f"{INFO}/RECORD":
                    self.assertEqual((digest, size), ("", ""))
                    continue
                content = wheel.read(name)
                sha256 = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
                self.assertEqual((digest, size), (f"sha256={sha256}", str(len(content))), name)
            metadata = wheel.read(f"{INFO}/METADATA").decode()
            self.assertIn("\nName: gpt-cost-prices\nVersion: 2026.3.7\n", metadata)

    def test_the_wheel_prints_the_path_of_the_table(self):
        site = self.out / "site"
        with zipfile.ZipFile(self.wheel) as wheel:
            wheel.extractall(site)
        command = [sys.executable, "-m", "gpt_cost_prices"]
        printed = subprocess.run(
            command, check=True, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(site)}
        )
        path = pathlib.Path(printed.stdout.strip())
        self.assertEqual(path.read_bytes(), TABLE)
        if "GPT_COST" in os.environ:
            gpt_cost = os.path.abspath(os.environ["GPT_COST"])
            shown = [gpt_cost, "pricing", "show", "gpt-4.1", "--as-of", "2026-11-24", "--pricing", path]
            report = subprocess.run(shown, check=True, capture_output=True, text=True, cwd=self.out).stdout
            self.assertIn(str(path), report)

    def test_pip_installs_the_wheel(self):
        pip = [sys.executable, "-m", "pip"]
        if subprocess.run([*pip, "--version"], capture_output=True).returncode:
            self.skipTest("no pip")
        target = self.out / "target"
        offline = ["--no-index", "--no-deps", "--disable-pip-version-check", "--root-user-action=ignore"]
        subprocess.run([*pip, "install", "--quiet", *offline, "--target", target, self.wheel], check=True)
        self.assertEqual((target / "gpt_cost_prices" / "pricing.toml").read_bytes(), TABLE)

    def test_cargo_lists_the_files_of_the_crate(self):
        self.assertEqual((self.crate / "pricing.toml").read_bytes(), TABLE)
        if not shutil.which("cargo"):
            self.skipTest("no cargo")
        listed = subprocess.run(
            ["cargo", "package", "--list", "--allow-dirty", "--offline"],
            check=True,
            capture_output=True,
            text=True,
            cwd=self.crate,
        ).stdout.split()
        for name in ["Cargo.toml", "LICENSE-APACHE", "LICENSE-MIT", "README.md", "pricing.toml", "src/lib.rs"]:
            self.assertIn(name, listed)

    def test_the_same_table_gives_the_same_bytes(self):
        again = write(self.out / "two")[1]
        self.assertEqual(self.wheel.read_bytes(), again.read_bytes())


if __name__ == "__main__":
    unittest.main()
