import type { Ctx } from '../platform/ctx/index.ts';
import { conflict, invalid } from '../platform/errors/index.ts';
import { newId } from '../platform/ids/index.ts';
import { getExperiment } from '../tracking/index.ts';
import { checkName, checkText } from './limits.ts';
import { activeExperiment } from './scorers.ts';
import {
  putLabelSchema,
  removeLabelSchema,
  requireLabelSchema,
  selectLabelSchemas,
  type LabelSchemaRow,
} from './store-labels.ts';

const KINDS = ['pass_fail', 'categorical', 'numeric', 'text'] as const;

export interface NewLabelSchema {
  experiment: string;
  name: string;
  type: 'FEEDBACK' | 'EXPECTATION';
  input: Record<string, unknown>;
  instruction?: string | undefined;
  enable_comment?: boolean | undefined;
}

/** Exactly one kind of answer, which can be given. */
function checkInput(input: Record<string, unknown>): string {
  const given = KINDS.filter((kind) => input[kind] !== undefined && input[kind] !== null);
  if (given.length !== 1)
    throw invalid(`'input' must say one of ${KINDS.join(', ')}`, {
      field: 'input',
      hint: 'for example {"categorical": {"options": ["good", "bad"]}}',
    });
  const kind = given[0]!;
  const said = input[kind] as { options?: unknown; min_value?: unknown; max_value?: unknown };
  if (kind === 'categorical') {
    const options = Array.isArray(said.options) ? (said.options as unknown[]) : [];
    const distinct = new Set(options);
    if (
      options.length === 0 ||
      distinct.size !== options.length ||
      options.some((one) => typeof one !== 'string')
    )
      throw invalid("'input.categorical.options' must be different words", { field: 'input' });
  }
  if (
    kind === 'numeric' &&
    typeof said.min_value === 'number' &&
    typeof said.max_value === 'number' &&
    said.min_value > said.max_value
  )
    throw invalid("'input.numeric.min_value' is greater than its max_value", { field: 'input' });
  return checkText(JSON.stringify({ [kind]: said }), 'input', 64 * 1024);
}

const taken = (name: string, experiment: number) =>
  conflict(`Label schema with name '${name}' already exists for experiment '${experiment}'.`, {
    field: 'name',
    hint: 'choose another name, or change the one there is',
  });

export async function createLabelSchema(ctx: Ctx, input: NewLabelSchema): Promise<LabelSchemaRow> {
  const name = checkName(input.name, 'name', 250);
  checkText(input.instruction ?? '', 'instruction', 10_000);
  const answer = checkInput(input.input);
  const experiment = await activeExperiment(ctx, input.experiment);
  return ctx.write(async (tx) => {
    if ((await selectLabelSchemas(tx, experiment)).some((one) => one.name === name))
      throw taken(name, experiment);
    const now = tx.clock.now();
    const row: LabelSchemaRow = {
      id: `ls-${newId(now)}`,
      workspace: tx.workspace,
      experiment_id: experiment,
      name,
      type: input.type,
      instruction: input.instruction ?? null,
      enable_comment: input.enable_comment === true ? 1 : 0,
      input: answer,
      created_by: tx.actor.name,
      created_at: now,
      updated_at: now,
    };
    await putLabelSchema(tx, row);
    const resource = `label_schema:${row.id}`;
    await tx.record({ action: 'label_schema.created', resource, after: { name, type: input.type } });
    await tx.emit({ type: 'label_schema.created', subject: resource });
    return row;
  });
}

export async function updateLabelSchema(
  ctx: Ctx,
  id: string,
  change: Partial<Pick<NewLabelSchema, 'name' | 'instruction' | 'enable_comment' | 'input'>>,
): Promise<LabelSchemaRow> {
  return ctx.write(async (tx) => {
    const before = await requireLabelSchema(tx, id);
    const name = change.name === undefined ? before.name : checkName(change.name, 'name', 250);
    const others = await selectLabelSchemas(tx, before.experiment_id);
    if (others.some((one) => one.id !== id && one.name === name)) throw taken(name, before.experiment_id);
    const input = change.input === undefined ? before.input : checkInput(change.input);
    if (Object.keys(JSON.parse(input) as object)[0] !== Object.keys(JSON.parse(before.input) as object)[0])
      throw invalid('the kind of answer of a label schema stays what it was', {
        field: 'input',
        hint: 'make another label schema',
      });
    const row: LabelSchemaRow = {
      ...before,
      name,
      input,
      instruction:
        change.instruction === undefined
          ? before.instruction
          : checkText(change.instruction, 'instruction', 10_000),
      enable_comment:
        change.enable_comment === undefined ? before.enable_comment : change.enable_comment ? 1 : 0,
      updated_at: tx.clock.now(),
    };
    await putLabelSchema(tx, row);
    const resource = `label_schema:${id}`;
    await tx.record({
      action: 'label_schema.updated',
      resource,
      before: { name: before.name },
      after: { name },
    });
    await tx.emit({ type: 'label_schema.updated', subject: resource });
    return row;
  });
}

export const getLabelSchema = requireLabelSchema;

export async function listLabelSchemas(ctx: Ctx, experiment: string): Promise<LabelSchemaRow[]> {
  return selectLabelSchemas(ctx, Number((await getExperiment(ctx, experiment)).id));
}

/** One that is not there is no error, as in MLflow; answers that people gave to it stay. */
export async function deleteLabelSchema(ctx: Ctx, id: string): Promise<void> {
  await ctx.write(async (tx) => {
    await removeLabelSchema(tx, id);
    const resource = `label_schema:${id}`;
    await tx.record({ action: 'label_schema.deleted', resource });
    await tx.emit({ type: 'label_schema.deleted', subject: resource });
  });
}
