#!/usr/bin/env bash
# The script of the weekly update of the price table, docs/ci/prices.yml. Nothing else in gpt-cost uses the network.
#
#   docs/ci/prices.sh fetch FOLDER [LITELLM [GENAI-PRICES]]
#                                     gets the tables of both by pip and cargo, the newest or those of the given versions
#   docs/ci/prices.sh propose FOLDER  imports them into pricing.toml; FOLDER/text.md describes the changes
#   docs/ci/prices.sh pull-request FOLDER
#   docs/ci/prices.sh watch           opens an issue if the update has not succeeded for 8 days
set -euo pipefail

branch=prices
title='Prices of litellm and genai-prices'
issue='The weekly update of the prices does not run'
days=8

fetch() {
  local folder=$1 temporary crate
  mkdir -p "$folder"
  temporary=$(mktemp -d)
  # A wheel is a zip file; nothing of it is run.
  python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: --dest "$temporary" \
    "litellm${2:+==$2}"
  python3 - "$temporary" "$folder/litellm.json" << 'END'
import pathlib, sys, zipfile
(wheel,) = pathlib.Path(sys.argv[1]).glob("litellm-*.whl")
table = zipfile.ZipFile(wheel).read("litellm/model_prices_and_context_window_backup.json")
pathlib.Path(sys.argv[2]).write_bytes(table)
END
  # The crate has the data as JSON; the wheel has it as Python.
  cargo init --quiet --vcs none --name sources "$temporary/sources"
  cargo add --quiet --manifest-path "$temporary/sources/Cargo.toml" "genai-prices${3:+@=$3}"
  crate=$(cargo metadata --quiet --format-version 1 --manifest-path "$temporary/sources/Cargo.toml" | python3 -c '
import json, sys
print(*[one["manifest_path"] for one in json.load(sys.stdin)["packages"] if one["name"] == "genai-prices"])')
  cp "${crate%/Cargo.toml}/data/prices.json" "$folder/genai-prices.json"
  rm -rf "$temporary"
}

propose() {
  local folder=$1 lost one
  local known=docs/ci/known-models.txt
  if ! lost=$(python3 docs/ci/lost_models.py pricing.toml "$known" "$folder"/{litellm,genai-prices}.json); then
    while IFS= read -r one; do echo "::error::a source no longer has a model of pricing.toml: $one"; done <<< "$lost"
    return 1
  fi
  {
    echo 'Compare each difference with OpenAI'\''s prices (https://platform.openai.com/docs/pricing), edit the rows'
    echo 'that are wrong, and set `checked`. Only a person can do that: both sources have had wrong and old prices.'
    for one in genai-prices litellm; do
      printf '\n### %s\n\n```text\n' "$one"
      # A source that contradicts the first one, or is older than the table, is refused; the text has the reason.
      gpt-cost pricing import --from "$one" "$folder/$one.json" --into pricing.toml --yes 2>&1 || true
      echo '```'
    done
    printf '\n### All differences\n\n```text\n'
    gpt-cost pricing diff built-in pricing.toml
    echo '```'
  } | head --bytes 60000 > "$folder/text.md" # GitHub's limit is 65,536
  gpt-cost pricing validate pricing.toml
}

pull-request() {
  local folder=$1
  if [ -z "$(git status --porcelain pricing.toml docs/ci/known-models.txt)" ]; then echo 'no differences'; return; fi
  git checkout --quiet -B "$branch"
  git add pricing.toml docs/ci/known-models.txt
  git -c user.name=gpt-cost -c user.email=gpt-cost@users.noreply.github.com commit --quiet --message "$title"
  git push --quiet --force origin "$branch"
  if [ -n "$(gh pr list --head "$branch" --state open --json number --jq '.[].number')" ]; then
    gh pr edit "$branch" --body-file "$folder/text.md"
  else
    gh pr create --head "$branch" --title "$title" --body-file "$folder/text.md"
  fi
}

watch() {
  local last open
  last=$(gh run list --workflow prices.yml --status success --limit 1 --json createdAt --jq '.[].createdAt')
  if [ -n "$last" ] && [ "$(date --date "$last" +%s)" -ge "$(date --date "$days days ago" +%s)" ]; then return; fi
  open=$(gh issue list --state open --search "in:title \"$issue\"" --json number --jq '.[].number')
  if [ -n "$open" ]; then return; fi
  gh issue create --title "$issue" \
    --body "Its last success was on ${last:-no day}, more than $days days ago: see the runs of prices.yml."
}

case ${1:-} in
  fetch | propose | pull-request | watch) "$@" ;;
  *) echo "usage: docs/ci/prices.sh fetch|propose|pull-request FOLDER, or watch" >&2; exit 2 ;;
esac
