/** The types of the operations, out of the generated description. Nothing here exists at run time. */

import type { paths } from "./schema.js";

export type Method = "get" | "post" | "put" | "patch" | "delete";

/** The paths that know a method. */
export type PathOf<M extends Method> = { [P in keyof paths]: paths[P] extends { [K in M]: object } ? P : never }[keyof paths];

export type Operation<P extends keyof paths, M extends Method> = paths[P] extends { [K in M]: infer O } ? O : never;

type ParametersIn<O, Place extends string> = O extends { parameters: { [K in Place]?: infer V } } ? NonNullable<V> : never;
type IsNothing<T> = [T] extends [never] ? true : [T] extends [undefined] ? true : false;
type HasRequired<T> = Record<never, never> extends T ? false : true;
type Put<Name extends string, T> = IsNothing<T> extends true ? unknown : HasRequired<T> extends true ? { [K in Name]: T } : { [K in Name]?: T };

/** What a request's path and query hold. Headers of the description are options of the client. */
export type Parameters<O> = Put<"path", ParametersIn<O, "path">> & Put<"query", ParametersIn<O, "query">>;

type Content<T> = T extends { content: infer C } ? C : never;
type JsonOf<C> = C extends { "application/json": infer J } ? J : C extends object ? Raw : never;

/** A body that is bytes, not JSON. */
export type Raw = Blob | ArrayBuffer | Uint8Array<ArrayBuffer> | string;

/** What a request's body holds. */
export type Body<O> = O extends { requestBody: infer B }
  ? { body: JsonOf<Content<B>> }
  : O extends { requestBody?: infer B }
    ? [Content<NonNullable<B>>] extends [never] ? unknown : { body?: JsonOf<Content<NonNullable<B>>> }
    : unknown;

type Success<R> = { [S in keyof R]: S extends 200 | 201 | 202 | 204 ? R[S] : never }[keyof R];
type Answered<R> = R extends { content: infer C } ? (C extends { "application/json": infer J } ? J : [keyof C] extends [never] ? undefined : Response) : undefined;

/** What an operation answers: the JSON, nothing, or the response itself where it is bytes. */
export type Result<O> = O extends { responses: infer R } ? Answered<Success<R>> : never;

/** A row of a list. */
export type Row<O> = Result<O> extends { data: (infer T)[] } ? T : never;

/** The paths whose GET is a list of pages. */
export type ListPath = { [P in PathOf<"get">]: Result<Operation<P, "get">> extends { data: unknown[]; next_cursor?: string | null } ? P : never }[PathOf<"get">];
