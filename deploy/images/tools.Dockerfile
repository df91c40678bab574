# The `dossier` command, the development issuer and the simulated provider: for demos, tests and administration.
#   docker build -f deploy/images/tools.Dockerfile -t dossier/tools .
ARG BASE_IMAGE=python:3.13.11-slim

FROM ${BASE_IMAGE} AS build
WORKDIR /src
COPY requirements.lock package.json package-lock.json .npmrc deploy/images/packages.sh deploy/images/fonts.sh deploy/images/subset.py deploy/images/sbom.py ./
RUN sh packages.sh tools
COPY shared/pyproject.toml shared/
COPY deploy/local/pyproject.toml deploy/local/
RUN sh packages.sh projects /opt/dossier shared deploy/local
COPY shared shared
COPY deploy/local deploy/local
RUN sh packages.sh build /opt/dossier shared deploy/local
ARG VERSION=dev
RUN /opt/tools/bin/python sbom.py "${VERSION}" tools --of /opt/dossier > /opt/dossier/sbom.cdx.json

FROM ${BASE_IMAGE}
ARG VERSION=dev
ARG COMMIT=unknown
LABEL org.opencontainers.image.title="dossier/tools" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${COMMIT}" \
      org.opencontainers.image.licenses="Apache-2.0" \
      vn.dossier.sbom="/opt/dossier/sbom.cdx.json"
RUN mkdir /data && chown 10001:10001 /data
COPY --from=build /opt/dossier /opt/dossier
ENV PATH=/opt/dossier/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    SECRETS_DIR=/run/secrets DOSSIER_COMMIT=${COMMIT} DOSSIER_FOLDER=/data
WORKDIR /data
USER 10001:10001
ENTRYPOINT ["dossier"]
