{{/* Names, labels and the parts of a pod that all of leadfleet shares. */}}

{{- define "leadfleet.name" -}}
{{- if contains "leadfleet" .Release.Name }}{{ .Release.Name | trunc 40 | trimSuffix "-" }}{{ else }}{{ printf "%s-leadfleet" .Release.Name | trunc 40 | trimSuffix "-" }}{{ end }}
{{- end }}

{{/* Takes a dict of root and role; roles have underscores, which names of Kubernetes must not have. */}}
{{- define "leadfleet.component" -}}
{{ include "leadfleet.name" .root }}-{{ .role | replace "_" "-" }}
{{- end }}

{{- define "leadfleet.selector" -}}
app.kubernetes.io/name: leadfleet
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .role | replace "_" "-" }}
{{- end }}

{{- define "leadfleet.labels" -}}
{{ include "leadfleet.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ .root.Chart.Name }}-{{ .root.Chart.Version }}
{{- end }}

{{- define "leadfleet.image" -}}
{{- with .Values.image }}{{ .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}{{ end }}
{{- end }}

{{/* The secrets that a role uses and that have a name, as a list in YAML. */}}
{{- define "leadfleet.secrets" -}}
{{- $used := list -}}
{{- range concat (list "nats" "ca") (.needs.secrets | default list) -}}
{{- if (index $.root.Values.secrets .).name }}{{ $used = append $used . }}{{ end -}}
{{- end -}}
{{ toYaml $used }}
{{- end }}

{{/* A pod: takes a dict of root, role, needs, args, memory, cpu, and the user of nats-server, if it has one. */}}
{{- define "leadfleet.pod" -}}
{{- $root := .root }}
{{- $variables := dict "nats" "NATS_URL_FILE" "ca" "NATS_CA_FILE" "postgres" "POSTGRES_CONNECTION_STRING_FILE" "leadfleet" "LEADFLEET_SECRET_FILE" "claude" "CLAUDE_API_KEY_FILE" "slack" "SLACK_WEBHOOK_URL_FILE" "smtp" "SMTP_URL_FILE" }}
{{- $secrets := include "leadfleet.secrets" . | fromYamlArray }}
{{- $gateway := eq .role "gateway" }}
automountServiceAccountToken: false
# Kubernetes would set LEADFLEET_…_PORT for each Service, and leadfleet refuses variables of that kind that it does not know.
enableServiceLinks: false
{{- with $root.Values.imagePullSecrets }}
imagePullSecrets: {{ toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  # Secrets and volumes are readable for this group alone.
  fsGroup: 65532
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: { type: RuntimeDefault }
containers:
  - name: {{ .role | replace "_" "-" }}
    image: {{ include "leadfleet.image" $root | quote }}
    imagePullPolicy: {{ $root.Values.image.pullPolicy }}
    args: {{ toJson .args }}
    securityContext:
      allowPrivilegeEscalation: false
      readOnlyRootFilesystem: true
      capabilities: { drop: [ALL] }
    env:
      {{- if not (has "nats" $secrets) }}
      - { name: NATS_URL, value: {{ $root.Values.nats.url | quote }} }
      {{- end }}
      {{- with $root.Values.nats.replicas }}
      - { name: LEADFLEET_REPLICAS, value: {{ . | quote }} }
      {{- end }}
      {{- with $root.Values.nats.placementTags }}
      - { name: LEADFLEET_PLACEMENT_TAGS, value: {{ join "," . | quote }} }
      {{- end }}
      {{- range $secrets }}
      - { name: {{ index $variables . }}, value: /run/secrets/leadfleet/{{ . }} }
      {{- end }}
      {{- if .user }}
      - { name: NATS_SEED_FILE, value: /run/secrets/leadfleet/seed }
      {{- end }}
      {{- with .needs.directory }}
      - { name: {{ .variable }}, value: /var/lib/leadfleet/{{ .key }} }
      {{- end }}
      {{- if $gateway }}
      - { name: GATEWAY_LISTEN, value: "0.0.0.0:8080" }
      {{- with $root.Values.gateway.publicUrl }}
      - { name: GATEWAY_PUBLIC_URL, value: {{ . | quote }} }
      {{- end }}
      {{- end }}
      {{- with $root.Values.traces }}
      - { name: OTEL_EXPORTER_OTLP_ENDPOINT, value: {{ . | quote }} }
      {{- end }}
      {{- range $name, $value := $root.Values.variables }}
      - { name: {{ $name }}, value: {{ $value | quote }} }
      {{- end }}
    {{- if not (has .role (list "migration" "provision")) }}
    ports:
      - { name: metrics, containerPort: 9090 }
      {{- if $gateway }}
      - { name: http, containerPort: 8080 }
      {{- end }}
    # Alive is who answers; who cannot reach NATS or Postgres is not ready, and need not be restarted for that.
    livenessProbe:
      httpGet: { path: /livez, port: {{ ternary "http" "metrics" $gateway }} }
      periodSeconds: 10
      timeoutSeconds: 5
    readinessProbe:
      httpGet: { path: /readyz, port: {{ ternary "http" "metrics" $gateway }} }
      periodSeconds: 10
      timeoutSeconds: 5
    startupProbe:
      httpGet: { path: /livez, port: {{ ternary "http" "metrics" $gateway }} }
      periodSeconds: 2
      failureThreshold: 60
    {{- end }}
    resources:
      requests: { cpu: {{ .cpu }}, memory: 64Mi }
      limits: { memory: {{ .memory }} }
    volumeMounts:
      - { name: tmp, mountPath: /tmp }
      {{- if or $secrets .user }}
      - { name: secrets, mountPath: /run/secrets/leadfleet, readOnly: true }
      {{- end }}
      {{- with .needs.directory }}
      - { name: directory, mountPath: /var/lib/leadfleet/{{ .key }} }
      {{- end }}
volumes:
  - name: tmp
    emptyDir: { sizeLimit: 64Mi }
  {{- if or $secrets .user }}
  - name: secrets
    projected:
      defaultMode: 0440
      sources:
        {{- range $secrets }}
        - secret:
            name: {{ (index $root.Values.secrets .).name }}
            items: [{ key: {{ (index $root.Values.secrets .).key }}, path: {{ . }} }]
        {{- end }}
        {{- with .user }}
        - secret:
            name: {{ $root.Values.secrets.users.name }}
            items: [{ key: {{ . }}.seed, path: seed }]
        {{- end }}
  {{- end }}
  {{- with .needs.directory }}
  - name: directory
    persistentVolumeClaim:
      claimName: {{ (index $root.Values.directories .key).existingClaim | default (printf "%s-%s" (include "leadfleet.name" $root) .key) }}
  {{- end }}
{{- with $root.Values.nodeSelector }}
nodeSelector: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with $root.Values.tolerations }}
tolerations: {{ toYaml . | nindent 2 }}
{{- end }}
{{- end }}
