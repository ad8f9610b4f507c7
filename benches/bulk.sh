#!/usr/bin/env bash
# Compares gpt-cost on one large file for the Batch API with reading alone, with a Python loop over tiktoken, and with
# the counters of gpt-batch-api and litellm. Usage: benches/bulk.sh [FOLDER]
#
# FOLDER keeps the file and the peers for the next run; without it, they are in a temporary folder.
#   MB=1000      megabytes of the file
#   PEER_MB=50   megabytes of its beginning that the peers count; they are too slow for all of it
#   RUNS=3       runs of which the best one counts
#   PYTHON       a Python with venv, 3.9 or later
#   GPT_COST_CORPORA   the folder of texts, as for the other benches
set -euo pipefail
mb=${MB:-1000} peer_mb=${PEER_MB:-50} python=${PYTHON:-python3}
if [ $# -gt 0 ]; then
  mkdir -p "$1"
  folder=$(cd "$1" && pwd)
else
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
fi
cd "$(dirname "$0")/.."
if [ -z "${GPT_COST_CORPORA:-}" ]; then
  echo "GPT_COST_CORPORA is not set: the samples are too small for figures worth quoting" >&2
fi

cargo build --release --quiet
cargo build --release --quiet --manifest-path benches/bulk/Cargo.toml --features bounds
built=$(cargo metadata --format-version 1 --no-deps --manifest-path benches/bulk/Cargo.toml |
  "$python" -c 'import json, sys; print(json.load(sys.stdin)["target_directory"])')/release
program=$(cargo metadata --format-version 1 --no-deps |
  "$python" -c 'import json, sys; print(json.load(sys.stdin)["target_directory"])')/release/gpt-cost

file=$folder/batch-$mb.jsonl
if [ ! -f "$file" ]; then
  "$built/gpt-cost-bulk" "$mb" > "$file.part"
  mv "$file.part" "$file"
fi
# Without the last line, which can be cut off.
prefix=$folder/beginning.jsonl
if [ "$peer_mb" -lt "$mb" ]; then
  head -c "${peer_mb}000000" "$file" | LC_ALL=C sed '$d' > "$prefix"
else
  cp "$file" "$prefix"
fi

# Each peer alone: one that cannot be installed is skipped. gpt-batch-api asks for Python 3.12 and for wandb, but its
# counter needs neither.
peers=$folder/python/bin/python
if [ ! -x "$peers" ]; then
  install() { "$peers" -m pip install --quiet --disable-pip-version-check "$@" || echo "not installed: ${*: -1}" >&2; }
  if "$python" -m venv "$folder/python"; then
    install tiktoken==0.14.0
    install litellm==1.110.2
    install pillow requests
    install --no-deps --ignore-requires-python gpt-batch-api==1.0.5
  else
    peers=$python
  fi
fi
# tiktoken and litellm would ask the network for vocabularies and prices. The vocabulary is that of the crate
# tiktoken-rs, in a file whose name is the SHA-1 of the address; tiktoken checks its content.
mkdir -p "$folder/vocabularies"
crate=$(cargo metadata --format-version 1 --all-features | "$python" -c '
import json, sys
print(*[one["manifest_path"] for one in json.load(sys.stdin)["packages"] if one["name"] == "tiktoken-rs"])')
cp "$(dirname "$crate")/assets/o200k_base.tiktoken" "$folder/vocabularies/fb374d419588a4632f3f557e76b4b70aebbca790"
export TIKTOKEN_CACHE_DIR=$folder/vocabularies LITELLM_LOCAL_MODEL_COST_MAP=True

"$python" benches/bulk/compare.py "$program" "$built/bounds" "$peers" "$file" "$prefix"
