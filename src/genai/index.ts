export {
  addDatasetTo,
  createDataset,
  deleteDataset,
  deleteDatasetTag,
  getDataset,
  removeDatasetFrom,
  searchDatasets,
  setDatasetTags,
  type EvaluationDataset,
} from './datasets.ts';
export {
  createLabelSchema,
  deleteLabelSchema,
  getLabelSchema,
  listLabelSchemas,
  updateLabelSchema,
} from './label-schemas.ts';
export {
  deleteRecords,
  listRecords,
  upsertRecords,
  type EvaluationRecord,
  type SentRecord,
} from './records.ts';
export {
  addItems,
  createQueue,
  deleteQueue,
  dropItems,
  getQueue,
  listItems,
  listQueues,
  schemasOf,
  setItemStatus,
  updateQueue,
  userQueue,
  usersOf,
} from './review-queues.ts';
export { migrations } from './schema.ts';
export { deleteScorer, getScorer, listScorers, listScorerVersions, registerScorer } from './scorers.ts';
export type { ItemRow, LabelSchemaRow, QueueRow, ScorerVersionRow } from './store-labels.ts';
export { subjects } from './subjects.ts';
