/** When a request is sent once more, and after how long. */

import { ApiError, NetworkError } from "./errors.js";

/** How patient a client is. */
export interface RetryOptions {
  /** Attempts in all, the first one included. 1 never repeats. Default 4. */
  attempts?: number;
  /** Milliseconds before the second attempt; doubled for each further one, with jitter. Default 400. */
  firstDelay?: number;
  /** The longest wait in milliseconds. A `Retry-After` above it ends the attempts. Default 30,000. */
  longestDelay?: number;
}

const DEFAULTS = { attempts: 4, firstDelay: 400, longestDelay: 30_000 };

/**
 * Runs `attempt` until it succeeds, fails for good, or the attempts are used up.
 * A network error, 429 and 503 are worth another attempt; what the server refused for a reason is not.
 */
export async function withRetries<T>(options: RetryOptions, signal: AbortSignal | undefined, attempt: () => Promise<T>): Promise<T> {
  const { attempts, firstDelay, longestDelay } = { ...DEFAULTS, ...options };
  for (let tried = 1; ; tried += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (tried >= attempts || !isPassing(error) || signal?.aborted) throw error;
      const told = error instanceof ApiError && error.retryAfter !== null ? error.retryAfter * 1000 : null;
      if (told !== null && told > longestDelay) throw error;
      const backoff = Math.min(longestDelay, firstDelay * 2 ** (tried - 1));
      await pause((told ?? backoff / 2) + (Math.random() * backoff) / 2, signal);
    }
  }
}

/** Whether the same request may well succeed later. */
export function isPassing(error: unknown): boolean {
  if (error instanceof NetworkError) return true;
  return error instanceof ApiError && (error.status === 429 || error.status === 503 || error.code === "request_in_progress");
}

/** Waits, or rejects with the signal's reason. */
export function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    signal?.addEventListener("abort", stop, { once: true });
  });
}
