{{/* Labels of every object. */}}
{{- define "ebb.labels" -}}
app.kubernetes.io/name: ebb
app.kubernetes.io/part-of: ebb
app.kubernetes.io/instance: {{ .Release.Name | quote }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{/* What selects the pods of one part. Never changes: selectors are immutable. */}}
{{- define "ebb.selector" -}}
app.kubernetes.io/part-of: ebb
app.kubernetes.io/component: {{ . }}
{{- end }}

{{/* The image of one part: (list $ "operator"). A digest wins over the tag. */}}
{{- define "ebb.image" -}}
{{- $root := index . 0 }}{{- $part := index . 1 }}{{- $image := $root.Values.image }}
{{- $name := dict "operator" "operator" "nodeAgent" "node-agent" "worker" "worker" }}
{{- /* Always with a registry: a runtime looks for a name without one where anybody may publish. */}}
{{- $repository := printf "%s/%s/%s" (trimSuffix "/" $image.registry) $image.repository (get $name $part) }}
{{- $digest := get $image.digests $part }}
{{- if $digest }}{{ printf "%s@%s" $repository $digest }}
{{- else }}{{ printf "%s:%s" $repository (default $root.Chart.AppVersion $image.tag) }}
{{- end }}
{{- end }}

{{/* What every container of Ebb gives up. */}}
{{- define "ebb.confined" -}}
allowPrivilegeEscalation: false
privileged: false
readOnlyRootFilesystem: true
{{- end }}

{{/* The operator's user. The image has it too; a pod that says it can be admitted by it. */}}
{{- define "ebb.user" -}}65532{{- end }}

{{/* The agent's. It sees the host's PIDs, and could look into and kill what runs as the same user: so nothing else does. */}}
{{- define "ebb.agentUser" -}}60932{{- end }}

{{/* A token that the kubelet renews, with what a program needs to find the API server. Only for containers that mount it. */}}
{{- define "ebb.token" -}}
- name: token
  projected:
    defaultMode: 0440
    sources:
      - serviceAccountToken:
          path: token
          expirationSeconds: 3607
      - configMap:
          name: kube-root-ca.crt
          items:
            - key: ca.crt
              path: ca.crt
      - downwardAPI:
          items:
            - path: namespace
              fieldRef:
                fieldPath: metadata.namespace
{{- end }}

{{- define "ebb.tokenMount" -}}
- name: token
  mountPath: /var/run/secrets/kubernetes.io/serviceaccount
  readOnly: true
{{- end }}

{{/* Where /metrics and /healthz listen: on the pod's own address, whichever family it has; the kubelet asks there. */}}
{{- define "ebb.podIP" -}}
- name: EBB_POD_IP
  valueFrom:
    fieldRef:
      fieldPath: status.podIP
{{- end }}

{{- define "ebb.pullSecrets" -}}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . | quote }}
  {{- end }}
{{- end }}
{{- end }}

{{/* Of the pods that need no right at all. */}}
{{- define "ebb.plainUser" -}}
runAsNonRoot: true
runAsUser: {{ include "ebb.user" . }}
runAsGroup: {{ include "ebb.user" . }}
fsGroup: {{ include "ebb.user" . }}
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{/* Machines that there are images for; without those that have a label's value, each key of a dict. */}}
{{- define "ebb.machines" -}}
nodeAffinity:
  requiredDuringSchedulingIgnoredDuringExecution:
    nodeSelectorTerms:
      - matchExpressions:
          - key: kubernetes.io/os
            operator: In
            values: [linux]
          - key: kubernetes.io/arch
            operator: In
            values: [amd64, arm64]
          {{- range $label, $value := . }}
          - key: {{ $label }}
            operator: NotIn
            values: [{{ $value }}]
          {{- end }}
{{- end }}

{{/* Labels as the operator takes them. */}}
{{- define "ebb.labelsText" -}}
{{- $pairs := list -}}
{{- range $label, $value := . }}{{ $pairs = append $pairs (printf "%s=%s" $label $value) }}{{ end -}}
{{- join "," $pairs -}}
{{- end }}

{{/* Nodes that the values of one part name. */}}
{{- define "ebb.nodes" -}}
{{- with .nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
