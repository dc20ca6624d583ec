import { Agent, request } from 'node:http';
import { createInterface } from 'node:readline';
import { isMainThread } from 'node:worker_threads';
import type { Asked, Phase } from './load.ts';

/**
 * Asks at a constant rate, whatever the answers take, in a process of its own: its timing is not the server's. Lines on stdin
 * name the phase that begins; `end` ends it with one line of JSON on stdout. `met N` says that revision N answered for the first time.
 */
if (isMainThread && process.argv[2] !== undefined) {
  const asked = JSON.parse(process.argv[2]) as Asked;
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const phases: Record<string, Phase> = {};
  let phase = 'first';
  let open = 0;
  let stop = false;
  const met = new Set<string>();
  const body = JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: [1, 2] }] });

  const of = (name: string): Phase =>
    (phases[name] ??= { requests: 0, failed: [], answers: {}, latency: [], statuses: {} });

  const ask = (): void => {
    const into = of(phase);
    const began = performance.now();
    into.requests++;
    open++;
    const fail = (reason: string): void => {
      open--;
      if (into.failed.length < 20) into.failed.push(reason);
      else into.failed.length++;
    };
    const going = request(
      new URL(asked.path, asked.url),
      {
        agent,
        method: 'POST',
        headers: { 'content-type': 'application/json', 'content-length': body.length, ...asked.headers },
      },
      (answer) => {
        let text = '';
        answer.setEncoding('utf8');
        answer.on('data', (chunk: string) => (text += chunk));
        answer.on('error', (error) => fail(error.message));
        answer.on('end', () => {
          const { statusCode = 0, headers } = answer;
          into.statuses[statusCode] = (into.statuses[statusCode] ?? 0) + 1;
          if (statusCode !== 200) return fail(`${statusCode} ${text.slice(0, 200)}`);
          open--;
          into.latency.push(performance.now() - began);
          const said = JSON.parse(text) as { model_version: string; outputs: Array<{ data: number[] }> };
          const revision = String(headers['x-treadle-revision']);
          if (!met.has(revision)) process.stdout.write(`met ${revision}\n`);
          met.add(revision);
          const key = `${revision} ${said.model_version} ${said.outputs[0]?.data[0]}`;
          into.answers[key] = (into.answers[key] ?? 0) + 1;
        });
      },
    );
    going.on('error', (error) => fail(error.message));
    going.end(body);
  };

  // Timers come a millisecond apart at best: each asks for all that is due by now.
  const began = performance.now();
  let due = 0;
  const timer = setInterval(() => {
    if (stop) return;
    const wanted = ((performance.now() - began) / 1000) * asked.rate;
    for (; due < wanted; due++) ask();
  }, 1);
  createInterface({ input: process.stdin }).on('line', (line) => {
    if (line !== 'end') {
      phase = line;
      return;
    }
    stop = true;
    clearInterval(timer);
    const wait = setInterval(() => {
      if (open > 0) return;
      clearInterval(wait);
      agent.destroy();
      process.stdout.write(`${JSON.stringify(phases)}\n`, () => process.exit(0));
    }, 10);
  });
  process.stdout.write('ready\n');
}
