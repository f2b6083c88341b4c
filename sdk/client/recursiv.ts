import { createCall } from './call/call.ts';
import { type RecursivOptions, settingsFromOptions } from './config.ts';
import { Dispatcher } from './dispatcher.ts';

/** The client of the Recursiv API. It keeps no connection open and need not be closed. */
export class Recursiv {
  /** Tasks, claims, counts and events. */
  readonly dispatcher: Dispatcher;

  /** Throws an AuthenticationError when there is no usable key, and a ValidationError when another option is wrong. */
  constructor(options: RecursivOptions = {}) {
    const settings = settingsFromOptions(options);
    this.dispatcher = new Dispatcher(settings, createCall(settings));
  }
}
