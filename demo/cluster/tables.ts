/** What kubectl shows, printed when it changes: the commands are those that anyone would type. */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseQuantity } from '../../api/quantity.ts';
import type { ControlPlane } from '../../test/controlplane/control-plane.ts';

const lookMillis = 500;

export class Tables {
  readonly #plane: ControlPlane;
  /** Throws where a program has ended. */
  readonly #check: () => void;
  readonly #started = performance.now();
  #last = '';

  constructor(plane: ControlPlane, check: () => void) {
    this.#plane = plane;
    this.#check = check;
  }

  async applied(folder: string): Promise<void> {
    console.log(`$ kubectl apply -f examples/\n${(await this.#plane.kubectlOk(['apply', '-f', folder])).trimEnd()}\n`);
  }

  /** Looks until it holds or the time is up; answers whether it did. */
  async until(seconds: number, holds: () => boolean | Promise<boolean>): Promise<boolean> {
    for (const end = performance.now() + seconds * 1000; performance.now() < end; await sleep(lookMillis)) {
      this.#check();
      await this.show();
      if (await holds()) return true;
    }
    return false;
  }

  async show(): Promise<void> {
    const table = (await this.#plane.kubectlOk(['get', 'madv,nma', '-A'])).trimEnd();
    // The age alone is no news.
    const news = table.replace(/\b\d+[smh]\b/g, '');
    if (news === this.#last) return;
    this.#last = news;
    const seconds = ((performance.now() - this.#started) / 1000).toFixed(0);
    console.log(`$ kubectl get madv,nma -A          # after ${seconds} s\n${table}\n`);
  }

  /** A figure of the status of a policy; 0 where it says none yet. */
  async figure(namespace: string, policy: string, field: string): Promise<number> {
    const words = ['-n', namespace, 'get', 'madv', policy, '-o', `jsonpath={.status.${field}}`];
    const parsed = parseQuantity((await this.#plane.kubectlOk(words)) || '0');
    return 'bytes' in parsed ? parsed.bytes : 0;
  }
}
