import assert from 'node:assert/strict';
import test from 'node:test';
import { agent } from '../../../cli/agent/command.ts';
import { configOf } from '../../../cli/agent/options.ts';
import { UsageError } from '../../../cli/exit.ts';
import { parseArguments } from '../../../cli/parse.ts';

const config = (...words: string[]) => configOf(parseArguments(agent, words).values);
const needed = ['--standalone', '--policies', '/etc/ebb'];

test('Every flag of ebb agent reaches the configuration', () => {
  const given = config(
    ...needed,
    ...['--period', '2.5', '--wake-period', '200', '--metrics', '[::1]:9999', '--socket', '/a', '--lock', '/b'],
    ...['--state-dir', '/c', '--user', '7', '--cgroup-root', '/d', '--log-level', 'debug'],
    ...['--allow-reclaim', '--no-hot-ranges', '--worker-socket', '/e'],
  );
  assert.deepEqual(given, {
    policies: '/etc/ebb',
    periodSeconds: 2.5,
    wakePeriodMillis: 200,
    metrics: { host: '::1', port: 9999 },
    socket: '/a',
    lock: '/b',
    stateFolder: '/c',
    user: 7,
    cgroupRoot: '/d',
    logLevel: 'debug',
    allowReclaim: true,
    learnHotRanges: false,
    workerSocket: '/e',
  });
});

test('The defaults that the help names are those of the agent', () => {
  const { periodSeconds, wakePeriodMillis, metrics, socket, lock, stateFolder, user, logLevel } = config(...needed);
  const says = (flag: string, value: unknown) =>
    assert.ok(agent.flags[flag]?.help.includes(String(value)), `--${flag}: ${agent.flags[flag]?.help}`);
  says('period', `default ${periodSeconds}`);
  says('wake-period', `default ${wakePeriodMillis}`);
  says('metrics', `default ${metrics?.host}:${metrics?.port}`);
  says('socket', `default ${socket}`);
  says('lock', `default ${lock}`);
  says('user', `default ${user}`);
  says('log-level', `${logLevel} (default)`);
  says('state-dir', stateFolder === null ? 'default: it does not' : stateFolder);
});

test('A folder of policies may be relative', () => {
  assert.equal(config('--standalone', '--policies', 'examples').policies, `${process.cwd()}/examples`);
});

test('Bad values name their flag', () => {
  const bad: [words: string[], names: RegExp][] = [
    [['--policies', '/x'], /--standalone/],
    [['--standalone'], /--policies/],
    [[...needed, '--period', 'soon'], /--period/],
    [[...needed, '--period', '0'], /--period/],
    [[...needed, '--metrics', '9466'], /--metrics/],
    [[...needed, '--user', '0'], /--user/],
    [[...needed, '--log-level', 'loud'], /--log-level/],
    [[...needed, '--cgroup-root', 'x'], /--cgroup-root/],
  ];
  for (const [words, names] of bad) {
    assert.throws(
      () => config(...words),
      (error) => error instanceof UsageError && names.test(error.message),
      words.join(' '),
    );
  }
});
