import { messageOf } from '../../platform/errors/index.ts';
import type { ModelPlace } from '../model.ts';
import { loadOnnx } from './load.ts';
import { stayAside } from './step-aside.ts';

/** A process of its own: loads the model that stdin names and asks its sample. Its end says the rest. */
stayAside();
const chunks: Buffer[] = [];
for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
let reply: { problem?: string };
try {
  await loadOnnx(JSON.parse(Buffer.concat(chunks).toString()) as ModelPlace);
  reply = {};
} catch (error) {
  reply = { problem: messageOf(error) };
}
process.stdout.write(JSON.stringify(reply), () => process.exit(0));
