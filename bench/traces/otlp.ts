/** An ExportTraceServiceRequest in protobuf, of traces like those of a chat application: both servers get the very same bytes. */
export function otlpRequest(first: number, traces: number, spans: number, now: number): Buffer {
  const all: Buffer[] = [];
  for (let t = first; t < first + traces; t++)
    for (let s = 0; s < spans; s++) all.push(field(2, span(t, s, spans, now)));
  const resource = field(1, pair('service.name', text('assistant')));
  return field(1, Buffer.concat([field(1, resource), field(2, Buffer.concat(all))]));
}

const NAMES = ['plan', 'retrieve', 'rerank', 'call tool', 'chat'];
const TYPES = ['CHAIN', 'RETRIEVER', 'RERANKER', 'TOOL', 'CHAT_MODEL'];

function span(t: number, s: number, spans: number, now: number): Buffer {
  const kind = s % 5;
  // A trace a second: a million of them are eleven days.
  const start = BigInt(now - t * 1000 + s * 15) * 1_000_000n;
  const long = s === 0 ? 15 * spans + (t % 997) : 10 + (t % 7);
  const end = start + BigInt(long) * 1_000_000n;
  const root = s === 0;
  const failed = root && t % 50 === 7;
  const attributes = [
    pair('mlflow.spanType', text(root ? 'AGENT' : TYPES[kind]!)),
    pair(
      'mlflow.spanInputs',
      map([
        ['question', text(`What does the manual of pump ${t} say about part ${s}, and who is to be asked?`)],
        ['k', int(5)],
      ]),
    ),
    pair(
      'mlflow.spanOutputs',
      map([
        [
          'answer',
          text(`Part ${s} of pump ${t} is to be greased every ${(t % 90) + 1} days; ask the night shift.`),
        ],
        ['score', double((t % 1000) / 1000)],
      ]),
    ),
    pair('thread.id', int(t % 16)),
    ...(kind === 4
      ? [
          pair('mlflow.llm.model', text(`model-${t % 3}`)),
          pair(
            'mlflow.chat.tokenUsage',
            map([
              ['input_tokens', int(100 + (t % 400))],
              ['output_tokens', int(20 + (t % 90))],
              ['total_tokens', int(120 + (t % 400) + (t % 90))],
            ]),
          ),
        ]
      : []),
    ...(root
      ? [
          pair('session.id', text(`session-${Math.floor(t / 5)}`)),
          pair('mlflow.traceTag.team', text(`team-${t % 40}`)),
        ]
      : []),
  ];
  return Buffer.concat([
    field(1, id(t + 1, 16)),
    field(2, id(s + 1, 8)),
    ...(root ? [] : [field(4, id(1, 8))]),
    field(5, Buffer.from(root ? 'answer' : `${NAMES[kind]} ${s}`)),
    fixed(7, start),
    fixed(8, end),
    ...attributes.map((one) => field(9, one)),
    field(15, Buffer.concat([varint((3 << 3) | 0), varint(failed ? 2 : 1)])),
  ]);
}

function id(n: number, bytes: number): Buffer {
  const made = Buffer.alloc(bytes);
  made.writeUIntBE(n, bytes - 6, 6);
  return made;
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let left = value; ;) {
    const low = left % 128;
    left = Math.floor(left / 128);
    bytes.push(left > 0 ? low | 0x80 : low);
    if (left === 0) return Buffer.from(bytes);
  }
}

const field = (number: number, value: Buffer): Buffer =>
  Buffer.concat([varint((number << 3) | 2), varint(value.length), value]);

function fixed(number: number, value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return Buffer.concat([varint((number << 3) | 1), bytes]);
}

const pair = (key: string, value: Buffer): Buffer =>
  Buffer.concat([field(1, Buffer.from(key)), field(2, value)]);
const text = (value: string): Buffer => field(1, Buffer.from(value));
const int = (value: number): Buffer => Buffer.concat([varint((3 << 3) | 0), varint(value)]);

function double(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return Buffer.concat([varint((4 << 3) | 1), bytes]);
}

const map = (entries: ReadonlyArray<readonly [string, Buffer]>): Buffer =>
  field(6, Buffer.concat(entries.map(([key, value]) => field(1, pair(key, value)))));
