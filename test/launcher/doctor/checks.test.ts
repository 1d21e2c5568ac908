/** What is found on one host, and what is said about it. */
import { describe, expect, test } from 'vitest';
import { checkFiles } from '../../../launcher/doctor/checks/files.ts';
import { checkLaunchers } from '../../../launcher/doctor/checks/launchers.ts';
import { checkNetwork } from '../../../launcher/doctor/checks/network.ts';
import { checkResources } from '../../../launcher/doctor/checks/resources.ts';
import { checkSharing } from '../../../launcher/doctor/checks/sharing.ts';
import { checkSoftware } from '../../../launcher/doctor/checks/software.ts';
import type { Facts } from '../../../launcher/doctor/facts.ts';
import type { JobInMind } from '../../../launcher/doctor/finding.ts';
import { JOB, told, WELL, wrong } from './facts.ts';

/** `Facts`, with parts of its parts replaced. */
type Change = { [K in keyof Facts]?: Facts[K] extends object ? Partial<Facts[K]> : Facts[K] };

function changed(change: Change): Facts {
  const parts = Object.entries(change).map(([name, part]) => {
    const before = WELL[name as keyof Facts];
    return [name, typeof before === 'object' ? { ...before, ...(part as object) } : part];
  });
  return { ...WELL, ...Object.fromEntries(parts) };
}

test('where all is well nothing is wrong', () => {
  expect(told([...checkSoftware(WELL, JOB), ...checkResources(WELL, JOB)])).toEqual([
    'ok Node.js: 20.19.0',
    'ok tsmpi: 0.1.0 on linux x64',
    'ok compiler: esbuild works',
    'ok tsx: works',
    'ok processors: 8',
    'ok memory: 16 GiB',
    'ok open files: 1024',
  ]);
  const rest = [
    checkFiles(WELL, JOB),
    checkSharing(WELL, JOB),
    checkNetwork(WELL, JOB, undefined),
    checkLaunchers(WELL),
  ];
  expect(told(rest.flat())).toEqual([
    'ok temporary files: /tmp',
    'ok sockets: Unix sockets and loopback work',
    'ok shared memory: 64 MiB are free in /dev/shm, for 74 ranks',
    'ok address: 10.0.0.1 (eth0)',
  ]);
});

describe('software', () => {
  test.each<[Change, Partial<JobInMind>, string[]]>([
    [{ node: '22.0.0' }, {}, []],
    [{ node: '20.18.1' }, {}, ['problem Node.js: 20.18.1 is too old → install Node.js 20.19 or newer']],
    [{ node: '18.20.0' }, {}, ['problem Node.js: 18.20.0 is too old → install Node.js 20.19 or newer']],
    [{ platform: 'darwin', architecture: 'arm64' }, {}, []],
    [
      { platform: 'win32' },
      {},
      ['problem tsmpi: 0.1.0 does not run on win32 x64 → use Linux or macOS; on Windows, WSL 2'],
    ],
    [
      { architecture: 's390x', endianness: 'BE' },
      {},
      ['problem tsmpi: 0.1.0 does not run on linux s390x → use a machine that is little-endian'],
    ],
    [
      { works: { esbuild: 'no such file' } },
      {},
      [
        'problem compiler: esbuild does not work: no such file → ' +
          'install the packages for linux x64: delete node_modules, then npm ci on this machine',
      ],
    ],
    [
      { works: { esbuild: 'no such file' } },
      { launches: false },
      [
        'warning compiler: esbuild does not work: no such file; TypeScript behind a computed import() needs it here → ' +
          'install the packages for linux x64: delete node_modules, then npm ci on this machine',
      ],
    ],
    [
      { works: { tsx: 'it is not installed' } },
      {},
      [
        'warning tsx: does not work: it is not installed; npx tsx script.ts needs it → delete node_modules, then npm ci',
      ],
    ],
  ])('%o, job %o', (change, job, expected) => {
    expect(wrong(checkSoftware(changed(change), { ...JOB, ...job }))).toEqual(expected);
  });
});

describe('resources', () => {
  const turns = (cores: number) => `ranks will take turns: start ${cores} here`;
  const limits =
    'raise the hard limit (ulimit -Hn): limits.conf(5), LimitNOFILE= of systemd, --ulimit nofile= of a container';

  test.each<[Change, Partial<JobInMind>, string[]]>([
    [{}, { here: 9 }, [`warning processors: 8, for 9 ranks → ${turns(8)}`]],
    [
      { processors: { quota: 2.5 } },
      {},
      [
        `warning processors: 8, of which a control group allows 2.5 at a time, for 8 ranks → ${turns(2)}, or give the container more`,
      ],
    ],
    [
      { processors: { quota: 0.5 } },
      { here: 2 },
      [
        `warning processors: 8, of which a control group allows 0.5 at a time, for 2 ranks → ${turns(1)}, or give the container more`,
      ],
    ],
    [{ processors: { quota: 0.5 } }, { here: 1 }, []],
    [{ processors: { quota: 16 } }, {}, []],
    [{ limits: { memory: 480 * 2 ** 20 } }, {}, []],
    [
      { limits: { memory: 479 * 2 ** 20 } },
      {},
      ['problem memory: 479 MiB; 8 ranks take 480 MiB before they do anything → start fewer ranks here'],
    ],
    [{ limits: { openFiles: undefined } }, { ranks: 10_000 }, []],
    [{}, { ranks: 993 }, []],
    [{}, { ranks: 994 }, [`problem open files: 1024 in one process; a job of 994 ranks needs 1025 → ${limits}`]],
    [
      { limits: { openFiles: 63 } },
      {},
      [`problem open files: 63 in one process; a job of 8 ranks needs 64 → ${limits}`],
    ],
    [{ limits: { userProcesses: 138, groupProcesses: 138 } }, {}, []],
    [
      { limits: { userProcesses: 137 } },
      {},
      [
        'problem processes: 137 with threads, for this user; 8 ranks need 138 → ' +
          'raise ulimit -u: limits.conf(5), LimitNPROC= of systemd',
      ],
    ],
    [
      { limits: { groupProcesses: 100 } },
      {},
      [
        'problem processes: 100 with threads, in this control group; 8 ranks need 138 → ' +
          'raise pids.max: TasksMax= of systemd, --pids-limit of a container',
      ],
    ],
  ])('%o, job %o', (change, job, expected) => {
    expect(wrong(checkResources(changed(change), { ...JOB, ...job }))).toEqual(expected);
  });
});

describe('files and sockets', () => {
  test.each<[Change, Partial<JobInMind>, string[]]>([
    [
      { files: { workspaces: undefined, problem: 'no folder for temporary files' } },
      {},
      ['problem temporary files: no folder for temporary files → make /tmp writable, or set TMPDIR'],
    ],
    [
      { files: { temporary: '/nowhere' } },
      {},
      [
        'warning temporary files: /nowhere cannot be used, so /tmp is → ' +
          'set TMPDIR to a folder that is there, can be written, and has a path of at most 76 bytes',
      ],
    ],
    [
      { files: { free: 2 ** 20 } },
      {},
      ['warning temporary files: only 1 MiB are free in /tmp → make room there, or set TMPDIR'],
    ],
    [
      { works: { unixSockets: 'operation not permitted' } },
      {},
      [
        'problem sockets: none can be made in /tmp: operation not permitted → ' +
          'set TMPDIR to a folder on a local disk, or start jobs with --transport tcp',
      ],
    ],
    [
      { works: { loopback: 'network is unreachable' } },
      {},
      [
        'problem loopback: a process cannot connect to 127.0.0.1: network is unreachable → ' +
          'bring lo up (ip link set lo up); a sandbox may forbid it',
      ],
    ],
    [{ files: { workingDirectory: false } }, {}, []],
    [
      { files: { workingDirectory: false } },
      { launches: false },
      [
        'warning project: the folder in which tsrun was started is not there → share the folder, or let --sync copy the project to a',
      ],
    ],
  ])('%o, job %o', (change, job, expected) => {
    expect(wrong(checkFiles(changed(change), { ...JOB, ...job }))).toEqual(expected);
  });
});

describe('shared memory', () => {
  const instead = 'ranks talk over Unix sockets instead';
  const larger = 'mount -o remount,size=256m /dev/shm; --shm-size=256m of a container';

  test.each<[Change, Partial<JobInMind>, string[]]>([
    [{}, { here: 74 }, []],
    [
      {},
      { here: 75 },
      [
        'warning shared memory: 64 MiB are free in /dev/shm, for 74 ranks; of 75, some will talk over Unix sockets → ' +
          `make it larger: ${larger}`,
      ],
    ],
    [
      { sharing: { obstacle: { step: 'calls', reason: "koffi can't be loaded: Cannot find module 'koffi'" } } },
      {},
      [
        `warning shared memory: ${instead}: koffi can't be loaded: Cannot find module 'koffi' → ` +
          'npm ci, without --omit=optional, installs the optional package koffi; jobs run without it, at a lower speed',
      ],
    ],
    [
      {
        sharing: { space: undefined, room: 1, obstacle: { step: 'file', reason: 'ENOENT: no such file or directory' } },
      },
      {},
      [
        `warning shared memory: ${instead}: ENOENT: no such file or directory → a tmpfs with room belongs there: ${larger}`,
      ],
    ],
    [
      { sharing: { obstacle: { step: 'process', reason: 'EACCES: permission denied' } } },
      {},
      [
        `warning shared memory: ${instead}: EACCES: permission denied → ranks open memory of each other through ` +
          '/proc/PID/fd: it has to be mounted, and node must have no capabilities of its own (setcap -r)',
      ],
    ],
    [{ sharing: { obstacle: { step: 'calls', reason: 'TSMPI_NATIVE=off' } } }, {}, []],
    [{ platform: 'darwin', sharing: { obstacle: { step: 'calls', reason: 'not known on darwin' } } }, {}, []],
  ])('%o, job %o', (change, job, expected) => {
    expect(wrong(checkSharing(changed(change), { ...JOB, ...job }))).toEqual(expected);
  });
});

describe('the network', () => {
  const lo = [{ name: 'lo', address: '127.0.0.1' }];
  const inner = (more: string) =>
    `172.17.0.1 (docker0) is a network inside this host, where other hosts do not reach it → ${more}`;

  test.each<[Change, Partial<JobInMind>, string | undefined, string[]]>([
    [{ network: { address: undefined, interfaces: lo } }, {}, undefined, []],
    [
      { network: { address: undefined, interfaces: lo } },
      { hosts: 2 },
      undefined,
      ['problem address: none but loopback: other hosts cannot reach this one → connect it to a network'],
    ],
    [
      { network: { address: undefined, problem: 'there is no interface ib0' } },
      {},
      undefined,
      ['problem address: there is no interface ib0 → name an interface or a network that is there'],
    ],
    [
      { network: { address: '172.17.0.1' } },
      {},
      undefined,
      [`warning address: ${inner('choose another: --interface eth0')}`],
    ],
    [
      { network: { address: '172.17.0.1', interfaces: [...lo, { name: 'docker0', address: '172.17.0.1' }] } },
      {},
      undefined,
      [`warning address: ${inner('connect this host to a network of its own')}`],
    ],
    [{}, { ports: [5000, 5007] }, undefined, []],
    [
      {},
      { ports: [5000, 5006] },
      undefined,
      ['problem ports: 7 ports, 5000 to 5006, for 8 ranks that take one each → give a longer --port-range'],
    ],
    [
      {},
      {},
      'permission denied',
      ['problem ports: nothing can listen at 10.0.0.1: permission denied → choose others with --port-range'],
    ],
    [{}, { ports: [5000, 5000], here: 0 }, undefined, []],
  ])('%o, job %o, deaf: %s', (change, job, deaf, expected) => {
    expect(wrong(checkNetwork(changed(change), { ...JOB, ...job }, deaf))).toEqual(expected);
  });
});

describe('other launchers', () => {
  const task = { rank: 1, size: 4, localRank: undefined, localSize: undefined, host: undefined };

  test.each<[Partial<Facts['launchers']>, string[]]>([
    [{ slurmJob: '12', slurmNodes: 2, srun: true }, ['ok Slurm: allocation 12 of 2 nodes']],
    [
      { slurmJob: '12', slurmNodes: 1 },
      [
        'problem Slurm: allocation 12 of 1 node, and no srun in the PATH → load the module that has it, or give --launcher ssh',
      ],
    ],
    [
      { slurmJob: '12', slurmProblem: 'SLURM_JOB_NODELIST=a[ is no list of nodes' },
      [
        'problem Slurm: SLURM_JOB_NODELIST=a[ is no list of nodes → begin the allocation again, or give --launcher local',
      ],
    ],
    [
      { outer: { launcher: 'mpiexec', variable: 'PMI_RANK', ...task } },
      ['ok launcher: this is task 1 of 4 of mpiexec (PMI_RANK), so tsrun without -n becomes that rank'],
    ],
    [
      { outer: { launcher: 'mpirun', variable: 'PMIX_RANK', problem: 'PMIX_RANK is set' } },
      [
        'warning launcher: mpirun seems to have started this process, but PMIX_RANK is set → unset PMIX_RANK, or give -n N',
      ],
    ],
  ])('%o', (launchers, expected) => {
    expect(told(checkLaunchers(changed({ launchers })))).toEqual(expected);
  });
});
