import type { Command } from 'commander';
import * as contract from '../../channels/contract.ts';
import { invalid } from '../../platform/errors/index.ts';
import type { Register } from './frame.ts';
import { choice, refuse, whole } from './options.ts';
import { ago, clip, listed, upTo } from './output.ts';

const HELP = `
Alerts are told to channels: a webhook, Slack, PagerDuty, mail, Alertmanager. Each step of an alert's life goes once to each
channel whose route it fits; what cannot be delivered is tried again for some five hours, and then kept to be sent by hand.

Secrets (the address of Slack's incoming webhook, PagerDuty's integration key, a password, a token) are read from a file, so that
they stand in no history; - is standard input. None is ever shown again.

Examples:
  treadle channel add ops webhook --url https://ops.example.org/treadle
  treadle channel add team slack --secret-file - < slack-url.txt
  treadle channel add night pagerduty --secret-file key.txt --severity page
  treadle channel add mail email --host smtp.example.org --user treadle --secret-file password.txt \\
      --from treadle@example.org --to ml-team@example.org
  treadle channel add am alertmanager --url http://alertmanager:9093 --endpoint 'flight-*'
  treadle channel test ops
  treadle channel deliveries --dead        what was given up; send it again: treadle channel resend ID`;

const KINDS = ['webhook', 'slack', 'pagerduty', 'email', 'alertmanager'] as const;
type Kind = (typeof KINDS)[number];

interface RouteFlags {
  severity?: Array<'page' | 'ticket'>;
  cause?: string[];
  endpoint?: string[];
}
interface AddFlags extends RouteFlags {
  url?: string;
  host?: string;
  port?: number;
  security?: 'starttls' | 'tls' | 'none';
  user?: string;
  from?: string;
  to?: string[];
  secretFile?: string;
}

const several = (text: string, before: readonly string[] = []): string[] => [...before, text];
const severity = choice('page', 'ticket');
const severities = (
  text: string,
  before: ReadonlyArray<'page' | 'ticket'> = [],
): Array<'page' | 'ticket'> => [...before, severity(text)];

/** Which settings a kind has, and the one that is read from a file. */
const OF: Readonly<Record<Kind, { options: readonly string[]; secret?: string }>> = {
  webhook: { options: ['url'] },
  slack: { options: [], secret: 'url' },
  pagerduty: { options: ['url'], secret: 'routing_key' },
  email: { options: ['host', 'port', 'security', 'user', 'from', 'to'], secret: 'password' },
  alertmanager: { options: ['url'], secret: 'token' },
};
const SETTINGS = ['url', 'host', 'port', 'security', 'user', 'from', 'to'] as const;

/** `treadle channel …`: where alerts are told. */
export const register: Register = (program, cli) => {
  const channel = program
    .command('channel')
    .description('tell alerts to a webhook, Slack, PagerDuty, mail or Alertmanager')
    .addHelpText('after', HELP);
  const routed = (command: Command): Command =>
    command
      .option('--severity <severity>', 'only alerts of this severity: page or ticket', severities)
      .option(
        '--cause <cause>',
        'only of this cause: performance, data, drift …; as often as wanted',
        several,
      )
      .option('--endpoint <name>', "only of this endpoint; * stands for any letters: 'flight-*'", several);
  routed(
    channel
      .command('add <name> <kind>')
      .description('add one: of kind webhook, slack, pagerduty, email or alertmanager')
      .option('--url <url>', 'of a webhook, of Alertmanager, or of PagerDuty in Europe')
      .option('--host <host>', 'the SMTP server')
      .option('--port <port>', '587 unless said; 465 with tls', whole(1, 65_535))
      .option(
        '--security <how>',
        'starttls, tls or none; starttls unless said',
        choice('starttls', 'tls', 'none'),
      )
      .option('--user <user>', 'of the SMTP server; its password is in --secret-file')
      .option('--from <address>', 'who mails come from')
      .option('--to <address>', 'who gets them; as often as wanted', several)
      .option('--secret-file <file>', 'holds the secret; - is standard input'),
  ).action(async (name: string, kind: string, flags: AddFlags, command: Command) => {
    const settings = await settingsOf(kind, flags, command);
    const { channel: made, secret } = await cli
      .client()
      .call(contract.addChannel, { body: { name, settings, route: routeOf(flags) } });
    cli
      .output()
      .result({ channel: made, ...(secret === undefined ? {} : { secret }) }, () =>
        [
          `alerts ${routeWords(made.route)} are told to ${made.name} (${made.kind}: ${made.target})`,
          ...(secret === undefined
            ? []
            : [`${secret}\nKeep it: its messages are signed with it, and it cannot be shown again.`]),
          `try it: treadle channel test ${made.name}`,
        ].join('\n'),
      );
  });
  channel
    .command('list')
    .description('list channels')
    .action(async () => {
      const { items } = await cli.client().call(contract.listChannels, {});
      cli.output().result(items, () =>
        listed(
          'alerts are told to nobody; treadle channel add --help',
          ['channel', 'kind', 'where', 'alerts', 'state', 'waiting', 'given up', 'last'],
          items.map((one) => [
            one.name,
            one.kind,
            clip(one.target),
            routeWords(one.route),
            one.enabled ? (one.failures > 0 ? `failing: ${clip(one.last_error ?? '')}` : 'on') : 'off',
            one.waiting,
            one.dead,
            one.last_at === undefined ? 'never' : ago(one.last_at),
          ]),
        ),
      );
    });
  routed(
    channel
      .command('set <name>')
      .description('change what it is told of, or switch it on or off')
      .option('--on', 'switch it on')
      .option('--off', 'switch it off; what waits is given up')
      .option('--every', 'tell it of every alert')
      .option('--new-secret', 'of a webhook: sign with a fresh secret, which is printed once'),
  ).action(
    async (
      name: string,
      flags: RouteFlags & { on?: boolean; off?: boolean; every?: boolean; newSecret?: boolean },
      command: Command,
    ) => {
      if (flags.on === true) refuse(command, ['off'], 'it is switched on');
      if (flags.every === true)
        refuse(command, ['severity', 'cause', 'endpoint'], 'it is told of every alert');
      const route = routeOf(flags);
      const { channel: now, secret } = await cli.client().call(contract.updateChannel, {
        params: { channel: name },
        body: {
          ...(flags.every === true || Object.keys(route).length > 0 ? { route } : {}),
          ...(flags.on === true ? { enabled: true } : flags.off === true ? { enabled: false } : {}),
          ...(flags.newSecret === true ? { new_secret: true } : {}),
        },
      });
      cli
        .output()
        .result({ channel: now, ...(secret === undefined ? {} : { secret }) }, () =>
          [
            now.enabled ? `alerts ${routeWords(now.route)} are told to ${now.name}` : `${now.name} is off`,
            ...(secret === undefined ? [] : [secret]),
          ].join('\n'),
        );
    },
  );
  channel
    .command('test <name>')
    .description('send a message of trial, and say what came of it')
    .action(async (name: string) => {
      const found = await cli.client().call(contract.testChannel, { params: { channel: name } });
      cli
        .output()
        .result(found, () =>
          found.sent ? `${name} took it, in ${found.ms} ms` : `${name} did not take it: ${found.error}`,
        );
      if (!found.sent) process.exitCode = 1;
    });
  channel
    .command('remove <name>')
    .description('remove it; what waits for it is not sent')
    .action(async (name: string) => {
      await cli.client().call(contract.removeChannel, { params: { channel: name } });
      cli.output().result({ removed: name }, () => `channel ${name} is removed`);
    });
  channel
    .command('deliveries')
    .description('list what was told to channels, newest first')
    .option('--channel <name>', 'only to this one')
    .option('--dead', 'only what was given up')
    .option('--alert <alert>', 'only of this alert')
    .option('--limit <n>', 'at most this many', whole(1), 20)
    .action(async (flags: { channel?: string; dead?: boolean; alert?: string; limit: number }) => {
      const found = await upTo(flags.limit, (page) =>
        cli.client().call(contract.listDeliveries, {
          query: {
            ...page,
            ...(flags.channel === undefined ? {} : { channel: flags.channel }),
            ...(flags.dead === true ? { state: 'dead' } : {}),
            ...(flags.alert === undefined ? {} : { subject: `alert:${flags.alert}` }),
          },
        }),
      );
      cli.output().list(found, (items) => listed('there is none', HEAD, items.map(rowOf)));
    });
  channel
    .command('resend <delivery>')
    .description('send again what was given up')
    .action(async (delivery: string) => {
      const found = await cli.client().call(contract.resendDelivery, { params: { delivery } });
      cli.output().result(found, () => `it is sent again to ${found.channel}`);
    });
};

const HEAD = ['delivery', 'channel', 'what', 'event', 'state', 'failed', 'when', 'why'];
const rowOf = (one: contract.Delivery): Array<string | number> => [
  one.id,
  one.channel,
  clip(one.title),
  one.event,
  one.state,
  one.attempts,
  ago(one.created_at),
  clip(one.error ?? ''),
];

const routeOf = ({ severity: severities, cause, endpoint }: RouteFlags): contract.Route => ({
  ...(severities ? { severities } : {}),
  ...(cause ? { causes: cause } : {}),
  ...(endpoint ? { endpoints: endpoint } : {}),
});

function routeWords({ severities, causes, endpoints }: contract.Route): string {
  const parts = [
    ...(severities ? [`of severity ${severities.join(', ')}`] : []),
    ...(causes ? [`with cause ${causes.join(', ')}`] : []),
    ...(endpoints ? [`of ${endpoints.join(', ')}`] : []),
  ];
  return parts.length === 0 ? 'of every kind' : parts.join(', ');
}

async function settingsOf(
  text: string,
  flags: AddFlags,
  command: Command,
): Promise<contract.ChannelSettings> {
  const kind = KINDS.find((one) => one === text);
  if (!kind) command.error(`error: the kind is '${text}'. It must be ${KINDS.join(', ')}.`);
  const { options, secret: field } = OF[kind];
  const others = SETTINGS.filter((name) => !options.includes(name));
  refuse(command, [...others, ...(field === undefined ? ['secret-file'] : [])], `it is none of ${kind}`);
  const given = Object.fromEntries(
    SETTINGS.flatMap((name) => (flags[name] === undefined ? [] : [[name, flags[name]]])),
  );
  const secret =
    field === undefined || flags.secretFile === undefined
      ? {}
      : { [field]: await secretIn(flags.secretFile) };
  // The server says what is missing or wrong: it knows the settings of each kind.
  return { kind, ...given, ...secret } as contract.ChannelSettings;
}

async function secretIn(file: string): Promise<string> {
  const { readFile } = await import('node:fs/promises');
  const { text } = await import('node:stream/consumers');
  const read = (await (file === '-' ? text(process.stdin) : readFile(file, 'utf8'))).trim();
  if (read === '')
    throw invalid(`${file === '-' ? 'standard input' : file} holds nothing`, {
      field: 'secret-file',
      hint: 'it must hold the secret and nothing else',
    });
  return read;
}
