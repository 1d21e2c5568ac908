/** What is told about a job while it runs: nothing by default, its course with -v, every event as JSON with --json. */
import type { AgentEvent } from './agents/agent.ts';
import type { Output } from './io/output.ts';
import type { LaunchRequest } from './request.ts';

export interface Listener {
  /** Whether the ranks' lines go to tsrun's own streams. */
  readonly passesOutput: boolean;
  started(script: string): void;
  event(event: AgentEvent): void;
  /** The end; `report` is what there is to say about it, empty when all went well. */
  ended(exitCode: number, report: string): void;
}

export function createListener({ json, verbosity, ranks }: LaunchRequest, output: Output, host: string): Listener {
  if (json) return new JsonListener(output, ranks, host);
  if (verbosity === 'verbose') return new VerboseListener(output, ranks);
  return {
    passesOutput: true,
    started() {},
    event() {},
    ended(_exitCode, report) {
      if (verbosity !== 'quiet') output.say('stderr', report);
    },
  };
}

class VerboseListener implements Listener {
  readonly passesOutput = true;
  readonly #output: Output;
  readonly #size: number;
  readonly #began = performance.now();
  #joined = 0;

  constructor(output: Output, size: number) {
    this.#output = output;
    this.#size = size;
  }

  started(script: string): void {
    this.#say(`compiled ${script}; starting ${this.#size} ranks`);
  }

  event(event: AgentEvent): void {
    if (event.type === 'spawned') this.#say(`rank ${event.rank} is pid ${event.pid}`);
    else if (event.type === 'control' && event.message.type === 'ready' && ++this.#joined === this.#size) {
      this.#say('all ranks have joined');
    } else if (event.type === 'exited') {
      this.#say(`rank ${event.rank} ended with ${event.signal ?? `code ${event.code}`}`);
    }
  }

  ended(exitCode: number, report: string): void {
    if (report !== '') this.#output.say('stderr', report);
    this.#say(`exit code ${exitCode}`);
  }

  #say(text: string): void {
    const seconds = ((performance.now() - this.#began) / 1000).toFixed(3);
    this.#output.say('stderr', `tsrun: ${seconds} s  ${text}\n`);
  }
}

class JsonListener implements Listener {
  readonly passesOutput = false;
  readonly #output: Output;
  readonly #size: number;
  readonly #host: string;

  constructor(output: Output, size: number, host: string) {
    this.#output = output;
    this.#size = size;
    this.#host = host;
  }

  started(script: string): void {
    this.#print({ event: 'start', script, size: this.#size, host: this.#host });
  }

  event(event: AgentEvent): void {
    switch (event.type) {
      case 'spawned':
        return this.#print({ event: 'spawn', rank: event.rank, pid: event.pid, host: this.#host });
      case 'output':
        return this.#print({ event: 'output', rank: event.rank, stream: event.stream, ...textOf(event.data) });
      case 'exited':
        return this.#print({ event: 'exit', rank: event.rank, code: event.code, signal: event.signal });
      case 'control':
      case 'input':
      case 'unspawned':
      case 'closed':
        return;
    }
  }

  ended(exitCode: number, report: string): void {
    this.#print({ event: 'end', exitCode, ...(report === '' ? {} : { report }) });
  }

  #print(event: object): void {
    this.#output.say('stdout', `${JSON.stringify(event)}\n`);
  }
}

/** What is no UTF-8 travels as base64: nothing is lost. */
function textOf(data: Uint8Array): { text: string } | { base64: string } {
  try {
    return { text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(data) };
  } catch {
    return { base64: Buffer.from(data).toString('base64') };
  }
}
