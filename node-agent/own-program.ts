/**
 * The agent does to itself what it does for others: most of Node's program is read while it starts and is then only held.
 * It leaves once the agent has settled, and again now and then, for what was used once in between.
 */
import type { Log } from '../kube/log.ts';
import type { Library } from '../native/binding.ts';

/** By then the first ticks are over, and the connections of a cluster stand. What is used each second is back a second later. */
const settled = { firstMillis: 30_000, againMillis: 300_000 };

/** Returns how to end it. */
export function giveBackOwnProgram(
  library: Pick<Library, 'giveBackOwnProgram'>,
  log: Log,
  { firstMillis, againMillis } = settled,
): () => void {
  const giveBack = (): void => {
    const bytes = library.giveBackOwnProgram();
    if (bytes >= 0) {
      log.debug({ bytes }, 'Gave back own program');
      timer = setTimeout(giveBack, againMillis).unref();
    } else log.warn({ errno: -bytes }, 'Failed to give back own program');
  };
  let timer = setTimeout(giveBack, firstMillis).unref();
  return () => clearTimeout(timer);
}
