import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { until } from '../../../test/until.ts';
import { chooseIsolation, createProcesses, ownCode, reap, type Isolation } from './index.ts';
import { closeData } from './grant.ts';
import { allPids, freeUsers, readStat } from './proc.ts';

process.umask(0o077); // as the server
/** How long the processes sleep that are found again by that, beside other checkouts that are tested. */
const LONG = `987.${process.pid}`;
const data = mkdtempSync(path.join(tmpdir(), 'treadle-isolation-'));
after(() => rmSync(data, { recursive: true, force: true }));
for (const folder of ['blobs/packs', 'work/1/other', 'models/a'])
  mkdirSync(path.join(data, folder), { recursive: true });
for (const file of ['ledger.key', 'treadle.db', 'blobs/packs/1', 'work/1/other/secret'])
  writeFileSync(path.join(data, file), 'secret', { mode: 0o644 }); // as an older version or a copy may have left them
writeFileSync(path.join(data, 'models/a/MLmodel'), 'a model');
chmodSync(path.join(data, 'models/a'), 0o700);

const found = await (await chooseIsolation({ data })).tried();
const levels: Array<[string, Isolation]> = [];
for (const { level, holds } of found) {
  if (!holds || level === 'none') continue;
  const { isolation } = await chooseIsolation({ data, wanted: level });
  levels.push([level, isolation]);
  // What a container gives that is root and may make no namespaces.
  if (level !== 'uid') continue;
  closeData(data);
  levels.push(['uid, alone', { ...isolation, namespaces: false }]);
}
const lacking =
  levels.length === 0 &&
  `no level holds here: ${found.map(({ level, says }) => `${level}: ${says}`).join('; ')}`;
test('some level holds', { skip: lacking }, () => assert.ok(levels.length > 0));

/** Runs as the process: tries everything and prints what it got. */
const ATTACK = String.raw`
const fs = require('node:fs'), net = require('node:net'), { secrets, folders, sockets, sibling, port } = JSON.parse(process.argv[1]);
const got = [];
const attempt = (what, how) => { try { how(); got.push(what); } catch {} };
for (const file of secrets) {
  attempt('read ' + file, () => fs.readFileSync(file));
  attempt('write ' + file, () => { fs.statSync(file); fs.appendFileSync(file, 'x'); });
}
for (const folder of folders) {
  attempt('list ' + folder, () => { if (fs.readdirSync(folder).some((name) => name === 'ledger.key' || name === 'packs' || name === 'other')) return; throw 0; });
  try { fs.writeFileSync(folder + '/planted', ''); } catch {} // an empty folder of its own may stand there: judged from outside
}
for (const pid of fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name) && name !== String(process.pid))) {
  // The first of its own namespace holds what is its own anyway.
  let environ = ''; try { environ = fs.readFileSync('/proc/' + pid + '/environ', 'latin1'); } catch {}
  if (environ.includes(process.env.TREADLE_PROCESS) && !/CapEff:\t0*[1-9a-f]/.test(fs.readFileSync('/proc/' + pid + '/status', 'latin1'))) continue;
  for (const part of ['environ', 'root/etc/passwd', 'cwd/.'])
    attempt('see ' + part + ' of ' + pid, () => fs.statSync('/proc/' + pid + '/' + part).isDirectory() || fs.readFileSync('/proc/' + pid + '/' + part));
  attempt('trace ' + pid, () => fs.openSync('/proc/' + pid + '/mem', 'r'));
}
for (const signal of [0, 'SIGKILL']) attempt('signal a sibling', () => process.kill(sibling, signal));
const others = [...sockets.map((path) => ({ path })), ...(port ? [{ host: '127.0.0.1', port }] : [])];
Promise.all(others.map((to) => new Promise((resolve) => {
  const socket = net.connect(to, () => { got.push('connected to ' + JSON.stringify(to)); socket.destroy(); resolve(); });
  socket.on('error', resolve);
}))).then(() => {
  fs.writeFileSync('made', 'x');
  console.log(JSON.stringify({ got, own: fs.readFileSync('own', 'utf8'), model: fs.readFileSync(process.argv[2] + '/MLmodel', 'utf8'), variables: process.env }));
});
`;

const nobody = freeUsers()?.first ?? 0;
const closed =
  nobody === 0
    ? 'this is another user already'
    : spawnSync('setpriv', [
        '--reuid',
        String(nobody),
        '--clear-groups',
        process.execPath,
        '-e',
        `fs.readFileSync(${JSON.stringify(import.meta.filename)})`,
      ]).status !== 0 && 'this checkout cannot be read by other users';

for (const [name, isolation] of levels) {
  // Another user alone, without folders of its own, finds our code where it lies.
  const skip = name === 'uid, alone' && closed;
  const processes = createProcesses({ isolation });
  after(() => processes.close());
  const folder = (): string => mkdtempSync(path.join(data, 'work/1/'));

  test(`${name}: nothing of the server or of others is within reach`, { skip }, async () => {
    const model = path.join(data, 'models/a');
    await processes.letRead(model);
    const marker = 'environment-of-somebody-else';
    // Sockets of Postgres or a plane, and a port where nothing shall be asked.
    const socket = path.join(data, 'plane.sock');
    const local = createServer((one) => one.end()).listen(socket);
    const remote = createServer((one) => one.end()).listen(0, '127.0.0.1');
    await Promise.all([local, remote].map((one) => new Promise((resolve) => one.once('listening', resolve))));
    const at = remote.address();
    assert.ok(at !== null && typeof at === 'object');
    const beside = folder();
    const sibling = processes.start({
      argv: ['/bin/sh', '-c', 'echo up; exec sleep 60'],
      cwd: beside,
      env: { TOKEN: marker },
      isolate: { write: [beside], network: true },
      onOutput: () => undefined,
    });
    const cwd = folder();
    writeFileSync(path.join(cwd, 'own'), 'input');
    const folders = [data, path.join(data, 'blobs'), path.join(data, 'work/1'), beside, model, process.cwd()];
    const environment = { ...process.env };
    process.env['TREADLE_DB'] = marker;
    const { stdout, stderr, reason } = await processes.run({
      argv: [
        process.execPath,
        '-e',
        ATTACK,
        JSON.stringify({
          secrets: ['ledger.key', 'treadle.db', 'blobs/packs/1', 'work/1/other/secret'].map((one) =>
            path.join(data, one),
          ),
          folders,
          sockets: [socket],
          sibling: sibling.mark.pid,
          port: isolation.namespaces ? at.port : 0,
        }),
        model,
      ],
      cwd,
      env: { OWN: "it's mine\nand 'whole'" },
      isolate: { read: [...ownCode(), model], write: [cwd], network: false },
      timeout: 120_000,
    });
    process.env = environment;
    local.close();
    remote.close();
    assert.equal(reason, 'ok', stderr);
    const said = JSON.parse(stdout) as {
      got: string[];
      own: string;
      model: string;
      variables: Record<string, string>;
    };
    assert.deepEqual(said.got, []);
    assert.equal(said.own, 'input');
    assert.equal(said.model, 'a model');
    assert.equal(said.variables['OWN'], "it's mine\nand 'whole'");
    assert.deepEqual(
      Object.keys(said.variables).filter((one) => one.startsWith('TREADLE_')),
      ['TREADLE_PROCESS'],
    );
    assert.ok(existsSync(path.join(cwd, 'made')), 'its own folder is its own');
    assert.equal(readFileSync(path.join(data, 'ledger.key'), 'utf8'), 'secret');
    for (const one of folders) assert.ok(!existsSync(path.join(one, 'planted')), `${one} was written into`);
    assert.notEqual(readStat(sibling.mark.pid), undefined, 'the sibling lives');
    sibling.stop('cancelled');
    assert.equal((await sibling.ended).reason, 'cancelled');
  });

  test(`${name}: what is given to a process it alone reads, and never writes`, async () => {
    const given = path.join(folder(), 'given');
    mkdirSync(given, { mode: 0o700 });
    const said: Buffer[] = [];
    const running = processes.start({
      argv: [
        '/bin/sh',
        '-c',
        'read go; cat late/a; (: > late/a; : > late/b; : > b; mkdir c; rm late/a; mv late d) 2>/dev/null; exit 0',
      ],
      cwd: given,
      env: {},
      isolate: { read: ownCode(), given: [given], network: false },
      stdin: 'pipe',
      onOutput: (chunk) => void said.push(chunk),
    });
    // Put there while it runs.
    const late = path.join(given, 'late');
    mkdirSync(late, { mode: 0o700 });
    writeFileSync(path.join(late, 'a'), 'for it alone', { mode: 0o400 });
    await processes.letRead(late);
    const beside = folder();
    const other = await processes.run({
      argv: ['/bin/cat', path.join(late, 'a')],
      cwd: beside,
      env: {},
      isolate: { write: [beside], network: false },
    });
    assert.deepEqual([other.reason, other.stdout], ['exit', '']);
    running.stdin?.end('go\n');
    assert.equal((await running.ended).reason, 'ok');
    assert.equal(Buffer.concat(said).toString(), 'for it alone');
    assert.deepEqual(readdirSync(given, { recursive: true, encoding: 'utf8' }).toSorted(), [
      'late',
      'late/a',
    ]);
    assert.equal(readFileSync(path.join(late, 'a'), 'utf8'), 'for it alone');
  });

  test(`${name}: variables of a step do not reach the programs that build its walls`, async () => {
    const cwd = folder();
    const { stdout, reason } = await processes.run({
      argv: ['/bin/sh', '-c', 'echo "$PATH $LD_PRELOAD"'],
      cwd,
      env: {
        PATH: cwd,
        LD_PRELOAD: path.join(cwd, 'evil.so'),
        ENV: path.join(cwd, 'evil.sh'),
        BASH_ENV: path.join(cwd, 'evil.sh'),
      },
      isolate: { write: [cwd], network: false },
    });
    assert.equal(reason, 'ok');
    assert.equal(stdout.trim(), `${cwd} ${path.join(cwd, 'evil.so')}`);
  });

  test(`${name}: our own code starts there, as a user without an entry and a home`, { skip }, async () => {
    const { reason, stderr } = await processes.run({
      argv: [process.execPath, '-e', `import(${JSON.stringify(path.join(import.meta.dirname, 'index.ts'))})`],
      cwd: '/',
      env: {},
      isolate: { read: ownCode(), network: false },
    });
    assert.equal(reason, 'ok', stderr);
  });

  test(`${name}: ends have their reasons, TERM leaves time to stop, figures are seen`, { skip }, async () => {
    const run = (line: string, more = {}) => {
      const cwd = folder();
      return processes.run({
        argv: ['/bin/sh', '-c', line],
        cwd,
        env: {},
        isolate: { read: ownCode(), write: [cwd], network: true },
        ...more,
      });
    };
    const bad = await run('exit 7');
    assert.deepEqual([bad.reason, bad.code], ['exit', 7]);
    const killed = await run('kill -SEGV $$');
    assert.deepEqual([killed.reason, killed.signal], ['signal', 'SIGSEGV']);
    assert.equal((await run('no-such-program')).code, 127);
    const stopped = (timeout: number) =>
      run('trap "echo stopped in good order; exit 3" TERM; echo up; while :; do sleep 0.05; done', {
        timeout,
        grace: 60_000,
      });
    let late = await stopped(500);
    // On a busy machine the time may be over before the shell has come so far.
    for (let timeout = 2000; late.stdout === '' && timeout < 100_000; timeout *= 4)
      late = await stopped(timeout);
    assert.deepEqual([late.reason, late.code, late.stdout], ['timeout', 3, 'up\nstopped in good order\n']);
    const busy = await run(
      `exec ${process.execPath} -e "const b = Buffer.alloc(9e7, 1); while (process.cpuUsage().user < 2e5) b.fill(2)"`,
    );
    assert.equal(busy.reason, 'ok', busy.stderr);
    assert.ok(busy.peakRss > 8e7, `${busy.peakRss} bytes`);
    assert.ok((busy.cpu?.userMs ?? 0) > 50, JSON.stringify(busy.cpu));
    const greedy = await run(
      `exec ${process.execPath} -e "const a = []; for (;;) a.push(Buffer.alloc(1e7, 1))"`,
      { memory: 200 << 20 },
    );
    assert.equal(greedy.reason, 'oom');
  });

  test(`${name}: what leaves the group ends with it, also when the server is gone`, async () => {
    const cwd = folder();
    const line = `setsid env -i sleep ${LONG} & echo $! > pid; sleep 0.2`;
    const before = sleepers();
    await processes.run({
      argv: ['/bin/sh', '-c', line],
      cwd,
      env: {},
      isolate: { write: [cwd], network: true },
    });
    await until('the end of what left', () => sleepers() === before);
    // The server dies without a word: a program of its own stands for it.
    const server = spawn(process.execPath, [
      '--disable-warning=ExperimentalWarning',
      '--input-type=module-typescript',
      '-e',
      `import { createProcesses } from '${path.join(import.meta.dirname, 'index.ts')}';
       const running = createProcesses({ isolation: ${JSON.stringify(isolation)} }).start({ argv: ['/bin/sh', '-c', 'setsid env -i sleep ${LONG} & sleep ${LONG}'], cwd: '${cwd}', env: {}, isolate: { write: ['${cwd}'], network: true } });
       console.log(JSON.stringify(running.mark)); setInterval(() => undefined, 1000);`,
    ]);
    const mark = await new Promise<string>((resolve) =>
      server.stdout.once('data', (one: Buffer) => resolve(one.toString())),
    );
    await until('both', () => sleepers() === before + 2);
    server.kill('SIGKILL');
    if (!isolation.namespaces) {
      await until('the end of the group', () => sleepers() === before + 1);
      reap([JSON.parse(mark) as Parameters<typeof reap>[0][number]]);
    }
    await until('the end of both', () => sleepers() === before);
  });

  test(`${name}: nothing is left in the folder of the walls`, async () => {
    await chooseIsolation({ data, wanted: isolation.level, alone: true });
    assert.deepEqual(
      readdirSync(isolation.folder).filter((one) => one !== 'root'),
      [],
    );
    assert.equal(statSync(isolation.folder).mode & 0o066, 0);
  });
}

const sleepers = (): number =>
  allPids().filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'latin1') === ['sleep', LONG, ''].join('\0');
    } catch {
      return false;
    }
  }).length;

test('a level that does not hold is refused when it is demanded', async () => {
  const lacking = found.find(({ holds }) => !holds);
  if (!lacking) return;
  await assert.rejects(chooseIsolation({ data, wanted: lacking.level }), {
    message: new RegExp(`isolation '${lacking.level}' does not hold on this machine`),
  });
});

test('the same where the server is not root', { skip: closed }, () => {
  const { NODE_TEST_CONTEXT: _, ...environment } = process.env;
  const { status, stdout } = spawnSync(
    'setpriv',
    [
      '--reuid',
      String(nobody),
      '--regid',
      String(nobody),
      '--clear-groups',
      process.execPath,
      '--test',
      '--disable-warning=ExperimentalWarning',
      import.meta.filename,
    ],
    { env: { ...environment, HOME: data }, encoding: 'utf8' },
  );
  assert.equal(status, 0, stdout);
});
