import { Type, type Static } from 'typebox';
import { endpoint, listed, Millis, named, Page, Strict } from '../../platform/http/contract.ts';

export const State = Type.Union([Type.Literal('active'), Type.Literal('deleted')], {
  description: 'A deleted thing can be restored.',
});
export type State = Static<typeof State>;
export const StateFilter = Type.Union(
  [Type.Literal('active'), Type.Literal('deleted'), Type.Literal('all')],
  { description: 'active unless said.' },
);
export type StateFilter = Static<typeof StateFilter>;

export const Tags = Type.Record(Type.String(), Type.String(), { description: 'Free key and value pairs.' });

/** A time that a client states: kept as it was said, and so perhaps before 1970. */
export const Stated = (description: string) =>
  Type.Integer({ description: `${description} Milliseconds since 1970, UTC; before it, below zero.` });

export const Experiment = Type.Object({
  id: Type.String({
    description: 'A number as text; 0 is the experiment that runs land in when none is named.',
  }),
  name: Type.String(),
  state: State,
  artifact_location: Type.Optional(
    Type.String({
      description: 'Where clients were told to write artifacts themselves; absent when Treadle keeps them.',
    }),
  ),
  note: Type.Optional(Type.String({ description: 'What it is about, in Markdown.' })),
  tags: Tags,
  created_at: Millis('When it was made.'),
  created_by: Type.String(),
  updated_at: Millis('Last change of the experiment itself.'),
});
export type Experiment = Static<typeof Experiment>;

export const ExperimentRow = Type.Intersect([
  Experiment,
  Type.Object({
    runs: Type.Integer({ description: 'Active runs.' }),
    running: Type.Integer({ description: 'Of these, running now.' }),
    last_run_at: Type.Optional(Stated('Start of the newest run.')),
  }),
]);
export type ExperimentRow = Static<typeof ExperimentRow>;

const ById = Strict({ experiment: Type.String({ description: 'The experiment’s id.' }) });
const Name = Type.String({
  minLength: 1,
  maxLength: 500,
  description: 'Unique in the workspace, deleted experiments included.',
});
const Note = Type.String({ maxLength: 20_000, description: 'What it is about, in Markdown.' });

export const listExperiments = endpoint({
  method: 'GET',
  path: '/api/v1/experiments',
  action: 'experiment:read',
  about: [listed('experiment')],
  summary: 'List experiments, the newest change first',
  query: Strict({
    state: Type.Optional(StateFilter),
    filter: Type.Optional(Type.String({ description: "Such as: name LIKE 'flight%' AND tags.team = 'ops'" })),
    order: Type.Optional(
      Type.String({
        description: 'name, creation_time, last_update_time or experiment_id, then ASC or DESC.',
      }),
    ),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, description: '100 unless said.' })),
    page: Type.Optional(Type.String()),
  }),
  response: Page(ExperimentRow),
});

export const createExperiment = endpoint({
  method: 'POST',
  path: '/api/v1/experiments',
  action: 'experiment:write',
  about: [{ kind: 'experiment_name', in: 'body', field: 'name' }],
  summary: 'Make an experiment',
  body: Strict({ name: Name, note: Type.Optional(Note), tags: Type.Optional(Tags) }),
  response: Experiment,
});

export const getExperiment = endpoint({
  method: 'GET',
  path: '/api/v1/experiments/:experiment',
  action: 'experiment:read',
  about: [named('experiment')],
  summary: 'Show an experiment',
  params: ById,
  response: Experiment,
});

export const updateExperiment = endpoint({
  method: 'PATCH',
  path: '/api/v1/experiments/:experiment',
  action: 'experiment:write',
  about: [named('experiment'), { kind: 'experiment_name', in: 'body', field: 'name', optional: true }],
  summary: 'Rename an experiment, or change its note or tags',
  params: ById,
  body: Strict({
    name: Type.Optional(Name),
    note: Type.Optional(Note),
    tags: Type.Optional(Tags),
    remove_tags: Type.Optional(
      Type.Array(Type.String(), { maxItems: 100, description: 'Keys; one that it has not is no fault.' }),
    ),
  }),
  response: Experiment,
});

export const deleteExperiment = endpoint({
  method: 'DELETE',
  path: '/api/v1/experiments/:experiment',
  action: 'experiment:write',
  about: [named('experiment')],
  summary: 'Delete an experiment with its runs; it can be restored',
  params: ById,
  response: Experiment,
});

export const restoreExperiment = endpoint({
  method: 'POST',
  path: '/api/v1/experiments/:experiment/restore',
  action: 'experiment:write',
  about: [named('experiment')],
  summary: 'Restore a deleted experiment and the runs that were deleted with it',
  params: ById,
  response: Experiment,
});
