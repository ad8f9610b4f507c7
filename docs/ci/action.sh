#!/usr/bin/env bash
# What the GitHub action runs: annotations and the step's summary, the comparison with the base, and the comment.
# Everything comes from the environment, so that no input is ever read as code.
set -uo pipefail

main() {
  check
  local code=$?
  if [ -n "${GITHUB_OUTPUT:-}" ]; then echo "exit-code=$code" >> "$GITHUB_OUTPUT"; fi
  if [ -n "${DIFF_BASE:-}" ]; then compare "$DIFF_BASE"; fi
  return "$code"
}

# Annotates what is over budget, and writes the step's summary.
check() {
  local arguments=(check --format github --step-summary) more=${ARGS:-} words word
  if [ "${WARN_ONLY:-false}" = true ]; then arguments+=(--warn-only); fi
  if [ -n "${more//[[:space:]]/}" ]; then
    # xargs reads quotes and backslashes as a shell does, and nothing else.
    if ! words=$(printf '%s' "$more" | xargs printf '%s\n'); then
      echo "::error::gpt-cost: the quotes of args do not match"
      return 2
    fi
    while IFS= read -r word; do arguments+=("$word"); done <<< "$words"
  fi
  gpt-cost "${arguments[@]}"
}

# Compares with what the base was when the branch left it, in the step's summary and in the comment.
compare() {
  local base=$1 revision report
  for revision in "origin/$base" "$base" ''; do
    if git rev-parse --verify --quiet --end-of-options "$revision^{commit}" > /dev/null; then break; fi
  done
  if [ -z "$revision" ]; then
    echo "::warning::gpt-cost: $base is not here to compare with; check out with fetch-depth: 0"
    return
  fi
  report=$(mktemp)
  # Where files are broken, the exit code is 2 and the report names them; without a report, standard error says why.
  gpt-cost diff "$revision..." --format markdown > "$report"
  if [ -s "$report" ]; then
    if [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then cat "$report" >> "$GITHUB_STEP_SUMMARY"; fi
    if [ "${COMMENT:-false}" = true ] && [ -n "${PULL_REQUEST:-}" ]; then
      comment "$report" || echo "::warning::gpt-cost: the comment was not written; does the token have pull-requests: write?"
    fi
  fi
  rm -f "$report"
}

# Writes the comment, or updates that of an earlier run. Where nothing changed, none is begun.
comment() {
  local report=$1 comments="repos/$GITHUB_REPOSITORY/issues" ids id mark='<!-- gpt-cost diff'
  ids=$(gh api --paginate "$comments/$PULL_REQUEST/comments" \
    --jq ".[] | select(.body | startswith(\"$mark\")) | .id") || return
  id=${ids%%$'\n'*}
  if [ -n "$id" ]; then
    gh api --silent --method PATCH "$comments/comments/$id" --field "body=@$report"
  elif [ "$(head -n 1 "$report")" != "$mark: no change -->" ]; then
    gh api --silent "$comments/$PULL_REQUEST/comments" --field "body=@$report"
  fi
}

main
