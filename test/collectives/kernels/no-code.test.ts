import { spawnSync } from 'node:child_process';
import { build } from 'esbuild';
import { expect, it } from 'vitest';

/** Reductions of short and long arrays, pairs and numbers on three ranks: prints what comes out. */
const PROGRAM = `
  import { BAND, MINLOC, PROD, SUM } from './src/index.ts';
  import { spmd } from './src/testing.ts';
  const [results] = await spmd(3, async (comm) => [
    await comm.allreduce(Int32Array.of(2 ** 31 - 1, comm.rank), PROD),
    (await comm.allreduce(new Float64Array(5000).fill(comm.rank + 0.5), SUM)).slice(-1),
    await comm.allreduce(Float64Array.of(5 - comm.rank, comm.rank), MINLOC),
    await comm.allreduce(2 ** 40 + 7 - comm.rank, BAND),
  ]);
  console.log(JSON.stringify(results.map((one) => (typeof one === 'number' ? one : [...one]))));
`;

it('reductions work where a program may not make code of text', async () => {
  const { outputFiles } = await build({
    stdin: { contents: PROGRAM, resolveDir: `${import.meta.dirname}/../../..`, loader: 'ts' },
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    external: ['koffi', 'esbuild', 'tsx'],
    banner: { js: "import * as module from 'node:module'; const require = module.createRequire(import.meta.url);" },
  });
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--disallow-code-generation-from-strings', '--input-type=module', '-'],
    { input: outputFiles[0]!.text, encoding: 'utf8', timeout: 60_000 },
  );
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toEqual([[2 ** 31 - 1, 0], [4.5], [3, 2], 2 ** 40 + 4]);
});
