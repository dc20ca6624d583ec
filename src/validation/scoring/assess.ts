import { invalid, outwardMessageOf, TreadleError } from '../../platform/errors/index.ts';
import type { Log } from '../../platform/log/index.ts';
import type { Processes } from '../../platform/processes/index.ts';
import { ModelFault, openModel, type LoadedModel } from '../../runtimes/index.ts';
import type { Evaluation } from '../contract.ts';
import { readRules, namesIn } from '../../rules/index.ts';
import { structuresOf } from './dependence.ts';
import { answersText, collect, looksLikeClasses } from './answers.ts';
import type { Side } from './figures.ts';
import { planFeed, type Feed } from './inputs.ts';
import { isScored, judgeAnswers } from './judge-answers.ts';
import { readLabel, type Label } from './label.ts';
import { listMetrics, measure } from './measure.ts';
import type { AssessRequest, Assessment, Contender } from './protocol.ts';
import type { Column } from './column.ts';
import { keyOf, openTable, type Table, type Teller } from './read-table.ts';
import { score } from './score.ts';
import { slicesOf } from './slices.ts';

/** Columns with as few values as this are scored by value when nobody says which. */
const FEW_VALUES = 20;
const FOUND_COLUMNS = 8;

interface Tools {
  teller: Teller;
  processes: Processes;
  log: Log;
  say: (stage: string) => void;
}

/** Scores the candidate and the champion on the table, and decides the rules. */
export async function assess(request: AssessRequest, tools: Tools): Promise<Assessment> {
  const { spec, candidate, champion, same } = request;
  const { say } = tools;
  const rules = readRules(spec.rules ?? []);
  say('reading the data');
  const names = rules.flatMap(({ condition }) => [...namesIn(condition)]);
  const table = await openTable(
    tools.teller,
    names.flatMap((name) => (name.kind === 'fact' && name.name === 'distinct' ? (name.column ?? []) : [])),
  );
  if (table.rows === 0)
    throw invalid('the gate’s data has no rows', { field: 'data', hint: 'judge on data with rows' });
  const truth = table.info(spec.label, 'label');
  for (const name of spec.slices ?? []) table.info(name, 'slices');
  const along = await structuresOf(table, spec);
  say(`loading ${candidate.who}`);
  await using loaded = await load(candidate, tools);
  const { model, grown } = loaded;
  const feeds = {
    label: spec.label,
    besides: new Set([
      ...(spec.key ?? []),
      ...(spec.group ?? []),
      ...(spec.time === undefined ? [] : [spec.time]),
    ]),
  };
  const feed = planFeed(model.spec, table, { ...feeds, who: candidate.who });
  const sliced = spec.slices ?? findSliceColumns(table, spec);
  const asked = names.flatMap((name) => {
    const column = name.kind === 'fact' ? name.column : (name.slice ?? name.each)?.column;
    return column !== undefined && table.columns.some((one) => one.name === column) ? [column] : [];
  });
  // Classes that a model answers as text are the characters of the file; numbers are compared as numbers.
  const words = spec.task !== 'regression' && truth.spelled === true && answersText(model.spec.outputs);
  const labelKey = keyOf(spec.label, words ? 'text' : 'value');
  const columns = await table.read([labelKey, ...feed.columns, ...sliced, ...asked]);
  const label = readLabel(columns.get(labelKey)!, {
    task: spec.task,
    positive: spec.positive,
    classes: looksLikeClasses(model.spec.outputs),
  });
  const own = await scoreSide(candidate, model, feed, columns, label, table, {
    grown,
    prediction: spec.prediction,
    say,
  });
  await loaded.close();
  // Scoring it a second time would only find the same: a rule about the champion says nothing of the champion itself.
  const other =
    same === true ? 'itself' : await scoreChampion(champion, table, columns, label, feeds, spec, tools);
  say('computing metrics');
  const { decided, dependence, counting, sides, baseline } = judgeAnswers({
    label,
    own,
    other,
    rules: spec.rules === undefined ? undefined : rules,
    along,
    table,
    columns,
  });
  return {
    task: label.task,
    rows: table.rows,
    metrics: listMetrics(sides.candidate.metrics),
    ...(isScored(sides.champion) ? { champion: { metrics: listMetrics(sides.champion.metrics) } } : {}),
    ...(typeof other === 'object' && 'problem' in other ? { champion_problem: other.problem } : {}),
    baseline: { kind: baseline, metrics: listMetrics(sides.baseline.metrics) },
    rules: decided,
    dependence,
    slices: slicesOf(
      label,
      own.answers,
      own.metrics,
      sliced.map((name) => columns.get(name)!),
      spec.slices !== undefined,
      counting,
    ),
    ...(own.calibration ? { calibration: own.calibration } : {}),
    runtime: own.runtime!,
  };
}

type Scored = Side & { calibration?: NonNullable<Evaluation['calibration']> };

async function scoreSide(
  { who, size }: Contender,
  model: LoadedModel,
  feed: Feed,
  columns: ReadonlyMap<string, Column>,
  label: Label,
  table: Table,
  { grown, prediction, say }: { grown: number; prediction: string | undefined; say: (stage: string) => void },
): Promise<Scored> {
  const { rows } = table;
  let told = 0;
  const collector = collect(rows, label, prediction, who);
  const { answers, runtime } = await score(model, feed, columns, rows, collector, {
    size,
    loaded: grown,
    say(done) {
      const share = Math.floor((done / rows) * 10);
      if (share > told) say(`scoring ${who}: ${10 * (told = share)} %`);
    },
  });
  return { answers, runtime, ...measure(label, answers) };
}

/** A champion that cannot be scored is no reason not to judge: the rules that name it fail, and say why. */
async function scoreChampion(
  champion: AssessRequest['champion'],
  table: Table,
  known: ReadonlyMap<string, Column>,
  label: Label,
  feeds: { label: string; besides: ReadonlySet<string> },
  spec: AssessRequest['spec'],
  tools: Tools,
): Promise<Scored | { problem: string } | undefined> {
  if (champion === undefined) return undefined;
  if (typeof champion === 'string') return { problem: champion };
  try {
    tools.say(`loading ${champion.who}`);
    await using loaded = await load(champion, tools);
    const { model, grown } = loaded;
    const feed = planFeed(model.spec, table, { ...feeds, who: champion.who });
    const more = await table.read(feed.columns.filter((name) => !known.has(name)));
    const columns = new Map([...known, ...more]);
    // The champion may name its output in another way: it is found as if nothing was said.
    const named = model.spec.outputs.some(({ name }) => name === spec.prediction);
    return await scoreSide(champion, model, feed, columns, label, table, {
      grown,
      prediction: named ? spec.prediction : undefined,
      say: tools.say,
    });
  } catch (error) {
    if (!(error instanceof TreadleError) && !(error instanceof ModelFault)) throw error;
    return { problem: `${champion.who} could not be scored: ${outwardMessageOf(error)}` };
  }
}

interface Loaded extends AsyncDisposable {
  model: LoadedModel;
  /** Resident bytes that loading added to this process. */
  grown: number;
  close(): Promise<void>;
}

async function load({ place, who }: Contender, { processes, log }: Tools): Promise<Loaded> {
  try {
    const before = process.memoryUsage.rss();
    const model = await openModel(place, { processes, log });
    let closing: Promise<void> | undefined;
    const close = (): Promise<void> => (closing ??= model.close());
    return { model, grown: process.memoryUsage.rss() - before, close, [Symbol.asyncDispose]: close };
  } catch (error) {
    if (error instanceof ModelFault)
      throw new ModelFault(`${who} does not load: ${error.message}`, { cause: error });
    throw error;
  }
}

/** Columns whose values divide the rows into a few groups that are each worth a look. */
function findSliceColumns(table: Table, spec: AssessRequest['spec']): string[] {
  const not = new Set([spec.label, spec.time]);
  return table.columns
    .filter(
      ({ name, kind, distinct }) =>
        !not.has(name) &&
        (kind === 'text' || kind === 'boolean' || kind === 'integer') &&
        distinct >= 2 &&
        distinct <= FEW_VALUES &&
        distinct <= table.rows / 30,
    )
    .toSorted((a, b) => a.distinct - b.distinct)
    .slice(0, FOUND_COLUMNS)
    .map(({ name }) => name);
}
