{{/* The values of this release's service, what the code says of it (`known`), and its names. */}}
{{- define "dossier.context" -}}
{{- $known := .Files.Get "files/services.yaml" | fromYaml }}
{{- $service := .Values.service }}
{{- $values := mergeOverwrite (deepCopy .Values) (get .Values.services $service | default dict | deepCopy) }}
{{- $image := $values.image.repository | default (printf "%s/%s" $values.image.prefix (get $known $service).image) }}
{{- $tag := $values.image.tag | default .Chart.AppVersion }}
{{- $image = ternary (printf "%s@%s" $image $values.image.digest) (printf "%s:%s" $image $tag) (ne $values.image.digest "") }}
{{- $selector := dict "app.kubernetes.io/name" $service "app.kubernetes.io/instance" .Release.Name }}
{{- $labels := merge (dict
      "app.kubernetes.io/part-of" "dossier"
      "app.kubernetes.io/managed-by" .Release.Service
      "app.kubernetes.io/version" ($tag | trunc 63)
      "helm.sh/chart" (printf "%s-%s" .Chart.Name .Chart.Version)) $selector }}
{{- dict "values" $values "all" $known "known" (get $known $service) "image" $image "selector" $selector "labels" $labels
      "name" .Release.Name "service" $service | toYaml }}
{{- end }}

{{/* A setting's value as the text it is in the environment. Numbers come from values files as floats. */}}
{{- define "dossier.text" -}}
{{- if or (kindIs "map" .) (kindIs "slice" .) }}{{ toJson . }}
{{- else if and (kindIs "float64" .) (eq (floor .) .) }}{{ int64 . }}
{{- else }}{{ . }}
{{- end }}
{{- end }}

{{/* Peers and ports of a NetworkPolicy's rule; no peers: anywhere. */}}
{{- define "dossier.egress" -}}
- ports:
  {{- range .ports }}
  - { port: {{ . | int }}, protocol: TCP }
  {{- end }}
  {{- with .to }}
  to: {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}

{{/* The paths that are asked inside only: by probes, Prometheus, the monitor, the `dossier` command. */}}
{{- define "dossier.inside" -}}
paths: [/health, /metrics, /internal]
{{- end }}

{{/* What `env` says, and what follows from where the release is: releases bear their services' names, in one namespace. */}}
{{- define "dossier.settings" -}}
{{- $env := deepCopy .values.env }}
{{- if and (has "KAFKA_USERNAME" .known.settings) (hasPrefix "SASL" (get $env "KAFKA_SECURITY_PROTOCOL")) }}
  {{- $env = merge $env (dict "KAFKA_USERNAME" (list .known.user .values.deployment | compact | join ".")) }}
{{- end }}
{{- with .values.deployment }}
  {{- $env = merge $env (dict (printf "%sDEPLOYMENT" $.known.prefix) .) }}
{{- end }}
{{- if eq .service "monitor" }}
  {{- $inside := dict }}
  {{- range $name, $known := .all }}
    {{- if $known.answers }}{{ $_ := set $inside $name (printf "http://%s:%d" $name (int $known.port)) }}{{ end }}
  {{- end }}
  {{- $env = merge $env (dict "MONITOR_SERVICES" $inside) }}
{{- end }}
{{- $hosts := list }}
{{- range list .values.route .values.ingress }}
  {{- if .enabled }}{{ $hosts = append $hosts .host }}{{ end }}
{{- end }}
{{- if $hosts }}
  {{- $env = merge $env (dict "ALLOWED_HOSTS" (join "," $hosts)) }}
{{- end }}
{{- toYaml $env }}
{{- end }}
