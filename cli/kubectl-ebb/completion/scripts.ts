/** What shells read to complete `kubectl ebb` and `kubectl-ebb`; all of them ask `kubectl-ebb __complete`. */
const bash = `# kubectl ebb: completion for bash. Source it after kubectl's own: source <(kubectl ebb completion bash)
_kubectl_ebb() {
  local first=1
  [[ \${COMP_WORDS[0]##*/} == kubectl-ebb ]] || first=2
  local IFS=$'\\n'
  local lines=($(kubectl-ebb __complete "\${COMP_WORDS[@]:first:COMP_CWORD-first+1}" 2>/dev/null))
  local directive="\${lines[\${#lines[@]}-1]}"
  COMPREPLY=()
  local line
  for line in "\${lines[@]:0:\${#lines[@]}-1}"; do COMPREPLY+=("\${line%%$'\\t'*}"); done
  [[ $directive == :0 ]] && COMPREPLY=($(compgen -f -- "\${COMP_WORDS[COMP_CWORD]}"))
}
_kubectl_and_ebb() {
  if [[ \${COMP_WORDS[1]} == ebb && $COMP_CWORD -ge 2 ]]; then _kubectl_ebb
  elif declare -F __start_kubectl >/dev/null; then __start_kubectl "$@"
  fi
}
complete -F _kubectl_ebb kubectl-ebb
complete -o default -F _kubectl_and_ebb kubectl
`;

const zsh = `#compdef kubectl-ebb
# kubectl ebb: completion for zsh. Source it after kubectl's own: source <(kubectl ebb completion zsh)
_kubectl_ebb_offer() {
  local -a lines described
  lines=("\${(@f)$(kubectl-ebb __complete "$@" 2>/dev/null)}")
  if [[ \${lines[-1]} == :0 ]]; then _files; return; fi
  local line
  for line in "\${lines[@]:0:-1}"; do
    [[ -z $line ]] && continue
    local word="\${\${line%%$'\\t'*}//:/\\\\:}"
    [[ $line == *$'\\t'* ]] && word+=":\${line#*$'\\t'}"
    described+=("$word")
  done
  _describe -V 'kubectl ebb' described
}
_kubectl_ebb() { _kubectl_ebb_offer "\${(@)words[2,CURRENT]}" }
_kubectl_and_ebb() {
  if (( CURRENT >= 3 )) && [[ \${words[2]} == ebb ]]; then _kubectl_ebb_offer "\${(@)words[3,CURRENT]}"
  elif (( $+functions[_kubectl] )); then _kubectl "$@"
  fi
}
compdef _kubectl_ebb kubectl-ebb
compdef _kubectl_and_ebb kubectl
`;

const fish = `# kubectl ebb: completion for fish: kubectl ebb completion fish | source
function __kubectl_ebb_offer
    set -l words (commandline -opc)
    set -l first 2
    test (path basename -- $words[1]) = kubectl-ebb; or set first 3
    set -l before
    test (count $words) -ge $first; and set before $words[$first..-1]
    kubectl-ebb __complete $before (commandline -ct) 2>/dev/null | string match -v -r '^:'
end
complete -c kubectl-ebb -f -a '(__kubectl_ebb_offer)'
complete -c kubectl -f -n 'test (count (commandline -opc)) -ge 2; and test (commandline -opc)[2] = ebb' -a '(__kubectl_ebb_offer)'
`;

/** A program of its own: kubectl looks for kubectl_complete-NAME on the PATH, in every shell that it completes for. */
const kubectl = `#!/bin/sh
# kubectl asks this how to go on behind "kubectl ebb": put it on the PATH as kubectl_complete-ebb.
exec kubectl-ebb __complete "$@"
`;

export const scripts = { bash, zsh, fish, kubectl } as const;
