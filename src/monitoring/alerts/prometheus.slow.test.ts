import assert from 'node:assert/strict';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { freePort } from '../../../test/free-port.ts';
import { openTest } from '../../../test/harness.ts';
import { apiOf } from '../../../test/journeys/serving/api.ts';
import { until } from '../../../test/until.ts';
import type { Delivery } from '../../channels/contract.ts';
import type { Alert } from '../contract.ts';
import { exportedFiles } from '../export/files.ts';
import { backdate, watched } from './watched.suite.ts';

const setup = path.join(import.meta.dirname, '..', '..', '..', '.setup');
const tool = (variable: string, name: string): string | undefined =>
  process.env[variable] ?? (existsSync(path.join(setup, name)) ? path.join(setup, name) : undefined);
const prometheus = tool('TREADLE_PROMETHEUS', 'prometheus');
const installed = '/usr/bin/prometheus-alertmanager';
const alertmanager = process.env['TREADLE_ALERTMANAGER'] ?? (existsSync(installed) ? installed : undefined);

test(
  'real Prometheus scrapes and fires by our rules, real Alertmanager tells us and hears of us, and both hear of the end',
  {
    skip:
      prometheus === undefined || alertmanager === undefined
        ? 'Prometheus and Alertmanager are not here: node scripts/setup.mjs tests fetches them'
        : false,
  },
  async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'treadle-prometheus-'));
    const [amPort, promPort] = [await freePort(), await freePort()];
    await using server = await openTest({ config: { allowOutbound: [`127.0.0.1:${amPort}`] } });
    const children: ChildProcess[] = [];
    try {
      await watched(server);
      const api = apiOf(server.url);
      await api.post('/api/v1/channels', {
        name: 'am',
        settings: { kind: 'alertmanager', url: `http://127.0.0.1:${amPort}` },
      });
      // The files as they are exported, with less patience.
      for (const file of exportedFiles({ target: new URL(server.url).host }))
        writeFileSync(
          path.join(folder, path.basename(file.path)),
          file.text
            .replaceAll(/\bfor: \w+/g, 'for: 0s')
            // A ticket waits for others of its kind.
            .replaceAll('severity: ticket', 'severity: page')
            .replaceAll(/(scrape|evaluation)_interval: 30s/g, '$1_interval: 1s')
            .replaceAll(/group_wait: 30s/g, 'group_wait: 0s')
            .replaceAll(/group_interval: 5m/g, 'group_interval: 1s')
            .replaceAll('127.0.0.1:9093', `127.0.0.1:${amPort}`),
        );
      const start = (program: string, ...words: string[]): void => {
        children.push(spawn(program, words, { cwd: folder, stdio: 'ignore' }));
      };
      start(
        alertmanager!,
        '--config.file=alertmanager.yml',
        `--web.listen-address=127.0.0.1:${amPort}`,
        '--cluster.listen-address=',
        '--storage.path=am',
      );
      start(
        prometheus!,
        '--config.file=prometheus.yml',
        `--web.listen-address=127.0.0.1:${promPort}`,
        '--storage.tsdb.path=tsdb',
      );
      await backdate(server, 3);
      const external = async (): Promise<Alert | undefined> =>
        (await api.get<{ items: Alert[] }>('/api/v1/alerts')).items.find(({ cause }) => cause === 'external');
      const fired = await until('Alertmanager has told of what Prometheus saw', external);
      assert.deepEqual([fired.endpoint, fired.severity, fired.model], ['const', 'page', 'const']);
      assert.match(fired.summary, /^TreadleMonitorOverdue: Nobody looks at const/);
      assert.match(fired.runbook ?? '', /#treadlemonitoroverdue$/);

      // Ours went to Alertmanager, which tells us of it again: that is no new one.
      interface Held {
        labels: Record<string, string>;
        annotations: Record<string, string>;
      }
      const held = async (): Promise<Held[]> =>
        (await (await fetch(`http://127.0.0.1:${amPort}/api/v2/alerts`)).json()) as Held[];
      const own = await until('Alertmanager has ours', async () =>
        (await held()).find(({ labels }) => labels['treadle_alert'] === `alert:${fired.id}`),
      );
      assert.equal(own.labels['alertname'], 'TreadleExternal');
      assert.equal(own.annotations['state'], 'firing');

      await backdate(server, 0);
      await until('Prometheus, Alertmanager and we agree that it is over', async () => {
        const now = await external();
        return now?.state === 'resolved' ? now : undefined;
      });
      await until('Alertmanager heard the end of ours', async () =>
        (await held()).every(({ labels }) => labels['treadle_alert'] !== `alert:${fired.id}`),
      );
      const all = (await api.get<{ items: Alert[] }>('/api/v1/alerts')).items;
      assert.equal(
        all.filter(({ cause }) => cause === 'external').length,
        1,
        'no alert came back as another',
      );
      const { items } = await api.get<{ items: Delivery[] }>(`/api/v1/deliveries?subject=alert:${fired.id}`);
      assert.deepEqual(
        items.map(({ event, state }) => `${event} ${state}`),
        ['resolved sent', 'firing sent'],
      );
      const promtool = tool('TREADLE_PROMTOOL', 'promtool');
      if (promtool !== undefined) {
        const rules = path.join(folder, 'treadle.rules.yml');
        assert.match(
          execFileSync(promtool, ['check', 'rules', '--lint-fatal', rules], { encoding: 'utf8' }),
          /SUCCESS/,
        );
        assert.match(readFileSync(rules, 'utf8'), /for: 0s/);
      }
      assert.deepEqual(server.errors, []);
    } finally {
      for (const child of children) child.kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
    }
  },
);
