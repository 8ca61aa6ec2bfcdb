#!/bin/sh
# kubectl ebb: runs the plugin on the Node beside it, or else on the machine's, which must be 24 or newer. kubectl and krew
# come here through a link.
self=$0
while [ -L "$self" ]; do
  to=$(readlink "$self")
  case $to in /*) self=$to ;; *) self=$(dirname "$self")/$to ;; esac
done
here=$(cd "$(dirname "$self")" && pwd -P) || exit 1
node=$here/node
if [ ! -x "$node" ]; then
  node=$(command -v node) || {
    echo 'kubectl ebb: no Node on the PATH: install Node 24 or newer (brew install node)' >&2
    exit 1
  }
  version=$("$node" --version)
  case $version in
    v2[4-9].* | v[3-9][0-9].* | v[1-9][0-9][0-9].*) ;;
    *)
      echo "kubectl ebb: $node is Node $version: allowed: 24 or newer (brew install node)" >&2
      exit 1
      ;;
  esac
fi
exec "$node" --disable-warning=ExperimentalWarning "$here/lib/kubectl-ebb.mjs" "$@"
