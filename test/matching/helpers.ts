/** Engines over a memory network, and operations that a test can look into. */
import type { Context } from '../../src/matching/context.ts';
import { Engine } from '../../src/matching/engine.ts';
import { ReceiveOperation, SendOperation } from '../../src/matching/operation.ts';
import { MemoryNetwork } from '../../src/transport/memory/network.ts';
import type { Packet, PacketHead, Reception } from '../../src/wire/packet.ts';

const NO_META = new Uint8Array(0);

export function packetOf(bytes: Uint8Array): Packet {
  return { format: 1, dtype: 0, meta: NO_META, bytes: bytes.byteLength, segments: [bytes] };
}

export class TestSend extends SendOperation {
  constructor(context: Context, bytes: Uint8Array, dest: number, tag: number, synchronous = false) {
    super(context, packetOf(bytes), dest, tag, synchronous, null);
  }

  override describe(): string {
    return `send(${this.dest}, ${this.tag})`;
  }
}

export class TestReceive extends ReceiveOperation {
  readonly limit: number;
  actual: { source: number; tag: number } | undefined;

  constructor(context: Context, source: number, tag: number, limit = Number.POSITIVE_INFINITY) {
    super(context, source, tag);
    this.limit = limit;
  }

  get bytes(): Uint8Array {
    return this.value as Uint8Array;
  }

  override land(head: PacketHead, source: number, tag: number): Reception {
    this.actual = { source, tag };
    if (head.bytes > this.limit) throw new RangeError('too long');
    const bytes = new Uint8Array(head.bytes);
    return { segments: [bytes], value: () => bytes };
  }

  override adopt(head: PacketHead, source: number, tag: number, payload: Uint8Array): boolean {
    this.land(head, source, tag);
    this.value = payload.slice();
    return true;
  }

  override landed(reception: Reception): void {
    this.value = reception.value();
  }

  override describe(): string {
    return `recv(${this.source}, ${this.tag})`;
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
