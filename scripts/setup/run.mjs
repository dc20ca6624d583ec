// Runs a program quietly: its output is kept, and shown only when it fails.
import { spawn } from 'node:child_process';
import { stripVTControlCharacters } from 'node:util';
import { root } from './place.mjs';

/** @returns {Promise<string>} standard output. Rejects with the last lines of output when the program fails. */
export function run(command, args, { cwd = root, env = process.env } = {}) {
  return new Promise((resolve, reject) => {
    let out = '';
    let all = '';
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.on('data', (chunk) => ((out += chunk), (all += chunk)));
    child.stderr.on('data', (chunk) => (all += chunk));
    child.on('error', (error) => reject(new SetupError(`${command} could not be started: ${error.message}`)));
    child.on('close', (code, signal) => {
      if (code === 0) return resolve(out);
      const tail = stripVTControlCharacters(all).trimEnd().split('\n').slice(-25).join('\n');
      reject(
        new SetupError(
          `\`${[command, ...args].join(' ')}\` ended with ${signal ?? `status ${code}`}:\n${tail}`,
        ),
      );
    });
  });
}

/** A reason that a person can act on: printed without a stack. */
export class SetupError extends Error {}

export const seconds = (since) => {
  const passed = (performance.now() - since) / 1000;
  return passed < 10 ? `${passed.toFixed(1)} s` : `${Math.round(passed)} s`;
};
