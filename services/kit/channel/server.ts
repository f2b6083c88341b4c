import { type DescMethodUnary, type DescService, fromBinary, type Message, toBinary } from '@bufbuild/protobuf';
import type { Transport } from '@connectrpc/connect';
import { type Call, HopService } from '@recursiv/proto/gen/dispatcher/hop/v1/hop_pb.ts';
import { DispatcherError, dispatcherErrorFrom } from '../serving/errors.ts';
import type { Routes } from '../serving/routes.ts';
import { type ChannelAnswer, ChannelExchange } from './exchange.ts';
import { channelMethods } from './method-name.ts';

/**
 * Serves calls of `services` that arrive on one stream. Each call goes through `transport`, and so through the
 * interceptors to the handler. When `draining` fires, the clients are told to use another process, and the calls that
 * they sent are answered.
 */
export function channelRoutes(services: readonly DescService[], transport: Transport, draining: AbortSignal): Routes {
  const methods = channelMethods(services);
  const make = (call: Call, signal: AbortSignal) => answer(methods, transport, call, signal);
  return (router) => router.service(HopService, { exchange: (requests) => new ChannelExchange(make).answers(requests, draining) });
}

async function answer(methods: ReadonlyMap<string, DescMethodUnary>, transport: Transport, call: Call, signal: AbortSignal): Promise<ChannelAnswer> {
  try {
    const method = methods.get(call.method);
    if (!method) throw new DispatcherError('unknown_route', `${call.method} is not served here.`);
    const { message } = await transport.unary(method, signal, undefined, call.metadata, messageOf(method, call));
    return { id: call.id, result: { case: 'message', value: toBinary(method.output, message) } };
  } catch (thrown) {
    const { reason, rawMessage, info } = dispatcherErrorFrom(thrown);
    return { id: call.id, result: { case: 'failure', value: { reason, message: rawMessage, info: { ...info } } } };
  }
}

function messageOf(method: DescMethodUnary, call: Call): Message {
  try {
    return fromBinary(method.input, call.message);
  } catch (cause) {
    throw new DispatcherError('invalid_argument', `The message of ${call.method} is no ${method.input.typeName}.`, {}, cause);
  }
}
