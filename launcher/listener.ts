/** What is told about a job while it runs: nothing by default, its course with -v, every event as JSON with --json. */
import type { AgentEvent } from './agents/agent.ts';
import type { Output } from './io/output.ts';
import type { Placement } from './placement/placement.ts';
import type { LaunchRequest } from './request.ts';

export interface Listener {
  /** Whether the ranks' lines go to tsrun's own streams. */
  readonly passesOutput: boolean;
  /** @param note - for whoever wonders. */
  started(scripts: readonly string[], note: string): void;
  event(event: AgentEvent): void;
  /** The end; `report` is what there is to say about it, empty when all went well. */
  ended(exitCode: number, report: string): void;
}

export function createListener({ json, verbosity, placement }: LaunchRequest, output: Output): Listener {
  if (json) return new JsonListener(output, placement);
  if (verbosity === 'verbose') return new VerboseListener(output, placement);
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
  readonly #placement: Placement;
  readonly #began = performance.now();
  #joined = 0;

  constructor(output: Output, placement: Placement) {
    this.#output = output;
    this.#placement = placement;
  }

  started(scripts: readonly string[], note: string): void {
    const { hosts, ranks } = this.#placement;
    const where = hosts.length === 1 ? '' : ` on ${hosts.length} hosts`;
    this.#say(`compiled ${scripts.join(' and ')}; starting ${ranks.length} ranks${where}`);
    this.#say(note);
  }

  event(event: AgentEvent): void {
    if (event.type === 'spawned') {
      this.#say(`rank ${event.rank} is pid ${event.pid} on ${hostName(this.#placement, event.rank)}`);
    } else if (event.type === 'control' && event.message.type === 'ready') {
      if (++this.#joined === this.#placement.ranks.length) this.#say('all ranks have joined');
    } else if (event.type === 'control' && event.message.type === 'note') {
      this.#say(`rank ${event.rank}: ${event.message.text}`);
    } else if (event.type === 'gone') this.#say(`host ${event.host} is lost: ${event.reason}`);
    else if (event.type === 'exited') {
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
  readonly #placement: Placement;

  constructor(output: Output, placement: Placement) {
    this.#output = output;
    this.#placement = placement;
  }

  started(scripts: readonly string[]): void {
    const { hosts, ranks } = this.#placement;
    this.#print({ event: 'start', scripts, size: ranks.length, hosts: hosts.map(({ name }) => name) });
  }

  event(event: AgentEvent): void {
    switch (event.type) {
      case 'spawned':
        return this.#print({
          event: 'spawn',
          rank: event.rank,
          pid: event.pid,
          host: hostName(this.#placement, event.rank),
        });
      case 'output':
        return this.#print({ event: 'output', rank: event.rank, stream: event.stream, ...textOf(event.data) });
      case 'exited':
        return this.#print({ event: 'exit', rank: event.rank, code: event.code, signal: event.signal });
      case 'gone':
        return this.#print({ event: 'lost', host: event.host, ranks: event.ranks, reason: event.reason });
      case 'signalled':
      case 'unwritable':
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

function hostName({ hosts, ranks }: Placement, rank: number): string {
  return hosts[ranks[rank]!.host]!.name;
}

/** What is no UTF-8 travels as base64: nothing is lost. */
function textOf(data: Uint8Array): { text: string } | { base64: string } {
  try {
    return { text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(data) };
  } catch {
    return { base64: Buffer.from(data).toString('base64') };
  }
}
