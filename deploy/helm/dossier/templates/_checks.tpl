{{/* What the schema cannot say: settings that the service does not have, and what does not go together. */}}
{{- define "dossier.checks" -}}
{{- $c := include "dossier.context" . | fromYaml }}
{{- range $service, $known := $c.all }}
  {{- $own := get $.Values.services $service | default dict }}
  {{- range $name, $_ := get $own "env" | default dict }}
    {{- include "dossier.check-setting" (list $service $known $name) }}
  {{- end }}
{{- end }}
{{- range $name, $_ := $c.values.env }}
  {{- include "dossier.check-setting" (list $c.service $c.known $name) }}
{{- end }}
{{- $needed := list "KAFKA_BOOTSTRAP_SERVERS" }}
{{- if $c.known.answers }}{{ $needed = append $needed "OIDC_ISSUER" }}{{ end }}
{{- range $needed }}
  {{- if not (get $c.values.env .) }}{{ fail (printf "env.%s is needed" .) }}{{ end }}
{{- end }}
{{- if and $c.known.database (not $c.values.secrets) }}
  {{- fail (printf "%s needs MONGODB_URL: name the Secret that holds it in secrets" $c.service) }}
{{- end }}
{{- range $c.values.secrets }}
  {{- range $entry, $given := .items }}
    {{- $file := $given | replace "{SERVICE}_" $c.known.prefix }}
    {{- if and (regexMatch "^[A-Z0-9_]+$" $file) (not (has $file $c.known.settings)) }}
      {{- fail (printf "secrets: %s has no setting %s" $c.service $file) }}
    {{- end }}
  {{- end }}
{{- end }}
{{- if and $c.values.path (not $c.known.answers) }}{{ fail (printf "path: %s answers no browser" $c.service) }}{{ end }}
{{- if and $c.values.path (not (has (printf "%sPATH" $c.known.prefix) $c.known.settings)) }}
  {{- fail (printf "path: %s has no setting %sPATH" $c.service $c.known.prefix) }}
{{- end }}
{{- if and $c.values.deployment (not (has (printf "%sDEPLOYMENT" $c.known.prefix) $c.known.settings)) }}
  {{- fail (printf "deployment: %s serves everybody; review and signing may have deployments" $c.service) }}
{{- end }}
{{- if and $c.values.ingress.enabled $c.values.path }}
  {{- fail "ingress: an Ingress cannot take the path off: use route, or a host of its own and no path" }}
{{- end }}
{{- if and (or $c.values.ingress.enabled $c.values.route.enabled) (not $c.known.answers) }}
  {{- fail (printf "ingress, route: %s answers no browser" $c.service) }}
{{- end }}
{{- if and $c.values.ingress.enabled (not $c.values.ingress.tlsSecret) (not $c.values.ingress.tlsElsewhere) }}
  {{- fail "ingress: tlsSecret is needed; where TLS ends before the Ingress say tlsElsewhere: true" }}
{{- end }}
{{- if and $c.values.autoscaling.enabled (gt ($c.values.autoscaling.minReplicas | int) ($c.values.autoscaling.maxReplicas | int)) }}
  {{- fail "autoscaling: minReplicas is more than maxReplicas" }}
{{- end }}
{{- $several := or $c.values.autoscaling.enabled (gt ($c.values.replicas | int) 1) }}
{{- if and (eq $c.service "signing") $several (not $c.values.signingKeys.claim) (ne $c.values.signingKeys.accessMode "ReadWriteMany") }}
  {{- fail "signingKeys: replicas share one folder: accessMode must be ReadWriteMany, or claim name a volume that is" }}
{{- end }}
{{- end }}

{{- define "dossier.check-setting" -}}
{{- $service := index . 0 }}{{ $known := index . 1 }}{{ $name := index . 2 }}
{{- if has $name $known.secrets }}{{ fail (printf "env.%s is a secret: keep it in a Secret named in secrets" $name) }}{{ end }}
{{- $set := list "SECRETS_DIR" }}
{{- range list "HOST" "PORT" "INSTANCE" "DATA" "PATH" "DEPLOYMENT" }}{{ $set = append $set (printf "%s%s" $known.prefix .) }}{{ end }}
{{- if has $name $set }}{{ fail (printf "env.%s is set by the chart" $name) }}{{ end }}
{{- if not (or (has $name $known.settings) (hasPrefix "OTEL_" $name)) }}
  {{- fail (printf "env.%s: %s has no such setting" $name $service) }}
{{- end }}
{{- end }}
