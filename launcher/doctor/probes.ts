/** Things that are tried out. Most give undefined when it works, else what went wrong; none waits for long. */
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { type AddressInfo, createConnection, createServer, type ListenOptions } from 'node:net';
import { promisify } from 'node:util';
import { Environment } from '../../src/contract/environment.ts';
import type { SharingReport } from '../../src/contract/sharing.ts';
import { packageRoot } from '../bundle/library.ts';
import { systemReason } from '../io/system-reason.ts';

const PATIENCE = 5000;
/** From the root of the package. */
const SHARING_CHECK = 'dist/src/runtime/sharing-check.js';

/** Listens and connects to itself. */
export function tryListening(options: ListenOptions): Promise<string | undefined> {
  return within(
    new Promise((resolve) => {
      const server = createServer((socket) => socket.on('error', () => {}).end());
      const done = (problem: string | undefined): void => {
        server.close();
        resolve(problem);
      };
      server.on('error', (error) => done(systemReason(error)));
      server.listen(options, () => {
        const place = options.path === undefined ? (server.address() as AddressInfo) : undefined;
        const socket = createConnection(
          place === undefined ? { path: options.path! } : { host: place.address, port: place.port },
        );
        socket.on('error', (error) => done(`nobody answers there: ${systemReason(error)}`));
        socket.on('end', () => done(undefined));
        socket.resume();
      });
    }),
  );
}

type Transform = (code: string, options: { loader: 'ts' }) => Promise<{ code: string }>;

/** esbuild, which this package and tsx each find for themselves. They may find the same, whose service ends for both: one after the other. */
export async function tryCompilers(): Promise<{ esbuild: string | undefined; tsx: string | undefined }> {
  const here = createRequire(import.meta.url);
  const esbuild = await tryTransform(() => here);
  const tsx = await tryTransform(() => createRequire(here.resolve('tsx/package.json')));
  return { esbuild, tsx };
}

/** The program of esbuild is another one for each platform, and looked for when it is needed. */
async function tryTransform(find: () => NodeJS.Require): Promise<string | undefined> {
  try {
    const { transform, stop } = find()('esbuild') as { transform: Transform; stop: () => Promise<void> };
    const problem = await within(transform('let one: number = 1', { loader: 'ts' }).then(() => undefined));
    await stop();
    return problem;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === 'MODULE_NOT_FOUND' ? 'it is not installed' : message.trim().split('\n')[0];
  }
}

/** In a process of its own, as koffi is loaded there. @param native - what TSMPI_NATIVE says. */
export async function trySharing(native: string | undefined): Promise<SharingReport> {
  const program = `${packageRoot()}/${SHARING_CHECK}`;
  const env = { ...process.env, [Environment.NATIVE]: native };
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [program], { env, timeout: PATIENCE });
    return JSON.parse(stdout) as SharingReport;
  } catch (error) {
    const { message, signal } = error as Error & { signal?: string };
    const reason = signal ? `a process that tries it ends by ${signal}` : message.trim().split('\n').at(-1)!;
    return { space: undefined, room: 0, obstacle: { step: 'calls', reason } };
  }
}

/** The work itself goes on; what it holds ends with the process. */
async function within(work: Promise<string | undefined>): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(resolve, PATIENCE, `no result after ${PATIENCE / 1000} s`);
  });
  const result = await Promise.race([work, late]);
  clearTimeout(timer);
  return result;
}
