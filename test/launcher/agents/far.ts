/** Hosts that are all this machine, behind a fake ssh; their agents run from the sources. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { sshStarter } from '../../../launcher/agents/ssh.ts';
import type { Starter } from '../../../launcher/agents/start.ts';
import { OPTIONS } from './connected.ts';

export const FAKE_SSH = [process.execPath, join(import.meta.dirname, 'fake-ssh.js')];
const MAIN = join(import.meta.dirname, '../../../launcher/agent-main.ts');
const TYPESCRIPT = `--import=${pathToFileURL(createRequire(import.meta.url).resolve('tsx'))}`;

/** @param settings - those of fake-ssh.js, without their prefix. */
export function farStarter(host: string, settings: Readonly<Record<string, string>> = {}): Starter {
  const env: NodeJS.ProcessEnv = { ...process.env, FAKE_SSH_OPTIONS: TYPESCRIPT };
  for (const [name, value] of Object.entries(settings)) env[`FAKE_SSH_${name}`] = value;
  return { ...sshStarter({ ...OPTIONS, ssh: FAKE_SSH })(host), env, main: MAIN };
}
