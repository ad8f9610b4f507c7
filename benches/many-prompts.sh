#!/usr/bin/env bash
# Checks ten thousand prompt files against a budget, and prints the time and the memory. Usage: benches/many-prompts.sh [COUNT]
set -euo pipefail
cd "$(dirname "$0")/.."
count=${1:-10000}
cargo build --release --quiet
binary=$PWD/target/release/gpt-cost
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 - "$count" <<'PY'
import json, os, random, sys
random.seed(7)
words = "the order parcel was sent to your address on Monday and should arrive soon please write back if it does not".split()
for i in range(int(sys.argv[1])):
    folder = f"prompts/{i % 100:02}"
    os.makedirs(folder, exist_ok=True)
    content = " ".join(random.choice(words) for _ in range(150))
    body = {"model": "gpt-4.1", "messages": [{"role": "system", "content": "Be kind."}, {"role": "user", "content": content}], "max_tokens": 100}
    json.dump(body, open(f"{folder}/{i}.json", "w"))
PY
printf '[[budget]]\nname = "all"\npaths = ["prompts/**/*.json"]\nmax_cost_per_request = "0.01"\n' > gpt-cost.toml
"$binary" check --as-of 2026-11-24 > warm.txt
echo "files: $count, bytes: $(cat prompts/*/*.json | wc -c), processors: $(nproc)"
time "$binary" check --as-of 2026-11-24 | tail -n 1
/usr/bin/time -f 'resident: %M KB' "$binary" check --as-of 2026-11-24 > warm.txt || true
