/** Generates valid policy files, fields left out or given at random, bounds included. */
import fc from 'fast-check';
import { formatQuantity } from '../../../api/quantity.ts';

const Ti = 2 ** 40;

const optional = <T>(model: Record<string, fc.Arbitrary<T>>) => fc.record(model, { requiredKeys: [] });
const integer = (min: number, max: number) => fc.integer({ min, max });
const name = fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,10}[a-z0-9])?$/);
const names = fc.array(name, { minLength: 1, maxLength: 4 });
const bytes = (min: number) =>
  fc
    .oneof(
      fc.maxSafeNat().map((n) => min + (n % (Ti - min + 1))),
      fc.constantFrom(min, Ti),
    )
    .chain((n) => fc.constantFrom<string | number>(n, String(n), formatQuantity(n)));

const steps = fc.uniqueArray(integer(0, 2_592_000), { minLength: 1, maxLength: 8 }).chain((times) =>
  fc.tuple(
    ...times
      .toSorted((a, b) => a - b)
      .map((afterIdleSeconds) =>
        fc.record(
          {
            advice: fc.constantFrom('Cold', 'PageOut'),
            afterIdleSeconds: fc.constant(afterIdleSeconds),
            ranges: fc.constantFrom('KeepHot', 'All'),
          },
          { requiredKeys: ['advice', 'afterIdleSeconds'] },
        ),
      ),
  ),
);

const pressure = fc.uniqueArray(
  fc.record({
    resource: fc.constantFrom('Memory', 'IO', 'CPU'),
    scope: fc.constantFrom('Node', 'Container'),
    kind: fc.constantFrom('Some', 'Full'),
    maxStallMillisecondsPerMinute: integer(0, 60_000),
  }),
  { maxLength: 12, selector: (guard) => [guard.resource, guard.scope, guard.kind].join() },
);

const windows = fc.uniqueArray(
  fc.record(
    {
      name,
      schedule: fc.constantFrom('0 20 * * 1-5', '*/5 * * * *', '0 0 29 2 *', '30 6 1,15 JAN-JUN SUN', '0 0-6/2 * * *'),
      durationSeconds: integer(60, 604_800),
      timeZone: fc.constantFrom('UTC', 'Europe/Berlin', 'America/Argentina/Buenos_Aires', 'Asia/Kathmandu'),
    },
    { requiredKeys: ['name', 'schedule', 'durationSeconds'] },
  ),
  { maxLength: 4, selector: (window) => window.name },
);

const refault = optional({
  maxPercent: integer(0, 100),
  withinSeconds: integer(1, 86_400),
  backoffSeconds: integer(1, 86_400),
  maxBackoffSeconds: integer(86_400, 2_592_000),
});

const selector = fc.oneof(
  fc.constant({ podSelector: {} }),
  fc.record({ podSelector: fc.record({ matchLabels: fc.dictionary(name, name, { maxKeys: 4 }) }) }),
  fc.record({
    standalone: fc.record({
      cgroups: fc.array(
        names.map((parts) => `/${parts.join('/')}`),
        { minLength: 1, maxLength: 3 },
      ),
    }),
  }),
  fc.record({
    standalone: fc.record({
      containerIDs: fc.array(fc.stringMatching(/^[0-9a-f]{12,64}$/), { minLength: 1, maxLength: 3 }),
    }),
  }),
);

const body = fc.record(
  {
    steps,
    mode: fc.constantFrom('DryRun', 'Enforce', 'Paused'),
    priority: integer(0, 1000),
    qosClasses: fc.uniqueArray(fc.constantFrom('Guaranteed', 'Burstable', 'BestEffort'), { minLength: 1 }),
    criticalPods: fc.constantFrom('Exclude', 'Include'),
    containers: fc.oneof(fc.record({ include: names }), fc.record({ exclude: names }), fc.constant({})),
    idle: optional<unknown>({
      windowSeconds: integer(1, 3600),
      maxCPUMillicores: integer(0, 100_000),
      maxNetworkBytesPerSecond: bytes(0),
      maxIOBytesPerSecond: bytes(0),
      declared: fc.constantFrom('Honor', 'Require', 'Ignore'),
      minPodAgeSeconds: integer(0, 2_592_000),
    }),
    wake: optional<unknown>({ advice: fc.constantFrom('None', 'WillNeed'), maxBytes: bytes(4096) }),
    memory: optional<unknown>({
      kinds: fc.uniqueArray(fc.constantFrom('Anonymous', 'Shared'), { minLength: 1 }),
      keepResidentBytes: bytes(0),
      minRangeBytes: fc.constantFrom(4096, '64Ki', '1Gi'),
      excludeCommands: fc.uniqueArray(fc.stringMatching(/^[\x20-\x7e]{1,15}$/), { maxLength: 5 }),
    }),
    limits: optional<unknown>({
      maxBytesPerSecond: bytes(65_536),
      maxBytesPerRound: bytes(65_536),
      maxStallMicroseconds: integer(100, 1_000_000),
      cooldownSeconds: integer(0, 604_800),
    }),
    guards: optional<unknown>({
      swap: optional({ minFreePercent: integer(0, 100) }),
      pressure,
      refault,
      minGainBytes: bytes(0),
    }),
    windows,
  },
  { requiredKeys: ['steps'] },
);

export const validPolicy = fc
  .tuple(fc.record({ name, namespace: name }, { requiredKeys: ['name'] }), selector, body)
  .map(([metadata, selects, rest]) => ({
    apiVersion: 'ebb.dev/v1alpha1',
    kind: 'MemoryAdvicePolicy',
    metadata,
    spec: { ...selects, ...rest },
  }));
