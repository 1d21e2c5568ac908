/** Engines over a memory network, and operations that a test can look into. */
import type { Context } from '../../src/matching/context.ts';
import { Engine } from '../../src/matching/engine.ts';
import { type Caller, ReceiveOperation, type Receiver, SendOperation } from '../../src/matching/operation.ts';
import { MemoryNetwork } from '../../src/transport/memory/network.ts';
import type { Packet } from '../../src/wire/packet.ts';

const NO_META = new Uint8Array(0);

export function packetOf(bytes: Uint8Array): Packet {
  return { format: 1, dtype: 0, meta: NO_META, bytes: bytes.byteLength, segments: [bytes] };
}

const SENDER: Caller<SendOperation> = {
  title: (op) => `send(${op.dest}, ${op.tag})`,
  work: (op) => op,
  explain: (error) => error,
};

export class TestSend extends SendOperation {
  constructor(context: Context, bytes: Uint8Array, dest: number, tag: number, synchronous = false) {
    super(context, SENDER, 'send', packetOf(bytes), dest, tag, synchronous, null);
  }
}

const RECEIVER: Receiver = {
  take: () => false,
  land(op, head) {
    if (head.bytes > (op as TestReceive).limit) throw new RangeError('too long');
    const bytes = new Uint8Array(head.bytes);
    return { segments: [bytes], value: () => bytes };
  },
  adopt(op, head, payload) {
    this.land(op, head);
    op.value = payload.slice();
    return true;
  },
  title: (op) => `recv(${op.source}, ${op.tag})`,
  work: (op) => op,
  explain: (error) => error,
};

export class TestReceive extends ReceiveOperation {
  readonly limit: number;

  constructor(context: Context, source: number, tag: number, limit = Number.POSITIVE_INFINITY) {
    super(context, RECEIVER, 'recv', source, tag, undefined, null);
    this.limit = limit;
  }

  get bytes(): Uint8Array {
    return this.value as Uint8Array;
  }

  get actual(): { source: number; tag: number } | undefined {
    return this.format === 0 ? undefined : { source: this.actualSource, tag: this.actualTag };
  }
}

export interface Cluster {
  engines: Engine[];
  contexts: Context[];
  network: MemoryNetwork;
  holds: number[];
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
}

export function cluster(
  size: number,
  options: { seed?: number; eagerLimit?: number; fragmentBytes?: number } = {},
): Cluster {
  const { seed, ...limits } = options;
  const network = new MemoryNetwork(size, seed === undefined ? {} : { seed });
  const holds = Array.from({ length: size }, () => 0);
  const engines = holds.map((_, rank) => {
    const liveness = {
      hold: () => void (holds[rank] = (holds[rank] as number) + 1),
      release: () => void (holds[rank] = (holds[rank] as number) - 1),
    };
    return new Engine({ transport: network.transport(rank), endpoints: size, liveness, ...limits });
  });
  const endpoints = holds.map((_, rank) => rank);
  const owner = { name: 'test', inspect() {}, revoked() {}, peerFailed() {} };
  const contexts = engines.map((engine, rank) => engine.open(7, { owner, endpoints, rank, tally: null }));
  const idle = async () => {
    do await new Promise((resolve) => setImmediate(resolve));
    while (network.inFlight > 0);
  };
  return { engines, contexts, network, holds, idle };
}
