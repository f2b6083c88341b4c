/** How much is measured. */
export interface Scale {
  readonly rounds: number;
  /** The length of each measurement. */
  readonly seconds: number;
  /** The time to warm up before each measurement. */
  readonly warmUpSeconds: number;
  /** Tasks that wait to be claimed. */
  readonly backlog: number;
  readonly inFlight: readonly number[];
  /** How many tasks the large databases have. */
  readonly sizes: readonly [small: number, medium: number, large: number];
  /** Readers of the event stream. */
  readonly readers: readonly number[];
}

/** What `npm run bench` does in six to eight minutes on a quiet machine. */
export const fullScale: Scale = {
  rounds: 3,
  seconds: 0.8,
  warmUpSeconds: 0.1,
  backlog: 20_000,
  inFlight: [1, 8, 32, 128],
  sizes: [20_000, 200_000, 1_000_000],
  readers: [1, 100, 1000],
};

/** A short run to check that everything works. Its figures say little. */
export const quickScale: Scale = {
  rounds: 1,
  seconds: 0.3,
  warmUpSeconds: 0.1,
  backlog: 5_000,
  inFlight: [1, 32],
  sizes: [1_000, 2_000, 5_000],
  readers: [1, 20],
};
