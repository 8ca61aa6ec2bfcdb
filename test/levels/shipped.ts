/** Has the tests of a level run the worker that the image holds, with the capabilities that the chart gives it. */
import { join } from 'node:path';
import { add, nothing, type Outcome, root } from './level.ts';
import { runStep } from './steps.ts';

/** test/targets/as-shipped.c */
export const asShipped = join(root, 'test/targets/build/as-shipped');

/** As images/native-parts.ts builds it; in the guest it lies there already. */
const build = {
  title: 'the worker of the image',
  command: ['make', '-s', '--no-print-directory', '-C', 'native', 'LIBC=musl'],
  timeoutSeconds: 300,
} as const;

export async function buildShipped(): Promise<Outcome> {
  return process.env['EBB_PREBUILT'] === undefined ? await runStep(build) : nothing;
}

export async function withShippedWorker(run: () => Promise<Outcome>): Promise<Outcome> {
  const built = await buildShipped();
  if (built.failed > 0) return built;
  const before = process.env['EBB_WORKER'];
  process.env['EBB_WORKER'] = asShipped;
  try {
    return add(built, await run());
  } finally {
    if (before === undefined) delete process.env['EBB_WORKER'];
    else process.env['EBB_WORKER'] = before;
  }
}
