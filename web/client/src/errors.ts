/** What can go wrong with a request. */

/** A value of the request that is wrong. */
export interface FieldError {
  field: string;
  code?: string;
  detail?: string | null;
  [more: string]: unknown;
}

/** A problem document (RFC 9457) of the server. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  /** The kind of problem, for programs: it never changes its meaning. */
  code: string;
  detail?: string | null;
  /** The value that is wrong, where it is one. */
  field?: string | null;
  /** Every value that is wrong, where there are several. */
  errors?: FieldError[];
}

/** The server answered, and refused. */
export class ApiError extends Error {
  override readonly name = "ApiError";

  constructor(
    readonly problem: Problem,
    /** `X-Request-Id`: under it the server's log has the cause. */
    readonly requestId: string | null = null,
    /** Seconds after which to try again, where the server says so. */
    readonly retryAfter: number | null = null,
  ) {
    super(problem.detail ? `${problem.title}: ${problem.detail}` : problem.title);
  }

  get status(): number {
    return this.problem.status;
  }

  get code(): string {
    return this.problem.code;
  }

  /** Whether the problem is about this field of the request. */
  concerns(field: string): boolean {
    return this.problem.field === field || (this.problem.errors ?? []).some((error) => error.field === field);
  }

  /** Reads the problem of an answer. One that is no problem document (a proxy's page) becomes one with the code `unknown`. */
  static async of(response: Response): Promise<ApiError> {
    let problem: Problem = { type: "about:blank", title: response.statusText || `Status ${response.status}`, status: response.status, code: "unknown" };
    if (/^application\/(problem\+)?json\b/i.test(response.headers.get("content-type") ?? "")) {
      const body: unknown = await response.json().catch(() => null);
      if (isProblem(body)) problem = body;
    } else {
      await response.body?.cancel().catch(() => undefined);
    }
    return new ApiError(problem, response.headers.get("x-request-id"), retryAfter(response));
  }
}

/** No answer came: whether the server did what was asked is not known, so a POST is repeated under its `Idempotency-Key` alone. */
export class NetworkError extends Error {
  override readonly name = "NetworkError";

  constructor(cause: unknown) {
    super(cause instanceof Error && cause.message ? `no answer: ${cause.message}` : "no answer", { cause });
  }
}

/** `Retry-After` in seconds: RFC 9110 knows seconds and a date. */
export function retryAfter(response: Response): number | null {
  const value = response.headers.get("retry-after")?.trim();
  if (!value) return null;
  if (/^\d+$/.test(value)) return Number(value);
  const date = Date.parse(value);
  return Number.isNaN(date) ? null : Math.max(0, (date - Date.now()) / 1000);
}

function isProblem(value: unknown): value is Problem {
  const problem = value as Problem | null;
  return typeof problem === "object" && problem !== null && typeof problem.code === "string" && typeof problem.status === "number" && typeof problem.title === "string";
}
