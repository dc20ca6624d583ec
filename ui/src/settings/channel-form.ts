import type { ChannelKind, ChannelSettings, Route } from '../../../src/channels/contract.ts';

/** What is typed; the server says what is missing or wrong. */
export interface ChannelForm {
  name: string;
  kind: ChannelKind;
  url: string;
  secret: string;
  host: string;
  port: string;
  security: 'starttls' | 'tls' | 'none';
  user: string;
  from: string;
  to: string;
  severity: 'any' | 'page' | 'ticket';
  endpoints: string;
}

export const emptyForm: ChannelForm = {
  name: '',
  kind: 'webhook',
  url: '',
  secret: '',
  host: '',
  port: '',
  security: 'starttls',
  user: '',
  from: '',
  to: '',
  severity: 'any',
  endpoints: '',
};

export const KIND_WORDS: Readonly<Record<ChannelKind, string>> = {
  webhook: 'webhook',
  slack: 'Slack',
  pagerduty: 'PagerDuty',
  email: 'mail',
  alertmanager: 'Alertmanager',
};

const words = (text: string): string[] => text.split(/[\s,;]+/).filter(Boolean);

export function settingsOf(form: ChannelForm): { name: string; settings: ChannelSettings; route: Route } {
  const endpoints = words(form.endpoints);
  return {
    name: form.name.trim(),
    settings: ofKind(form),
    route: {
      ...(form.severity === 'any' ? {} : { severities: [form.severity] }),
      ...(endpoints.length === 0 ? {} : { endpoints }),
    },
  };
}

function ofKind({ kind, url, secret, host, port, security, user, from, to }: ChannelForm): ChannelSettings {
  switch (kind) {
    case 'webhook':
      return { kind, url };
    case 'slack':
      return { kind, ...(secret === '' ? {} : { url: secret }) };
    case 'pagerduty':
      return { kind, ...(secret === '' ? {} : { routing_key: secret }), ...(url === '' ? {} : { url }) };
    case 'alertmanager':
      return { kind, url, ...(secret === '' ? {} : { token: secret }) };
    case 'email':
      return {
        kind,
        host,
        security,
        from,
        to: words(to),
        ...(port === '' ? {} : { port: Number(port) }),
        ...(user === '' ? {} : { user }),
        ...(secret === '' ? {} : { password: secret }),
      };
  }
}

export function routeWords({ severities, causes, endpoints }: Route): string {
  const parts = [
    ...(severities ? [severities.map((one) => `${one}s`).join(' and ')] : []),
    ...(causes ? [causes.join(', ')] : []),
    ...(endpoints ? [`of ${endpoints.join(', ')}`] : []),
  ];
  return parts.length === 0 ? 'all' : parts.join(', ');
}
