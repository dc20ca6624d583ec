import type { Readable } from 'node:stream';

/** Server-sent events as they come. */
export async function* events(stream: Readable): AsyncGenerator<{ event: string; data: unknown }> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    text += decoder.decode(chunk, { stream: true });
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const lines = text.slice(0, end).split('\n');
      text = text.slice(end + 2);
      const value = (name: string): string | undefined =>
        lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
      const data = value('data');
      if (data !== undefined) yield { event: value('event') ?? 'message', data: JSON.parse(data) as unknown };
    }
  }
}
