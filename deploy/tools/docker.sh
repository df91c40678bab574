#!/usr/bin/env bash
# Docker on a machine that has none, as far as a machine can have it: the engine from Debian, Compose v2 built from its own
# sources (Debian 12 has none), cached outside the checkout.
#   docker.sh up          so that `docker` and `docker compose` work; a running engine is left as it is
#   docker.sh down        stops the engine if `up` started it
set -euo pipefail

compose_version=v2.40.3
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/dossier
plugins=${DOCKER_CONFIG:-$HOME/.docker}/cli-plugins
pid=/run/dossier-dockerd.pid log=/var/log/dossier-dockerd.log

engine() {
  ! docker info >/dev/null 2>&1 || return 0
  if [ "$(id -u)" != 0 ]; then
    echo "No Docker engine answers, and only root can start one. Start Docker, then try again." >&2
    return 1
  fi
  if ! command -v dockerd >/dev/null || ! command -v docker >/dev/null || ! command -v iptables >/dev/null; then
    echo "Installing Docker's engine …" >&2
    apt-get update -qq
    # since Debian 13 the client is a package of its own
    apt-cache show docker-cli >/dev/null 2>&1 && client=docker-cli || client=
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
      docker.io $client iptables ca-certificates >/dev/null
  fi
  setsid nohup dockerd >"$log" 2>&1 </dev/null &
  echo $! >"$pid"
  for _ in $(seq 120); do
    ! docker info >/dev/null 2>&1 || return 0
    kill -0 "$(cat "$pid")" 2>/dev/null || break
    sleep 0.5
  done
  echo "Docker's engine does not come up here. The end of $log:" >&2
  tail -5 "$log" >&2
  return 1
}

compose() {
  ! docker compose version >/dev/null 2>&1 || return 0
  local built=$cache/docker-compose-$compose_version source
  if [ ! -x "$built" ]; then
    echo "Building Docker Compose $compose_version (some minutes, once) …" >&2
    mkdir -p "$cache"
    work=$(mktemp -d)
    trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
    # its own go.mod and go.sum say what it is built of; modules are checked by the checksum database
    source=$(cd "$work" && "$here/go.sh" mod download -json "github.com/docker/compose/v2@$compose_version" | sed -n 's/.*"Dir": "\(.*\)".*/\1/p')
    cp -r "$source" "$work/compose" && chmod -R u+w "$work/compose"
    rm -f "$built.part"
    (cd "$work/compose" && "$here/go.sh" build -mod=readonly -trimpath -o "$built.part" \
      -ldflags "-s -w -X github.com/docker/compose/v2/internal.Version=$compose_version" ./cmd)
    mv "$built.part" "$built"
  fi
  mkdir -p "$plugins"
  cp "$built" "$plugins/docker-compose"
}

stop() {
  local number
  [ -f "$pid" ] || return 0
  number=$(cat "$pid")
  rm -f "$pid"
  [ "$(cat "/proc/$number/comm" 2>/dev/null)" = dockerd ] || return 0
  kill "$number"
  for _ in $(seq 60); do
    kill -0 "$number" 2>/dev/null || return 0
    sleep 0.5
  done
}

case ${1:-} in
  up)
    engine
    compose
    docker compose version
    ;;
  down) stop ;;
  *) sed -n '2,6s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 2 ;;
esac
