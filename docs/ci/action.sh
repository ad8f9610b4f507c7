#!/usr/bin/env bash
# The script of the GitHub action: annotations and the step summary, the comparison with the base branch, and the comment.
# All inputs come from environment variables, so none is ever run as code.
set -uo pipefail

main() {
  check
  local code=$?
  if [ -n "${GITHUB_OUTPUT:-}" ]; then echo "exit-code=$code" >> "$GITHUB_OUTPUT"; fi
  if [ -n "${DIFF_BASE:-}" ]; then compare "$DIFF_BASE"; fi
  return "$code"
}

# Annotates what is over budget, and writes the step summary.
check() {
  local arguments=(check --format github --step-summary) more=${ARGS:-} words word
  if [ "${WARN_ONLY:-false}" = true ]; then arguments+=(--warn-only); fi
  if [ -n "${more//[[:space:]]/}" ]; then
    # xargs interprets quotes and backslashes as a shell does, and nothing else.
    if ! words=$(printf '%s' "$more" | xargs printf '%s\n'); then
      echo "::error::gpt-cost: the quotes of args do not match"
      return 2
    fi
    while IFS= read -r word; do arguments+=("$word"); done <<< "$words"
  fi
  gpt-cost "${arguments[@]}"
}

# Compares with the point where the branch left the base, in the step summary and in the comment.
compare() {
  local base=$1 revision report
  for revision in "origin/$base" "$base" ''; do
    if git rev-parse --verify --quiet --end-of-options "$revision^{commit}" > /dev/null; then break; fi
  done
  if [ -z "$revision" ]; then
    echo "::warning::gpt-cost: cannot compare with $base, which is not in this checkout; check out with fetch-depth: 0"
    return
  fi
  report=$(mktemp)
  # If files cannot be read, the exit code is 2 and the report lists them. If there is no report, standard error has the reason.
  gpt-cost diff "$revision..." --format markdown > "$report"
  if [ -s "$report" ]; then
    if [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then cat "$report" >> "$GITHUB_STEP_SUMMARY"; fi
    if [ "${COMMENT:-false}" = true ] && [ -n "${PULL_REQUEST:-}" ]; then
      comment "$report" || echo "::warning::gpt-cost: cannot write the comment; check that the token has pull-requests: write"
    fi
  fi
  rm -f "$report"
}

# Updates the comment of an earlier run, or creates one if something changed.
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
