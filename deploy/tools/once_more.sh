#!/usr/bin/env bash
# once_more.sh pytest …: a test that failed beside others is asked once more, alone. What fails twice, or more than three
# at once, fails. Both runs are printed, so that what needed a second is seen: it is a fault to be found, not one forgiven.
set -uo pipefail
log=$(mktemp)
trap 'rm -f "$log"' EXIT

"$@" 2>&1 | tee "$log"
code=${PIPESTATUS[0]}
# 1: tests failed. Anything else, or a worker that died, left tests unasked.
[ "$code" -eq 1 ] || exit "$code"
! grep -q "worker restarting disabled" "$log" || exit 1

alone=("$@" -n 0 --last-failed --last-failed-no-failures none)
again=$("${alone[@]}" --collect-only -q 2>/dev/null | grep -c '::') || exit 1
[ "$again" -le 3 ] || exit 1
echo "!!! $again failed beside others; asked once more, alone:"
"${alone[@]}"
