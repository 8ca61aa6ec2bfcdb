/** Options of the agent are checked once; what is wrong is named by its flag. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { agentUser, checkConfig } from '../../../node-agent/config.ts';

test('the policy folder is all that must be given', () => {
  const checked = checkConfig({ policies: '/etc/ebb' });
  assert.ok(checked.ok);
  assert.deepEqual(checked.config.metrics, { host: '127.0.0.1', port: 9466 });
  assert.equal(checked.config.periodSeconds, 10);
  assert.equal(checked.config.user, agentUser);
  assert.equal(checked.config.allowReclaim, false);
});

test('addresses: host and port, IPv6 in brackets, or none', () => {
  const metrics = (text: string) => {
    const checked = checkConfig({ policies: '/p', metrics: text });
    return checked.ok ? checked.config.metrics : checked.error;
  };
  assert.deepEqual(metrics('0.0.0.0:80'), { host: '0.0.0.0', port: 80 });
  assert.deepEqual(metrics('[::1]:9466'), { host: '::1', port: 9466 });
  assert.deepEqual(
    metrics('[10.0.0.7]:9466'),
    { host: '10.0.0.7', port: 9466 },
    'as the chart says the address of a pod',
  );
  assert.equal(metrics('none'), null);
  assert.match(String(metrics('localhost')), /^--metrics: must be HOST:PORT/);
  assert.match(String(metrics('localhost:70000')), /^--metrics: the port/);
});

for (const [what, options, error] of [
  ['a period of nothing', { periodSeconds: 0 }, /^--period: /],
  ['a word for a period', { periodSeconds: 'soon' }, /^--period: /],
  ['root as the user', { user: 0 }, /^--user: /],
  ['a relative folder', { policies: 'here' }, /^--policies: must be an absolute path/],
  ['an unknown level', { logLevel: 'loud' }, /^--log-level: /],
  ['an unknown option', { speed: 1 }, /speed/],
] as const) {
  test(`${what} is refused by its name`, () => {
    const checked = checkConfig({ policies: '/p', ...options });
    assert.ok(!checked.ok);
    assert.match(checked.error, error);
  });
}
