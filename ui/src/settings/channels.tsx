import { useQuery } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import {
  addChannel,
  listChannels,
  listDeliveries,
  removeChannel,
  resendDelivery,
  testChannel,
  updateChannel,
  type Channel,
  type Delivery,
} from '../../../src/channels/contract.ts';
import { api, call } from '../api/client.ts';
import { queries } from '../api/queries.ts';
import { Badge } from '../kit/badge.tsx';
import { Button } from '../kit/button.tsx';
import { CodeBlock } from '../kit/code-block.tsx';
import { Ask } from '../kit/confirm.tsx';
import { Dialog } from '../kit/dialog.tsx';
import { Failure } from '../kit/failure.tsx';
import { Listing, type ListingColumn } from '../kit/listing.tsx';
import { Empty, Section, Skeleton } from '../kit/page.tsx';
import { TimeAgo } from '../kit/time.tsx';
import { say } from '../kit/toast.tsx';
import { emptyForm, KIND_WORDS, routeWords, settingsOf, type ChannelForm } from './channel-form.ts';
import { ChannelFields } from './channel-fields.tsx';

const channelsQuery = api(listChannels, {}, ['channel:*']);
const deadQuery = api(listDeliveries, { query: { state: 'dead', limit: 20 } }, ['channel:*']);
const refresh = async () => {
  await queries.invalidateQueries({ queryKey: channelsQuery.queryKey });
  await queries.invalidateQueries({ queryKey: deadQuery.queryKey });
};

type Doing = { what: 'remove'; channel: Channel } | { what: 'add' };

/** Where alerts are told: each channel with what it is told of, and what could not be delivered. */
export function Channels({ mayManage }: { mayManage: boolean }): ReactElement {
  const channels = useQuery(channelsQuery);
  const [doing, setDoing] = useState<Doing>();
  const [secret, setSecret] = useState<{ name: string; text: string }>();
  const [problem, setProblem] = useState<unknown>();
  const act = (work: () => Promise<void>) => {
    setProblem(undefined);
    work().catch(setProblem);
  };
  const columns = columnsOf({
    mayManage,
    test: ({ name }) =>
      act(async () => {
        const { sent, ms, error } = await call(testChannel, { params: { channel: name } });
        if (!sent) throw new Error(`${name} did not take it: ${error ?? 'no answer'}`);
        say(`${name} took it, in ${ms} ms`);
      }),
    turn: ({ name, enabled }) =>
      act(async () => {
        await call(updateChannel, { params: { channel: name }, body: { enabled: !enabled } });
        await refresh();
      }),
    remove: (channel) => setDoing({ what: 'remove', channel }),
  });
  return (
    <Section
      title="Channels"
      actions={
        mayManage && (
          <Button icon="plus" onClick={() => setDoing({ what: 'add' })}>
            New channel
          </Button>
        )
      }
    >
      <p className="muted settings-note">
        Where alerts are told. Each step of an alert goes once to every channel whose route it fits.
      </p>
      {problem !== undefined && <Failure error={problem} />}
      {channels.isPending ? (
        <Skeleton lines={2} />
      ) : channels.isError ? (
        <Failure error={channels.error} retry={() => void channels.refetch()} />
      ) : channels.data.items.length === 0 ? (
        <Empty icon="send" title="Alerts are told to nobody">
          <p>They are seen here and by commands alone, until there is a channel.</p>
          <CodeBlock
            prompt
            label="Command that adds a channel"
            text="treadle channel add ops webhook --url https://ops.example.org/treadle"
          />
        </Empty>
      ) : (
        <Listing label="Channels" bare columns={columns} rows={channels.data.items} rowKey={({ id }) => id} />
      )}
      <GivenUp mayWrite={mayManage} />
      {doing?.what === 'add' && (
        <NewChannelDialog
          onClose={() => setDoing(undefined)}
          onMade={(name, text) => text !== undefined && setSecret({ name, text })}
        />
      )}
      {doing?.what === 'remove' && (
        <Ask
          title={`Remove ${doing.channel.name}?`}
          description="What waits for it is not sent, and the list of what was told to it goes with it."
          action="Remove"
          danger
          run={async () => {
            await call(removeChannel, { params: { channel: doing.channel.name } });
            await refresh();
            say(`Channel ${doing.channel.name} is removed`);
          }}
          onClose={() => setDoing(undefined)}
        />
      )}
      <Dialog
        open={secret !== undefined}
        onClose={() => setSecret(undefined)}
        title={`Secret of ${secret?.name ?? ''}`}
        description="Its messages are signed with it. Copy it now: it cannot be shown again."
        actions={
          <Button look="primary" onClick={() => setSecret(undefined)}>
            I have copied it
          </Button>
        }
      >
        {secret !== undefined && <CodeBlock text={secret.text} label="The secret" />}
      </Dialog>
    </Section>
  );
}

function columnsOf({
  mayManage,
  test,
  turn,
  remove,
}: {
  mayManage: boolean;
  test(channel: Channel): void;
  turn(channel: Channel): void;
  remove(channel: Channel): void;
}): ListingColumn<Channel>[] {
  return [
    { key: 'name', head: 'Name', cell: ({ name }) => name },
    { key: 'kind', head: 'Kind', cell: ({ kind }) => KIND_WORDS[kind] },
    { key: 'where', head: 'Where', wideOnly: true, cell: ({ target }) => <code>{target}</code> },
    { key: 'route', head: 'Alerts', wideOnly: true, cell: ({ route }) => routeWords(route) },
    {
      key: 'state',
      head: 'State',
      cell: ({ enabled, failures, last_error }) =>
        !enabled ? (
          <Badge dot>off</Badge>
        ) : failures > 0 ? (
          <span title={last_error}>
            <Badge tone="bad" dot>
              failing
            </Badge>
          </span>
        ) : (
          <Badge tone="good" dot>
            on
          </Badge>
        ),
    },
    {
      key: 'last',
      head: 'Last message',
      wideOnly: true,
      cell: ({ last_at }) =>
        last_at === undefined ? <span className="faint">never</span> : <TimeAgo time={last_at} />,
    },
    {
      key: 'do',
      head: 'What can be done',
      hideHead: true,
      cell: (channel) =>
        mayManage && (
          <span className="row row-wrap">
            <Button
              className="button-small"
              aria-label={`Try ${channel.name} with a message`}
              onClick={() => test(channel)}
            >
              Try
            </Button>
            <Button
              className="button-small"
              aria-label={channel.enabled ? `Off: ${channel.name}` : `On: ${channel.name}`}
              onClick={() => turn(channel)}
            >
              {channel.enabled ? 'Off' : 'On'}
            </Button>
            <Button
              look="danger"
              className="button-small"
              aria-label={`Remove ${channel.name}`}
              onClick={() => remove(channel)}
            >
              Remove
            </Button>
          </span>
        ),
    },
  ];
}

function NewChannelDialog({
  onClose,
  onMade,
}: {
  onClose(): void;
  onMade(name: string, secret: string | undefined): void;
}): ReactElement {
  const [form, setForm] = useState<ChannelForm>(emptyForm);
  return (
    <Ask
      title="New channel"
      action="Add channel"
      disabled={form.name === ''}
      run={async () => {
        const made = await call(addChannel, { body: settingsOf(form) });
        await refresh();
        say(`Alerts are told to ${made.channel.name}`);
        onMade(made.channel.name, made.secret);
      }}
      onClose={onClose}
    >
      {(error) => (
        <ChannelFields
          form={form}
          onChange={(part) => setForm((now) => ({ ...now, ...part }))}
          error={error}
        />
      )}
    </Ask>
  );
}

/** The dead letters: why, and again. */
function GivenUp({ mayWrite }: { mayWrite: boolean }): ReactElement | null {
  const found = useQuery(deadQuery);
  const [problem, setProblem] = useState<unknown>();
  if (!found.data || found.data.items.length === 0) return null;
  const columns: ListingColumn<Delivery>[] = [
    { key: 'what', head: 'Given up', cell: ({ title, event }) => `${event}: ${title}` },
    { key: 'channel', head: 'Channel', cell: ({ channel }) => channel },
    { key: 'why', head: 'Why', wideOnly: true, cell: ({ error }) => error ?? '' },
    { key: 'when', head: 'When', cell: ({ created_at }) => <TimeAgo time={created_at} /> },
    {
      key: 'do',
      head: 'Send again',
      hideHead: true,
      cell: ({ id, title }) =>
        mayWrite && (
          <Button
            className="button-small"
            aria-label={`Send again: ${title}`}
            onClick={() => {
              setProblem(undefined);
              call(resendDelivery, { params: { delivery: id } })
                .then(refresh)
                .catch(setProblem);
            }}
          >
            Send again
          </Button>
        ),
    },
  ];
  return (
    <div className="stack">
      {problem !== undefined && <Failure error={problem} />}
      <Listing
        label="Messages that were given up"
        bare
        columns={columns}
        rows={found.data.items}
        rowKey={({ id }) => id}
      />
    </div>
  );
}
