/** Draws what a node pays for a container over time as an SVG; a pure function from samples to text. */
import type { Mark } from './chart.ts';

export interface Sample {
  readonly atMillis: number;
  /** Memory that its cgroup is charged for. */
  readonly usedBytes: number;
  /** What zram has grown by since the first sample. */
  readonly heldBytes: number;
}

const size = { width: 860, height: 300, left: 74, right: 150, top: 46, bottom: 44 };
const MiB = 2 ** 20;
const mib = (bytes: number): string => `${Math.round(bytes / MiB).toLocaleString('en')} MiB`;

/** Readable on a light and on a dark page. */
const style = `
  text { font: 13px system-ui, sans-serif; fill: #24292f }
  .title { font-size: 15px; font-weight: 600 }
  .axis { stroke: #8c959f; stroke-width: 1; fill: none }
  .mark { stroke: #57606a; stroke-dasharray: 3 3 }
  .used { fill: #0969da }
  .held { fill: #bf8700 }
  .free { fill: #1a7f37; fill-opacity: .14 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .used { fill: #4493f8 }
    .held { fill: #d29922 }
    .free { fill: #3fb950; fill-opacity: .2 }
  }`;

interface Scale {
  readonly x: (millis: number) => number;
  readonly y: (bytes: number) => number;
}

const round = (value: number): string => String(Math.round(value * 10) / 10);

/** Between two lines over time, as steps: a sample holds until the next. */
function area({ x, y }: Scale, samples: readonly Sample[], low: Of, high: Of): string {
  const steps = (of: Of): string[] =>
    samples.flatMap((sample, at) => {
      const until = samples[at + 1] ?? sample;
      return [sample, until].map(({ atMillis }) => `${round(x(atMillis))},${round(y(of(sample)))}`);
    });
  return [...steps(high), ...steps(low).reverse()].join(' ');
}

type Of = (sample: Sample) => number;

function markLines({ x }: Scale, marks: readonly Mark[]): string[] {
  const { top, height, bottom } = size;
  return marks.flatMap(({ atMillis, label }) => [
    `<line class="mark" x1="${round(x(atMillis))}" x2="${round(x(atMillis))}" y1="${top}" y2="${height - bottom}"/>`,
    `<text x="${round(x(atMillis) + 5)}" y="${top + 13}">${markup(label)}</text>`,
  ]);
}

const markup = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

/** Powers of two of a MiB apart, at most six. */
function ticks(peak: number): number[] {
  let step = MiB;
  while (peak / step >= 6) step *= 2;
  return Array.from({ length: Math.floor(peak / step) + 1 }, (_, at) => at * step);
}

function axes({ x, y }: Scale, peak: number, first: number, last: number): string[] {
  const { left, height, bottom, top, width, right } = size;
  const bytes = ticks(peak).map(
    (tick) => `<text x="${left - 8}" y="${round(y(tick) + 4)}" text-anchor="end">${mib(tick)}</text>`,
  );
  const seconds = [0, 0.25, 0.5, 0.75, 1].map((part) => {
    const millis = first + (last - first) * part;
    const label = `${Math.round((millis - first) / 1000)} s`;
    return `<text x="${round(x(millis))}" y="${height - bottom + 20}" text-anchor="middle">${label}</text>`;
  });
  const frame = `<path class="axis" d="M${left} ${top}V${height - bottom}H${width - right}"/>`;
  return [...bytes, ...seconds, frame];
}

function legend(): string[] {
  const { width, right, top } = size;
  const rows = [
    ['free', 'free again'],
    ['held', 'held by zram'],
    ['used', 'used by it'],
  ] as const;
  return rows.flatMap(([kind, says], at) => [
    `<rect class="${kind}" x="${width - right + 18}" y="${top + 24 * at}" width="13" height="13"/>`,
    `<text x="${width - right + 38}" y="${top + 24 * at + 11}">${says}</text>`,
  ]);
}

/** Needs two samples of different times; the first one's memory is what "free again" is measured against. */
export function picture(samples: readonly Sample[], marks: readonly Mark[], title: string): string {
  const { width, height, left, right, top, bottom } = size;
  const [first, last] = [samples[0]!, samples.at(-1)!];
  const peak = Math.max(...samples.map(({ usedBytes, heldBytes }) => usedBytes + heldBytes));
  const scale: Scale = {
    x: (millis) => left + ((millis - first.atMillis) / (last.atMillis - first.atMillis)) * (width - left - right),
    y: (bytes) => height - bottom - (bytes / peak) * (height - top - bottom),
  };
  const paid: Of = ({ usedBytes, heldBytes }) => usedBytes + heldBytes;
  const layers: readonly (readonly [string, Of, Of])[] = [
    ['free', paid, (sample) => Math.max(paid(sample), first.usedBytes)],
    ['held', ({ usedBytes }) => usedBytes, paid],
    ['used', () => 0, ({ usedBytes }) => usedBytes],
  ];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${markup(title)}">`,
    `<style>${style}\n</style>`,
    `<text class="title" x="${left}" y="24">${markup(title)}</text>`,
    ...layers.map(([kind, low, high]) => `<polygon class="${kind}" points="${area(scale, samples, low, high)}"/>`),
    ...markLines(scale, marks),
    ...axes(scale, peak, first.atMillis, last.atMillis),
    ...legend(),
    '</svg>',
    '',
  ].join('\n');
}
