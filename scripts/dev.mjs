// `npm run dev`: the server, restarted when its code changes, and the UI with hot reload in front of it. Ctrl-C ends both.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { main, parts, setup } from './setup.mjs';
import { node, root } from './setup/place.mjs';

await main(async () => {
  await setup([...parts.npm, ...parts.python]);
  const args = process.argv.slice(2);
  const server = [
    node,
    '--watch',
    '--watch-preserve-output',
    '--disable-warning=ExperimentalWarning',
    'src/main.ts',
    'server',
    ...args,
  ];
  const portAt = args.indexOf('--port');
  // Where the UI's development server sends its calls.
  if (portAt >= 0) process.env.TREADLE_URL = `http://127.0.0.1:${args[portAt + 1]}`;
  const children = [start('server', server, root)];
  const ui = join(root, 'ui');
  if (existsSync(join(ui, 'vite.config.ts')))
    children.push(start('ui', [node, join(root, 'node_modules/vite/bin/vite.js')], ui));
  for (const signal of ['SIGINT', 'SIGTERM'])
    process.on(signal, () => children.forEach((child) => child.kill(signal)));
  // One of them ending by itself is a fault: the other would go on half alive.
  for (const child of children) child.on('exit', () => children.forEach((other) => other.kill('SIGTERM')));
});

function start(name, [command, ...args], cwd) {
  const child = spawn(command, args, { cwd, stdio: ['inherit', 'pipe', 'pipe'] });
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8');
    let rest = '';
    stream.on('data', (chunk) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop();
      for (const line of lines) console.log(`${name.padEnd(6)} │ ${line}`);
    });
  }
  return child;
}
