import type { Subscriber } from '../../platform/events/index.ts';
import { deleteConversions } from '../store.ts';

/** A version that is deleted needs no ONNX form; the next gc gives its space back. */
export const forgetConversions: Subscriber = {
  name: 'runtimes.forget',
  types: ['model_version.deleted', 'model.deleted'],
  handle: (tx, { subject }) => deleteConversions(tx, subject),
};
