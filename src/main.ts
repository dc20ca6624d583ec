import { readConfig, serverConfig, SETTINGS, type SettingName } from './config.ts';
import { guardOutput, Interrupted, runCli, table, type Register } from './faces/cli/index.ts';
import { storeSpace } from './maintenance/contract.ts';
import { listEndpoints } from './serving/contract.ts';
import { spaceTable, storeCommands } from './store-commands.ts';
import { version } from './version.ts';

type Flags = Partial<Record<string, string>>;

/** The commands of the roof: they need the settings and the wiring, which no face may import. */
const roof: Register = (program, cli) => {
  const server = program
    .command('server')
    .description('start the server; it is ready when GET /ready answers 200');
  const config = program
    .command('config')
    .description('print every setting, its value and where it comes from');
  const doctor = program
    .command('doctor')
    .description(
      'look at this machine: how steps and models are kept apart here, and what else the server needs',
    );
  for (const { name, fallback, meaning } of SETTINGS) {
    for (const command of [server, config, doctor])
      command.option(`--${name} <value>`, fallback === undefined ? meaning : `${meaning} (${fallback})`);
  }
  storeCommands(program, cli);
  server.action(async (flags: Flags) => {
    process.umask(0o077); // what the server writes is its own user's alone
    // Loaded here, so that no other command pays for the whole house.
    const { startServer } = await import('./serve.ts');
    const running = await startServer(serverConfig(readConfig(byName(flags), process.env, process.cwd())));
    const { endOnUncaught } = await import('./last-resort.ts');
    endOnUncaught(running.parts.log, running.close);
    cli.output().say(`Treadle is ready at ${running.url}`);
    const by = await new Promise<NodeJS.Signals>((resolve) => {
      let stopping = false;
      for (const signal of ['SIGINT', 'SIGTERM'] as const) {
        process.on(signal, () => {
          if (stopping) process.exit(130); // a second signal does not wait
          stopping = true;
          void running.close().then(() => resolve(signal));
        });
      }
    });
    if (by === 'SIGINT') throw new Interrupted();
  });
  doctor.action(async (flags: Flags) => {
    const { endpointFindings, examine } = await import('./doctor.ts');
    const found = await examine(serverConfig(readConfig(byName(flags), process.env, process.cwd())));
    // Of the server that answers, if one does: the machine can be looked at without.
    const store = await cli
      .client()
      .call(storeSpace, {})
      .catch(() => undefined);
    const { items } = store
      ? await cli
          .client()
          .call(listEndpoints, { query: { limit: 500 } })
          .catch(() => ({ items: [] }))
      : { items: [] };
    const endpoints = endpointFindings(items);
    cli.output().result(
      { ...found, ...(store ? { store, endpoints } : {}) },
      () =>
        `isolation is ${found.isolation.level}: ${found.isolation.says}\n\n${table(
          ['', 'what', 'says'],
          [...found.findings, ...endpoints].map(({ what, holds, says }) => [
            holds ? 'yes' : 'no',
            what,
            says,
          ]),
        )}\n\n${store ? `${spaceTable(store)}\ntreadle verify reads every byte` : 'no server answers here: treadle space --data looks into a store without one'}`,
    );
  });
  config.action((flags: Flags) => {
    const held = readConfig(byName(flags), process.env, process.cwd()).map((setting) => ({
      ...setting,
      // What is printed ends up in logs and screenshots.
      value: setting.value?.replace(/^(\w+:\/\/[^:@/]+):.*@/, '$1:***@'),
    }));
    cli.output().result(held, () =>
      table(
        ['setting', 'value', 'from'],
        held.map(({ name, value, source }) => [name, value ?? '(none)', source]),
      ),
    );
  });
};

/** Commander spells `--allow-host` as `allowHost`. */
function byName(flags: Flags): Partial<Record<SettingName, string>> {
  const entries = SETTINGS.map(
    ({ name }) =>
      [name, flags[name.replace(/-(\w)/g, (_dash, letter: string) => letter.toUpperCase())]] as const,
  );
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

const argv = process.argv.slice(2);
guardOutput(argv[0] === 'server' || argv[0] === 'serve');
process.exitCode = await runCli(argv, { version: version(), roof });
