/** Compiles the C programs of the peers, each once for every version of its source. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../lib/command.ts';

/** Git ignores bench/results. */
const CACHE = new URL('../results/peers/', import.meta.url);
const HEADER = new URL('bench.h', import.meta.url);

/** The path of the program. @throws Error with what the compiler said. */
export async function compile(file: string, compiler: string): Promise<string> {
  const source = new URL(file, import.meta.url);
  const hash = createHash('sha256').update(await readFile(source));
  const sum = hash
    .update(await readFile(HEADER))
    .digest('hex')
    .slice(0, 12);
  const program = fileURLToPath(new URL(`${file.replace('.c', '')}-${compiler}-${sum}`, CACHE));
  if (existsSync(program)) return program;
  await mkdir(CACHE, { recursive: true });
  const unfinished = `${program}.${process.pid}`;
  try {
    await runCommand(
      { command: compiler, args: ['-O2', fileURLToPath(source), '-o', unfinished] },
      `${compiler} ${file}`,
    );
    await rename(unfinished, program);
  } finally {
    await rm(unfinished, { force: true });
  }
  return program;
}
