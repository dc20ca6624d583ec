import { linearOnnx } from '../../onnx-model.ts';
import { Project } from './project.ts';

/** A project whose file has a gate and a deployment, and whose model is a file: no Python is needed for it. */

export const FILE = `name: NAME
params: { rows: 2000, leak: 0 }
steps:
  prep:
    run: sh prep.sh {train} {holdout} {rows} {leak}
    code: [prep.sh]
    out: { train: train.csv, holdout: holdout.csv }
  train:
    run: "cp MLmodel model.onnx input_example.json {model} # {train}"
    code: [MLmodel, model.onnx, input_example.json]
    out: { model: model/ }
model: { name: NAME, from: train.model }
gate:
  data: prep.holdout
  key: id
  time: day
  label: late
  rules: [auc >= 0.6, p95_latency_ms < 60000]
deploy: { endpoint: NAME }
`;

/** Rows whose first number tells the label most of the time; the holdout's days come after those of training. */
export const PREP = `set -e
rows() {
  awk -v from="$1" -v count="$2" -v day="$3" 'BEGIN {
    for (i = from; i < from + count; i++) {
      a = (i * 7919 % 1000) / 1000; b = (i * 104729 % 1000) / 1000
      late = (a + (b - 0.5) * 0.5 > 0.5) ? 1 : 0
      printf "%d,%s-%02d,%s,%s,%d\\n", i, day, i % 28 + 1, a, b, late
    }
  }'
}
echo id,day,a,b,late > "$1"; rows 0 "$3" 2001-01 >> "$1"
echo id,day,a,b,late > "$2"; rows 1000000 "$3" 2001-02 >> "$2"
if [ "$4" -gt 0 ]; then sed -n "2,$(($4 + 1))p" "$1" >> "$2"; fi
`;

export const MLMODEL = `flavors:
  onnx: {data: model.onnx}
  python_function: {loader_module: mlflow.onnx, data: model.onnx}
saved_input_example_info: {artifact_path: input_example.json, type: ndarray, format: tf-serving}
signature:
  inputs: '[{"name": "x", "type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 2]}}]'
  outputs: '[{"name": "chance", "type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 1]}}]'
`;

/** By how much the answer follows the first number, which tells the label, and the second, which hardly does. */
export const model = (first: number, second: number): Uint8Array => linearOnnx([first, second], 0);

export const gated = (url: string, name: string, file = FILE): Project =>
  new Project(url)
    .write('treadle.yaml', file.replaceAll('NAME', name))
    .write('prep.sh', PREP)
    .write('MLmodel', MLMODEL)
    .write('model.onnx', model(1, 0))
    .write('input_example.json', JSON.stringify({ inputs: [[0.1, 0.2]] }));
