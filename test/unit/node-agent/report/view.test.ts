/** The decisions that `why` shows, and what a hostile name may do to a log line: nothing. */
import assert from 'node:assert/strict';
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { openLog } from '../../../../kube/log.ts';
import type { Decision } from '../../../../node-agent/decide/ladder.ts';
import type { DecisionState } from '../../../../node-agent/report/state.ts';
import { remember } from '../../../../node-agent/report/view.ts';

const decision = (reason: string): Decision =>
  ({
    state: 'Idle',
    reason,
    action: null,
    blocker: null,
    inputs: {
      idle: { idle: true, reason: 'Idle' },
      container: { pressure: {} },
      node: { pressure: {} },
      memory: { stepsDone: 0 },
    },
  }) as unknown as Decision;

test('a decision made over again moves the last one on, another one follows it, and twenty are kept', () => {
  const decisions: DecisionState[] = [];
  remember(decisions, decision('Idle'), new Date(1000));
  remember(decisions, decision('Idle'), new Date(2000));
  assert.equal(decisions.length, 1);
  assert.equal(decisions[0]?.times, 2);
  assert.equal(decisions[0]?.time, new Date(1000).toISOString());
  assert.equal(decisions[0]?.lastTime, new Date(2000).toISOString());
  for (let i = 0; i < 30; i++) remember(decisions, decision(i % 2 ? 'Idle' : 'NoSwap'), new Date(3000 + i));
  assert.equal(decisions.length, 20);
  assert.equal(decisions.at(-1)?.lastTime, new Date(3029).toISOString());
});

test('escape sequences, line breaks and bidirectional marks of the host do not reach the log', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ebb-log-'));
  try {
    const path = join(folder, 'log');
    const log = openLog('info', openSync(path, 'w'));
    log.info({ comm: '\u001b[2J\n\u202e\u009b' }, 'Advised container');
    log.error({ error: new Error('bad \u001b[2J name') }, 'Failed to tick');
    const text = readFileSync(path, 'utf8');
    assert.equal(text.split('\n').length, 3);
    assert.doesNotMatch(text.replaceAll('\n', ''), /[^\x20-\x7e]/);
    for (const line of text.trim().split('\n')) JSON.parse(line);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
