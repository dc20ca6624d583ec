import assert from 'node:assert/strict';
import test from 'node:test';
import { openTest, type TestServer } from '../../../test/harness.ts';
import { onDatabases } from '../../../test/on-databases.ts';
import { apiOf } from '../../../test/journeys/serving/api.ts';
import type { Alert, AlertDetail, Monitor } from '../contract.ts';
import { checkOverdue } from './watchdog.ts';
import { backdate, watched } from './watched.suite.ts';

const watchdog = (on: string, open: () => Promise<TestServer>): void =>
  void test(`${on}: a monitor that does not run is an alert although no job says so, and is seen in /metrics`, async () => {
    await using server = await open();
    const api = apiOf(server.url);
    await watched(server);
    const alerts = async () => (await api.get<{ items: Alert[] }>('/api/v1/alerts?open=true')).items;
    await checkOverdue(server.ctx);
    assert.deepEqual(await alerts(), [], 'it is not late yet');
    await backdate(server, 3);
    for (const states of [['pending'], ['firing'], ['firing']]) {
      await checkOverdue(server.ctx);
      assert.deepEqual(
        (await alerts()).map(({ cause, state }) => `${cause} ${state}`),
        states.map((state) => `monitor ${state}`),
      );
    }
    const [alert] = await alerts();
    assert.deepEqual([alert?.owner, alert?.runbook], ['ana', 'https://wiki.example/const']);
    assert.match(alert?.summary ?? '', /no window was looked at since/);
    const monitor = await api.get<Monitor>('/api/v1/endpoints/const/monitor');
    assert.ok(monitor.overdue_since !== undefined);
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    assert.match(metrics, /^treadle_monitor_overdue\{workspace="default",endpoint="const"\} 1$/m);
    assert.match(metrics, /^treadle_alerts_active\{.*cause="monitor".*state="firing"\} 1$/m);
    assert.match(metrics, /^treadle_endpoint_unloadable\{workspace="default",endpoint="const"\} 0$/m);
    assert.match(metrics, /^treadle_inference_listening [1-9]/m);
    const marked = await fetch(`${server.url}/api/v1/alerts/${alert!.id}`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ feedback: 'noise', owner: 'ben' }),
    });
    const said = (await marked.json()) as AlertDetail;
    assert.deepEqual([said.feedback, said.owner], ['noise', 'ben']);
    const told = await api.get<Monitor>('/api/v1/endpoints/const/monitor');
    assert.deepEqual(told.feedback, { useful: 0, noise: 1 });
    assert.deepEqual(server.errors, []);
  });

// A whole server on Postgres once more is for the deep tests.
if (process.env['TREADLE_TEST_WHOLE'] === '1') onDatabases('the watchdog was', watchdog);
else watchdog('SQLite', openTest);
