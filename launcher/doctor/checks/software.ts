/** Node.js, the platform, and the programs that packages bring along. */
import { OLDEST_NODE } from '../../agents/bootstrap.ts';
import type { Facts } from '../facts.ts';
import { type Finding, type JobInMind, ok, problem, warning } from '../finding.ts';

const PLATFORMS: readonly NodeJS.Platform[] = ['linux', 'darwin'];

export function checkSoftware(facts: Facts, job: JobInMind): Finding[] {
  return [checkNode(facts), checkPlatform(facts), checkEsbuild(facts, job), checkTsx(facts)];
}

function checkNode({ node }: Facts): Finding {
  const [major = 0, minor = 0] = node.split('.').map(Number);
  const [oldestMajor, oldestMinor] = OLDEST_NODE;
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return ok('Node.js', node);
  const oldest = OLDEST_NODE.join('.');
  return problem('Node.js', `${node} is too old`, `install Node.js ${oldest} or newer`);
}

function checkPlatform({ platform, architecture, endianness, tsmpi }: Facts): Finding {
  const name = `${platform} ${architecture}`;
  if (!PLATFORMS.includes(platform)) {
    return problem('tsmpi', `${tsmpi} does not run on ${name}`, 'use Linux or macOS; on Windows, WSL 2');
  }
  if (endianness === 'LE') return ok('tsmpi', `${tsmpi} on ${name}`);
  return problem('tsmpi', `${tsmpi} does not run on ${name}`, 'use a machine that is little-endian');
}

function checkEsbuild({ works, platform, architecture }: Facts, { launches }: JobInMind): Finding {
  if (works.esbuild === undefined) return ok('compiler', 'esbuild works');
  const text = `esbuild does not work: ${works.esbuild}`;
  const mend = `install the packages for ${platform} ${architecture}: delete node_modules, then npm ci on this machine`;
  if (launches) return problem('compiler', text, mend);
  return warning('compiler', `${text}; TypeScript behind a computed import() needs it here`, mend);
}

function checkTsx({ works }: Facts): Finding {
  if (works.tsx === undefined) return ok('tsx', 'works');
  return warning('tsx', `does not work: ${works.tsx}; npx tsx script.ts needs it`, 'delete node_modules, then npm ci');
}
