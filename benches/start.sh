#!/usr/bin/env bash
# Times a whole `estimate` process on one small prompt in three folders: without a price table, with a copy of the built-in one, and with
# an edited copy. Also times an empty process, and prints the memory and the size of the binary. Usage: benches/start.sh [RUNS]
set -euo pipefail
cd "$(dirname "$0")/.."
cargo build --release --quiet
root=$PWD
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for kind in none copy edited; do
  mkdir -p "$folder/$kind"
  cp examples/prompt.json "$folder/$kind"
done
cp pricing.toml "$folder/copy"
sed '0,/input = "0.03"/s//input = "0.04"/' pricing.toml > "$folder/edited/pricing.toml"
python3 - "$root/target/release/gpt-cost" "$folder" "${1:-300}" <<'PY'
import statistics, subprocess, sys, time
binary, folder, runs = sys.argv[1], sys.argv[2], int(sys.argv[3])
estimate = [binary, "estimate", "prompt.json", "--model", "gpt-4"]
commands = {"an empty process": (["/bin/true"], "none")}
commands |= {f"price table: {kind}": (estimate, kind) for kind in ["none", "copy", "edited"]}
times = {name: [] for name in commands}
# The commands take turns, so that other load on the machine affects all of them alike.
for _ in range(runs):
    for name, (command, kind) in commands.items():
        start = time.perf_counter()
        subprocess.run(command, cwd=f"{folder}/{kind}", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        times[name].append(time.perf_counter() - start)
for name, seconds in times.items():
    print(f"{name:22} {statistics.median(seconds) * 1000:.2f} ms")
PY
cd "$folder/none"
/usr/bin/time -f 'resident: %M KB' "$root/target/release/gpt-cost" estimate prompt.json --model gpt-4 > /dev/null
echo "binary: $(wc -c < "$root/target/release/gpt-cost") bytes"
