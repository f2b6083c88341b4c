// The public interface of the SDK: everything that a caller can import.
export type { CallOptions } from './call/call.ts';
export type { HeldClaim } from './claim/hold.ts';
export type { RecursivOptions } from './config.ts';
export type { Dispatcher, Keys } from './dispatcher.ts';
export {
  AuthenticationError,
  AuthorizationError,
  ConflictError,
  ConnectionError,
  NotFoundError,
  RateLimitError,
  RecursivError,
  ValidationError,
} from './errors.ts';
export type {
  ActivityParams,
  ArchiveInput,
  AttemptsParams,
  ClaimInput,
  ClaimManyInput,
  ClaimNextInput,
  ClaimsParams,
  CompleteInput,
  CompleteManyInput,
  CreateInput,
  CreateKeyInput,
  ExplainParams,
  GetParams,
  GraphParams,
  HeartbeatInput,
  HeartbeatManyInput,
  HoldInput,
  KeysParams,
  ReleaseInput,
  StatsParams,
  StreamParams,
  TasksParams,
  UpdateInput,
} from './inputs.ts';
export type {
  Attempt,
  Claim,
  ClaimedTask,
  CompleteResult,
  Event,
  EventTask,
  HeartbeatResult,
  ItemError,
  Key,
  Page,
  Stats,
  Task,
  TaskExplanation,
  TaskGraph,
  TaskGraphNode,
} from './outputs.ts';
export { Recursiv } from './recursiv.ts';
export type { StreamEvent, StreamItem, StreamOptions, StreamReset } from './stream/stream.ts';
