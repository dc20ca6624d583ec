import type { Ctx } from '../../platform/ctx/index.ts';
import { invalid } from '../../platform/errors/index.ts';
import { newId } from '../../platform/ids/index.ts';
import type { Outbound } from '../../platform/outbound/index.ts';
import type { Trust } from '../contract.ts';
import { requirePerson } from '../people/store.ts';
import {
  deleteTrust,
  insertTrust,
  requireTrust,
  selectTrusts,
  type NamedTrust,
  type TrustRow,
} from './store.ts';

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);

/** Shortest beginning that can be somebody's alone. */
const TELLING = 8;

/** Whether what a subject begins with says of no owner: `re*`, `repo:*`, and `repo:acme*`, which is also that of acme-two. */
function isWide(subject: string): boolean {
  const at = subject.indexOf('*');
  if (at < 0) return false;
  const own = subject.slice(0, at);
  const [kind = '', ...rest] = own.split(/[:/]+/);
  return own.length < TELLING || (/^[a-z_]+$/i.test(kind) && rest.length < 2);
}

/** Lets a service account be whoever an issuer says a subject is: a job of a CI system on one branch of one repository. */
export async function addTrust(
  ctx: Ctx,
  outbound: Pick<Outbound, 'check'>,
  input: { service: string; issuer: string; subject: string; audience: string },
): Promise<Trust> {
  const { issuer, subject, audience } = input;
  requireIssuer(issuer, outbound);
  // An issuer such as a public CI system speaks for everybody who has an account there.
  if (subject.startsWith('*'))
    throw invalid('a subject that begins with * would let in whoever the issuer knows', {
      field: 'subject',
      hint: 'begin with what is yours alone: repo:acme/flights:*',
    });
  if (isWide(subject))
    throw invalid(
      `'${subject}' would let in others than yours: what stands before its first * is not whose it is`,
      {
        field: 'subject',
        hint: 'say the owner, too, up to what ends its name: repo:acme/*, project_path:acme/flights:*',
      },
    );
  return ctx.write(async (tx) => {
    const service = await requirePerson(tx, input.service);
    if (service.kind !== 'service')
      throw invalid(`'${service.name}' is a person, who signs in by themselves`, {
        field: 'service',
        hint: 'add a service account: treadle service add NAME --role editor',
      });
    const row: TrustRow = {
      id: newId(tx.clock.now()),
      workspace: tx.workspace,
      person: service.id,
      issuer,
      subject,
      audience,
      created_at: tx.clock.now(),
      created_by: tx.actor.name,
    };
    await insertTrust(tx, row);
    await tx.record({
      action: 'trust.added',
      resource: `trust:${row.id}`,
      after: { user: service.id, issuer, subject, audience },
    });
    await tx.emit({ type: 'trust.added', subject: `trust:${row.id}` });
    return toTrust({ ...row, service: service.name });
  });
}

export const listTrusts = async (ctx: Ctx): Promise<Trust[]> => (await selectTrusts(ctx)).map(toTrust);

/** Tokens that were given out for it end by themselves, within a quarter of an hour. */
export function removeTrust(ctx: Ctx, id: string): Promise<void> {
  return ctx.write(async (tx) => {
    const { person, issuer, subject, audience } = await requireTrust(tx, id);
    await deleteTrust(tx, id);
    await tx.record({
      action: 'trust.removed',
      resource: `trust:${id}`,
      before: { user: person, issuer, subject, audience },
    });
    await tx.emit({ type: 'trust.removed', subject: `trust:${id}` });
  });
}

function requireIssuer(issuer: string, outbound: Pick<Outbound, 'check'>): void {
  const wrong = (why: string) =>
    invalid(`'${issuer.slice(0, 200)}' is no issuer: ${why}`, {
      field: 'issuer',
      hint: 'write it exactly as its tokens do: https://token.actions.githubusercontent.com',
    });
  if (!URL.canParse(issuer)) throw wrong('it is no URL');
  const url = new URL(issuer);
  if (url.search !== '' || url.hash !== '') throw wrong('it may hold no query and no fragment');
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && LOOPBACK.has(url.hostname)))
    throw wrong('keys come by https alone');
  outbound.check(issuer);
}

const toTrust = ({ person: _person, workspace: _workspace, ...row }: NamedTrust): Trust => row;
