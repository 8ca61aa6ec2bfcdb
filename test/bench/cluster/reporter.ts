/**
 * One agent as far as its reports go: containers that change their state now and then, figures that change all the time,
 * and the schedule of the real one.
 */
import type { NodeSpec } from '../../../api/node-spec.ts';
import type { ContainerStatus, NodeStatus } from '../../../api/node-status.ts';
import { due, nextLook, type Written } from '../../../node-agent/cluster/due.ts';

/** A node's own condition, such as its swap coming and going. */
const conditionSeconds = 3600;
const states = ['Idle', 'Cold', 'PagedOut'];

interface Report {
  readonly node: string;
  readonly status: NodeStatus;
}

export class Reporter {
  readonly #node: string;
  readonly #spec: NodeSpec;
  readonly #transitionMillis: number;
  #turns = 0;
  #hasSwap = true;
  #nextTurnAt = 0;
  #nextConditionAt = 0;
  #written: Written | null = null;
  #waitingSince: number | null = null;

  constructor(node: string, spec: NodeSpec, transitionSeconds: number) {
    this.#node = node;
    this.#spec = spec;
    this.#transitionMillis = transitionSeconds * 1000;
  }

  /** null: nothing is due. */
  report(now: number): Report | null {
    if (!this.#live(now) && now < nextLook(this.#written, this.#waitingSince)) return null;
    const status = this.status(now);
    const { write, waitingSince } = due(status, this.#written, this.#waitingSince, now);
    this.#waitingSince = write ? null : waitingSince;
    if (!write) return null;
    this.#written = { status, at: now, chance: Math.random() };
    return { node: this.#node, status };
  }

  /** Whether something but the figures changed. */
  #live(now: number): boolean {
    if (this.#nextTurnAt === 0) {
      this.#nextTurnAt = now + after(this.#transitionMillis);
      this.#nextConditionAt = now + after(conditionSeconds * 1000);
    }
    const [turns, conditions] = [now >= this.#nextTurnAt, now >= this.#nextConditionAt];
    if (turns) {
      this.#turns++;
      this.#nextTurnAt = now + after(this.#transitionMillis);
    }
    if (conditions) {
      this.#hasSwap = !this.#hasSwap;
      this.#nextConditionAt = now + after(conditionSeconds * 1000);
    }
    return turns || conditions;
  }

  status(now: number): NodeStatus {
    const time = `${new Date(now).toISOString().slice(0, 19)}Z`;
    const bytes = (): number => Math.floor(Math.random() * 2 ** 28);
    const sums = { containers: 30, idleContainers: 14, residentBytes: bytes(), swappedBytes: bytes() };
    const uids = new Set(this.#spec.profiles.flatMap(({ sources }) => sources.map(({ uid }) => uid)));
    return {
      observedGeneration: 1,
      reportTime: time,
      conditions: [
        { type: 'Ready', status: 'True', reason: 'Running', message: '', lastTransitionTime: time },
        {
          type: 'SwapAvailable',
          status: this.#hasSwap ? 'True' : 'False',
          reason: 'Swap',
          message: '',
          lastTransitionTime: time,
        },
      ],
      agent: { version: '0.1.0', kernelRelease: '6.12.0', cgroupVersion: 2, supportedAdvice: ['Cold', 'PageOut'] },
      node: { swapTotalBytes: 2 ** 33, swapFreeBytes: bytes(), swapKind: 'Zram' },
      policies: [...uids]
        .slice(0, 64)
        .map((uid) => ({ uid, ...sums, reclaimedBytesTotal: bytes(), refaultedBytesTotal: bytes() })),
      containers: this.#spec.pods
        .filter((_, index) => index % 2 === 0)
        .map((pod, index) => this.#container(pod, index, bytes)),
      omittedContainers: 0,
    };
  }

  #container({ uid, containers }: NodeSpec['pods'][number], index: number, bytes: () => number): ContainerStatus {
    const turns = Math.floor((this.#turns + index) / 15);
    const state = states[(index + turns) % states.length]!;
    const since = '2026-01-01T00:00:00Z';
    const done = { lastAdvice: 'PageOut', lastAdviceTime: since };
    return { podUID: uid, name: containers[0]!.name, state, since, anonBytes: bytes(), swapBytes: bytes(), ...done };
  }
}

/** The times between what comes by chance. */
const after = (meanMillis: number): number => -Math.log(1 - Math.random()) * meanMillis;
