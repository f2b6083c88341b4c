import { createCall } from './call/call.ts';
import { type RecursivOptions, settingsFromOptions } from './config.ts';
import { Dispatcher } from './dispatcher.ts';

/** The client of the Recursiv API. It holds no connection of its own and needs no closing. */
export class Recursiv {
  /** Tasks, claims, counts and events. */
  readonly dispatcher: Dispatcher;

  /** Throws an AuthenticationError when there is no usable key, a ValidationError when another option cannot be. */
  constructor(options: RecursivOptions = {}) {
    const settings = settingsFromOptions(options);
    this.dispatcher = new Dispatcher(settings, createCall(settings));
  }
}
