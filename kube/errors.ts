/**
 * How the edge to the API server fails: one KubeError whose code says what its caller may do about it. Made from the
 * server's Status body, from the HTTP status alone where the body is no Status (a load balancer's page), or from what broke
 * on the way. An aborted call is no failure: it rejects with the reason of its signal.
 */

export const kubeErrorCodes = [
  'NotFound',
  'Conflict',
  'AlreadyExists',
  /** The resourceVersion or continue token is too old: list again. */
  'Gone',
  'Invalid',
  'Forbidden',
  'Unauthorized',
  'TooManyRequests',
  'ServerError',
  /** No answer: refused, reset, name not resolved, TLS not trusted. */
  'Unreachable',
  'Timeout',
  /** An answer that is none: no JSON, too long, a redirect. */
  'Malformed',
  /** The kubeconfig, its exec plugin or the pod's token: nothing was sent. */
  'Misconfigured',
  /** The caller leads no more: nothing was sent. */
  'NotLeader',
] as const;

export type KubeErrorCode = (typeof kubeErrorCodes)[number];

/** One entry of a Status's details.causes. */
export interface StatusCause {
  readonly reason: string;
  readonly message: string;
  readonly field: string;
}

export interface KubeErrorDetails {
  readonly cause?: unknown;
  /** HTTP status; 0 where there was no answer. */
  readonly status?: number;
  readonly retryAfterMillis?: number | null;
  readonly causes?: readonly StatusCause[];
}

export class KubeError extends Error {
  readonly code: KubeErrorCode;
  readonly status: number;
  /** How long the server asks to be left alone. */
  readonly retryAfterMillis: number | null;
  readonly causes: readonly StatusCause[];
  constructor(code: KubeErrorCode, message: string, details: KubeErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'KubeError';
    this.code = code;
    this.status = details.status ?? 0;
    this.retryAfterMillis = details.retryAfterMillis ?? null;
    this.causes = details.causes ?? [];
  }
}

export function isKubeError(error: unknown, ...codes: readonly KubeErrorCode[]): error is KubeError {
  return error instanceof KubeError && (codes.length === 0 || codes.includes(error.code));
}

/** Anything thrown, as one of ours. */
export function asKubeError(error: unknown, what: string): KubeError {
  if (error instanceof KubeError) return error;
  const said = error instanceof Error ? error.message : String(error);
  return new KubeError('Unreachable', `${what}: ${said}`, { cause: error });
}

const byReason: Readonly<Record<string, KubeErrorCode>> = {
  NotFound: 'NotFound',
  Conflict: 'Conflict',
  AlreadyExists: 'AlreadyExists',
  Gone: 'Gone',
  Expired: 'Gone',
  Invalid: 'Invalid',
  BadRequest: 'Invalid',
  Forbidden: 'Forbidden',
  Unauthorized: 'Unauthorized',
  TooManyRequests: 'TooManyRequests',
  Timeout: 'Timeout',
};

const byStatus: Readonly<Record<number, KubeErrorCode>> = {
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
  410: 'Gone',
  429: 'TooManyRequests',
  504: 'Timeout',
};

function codeOf(reason: string, status: number): KubeErrorCode {
  const known = byReason[reason] ?? byStatus[status];
  if (known !== undefined) return known;
  if (status >= 500) return 'ServerError';
  return status >= 400 ? 'Invalid' : 'Malformed';
}

type Fields = Readonly<Record<string, unknown>>;

const fieldsOf = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {});
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

export interface Failed {
  /** For messages: "GET /api/v1/pods". */
  readonly what: string;
  readonly status: number;
  /** Parsed, or whatever came. */
  readonly body: unknown;
  readonly retryAfter?: string | undefined;
}

/** What an answer other than 2xx, or an ERROR event of a watch, says. */
export function errorOf({ what, status, body, retryAfter }: Failed): KubeError {
  const said = fieldsOf(body);
  const isStatus = said['kind'] === 'Status';
  const details = isStatus ? fieldsOf(said['details']) : {};
  const number = status || (typeof said['code'] === 'number' ? said['code'] : 0);
  const code = codeOf(isStatus ? textOf(said['reason']) : '', number);
  const message = (isStatus && textOf(said['message'])) || `HTTP status ${number}`;
  return new KubeError(code, `${what}: ${message}`, {
    status: number,
    retryAfterMillis: retryAfterMillis(retryAfter, details['retryAfterSeconds']),
    causes: causesOf(details['causes']),
  });
}

const maxRetryAfterSeconds = 300;

/** The header wins. Dates are not used by API servers and not understood here. */
function retryAfterMillis(header: string | undefined, seconds: unknown): number | null {
  const asked = header !== undefined && /^\d{1,9}$/.test(header) ? Number(header) : seconds;
  if (typeof asked !== 'number' || !(asked > 0)) return null;
  return Math.min(asked, maxRetryAfterSeconds) * 1000;
}

function causesOf(causes: unknown): StatusCause[] {
  if (!Array.isArray(causes)) return [];
  return causes.map(fieldsOf).map(({ reason, message, field }) => ({
    reason: textOf(reason),
    message: textOf(message),
    field: textOf(field),
  }));
}
