import type { Message } from '@bufbuild/protobuf';
import type { Presence } from '../claim/presence.ts';

/**
 * What the API answers for a message: all its fields under their JSON names, null where the proto says optional. `M` is
 * the generated message type, which knows what is optional and what is a number. `J` is the generated JSON type, which
 * knows the names.
 */
export type JsonOutput<M, J> = Simplify<
  { [K in keyof J as Exclude<K, Fact<M, 'omitted'>>]-?: Value<Field<M, K>, Exclude<J[K], undefined>> | NullOf<M, K> } & {
    [K in keyof J as K & Fact<M, 'omitted'>]?: Value<Field<M, K>, Exclude<J[K], undefined>> | (K extends Fact<M, 'nullable'> ? null : never);
  }
>;

/**
 * What a caller gives for a request. Fields that the proto marks neither optional nor repeated are required. `P` are
 * fields that are arguments of their own.
 */
export type JsonInput<M, J, P extends string = never> = Simplify<
  { [K in keyof J as K & Exclude<RequiredKeys<M, J>, P>]-?: Value<Field<M, K>, Exclude<J[K], undefined>> } & {
    [K in keyof J as Exclude<K, RequiredKeys<M, J> | P>]?: Value<Field<M, K>, Exclude<J[K], undefined>> | undefined;
  }
>;

/**
 * A JSON value by the field's type: 64-bit integers and doubles are numbers, messages are objects, all else is as
 * generated.
 */
type Value<V, J> = V extends bigint | number
  ? number
  : V extends readonly (infer E)[]
    ? J extends readonly (infer F)[]
      ? Value<E, F>[]
      : never
    : V extends Message
      ? J extends string
        ? string
        : JsonOutput<V, J>
      : V extends Record<string, bigint>
        ? Record<string, number>
        : J;

/** The message's field with this JSON name, without undefined. */
type Field<M, K> = CamelCase<K> extends keyof M ? Exclude<M[CamelCase<K>], undefined> : never;

/** Null when the field can be null. The type says so for an optional scalar, the table for a message. */
type NullOf<M, K> =
  K extends Fact<M, 'nullable'> ? null : Field<M, K> extends Message ? never : IsOptional<M, CamelCase<K>> extends true ? null : never;

type IsOptional<M, K> = K extends keyof M ? (Partial<Pick<M, K>> extends Pick<M, K> ? true : false) : false;

type RequiredKeys<M, J> = {
  [K in keyof J & string]-?: Field<M, K> extends readonly unknown[] ? never : IsOptional<M, CamelCase<K>> extends true ? never : K;
}[keyof J & string];

type Fact<M, F extends 'nullable' | 'omitted'> =
  M extends Message<infer Name> ? (Name extends keyof Presence ? Presence[Name][F][number] : never) : never;

type CamelCase<K> = K extends `${infer Head}_${infer Tail}` ? `${Head}${Capitalize<CamelCase<Tail> & string>}` : K;

type Simplify<T> = { [K in keyof T]: T[K] };
