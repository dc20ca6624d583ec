// One line a file, failures in full at the end, and every skip by name: a skipped test must not look like a passed one.
import { relative } from 'node:path';
import { inspect } from 'node:util';
import { root } from '../setup/place.mjs';
import { keepTimes } from './order.mjs';
import { isShared } from './together.mjs';

const colour = process.stdout.isTTY || process.env.FORCE_COLOR === '1';
const paint = (code, text) => (colour ? `\u001B[${code}m${text}\u001B[0m` : text);

export default async function* report(source) {
  const files = new Map();
  const failures = [];
  // A suite of tests that several files have is a file of its own: its tests count where they ran. In a process that several files share
  // they count for the one whose suite ends next, which is told last; until then under the name of what the process began with.
  const of = (data) => {
    const where = data.entryFile ?? data.file;
    const file = where ? relative(root, where) : '(unknown)';
    if (!files.has(file)) files.set(file, { file, passed: 0, failed: 0, skipped: 0, ms: 0, said: '' });
    return files.get(file);
  };
  function* ended(tally, ms) {
    tally.ms = ms;
    const mark = tally.failed > 0 ? paint(31, '✖') : tally.passed === 0 ? paint(33, '–') : paint(32, '✔');
    const counts = [
      `${tally.passed} passed`,
      tally.failed && paint(31, `${tally.failed} failed`),
      tally.skipped && paint(33, `${tally.skipped} skipped`),
    ];
    yield `${mark} ${tally.file}  ${counts.filter(Boolean).join(', ')}  ${paint(2, duration(ms))}\n`;
    // In full at the end; a run that is cut short has said this much.
    for (const failure of failures)
      if (failure.tally === tally)
        yield indent(`${failure.data.name}: ${firstLine(failure.data.details?.error)}\n`);
  }
  for await (const { type, data } of source) {
    if (type === 'test:stdout' || type === 'test:stderr') {
      if (process.env.TREADLE_TEST_OUTPUT) yield data.message;
      const tally = of(data);
      tally.said = (tally.said + data.message).slice(-6000);
    } else if (type === 'test:diagnostic' && /^(Warning|Error)/.test(data.message) && data.file) {
      // What happened after a test's end fails its file, and is told here alone.
      const tally = of(data);
      tally.said = `${tally.said}${data.message}\n`.slice(-6000);
    } else if (type === 'test:pass' || type === 'test:fail') {
      const tally = of(data);
      const isSuite = data.details?.type === 'suite';
      if (data.skip !== undefined && data.skip !== false) {
        tally.skipped++;
        tally.skips ??= new Map();
        const reason = typeof data.skip === 'string' && data.skip ? data.skip : data.name;
        tally.skips.set(reason, (tally.skips.get(reason) ?? 0) + 1);
      } else if (type === 'test:fail') {
        // A suite fails because a test in it does: that test is the news.
        const fromBelow = data.details?.error?.failureType === 'subtestsFailed';
        if (!fromBelow) {
          tally.failed++;
          failures.push({ tally, data });
        }
      } else if (!isSuite && data.todo === undefined) tally.passed++;
      if (isSuite && data.nesting === 0 && isShared(data.entryFile ?? '')) {
        files.delete(tally.file);
        tally.file = data.name;
        files.set(tally.file, tally);
        yield* ended(tally, data.details.duration_ms);
      }
    } else if (type === 'test:summary' && data.file) {
      const tally = of(data);
      if (!isShared(data.file)) yield* ended(tally, data.duration_ms);
      else if (tally.failed > 0) yield* ended(tally, 0);
      // What was said after its last file's end is told with the failure that it makes.
      else if (tally.said === '') files.delete(tally.file);
    } else if (type === 'test:summary') {
      yield* ending({ files, failures, ms: data.duration_ms });
      if (process.env.TREADLE_TEST_USAGE) yield* processorTimes(keepTimes(process.env.TREADLE_TEST_USAGE));
    }
  }
}

function firstLine(error) {
  const cause = error?.cause ?? error;
  return String(cause?.message ?? inspect(cause)).split('\n', 1)[0];
}

function* ending({ files, failures, ms }) {
  for (const { tally, data } of failures) {
    const error = data.details?.error;
    const cause = error?.cause ?? error;
    const at = data.file && data.line ? `${relative(root, data.file)}:${data.line}` : tally.file;
    yield `\n${paint(31, `✖ ${at}  ${data.name}`)}\n`;
    const told = cause?.stack || cause?.message;
    // An object without a prototype cannot be made text of by itself.
    yield `${indent(typeof told === 'string' ? told : inspect(cause))}\n`;
  }
  for (const [file, { failed, said }] of files) {
    if (failed > 0 && said && !process.env.TREADLE_TEST_OUTPUT)
      yield `\n${file} printed (its last lines):\n${indent(said.trimEnd())}\n`;
  }
  const skips = [...files].flatMap(([file, tally]) =>
    [...(tally.skips ?? [])].map((skip) => [file, ...skip]),
  );
  if (skips.length > 0) yield `\n${paint(33, 'Skipped on this machine:')}\n`;
  for (const [file, reason, count] of skips) yield `  ${file}: ${reason}${count > 1 ? ` (${count}×)` : ''}\n`;
  const sum = (key) => [...files.values()].reduce((total, tally) => total + tally[key], 0);
  yield `\n${files.size} test file${files.size === 1 ? '' : 's'} in ${duration(ms)}\n`;
  // Alone on its line and without colour when nobody watches: other programs read it.
  const line = `tests: ${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped`;
  yield `${paint(sum('failed') > 0 ? 31 : 32, line)}\n`;
}

function* processorTimes(took) {
  yield '\nProcessor time of each file with all its children, s:\n';
  const sorted = [...took].toSorted(([, a], [, b]) => b - a);
  for (const [file, seconds] of sorted.filter(([, seconds]) => seconds >= 1))
    yield `${seconds.toFixed(1).padStart(8)}  ${file}\n`;
  const sum = sorted.reduce((total, [, seconds]) => total + seconds, 0);
  yield `${sum.toFixed(1).padStart(8)}  in all ${sorted.length}\n`;
}

const duration = (ms) => (ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`);
const indent = (text) =>
  text
    .split('\n')
    .filter((line) => !/^\s+at .*node:internal/.test(line))
    .slice(0, 60)
    .map((line) => `  ${line}`)
    .join('\n');
