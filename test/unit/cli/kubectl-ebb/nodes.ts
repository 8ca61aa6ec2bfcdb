/** Nodes' objects as the API server gives them, for the tests of the plugin. */
import { nodeAdviceOf, nodeSpecOf, nodeStatusOf } from '../../../policies/node-advice.ts';

/** When all of these tests take place. */
export const now = Date.parse('2026-01-01T00:05:00Z');
export const justNow = '2026-01-01T00:04:00Z';
export const longAgo = '2025-12-31T23:00:00Z';

export interface Shape {
  readonly pods?: number;
  readonly containers?: number;
  readonly spec?: object;
  readonly status?: object | null;
}

export function nodeObject(name: string, { pods = 2, containers = 1, spec = {}, status = {} }: Shape = {}): object {
  const object = nodeAdviceOf(name, { ...nodeSpecOf(pods, 1), ...spec });
  return {
    ...object,
    metadata: { ...object.metadata, generation: 1, creationTimestamp: longAgo },
    ...(status !== null && {
      status: { ...nodeStatusOf(containers), reportTime: justNow, omittedContainers: 0, ...status },
    }),
  };
}

export const notReady = (reason: string) => ({
  conditions: [{ type: 'Ready', status: 'False', lastTransitionTime: longAgo, reason, message: '' }],
});

export const look = { width: null, colour: false } as const;
