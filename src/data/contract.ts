// The one statement of the room's nouns and endpoints: longer than other files, and better in one piece.
import { Type, type Static } from 'typebox';
import { endpoint, listed, Millis, named, Page, Strict } from '../platform/http/contract.ts';

// What clients need besides the nouns; free of Node as well.
export { ByteReader, FRAME_HEADER, frameHeader, readFrameHeader } from './frames.ts';
export { canonicalPath, quoted } from './paths.ts';
export { parseRef, requireDatasetName, requireRefName, type ParsedRef } from './parse-ref.ts';

const MiB = 1024 * 1024;

export const DatasetName = Type.String({
  pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$',
  description:
    'Letters, digits, dot, dash and underscore; begins with a letter or digit; 100 characters at most.',
});
export const RefName = Type.String({
  pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$',
  description: 'Name of a branch or tag. Not `v7` and not a hash: those name versions.',
});
export const Selector = Type.String({
  minLength: 1,
  maxLength: 100,
  description: 'A branch, a tag, `v3`, a version id, or the first 8 or more digits of a version hash.',
});
export const Hash = Type.String({
  pattern: '^[0-9a-f]{64}$',
  description: 'BLAKE3-256 of the content, 64 hex digits.',
});
const FilePath = Type.String({
  minLength: 1,
  maxLength: 4096,
  description:
    'Path inside the version, with `/`. Any Unicode but control characters and backslash; no `.` or `..`; 255 bytes a segment.',
});
const Message = Type.String({ maxLength: 10_000, description: 'Why this version exists.' });
const Reason = Type.String({
  minLength: 1,
  maxLength: 2000,
  description: 'Why the branch moves; kept in the ledger.',
});
export const Meta = Type.Record(
  Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._/-]{0,99}$' }),
  Type.String({ maxLength: 5000 }),
  {
    description: 'How the data was collected and prepared, as key and value.',
    maxProperties: 100,
    additionalProperties: false,
  },
);

export const ProfileState = Type.Union(
  [Type.Literal('none'), Type.Literal('pending'), Type.Literal('ready')],
  {
    description: 'none: no table in it; pending: the profile job has not finished; ready: see the profile.',
  },
);

export const DatasetVersion = Type.Object({
  id: Type.String({ description: 'Names this version for good: `dataset_version:<id>` in the ledger.' }),
  dataset: DatasetName,
  number: Type.Integer({ minimum: 1 }),
  name: Type.String({ description: '`v` and the number.' }),
  hash: Type.String({ description: 'BLAKE3 Merkle hash over the whole tree: equal hash, equal content.' }),
  parents: Type.Array(Type.String(), { description: 'Ids of the versions it was made from.' }),
  message: Message,
  source: Type.Optional(
    Type.String({ description: 'Where the data came from. Kept as text, never fetched.' }),
  ),
  meta: Meta,
  author: Type.String(),
  created_at: Millis('When it was committed.'),
  files: Type.Integer({ minimum: 0 }),
  bytes: Type.Integer({ minimum: 0, description: 'Sum of the file sizes.' }),
  profile: ProfileState,
});
export type DatasetVersion = Static<typeof DatasetVersion>;

export const Ref = Type.Object({
  name: RefName,
  kind: Type.Union([Type.Literal('branch'), Type.Literal('tag')]),
  version: Type.String({ description: 'Version name, such as `v3`.' }),
  version_id: Type.String(),
  updated_at: Millis('When it last moved.'),
  updated_by: Type.String(),
  protected: Type.Optional(
    Type.Boolean({ description: 'It changes by merged proposals alone, whose checks passed.' }),
  ),
});
export type Ref = Static<typeof Ref>;

export const Dataset = Type.Object({
  id: Type.String(),
  name: DatasetName,
  created_at: Millis('When its first version was committed.'),
  created_by: Type.String(),
  versions: Type.Integer(),
  latest: Type.Optional(DatasetVersion),
});
export type Dataset = Static<typeof Dataset>;

export const RefMove = Type.Object({
  ref: RefName,
  kind: Type.Union([Type.Literal('branch'), Type.Literal('tag')]),
  from: Type.Optional(Type.String({ description: 'Version name; absent when it was made.' })),
  to: Type.String({ description: 'Version name.' }),
  reason: Type.Optional(Type.String()),
  at: Millis('When it moved.'),
  by: Type.String(),
});
export type RefMove = Static<typeof RefMove>;

export const DatasetDetail = Type.Intersect([
  Dataset,
  Type.Object({
    refs: Type.Array(Ref),
    moves: Type.Array(RefMove, { description: 'The last 100 moves of branches and tags, newest first.' }),
  }),
]);
export type DatasetDetail = Static<typeof DatasetDetail>;

export const TreeEntry = Type.Object({
  path: Type.String(),
  kind: Type.Union([Type.Literal('file'), Type.Literal('directory')]),
  hash: Type.String(),
  size: Type.Integer({ description: 'Bytes; of a directory, of all files in it.' }),
  files: Type.Integer({ description: '1 for a file; for a directory, how many files are in it.' }),
  executable: Type.Optional(Type.Boolean()),
});
export type TreeEntry = Static<typeof TreeEntry>;

export const FileInput = Strict({
  path: FilePath,
  hash: Hash,
  size: Type.Integer({ minimum: 0 }),
  executable: Type.Optional(Type.Boolean()),
});
export type FileInput = Static<typeof FileInput>;

export const Allow = Type.Array(Type.Union([Type.Literal('empty'), Type.Literal('broken')]), {
  description:
    'empty: take empty files and tables without rows; broken: take Parquet files that cannot be read.',
  maxItems: 2,
});

export const Commit = Strict({
  files: Type.Array(FileInput, { minItems: 1, maxItems: 500_000 }),
  message: Type.Optional(Message),
  source: Type.Optional(Type.String({ maxLength: 2000 })),
  meta: Type.Optional(Meta),
  branch: Type.Optional(RefName),
  expected: Type.Optional(
    Type.Union([Type.String({ maxLength: 100 }), Type.Null()], {
      description:
        'Id of the version the branch must still be at; null: the branch must not exist. Absent: not checked.',
    }),
  ),
  allow: Type.Optional(Allow),
});
export type Commit = Static<typeof Commit>;

export const Committed = Type.Object({
  version: DatasetVersion,
  unchanged: Type.Boolean({
    description: 'The branch held exactly this content already; no version was made.',
  }),
  warnings: Type.Optional(
    Type.Array(Type.String(), {
      description:
        'What the start of new tables says will be refused when they are read: file, line, why, and what to do.',
    }),
  ),
});
export type Committed = Static<typeof Committed>;

export const DiffEntry = Type.Object({
  status: Type.Union([
    Type.Literal('added'),
    Type.Literal('removed'),
    Type.Literal('modified'),
    Type.Literal('renamed'),
  ]),
  path: Type.String({ description: 'Path in the newer version; of a removed file, in the older.' }),
  from_path: Type.Optional(Type.String({ description: 'Of a renamed file: where it was.' })),
  old_size: Type.Optional(Type.Integer()),
  new_size: Type.Optional(Type.Integer()),
  old_hash: Type.Optional(Type.String()),
  new_hash: Type.Optional(Type.String()),
});
export type DiffEntry = Static<typeof DiffEntry>;

export const Diff = Type.Object({
  from: DatasetVersion,
  to: DatasetVersion,
  summary: Type.Object({
    added: Type.Integer(),
    removed: Type.Integer(),
    modified: Type.Integer(),
    renamed: Type.Integer(),
    bytes: Type.Integer({ description: 'Size of `to` less size of `from`.' }),
  }),
  items: Type.Array(DiffEntry),
  next: Type.Optional(Type.String()),
});
export type Diff = Static<typeof Diff>;

export const ColumnProfile = Type.Object({
  name: Type.String(),
  type: Type.String({ description: "DuckDB's name of the type." }),
  nulls: Type.Integer(),
  distinct: Type.Integer({
    description: 'Number of distinct values that are not null: exact, unless distinct_error is there.',
  }),
  distinct_error: Type.Optional(
    Type.Integer({
      description: 'The number is estimated, and off by at most this much in 95 of 100 cases. Absent: exact.',
    }),
  ),
  min: Type.Optional(Type.String()),
  max: Type.Optional(Type.String()),
  mean: Type.Optional(Type.Number()),
  std: Type.Optional(Type.Number({ description: 'Sample standard deviation.' })),
  quantiles: Type.Optional(
    Type.Array(Type.Number(), {
      description: '5, 25, 50, 75 and 95 percent: exact, unless quantiles_error is there.',
    }),
  ),
  quantiles_error: Type.Optional(
    Type.Number({
      description:
        'The quantiles are those of a sample: off in rank by at most this share of the rows in 95 of 100 cases. Absent: exact.',
    }),
  ),
  histogram: Type.Optional(
    Type.Object({
      edges: Type.Array(Type.Number(), {
        description: 'One more than counts; equal widths from min to max.',
      }),
      counts: Type.Array(Type.Integer()),
    }),
  ),
  top: Type.Optional(
    Type.Array(Type.Object({ value: Type.String(), count: Type.Integer() }), {
      description: 'The most frequent values, most frequent first.',
    }),
  ),
});
export type ColumnProfile = Static<typeof ColumnProfile>;

export const TableFormat = Type.Union([Type.Literal('parquet'), Type.Literal('csv'), Type.Literal('jsonl')]);
export type TableFormat = Static<typeof TableFormat>;

export const TableProfile = Type.Object({
  path: Type.String(),
  hash: Type.String(),
  size: Type.Integer(),
  format: TableFormat,
  state: Type.Union([Type.Literal('ok'), Type.Literal('failed'), Type.Literal('pending')]),
  error: Type.Optional(
    Type.Object({
      code: Type.String({
        description: 'empty-file, broken-parquet, unreadable, timeout, out-of-memory or failed.',
      }),
      message: Type.String(),
    }),
  ),
  rows: Type.Optional(Type.Integer()),
  columns: Type.Optional(Type.Array(ColumnProfile)),
});
export type TableProfile = Static<typeof TableProfile>;

const Cell = Type.Unknown({
  description: 'A JSON value; whole numbers beyond 2^53 and decimals as text; NaN and infinities as text.',
});
const Columns = Type.Array(Type.Object({ name: Type.String(), type: Type.String() }));

/** Rows that one query returns. */
export const MOST_ROWS = 10_000;

export const SqlQuery = Strict({
  query: Type.String({
    minLength: 1,
    maxLength: 100_000,
    description:
      "One SELECT in DuckDB's SQL. Tables are refs in quotes: 'flights@v3', or 'flights@v3/may.parquet' where a version holds several; or recorded predictions: predictions('flight-delay', last 7 days).",
  }),
  limit: Type.Optional(
    Type.Integer({ minimum: 1, maximum: MOST_ROWS, description: 'Most rows to return; 1,000 unless said.' }),
  ),
});
export type SqlQuery = Static<typeof SqlQuery>;

export const SqlResult = Type.Object({
  columns: Columns,
  rows: Type.Array(Type.Array(Cell)),
  truncated: Type.Boolean({ description: 'There were more rows than the limit, or more bytes than 16 MiB.' }),
  versions: Type.Array(Type.Object({ ref: Type.String(), id: Type.String(), name: Type.String() }), {
    description: 'What each ref stood for.',
  }),
  notes: Type.Optional(
    Type.Array(Type.String(), { description: 'What is missing in the rows of `predictions(…)`, and why.' }),
  ),
  ms: Type.Number(),
});
export type SqlResult = Static<typeof SqlResult>;

export const Preview = Type.Object({
  path: Type.String(),
  size: Type.Integer(),
  kind: Type.Union([Type.Literal('table'), Type.Literal('text'), Type.Literal('binary')]),
  columns: Type.Optional(Columns),
  rows: Type.Optional(Type.Array(Type.Array(Cell))),
  total_rows: Type.Optional(Type.Integer()),
  text: Type.Optional(Type.String({ description: 'The first 64 KiB of a text file.' })),
  truncated: Type.Boolean(),
});
export type Preview = Static<typeof Preview>;

const Paging = {
  page: Type.Optional(Type.String({ maxLength: 200 })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 50_000 })),
};
const OfDataset = Type.Object({ dataset: DatasetName });
const OfVersion = Type.Object({ dataset: DatasetName, ref: Selector });

export const listDatasets = endpoint({
  method: 'GET',
  path: '/api/v1/datasets',
  action: 'dataset:read',
  about: [listed('dataset')],
  summary: 'List datasets',
  query: Type.Object(Paging),
  response: Page(Dataset),
});

export const getDataset = endpoint({
  method: 'GET',
  path: '/api/v1/datasets/:dataset',
  action: 'dataset:read',
  about: [named('dataset')],
  summary: 'Show a dataset with its branches, tags and their moves',
  params: OfDataset,
  response: DatasetDetail,
});

export const listVersions = endpoint({
  method: 'GET',
  path: '/api/v1/datasets/:dataset/versions',
  action: 'dataset:read',
  about: [named('dataset')],
  summary: 'List versions, newest first',
  params: OfDataset,
  query: Type.Object({ ref: Type.Optional(Selector), ...Paging }),
  response: Page(DatasetVersion),
});

export const getVersion = endpoint({
  method: 'GET',
  path: '/api/v1/datasets/:dataset/versions/:ref',
  action: 'dataset:read',
  about: [named('dataset')],
  summary: 'Show a version',
  params: OfVersion,
  response: DatasetVersion,
});

export const listFiles = endpoint({
  method: 'GET',
  path: '/api/v1/datasets/:dataset/versions/:ref/files',
  action: 'dataset:read',
  about: [named('dataset')],
  summary: 'List the files of a version',
  params: OfVersion,
  query: Type.Object({
    path: Type.Optional(
      Type.String({ maxLength: 4096, description: 'The directory; the root unless said.' }),
    ),
    recursive: Type.Optional(
      Type.Boolean({ description: 'All files below it, rather than its own entries.' }),
    ),
    ...Paging,
  }),
  response: Page(TreeEntry),
});

export const downloadFile = endpoint({
  method: 'GET',
  path: '/api/v1/datasets/:dataset/versions/:ref/content',
  action: 'dataset:read',
  about: [named('dataset')],
  summary: 'Download a file of a version; Range is understood',
  params: OfVersion,
  query: Type.Object({ path: FilePath }),
  response: 'bytes',
});

export const previewFile = endpoint({
  method: 'GET',
  path: '/api/v1/datasets/:dataset/versions/:ref/preview',
  action: 'dataset:read',
  about: [named('dataset')],
  summary: 'Look into a file: rows of a table, the head of a text',
  params: OfVersion,
  query: Type.Object({
    path: FilePath,
    offset: Type.Optional(Type.Integer({ minimum: 0 })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
  }),
  response: Preview,
});

export const getProfile = endpoint({
  method: 'GET',
  path: '/api/v1/datasets/:dataset/versions/:ref/profile',
  action: 'dataset:read',
  about: [named('dataset')],
  summary: 'Schema, row count and column profiles of the tables in a version',
  description: 'Tables are Parquet, CSV and JSONL files; the first 100 of a version are profiled.',
  params: OfVersion,
  response: Type.Object({ state: ProfileState, tables: Type.Array(TableProfile) }),
});

export const diffVersions = endpoint({
  method: 'GET',
  path: '/api/v1/datasets/:dataset/diff',
  action: 'dataset:read',
  about: [named('dataset')],
  summary: 'Compare two versions of a dataset file by file',
  params: OfDataset,
  query: Type.Object({ from: Selector, to: Selector, ...Paging }),
  response: Diff,
});

export const commitVersion = endpoint({
  method: 'POST',
  path: '/api/v1/datasets/:dataset/versions',
  action: 'dataset:write',
  // A commit names bytes by their hashes alone, whoever sent them: it takes somebody who may read them all.
  about: [named('dataset'), { kind: 'workspace', in: 'params', field: 'dataset', verb: 'read' }],
  summary: 'Commit a version from uploaded blobs',
  description:
    'Upload the blobs first (`/api/v1/data/missing`, then `/api/v1/data/blobs`). Names the whole tree; what the branch holds already is not sent again.',
  params: OfDataset,
  body: Commit,
  unread: true,
  response: Committed,
  maxBody: 128 * MiB,
});

export const moveBranch = endpoint({
  method: 'PUT',
  path: '/api/v1/datasets/:dataset/branches/:branch',
  action: 'dataset:write',
  about: [named('dataset')],
  summary: 'Make a branch, or move it to another version with a reason',
  params: Type.Object({ dataset: DatasetName, branch: RefName }),
  body: Strict({
    to: Selector,
    reason: Type.Optional(Reason),
    expected: Type.Optional(
      Type.Union([Type.String({ maxLength: 100 }), Type.Null()], { description: 'As in a commit.' }),
    ),
  }),
  response: Ref,
});

export const protectBranch = endpoint({
  method: 'PUT',
  path: '/api/v1/datasets/:dataset/branches/:branch/protection',
  action: 'dataset:admin',
  about: [named('dataset')],
  summary: 'Have a branch change by merged proposals alone, whose checks passed; or no longer',
  params: Type.Object({ dataset: DatasetName, branch: RefName }),
  body: Strict({ protected: Type.Boolean() }),
  response: Ref,
});

export const setTag = endpoint({
  method: 'PUT',
  path: '/api/v1/datasets/:dataset/tags/:tag',
  action: 'dataset:write',
  about: [named('dataset')],
  summary: 'Name a version by a tag; a tag never moves',
  params: Type.Object({ dataset: DatasetName, tag: RefName }),
  body: Strict({ to: Selector }),
  response: Ref,
});

const StillPinned = Type.Array(Type.String(), {
  description: 'What of it is pinned, as `flights@v3`: those files stay until they are unpinned.',
});

export const deleteVersion = endpoint({
  method: 'DELETE',
  path: '/api/v1/datasets/:dataset/versions/:ref',
  action: 'dataset:write',
  about: [named('dataset')],
  summary: 'Delete a version that no branch and no tag points at',
  description: 'Its number is never given again. The next gc gives the space of its files back.',
  params: OfVersion,
  query: Strict({ reason: Type.Optional(Reason) }),
  response: Type.Object({
    deleted: Type.String({ description: 'Its name in the ledger.' }),
    pinned: StillPinned,
  }),
});

export const deleteDataset = endpoint({
  method: 'DELETE',
  path: '/api/v1/datasets/:dataset',
  action: 'dataset:write',
  about: [named('dataset')],
  summary: 'Delete a dataset with all its versions, branches and tags',
  description: 'It cannot be brought back. The next gc gives the space of its files back.',
  params: OfDataset,
  query: Strict({ reason: Type.Optional(Reason) }),
  response: Type.Object({
    deleted: Type.String({ description: 'Its name in the ledger.' }),
    versions: Type.Integer(),
    pinned: StillPinned,
  }),
});

export const findMissing = endpoint({
  method: 'POST',
  path: '/api/v1/data/missing',
  action: 'dataset:write',
  about: [{ kind: 'dataset', any: true }],
  summary: 'Say which blobs must be uploaded before a commit',
  body: Strict({ hashes: Type.Array(Hash, { maxItems: 50_000 }) }),
  response: Type.Object({ missing: Type.Array(Hash) }),
  maxBody: 8 * MiB,
});

export const uploadBlobs = endpoint({
  method: 'POST',
  path: '/api/v1/data/blobs',
  action: 'dataset:write',
  about: [{ kind: 'dataset', any: true }],
  summary: 'Upload many blobs in one request',
  description:
    'The body is a sequence of frames: hash (32 bytes), size (8 bytes, unsigned, little-endian), then that many bytes. All of them are kept, or none.',
  body: 'bytes',
  response: Type.Object({ blobs: Type.Integer(), bytes: Type.Integer() }),
});

export const uploadBlob = endpoint({
  method: 'PUT',
  path: '/api/v1/data/blobs/:hash',
  action: 'dataset:write',
  about: [{ kind: 'dataset', any: true }],
  summary: 'Upload one large blob',
  params: Type.Object({ hash: Hash }),
  body: 'bytes',
  response: Type.Object({ hash: Hash, size: Type.Integer() }),
});

export const downloadBlobs = endpoint({
  method: 'POST',
  path: '/api/v1/datasets/:dataset/versions/:ref/blobs',
  action: 'dataset:read',
  about: [named('dataset')],
  summary: 'Download many blobs of a version in one request',
  description:
    'The answer is a sequence of frames as in the upload, in the order asked for. Hashes that this workspace does not hold are refused.',
  params: OfVersion,
  body: Strict({ hashes: Type.Array(Hash, { minItems: 1, maxItems: 50_000 }) }),
  response: 'bytes',
  maxBody: 8 * MiB,
});

export const runSql = endpoint({
  method: 'POST',
  path: '/api/v1/data/sql',
  action: 'dataset:read',
  summary: 'Query dataset versions with SQL',
  description:
    'Runs in a process of its own that can read the named versions and nothing else, within limits of time, memory, rows and bytes.',
  body: SqlQuery,
  response: SqlResult,
});

export const nameIds = endpoint({
  method: 'GET',
  path: '/api/v1/data/names',
  action: 'dataset:read',
  summary: 'Say what the ids of datasets and versions are called',
  description: 'The ledger names them by id, for good. Ids that are unknown here are left out.',
  query: Strict({
    ids: Type.String({ minLength: 1, maxLength: 8000, description: 'Separated by commas; 200 at most.' }),
  }),
  response: Type.Object({
    items: Type.Array(
      Type.Object({
        id: Type.String(),
        dataset: DatasetName,
        version: Type.Optional(
          Type.String({ description: '`v3`; absent where the id is of the dataset itself.' }),
        ),
      }),
    ),
  }),
});

export const DvcLayout = Type.Union([Type.Literal('md5'), Type.Literal('md5-dos2unix')], {
  description:
    'How DVC names objects: md5, of the bytes as they are (DVC 3); md5-dos2unix, of text with CRLF as LF (DVC 2).',
});
export type DvcLayout = Static<typeof DvcLayout>;

export const DvcOid = Type.String({
  pattern: '^[0-9a-f]{32}(\\.dir)?$',
  description: 'MD5 in 32 hex digits; `.dir` behind that of a directory.',
});

export const findMissingDvc = endpoint({
  method: 'POST',
  path: '/api/v1/datasets/:dataset/dvc/missing',
  action: 'dataset:write',
  about: [named('dataset')],
  summary: 'Say which objects of a DVC repository a dataset lacks',
  params: OfDataset,
  body: Strict({ layout: DvcLayout, oids: Type.Array(DvcOid, { maxItems: 10_000 }) }),
  response: Type.Object({ missing: Type.Array(DvcOid) }),
});

export const uploadDvcObject = endpoint({
  method: 'PUT',
  path: '/api/v1/datasets/:dataset/dvc/objects/:layout/:oid',
  action: 'dataset:write',
  about: [named('dataset')],
  summary: 'Upload a file of a DVC repository, under its MD5',
  params: Type.Object({ dataset: DatasetName, layout: DvcLayout, oid: DvcOid }),
  body: 'bytes',
  response: Type.Object({ hash: Hash, size: Type.Integer() }),
});

export const commitDvcOutput = endpoint({
  method: 'POST',
  path: '/api/v1/datasets/:dataset/dvc/versions',
  action: 'dataset:write',
  about: [named('dataset')],
  summary:
    'Commit a version from uploaded objects of a DVC repository: a directory by its listing, or a file',
  params: OfDataset,
  body: Strict({
    layout: DvcLayout,
    oid: DvcOid,
    listing: Type.Optional(
      Type.String({ maxLength: 120 * MiB, description: 'Of a directory: the bytes of its `.dir` object.' }),
    ),
    path: Type.Optional(FilePath),
    executable: Type.Optional(Type.Boolean()),
    message: Type.Optional(Message),
    source: Type.Optional(Type.String({ maxLength: 2000 })),
    meta: Type.Optional(Meta),
    branch: Type.Optional(RefName),
    expected: Commit.properties.expected,
    parents: Type.Array(Type.String({ maxLength: 100 }), {
      maxItems: 100,
      description: 'Ids of exactly the versions of this dataset that it was made from.',
    }),
  }),
  response: Type.Object({
    version: Type.Optional(DatasetVersion),
    unchanged: Type.Boolean({ description: 'The branch held exactly this content already.' }),
  }),
  maxBody: 128 * MiB,
});
