import { cleanLine, type LogLine } from './log-view.ts';

/** A log that grows: text is added as it comes, and only the last line is ever read again. */
export class LogBuffer {
  readonly lines: LogLine[] = [];
  /** What came after the last line break. */
  private rest = '';
  private open = false;

  add(text: string): void {
    if (text === '') return;
    const parts = (this.rest + text).split('\n');
    this.rest = parts.pop()!;
    if (this.open) this.lines.pop();
    for (const part of parts) this.push(part);
    this.open = this.rest !== '';
    if (this.open) this.push(this.rest);
  }

  private push(raw: string): void {
    this.lines.push({ number: this.lines.length + 1, text: cleanLine(raw) });
  }
}
