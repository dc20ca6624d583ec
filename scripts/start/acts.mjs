// What happens after the deployment: the flights of the days after are asked about, watched, and learnt from, in three acts.
import { SetupError } from '../setup/run.mjs';
import { openCaller, openReplay, readDays } from './replay.mjs';
import { ask, stage, treadleJson, treadleShown, until } from './stage.mjs';

const ENDPOINT = 'flight-delay';
const LOOP = 'flight-delay';

/** Days of each act, and flights of a day that are asked about. */
const AS_THEY_ARE = 7;
const IN_KILOMETRES = 3;
const FLIGHTS = 3000;
const SPRING = '2001-04-01';
const KM = 1.609344;
/** A day in fast motion, ms, on a machine that has time for it. */
const SHORTEST = 2000;

/**
 * Plays the acts against a server whose endpoint answers.
 *
 * @param url address of the server
 * @param env environment of commands
 * @param source Parquet file of all flights
 * @param moreData makes the folder of the data with one month more
 */
export async function playActs({ url, env, source, moreData }) {
  const { endpoint } = await ask(`${url}/api/v1/endpoints/${ENDPOINT}`);
  const caller = openCaller({ address: endpoint.address, url, endpoint: ENDPOINT });
  const acts = { url, env, caller, pages: pagesOf(url), told: [], over: false };
  try {
    // It takes a moment of Python, and the first days leave the machine time.
    acts.more = moreData();
    acts.more.catch(() => {}); // told where it is waited for
    Object.assign(acts, await watch(acts, source));
    acts.playing = acts.replay.play(() => acts.over === true);
    acts.caught = catchFault(acts);
    // Whatever goes wrong beside the stages ends them.
    const beside = Promise.all([acts.playing, acts.caught]).then(() => new Promise(() => {}));
    const stages = (async () => {
      await actsOneAndTwo(acts);
      await actThree(acts);
      await epilogue(acts);
    })();
    await Promise.race([stages, beside]);
  } finally {
    acts.over = true;
    caller.close();
  }
}

const pagesOf = (url) => ({
  endpoint: `${url}/endpoints/${ENDPOINT}`,
  loop: `${url}/loops/${LOOP}`,
  release: (id) => `${url}/releases/${id}`,
  prediction: (id) => `${url}/predictions/${id}`,
});

/** A monitor with its defaults but for the time that a day takes here, and a loop that hears new data, drift and worse answers. */
async function watch({ env, caller, pages }, source) {
  return stage('Watch: a monitor and a loop', async () => {
    const days = await readDays(
      source,
      [
        ['2001-03-01', '2001-03-16'],
        [SPRING, '2001-07-01'],
      ],
      FLIGHTS,
    );
    // How long a day takes depends on the machine: a tenth of it is for asking, once it has been asked before.
    await caller.askTogether(days[0][1]);
    const began = performance.now();
    await caller.askTogether(days[0][1]);
    const window = Math.max(SHORTEST, 1000 * Math.ceil((performance.now() - began) / 100));
    const s = window / 1000;
    const monitor = ['monitor', 'set', ENDPOINT, '--window', `${s}s`, '--stands-for', '1d'];
    await treadleJson([...monitor, '--label-delay', `${3 * s}s`, '--json'], env);
    const loop = [
      'loop',
      'set',
      LOOP,
      '--data',
      'flights@main',
      '--debounce',
      '1s',
      '--drift',
      '--performance',
    ];
    await treadleJson([...loop, '--json'], env);
    return {
      value: { window, replay: openReplay(caller, days, { window, faultOf }) },
      note: `a day of 2001 takes ${s} s, outcomes arrive a day late; the loop turns on new data, drift and worse answers`,
      links: [pages.endpoint, pages.loop],
    };
  });
}

/** One of two sources sends kilometres: not from the beginning, and not for ever. */
const faultOf = (n) =>
  n >= AS_THEY_ARE && n < AS_THEY_ARE + IN_KILOMETRES
    ? (flight, place) =>
        place % 2 === 0 ? { ...flight, distance: Math.round(flight.distance * KM) } : flight
    : undefined;

/** Waits for the alert, and asks the loop while it goes on whether it would train. */
async function catchFault({ url, env, replay }) {
  const alert = await until('an alert on the data', async () => {
    const since = replay.played[AS_THEY_ARE]?.from ?? Infinity;
    const { items } = await ask(`${url}/api/v1/alerts?endpoint=${ENDPOINT}`);
    return items.find((one) => one.cause === 'data' && one.first_window >= since);
  });
  const dryRun = ['loop', 'run', LOOP, '--reason', 'would it train now?', '--dry-run', '--json'];
  // It ends as a refusal where something holds it; which is what is looked for.
  const said = await treadleJson(dryRun, env).catch((error) => error);
  const turn = (await turnsOf(url)).find(({ dry_run: dry }) => dry);
  if (!turn) throw said instanceof Error ? said : new SetupError('the loop did not say what it would do');
  return { alert, turn };
}

async function actsOneAndTwo(acts) {
  const { replay, url, pages, told } = acts;
  await stage(`Act one: the first ${AS_THEY_ARE} days of March as they are`, async () => {
    await until('the days of act one', async () => replay.played.length >= AS_THEY_ARE);
    const windows = await windowsOf(acts, replay.played.slice(0, AS_THEY_ARE), ({ scored_at: at }) => at);
    const found = describeMonth(windows);
    told.push(['one', `March as it was: ${found}`, pages.endpoint]);
    return { note: `${found}\n${windows.map(tellDay).join('\n')}`, links: [pages.endpoint] };
  });
  await stage(
    'Act two: one of two sources sends the distance in kilometres (an injected fault)',
    async () => {
      const { alert, turn } = await acts.caught;
      await until('the end of the alert', async () => {
        const { state } = await ask(`${url}/api/v1/alerts/${alert.id}`);
        return state === 'resolved';
      });
      const after = replay.played.findIndex(({ from }) => from === alert.first_window) - AS_THEY_ARE + 1;
      const { items: alerts } = await ask(`${url}/api/v1/alerts?endpoint=${ENDPOINT}`);
      const drift = alerts.filter((one) => one.cause === 'drift' && one.first_window >= alert.first_window);
      const trained = (await turnsOf(url)).filter(({ execution }) => execution !== undefined).length;
      const lines = [
        ['alert', `on day ${after} of the fault: ${alert.summary}`],
        [
          'drift',
          drift.length === 0
            ? 'explained by it: no alert of its own'
            : `${drift.length} alerts of its own: ${drift[0].summary}`,
        ],
        ['the loop', `asked meanwhile whether it would train: ${turn.reason}`],
        ['retrains', trained === 0 ? 'none was wasted on it' : `${trained} were started`],
        ['mended', 'the source sends miles again, and the alert is resolved'],
      ];
      told.push(['two', `${alert.summary}; retrains wasted on it: ${trained}`, pages.endpoint]);
      return { note: `found out\n${lines.map(line).join('\n')}`, links: [pages.endpoint, pages.loop] };
    },
  );
}

const line = ([name, text]) => `    ${name.padEnd(12)} ${text}`;
const turnsOf = async (url) => (await ask(`${url}/api/v1/loop-turns?loop=${LOOP}&limit=100`)).items;

/** The windows of days, once `ready` says so of each, beside what was played in them. */
async function windowsOf({ url }, played, ready) {
  return until('the windows of the monitor', async () => {
    const { items } = await ask(`${url}/api/v1/endpoints/${ENDPOINT}/monitor/windows?limit=100`);
    const found = played.map((day) => ({ day, window: items.find(({ from }) => from === day.from) }));
    return found.every(({ window }) => window && ready(window)) && found;
  });
}

const signalOf = ({ signals }, name) =>
  signals.find(({ signal, column }) => signal === name && column === undefined);
const alarmsOf = ({ signals }) => signals.filter(({ state }) => state === 'alert');

function describeMonth(windows) {
  const scores = windows.flatMap(({ window }) => signalOf(window, 'performance')?.value ?? []);
  const alarms = windows.flatMap(({ window }) => alarmsOf(window));
  const auc =
    scores.length === 0
      ? 'no outcome'
      : `AUC ${Math.min(...scores).toFixed(3)} to ${Math.max(...scores).toFixed(3)}`;
  const what = [...new Set(alarms.map(({ signal, column }) => (column ? `${signal} of ${column}` : signal)))];
  return `${auc}, ${what.length === 0 ? 'nothing alarms' : `alarms: ${what.join(', ')}`}`;
}

function tellDay({ day, window }) {
  const score = signalOf(window, 'performance')?.value;
  const coverage = signalOf(window, 'coverage')?.value ?? 0;
  const [alarm] = alarmsOf(window);
  const auc = score === undefined ? '–' : score.toFixed(3);
  const says = alarm
    ? `${alarm.signal}${alarm.column ? ` of ${alarm.column}` : ''}: ${alarm.reason}`
    : 'no alarm';
  return `    ${day.day}  ${window.rows} flights, ${Math.round(100 * coverage)} % with their outcome, AUC ${auc}, ${says}`;
}

async function actThree(acts) {
  const { url, env, pages, told } = acts;
  console.log('▸ Act three: March is over, its data arrives, and the loop turns');
  const turn = await stage('New data: flights@main has a month more', async () => {
    const folder = await acts.more;
    const args = ['data', 'commit', 'flights', folder, '-m', 'March 2001', '--json'];
    const version = await treadleJson(args, env);
    const turn = await until('a turn of the loop', async () =>
      (await turnsOf(url)).find(({ cause_ref: from }) => from === `dataset_version:${version.version.id}`),
    );
    return { value: turn, note: `${version.version.name}; ${turn.cause}`, links: [pages.loop] };
  });
  const promoted = await stage('The loop trains, proves, and rolls out by canary', async () => {
    const ended = await rolledOut(
      acts,
      () => ask(`${url}/api/v1/loop-turns/${turn.id}`),
      ({ state }) => state,
    );
    if (ended.state !== 'promoted')
      throw new SetupError(`the turn ended as ${ended.state}: ${ended.reason ?? ''}`);
    const release = await ask(`${url}/api/v1/releases/${ended.release}`);
    told.push([
      'three',
      `new data: version ${release.version} was trained, proven and rolled out by itself`,
      pages.release(release.id),
    ]);
    return {
      value: release,
      note: `version ${release.version} answers all\n${tellWay(release)}`,
      links: [pages.loop, pages.release(release.id)],
    };
  });
  console.log(
    '▸ A planted model that wants a column, `hour`, which nobody sends: it trains while the next one is judged',
  );
  const foreign = await treadleJson(['run', 'train', '-p', 'also=hour', '--detach', '--json'], env);
  await refused(acts, promoted, foreign);
  await takenBack(acts, promoted, foreign);
}

/** Asks one by one, as many as there is time for, while something is rolled out; what `look` says at its end. */
async function rolledOut({ replay }, look, stateOf) {
  const ended = await until('the end of a rollout', async () => {
    const now = await look();
    replay.singly = stateOf(now) === 'rolling_out';
    return now.ended_at !== undefined && now;
  });
  replay.singly = false;
  return ended;
}

const tellWay = ({ transitions }) =>
  transitions
    .filter(({ note }) => note !== undefined)
    .map(({ state, note }) => line([state, note]))
    .join('\n');

/** A worse candidate does not get past the gate. */
async function refused({ env, url, pages, told }, champion, foreign) {
  console.log('▸ A planted worse model: trees of one cut');
  await treadleShown(['run', 'train', '-p', 'depth=1'], env, 1);
  await stage('Refused', async () => {
    const { items } = await ask(`${url}/api/v1/releases?endpoint=${ENDPOINT}&limit=2`);
    const release = items.find(({ execution }) => execution?.id !== foreign.id);
    if (release.state !== 'rejected' || release.version === champion.version)
      throw new SetupError(`the worse model was not refused: ${release.state}`);
    told.push([
      '',
      `version ${release.version}, planted, worse: refused by the gate`,
      pages.release(release.id),
    ]);
    return { note: release.reason ?? 'by the gate', links: [pages.release(release.id)] };
  });
}

/** A candidate that is as good on the gate's rows, and that callers cannot ask. */
async function takenBack(acts, champion, foreign) {
  const { url, pages, told } = acts;
  await stage('The planted model passes the gate, and is rolled back out of its canary', async () => {
    const { id } = await until('its release', async () => {
      const { items } = await ask(`${url}/api/v1/releases?execution=${foreign.id}`);
      return items[0];
    });
    const release = await rolledOut(
      acts,
      () => ask(`${url}/api/v1/releases/${id}`),
      ({ state }) => state,
    );
    if (release.state !== 'rolled_back')
      throw new SetupError(`it was not rolled back, but is ${release.state}`);
    const { endpoint } = await ask(`${url}/api/v1/endpoints/${ENDPOINT}`);
    if (!endpoint.current.variants.some(({ version }) => version === champion.version))
      throw new SetupError(`version ${champion.version} does not answer again`);
    told.push(['', `version ${release.version}, planted, fails: ${release.reason}`, pages.release(id)]);
    return {
      note: `version ${champion.version} answers all again\n${tellWay(release)}`,
      links: [pages.release(id), pages.endpoint],
    };
  });
}

/** Ends the replay, asks where its answers came from, and says what happened. */
async function epilogue(acts) {
  const { url, env, replay, pages, told } = acts;
  await stage('Every answer of the replay has its story', async () => {
    acts.over = true;
    await acts.playing;
    const ids = replay.played
      .flatMap(({ answered }) => [answered.at(0)?.id, answered.at(-1)?.id])
      .filter(Boolean);
    const versions = new Set();
    for (const id of ids) {
      const story = await ask(`${url}/api/v1/predictions/${encodeURIComponent(id)}/lineage`);
      versions.add(story.model_version.version);
    }
    // From here on a day is a day.
    await treadleJson(['monitor', 'set', ENDPOINT, '--json'], env);
    const answers = replay.played.reduce((sum, { answered }) => sum + answered.length, 0);
    const failed = replay.played.reduce((sum, one) => sum + one.failed, 0);
    const by = [...versions].toSorted((a, b) => a - b).join(', ');
    return {
      note: `${answers.toLocaleString('en')} requests answered in ${replay.played.length} days, ${failed.toLocaleString('en')} failed; ${ids.length} traced, answered by versions ${by}`,
      links: [pages.prediction(ids.at(-1)), `${url}/ledger`],
    };
  });
  console.log('\nWhat happened');
  for (const [act, text, link] of told)
    console.log(`  ${act === '' ? '' : `act ${act}`}`.padEnd(12), `${text}\n${' '.repeat(13)}${link}`);
}
