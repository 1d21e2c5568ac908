import type { Network } from '../../src/collectives/model/link.ts';

/**
 * Two networks as clusters have them: TCP over 10 Gb/s Ethernet, and over 100 Gb/s. The overhead is this library's own: two ranks pass
 * 0.6 to 0.8 million short messages a second (`npm run bench -- --only message-rate`), of which the busier end takes all the time.
 */
export const NETWORKS: Readonly<Record<string, Network>> = {
  '10G': { latency: 20e-6, bandwidth: 1.25e9, overhead: 1.5e-6 },
  '100G': { latency: 5e-6, bandwidth: 12.5e9, overhead: 1.5e-6 },
};
