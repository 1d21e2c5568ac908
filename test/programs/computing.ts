/**
 * Rank 0 sends, enters and leaves a barrier, and then computes without an await until rank 1 says, through a file, that it has got
 * everything: what was sent must not wait for the end of the computation.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { world } from 'tsmpi';

const flag = process.argv[2] as string;
const patience = Date.now() + 20_000;

function computeUntilTheFileIsThere(): void {
  while (!existsSync(flag)) if (Date.now() > patience) throw new Error('what was sent was held back');
}

if (world.rank === 0) {
  for (let i = 0; i < 5; i++) await world.send(i, 1);
  await world.barrier();
  computeUntilTheFileIsThere();
} else if (world.rank === 1) {
  for (let i = 0; i < 5; i++) await world.recv(0);
  await world.barrier();
  writeFileSync(flag, '');
} else await world.barrier();
