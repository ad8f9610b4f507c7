"""The tables of tiktoken, which it downloads, from the Rust package `tiktoken-rs`, which the library is built with."""

import hashlib
import os
import shutil
import tempfile
from pathlib import Path


def prepare() -> str:
    """Puts the tables into a folder, from which tiktoken in this process reads them, and returns the folder."""
    cargo = Path(os.environ.get("CARGO_HOME", Path.home() / ".cargo"))
    cache = Path(tempfile.gettempdir()) / "gpt-cost-tiktoken-cache"
    cache.mkdir(exist_ok=True)
    for file in cargo.glob("registry/src/*/tiktoken-rs-*/assets/*.tiktoken"):
        url = f"https://openaipublic.blob.core.windows.net/encodings/{file.name}"
        shutil.copyfile(file, cache / hashlib.sha1(url.encode()).hexdigest())
    return os.environ.setdefault("TIKTOKEN_CACHE_DIR", str(cache))
