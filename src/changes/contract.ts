// The one statement of the room's nouns and endpoints.
import { Type, type Static } from 'typebox';
import { DatasetName, RefName, Selector } from '../data/contract.ts';
import { CheckedChange } from '../pipelines/contract.ts';
import { endpoint, Millis, named, Page, Strict } from '../platform/http/contract.ts';

export const ChangeCheckState = Type.Union(
  [Type.Literal('waiting'), Type.Literal('running'), Type.Literal('done'), Type.Literal('failed')],
  {
    description:
      'waiting: it begins soon; running: its execution goes on; done: there is a verdict; failed: it could not be run.',
  },
);

export const ChangeCheck = Type.Object(
  {
    id: Type.String(),
    pipeline: Type.String(),
    change: CheckedChange,
    state: ChangeCheckState,
    execution: Type.Optional(Type.String({ description: 'Its report is at /executions/ID/report.' })),
    verdict: Type.Optional(Type.String({ description: 'pass, fail or undecided.' })),
    summary: Type.Optional(Type.String({ description: 'The verdict in one sentence.' })),
    problem: Type.Optional(Type.String({ description: 'Why it could not be run.' })),
    created_at: Millis('When the change was heard of.'),
    ended_at: Type.Optional(Millis('When it ended.')),
  },
  { description: 'What a pipeline says of a change to data or to a model.' },
);
export type ChangeCheck = Static<typeof ChangeCheck>;

export const ProposalState = Type.Union([
  Type.Literal('open'),
  Type.Literal('merged'),
  Type.Literal('closed'),
]);
export type ProposalState = Static<typeof ProposalState>;

export const Proposal = Type.Object(
  {
    dataset: DatasetName,
    number: Type.Integer({ description: 'Counts from 1 in its dataset.' }),
    branch: RefName,
    into: RefName,
    message: Type.String(),
    state: ProposalState,
    head: Type.String({ description: 'The version that is proposed: `v7`.' }),
    head_id: Type.String(),
    base: Type.Optional(
      Type.String({ description: 'What the other branch is at, or was when it was merged: `v5`.' }),
    ),
    created_at: Millis('When it was proposed.'),
    created_by: Type.String(),
    ended_at: Type.Optional(Millis('When it was merged or closed.')),
    ended_by: Type.Optional(Type.String()),
    reason: Type.Optional(Type.String({ description: 'Why it was merged or closed.' })),
  },
  { description: 'A branch of a dataset that is proposed for merge into another.' },
);
export type Proposal = Static<typeof Proposal>;

export const ProposalDetail = Type.Intersect([
  Proposal,
  Type.Object({
    protected: Type.Boolean({ description: 'The other branch takes nothing but what passed its checks.' }),
    /** Of the version that is proposed now; those of before are void. */
    checks: Type.Array(ChangeCheck),
    void_checks: Type.Array(ChangeCheck, {
      description: 'Of versions that were proposed before: the branch has moved since.',
    }),
    blocked: Type.Array(Type.String(), { description: 'Why it cannot be merged now; empty: it can.' }),
  }),
]);
export type ProposalDetail = Static<typeof ProposalDetail>;

const Reason = Type.String({ minLength: 1, maxLength: 2000, description: 'Why; kept in the ledger.' });
const OfDataset = Strict({ dataset: DatasetName });
const OfProposal = Strict({ dataset: DatasetName, number: Type.Integer({ minimum: 1 }) });

export const proposeBranch = endpoint({
  method: 'POST',
  path: '/api/v1/datasets/:dataset/proposals',
  action: 'dataset:write',
  about: [named('dataset')],
  summary: 'Propose a branch of a dataset for merge into another',
  description: 'Pipelines whose file asks for it under `when:` run on the proposed data.',
  params: OfDataset,
  body: Strict({
    branch: RefName,
    into: Type.Optional({ ...RefName, description: 'main unless said.' }),
    message: Type.Optional(Type.String({ maxLength: 10_000, description: 'What changes, and why.' })),
  }),
  response: ProposalDetail,
});

export const listProposals = endpoint({
  method: 'GET',
  path: '/api/v1/datasets/:dataset/proposals',
  action: 'dataset:read',
  about: [named('dataset')],
  summary: 'List what was proposed for a dataset, newest first',
  params: OfDataset,
  query: Strict({
    state: Type.Optional(ProposalState),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500 })),
    page: Type.Optional(Type.String({ maxLength: 20, pattern: '^\\d+$' })),
  }),
  response: Page(Proposal),
});

export const getProposal = endpoint({
  method: 'GET',
  path: '/api/v1/datasets/:dataset/proposals/:number',
  action: 'dataset:read',
  about: [named('dataset')],
  summary: 'Show a proposal with its checks, and what stands in its way',
  params: OfProposal,
  response: ProposalDetail,
});

export const mergeProposal = endpoint({
  method: 'POST',
  path: '/api/v1/datasets/:dataset/proposals/:number/merge',
  action: 'dataset:write',
  about: [named('dataset')],
  summary: 'Merge a proposal: the other branch moves to the proposed version',
  params: OfProposal,
  body: Strict({
    head: { ...Selector, description: 'The version that was looked at; another one is refused.' },
    reason: Type.Optional(Reason),
  }),
  response: ProposalDetail,
});

export const closeProposal = endpoint({
  method: 'POST',
  path: '/api/v1/datasets/:dataset/proposals/:number/close',
  action: 'dataset:write',
  about: [named('dataset')],
  summary: 'Close a proposal without merging it',
  params: OfProposal,
  body: Strict({ reason: Type.Optional(Reason) }),
  response: ProposalDetail,
});

export const checkProposal = endpoint({
  method: 'POST',
  path: '/api/v1/datasets/:dataset/proposals/:number/check',
  action: 'dataset:write',
  about: [named('dataset')],
  summary: 'Check the proposed version again, by what pipelines ask for now',
  description: 'Checks that have not ended go on.',
  params: OfProposal,
  response: ProposalDetail,
});

export const listVersionChecks = endpoint({
  method: 'GET',
  path: '/api/v1/models/:model/versions/:version/checks',
  action: 'model:read',
  about: [named('model')],
  summary: 'What pipelines say of a version that was registered',
  params: Type.Object({
    model: Type.String({ minLength: 1, maxLength: 256 }),
    version: Type.String({ pattern: '^[1-9]\\d{0,8}$' }),
  }),
  response: Type.Object({ items: Type.Array(ChangeCheck) }),
});
