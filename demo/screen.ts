/** The demo's live table and, at the end, its picture; redraws in place on a terminal, one line a change elsewhere. */
import { chart, type Mark, type Point } from './chart.ts';
import type { Usage } from './memory.ts';
import { picture, type Sample } from './picture.ts';

const mib = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`.padStart(9);

export class Screen {
  readonly #points: Point[] = [];
  readonly #samples: Sample[] = [];
  readonly #marks: Mark[] = [];
  #zramBefore: number | null = null;
  readonly #started = performance.now();
  readonly #terminal = process.stdout.isTTY === true;
  #last = '';
  #drawn = 0;

  #elapsed(): number {
    return performance.now() - this.#started;
  }

  show(now: Usage, state: string, reason: string): void {
    const atMillis = this.#elapsed();
    this.#points.push({ atMillis, residentBytes: now.residentBytes, swappedBytes: now.swappedBytes });
    this.#zramBefore ??= now.zramBytes;
    const heldBytes = Math.max(0, now.zramBytes - this.#zramBefore);
    this.#samples.push({ atMillis, usedBytes: now.usageBytes, heldBytes });
    const row = `${(atMillis / 1000).toFixed(1).padStart(6)} s ${mib(now.residentBytes)} ${mib(now.swappedBytes)}  ${state.padEnd(9)} ${reason}`;
    if (this.#terminal) this.#redraw(row);
    else this.#append(row, `${state} ${reason} ${Math.round(now.residentBytes / 2 ** 27)}`);
  }

  mark(label: string): void {
    this.#marks.push({ atMillis: this.#elapsed(), label });
  }

  picture(): void {
    console.log(`\n${this.#picture().join('\n')}\n${''.padStart(11)}█ resident  ░ swapped out`);
  }

  svg(title: string): string {
    return picture(this.#samples, this.#marks, title);
  }

  #picture(): readonly string[] {
    const width = Math.max(20, Math.min(100, (process.stdout.columns ?? 92) - 12));
    return chart(this.#points, this.#marks, { width, height: 8 });
  }

  #header(): string {
    return '    time   resident   swapped  state     reason';
  }

  #redraw(row: string): void {
    const lines = [this.#header(), row, '', ...this.#picture()];
    const up = this.#drawn > 0 ? `\x1b[${this.#drawn}A` : '';
    process.stdout.write(`${up}${lines.map((line) => `\x1b[2K${line}`).join('\n')}\n`);
    this.#drawn = lines.length;
  }

  /** Without a terminal only what changed is worth a line. */
  #append(row: string, key: string): void {
    if (this.#last === '') console.log(this.#header());
    if (key !== this.#last) console.log(row);
    this.#last = key;
  }
}
