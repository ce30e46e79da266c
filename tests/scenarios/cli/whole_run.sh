#!/bin/sh
# A whole run with commands alone: settings, a plan, a question answered from a second process, merge, report.
# Each command's exit code is checked. Started by test_whole_run.py, in a folder of its own:
#   whole_run.sh SCRATCH REPOSITORY PLAN
# with the program as $PROGRAM, and the scripted model behind $CODEX_HOME.
set -u

fail() {
    echo "whole_run: $*" >&2
    exit 1
}

# An answer is given here without a person: only where nothing of a person's is in reach.
inside() {
    case "$(cd "$2" 2>/dev/null && pwd -P)" in
        "$SCRATCH"/*) ;;
        *) fail "refused: $1 is not in the scratch folder: $2" ;;
    esac
}
[ "$#" -eq 3 ] || fail "usage: whole_run.sh SCRATCH REPOSITORY PLAN"
[ -f "$1/scratch-of-a-test" ] || fail "refused: $1 is no scratch folder of a test"
SCRATCH=$(cd "$1" && pwd -P)
inside HOME "$HOME"
inside CODEX_HOME "${CODEX_HOME:-/}"
inside REPOSITORY "$2"
cd "$2" || fail "no repository"
PLAN=$3

# expect CODE COMMAND…: its output is in $SCRATCH/out, what it said beside that in $SCRATCH/err.
expect() {
    wanted=$1
    shift
    # shellcheck disable=SC2086 # the program and its arguments
    $PROGRAM "$@" >"$SCRATCH/out" 2>"$SCRATCH/err" </dev/null
    code=$?
    [ "$code" -eq "$wanted" ] || fail "$* ended with $code and not with $wanted: $(cat "$SCRATCH/out" "$SCRATCH/err")"
}
says() {
    grep -q -- "$2" "$SCRATCH/$1" || fail "'$2' is not in what was said: $(cat "$SCRATCH/$1")"
}
tip() { git rev-parse main; }

expect 0 init
says out 'wrote .*orchestrator.yaml'
expect 0 init
says out 'kept .*orchestrator.yaml'
expect 0 plan check "$PLAN"
expect 0 status
expect 2 report --run-id 1120
expect 4 wait --until done --timeout 0
says err 'there is no run here'

# shellcheck disable=SC2086
$PROGRAM run --plan-file "$PLAN" --headless --json >"$SCRATCH/events.jsonl" 2>"$SCRATCH/run.err" </dev/null &
RUN_PID=$!
expect 0 wait --until asks --timeout 60
expect 0 approvals list
ID=$(sed -n '1s/ .*//p' "$SCRATCH/out")
expect 0 approvals show "$ID"
says out 'Run outside the sandbox?'
RUN=$(sed -n 's/.*"type":"RunCreated","data":{"run":"\([^"]*\)".*/\1/p' "$SCRATCH/events.jsonl")
[ -n "$RUN" ] || fail "no run in the events: $(cat "$SCRATCH/events.jsonl" "$SCRATCH/run.err")"
expect 4 merge --run-id "$RUN" --allow-automerge
says err 'still at work'
[ ! -e "$SCRATCH/outside/marker" ] || fail "it ran before it was allowed"
expect 2 approvals answer "${ID%:*}" accept
says err "approvals answer $ID accept"
expect 0 approvals answer "$ID" accept
expect 0 wait --until done --run "$RUN" --timeout 60
wait "$RUN_PID" || fail "the run ended with $?: $(cat "$SCRATCH/run.err")"
[ -e "$SCRATCH/outside/marker" ] || fail "it did not run after it was allowed"
expect 5 approvals answer "$ID" accept
expect 1 stop "$RUN"
expect 1 resume --run-id "$RUN" --headless
expect 2 resume --headless
says err "no run has tasks that stopped"
says err "the newest is $RUN"

BEFORE=$(tip)
expect 5 merge --run-id "$RUN"
says err 'not reviewed'
[ "$(tip)" = "$BEFORE" ] || fail "main moved without a review"
expect 2 merge --run-id nothing --allow-automerge
expect 0 merge --allow-automerge --json
says out '"base_branch": "main"'
says out "$RUN: main: "
[ "$(tip)" != "$BEFORE" ] || fail "main did not move"
git merge-base --is-ancestor "$BEFORE" main || fail "that was no fast-forward"
LEFT=$(git status --porcelain -- . ':!.orchestrator') # which holds what init wrote, to be committed
[ -z "$LEFT" ] || fail "the checkout is not clean: $LEFT"
expect 0 merge --run-id "$RUN" --allow-automerge
says out 'merged already'
expect 2 merge --allow-automerge
says err 'no run has work to merge'

expect 0 report --run-id "$RUN"
expect 0 report --run-id "$RUN" --json
expect 0 history --run "$RUN"
says out 'touch'
expect 0 status --json
says out '"state": "merged"'

expect 2 clean --run-id nothing
expect 0 clean --json
says out "\"run\": \"$RUN\""
says out '"undo": "git branch orch/'
[ -z "$(git for-each-ref refs/heads/orch)" ] || fail "a branch was left: $(git for-each-ref refs/heads/orch)"
[ -n "$(git for-each-ref "refs/codex-orch/backup/$RUN")" ] || fail "no backup was left"
expect 2 clean
says err 'no run has worktrees or branches left'
expect 0 clean --run-id "$RUN"
expect 0 prune
says out 'No run that old'
expect 0 prune --run-id "$RUN"
says out 'would remove run folder'
[ -d ".orchestrator/runs/$RUN" ] || fail "a dry run removed something"
expect 0 prune --run-id "$RUN" --apply
[ ! -e ".orchestrator/runs/$RUN" ] || fail "the run's folder is still there"
expect 0 report --run-id "$RUN"
echo "$RUN"
