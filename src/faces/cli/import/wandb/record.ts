import { Message } from '../formats/protobuf.ts';

/** What a `.wandb` file holds of a run, by `wandb_internal.proto`. */
export type WandbRecord =
  | { kind: 'history'; step: number | undefined; items: Item[] }
  | { kind: 'summary' | 'config'; update: Item[]; remove: Item[] }
  | { kind: 'stats'; time: number; items: Item[] }
  | { kind: 'output'; line: string; raw: boolean }
  | { kind: 'run'; run: RunRecord }
  | { kind: 'exit'; code: number; runtime: number }
  | { kind: 'artifact'; artifact: Artifact }
  | { kind: 'metric'; definition: Record<string, unknown> }
  | { kind: 'alert'; alert: Record<string, unknown> }
  /** Nothing of these is anybody's data. */
  | { kind: 'none' }
  | { kind: 'other'; field: number; bytes: Buffer };

export interface Item {
  path: string[];
  /** JSON, perhaps with a bare NaN. */
  json: string;
}

export interface RunRecord {
  id: string;
  entity: string;
  project: string;
  group: string;
  jobType: string;
  name: string;
  notes: string;
  tags: string[];
  sweep: string;
  host: string;
  startedAt?: number;
  git: Record<string, string>;
  config: { update: Item[]; remove: Item[] };
  summary: { update: Item[]; remove: Item[] };
  settings: Record<string, string>;
  branch: Record<string, unknown>;
}

export interface Artifact {
  type: string;
  name: string;
  digest: string;
  description: string;
  metadata: string;
  aliases: string[];
  entries: ArtifactEntry[];
  manifestFile?: string;
}

export interface ArtifactEntry {
  path: string;
  digest: string;
  ref: string;
  size: number;
  localPath: string;
}

export function readRecord(bytes: Buffer): WandbRecord {
  const message = new Message(bytes);
  let found: WandbRecord = { kind: 'none' };
  while (message.next()) {
    const { field } = message;
    if (message.wire !== 2) message.skip();
    else if (field === 2) found = readHistory(message.message());
    else if (field === 3) found = { kind: 'summary', ...readChange(message.message()) };
    else if (field === 4 || field === 13 || field === 27) found = readOutput(message.message(), field);
    else if (field === 5) found = { kind: 'config', ...readChange(message.message()) };
    else if (field === 7) found = readStats(message.message());
    else if (field === 8) found = { kind: 'artifact', artifact: readArtifact(message.message()) };
    else if (field === 10)
      found = { kind: 'alert', alert: texts(message.message(), { 1: 'title', 2: 'text', 3: 'level' }) };
    else if (field === 12) found = { kind: 'metric', definition: readMetric(message.message()) };
    else if (field === 17) found = { kind: 'run', run: readRun(message.message()) };
    else if (field === 18) found = readExit(message.message());
    else if (field === 9 || field === 25 || field === 26)
      found = { kind: 'other', field, bytes: message.bytes() };
    else message.skip();
  }
  return found;
}

function readHistory(message: Message): WandbRecord {
  const items: Item[] = [];
  let step: number | undefined;
  while (message.next())
    if (message.field === 1) items.push(readItem(message.message()));
    else if (message.field === 2) {
      const inner = message.message();
      step = 0;
      while (inner.next())
        if (inner.field === 1) step = inner.signed();
        else inner.skip();
    } else message.skip();
  return { kind: 'history', step, items };
}

/** `key` and `nested_key` mean the same; even flat keys come as nested ones. */
function readItem(message: Message): Item {
  const path: string[] = [];
  let [key, json] = ['', ''];
  while (message.next())
    if (message.field === 1) key = message.text();
    else if (message.field === 2) path.push(message.text());
    else if (message.field === 16) json = message.text();
    else message.skip();
  return { path: path.length > 0 ? path : [key], json };
}

function readChange(message: Message): { update: Item[]; remove: Item[] } {
  const change: { update: Item[]; remove: Item[] } = { update: [], remove: [] };
  while (message.next())
    if (message.field === 1) change.update.push(readItem(message.message()));
    else if (message.field === 2) change.remove.push(readItem(message.message()));
    else message.skip();
  return change;
}

function readOutput(message: Message, field: number): WandbRecord {
  let line = '';
  const at = field === 27 ? 1 : 3;
  while (message.next())
    if (message.field === at && message.wire === 2) line = message.text();
    else message.skip();
  return { kind: 'output', line, raw: field !== 27 };
}

function readStats(message: Message): WandbRecord {
  const items: Item[] = [];
  let time = 0;
  while (message.next())
    if (message.field === 2 && message.wire === 2) time = readTime(message.message());
    else if (message.field === 3) {
      const inner = message.message();
      let [key, json] = ['', ''];
      while (inner.next())
        if (inner.field === 1) key = inner.text();
        else if (inner.field === 16) json = inner.text();
        else inner.skip();
      items.push({ path: [key], json });
    } else message.skip();
  return { kind: 'stats', time, items };
}

/** Milliseconds since 1970. */
function readTime(message: Message): number {
  let [seconds, nanos] = [0, 0];
  while (message.next())
    if (message.field === 1 && message.wire === 0) seconds = message.signed();
    else if (message.field === 2 && message.wire === 0) nanos = message.signed();
    else message.skip();
  return seconds * 1000 + nanos / 1e6;
}

function texts(message: Message, names: Readonly<Record<number, string>>): Record<string, string> {
  const found: Record<string, string> = {};
  while (message.next()) {
    const name = names[message.field];
    if (name !== undefined && message.wire === 2) found[name] = message.text();
    else message.skip();
  }
  return found;
}

function readRun(message: Message): RunRecord {
  const run: RunRecord = {
    id: '',
    entity: '',
    project: '',
    group: '',
    jobType: '',
    name: '',
    notes: '',
    tags: [],
    sweep: '',
    host: '',
    git: {},
    config: { update: [], remove: [] },
    summary: { update: [], remove: [] },
    settings: {},
    branch: {},
  };
  while (message.next()) {
    const { field } = message;
    if (message.wire !== 2) message.skip();
    else if (field === 1) run.id = message.text();
    else if (field === 2) run.entity = message.text();
    else if (field === 3) run.project = message.text();
    else if (field === 4) run.config = readChange(message.message());
    else if (field === 5) run.summary = readChange(message.message());
    else if (field === 6) run.group = message.text();
    else if (field === 7) run.jobType = message.text();
    else if (field === 8) run.name = message.text();
    else if (field === 9) run.notes = message.text();
    else if (field === 10) run.tags.push(message.text());
    else if (field === 11) readSettings(message.message(), run.settings);
    else if (field === 12) run.sweep = message.text();
    else if (field === 13) run.host = message.text();
    else if (field === 17) run.startedAt = readTime(message.message());
    else if (field === 21) run.git = texts(message.message(), { 1: 'remote', 2: 'commit' });
    else if (field === 23) run.branch = readBranch(message.message());
    else message.skip();
  }
  return run;
}

function readSettings(message: Message, into: Record<string, string>): void {
  while (message.next())
    if (message.field === 1) {
      const { 1: key = '', 16: json = '' } = texts(message.message(), { 1: '1', 16: '16' });
      if (key !== '') into[key] = json;
    } else message.skip();
}

function readBranch(message: Message): Record<string, unknown> {
  const branch: Record<string, unknown> = {};
  while (message.next())
    if (message.field === 1) branch['run'] = message.text();
    else if (message.field === 2 && message.wire === 1) branch['value'] = message.double();
    else if (message.field === 3) branch['metric'] = message.text();
    else message.skip();
  return branch;
}

function readExit(message: Message): WandbRecord {
  let [code, runtime] = [0, 0];
  while (message.next())
    if (message.field === 1 && message.wire === 0) code = message.signed();
    else if (message.field === 2 && message.wire === 0) runtime = message.signed();
    else message.skip();
  return { kind: 'exit', code, runtime };
}

function readArtifact(message: Message): Artifact {
  const artifact: Artifact = {
    type: '',
    name: '',
    digest: '',
    description: '',
    metadata: '',
    aliases: [],
    entries: [],
  };
  while (message.next()) {
    const { field } = message;
    if (message.wire !== 2) message.skip();
    else if (field === 4) artifact.type = message.text();
    else if (field === 5) artifact.name = message.text();
    else if (field === 6) artifact.digest = message.text();
    else if (field === 7) artifact.description = message.text();
    else if (field === 8) artifact.metadata = message.text();
    else if (field === 11) artifact.aliases.push(message.text());
    else if (field === 12) {
      const manifest = message.message();
      while (manifest.next())
        if (manifest.field === 4) artifact.entries.push(readEntry(manifest.message()));
        else if (manifest.field === 5) artifact.manifestFile = manifest.text();
        else manifest.skip();
    } else message.skip();
  }
  return artifact;
}

function readEntry(message: Message): ArtifactEntry {
  const entry: ArtifactEntry = { path: '', digest: '', ref: '', size: 0, localPath: '' };
  while (message.next())
    if (message.field === 1) entry.path = message.text();
    else if (message.field === 2) entry.digest = message.text();
    else if (message.field === 3) entry.ref = message.text();
    else if (message.field === 4) entry.size = message.signed();
    else if (message.field === 6) entry.localPath = message.text();
    else message.skip();
  return entry;
}

const SUMMARIES = ['min', 'max', 'mean', 'best', 'last', 'none', 'copy', 'first'] as const;

function readMetric(message: Message): Record<string, unknown> {
  const definition: Record<string, unknown> = {};
  while (message.next()) {
    const { field } = message;
    if (field === 1) definition['name'] = message.text();
    else if (field === 2) definition['glob_name'] = message.text();
    else if (field === 4) definition['step_metric'] = message.text();
    else if (field === 7) {
      const inner = message.message();
      const summary: string[] = [];
      while (inner.next()) {
        const name = SUMMARIES[inner.field - 1];
        if (name !== undefined && inner.wire === 0 && inner.unsigned() === 1) summary.push(name);
        else if (name === undefined || inner.wire !== 0) inner.skip();
      }
      definition['summary'] = summary;
    } else if (field === 8 && message.wire === 0)
      definition['goal'] = ['', 'minimize', 'maximize'][message.unsigned()];
    else message.skip();
  }
  return definition;
}
