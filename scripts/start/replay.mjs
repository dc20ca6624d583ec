// The flights of the days after, asked day by day in fast motion; what became of them is told a day late.
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { DuckDBInstance } from '@duckdb/node-api';
import { SetupError } from '../setup/run.mjs';

/** A flight that arrives so much later than planned, minutes, is late; as prep.py says. */
const LATE_FROM = 15;
/** Flights in a request: callers that plan a day ask about many at once. */
const TOGETHER = 100;
/** Requests on their way at once. */
const AT_ONCE = 8;

/** Flights of days, each `[from, to)`, at most so many of each, spread evenly over it: pairs of a day and its flights, in their order. */
export async function readDays(source, spans, most) {
  const instance = await DuckDBInstance.create();
  const connection = await instance.connect();
  const within = spans.map(([from, to]) => `date >= timestamp '${from}' and date < timestamp '${to}'`);
  const answer = await connection.runAndReadAll(
    `with days as (
       select date, origin, destination, distance, delay,
         row_number() over (partition by date::date order by date, origin, destination, delay) as place,
         count(*) over (partition by date::date) as flights
       from read_parquet($source) where ${within.join(' or ')})
     select strftime(date, '%Y-%m-%d') as day, origin, destination, distance::double,
       (hour(date) * 60 + minute(date))::double, (isodow(date) - 1)::double, delay >= ${LATE_FROM}
     from days where (place - 1) % greatest(1, ceil(flights / $most)::bigint) = 0 order by day, place`,
    { source, most },
  );
  connection.closeSync();
  const days = new Map();
  for (const [day, origin, destination, distance, minute, weekday, late] of answer.getRows()) {
    if (!days.has(day)) days.set(day, []);
    days.get(day).push({ origin, destination, distance, minute, weekday, late });
  }
  return [...days];
}

/** The columns of prep.py, as an inference request of the Open Inference Protocol. */
function question(flights) {
  const column = (name, datatype, of) => ({
    name,
    datatype,
    shape: [flights.length],
    data: flights.map((flight) => of(flight)),
  });
  return JSON.stringify({
    inputs: [
      column('origin', 'BYTES', ({ origin }) => origin),
      column('destination', 'BYTES', ({ destination }) => destination),
      column('route', 'BYTES', ({ origin, destination }) => `${origin}-${destination}`),
      column('minute', 'FP32', ({ minute }) => minute),
      column('weekday', 'FP32', ({ weekday }) => weekday),
      column('distance', 'FP32', ({ distance }) => distance),
    ],
  });
}

/** Who asks an endpoint, and tells it later what became of the flights. `address` is where it answers, `url` the server's. */
export function openCaller({ address, url, endpoint }) {
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
  const token = process.env.TREADLE_TOKEN;
  const headers = {
    'content-type': 'application/json',
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };

  const infer = (body) =>
    new Promise((resolve, reject) => {
      const options = {
        method: 'POST',
        agent,
        headers: { ...headers, 'content-length': Buffer.byteLength(body) },
      };
      const asked = request(`${address}/v2/models/${endpoint}/infer`, options, (response) => {
        const parts = [];
        response.on('data', (part) => parts.push(part));
        response.on('error', reject);
        response.on('end', () =>
          resolve({
            status: response.statusCode,
            id: response.headers['x-treadle-prediction'],
            text: Buffer.concat(parts).toString(),
          }),
        );
      });
      asked.on('error', reject);
      asked.end(body);
    });

  /** Asks about groups of flights, some at once, until `next()` has no more. What was answered, with its id, and how many requests failed. */
  async function askGroups(next) {
    const answered = [];
    let failed = 0;
    const work = async () => {
      for (let flights = next(); flights !== undefined; flights = next()) {
        const { status, id } = await infer(question(flights));
        if (status === 200) answered.push({ id, flights });
        else failed++;
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    return { answered, failed };
  }

  return {
    /** Flights together in requests, as who plans a day asks. */
    askTogether(flights) {
      let at = 0;
      return askGroups(() => (at < flights.length ? flights.slice(at, (at += TOGETHER)) : undefined));
    },
    /** One request a flight, and the flights over again, until it is so late, ms. */
    askSingly(flights, end) {
      let at = 0;
      return askGroups(() => (Date.now() < end ? [flights[at++ % flights.length]] : undefined));
    },
    /** What became of flights that were asked about. */
    async tell(answered) {
      const outcomes = answered.flatMap(({ id, flights }) =>
        flights.map(({ late }, row) => ({ prediction: id, row, value: Number(late) })),
      );
      for (let at = 0; at < outcomes.length; at += 5000) {
        const answer = await fetch(`${url}/api/v1/endpoints/${endpoint}/outcomes`, {
          method: 'POST',
          headers,
          body: JSON.stringify({ outcomes: outcomes.slice(at, at + 5000) }),
        });
        if (!answer.ok) throw new SetupError(`outcomes were refused: ${(await answer.text()).slice(0, 500)}`);
        const { refused } = await answer.json();
        if (refused.length > 0) throw new SetupError(`an outcome was refused: ${refused[0].message}`);
      }
    },
    close: () => agent.destroy(),
  };
}

/** So many of the last days are kept for what is rolled out: it needs requests, and a slow machine takes long until then. */
const KEPT = 45;
/** Outcomes of so many requests of a day are told. */
const TOLD = 4000;

/**
 * Plays days one after the other, a window of the monitor for each: asks about its flights, and tells at the same time what became of those of the day before.
 * `days`: pairs of a day and its flights. `faultOf(n)`: what is done to flights of the n-th day before they are asked about, by their place in it.
 */
export function openReplay(caller, days, { window, faultOf }) {
  /** What was played: `{ day, from, answered, failed }`. */
  const played = [];
  const left = [...days];
  let before;
  const replay = {
    played,
    /** One request a flight, as many as there is time for. */
    singly: false,
    /** Plays until `over()`. */
    async play(over) {
      while (!over()) {
        await nextWindow();
        if (left.length > (replay.singly ? 0 : KEPT)) await playDay(left.shift());
        else await tellBefore();
      }
      await nextWindow();
      await tellBefore();
    },
  };

  const nextWindow = () => sleep(Math.ceil(Date.now() / window) * window - Date.now() + 20);

  async function tellBefore() {
    const answered = before ?? [];
    before = undefined;
    await caller.tell(answered.slice(0, TOLD));
  }

  async function playDay([day, flights]) {
    const from = Math.floor(Date.now() / window) * window;
    const fault = faultOf(played.length);
    const sent = fault ? flights.map(fault) : flights;
    const asking = replay.singly ? caller.askSingly(sent, from + window - 50) : caller.askTogether(sent);
    const [{ answered, failed }] = await Promise.all([asking, tellBefore()]);
    played.push({ day, from, answered, failed });
    before = answered;
  }

  return replay;
}
