import { describe, expect, it } from 'vitest';
import { capacityFor, roomFor, trySharing } from '../../../src/transport/shm/sizes.ts';
import { native, unavailable } from './meshes.ts';

describe('the rings of a host', () => {
  it('are as large as one process needs them, and small where there are many', () => {
    expect([2, 4, 11, 12, 16, 32, 64, 65, 1000].map(capacityFor)).toEqual(
      [256, 256, 256, 128, 128, 32, 8, 8, 8].map((kibibytes) => kibibytes * 1024),
    );
    for (let endpoints = 2; endpoints <= 64; endpoints++) {
      expect(endpoints * (endpoints - 1) * capacityFor(endpoints)).toBeLessThanOrEqual(32 * 2 ** 20);
    }
  });

  it('find room, and so do those of fewer endpoints', () => {
    // Two rings of 256 KiB and a page each; what containers have by default.
    expect([0, 2 * (260 * 1024) - 1, 2 * (260 * 1024), 2 ** 26].map(roomFor)).toEqual([1, 1, 2, 74]);
  });

  it('can not be had without calls', () => {
    const options = { native: () => 'no koffi here', folder: '/dev/shm', capacity: 4096 };
    expect(trySharing(options, 2)).toBe('no koffi here');
  });

  it.skipIf(unavailable)('can be had, or not: without a folder, without room for all', () => {
    const options = { native: () => native, folder: '/dev/shm', capacity: 4096 };
    expect(trySharing(options, 2)).toBeUndefined();
    expect(trySharing({ ...options, folder: '/nowhere' }, 2)).toMatch(/ENOENT/);
    expect(trySharing(options, 1e6)).toMatch(/^8191991808000000 bytes are needed in \/dev\/shm, and \d+ are free$/);
  });
});
