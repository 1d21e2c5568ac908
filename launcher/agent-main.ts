/** The program of an agent on a host that is not the launcher's: speaks with the launcher through its standard input and output. */
import { serveAgent } from './agents/serve.ts';

const stop = new AbortController();
for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort());
const { type } = await serveAgent({ readable: process.stdin, writable: process.stdout }, { signal: stop.signal });
process.exit(type === 'closed' ? 0 : 1);
