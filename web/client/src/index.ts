/** The client of the ROMASHKA API. `createClient` is where to begin; its README shows the rest. */

export { ApiError, NetworkError, type FieldError, type Problem } from "./errors.js";
export { createClient, type Client, type ClientOptions, type RequestOptions, type Reply } from "./client.js";
export { parseEvents, type ServerSentEvent } from "./server_sent_events.js";
export { type RetryOptions } from "./retry.js";
export { type FollowOptions, type LedgerEvent, type StreamItem } from "./stream.js";
export { type Body, type Method, type Parameters, type PathOf, type Result, type Row } from "./operations.js";
export { uuid } from "./uuid.js";
export type { components, operations, paths } from "./schema.js";

/** A schema of the API's description by its name: `Schema<"Conversation">`. */
export type Schema<Name extends keyof import("./schema.js").components["schemas"]> = import("./schema.js").components["schemas"][Name];
