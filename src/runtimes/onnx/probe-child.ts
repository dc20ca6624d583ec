import { serialize } from 'node:v8';
import { messageOf } from '../../platform/errors/index.ts';
import type { ModelPlace } from '../model.ts';
import { loadOnnx } from './load.ts';
import type { Tried } from './probe.ts';

/** A process of its own: loads the model that stdin names, asks its sample and measures. Its end says the rest. */
const chunks: Buffer[] = [];
for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
let reply: Tried;
try {
  const { findings } = await loadOnnx(JSON.parse(Buffer.concat(chunks).toString()) as ModelPlace);
  reply = { findings };
} catch (error) {
  reply = { problem: messageOf(error) };
}
process.stdout.write(serialize(reply), () => process.exit(0));
