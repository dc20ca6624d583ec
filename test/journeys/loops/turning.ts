// A loop that turns by new data, as a project without Python, and the data that turns it.
import type { Random } from '../../random.ts';
import { linearOnnx } from '../../onnx-model.ts';
import { MLMODEL } from '../pipelines/gated.ts';
import { Project } from '../pipelines/project.ts';

/** Name of the pipeline, and so of its loop, its model and its endpoint. */
export const TURNING = 'turning';
export const DATASET = 'rows';

const FILE = `name: ${TURNING}
data: { rows: ${DATASET}@main }
steps:
  prep:
    run: sh prep.sh {rows} {train} {holdout}
    code: [prep.sh]
    out: { train: train.csv, holdout: holdout.csv }
  train:
    run: sh train.sh {train} {model}
    code: [train.sh, MLmodel, input_example.json, models]
    out: { model: model/ }
model: { name: ${TURNING}, from: train.model }
gate:
  data: prep.holdout
  key: id
  time: day
  label: late
  rules: [auc >= 0.6, auc >= champion.auc - 0.05]
deploy:
  endpoint: ${TURNING}
  rollout: { steps: [50], every: 0s, requests: 40, undecided: promote }
loop:
  triggers:
    - { data: rows, debounce: 0s }
  cooldown: 0s
  budget: 999/day
`;

/** The days of January are for training, those of February for the gate. */
const PREP = `set -e
part() { head -n 1 "$1/rows.csv" > "$3"; grep ",$2-" "$1/rows.csv" >> "$3"; }
part "$1" 2001-01 "$2"
part "$1" 2001-02 "$3"
`;
/** The model of these data: an id tells which they are. */
const TRAIN = `set -e
cp MLmodel input_example.json "$2"
cp "models/$(($(sed -n 2p "$1" | cut -d, -f1) / 10000)).onnx" "$2/model.onnx"
`;

/** What the model of the n-th data answers: another number for each n, and the label most of the time. */
export const answerOf = (n: number, a: number, b: number): number => a + (b * n) / 1000;

/** The project, with models for so many versions of the data. */
export function turning(url: string, versions: number): Project {
  const project = new Project(url)
    .write('treadle.yaml', FILE)
    .write('prep.sh', PREP)
    .write('train.sh', TRAIN)
    .write('MLmodel', MLMODEL)
    .write('input_example.json', JSON.stringify({ inputs: [[0.1, 0.2]] }));
  for (let n = 1; n <= versions; n++) project.write(`models/${n}.onnx`, linearOnnx([1, n / 1000], 0));
  return project;
}

export interface Row {
  a: number;
  b: number;
  late: number;
}

/** The first number tells the label most of the time. */
export function rowOf({ uniform }: Random): Row {
  const [a, b] = [uniform(), uniform()];
  return { a, b, late: a + (b - 0.5) / 2 > 0.5 ? 1 : 0 };
}

/** The n-th version of the data: other rows than in any other one. */
export function dataOf(n: number, random: Random): string {
  const lines = Array.from({ length: 800 }, (_, i) => {
    const { a, b, late } = rowOf(random);
    const day = String((i % 28) + 1).padStart(2, '0');
    return `${n * 10_000 + i},2001-0${i < 400 ? 1 : 2}-${day},${a.toFixed(6)},${b.toFixed(6)},${late}`;
  });
  return `id,day,a,b,late\n${lines.join('\n')}\n`;
}
