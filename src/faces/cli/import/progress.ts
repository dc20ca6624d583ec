import { bytes, type Output } from '../output.ts';
import type { Progress } from './write.ts';

/** How far an import is: one line that is written anew on a terminal, a line every half minute elsewhere, nothing with `--json`. */
export function showProgress(output: Output, total: number | undefined): Progress & { done(): void } {
  const terminal = process.stderr.isTTY === true;
  const begun = Date.now();
  let [points, sent, runs, name, shown] = [0, 0, 0, '', Date.now()];
  const line = (): string => {
    const seconds = Math.max(1, (Date.now() - begun) / 1000);
    return [
      `run ${(runs + 1).toLocaleString('en')}${total === undefined ? '' : ` of about ${total.toLocaleString('en')}`}: ${name}`,
      `${points.toLocaleString('en')} points (${Math.round(points / seconds).toLocaleString('en')}/s)`,
      bytes(sent),
    ].join(' · ');
  };
  const show = (): void => {
    if (output.json || Date.now() - shown < (terminal ? 200 : 30_000)) return;
    shown = Date.now();
    if (terminal) process.stderr.write(`\r\u001b[2K${line().slice(0, (process.stderr.columns ?? 80) - 1)}`);
    else output.say(line());
  };
  return {
    run(of, done) {
      name = of.replaceAll(/\p{Cc}+/gu, ' ').slice(0, 60);
      runs = done;
      show();
    },
    add(more, moreBytes) {
      points += more;
      sent += moreBytes;
      show();
    },
    done: () => void (terminal && !output.json && process.stderr.write('\r\u001b[2K')),
  };
}
