import type { Difference } from './play.ts';

/** A difference from MLflow's own server that is meant. `docs/mlflow.md` says the same in its table, by group. */
export interface Known {
  group: string;
  why: string;
  fits(difference: Difference): boolean;
}

const status = (one: unknown): number => (Array.isArray(one) ? Number(one[0]) : 0);
const on =
  (step: RegExp, field = /./) =>
  (difference: Difference): boolean =>
    step.test(difference.step) && field.test(difference.field);
/** Theirs fails, where ours says what was wrong or answers. */
const fails = ({ field, theirs, ours }: Difference): boolean =>
  field === 'status' && status(theirs) >= 500 && status(ours) < 500;
const leaks = ({ field, theirs }: Difference): boolean =>
  (field === 'status' || field === 'error_code') && JSON.stringify(theirs).includes('BAD_REQUEST');
/** Ours takes what theirs refuses as a mistake. */
const takes = (step: RegExp) => (difference: Difference) =>
  difference.field === 'status' &&
  status(difference.theirs) === 400 &&
  status(difference.ours) === 200 &&
  step.test(difference.step);
/** Ours refuses as a mistake what theirs takes. */
const refuses = (step: RegExp) => (difference: Difference) =>
  difference.field === 'status' &&
  status(difference.theirs) === 200 &&
  status(difference.ours) === 400 &&
  step.test(difference.step);

export const KNOWN: readonly Known[] = [
  {
    group: 'errors',
    why: 'a caller’s mistake that ends in 500 there is 400 here: a client repeats a 500 for minutes',
    fits: fails,
  },
  {
    group: 'errors',
    why: 'an error of the database, with its SQL, is BAD_REQUEST there; here the field is named',
    fits: leaks,
  },
  {
    group: 'errors',
    why: 'a page of HTML says 400 there; here it is JSON',
    fits: (one) => one.theirs === 'text/html' || one.theirs === '(no code)',
  },
  {
    group: 'requests',
    why: 'a value that is not of its field’s type is dropped there and the default taken; here it is refused',
    fits: refuses(
      /BOGUS|"start_time":1\.5|"timestamp":1\.5|"value":"x"|"step":"x"|"status":"|"user_id":5|"tags":"|:\{\}|:\[\]|":true|":-?\d|":"/,
    ),
  },
  {
    group: 'requests',
    why: 'one value stands for a list of one, a needed text may be left out where it has a default',
    fits: takes(/"experiment_ids":"|runs\/create|experiments\/search \{\}|max_results/),
  },
  {
    group: 'requests',
    why: 'a page holds one or more: 0 and -1 are refused, and a number that is none',
    fits: refuses(/max_results|logged-models\/search/),
  },
  {
    group: 'requests',
    why: 'what cannot be the name of a thing is not there: 404, not 400',
    fits: ({ field, theirs, ours }) => field === 'status' && status(theirs) === 400 && status(ours) === 404,
  },
  {
    group: 'filters',
    why: 'OR, NOT, parentheses, more spellings of names, times and ids beside MLflow’s own',
    fits: takes(/filter|order_by/),
  },
  {
    group: 'filters',
    why: 'a name that there is not, or a value of the other type, is refused; MLflow finds nothing, or reads the number as text',
    fits: refuses(/"filter":|filter=|"order_by":/),
  },
  {
    group: 'filters',
    why: 'a status is found in any case, and a logged model’s by its name (there by its number alone)',
    fits: on(/status|metrics\.\\"acc\\"/, /^body\.(runs|models)/),
  },
  {
    group: 'filters',
    why: 'a prompt is found by its versions’ tags too',
    fits: on(/prompt/, /^body/),
  },
  {
    group: 'runs',
    why: 'who and when, where the client does not say, are the caller and now (there empty and 1970)',
    fits: on(/runs\//, /info\.(user_id|start_time)$/),
  },
  {
    group: 'runs',
    why: 'a run that goes on again has not ended',
    fits: on(/runs\/update .*RUNNING|\$s\d|sexp/, /end_time$/),
  },
  {
    group: 'runs',
    why: 'tags longer than 8000 are cut at the start of a run as they are later',
    fits: on(/runs\/|longtag/, /tags/),
  },
  {
    group: 'runs',
    why: 'keys longer than 250, and tags and datasets without a name, are refused: no index of MLflow’s own on Postgres takes them',
    fits: refuses(/x{150}|"tags":\[\{"value"|"dataset":\{"digest"|"key":""/),
  },
  {
    group: 'metrics',
    why: 'a run that there is not is 404, not an empty history',
    fits: ({ step, field, theirs, ours }) =>
      /get-history\?/.test(step) && field === 'status' && status(theirs) === 200 && status(ours) === 404,
  },
  {
    group: 'metrics',
    why: 'NaN of a logged model stays NaN (there it becomes 0)',
    fits: on(/logged-models/, /metrics\.\*\.value$/),
  },
  {
    group: 'metrics',
    why: 'an empty list is left out, as everywhere',
    fits: on(/get-history-bulk\?/, /^body\.metrics$/),
  },
  {
    group: 'experiments',
    why: 'a place that reads differently to a client (?, ..) is refused',
    fits: refuses(/artifact_location/),
  },
  {
    group: 'artifacts',
    why: 'an upload answers {} where theirs says nothing',
    fits: on(/^PUT |upload-artifact/, /^(type|body)$/),
  },
  {
    group: 'artifacts',
    why: 'a folder is no file: 404, not 400',
    fits: on(/GET .*\/artifacts\/d$/, /status/),
  },
  {
    group: 'artifacts',
    why: 'types beyond IANA’s, which a machine’s own list adds there',
    fits: on(/\.(bak|ts|R|gz|wav|webp|jsonl|geojson)/, /^type$/),
  },
  {
    group: 'registry',
    why: 'the number of a version is 1 or more: another is a mistake, not a missing version',
    fits: ({ step, field, theirs, ours }) =>
      /model-versions\/.*version/.test(step) &&
      field === 'status' &&
      status(theirs) === 404 &&
      status(ours) === 400,
  },
  {
    group: 'registry',
    why: 'a model whose name was too long is not there',
    fits: on(/"name":"x{250}|name=x{250}/, /./),
  },
  {
    group: 'registry',
    why: 'names hold no % (they stand in addresses) and 256 characters at most',
    fits: refuses(/registered-models\/(create|rename)/),
  },
  {
    group: 'registry',
    why: 'a source among our artifacts says its run itself; one that is not there is refused whatever is missing of it',
    fits: on(/model-versions\/create/, /status/),
  },
  {
    group: 'registry',
    why: 'a version says its aliases and its logged model wherever it is shown',
    fits: on(/./, /(aliases|model_id)$/),
  },
  {
    group: 'registry',
    why: 'a description that was emptied is the empty text, not None',
    fits: on(/model/, /description$/),
  },
  {
    group: 'registry',
    why: 'where a runs:/ source lies is said as its address among the artifacts',
    fits: on(/get-download-uri/, /artifact_uri$/),
  },
  {
    group: 'registry',
    why: 'the newest versions come in the order of stages',
    fits: on(/registered-models|get-latest-versions/, /latest_versions|model_versions/),
  },
];
