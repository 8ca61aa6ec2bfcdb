/** Bodies are recorded from kube-apiserver 1.37, shortened. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { asKubeError, errorOf, KubeError, kubeErrorCodes } from '../../../kube/errors.ts';

const what = 'GET /api/v1/pods';
const status = (code: number, reason: string, more: object = {}) => ({
  kind: 'Status',
  apiVersion: 'v1',
  status: 'Failure',
  message: `because of ${reason}`,
  reason,
  code,
  ...more,
});

const cases = [
  [404, 'NotFound', 'NotFound'],
  [409, 'Conflict', 'Conflict'],
  [409, 'AlreadyExists', 'AlreadyExists'],
  [410, 'Expired', 'Gone'],
  [410, 'Gone', 'Gone'],
  [422, 'Invalid', 'Invalid'],
  [400, 'BadRequest', 'Invalid'],
  [413, 'RequestEntityTooLarge', 'Invalid'],
  [403, 'Forbidden', 'Forbidden'],
  [401, 'Unauthorized', 'Unauthorized'],
  [429, 'TooManyRequests', 'TooManyRequests'],
  [500, 'InternalError', 'ServerError'],
  [503, 'ServiceUnavailable', 'ServerError'],
  [504, 'Timeout', 'Timeout'],
] as const;

for (const [code, reason, expected] of cases) {
  test(`a Status of reason ${reason} is ${expected}, as an answer and as an ERROR event`, () => {
    const body = status(code, reason);
    const asAnswer = errorOf({ what, status: code, body });
    assert.equal(asAnswer.code, expected);
    assert.equal(asAnswer.message, `${what}: because of ${reason}`);
    assert.equal(errorOf({ what, status: 0, body }).code, expected);
    assert.equal(errorOf({ what, status: 0, body }).status, code);
  });
}

test('an answer that is no Status goes by its HTTP status', () => {
  const codes = [302, 400, 401, 403, 404, 409, 410, 418, 429, 500, 502, 504].map(
    (number) => errorOf({ what, status: number, body: '<html>' }).code,
  );
  const first = ['Malformed', 'Invalid', 'Unauthorized', 'Forbidden', 'NotFound', 'Conflict', 'Gone', 'Invalid'];
  assert.deepEqual(codes, [...first, 'TooManyRequests', 'ServerError', 'ServerError', 'Timeout']);
});

test('how long to wait comes from the header, else from the body, and is bounded', () => {
  const body = status(429, 'TooManyRequests', { details: { retryAfterSeconds: 7 } });
  const after = (retryAfter?: string) => errorOf({ what, status: 429, body, retryAfter }).retryAfterMillis;
  assert.equal(after('2'), 2000);
  assert.equal(after(), 7000);
  assert.equal(after('Fri, 31 Dec 1999 23:59:59 GMT'), 7000);
  assert.equal(after('99999999'), 300_000);
  assert.equal(errorOf({ what, status: 429, body: '', retryAfter: '0' }).retryAfterMillis, null);
});

test('causes are kept: which fields, and whose', () => {
  const cause = { reason: 'FieldManagerConflict', message: 'conflict with "a" using v1', field: '.spec.x' };
  const { causes } = errorOf({ what, status: 409, body: status(409, 'Conflict', { details: { causes: [cause, 7] } }) });
  assert.deepEqual(causes, [cause, { reason: '', message: '', field: '' }]);
});

test('whatever a body is, it becomes a KubeError with a known code', () => {
  fc.assert(
    fc.property(fc.anything(), fc.integer({ min: 0, max: 999 }), fc.option(fc.string()), (body, number, header) => {
      const error = errorOf({ what, status: number, body, retryAfter: header ?? undefined });
      assert.ok(kubeErrorCodes.includes(error.code));
      assert.ok(error.retryAfterMillis === null || error.retryAfterMillis > 0);
    }),
  );
});

test('what broke on the way keeps its cause, and a KubeError stays what it is', () => {
  const cause = new Error('ECONNREFUSED');
  const error = asKubeError(cause, what);
  assert.equal(error.code, 'Unreachable');
  assert.equal(error.cause, cause);
  const own = new KubeError('Gone', 'x');
  assert.equal(asKubeError(own, what), own);
});
