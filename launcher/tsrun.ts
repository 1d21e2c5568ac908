/** The command: parse, run, exit. */
import { readFileSync } from 'node:fs';
import { availableParallelism, hostname } from 'node:os';
import { parseCommandLine } from './cli.ts';
import { ExitCode, LaunchFailure } from './failure.ts';
import type { PmiClient } from './guest/pmi1.ts';

async function main(): Promise<number> {
  if (process.platform === 'win32') {
    throw new LaunchFailure('Windows is not supported: its processes know neither signals nor groups; use WSL 2');
  }
  const pmi = await pmiConnection();
  const context = {
    cores: availableParallelism(),
    env: { ...process.env, ...pmi?.environment },
    hostname: hostname(),
    readFile: (path: string) => readFileSync(path, 'utf8'),
  };
  const command = parseCommandLine(process.argv.slice(2), context);
  if (command.type !== 'guest') await pmi?.finalize();
  switch (command.type) {
    case 'help': {
      const { helpText } = await import('./help.ts');
      return print(await helpText(process.stdout.columns ?? 100));
    }
    case 'version': {
      const { packageVersion } = await import('./version.ts');
      return print(`${packageVersion()}\n`);
    }
    case 'hosts': {
      const { planDocument, planText } = await import('./placement/show.ts');
      const { request } = command;
      const columns = process.stdout.columns ?? 80;
      return print(request.json ? `${JSON.stringify(planDocument(request))}\n` : planText(request, columns));
    }
    case 'manifest': {
      const { runManifest } = await import('./manifest/command.ts');
      return runManifest(command.args, { columns: process.stdout.columns ?? 100, print });
    }
    case 'calibrate': {
      const { runCalibrate } = await import('./calibrate/command.ts');
      const columns = process.stdout.columns ?? 100;
      const tell = (text: string) => process.stderr.write(text);
      return runCalibrate(command.args, { ...context, columns, print, tell });
    }
    case 'doctor': {
      const { runDoctor } = await import('./doctor/command.ts');
      const columns = process.stdout.columns ?? 100;
      return runDoctor(command.args, { ...context, columns, workingDirectory: process.cwd(), print });
    }
    case 'guest': {
      const { runGuest } = await import('./guest/run.ts');
      return runGuest(command.request, command.task, pmi);
    }
    case 'run': {
      const { runJob } = await import('./job.ts');
      return runJob(command.request);
    }
  }
}

/** Needed only where nothing else says which task of another launcher this is. */
async function pmiConnection(): Promise<PmiClient | undefined> {
  if (process.env.PMI_PORT === undefined) return undefined;
  const { askPmi, onlyPmiKnows } = await import('./guest/pmi-port.ts');
  return onlyPmiKnows(process.env) ? askPmi(process.env) : undefined;
}

function print(text: string): Promise<number> {
  return new Promise((resolve) => process.stdout.write(text, () => resolve(0)));
}

// A reader that has gone (`| head`) is no reason for a stack trace.
process.stdout.on('error', () => {});
process.stderr.on('error', () => {});

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    const text = error instanceof LaunchFailure ? error.message : `bug: ${(error as Error).stack ?? error}`;
    process.stderr.write(`tsrun: ${text}\n`, () => {
      process.exit(error instanceof LaunchFailure ? error.exitCode : ExitCode.FAILURE);
    });
  },
);
