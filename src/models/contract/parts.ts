import { Type } from 'typebox';

export const Paging = {
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, description: '100 unless said.' })),
  page: Type.Optional(Type.String({ description: 'The `next` of the page before.' })),
};
export const Reason = {
  reason: Type.Optional(Type.String({ maxLength: 2000, description: 'Why; goes into the ledger.' })),
};
