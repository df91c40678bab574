#!/bin/sh
# Makes the images of images.env: the base first (once a machine), the others from it.
set -eu
cd "$(dirname "$0")/../../.."
here=deploy/images/offline
mkdir -p build
export DOCKER_BUILDKIT=0 # the classic builder: BuildKit would ask a registry for what is here already
if ! docker image inspect dossier/base:offline >/dev/null 2>&1; then
  command -v debootstrap >/dev/null || { apt-get update -qq && apt-get install -y -qq --no-install-recommends debootstrap >/dev/null; }
  echo "Making the base image …"
  "$here/base.sh" dossier/base:offline
fi
for name in kafka mongo caddy; do
  echo "Making the $name image …"
  docker build --network host --build-arg BASE_IMAGE=dossier/base:offline -f "$here/$name.Dockerfile" \
    -t "dossier/$name:offline" . > "build/$name-image.log" 2>&1 || { tail -30 "build/$name-image.log"; exit 1; }
done
