import { Message } from '../formats/protobuf.ts';

/** What the HParams plugin keeps in the metadata of its reserved tags. */
export interface HParams {
  params?: Array<readonly [string, string]>;
  group?: string;
  monitor?: string;
  startedAt?: number;
  status?: 'finished' | 'failed' | 'running';
  endedAt?: number;
  /** The description of the whole experiment: its bytes. */
  experiment?: Buffer;
}

export function readHParams(content: Buffer): HParams {
  const found: HParams = {};
  const message = new Message(content);
  while (message.next()) {
    if (message.field === 2) found.experiment = message.bytes();
    else if (message.field === 3) readStart(message.message(), found);
    else if (message.field === 4) readEnd(message.message(), found);
    else message.skip();
  }
  return found;
}

function readStart(message: Message, found: HParams): void {
  const params: Array<readonly [string, string]> = [];
  while (message.next()) {
    if (message.field === 1) params.push(readEntry(message.message()));
    else if (message.field === 2 && message.wire === 2) {
      const url = message.text();
      if (url !== '') found.monitor = url;
    } else if (message.field === 4) {
      const group = message.text();
      if (group !== '') found.group = group;
    } else if (message.field === 5 && message.wire === 1) {
      const seconds = message.double();
      if (seconds > 0) found.startedAt = seconds * 1000;
    } else message.skip();
  }
  found.params = params;
}

function readEnd(message: Message, found: HParams): void {
  while (message.next()) {
    if (message.field === 1 && message.wire === 0) {
      const status = message.unsigned();
      found.status = status === 2 ? 'failed' : status === 3 ? 'running' : 'finished';
    } else if (message.field === 2 && message.wire === 1) {
      const seconds = message.double();
      if (seconds > 0) found.endedAt = seconds * 1000;
    } else message.skip();
  }
}

function readEntry(message: Message): readonly [string, string] {
  let [key, value] = ['', ''];
  while (message.next())
    if (message.field === 1) key = message.text();
    else if (message.field === 2) value = readAny(message.message());
    else message.skip();
  return [key, value];
}

/** A google.protobuf.Value, as its text. */
function readAny(message: Message): string {
  let value = '';
  while (message.next())
    if (message.field === 2 && message.wire === 1) value = numberOf(message.double());
    else if (message.field === 3) value = message.text();
    else if (message.field === 4) value = message.unsigned() === 1 ? 'True' : 'False';
    else {
      message.skip();
      value = message.field === 1 ? 'None' : value;
    }
  return value;
}

const numberOf = (value: number): string => (Object.is(value, -0) ? '-0.0' : String(value));
