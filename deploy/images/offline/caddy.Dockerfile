# Debian's Caddy where the official image cannot be pulled.
ARG BASE_IMAGE
FROM ${BASE_IMAGE}
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends caddy > /dev/null && rm -rf /var/lib/apt/lists/*
