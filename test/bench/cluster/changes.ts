/** A steady stream of changes to a cluster, and how long each takes until the object of its node says so. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Arrivals } from './arrivals.ts';
import type { MadePod, Population, Size } from './population.ts';
import { nodeName, podPlace } from './shapes.ts';

export type Kind = 'removal' | 'opt-out' | 'pause' | 'addition';
export const kinds: readonly Kind[] = ['removal', 'opt-out', 'pause', 'addition'];

/** Of 20 changes: a third of them additions, as many removals, a quarter opt-outs. */
const cycle: readonly Kind[] = (
  'removal addition opt-out removal addition opt-out removal addition pause removal ' +
  'addition opt-out removal addition opt-out removal addition pause addition opt-out'
)
  .split(' ')
  .map((kind) => kind as Kind);

/** More requests than this under way, and the server does not keep up: the stream waits, and says at which rate it ran. */
const mostUnderWay = 256;
const lateMillis = 60_000;

export interface Streamed {
  /** Milliseconds from the moment that the change was sent, in ascending order. */
  readonly arrivals: Readonly<Record<Kind, readonly number[]>>;
  /** Until etcd had the change itself. */
  readonly answers: readonly number[];
  readonly changes: number;
  readonly perSecond: number;
}

export class Changes {
  readonly #population: Population;
  readonly #arrivals: Arrivals;
  readonly #pods: readonly MadePod[];
  readonly #nodes: number;
  /** Nodes whose pause or resumption has not arrived. */
  readonly #turning = new Set<string>();
  readonly #took: Record<Kind, number[]> = { removal: [], 'opt-out': [], pause: [], addition: [] };
  readonly #answers: number[] = [];
  #nextPod = 0;
  #nextNode = 0;
  #added = 0;

  constructor(population: Population, arrivals: Arrivals, pods: readonly MadePod[], { nodes }: Pick<Size, 'nodes'>) {
    this.#population = population;
    this.#arrivals = arrivals;
    this.#pods = pods;
    this.#nodes = nodes;
  }

  /** Resolves when all have arrived; rejects where one does not. */
  async stream(perSecond: number, seconds: number): Promise<Streamed> {
    const started = performance.now();
    const underWay = new Set<Promise<void>>();
    const count = perSecond * seconds;
    for (let index = 0; index < count; index++) {
      const early = started + (index * 1000) / perSecond - performance.now();
      if (early > 0) await sleep(early);
      if (underWay.size >= mostUnderWay) await Promise.race(underWay);
      const one = this.#change(cycle[index % cycle.length]!).finally(() => underWay.delete(one));
      underWay.add(one);
    }
    await Promise.all(underWay);
    const took = (performance.now() - started) / 1000;
    const missing = await this.#arrivals.missing(lateMillis);
    if (missing > 0) throw new Error(`${missing} of ${count} changes never reached the object of their node`);
    for (const kind of kinds) this.#took[kind].sort(ascending);
    return { arrivals: this.#took, answers: this.#answers.sort(ascending), changes: count, perSecond: count / took };
  }

  async #change(kind: Kind): Promise<void> {
    const node = kind === 'pause' ? await this.#settledNode() : null;
    const sent = performance.now();
    switch (kind) {
      case 'removal':
        await this.#end(kind, (pod) => this.#population.removePod(pod));
        break;
      case 'opt-out':
        await this.#end(kind, (pod) => this.#population.optOut(pod));
        break;
      case 'pause':
        await this.#pause(node!);
        break;
      case 'addition':
        await this.#add();
        break;
    }
    this.#answers.push(performance.now() - sent);
  }

  /** A pod that is listed, anywhere, is no more. */
  async #end(kind: Kind, act: (pod: MadePod) => Promise<void>): Promise<void> {
    const pod = this.#listed();
    this.#expect(kind, pod.node, ({ pods }) => !pods.has(pod.uid));
    await act(pod);
  }

  #listed(): MadePod {
    while (this.#nextPod < this.#pods.length) {
      const pod = this.#pods[(this.#nextPod++ * 6271) % this.#pods.length]!;
      if (this.#arrivals.of(pod.node)?.pods.has(pod.uid)) return pod;
    }
    throw new Error('no pod is left that could be changed');
  }

  /** Paused or resumed, whichever it is not. One that has not arrived might never be seen if the next came over it. */
  async #pause(node: string): Promise<void> {
    const now = this.#arrivals.of(node)?.paused !== true;
    const arrived = (millis: number): void => {
      this.#turning.delete(node);
      this.#took.pause.push(millis);
    };
    this.#arrivals.expect(node, ({ paused }) => paused === now, arrived);
    await this.#population.cordon(node, now);
  }

  async #settledNode(): Promise<string> {
    for (let tries = 1; ; tries++) {
      const node = nodeName(this.#nextNode++ % this.#nodes);
      if (!this.#turning.has(node)) {
        this.#turning.add(node);
        return node;
      }
      if (tries % this.#nodes === 0) await sleep(50);
    }
  }

  async #add(): Promise<void> {
    const place = podPlace(this.#pods.length + this.#added++, this.#nodes);
    const pod = { ...place, uid: randomUUID() };
    this.#expect('addition', pod.node, ({ pods }) => pods.has(pod.uid));
    await this.#population.add(pod);
  }

  #expect(kind: Kind, node: string, holds: Parameters<Arrivals['expect']>[1]): void {
    this.#arrivals.expect(node, holds, (millis) => this.#took[kind].push(millis));
  }
}

const ascending = (a: number, b: number): number => a - b;
