/** What is refused: each line a policy with one fault, the field that the error names, and what it says is allowed. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { formatError, readDocuments } from '../../../api/documents.ts';
import { windowMeaning } from '../../../api/schedule.ts';
import { base, policyText, steps } from './policy-text.ts';

type Case = readonly [name: string, yaml: string, field: string, allowed: RegExp];

const spec = (...fields: string[]): string => policyText(...fields);
const bare = (body: string): string => `${base}spec:\n${body}`;
const ladder = (list: string): string => bare(`  podSelector: {}\n  steps: ${list}\n`);
const selector = (body: string): string => bare(`  podSelector: ${body}\n${steps}`);
const standalone = (body: string): string => bare(`  standalone: ${body}\n${steps}`);
const whole = (metadata: string): string => policyText().replace('{name: p}', metadata);
const windowOf = (body: string): string => spec(`windows: [${body}]`);
const nine = `[${Array.from({ length: 9 }, (_, index) => `{advice: Cold, afterIdleSeconds: ${index}}`).join(', ')}]`;

const cases: readonly Case[] = [
  ['another version', policyText().replace('v1alpha1', 'v2'), 'apiVersion', /ebb\.dev\/v1alpha1/],
  ['another kind', policyText().replace('MemoryAdvicePolicy', 'Pod'), 'kind', /MemoryAdvicePolicy/],
  ['no metadata', policyText().replace('metadata: {name: p}\n', ''), 'metadata', /name, namespace/],
  ['no name', whole('{}'), 'metadata.name', /lower-case/],
  ['an upper-case name', whole('{name: Web}'), 'metadata.name', /lower-case/],
  ['a name that is too long', whole(`{name: ${'a'.repeat(254)}}`), 'metadata.name', /at most 253/],
  ['a namespace with a dot', whole('{name: p, namespace: a.b}'), 'metadata.namespace', /lower-case/],
  ['an unknown field of metadata', whole('{name: p, generateName: q}'), 'metadata.generateName', /one of name/],
  ['a label value that is no text', whole('{name: p, labels: {a: 1}}'), 'metadata.labels.a', /label value/],
  ['an annotation that is no text', whole('{name: p, annotations: {a: true}}'), 'metadata.annotations.a', /quote/],
  ['an unknown field at the top', `${policyText()}extra: 1\n`, 'extra', /one of apiVersion/],
  ['no spec', base, 'spec', /a map with the fields/],
  ['an empty spec', `${base}spec:\n`, 'spec', /a map with the fields/],
  ['an unknown field of spec', spec('podselector: {}'), 'spec.podselector', /podSelector/],
  ['a field called __proto__', spec('__proto__: {mode: Enforce}'), 'spec["__proto__"]', /one of/],
  ['a field of a later kind', spec('namespaceSelector: {}'), 'spec.namespaceSelector', /one of/],
  ['an unknown mode', spec('mode: Off'), 'spec.mode', /DryRun, Enforce or Paused/],
  ['a mode in another case', spec('mode: dryRun'), 'spec.mode', /DryRun/],
  ['a mode that is null', spec('mode:'), 'spec.mode', /DryRun/],
  ['a priority below 0', spec('priority: -1'), 'spec.priority', /from 0 to 1000/],
  ['a priority above 1000', spec('priority: 1001'), 'spec.priority', /from 0 to 1000/],
  ['a priority that is text', spec('priority: "10"'), 'spec.priority', /an integer/],
  ['a priority with a fraction', spec('priority: 1.5'), 'spec.priority', /an integer/],
  ['no QoS class', spec('qosClasses: []'), 'spec.qosClasses', /1 to 3/],
  ['a QoS class twice', spec('qosClasses: [Burstable, Burstable]'), 'spec.qosClasses[1]', /differ/],
  ['an unknown QoS class', spec('qosClasses: [Best]'), 'spec.qosClasses[0]', /Guaranteed, Burstable or BestEffort/],
  ['critical pods by a boolean', spec('criticalPods: true'), 'spec.criticalPods', /Exclude or Include/],
  ['include and exclude', spec('containers: {include: [a], exclude: [b]}'), 'spec.containers.exclude', /not both/],
  ['an empty include', spec('containers: {include: []}'), 'spec.containers.include', /1 to 64/],
  ['a container name that can’t be', spec('containers: {exclude: [A_b]}'), 'spec.containers.exclude[0]', /name/],
  ['an idle window of 0', spec('idle: {windowSeconds: 0}'), 'spec.idle.windowSeconds', /from 1 to 3600/],
  ['an idle window with a unit', spec('idle: {windowSeconds: 5m}'), 'spec.idle.windowSeconds', /an integer/],
  ['idle that is a list', spec('idle: []'), 'spec.idle', /a map/],
  ['negative CPU', spec('idle: {maxCPUMillicores: -1}'), 'spec.idle.maxCPUMillicores', /from 0/],
  ['CPU that is not a number', spec('idle: {maxCPUMillicores: .nan}'), 'spec.idle.maxCPUMillicores', /from 0/],
  ['endless CPU', spec('idle: {maxCPUMillicores: .inf}'), 'spec.idle.maxCPUMillicores', /from 0/],
  ['a misspelt idle field', spec('idle: {maxCpuMillicores: 1}'), 'spec.idle.maxCpuMillicores', /maxCPUMillicores/],
  ['a rate that is no quantity', spec('idle: {maxIOBytesPerSecond: 1MB}'), 'spec.idle.maxIOBytesPerSecond', /bytes/],
  ['an unknown declared', spec('idle: {declared: Yes}'), 'spec.idle.declared', /Honor, Require or Ignore/],
  ['a negative pod age', spec('idle: {minPodAgeSeconds: -5}'), 'spec.idle.minPodAgeSeconds', /from 0/],
  ['no steps', bare('  podSelector: {}\n'), 'spec.steps', /1 to 8 steps/],
  ['an empty ladder', ladder('[]'), 'spec.steps', /1 to 8 steps/],
  ['nine steps', ladder(nine), 'spec.steps', /1 to 8 steps/],
  ['a step that is no map', ladder('[Cold]'), 'spec.steps[0]', /a map/],
  ['a step without advice', ladder('[{afterIdleSeconds: 1}]'), 'spec.steps[0].advice', /Cold or PageOut/],
  ['a step without a time', ladder('[{advice: Cold}]'), 'spec.steps[0].afterIdleSeconds', /an integer/],
  ['WillNeed as a step', ladder('[{advice: WillNeed, afterIdleSeconds: 1}]'), 'spec.steps[0].advice', /wake/],
  ['an advice for own memory', ladder('[{advice: DontNeed, afterIdleSeconds: 1}]'), 'spec.steps[0].advice', /Cold/],
  [
    'a step before the one before',
    ladder('[{advice: Cold, afterIdleSeconds: 300}, {advice: PageOut, afterIdleSeconds: 299}]'),
    'spec.steps[1].afterIdleSeconds',
    /^an integer greater than 300/,
  ],
  [
    'two steps at once',
    ladder('[{advice: Cold, afterIdleSeconds: 300}, {advice: PageOut, afterIdleSeconds: 300}]'),
    'spec.steps[1].afterIdleSeconds',
    /greater than 300/,
  ],
  [
    'a step after 31 days',
    ladder('[{advice: Cold, afterIdleSeconds: 2678400}]'),
    'spec.steps[0].afterIdleSeconds',
    /2592000/,
  ],
  [
    'unknown ranges',
    ladder('[{advice: Cold, afterIdleSeconds: 1, ranges: Hot}]'),
    'spec.steps[0].ranges',
    /KeepHot or All/,
  ],
  ['Cold as wake', spec('wake: {advice: Cold}'), 'spec.wake.advice', /None or WillNeed/],
  ['a wake of nothing', spec('wake: {maxBytes: 0}'), 'spec.wake.maxBytes', /from 4Ki/],
  ['no kind of memory', spec('memory: {kinds: []}'), 'spec.memory.kinds', /1 to 2/],
  ['file memory', spec('memory: {kinds: [File]}'), 'spec.memory.kinds[0]', /Anonymous or Shared/],
  ['a floor below zero', spec('memory: {keepResidentBytes: -1}'), 'spec.memory.keepResidentBytes', /whole number/],
  ['a range below a page', spec('memory: {minRangeBytes: 4095}'), 'spec.memory.minRangeBytes', /from 4Ki/],
  [
    'a quantity with a fraction of a byte',
    spec('memory: {minRangeBytes: 0.3Ki}'),
    'spec.memory.minRangeBytes',
    /whole/,
  ],
  [
    'a command longer than comm',
    spec('memory: {excludeCommands: [abcdefghijklmnop]}'),
    'spec.memory.excludeCommands[0]',
    /at most 15/,
  ],
  ['a command that is a number', spec('memory: {excludeCommands: [7]}'), 'spec.memory.excludeCommands[0]', /command/],
  ['a rate of 1 byte', spec('limits: {maxBytesPerSecond: 1}'), 'spec.limits.maxBytesPerSecond', /from 64Ki to 1Ti/],
  ['a rate above all memory', spec('limits: {maxBytesPerSecond: 2Ti}'), 'spec.limits.maxBytesPerSecond', /to 1Ti/],
  ['a round beyond 2^53', spec('limits: {maxBytesPerRound: 8Pi}'), 'spec.limits.maxBytesPerRound', /to 1Ti/],
  ['a stall of nothing', spec('limits: {maxStallMicroseconds: 0}'), 'spec.limits.maxStallMicroseconds', /from 100/],
  ['a cooldown of a year', spec('limits: {cooldownSeconds: 31536000}'), 'spec.limits.cooldownSeconds', /604800/],
  [
    'more free swap than there is',
    spec('guards: {swap: {minFreePercent: 101}}'),
    'spec.guards.swap.minFreePercent',
    /0 to 100/,
  ],
  [
    'an unknown pressure',
    spec('guards: {pressure: [{resource: Disk, scope: Node, kind: Some, maxStallMillisecondsPerMinute: 1}]}'),
    'spec.guards.pressure[0].resource',
    /Memory, IO or CPU/,
  ],
  [
    'a pressure without a bound',
    spec('guards: {pressure: [{resource: IO, scope: Node, kind: Some}]}'),
    'spec.guards.pressure[0].maxStallMillisecondsPerMinute',
    /60000/,
  ],
  [
    'the same pressure twice',
    spec(
      'guards: {pressure: [{resource: IO, scope: Node, kind: Some, maxStallMillisecondsPerMinute: 1}, {resource: IO, scope: Node, kind: Some, maxStallMillisecondsPerMinute: 2}]}',
    ),
    'spec.guards.pressure[1].resource',
    /differ/,
  ],
  [
    'a longest pause below the first',
    spec('guards: {refault: {backoffSeconds: 100, maxBackoffSeconds: 99}}'),
    'spec.guards.refault.maxBackoffSeconds',
    /from 100 \(backoffSeconds\)/,
  ],
  ['a share above 100 %', spec('guards: {refault: {maxPercent: 200}}'), 'spec.guards.refault.maxPercent', /0 to 100/],
  ['a gain that is a list', spec('guards: {minGainBytes: [1]}'), 'spec.guards.minGainBytes', /whole number/],
  [
    'a window without a name',
    windowOf('{schedule: "0 20 * * 1", durationSeconds: 60}'),
    'spec.windows[0].name',
    /name/,
  ],
  [
    'a window of a second',
    windowOf('{name: n, schedule: "0 20 * * 1", durationSeconds: 1}'),
    'spec.windows[0].durationSeconds',
    /from 60/,
  ],
  [
    'a schedule of six fields',
    windowOf('{name: n, schedule: "0 0 20 * * 1", durationSeconds: 60}'),
    'spec.windows[0].schedule',
    /five fields/,
  ],
  [
    'a schedule at hour 25',
    windowOf('{name: n, schedule: "0 25 * * *", durationSeconds: 60}'),
    'spec.windows[0].schedule',
    /five fields/,
  ],
  [
    'a schedule that never comes',
    windowOf('{name: n, schedule: "0 0 30 2 *", durationSeconds: 60}'),
    'spec.windows[0].schedule',
    /comes due/,
  ],
  [
    'a time zone that isn’t',
    windowOf('{name: n, schedule: "0 0 * * *", durationSeconds: 60, timeZone: Europe/Atlantis}'),
    'spec.windows[0].timeZone',
    /IANA/,
  ],
  [
    'a time zone as an offset',
    windowOf('{name: n, schedule: "0 0 * * *", durationSeconds: 60, timeZone: "+01:00"}'),
    'spec.windows[0].timeZone',
    /IANA/,
  ],
  [
    'two windows of one name',
    windowOf(
      '{name: n, schedule: "0 0 * * *", durationSeconds: 60}, {name: n, schedule: "0 1 * * *", durationSeconds: 60}',
    ),
    'spec.windows[1].name',
    /differ/,
  ],
  ['nothing that selects', bare(steps), 'spec.podSelector', /podSelector or standalone/],
  [
    'two that select',
    bare(`  podSelector: {}\n  standalone: {cgroups: [/a]}\n${steps}`),
    'spec.standalone',
    /not both/,
  ],
  ['an empty standalone block', standalone('{}'), 'spec.standalone', /cgroups, containerIDs or both/],
  ['a relative cgroup', standalone('{cgroups: [system.slice]}'), 'spec.standalone.cgroups[0]', /starting with "\/"/],
  ['the root cgroup', standalone('{cgroups: [/]}'), 'spec.standalone.cgroups[0]', /cgroup path/],
  ['a cgroup that climbs', standalone('{cgroups: [/a/../b]}'), 'spec.standalone.cgroups[0]', /cgroup path/],
  [
    'a container ID with a space',
    standalone('{containerIDs: ["a b"]}'),
    'spec.standalone.containerIDs[0]',
    /container ID/,
  ],
  ['a selector of the wrong shape', selector('{tier: web}'), 'spec.podSelector.tier', /matchLabels/],
  [
    'a label key that can’t be',
    selector('{matchLabels: {"-a": b}}'),
    'spec.podSelector.matchLabels["-a"]',
    /label key/,
  ],
  [
    'an unknown operator',
    selector('{matchExpressions: [{key: a, operator: Is}]}'),
    'spec.podSelector.matchExpressions[0].operator',
    /In, NotIn, Exists or DoesNotExist/,
  ],
  [
    'In without values',
    selector('{matchExpressions: [{key: a, operator: In}]}'),
    'spec.podSelector.matchExpressions[0].values',
    /at least one/,
  ],
  [
    'Exists with values',
    selector('{matchExpressions: [{key: a, operator: Exists, values: [b]}]}'),
    'spec.podSelector.matchExpressions[0].values',
    /no values/,
  ],
  ['a document that is a text', 'hello\n', '(document)', /a map/],
  ['a document that is a list', '- a\n', '(document)', /a map/],
  ['YAML that is broken', 'spec: "a\n', '(document)', /YAML/],
  ['a key twice', `${policyText('mode: DryRun', 'mode: Enforce')}`, '(document)', /unique/],
  ['an alias without its anchor', policyText('idle: *nowhere'), '(document)', /YAML/],
  ['a file without a byte', '', '(file)', /a comment/],
];

test('there are at least sixty of them', () => assert.ok(cases.length >= 60, String(cases.length)));

for (const [name, yaml, field, allowed] of cases) {
  test(`A policy with ${name} is refused at ${field}`, () => {
    const { policies, errors } = readDocuments(yaml, 'p.yaml', windowMeaning);
    assert.equal(policies.length, 0);
    assert.equal(errors.length, 1, errors.map(formatError).join('\n'));
    assert.equal(errors[0]!.field, field);
    assert.match(errors[0]!.allowed, allowed);
  });
}
