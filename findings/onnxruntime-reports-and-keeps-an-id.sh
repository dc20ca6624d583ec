#!/bin/sh
# ONNX Runtime's official Linux builds leave an id of the machine and a queue of reports behind, from the first environment on.
# Versions: onnxruntime-node 1.30.0 (Linux x64).
# Behaviour: making the runtime's environment, without any model, writes a device id and a database of events to be sent below
#   $HOME/.cache/Microsoft, and a log beside a session file into $TMPDIR; nothing is printed. No option of the package's API turns it off:
#   it reads ORT_DISABLE_TELEMETRY, from the process's own environment, when the environment of the runtime is made.
# Meaning: a server that promises to speak to nobody has to set the variable before; in a Node worker thread setting
#   process.env is too late, since a thread has a copy of its own.
# Seen: plain: home deviceid onnxruntime.db ; temporary .ses mat-debug-N.log
#       quiet: home ; temporary
#       thread: home deviceid onnxruntime.db ; temporary .ses mat-debug-N.log
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes >/dev/null
ONNXRUNTIME_NODE_INSTALL=skip npm install --silent --no-audit --no-fund onnxruntime-node@1.30.0
cat >plain.cjs <<'JS'
require('onnxruntime-node/dist/binding.js').initOrt();
JS
cat >thread.cjs <<'JS'
const { Worker } = require('node:worker_threads');
new Worker("process.env.ORT_DISABLE_TELEMETRY = '1'; require('onnxruntime-node/dist/binding.js').initOrt();", { eval: true });
JS
# Nothing is sent from here: what it would send goes to a proxy that is not there. CI=true would keep it quiet, so that is left out.
left() {
  name=$1; shift
  mkdir -p "$name/home" "$name/tmp"
  env -u CI HOME="$work/$name/home" TMPDIR="$work/$name/tmp" https_proxy=http://127.0.0.1:9 "$@"
  echo "$name: home $(find "$name/home" -type f -exec basename {} \; | sort | tr '\n' ' '); temporary $(ls -A "$name/tmp" | sed 's/[0-9][0-9]*/N/' | sort | tr '\n' ' ')"
}
plain=$(left plain node plain.cjs)
quiet=$(left quiet env ORT_DISABLE_TELEMETRY=1 node plain.cjs)
thread=$(left thread node thread.cjs)
printf '%s\n' "$plain" "$quiet" "$thread"
case $plain in *deviceid*mat-debug-N.log*) ;; *) echo changed; exit 1 ;; esac
test "$quiet" = 'quiet: home ; temporary ' || { echo changed; exit 1; }
case $thread in *deviceid*mat-debug-N.log*) ;; *) echo changed; exit 1 ;; esac
