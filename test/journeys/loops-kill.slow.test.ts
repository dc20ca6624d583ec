// A loop that turns while its server is killed at any moment: data, steps, gate, canary, promotion, watched by a monitor and asked all the time.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { PATIENCE, until } from '../until.ts';
import { killedFolders, processesNaming } from './kill/left.ts';
import { ServerProcess } from './kill/server-process.ts';
import { Killed } from './loops/killed.ts';

/** How often the server is killed; TREADLE_LOOP_KILLS=100 for the whole proof. */
const KILLS = Number(process.env['TREADLE_LOOP_KILLS'] ?? 2);
const SEED = Number(process.env['TREADLE_LOOP_SEED'] ?? 1);
/** Where `npm test` kills: counted moments of a turn. */
const MOMENTS = [90, 30];

test(
  `${KILLS} kills of a loop that turns: it goes on where it was, promotes once, and every answer has its story`,
  { timeout: KILLS * 60_000 + PATIENCE },
  async (t) => {
    const { root, data, temporary } = killedFolders(t, 'loop-kill');
    const server = await ServerProcess.on(data, {
      TREADLE_INFERENCE_PORT: '0',
      TREADLE_STEP_FOLDERS: root,
      TMPDIR: temporary,
    });
    t.after(() => server.stop());
    const whole = KILLS > MOMENTS.length;
    // Of the campaign somebody wants to hear while it goes on.
    const say = (text: string): void => (whole ? console.log(text) : t.diagnostic(text));
    say(`seed ${SEED}`);
    await using killed = await Killed.begin(server, { seed: SEED, pause: whole ? 80 : 20 });
    for (let kill = 0; kill < KILLS; kill++) {
      await (whole ? killed.dieAnywhere(kill) : killed.dieAt(MOMENTS[kill]!));
      if (whole && (kill + 1) % 10 === 0) say(`${kill + 1} kills: ${killed.figures()}`);
    }
    await server.start();
    await killed.standsWhole();
    assert.equal(server.log, '', 'the server logged errors');
    await server.stop();
    say(`${KILLS} kills: ${killed.figures()}`);

    await until('the end of its processes', () => processesNaming(root).length === 0);
    assert.deepEqual(readdirSync(temporary), [], 'temporary folders that are left');
    assert.deepEqual(readdirSync(path.join(data, 'work')), [], 'folders of steps that are left');
    assert.deepEqual(
      readdirSync(path.join(data, 'isolation')).filter((name) => name !== 'root'),
      [],
      'walls that are left',
    );
    assert.deepEqual(
      readdirSync(data, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.part')),
      [],
      'what was half-written',
    );
  },
);
