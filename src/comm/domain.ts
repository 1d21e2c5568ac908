/**
 * What a communicator is made of: its contexts (point-to-point and collectives never see each other's messages), who is in
 * it, and whether it still works.
 */

import { collectiveName, describeFingerprint } from '../collectives/calls.ts';
import type { CollectiveContext, Fingerprint } from '../collectives/context.ts';
import { tellCounts } from '../collectives/formation.ts';
import { HostMap } from '../collectives/levels/host-map.ts';
import type { Forecast } from '../collectives/model/model.ts';
import { RecentPlans } from '../collectives/recent.ts';
import type { MpiError } from '../errors.ts';
import * as errors from '../errors.ts';
import { type Context, type ContextOwner, Tally } from '../matching/context.ts';
import type { Engine } from '../matching/engine.ts';
import { type Operation, ReceiveOperation } from '../matching/operation.ts';
import { type Frame, FrameKind } from '../wire/frame.ts';
import { Agreement, type Disagreement, NUMBERS } from './agreement.ts';
import { CollectiveChannel } from './channel.ts';
import { BLOCK, ContextKind } from './context-ids.ts';
import type { Job, Member } from './member.ts';
import { decodeSentence, encodeSentence } from './sentence.ts';
import { SharedBoard } from './shared-board.ts';

export interface DomainOptions {
  member: Member;
  /** From `communicatorId`. */
  id: number;
  name: string;
  /** Endpoint of each rank. */
  endpoints: readonly number[];
  rank: number;
  /** The call of all ranks of `parent` that makes it: it breaks if that call fails anywhere. */
  madeBy?: { parent: Domain; number: number };
  /** `world` and `self` are never freed. */
  permanent?: boolean;
  /** Of which group our rank is, and of which those at `endpoints` are, for messages; left out where there is only one. */
  sides?: { readonly ours: string; readonly theirs: string };
}

const ONE_GROUP = { ours: '', theirs: '' };

/** A name says what a communicator was made of, and that of what: where it grows longer, in characters, it is cut. */
const LONGEST_NAME = 120;

/** being used → leaving (nothing new can be begun but `free`) → freeing → freed. */
type Life = 'used' | 'leaving' | 'freeing' | 'freed';

export class Domain implements CollectiveContext, ContextOwner {
  readonly member: Member;
  readonly engine: Engine;
  readonly id: number;
  readonly endpoints: readonly number[];
  readonly rank: number;
  readonly size: number;
  readonly permanent: boolean;
  readonly segmentBytes: number;
  readonly algorithms: ReadonlyMap<string, string>;
  readonly recent = new RecentPlans();
  readonly forecast: Forecast | undefined;
  readonly p2p: Context;
  readonly collective: Context;
  name: string;
  /** The collective begun last. */
  current: CollectiveChannel | null = null;
  /** The collectives that have not ended here. */
  readonly running: CollectiveChannel[] = [];
  /** The numbers for communicators of the same ranks: the serial number of a block, and the next place in it. */
  readonly block = { serial: Promise.resolve(0), next: BLOCK };
  /** Messages about groups that are still to come for calls that were given up, by sender and tag. */
  readonly missed = new Map<string, number>();
  /** The other half of an intercommunicator: it breaks with this one. */
  partner: Domain | null = null;
  readonly #sides: { readonly ours: string; readonly theirs: string };
  readonly #board: SharedBoard;
  readonly #job: Job;
  readonly #agreement = new Agreement();
  readonly #tally: Tally | null;
  /** Which call of which communicator has made this one, where all ranks of that one have made that call. */
  readonly #parent: Domain | undefined;
  readonly #madeBy: number;
  readonly #children = new Set<Domain>();
  #formation: Context | undefined;
  #hosts: HostMap | undefined;
  #life: Life = 'used';
  /** Why it does not work any more, and whether a call has been told. */
  #broken: { cause: MpiError; told: boolean } | null = null;
  /** A process of it is gone for good. */
  #lost = false;
  /** Ends the wait for messages that may never come, and that for collectives. */
  #onLoss: (() => void) | undefined;
  #onIdle: (() => void) | undefined;

  constructor({ member, id, name, endpoints, rank, permanent = false, madeBy, sides = ONE_GROUP }: DomainOptions) {
    this.member = member;
    this.engine = member.engine;
    this.id = id;
    this.endpoints = endpoints;
    this.rank = rank;
    this.size = endpoints.length;
    this.name = name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME)}…` : name;
    this.permanent = permanent;
    this.segmentBytes = member.settings.segmentBytes;
    this.algorithms = member.settings.algorithms;
    this.forecast = member.settings.model?.forecast(endpoints.map((endpoint) => member.hosts[endpoint]!));
    this.#sides = sides;
    this.#job = member.job;
    this.#tally = permanent ? null : new Tally(endpoints.length);
    // Before the contexts: frames that have come too early for them reach it.
    this.#board = new SharedBoard(this, sides === ONE_GROUP);
    this.p2p = this.#openContext(ContextKind.POINT_TO_POINT, this.#tally);
    this.collective = this.#openContext(ContextKind.COLLECTIVE, null);
    member.domains.add(this);
    this.#parent = madeBy?.parent;
    this.#madeBy = madeBy?.number ?? 0;
    if (this.#parent !== undefined) this.#parent.#children.add(this);
  }

  /** Where members of a group that is to become a communicator talk to each other. */
  get formation(): Context {
    this.#formation ??= this.#openContext(ContextKind.FORMATION, this.#tally);
    return this.#formation;
  }

  #openContext(kind: number, tally: Tally | null): Context {
    const owner = kind === ContextKind.COLLECTIVE ? this : new Bystander(this);
    const { endpoints, rank } = this;
    return this.engine.open(this.id + kind, { owner, endpoints, rank, tally });
  }

  open(fingerprint: Fingerprint): CollectiveChannel {
    const { number, disagreement } = this.#agreement.open(fingerprint);
    this.current = new CollectiveChannel(
      this.collective,
      number,
      fingerprint,
      this.#agreement.stampOf(fingerprint),
      this.#board,
    );
    this.running.push(this.current);
    this.#job.began(this);
    if (disagreement !== null) throw this.#mismatch(disagreement);
    return this.current;
  }

  close(channel: CollectiveChannel): void {
    channel.closed = true;
    this.#board.leave(channel);
  }

  get hosts(): HostMap {
    this.#hosts ??= new HostMap(this.endpoints.map((endpoint) => this.member.hosts[endpoint] as string));
    return this.#hosts;
  }

  get sharesMemory(): boolean {
    return this.#board.serves(this.#agreement.next);
  }

  get unshared(): string | undefined {
    return this.#board.refusal;
  }

  /** The number of the collective begun last. */
  get lastCall(): number {
    return this.current?.number ?? -1;
  }

  /** The call of this channel has ended here, well or not. */
  ended(channel: CollectiveChannel): void {
    // Mostly there is one.
    const { running } = this;
    if (running[running.length - 1] === channel) {
      running.pop();
    } else {
      const at = running.lastIndexOf(channel);
      if (at >= 0) running.splice(at, 1);
    }
    this.#board.leave(channel);
    if (this.running.length === 0) this.#onIdle?.();
  }

  /**
   * Ranks that wait for each other and have sent nothing would never find out that they disagree (two roots of one reduce): whoever
   * waits in a collective that was there at the last look already says so to those it waits for, once. False: nothing is left to ask.
   */
  inquire(): boolean {
    // In `free` every rank tells every other what it has called, by itself.
    if (this.#life !== 'used') return false;
    let left = false;
    for (const channel of this.running) {
      if (channel.asked) continue;
      if (!channel.seen) {
        channel.seen = left = true;
        continue;
      }
      channel.asked = true;
      for (const op of this.engine.pending()) {
        if (op instanceof ReceiveOperation && op.caller === channel) this.tell(op.source, channel);
      }
    }
    return left;
  }

  /** Tells `rank` which call this is: it compares. To one that sleeps for what we have done in it, it is also a bell. */
  tell(rank: number, channel: CollectiveChannel): void {
    if (!this.engine.inquire(this.collective, rank, channel.number, channel.stamp)) return;
    if (this.#tally !== null) this.#tally.sent[rank]!++;
  }

  /** Throws what a call gets on a communicator that does not work any more. */
  check(call: string): void {
    const last = this.#life === 'leaving' && call === 'free';
    if (this.#life !== 'used' && !last) throw errors.freed(call, this.name);
    const broken = this.#broken;
    if (broken === null) return;
    if (broken.told || broken.cause.code !== 'ERR_MISMATCH') {
      throw broken.cause.code === 'ERR_FINALIZED' ? broken.cause : errors.unusable(call, this.name, broken.cause);
    }
    broken.told = true;
    throw broken.cause;
  }

  /** Collective `number` failed here half-way: nothing works any more, here and on the other ranks. */
  fail(call: string, number: number, cause: MpiError): void {
    if (this.#broken !== null) {
      // The program has it now.
      if (cause === this.#broken.cause) this.#broken.told = true;
      return;
    }
    this.#break(cause, errors.unusable(call, this.name, cause), number);
    this.#revoke(number, encodeSentence(call, cause));
  }

  /** Nothing works any more, because it is over. */
  end(cause: MpiError): void {
    if (this.#broken === null) this.#break(cause, cause, null);
  }

  // ── Being freed ────────────────────────────────────────────────────────────────────────────────────────────────────

  get broken(): boolean {
    return this.#broken !== null;
  }

  /** Nobody has begun to free it. */
  get usable(): boolean {
    return this.#life === 'used';
  }

  /** The program can begin nothing new from here on. */
  leave(): void {
    this.#life = 'leaving';
    this.engine.retire(this.p2p, this.member.afterFree);
    if (this.#formation !== undefined) this.engine.retire(this.#formation, this.member.afterFree);
  }

  /** The collective by which all ranks free it: answers how many messages this one was sent. */
  countArrivals(): Promise<number> {
    return tellCounts(this, 'free', this.beginFree(), this.#board.idle());
  }

  /** Answers how many messages each rank was sent: no more will be. */
  beginFree(): Uint32Array {
    // What others have sent to form groups counts, too, also where this rank never did.
    this.#formation ??= this.formation;
    this.leave();
    this.#life = 'freeing';
    return this.#tally?.sent ?? new Uint32Array(this.size);
  }

  /**
   * Waits until so many messages have come and every collective begun before has ended; or it breaks, or a rank is lost: then they may
   * never come.
   */
  async arrived(total: number): Promise<void> {
    const { liveness } = this.engine;
    liveness.hold();
    await new Promise<void>((resolve) => {
      this.#onLoss = resolve;
      if (this.#broken !== null || this.#lost) resolve();
      else this.#tally?.await(total, resolve);
    });
    if (this.running.length > 0) await new Promise<void>((resolve) => (this.#onIdle = resolve));
    liveness.release();
  }

  /** Ends its contexts. Where not all ranks have agreed to free it messages may still come, and are refused. */
  dispose(): void {
    const late = this.#broken !== null || this.#lost;
    const { formation } = this;
    this.#life = 'freed';
    this.member.domains.delete(this);
    if (this.#parent !== undefined) this.#parent.#children.delete(this);
    const unmatched = (op: Operation) => errors.freedUnsent(op.describe(), this.name);
    for (const context of [this.p2p, this.collective, formation]) this.engine.close(context, unmatched, late);
    this.#board.end();
  }

  /** @param since - the call that has failed, where one has. */
  #break(cause: MpiError, inFlight: MpiError, since: number | null): void {
    this.#broken = { cause, told: false };
    this.engine.break(this.collective, inFlight);
    const final = cause.code === 'ERR_FINALIZED' || cause.code === 'ERR_DEADLOCK';
    const inP2p = final ? cause : errors.unusable('this call', this.name, cause);
    this.engine.break(this.p2p, inP2p);
    if (this.#formation !== undefined) this.engine.break(this.#formation, inP2p);
    this.#onLoss?.();
    this.partner?.breakWith(cause, inFlight);
    // The call may have made a communicator here and failed elsewhere: in that one, and in what was made later, some would wait for ever.
    if (since === null) return;
    for (const child of this.#children) if (!isBefore(child.#madeBy, since)) child.breakWith(cause, inFlight);
  }

  peerFailed(): void {
    this.#lost = true;
    this.#onLoss?.();
  }

  /** Its partner does not work any more. */
  private breakWith(cause: MpiError, inFlight: MpiError): void {
    if (this.#broken === null) this.#break(cause, inFlight, 0);
  }

  /** HOT (bench: allreduce). */
  inspect(frame: Frame): void {
    const disagreement = this.#agreement.hear(frame);
    if (disagreement !== null) this.#mismatch(disagreement);
    if (frame.kind !== FrameKind.INQUIRY) return;
    this.#tally?.count();
    this.#board.rung();
  }

  #mismatch({ number, mine, source, theirs }: Disagreement): MpiError {
    const error = errors.mismatch(
      this.name,
      number,
      { rank: this.rank, of: this.#sides.ours, call: describeFingerprint(mine) },
      { rank: source, of: this.#sides.theirs, call: describeFingerprint(theirs) },
    );
    if (this.#broken !== null) return error;
    this.#break(error, error, number);
    this.#revoke(number, encodeSentence(collectiveName(mine.collective), error));
    return error;
  }

  #revoke(number: number, sentence: Uint8Array): void {
    this.engine.revoke(this.collective, number, sentence);
    if (this.partner !== null) this.engine.revoke(this.partner.collective, number, sentence);
  }

  revoked(source: number, number: number, payload: Uint8Array): void {
    if (this.#broken !== null) return;
    const error = decodeSentence(source, payload, this.#sides.theirs);
    this.#break(error, error, number);
  }
}

/** Owns the contexts in which nothing is agreed: what concerns all of the communicator is heard in the collective one. */
class Bystander implements ContextOwner {
  readonly #domain: Domain;

  constructor(domain: Domain) {
    this.#domain = domain;
  }

  get name(): string {
    return this.#domain.name;
  }

  inspect(): void {
    // Its messages carry no fingerprint.
  }

  revoked(): void {
    // Nor does anybody send this here.
  }

  peerFailed(): void {
    // Heard once.
  }
}

/** Calls are numbered round and round. */
function isBefore(one: number, other: number): boolean {
  return one !== other && ((other - one) & NUMBERS) < NUMBERS / 2;
}
