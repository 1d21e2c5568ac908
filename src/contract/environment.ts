/** Names of the environment variables that a rank may see, and that a tsrun reads which something else has started. Documented ones first. */
export const Environment = {
  RANK: 'TSMPI_RANK',
  SIZE: 'TSMPI_SIZE',
  LOCAL_RANK: 'TSMPI_LOCAL_RANK',
  LOCAL_SIZE: 'TSMPI_LOCAL_SIZE',
  HOST: 'TSMPI_HOST',
  /** Overrides the choice of collective algorithms: `allreduce=ring,bcast=binomial`. */
  ALGORITHMS: 'TSMPI_ALGORITHMS',
  /** `off`: no system calls past Node.js, as where koffi is not installed. */
  NATIVE: 'TSMPI_NATIVE',
  /** For a tsrun that is a task of another launcher: the file that holds the secret of all its tasks, 64 hex digits. */
  SECRET_FILE: 'TSMPI_SECRET_FILE',
  /** Likewise: how many seconds the tasks wait for each other. */
  RENDEZVOUS_TIMEOUT: 'TSMPI_RENDEZVOUS_TIMEOUT',
  /** Likewise: how often the other launcher has started the job again, which is `world.restart`. */
  RESTART: 'TSMPI_RESTART',
  /** Private: the file descriptor of the control channel to the agent. Removed from the environment once read. */
  CONTROL_FD: 'TSMPI_CONTROL_FD',
} as const;

/** Those that users set for the ranks; all others are for tsrun and whoever starts it. */
export const FOR_RANKS: readonly string[] = [Environment.ALGORITHMS, Environment.NATIVE];
