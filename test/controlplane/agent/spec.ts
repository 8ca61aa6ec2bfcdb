/** What the operator wants of one pod with one container, with windows short enough for a test. */
import { randomUUID } from 'node:crypto';
import { type Cgroup, makeCgroup } from '../../kernel/cgroup.ts';
import { type Region, Target } from '../../targets/target.ts';

export const mib = 2 ** 20;
export const policyUID = '11111111-1111-4111-8111-111111111111';

export const profile = (change: object = {}, name = 'shop/idle') => ({
  name,
  sources: [{ kind: 'MemoryAdvicePolicy', namespace: 'shop', name: 'idle', uid: policyUID, generation: 1 }],
  mode: 'Enforce',
  idle: { windowSeconds: 2, maxCPUMillicores: 50, declared: 'Honor', minPodAgeSeconds: 0 },
  steps: [
    { advice: 'Cold', afterIdleSeconds: 0, ranges: 'KeepHot' },
    { advice: 'PageOut', afterIdleSeconds: 1, ranges: 'KeepHot' },
  ],
  wake: { advice: 'WillNeed', maxBytes: 1024 * mib },
  memory: { kinds: ['Anonymous'], keepResidentBytes: 0, minRangeBytes: 64 * 1024, excludeCommands: [] },
  limits: {
    maxBytesPerSecond: 4096 * mib,
    maxBytesPerRound: 2048 * mib,
    maxStallMicroseconds: 2000,
    cooldownSeconds: 0,
  },
  guards: {
    swap: { minFreePercent: 10 },
    pressure: [],
    refault: { maxPercent: 100, withinSeconds: 60, backoffSeconds: 60, maxBackoffSeconds: 60 },
    minGainBytes: mib,
  },
  windows: [],
  ...change,
});

interface Names {
  readonly uid: string;
  readonly id: string;
}

function newNames(): Names {
  const uid = randomUUID();
  return { uid, id: `${uid}${uid}`.replaceAll('-', '') };
}

/** A container as a kubelet would have made it, with a process whose memory can be checked. */
export class TestPod implements AsyncDisposable {
  readonly uid: string;
  readonly id: string;
  readonly cgroup: Cgroup;
  target!: Target;
  region!: Region;

  private constructor({ uid, id }: Names) {
    this.uid = uid;
    this.id = id;
    this.cgroup = makeCgroup(`/kubepods/burstable/pod${this.uid}/${this.id}`);
  }

  /**
   * `children`: forked while it is small, since the kernel pages out no page that two processes map. `names`: of the pod and
   * the container where the API server has them already.
   */
  static async start(bytes = 64 * mib, children = 0, names = newNames()): Promise<TestPod> {
    const pod = new TestPod(names);
    try {
      pod.target = await Target.start({ cgroup: pod.cgroup, pidNamespaces: 1 });
      const forked = children > 0 ? await pod.target.fork(children) : [];
      for (const inner of forked) pod.cgroup.add(pod.target.outerPid(inner));
      pod.region = await pod.target.anon(bytes);
      return pod;
    } catch (error) {
      await pod.cgroup.remove();
      throw error;
    }
  }

  /** As the spec lists it. */
  entry(change: object = {}, profileName = 'shop/idle') {
    return {
      uid: this.uid,
      namespace: 'shop',
      name: 'web-0',
      qosClass: 'Burstable',
      profile: profileName,
      containers: [{ name: 'web', id: this.id.slice(0, 16) }],
      ...change,
    };
  }

  async swapped(): Promise<number> {
    return (await this.target.pages(this.region)).swappedBytes;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.target.end();
    await this.cgroup.remove();
  }
}
