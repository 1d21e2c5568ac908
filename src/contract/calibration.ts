/** What `tsrun calibrate` has measured, as the launcher hands it to all ranks of a job alike. Seconds and bytes. */

/** What a message takes from one rank to another, both ready for it: LogGP (Alexandrov, Ionescu, Schauser, Scheiman 1995). */
export interface LinkTimes {
  /** On the way, beside what both processors have to do. */
  readonly latency: number;
  /** What a message costs the processor, at each end. */
  readonly overhead: number;
  /** Bytes a second of messages up to the eager limit, and of longer ones. */
  readonly eagerBandwidth: number;
  readonly bandwidth: number;
  /** What a message beyond the eager limit takes longer, because it is asked for. */
  readonly asking: number;
}

/** What a message takes of the processors of a host, both ends together, where all of its ranks send and receive at once. */
export interface Effort {
  readonly message: number;
  /** For each byte of messages up to the eager limit, and of longer ones. */
  readonly eagerByte: number;
  readonly byte: number;
  /** For a message beyond the eager limit. */
  readonly asking: number;
}

export interface HostTimes extends LinkTimes {
  /** With as many ranks as processors at most, and with more. */
  readonly calm: Effort;
  readonly crowded: Effort;
}

/** What a rank does with each byte that comes. */
export interface Reading {
  /** Adds it, of a float64, to another one. */
  readonly gamma: number;
  /** Takes it, of a long message, into memory that is new, and copies it to where it belongs: beside taking it there at once. */
  readonly landing: number;
}

/** Of the links that a job uses. What was never measured is left out: there the table chooses. */
export interface Calibration {
  /** Processors of a host. */
  readonly cores: number;
  readonly reading: Reading;
  /** Between ranks of one host. */
  readonly within?: HostTimes;
  /** Between hosts. */
  readonly between?: LinkTimes;
}
