#!/usr/bin/env bash
# .github/pull_request.sh [BASE]: what a pull request changes, beside the commit BASE (origin/main).
# Runs what is out of date, or lets DVC say that nothing is; then writes the change of params and
# metrics, the diagnosis and the gate's line as Markdown to $GITHUB_STEP_SUMMARY, or to stdout.
# The exit code is the gate's.
set -euo pipefail
cd "$(dirname "$0")/.."

base=${1:-origin/main}
summary=${GITHUB_STEP_SUMMARY:-/dev/stdout}
fresh="Data and pipelines are up to date."
git rev-parse --verify --quiet --end-of-options "$base^{commit}" >/dev/null ||
    { echo "error: expected a commit, branch or tag. Received: '$base'" >&2; exit 2; }

# Results that nobody has pulled are no reason to make them again: what is committed says whether
# they are those of these params, this code and this data.
# Where they are not, this ends in an error or with stages to run.
said=$(dvc repro --allow-missing --dry 2>/dev/null || true)
if ! grep -qxF "$fresh" <<<"$said"; then
    # A fork has no credentials, and some of what is asked for was never pushed.
    if [ -n "$(dvc config core.remote 2>/dev/null || true)" ]; then
        dvc pull --run-cache --allow-missing >&2 || echo "not all could be pulled" >&2
        pulling=--pull # of what others have trained, too
    fi
    said=$(dvc repro ${pulling:-} | tee /dev/stderr)
fi

gate=0
line=$(python -m stages gate "$base") || gate=$?
{
    echo "## Loss Ledger"
    echo
    if grep -qxF "$fresh" <<<"$said"; then
        echo "$fresh"
    else
        echo "Not up to date in the commit; ran here:" \
            "$(sed -n "s/^Running stage '\(.*\)':$/\1/p" <<<"$said" | paste -sd, | sed 's/,/, /g')."
    fi
    echo
    echo "**${line:-gate: could not be judged}**"
    echo
    echo "### Params"
    echo
    dvc params diff "$base" --md
    echo
    echo "### Metrics"
    echo
    dvc metrics diff "$base" --md
    echo
    grep -v '^!\[' reports/diagnosis.md # a summary shows no pictures of the repository's
} >>"$summary"
exit "$gate"
