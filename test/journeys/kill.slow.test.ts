import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { promisify } from 'node:util';
import { commitData, logMetrics, openRun, uploadArtifacts, type Told } from './kill/clients.ts';
import { KilledPipeline } from './kill/pipelines.ts';
import { until } from '../until.ts';
import { ServerProcess } from './kill/server-process.ts';
import { verify } from './kill/verify.ts';

/** How often the server is killed; TREADLE_KILLS=200 for the whole proof (some ten minutes). */
const KILLS = Number(process.env['TREADLE_KILLS'] ?? 2);
/**
 * After so many acknowledged changes since the start each kill comes: mostly soon after it, when recovery itself is cut short, too;
 * at times only after a while.
 */
const MOMENTS = [20, 0, 7, 1, 40, 3, 12, 0, 150, 5, 2, 35];
const treadle = path.join(import.meta.dirname, '..', '..', 'bin', 'treadle');

test(
  `${KILLS} kills while clients write: nothing acknowledged is lost, nothing is half there`,
  { timeout: KILLS * 60_000 + 120_000 },
  async (t) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'treadle-kill-'));
    chmodSync(folder, 0o1777); // steps leave their marks in it
    const server = await ServerProcess.on(path.join(folder, 'data'), { TREADLE_STEP_FOLDERS: folder });
    try {
      await server.start();
      const told: Told = {
        batches: new Set(),
        artifacts: new Set(),
        versions: new Map(),
        ...(await openRun(server.url)),
      };
      const pipeline = new KilledPipeline(server.url, folder);
      let going = true;
      const clients = [logMetrics, uploadArtifacts, commitData].map((client) =>
        client(server.url, told, () => going),
      );
      clients.push(pipeline.client(() => going));
      const acknowledged = (): number => told.batches.size + told.artifacts.size + told.versions.size;
      for (let kill = 0; kill < KILLS; kill++) {
        const before = acknowledged();
        const wanted = MOMENTS[kill % MOMENTS.length]!;
        await until(`${wanted} changes`, () => acknowledged() >= before + wanted, 5);
        // A step at least has ended every now and then, so that a second run of it would show.
        if (kill % 4 === 0) await until('a step that ended', () => pipeline.observe());
        else await pipeline.observe();
        await server.kill();
        await server.start();
      }
      await until('something of each client', () => told.artifacts.size > 0 && told.versions.size > 0);
      going = false;
      await Promise.all(clients);
      await verify(server.url, told);
      const ran = await pipeline.verify();
      const ledger = await promisify(execFile)(treadle, ['ledger', 'verify', '--json'], {
        env: { ...process.env, TREADLE_URL: server.url },
      });
      const { entries, fault } = JSON.parse(ledger.stdout) as { entries: number; fault?: unknown };
      assert.equal(fault, undefined);
      assert.equal(server.log, '', 'the server logged errors');
      t.diagnostic(
        `acknowledged: ${told.batches.size} batches, ${told.artifacts.size} artifacts, ${told.versions.size} versions; ${ran.executions} executions with ${ran.steps} steps; ${entries} ledger entries`,
      );
      // A proof over nothing proves nothing.
      for (const [what, count] of [
        ['batches', told.batches.size],
        ['artifacts', told.artifacts.size],
        ['versions', told.versions.size],
        ['executions', ran.executions],
      ] as const) {
        assert.ok(count > 0, `no ${what} were acknowledged`);
      }
    } finally {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  },
);
