import type { CsvHead } from '../../../tables/index.ts';
import type { Columns, Named } from './columns.ts';
import { REQUIREMENTS } from './requirements.ts';

/** What the files of a first project are made of. */
export interface Filling extends Named, Columns {
  /** Of the dataset, the pipeline, the model and the endpoint. */
  name: string;
  /** The table in the dataset. */
  path: string;
  /** How its lines are read, where it is CSV. */
  csv: CsvHead | undefined;
  /** A column that names rows, which `prep.py` makes: those of a table that has none are alike by nature. */
  named: string | undefined;
}

/** A first project's files by their names. Text, since the program is one bundle. */
export const filesOf = (filling: Filling): Record<string, string> => ({
  'treadle.yaml': pipeline(filling),
  'prep.py': prep(filling),
  'train.py': train(filling),
  'requirements.txt': REQUIREMENTS,
});

/** A text as YAML reads it back, whatever stands in it. */
const yaml = (text: string): string =>
  /^[A-Za-z_][A-Za-z0-9_]*$/.test(text) && !/^(y|n|yes|no|on|off|true|false|null)$/i.test(text)
    ? text
    : JSON.stringify(text);
const yamlList = (texts: readonly string[]): string => `[${texts.map(yaml).join(', ')}]`;
/** JSON's text is Python's, too. */
const python = (text: string): string => JSON.stringify(text);
const pythonList = (texts: readonly string[]): string =>
  texts.length === 0 ? '[]' : `[\n${texts.map((text) => `    ${python(text)},\n`).join('')}]`;

const MAIN_METRIC = { binary: 'auc', multiclass: 'auc', regression: 'rmse' } as const;

const pipeline = ({
  name,
  label,
  key,
  group,
  time,
  task,
  named,
}: Filling): string => `# What runs, on which data, and what comes out. treadle check finds its faults, treadle run runs what changed.
name: ${yaml(name)}
env: requirements.txt
params: { rounds: 100, rate: 0.1, seed: 7 }
data: { raw: ${yaml(`${name}@main`)} }
steps:
  prep:
    run: python prep.py {raw} {train} {holdout}
    code: [prep.py]
    out: { train: train.parquet, holdout: holdout.parquet }
  train:
    run: python train.py {train} {model} --rounds {rounds} --rate {rate} --seed {seed}
    code: [train.py]
    out: { model: model/ }
model: { name: ${yaml(name)}, from: train.model }
gate: # the server scores the model itself, on rows that training provably never read
  data: prep.holdout
  label: ${yaml(label)}
${key.length > 0 ? `  key: ${yamlList(key)} # what makes a row the same row\n` : named === undefined ? '' : `  key: ${yaml(named)} # rows are alike in all columns here: prep.py gives each a name\n`}${group.length > 0 ? `  group: ${yamlList(group)} # rows of one of these say less than as many independent ones\n` : ''}${time === undefined ? '' : `  time: ${yaml(time)} # and every row is later than all that training read\n`}  # Unless rules are said: better than a baseline that knows no column, and not worse than the champion.
  # rules: [${MAIN_METRIC[task]} ${task === 'regression' ? '<= champion.rmse * 1.01' : '>= champion.auc - 0.005'}, p95_latency_ms < 50]
deploy: { endpoint: ${yaml(name)} }
`;

/** How the hold-out is chosen, in words and in Python: `held` is true for rows that are kept aside. */
function split({ key, group, time }: Named): { says: string; lines: string } {
  if (time !== undefined)
    return {
      says: `The latest ${'{SHARE:.0%}'} of them by ${time} become the hold-out: rows that are later than all that a model has seen, as they will be in use.`,
      lines: `    if rows[TIME].dtype == object:
        rows[TIME] = pd.to_datetime(rows[TIME])
    rows = rows.dropna(subset=[TIME])
    # Rows of one time stay together: nothing that was learnt is as late as what is judged on.
    held = rows[TIME] > rows[TIME].quantile(1 - SHARE, interpolation="lower")`,
    };
  const by = group.length > 0 ? group : key;
  const what = by.length > 0 ? 'rows[SAME]' : 'rows.drop(columns=LABEL)';
  return {
    says:
      group.length > 0
        ? `Every one of ${by.join(', ')} is on one side with all of its rows.`
        : `A row is on the same side whenever this runs, whatever other rows there are${by.length > 0 ? '' : ', and rows that differ in their label alone are on one'}.`,
    lines: `    sides = pd.util.hash_pandas_object(${what}.astype("string").fillna(""), index=False)
    held = (sides % 1000) < 1000 * SHARE`,
  };
}

/** Said before anything is learnt: what a class of too few rows makes of a model is found out late, and hard to read. */
const classes = (task: Filling['task']): string => `    classes = rows[LABEL].astype("object")
    for name, count in classes.value_counts().items():
        learnt = int((classes[~held] == name).sum())
        if learnt < FEWEST${task === 'binary' ? ' or learnt == count' : ''}:
            sys.exit(f"{LABEL} {name!r} stands in {count} rows, and {learnt} of them are there to learn from: too few; get more, or leave them out here")
`;

/** What a row says, and the how-manieth of those alike it is: that one again in another version of the data has the same name. */
const naming = (
  name: string,
): string => `    # Each row's own name for the proof: what it says, and the how-manieth of its like it is.
    said = pd.util.hash_pandas_object(rows.astype("string").fillna(""), index=False)
    rows = rows.assign(**{${python(name)}: said.map("{:016x}".format) + "-" + said.groupby(said).cumcount().astype(str)})
`;

/** Undefined: as pandas reads it of itself. */
function csvOptions(csv: CsvHead | undefined): string {
  if (csv === undefined) return '';
  const { delimiter, header, names, asWritten } = csv;
  return [
    ...(delimiter === ',' ? [] : [`sep=${python(delimiter)}`]),
    ...(asWritten ? [] : [`header=${header ? '0' : 'None'}`, `names=[${names.map(python).join(', ')}]`]),
  ]
    .map((option) => `, ${option}`)
    .join('');
}

function prep(filling: Filling): string {
  const { label, key, group, time, path, task, texts, named } = filling;
  const { says, lines } = split(filling);
  const same = group.length > 0 ? group : key;
  const unique = key.length > 0 && group.length === 0;
  return `"""Turns the data into rows to learn from, and keeps some aside to judge on.

    python prep.py FOLDER TRAIN.parquet HOLDOUT.parquet

${says.replace('{SHARE:.0%}', 'fifth')}
"""

import sys
from pathlib import Path

import pandas as pd

LABEL = ${python(label)}
${time === undefined ? '' : `TIME = ${python(time)}\n`}${time === undefined && same.length > 0 ? `SAME = [${same.map(python).join(', ')}]\n` : ''}TEXTS = ${pythonList(texts)}
SHARE = 0.2
${task === 'regression' ? '' : '# Of a class with fewer rows nothing is learnt that holds.\nFEWEST = 5\n'}

def read(folder: str) -> pd.DataFrame:
    """All tables of the dataset below each other, such as ${path.replaceAll('"""', '')}."""
    readers = {".csv": read_csv, ".parquet": pd.read_parquet, ".jsonl": read_jsonl}
    files = sorted(file for file in Path(folder).rglob("*") if file.suffix in readers)
    if not files:
        sys.exit(f"{folder} holds no CSV, Parquet or JSONL file")
    return pd.concat([readers[file.suffix](file) for file in files], ignore_index=True)


def read_csv(file: Path) -> pd.DataFrame:
    # Texts stay as they are written: "01234" is no number, and "NA" is a word; an empty cell is a gap.
    return pd.read_csv(file, dtype=dict.fromkeys(TEXTS, str), keep_default_na=False, na_values=["", "nan", "NaN"]${csvOptions(filling.csv)})


def read_jsonl(file: Path) -> pd.DataFrame:
    return pd.read_json(file, lines=True, dtype=False, convert_dates=False)


def main(folder: str, train: str, holdout: str) -> None:
    rows = read(folder)
    found = len(rows)
    # A row without its label teaches nothing.
    rows = rows.dropna(subset=[LABEL])
${unique ? '    # A row with its key that is there twice was written twice.\n    rows = rows[~rows.astype("string").duplicated()]\n' : ''}${lines}
${task === 'regression' ? '' : classes(task)}${named === undefined ? '' : naming(named)}    for path, part in ((train, rows[~held]), (holdout, rows[held])):
        if part.empty:
            sys.exit(f"{len(rows)} rows are too few: none is left for {path}")
        part.to_parquet(path, index=False)
        print(f"{path}: {len(part):,} rows")
    print(f"{found:,} rows read, {found - len(rows):,} left out: ${time === undefined ? 'without a label' : 'without label or time'}${unique ? ', or there twice' : ''}")


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
`;
}

function train({ label, task, numbers, words, out }: Filling): string {
  const kind = task === 'regression' ? 'Regressor' : 'Classifier';
  const probable = task !== 'regression';
  const left = out.map(({ name, why }) => `#   ${oneLine(name)}: ${why}`).join('\n');
  return `"""Trains a model, logs how good it is with plain MLflow calls, and packages it.

    python train.py TRAIN.parquet MODEL_FOLDER --rounds 100 --rate 0.1 --seed 7
"""

import argparse

import mlflow
import pandas as pd
from mlflow.models import infer_signature
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoosting${kind}
from sklearn.metrics import ${task === 'regression' ? 'root_mean_squared_error' : 'log_loss, roc_auc_score'}
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OrdinalEncoder

LABEL = ${python(label)}
NUMBERS = ${pythonList(numbers)}
WORDS = ${pythonList(words)}
${left === '' ? '' : `# Left out:\n${left}\n`}

def main() -> None:
    options = arguments()
    rows = pd.read_parquet(options.train)
    inputs = prepared(rows)
    with mlflow.start_run():
        mlflow.log_params({"rounds": options.rounds, "rate": options.rate, "seed": options.seed})
        # Some rows are for looking at the model here; the gate has rows of its own.
        seen, unseen, truth, later = train_test_split(inputs, rows[LABEL], test_size=0.2, random_state=options.seed${probable ? ', stratify=rows[LABEL]' : ''})
        model = build(options).fit(seen, truth)
        mlflow.log_metrics(scores(model, unseen, later))

        answers = model.${probable ? 'predict_proba' : 'predict'}(inputs.head(100))
        mlflow.sklearn.save_model(
            model,
            options.model,
            signature=infer_signature(inputs, answers),
            # The server warms the model with it, and shows it as an example.
            input_example=inputs.head(3),
${probable ? '            # Probabilities of the classes in their order, model.classes_, which the gate ranks by; not classes alone.\n            pyfunc_predict_fn="predict_proba",\n' : ''}            serialization_format="cloudpickle",
            pip_requirements=installed("mlflow-skinny", "scikit-learn", "pandas", "numpy", "cloudpickle"),
        )


def prepared(rows: pd.DataFrame) -> pd.DataFrame:
    """The columns that the model takes: numbers as floats, so that one may be missing, and words as text."""
    return rows[[*NUMBERS, *WORDS]].astype({**dict.fromkeys(NUMBERS, "float64"), **dict.fromkeys(WORDS, "object")})


def build(options: argparse.Namespace) -> Pipeline:
    # A word that training never saw, and one that is missing, get numbers of their own.
    words = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-2)
    trees = HistGradientBoosting${kind}(max_iter=options.rounds, learning_rate=options.rate, random_state=options.seed)
    return Pipeline([("columns", ColumnTransformer([("words", words, WORDS)], remainder="passthrough")), ("trees", trees)])


def scores(model: Pipeline, inputs: pd.DataFrame, truth: pd.Series) -> dict[str, float]:
${scoresOf(task)}

def installed(*packages: str) -> list[str]:
    from importlib.metadata import version

    return [f"{name}=={version(name)}" for name in packages]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("train", help="Parquet file of prep.py")
    parser.add_argument("model", help="folder to write the model to")
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--rate", type=float, default=0.1)
    parser.add_argument("--seed", type=int, default=7)
    return parser.parse_args()


if __name__ == "__main__":
    main()
`;
}

function scoresOf(task: Filling['task']): string {
  if (task === 'regression')
    return `    return {"rmse": float(root_mean_squared_error(truth, model.predict(inputs)))}
`;
  return `    chances = model.predict_proba(inputs)
    found = {"log_loss": float(log_loss(truth, chances, labels=model.classes_))}
    # Ranking can be told of rows of ${task === 'binary' ? 'both classes' : 'every class'} alone.
    if truth.nunique() == len(model.classes_):
        found["auc"] = float(roc_auc_score(truth, chances${task === 'binary' ? '[:, 1]' : ', multi_class="ovr"'}))
    return found
`;
}

const oneLine = (text: string): string => text.replaceAll(/[\r\n]+/g, ' ');
