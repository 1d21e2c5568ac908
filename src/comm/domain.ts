/**
 * What a communicator is made of: its two contexts (point-to-point and collectives never see each other's messages), who is in
 * it, and whether it still works.
 */

import { collectiveName, describeFingerprint } from '../collectives/calls.ts';
import type { CollectiveContext, Fingerprint } from '../collectives/context.ts';
import type { MpiError } from '../errors.ts';
import * as errors from '../errors.ts';
import type { Context } from '../matching/context.ts';
import type { Engine } from '../matching/engine.ts';
import type { Frame } from '../wire/frame.ts';
import { Agreement, type Disagreement } from './agreement.ts';
import { ChannelReceive, CollectiveChannel } from './channel.ts';
import { decodeSentence, encodeSentence } from './sentence.ts';

/** What a communicator asks of the job that it is part of. */
export interface Job {
  /** How often the job was started again. */
  readonly restart: number;
  /** Ends every rank of the job. */
  abort(code: number, reason: string | undefined): never;
  /** A collective has begun on this communicator: if it lasts, {@link Domain.inquire} is to be called. HOT. */
  began(domain: Domain): void;
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
  /** The collectives that have not ended here. */
  readonly running = new Set<CollectiveChannel>();
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
    this.p2p = engine.open(contextId, { name, inspect() {}, revoked() {} }, endpoints, rank);
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
    this.running.add(this.current);
    this.job.began(this);
    if (disagreement !== null) throw this.#mismatch(disagreement);
    return this.current;
  }

  close(channel: CollectiveChannel): void {
    channel.closed = true;
  }

  /**
   * Ranks that wait for each other and have sent nothing would never find out that they disagree (two roots of one reduce): whoever
   * waits in a collective that was there at the last look already says so to those it waits for, once. False: nothing is left to ask.
   */
  inquire(): boolean {
    let left = false;
    for (const channel of this.running) {
      if (channel.asked) continue;
      if (!channel.seen) {
        channel.seen = left = true;
        continue;
      }
      channel.asked = true;
      for (const op of this.engine.pending()) {
        if (op instanceof ChannelReceive && op.channel === channel) {
          this.engine.inquire(this.collective, op.source, channel.number, channel.stamp);
        }
      }
    }
    return left;
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
    if (this.#broken !== null) {
      // The program has it now.
      if (cause === this.#broken.cause) this.#broken.told = true;
      return;
    }
    this.#break(cause, errors.unusable(call, this.name, cause));
    this.engine.revoke(this.collective, encodeSentence(call, cause));
  }

  /** Nothing works any more, because it is over. */
  end(cause: MpiError): void {
    if (this.#broken === null) this.#break(cause, cause);
  }

  #break(cause: MpiError, inFlight: MpiError): void {
    this.#broken = { cause, told: false };
    this.engine.break(this.collective, inFlight);
    const final = cause.code === 'ERR_FINALIZED' || cause.code === 'ERR_DEADLOCK';
    this.engine.break(this.p2p, final ? cause : errors.unusable('this call', this.name, cause));
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
    this.#break(error, error);
    this.engine.revoke(this.collective, encodeSentence(collectiveName(mine.collective), error));
    return error;
  }

  #revokedBy(source: number, payload: Uint8Array): void {
    if (this.#broken !== null) return;
    const error = decodeSentence(source, payload);
    this.#break(error, error);
  }
}
