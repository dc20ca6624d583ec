import { SingleBar } from 'cli-progress';
import { bytes, type Output } from '../output.ts';

/** A bar on a terminal; elsewhere one plain line when it is done. Nothing with `--json`. */
export interface Progress {
  add(bytes: number, files: number): void;
  /** Takes the bar away; `words` says what was done, unless it failed. */
  done(words?: string): void;
}

export function startProgress(output: Output, label: string, total: number): Progress {
  if (output.json || !process.stderr.isTTY) {
    return { add: () => undefined, done: (words) => (words === undefined ? undefined : output.say(words)) };
  }
  let files = 0;
  const bar = new SingleBar({
    stream: process.stderr,
    clearOnComplete: true,
    hideCursor: true,
    format: `${label} {bar} {percentage}% · {done} of {all} · {files} files · {eta_formatted} left`,
    barsize: 24,
    etaBuffer: 50,
  });
  bar.start(Math.max(total, 1), 0, { done: bytes(0), all: bytes(total), files });
  let sum = 0;
  return {
    add(more, moreFiles) {
      sum += more;
      files += moreFiles;
      bar.update(sum, { done: bytes(sum), files: files.toLocaleString('en') });
    },
    done(words) {
      bar.stop();
      if (words !== undefined) output.say(words);
    },
  };
}
