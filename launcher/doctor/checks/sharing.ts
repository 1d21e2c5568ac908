/** Memory that the ranks of one host share. Where there is none, or too little, jobs run all the same. */
import type { SharingObstacle } from '../../../src/contract/sharing.ts';
import { counted } from '../../counted.ts';
import type { Facts } from '../facts.ts';
import { bytes, type Finding, type JobInMind, ok, warning } from '../finding.ts';

const SUBJECT = 'shared memory';
const LARGER = 'mount -o remount,size=256m /dev/shm; --shm-size=256m of a container';

const MENDS: Record<SharingObstacle['step'], string> = {
  calls: 'npm ci, without --omit=optional, installs the optional package koffi; jobs run without it, at a lower speed',
  file: `a tmpfs with room belongs there: ${LARGER}`,
  process:
    'ranks open memory of each other through /proc/PID/fd: it has to be mounted, and node must have no capabilities of its own (setcap -r)',
};

export function checkSharing({ sharing, platform }: Facts, { here }: JobInMind): Finding[] {
  const { space, room, obstacle } = sharing;
  if (platform !== 'linux') return [ok(SUBJECT, `none on ${platform}: ranks of one host talk over Unix sockets`)];
  if (obstacle?.reason === 'TSMPI_NATIVE=off') return [ok(SUBJECT, 'not used: TSMPI_NATIVE=off')];
  if (obstacle !== undefined) {
    const text = `ranks talk over Unix sockets instead: ${obstacle.reason}`;
    return [warning(SUBJECT, text, MENDS[obstacle.step])];
  }
  const text = `${bytes(space?.free ?? 0)} are free in /dev/shm, for ${counted(room, 'rank')}`;
  if (here <= room) return [ok(SUBJECT, text)];
  return [warning(SUBJECT, `${text}; of ${here}, some will talk over Unix sockets`, `make it larger: ${LARGER}`)];
}
