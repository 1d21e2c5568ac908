/** Names of the environment variables that a rank may see. Documented ones first. */
export const Environment = {
  RANK: 'TSMPI_RANK',
  SIZE: 'TSMPI_SIZE',
  LOCAL_RANK: 'TSMPI_LOCAL_RANK',
  LOCAL_SIZE: 'TSMPI_LOCAL_SIZE',
  HOST: 'TSMPI_HOST',
  /** Overrides the choice of collective algorithms: `allreduce=ring,bcast=binomial`. */
  ALGORITHMS: 'TSMPI_ALGORITHMS',
  /** Private: the file descriptor of the control channel to the agent. Removed from the environment once read. */
  CONTROL_FD: 'TSMPI_CONTROL_FD',
} as const;
