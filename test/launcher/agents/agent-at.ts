/** An agent that says it has the address FAKE_ADDRESS. */
import { serveAgent } from '../../../launcher/agents/serve.ts';

await serveAgent({ readable: process.stdin, writable: process.stdout }, { address: process.env.FAKE_ADDRESS });
process.exit();
