import type { ReactElement } from 'react';
import type { ChannelKind } from '../../../src/channels/contract.ts';
import { SelectField, TextField } from '../kit/field.tsx';
import { KIND_WORDS, type ChannelForm } from './channel-form.ts';

const KINDS = (['webhook', 'slack', 'pagerduty', 'email', 'alertmanager'] as const).map((value) => ({
  value,
  label: KIND_WORDS[value],
}));
const SECURITY: Array<{ value: ChannelForm['security']; label: string }> = [
  { value: 'starttls', label: 'STARTTLS: encrypted before anything is said' },
  { value: 'tls', label: 'TLS from the first byte on' },
  { value: 'none', label: 'none, for a server in the same house' },
];
const SEVERITIES: Array<{ value: ChannelForm['severity']; label: string }> = [
  { value: 'any', label: 'all' },
  { value: 'page', label: 'pages: answers are worse' },
  { value: 'ticket', label: 'tickets: something is to be looked at' },
];
const SECRETS: Readonly<Partial<Record<ChannelKind, { label: string; hint: string; field: string }>>> = {
  slack: {
    label: 'Address of the incoming webhook',
    hint: 'https://hooks.slack.com/services/… It is a secret, and not shown again.',
    field: 'url',
  },
  pagerduty: {
    label: 'Integration key',
    hint: 'Of an Events API v2 integration. Not shown again.',
    field: 'routing_key',
  },
  email: { label: 'Password', hint: 'Of that user. Not shown again.', field: 'password' },
  alertmanager: {
    label: 'Bearer token, where it asks for one',
    hint: 'Not shown again.',
    field: 'token',
  },
};

/** The fields of a new channel: those of its kind, then what it is told of. */
export function ChannelFields({
  form,
  onChange,
  error,
}: {
  form: ChannelForm;
  onChange(part: Partial<ChannelForm>): void;
  error(field: string): string | undefined;
}): ReactElement {
  const text = (
    name: 'url' | 'host' | 'port' | 'user' | 'from' | 'to' | 'endpoints',
    label: string,
    hint: string,
  ) => (
    <TextField
      label={label}
      hint={hint}
      value={form[name]}
      maxLength={2000}
      onChange={(event) => onChange({ [name]: event.target.value })}
      error={error(name)}
    />
  );
  const secret = SECRETS[form.kind];
  return (
    <>
      <TextField
        label="Name"
        hint="Small letters, digits and dashes: ops, ml-team"
        value={form.name}
        maxLength={63}
        onChange={(event) => onChange({ name: event.target.value.toLowerCase() })}
        error={error('name')}
      />
      <SelectField<ChannelKind>
        label="Kind"
        value={form.kind}
        options={KINDS}
        onChange={(kind) => onChange({ kind, secret: '' })}
        error={error('kind')}
      />
      {form.kind === 'webhook' &&
        text('url', 'Address', 'https://… Messages are signed after Standard Webhooks.')}
      {form.kind === 'alertmanager' && text('url', 'Address', 'http://alertmanager:9093')}
      {form.kind === 'email' && (
        <>
          {text('host', 'SMTP server', 'smtp.example.org')}
          {text('port', 'Port', '587 unless said; 465 with TLS')}
          <SelectField<ChannelForm['security']>
            label="Encryption"
            value={form.security}
            options={SECURITY}
            onChange={(security) => onChange({ security })}
            error={error('security')}
          />
          {text('user', 'User', 'Where the server asks for one')}
        </>
      )}
      {secret && (
        <TextField
          label={secret.label}
          hint={secret.hint}
          type="password"
          autoComplete="off"
          value={form.secret}
          maxLength={2000}
          onChange={(event) => onChange({ secret: event.target.value })}
          error={error(secret.field)}
        />
      )}
      {form.kind === 'email' && (
        <>
          {text('from', 'From', 'treadle@example.org')}
          {text('to', 'To', 'One or more addresses')}
        </>
      )}
      <SelectField<ChannelForm['severity']>
        label="Alerts"
        value={form.severity}
        options={SEVERITIES}
        onChange={(severity) => onChange({ severity })}
        error={error('severities')}
      />
      {text('endpoints', 'Endpoints', 'All unless named; * stands for any letters: flight-*')}
    </>
  );
}
