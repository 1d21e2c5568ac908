// Runs the tests on several versions of Node.js, with and without system calls by koffi, with the jobs that tests start over each
// transport, one after the other:
//
//     npm run matrix                                                 # everything, everywhere: for a night
//     npm run matrix -- --node 22,26 --native off --transport auto -- --project unit test/transport
//     npm run matrix -- --node 24 --transport shm,unix,tcp -- --project jobs
//
// What follows the second `--` goes to vitest. Unit tests go over every transport by themselves: where that does not name projects, they
// run once. The binaries are the npm packages node-<platform>-<arch>, installed once into the user's cache. Exit code 1 if any run
// failed; a table at the end says which.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));
const { values, positionals } = parseArgs({
  options: {
    node: { type: 'string', default: '20,22,24,26' },
    native: { type: 'string', default: 'auto,off' },
    transport: { type: 'string', default: 'auto,unix,tcp' },
  },
  allowPositionals: true,
});
const versions = listOf('--node', values.node, (item) => /^\d+(\.\d+){0,2}$/.test(item));
const natives = listOf('--native', values.native, (item) => ['auto', 'off'].includes(item));
const transports = listOf('--transport', values.transport, (item) => ['auto', 'shm', 'unix', 'tcp'].includes(item));

// Without koffi there is no shared memory, and a job that must have it does not start.
const fitting = (native) => transports.filter((transport) => native === 'auto' || transport !== 'shm');
const runs = versions.flatMap((version) =>
  natives.flatMap((native) => fitting(native).map((transport, index) => ({ version, native, transport, index }))),
);
const outcomes = [];
for (const { version, native, transport, index } of runs) {
  const node = binary(version);
  console.log(`\n── Node.js ${version}, native ${native}, transport ${transport} ──`);
  const started = performance.now();
  const unitToo = index === 0 || positionals.includes('--project');
  const projects = unitToo ? [] : ['--project', 'jobs', '--project', 'hosts'];
  const { status, signal } = spawnSync(node, ['node_modules/vitest/vitest.mjs', 'run', ...projects, ...positionals], {
    cwd: root,
    stdio: 'inherit',
    // Whatever the tests start by the name of `node` is this one, too.
    env: {
      ...process.env,
      TSMPI_NATIVE: native,
      TEST_TRANSPORT: transport,
      PATH: `${dirname(node)}${delimiter}${process.env.PATH}`,
    },
  });
  const minutes = ((performance.now() - started) / 60_000).toFixed(1);
  const outcome = status === 0 ? 'passed' : `failed (${signal ?? status})`;
  outcomes.push({ node: version, native, transport, minutes, outcome });
}
console.table(outcomes);
if (outcomes.length === 0 || outcomes.some(({ outcome }) => outcome !== 'passed')) process.exitCode = 1;

/** The binary of one version, installed where it is not there yet. */
function binary(version) {
  const name = `node-${process.platform}-${process.arch}`;
  const folder = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'tsmpi', `node-${version}`);
  const path = join(folder, 'node_modules', name, 'bin', 'node');
  if (!existsSync(path)) {
    mkdirSync(folder, { recursive: true });
    const args = ['install', '--prefix', folder, '--no-audit', '--no-fund', '--no-save', `${name}@${version}`];
    const { status } = spawnSync('npm', args, { stdio: 'inherit' });
    if (status !== 0) throw new Error(`npm could not install ${name}@${version}`);
  }
  return path;
}

function listOf(option, text, fits) {
  const items = text.split(',');
  const wrong = items.find((item) => !fits(item));
  if (wrong === undefined) return items;
  console.error(`${option}: '${wrong}' is none of what it takes; see the head of scripts/matrix.js`);
  process.exit(2);
}
