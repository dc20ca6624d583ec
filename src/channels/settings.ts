import { invalid, TreadleError } from '../platform/errors/index.ts';
import type { Outbound } from '../platform/outbound/index.ts';
import type { Channel, ChannelSettings, Route } from './contract.ts';
import type { ChannelRow } from './store.ts';

/** Settings of each kind that are never shown. The address of an incoming webhook is one. */
const SECRETS: Readonly<Record<ChannelSettings['kind'], readonly string[]>> = {
  webhook: [],
  slack: ['url'],
  pagerduty: ['routing_key'],
  email: ['password'],
  alertmanager: ['token'],
};
/** What makes a destination: secrets stay with it and never follow to another. */
const PLACE: Readonly<Record<ChannelSettings['kind'], readonly string[]>> = {
  webhook: ['url'],
  slack: [],
  pagerduty: ['url'],
  email: ['host', 'port', 'user', 'security'],
  alertmanager: ['url'],
};

export const PAGERDUTY = 'https://events.pagerduty.com/v2/enqueue';

export const settingsOf = (row: Pick<ChannelRow, 'settings'>): ChannelSettings =>
  JSON.parse(row.settings) as ChannelSettings; // written by this room

export const portOf = ({ port, security }: { port?: number; security?: string }): number =>
  port ?? (security === 'tls' ? 465 : 587);

/** Settings as they will be kept, or why they cannot be. */
export function checkSettings(
  outbound: Outbound,
  given: ChannelSettings,
  before?: ChannelSettings,
): ChannelSettings {
  const settings = before ? withSecrets(given, before) : given;
  if (settings.kind === 'email') {
    check('host', () => outbound.checkMail(settings.host, portOf(settings)));
    if ((settings.user === undefined) !== (settings.password === undefined))
      throw invalid('a user has a password, and a password a user', {
        field: settings.user === undefined ? 'user' : 'password',
        hint: 'say both, or neither',
      });
    if (settings.user !== undefined && settings.security === 'none')
      throw invalid('a password may not go over a connection that is never encrypted', {
        field: 'security',
        hint: 'take starttls or tls',
      });
    return settings;
  }
  if (settings.kind === 'slack' && settings.url === undefined)
    throw invalid('the address of the incoming webhook is missing', {
      field: 'url',
      hint: 'Slack gives it where the app is installed: https://hooks.slack.com/services/…',
    });
  if (settings.kind === 'pagerduty' && settings.routing_key === undefined)
    throw invalid('the integration key is missing', {
      field: 'routing_key',
      hint: 'a service of PagerDuty has it, under Integrations: Events API v2',
    });
  const { url } = settings;
  if (url !== undefined) check('url', () => outbound.check(url));
  return settings;
}

function check(field: string, look: () => unknown): void {
  try {
    look();
  } catch (error) {
    if (!(error instanceof TreadleError)) throw error;
    const { kind, message, hint, code } = error;
    throw new TreadleError(kind, message, {
      field,
      ...(hint === undefined ? {} : { hint }),
      ...(code === undefined ? {} : { code }),
    });
  }
}

function withSecrets(given: ChannelSettings, before: ChannelSettings): ChannelSettings {
  if (given.kind !== before.kind) return given;
  const [now, then] = [entriesOf(given), entriesOf(before)];
  if (!PLACE[given.kind].every((name) => now[name] === then[name])) return given;
  const kept = SECRETS[given.kind].filter((name) => now[name] === undefined && then[name] !== undefined);
  // The same kind, so the same fields.
  return { ...given, ...Object.fromEntries(kept.map((name) => [name, then[name]])) } as ChannelSettings;
}

/** Whether messages go elsewhere than before. */
export const moved = (now: ChannelSettings, before: ChannelSettings): boolean =>
  now.kind !== before.kind ||
  !PLACE[now.kind].every((name) => entriesOf(now)[name] === entriesOf(before)[name]);

const entriesOf = (settings: ChannelSettings): Record<string, unknown> => ({ ...settings });

/** As everybody may see it. */
export function toChannel(row: ChannelRow, counts: { waiting: number; dead: number }): Channel {
  const settings = settingsOf(row);
  const hidden = SECRETS[settings.kind];
  const shown = Object.entries(settings).filter(([name]) => !hidden.includes(name));
  return {
    id: row.id,
    name: row.name,
    kind: settings.kind,
    target: targetOf(settings),
    settings: Object.fromEntries(shown),
    secrets: [
      ...hidden.filter((name) => entriesOf(settings)[name] !== undefined),
      ...(row.secret === null ? [] : ['secret']),
    ],
    route: JSON.parse(row.route) as Route, // written by this room
    enabled: row.enabled === 1,
    created_at: row.created_at,
    created_by: row.created_by,
    updated_at: row.updated_at,
    ...(row.last_at === null ? {} : { last_at: row.last_at }),
    ...(row.last_error === null ? {} : { last_error: row.last_error }),
    failures: row.failures,
    ...counts,
  };
}

export function targetOf(settings: ChannelSettings): string {
  switch (settings.kind) {
    case 'webhook':
      return settings.url;
    case 'slack':
      return settings.url === undefined ? '' : `${new URL(settings.url).host}/…`;
    case 'pagerduty':
      return new URL(settings.url ?? PAGERDUTY).host;
    case 'email':
      return `${settings.to.join(', ')} by ${settings.host}:${portOf(settings)}`;
    case 'alertmanager':
      return settings.url;
  }
}
