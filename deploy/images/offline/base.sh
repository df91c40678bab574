#!/bin/sh
# Makes the base image where no image registry can be reached: Debian's own packages, the same Python as python:3.13-slim.
#   base.sh IMAGE        (root; needs debootstrap)
# The machine's certificate authorities go in, so that builds behind an inspecting proxy can fetch packages.
set -eu
image=$1 root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
[ -f "$keyring" ] || { apt-get update -qq && apt-get install -y -qq debian-archive-keyring >/dev/null; }
debootstrap --force-check-gpg --keyring="$keyring" --variant=minbase --include=python3,python3-venv,ca-certificates trixie "$root" > "$root.log" 2>&1 \
  || { tail -20 "$root.log"; exit 1; }
rm -rf "$root.log" "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/*
[ ! -f /etc/ssl/certs/ca-certificates.crt ] || cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
tar -C "$root" -c . | docker import - "$image" > /dev/null
