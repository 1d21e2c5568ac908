/**
 * What runs in every rank: sets the stage so that the script finds a plain Node process, runs it, and tells the agent how it ended.
 *
 * `node rank-main.js <job folder> <script> <arguments…>`
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type FromRank, RANK_HOOK, type RankHook } from '../src/contract/control.ts';
import { Environment } from '../src/contract/environment.ts';
import { LATE, type LateBinding } from './bundle/late.ts';
import { sendLast } from './rank/last-message.ts';
import { createLateBinding } from './rank/late-import.ts';
import { MANIFEST_FILE, type Manifest } from './rank/manifest.ts';
import { serializeError } from './rank/serialize-error.ts';

const STUCK = 13;

const [node, , directory, script, ...args] = process.argv as [string, string, string, string, ...string[]];
const manifest = JSON.parse(readFileSync(join(directory, MANIFEST_FILE), 'utf8')) as Manifest;
process.argv = [node, script, ...args];

const controlFd = Number(process.env[Environment.CONTROL_FD]);
const hook: RankHook = { scriptSettled: false, controlFd };
const scope = globalThis as { [RANK_HOOK]?: RankHook; [LATE]?: LateBinding };
scope[RANK_HOOK] = hook;
// The library takes it out itself, where it is imported.
if (!manifest.importsLibrary) delete process.env[Environment.CONTROL_FD];

scope[LATE] = createLateBinding(directory, manifest.library);

/** Only the first word about the end counts. */
let reported = false;
function report(message: FromRank): void {
  if (!reported) sendLast(controlFd, message);
  reported = true;
}

process.on('uncaughtException', (error: unknown, origin) => {
  // A script that handles its errors itself is on its own, as it would be without us.
  if (process.listenerCount('uncaughtException') > 1) return;
  report({ type: 'error', error: serializeError(error), origin });
  process.exit(1);
});

process.on('exit', (code) => {
  if (reported || hook.finalized?.()) return;
  const stack = new Error().stack ?? '';
  const pending = hook.pending?.() ?? [];
  if (/\bprocess\.(?:exit|reallyExit) \(/.test(stack)) {
    report({ type: 'exit', code, stack: stack.slice(stack.indexOf('\n') + 1), pending });
  } else if (!hook.scriptSettled || hook.finalized !== undefined) {
    // The event loop is empty, and still somebody waits.
    report({ type: 'stuck', pending });
    process.exitCode = STUCK;
  }
});

synchronous('stdout');
synchronous('stderr');
run().then(
  () => {
    hook.scriptSettled = true;
  },
  (error: unknown) => {
    hook.scriptSettled = true;
    // Out of the promise, so that it takes the way of every uncaught error, by the script's own handlers too.
    process.nextTick(() => {
      throw error;
    });
  },
);

async function run(): Promise<void> {
  // The library comes first: Node would read its source maps, in 10 ms, for lines that no report shows.
  for (const url of manifest.preload) await import(url);
  process.setSourceMapsEnabled(true);
  if (manifest.file.endsWith('.cjs')) {
    const { runCommonJs } = await import('./rank/commonjs.ts');
    runCommonJs(script, join(directory, manifest.file));
  } else await import(pathToFileURL(join(directory, manifest.file)).href);
}

/** Output to a pipe is asynchronous in Node, and lost when the process exits. A rank's is not: it blocks while the pipe is full. */
function synchronous(name: 'stdout' | 'stderr'): void {
  const { get } = Object.getOwnPropertyDescriptor(process, name)!;
  let stream: NodeJS.WriteStream | undefined;
  Object.defineProperty(process, name, {
    configurable: true,
    enumerable: true,
    get() {
      if (stream === undefined) {
        stream = get!.call(process) as NodeJS.WriteStream;
        (stream as { _handle?: { setBlocking?(blocking: boolean): void } })._handle?.setBlocking?.(true);
      }
      return stream;
    },
  });
}
