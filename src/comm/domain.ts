/**
 * What a communicator is made of: its two contexts (point-to-point and collectives never see each other's messages), who is in
 * it, and whether it still works.
 */

import { describeFingerprint } from '../collectives/calls.ts';
import type { CollectiveContext, Fingerprint } from '../collectives/context.ts';
import * as errors from '../errors.ts';
import { MpiError } from '../errors.ts';
import type { Context } from '../matching/context.ts';
import type { Engine } from '../matching/engine.ts';
import type { Frame } from '../wire/frame.ts';
import { Agreement, type Disagreement } from './agreement.ts';
import { CollectiveChannel } from './channel.ts';

/** What a communicator asks of the job that it is part of. */
export interface Job {
  /** How often the job was started again. */
  readonly restart: number;
  /** Ends every rank of the job. */
  abort(code: number, reason: string | undefined): never;
}

export interface CollectiveSettings {
  /** Pipelines work in pieces of this many bytes. */
  readonly segmentBytes: number;
  /** Algorithms to take instead of the selection's, by collective. */
  readonly algorithms: ReadonlyMap<string, string>;
}

export const DEFAULT_SETTINGS: CollectiveSettings = { segmentBytes: 128 * 1024, algorithms: new Map() };

export interface DomainOptions {
  engine: Engine;
  /** Even; the collectives' context is the next number. */
  contextId: number;
  name: string;
  /** Endpoint of each rank. */
  endpoints: readonly number[];
  rank: number;
  job: Job;
  settings: CollectiveSettings;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export class Domain implements CollectiveContext {
  readonly engine: Engine;
  readonly endpoints: readonly number[];
  readonly rank: number;
  readonly size: number;
  readonly job: Job;
  readonly segmentBytes: number;
  readonly algorithms: ReadonlyMap<string, string>;
  readonly p2p: Context;
  readonly collective: Context;
  name: string;
  /** The collective begun last. */
  current: CollectiveChannel | null = null;
  readonly #agreement = new Agreement();
  /** Why it does not work any more, and whether a call has been told. */
  #broken: { cause: MpiError; told: boolean } | null = null;

  constructor({ engine, contextId, name, endpoints, rank, job, settings }: DomainOptions) {
    this.engine = engine;
    this.endpoints = endpoints;
    this.rank = rank;
    this.size = endpoints.length;
    this.name = name;
    this.job = job;
    this.segmentBytes = settings.segmentBytes;
    this.algorithms = settings.algorithms;
    const domain = this;
    const named = {
      get name() {
        return domain.name;
      },
    };
    this.p2p = engine.open(contextId, Object.assign(named, { inspect() {}, revoked() {} }), endpoints, rank);
    const owner = {
      name,
      inspect: (frame: Frame) => this.#hear(frame),
      revoked: (source: number, payload: Uint8Array) => this.#revokedBy(source, payload),
    };
    this.collective = engine.open(contextId + 1, owner, endpoints, rank);
  }

  open(fingerprint: Fingerprint): CollectiveChannel {
    const { number, disagreement } = this.#agreement.open(fingerprint);
    this.current = new CollectiveChannel(this.collective, number, fingerprint);
    if (disagreement !== null) {
      const error = this.#mismatch(disagreement);
      this.#broken = { cause: error, told: true };
      throw error;
    }
    return this.current;
  }

  close(channel: CollectiveChannel): void {
    channel.closed = true;
  }

  /** Throws what a call gets on a communicator that does not work any more. */
  check(call: string): void {
    const broken = this.#broken;
    if (broken === null) return;
    if (broken.told || broken.cause.code !== 'ERR_MISMATCH') {
      throw broken.cause.code === 'ERR_FINALIZED' ? broken.cause : errors.unusable(call, this.name, broken.cause);
    }
    broken.told = true;
    throw broken.cause;
  }

  /** A collective failed here half-way: nothing works any more, here and on the other ranks. */
  fail(call: string, cause: MpiError): void {
    if (this.#broken !== null) return;
    this.#break(cause, errors.unusable(call, this.name, cause));
    const { code, message } = cause;
    this.engine.revoke(
      this.collective,
      encoder.encode(JSON.stringify({ code, call, message: message.slice(0, 8000) })),
    );
  }

  /** Nothing works any more, because it is over. */
  end(cause: MpiError): void {
    if (this.#broken === null) this.#break(cause, cause);
  }

  #break(cause: MpiError, inFlight: MpiError): void {
    this.#broken = { cause, told: false };
    const later = cause.code === 'ERR_FINALIZED' ? cause : errors.unusable('this call', this.name, cause);
    this.engine.break(this.collective, inFlight, later);
    this.engine.break(this.p2p, inFlight, later);
  }

  #hear(frame: Frame): void {
    const disagreement = this.#agreement.hear(frame);
    if (disagreement !== null) this.#mismatch(disagreement);
  }

  #mismatch({ number, mine, source, theirs }: Disagreement): MpiError {
    const error = errors.mismatch(
      this.name,
      number,
      { rank: this.rank, call: describeFingerprint(mine) },
      { rank: source, call: describeFingerprint(theirs) },
    );
    if (this.#broken !== null) return error;
    const inFlight = this.current !== null && !this.current.closed;
    this.#break(error, error);
    this.#broken = { cause: error, told: inFlight };
    const { code, message } = error;
    this.engine.revoke(this.collective, encoder.encode(JSON.stringify({ code, call: '', message })));
    return error;
  }

  #revokedBy(source: number, payload: Uint8Array): void {
    if (this.#broken !== null) return;
    const { code, call, message } = JSON.parse(decoder.decode(payload)) as {
      code: string;
      call: string;
      message: string;
    };
    const inFlight = this.current !== null && !this.current.closed;
    const error =
      code === 'ERR_MISMATCH'
        ? new MpiError('ERR_MISMATCH', message, { peer: source })
        : errors.failedElsewhere(source, call, message);
    this.#break(error, error);
    this.#broken = { cause: error, told: inFlight };
  }
}
