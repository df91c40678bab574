{{/* The pod of a replica; where `recover` is set, of the one run that makes the service whole again from the topics. */}}
{{- define "dossier.pod" -}}
{{- $c := . }}
{{- $v := $c.values }}
{{- $keys := eq $c.service "signing" }}
metadata:
  labels: {{- toYaml $c.labels | nindent 4 }}
  annotations:
    dossier/files: {{ toJson $v.files | sha256sum | trunc 16 | quote }}
    {{- with $v.annotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  {{- if $v.recover }}
  restartPolicy: Never
  {{- end }}
  automountServiceAccountToken: false
  enableServiceLinks: false # they are named like settings: INTAKE_PORT=tcp://…
  terminationGracePeriodSeconds: 60 # streams 5 s, batch in hand 10, consumer 10, publishing 5, after a pause of 5
  securityContext:
    runAsNonRoot: true
    runAsUser: 10001
    runAsGroup: 10001
    fsGroup: 10001
    fsGroupChangePolicy: OnRootMismatch
    seccompProfile: { type: RuntimeDefault }
  {{- with $v.image.pullSecrets }}
  imagePullSecrets:
    {{- range . }}
    - name: {{ . }}
    {{- end }}
  {{- end }}
  {{- with $v.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  {{- with $v.nodeSelector }}
  nodeSelector: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $v.tolerations }}
  tolerations: {{- toYaml . | nindent 4 }}
  {{- end }}
  topologySpreadConstraints:
    {{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
    - maxSkew: 1
      topologyKey: {{ . }}
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels: {{- toYaml $c.selector | nindent 10 }}
    {{- end }}
  containers:
    - name: {{ $c.service }}
      image: {{ $c.image | quote }}
      imagePullPolicy: {{ $v.image.pullPolicy }}
      command: [python, -m, {{ $c.known.module }}]
      {{- if $v.recover }}
      args: [{{ ternary "rebuild" "recover" (eq $c.service "monitor-worker") }}]
      {{- end }}
      ports:
        - { name: http, containerPort: {{ $c.known.port | int }}, protocol: TCP }
      env:
        - { name: {{ $c.known.prefix }}HOST, value: 0.0.0.0 }
        - { name: {{ $c.known.prefix }}PORT, value: {{ $c.known.port | int | quote }} }
        - name: {{ $c.known.prefix }}INSTANCE
          valueFrom: { fieldRef: { fieldPath: metadata.name } }
        {{- if $c.known.data }}
        - { name: {{ $c.known.prefix }}DATA, value: /data }
        {{- end }}
        {{- with $v.path }}
        - { name: {{ $c.known.prefix }}PATH, value: {{ . | quote }} }
        {{- end }}
        {{- if $v.secrets }}
        - { name: SECRETS_DIR, value: /run/secrets }
        {{- end }}
        {{- range $name, $value := include "dossier.settings" $c | fromYaml }}
        - name: {{ $name }}
          value: {{ include "dossier.text" $value | quote }}
        {{- end }}
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities: { drop: [ALL] }
      resources: {{- toYaml $v.resources | nindent 8 }}
      {{- if not $v.recover }}
      lifecycle:
        preStop: { sleep: { seconds: 5 } } # until nobody sends it requests any more
      startupProbe: # it answers as soon as it runs; the broker and the database may come later
        httpGet: { path: /health/live, port: http }
        periodSeconds: 2
        failureThreshold: 60
      livenessProbe:
        httpGet: { path: /health/live, port: http }
        periodSeconds: 10
        timeoutSeconds: 5
        failureThreshold: 6
      readinessProbe:
        httpGet: { path: /health/ready, port: http }
        periodSeconds: 5
        timeoutSeconds: 5
        failureThreshold: 2
      {{- end }}
      volumeMounts:
        - { name: tmp, mountPath: /tmp }
        {{- if $c.known.data }}
        - { name: data, mountPath: /data }
        {{- end }}
        {{- if $v.secrets }}
        - { name: secrets, mountPath: /run/secrets, readOnly: true }
        {{- end }}
        {{- if $v.files }}
        - { name: files, mountPath: /etc/dossier, readOnly: true }
        {{- end }}
  volumes:
    - name: tmp
      emptyDir: { sizeLimit: 256Mi }
    {{- if $c.known.data }}
    - name: data
      {{- if $keys }}
      persistentVolumeClaim:
        claimName: {{ $v.signingKeys.claim | default (printf "%s-keys" $c.name) }}
      {{- else }}
      emptyDir: { sizeLimit: 256Mi } # nothing in it is needed again
      {{- end }}
    {{- end }}
    {{- if $v.secrets }}
    - name: secrets
      projected:
        defaultMode: 0440
        sources:
          {{- range $v.secrets }}
          - secret:
              name: {{ .name | replace "{service}" $c.known.user }}
              {{- with .items }}
              items:
                {{- range $entry, $file := . }}
                - { key: {{ $entry | quote }}, path: {{ $file | replace "{SERVICE}_" $c.known.prefix | quote }} }
                {{- end }}
              {{- end }}
          {{- end }}
    {{- end }}
    {{- if $v.files }}
    - name: files
      configMap: { name: {{ $c.name }}-files }
    {{- end }}
{{- end }}
