# One image per service: its own package, what is shared, their libraries by hash, and no other service's code.
#   docker build -f deploy/images/service.Dockerfile --build-arg SERVICE=intake -t dossier/intake .
ARG BASE_IMAGE=python:3.13.11-slim

FROM ${BASE_IMAGE} AS build
WORKDIR /src
COPY requirements.lock package.json package-lock.json .npmrc deploy/images/packages.sh deploy/images/fonts.sh deploy/images/subset.py deploy/images/sbom.py ./
RUN sh packages.sh tools
ARG SERVICE
COPY shared/pyproject.toml shared/
COPY services/${SERVICE}/pyproject.toml services/${SERVICE}/
RUN sh packages.sh projects /opt/dossier shared services/${SERVICE}
COPY shared shared
COPY services/${SERVICE} services/${SERVICE}
RUN sh packages.sh build /opt/dossier shared services/${SERVICE} \
 && /opt/dossier/bin/python -c "from dossier_${SERVICE}.settings import Settings; print(Settings.model_fields['port'].default)" > /opt/dossier/port
ARG VERSION=dev
RUN /opt/tools/bin/python sbom.py "${VERSION}" "${SERVICE}" --of /opt/dossier > /opt/dossier/sbom.cdx.json

FROM ${BASE_IMAGE}
ARG SERVICE
ARG VERSION=dev
ARG COMMIT=unknown
LABEL org.opencontainers.image.title="dossier/${SERVICE}" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${COMMIT}" \
      org.opencontainers.image.licenses="Apache-2.0" \
      vn.dossier.sbom="/opt/dossier/sbom.cdx.json"
# a named volume on /data begins with this owner
RUN mkdir /data && chown 10001:10001 /data
COPY --from=build /opt/dossier /opt/dossier
ENV PATH=/opt/dossier/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    SECRETS_DIR=/run/secrets DOSSIER_COMMIT=${COMMIT} DOSSIER_MODULE=dossier_${SERVICE}
USER 10001:10001
HEALTHCHECK --interval=10s --timeout=8s --start-period=60s --retries=3 CMD ["python", "-m", "dossier_shared.http.health"]
# arguments are the program's own: `recover`
ENTRYPOINT ["/bin/sh", "-c", "exec python -m $DOSSIER_MODULE \"$@\"", "dossier"]
