#!/usr/bin/env bash
# What the GitHub action runs: annotations and the step's summary, the comparison with the base, and the comment.
# Everything comes from the environment, so that no input is ever read as code.
set -uo pipefail

check=(check --format github --step-summary)
if [ "${WARN_ONLY:-false}" = true ]; then check+=(--warn-only); fi
# Words, as a shell splits them, and nothing else of a shell.
read -r -a more <<< "${ARGS:-}"
gpt-cost "${check[@]}" ${more[@]+"${more[@]}"}
code=$?
if [ -n "${GITHUB_OUTPUT:-}" ]; then echo "exit-code=$code" >> "$GITHUB_OUTPUT"; fi

base=${DIFF_BASE:-}
if [ -n "$base" ]; then
  for revision in "origin/$base" "$base"; do
    if git rev-parse --verify --quiet --end-of-options "$revision^{commit}" > /dev/null; then break; fi
    revision=
  done
  if [ -z "$revision" ]; then
    echo "::warning::gpt-cost: $base is not here to compare with; check out with fetch-depth: 0"
  else
    comment=$(mktemp)
    if gpt-cost diff "$revision" --format markdown > "$comment"; then
      if [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then cat "$comment" >> "$GITHUB_STEP_SUMMARY"; fi
      if [ "${COMMENT:-false}" = true ] && [ -n "${PULL_REQUEST:-}" ]; then
        # The hidden mark in the first line finds the comment of an earlier run.
        mark=$(head -n 1 "$comment")
        id=$(gh api --paginate "repos/$GITHUB_REPOSITORY/issues/$PULL_REQUEST/comments" \
          --jq ".[] | select(.body | startswith(\"$mark\")) | .id" | head -n 1)
        if [ -n "$id" ]; then
          gh api --silent --method PATCH "repos/$GITHUB_REPOSITORY/issues/comments/$id" --field "body=@$comment"
        else
          gh api --silent "repos/$GITHUB_REPOSITORY/issues/$PULL_REQUEST/comments" --field "body=@$comment"
        fi
      fi
    fi
    rm -f "$comment"
  fi
fi
exit "$code"
