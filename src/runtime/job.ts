/** This process as a rank of a job that `tsrun` runs: joining it, living in it, leaving it. */
import { availableParallelism } from 'node:os';
import { Deferred } from '../base/deferred.ts';
import { Model } from '../collectives/model/model.ts';
import { Communicator } from '../comm/communicator.ts';
import { type CollectiveSettings, type Job, Member } from '../comm/member.ts';
import { CONTROL_PROTOCOL, RANK_HOOK, type RankHook, type ToRank } from '../contract/control.ts';
import * as errors from '../errors.ts';
import { MpiError } from '../errors.ts';
import { Engine } from '../matching/engine.ts';
import { PeerState } from '../matching/peers.ts';
import type { NativeSource } from '../native/native.ts';
import { SHARED_MEMORY } from '../transport/shm/segment.ts';
import type { Transport } from '../transport/transport.ts';
import type { ControlChannel } from './control.ts';
import { Anchor } from './liveness.ts';
import { locatedCalls, pendingCalls } from './pending.ts';
import { type Polled, Progress } from './progress.ts';
import { sharingOf } from './sharing.ts';
import { Surroundings } from './surroundings.ts';
import { packageVersion } from './version.ts';

/** What a lost peer died of is asked of the launcher; after so many milliseconds it goes without. */
const CAUSE_PATIENCE = 500;

/** A collective that lasts longer than one to two of these, in milliseconds, asks whether the others are in the same call. */
const INQUIRY_PERIOD = 200;

type Start = Extract<ToRank, { type: 'start' }>;

/** joined → leaving → left. */
type Phase = 'joined' | 'leaving' | 'left';

export class JobRank implements Job {
  readonly world: Communicator;
  readonly self: Communicator;
  readonly restart: number;
  readonly #control: ControlChannel;
  readonly #transport: Transport;
  readonly #engine: Engine;
  readonly #member: Member;
  /** What keeps this process alive besides its operations. */
  readonly #anchor = new Anchor();
  readonly #lost = new Map<number, { reason: Error; timer: NodeJS.Timeout }>();
  #phase: Phase = 'joined';
  #inquiry: NodeJS.Timeout | undefined;
  #leaving: Deferred<void> | undefined;

  /** Meets the other ranks; resolves when the links within this host stand. */
  static async join(control: ControlChannel, settings: CollectiveSettings, native: NativeSource): Promise<JobRank> {
    const start = await control.next();
    if (start.type !== 'start') throw errors.launch(`the launcher began with "${start.type}" instead of "start"`);
    const version = packageVersion();
    if (start.protocol !== CONTROL_PROTOCOL) throw errors.otherVersion(start.version, version);
    const surroundings = await Surroundings.listen(start, native, (text) => control.send({ type: 'note', text }));
    const { local, remote } = surroundings;
    // Once it is known where we are others may send, also before we know where they are.
    const joined = new JobRank(control, start, surroundings.transport, settings, native);
    control.send({ type: 'hello', protocol: CONTROL_PROTOCOL, version, pid: process.pid, local, remote });
    const peers = await control.next();
    if (peers.type !== 'peers') throw errors.launch(`the launcher sent "${peers.type}" where addresses were due`);
    joined.#anchor.hold();
    joined.#begin();
    await surroundings.connect(peers);
    joined.#anchor.release();
    control.send({ type: 'ready' });
    return joined;
  }

  private constructor(
    control: ControlChannel,
    start: Start,
    transport: Transport,
    settings: CollectiveSettings,
    native: NativeSource,
  ) {
    this.#control = control;
    this.#transport = transport;
    this.restart = start.epoch;
    const crowded = start.localSize > availableParallelism();
    const refused = (reason: string) => control.send({ type: 'note', text: errors.noBoard(reason) });
    const sharing = sharesMemory(start) ? sharingOf(native, SHARED_MEMORY, crowded, refused) : undefined;
    const polled = sharing === undefined ? transport : both(sharing.waits, transport);
    const liveness = new Progress({ transport: polled, anchor: this.#anchor, crowded, native });
    const { size, hosts, hostOf, calibration } = start;
    const engine = new Engine({ transport, endpoints: size, liveness });
    this.#engine = engine;
    engine.onLost = (peer, reason) => this.#peerLost(peer, reason);
    engine.onLeft = () => this.#checkLeft();
    const names = hostOf.map((host) => hosts[host] as string);
    const model = calibration && new Model(calibration);
    this.#member = new Member({ engine, job: this, settings: { ...settings, model }, hosts: names, sharing });
    this.world = this.#member.world();
    this.self = this.#member.self();
  }

  #begin(): void {
    this.#watchProcess();
    this.#control.onEnd = () => this.#orphaned();
    this.#control.listen((message) => this.#hear(message));
  }

  /** HOT (bench: allreduce). */
  began(): void {
    this.#inquiry ??= setTimeout(() => this.#inquire(), INQUIRY_PERIOD).unref();
  }

  #inquire(): void {
    this.#inquiry = undefined;
    if (this.#member.inquire()) this.began();
  }

  abort(code: number, reason: string | undefined): never {
    const place: { stack?: string } = {};
    Error.captureStackTrace(place, Communicator.prototype.abort);
    this.#phase = 'left';
    this.#control.sendNow({ type: 'abort', code, reason, stack: (place.stack ?? '').replace(/^.*\n/, '') });
    process.exit(code);
  }

  /**
   * Says good-bye and waits until everybody has. A rank is not gone before: another one may still need what it sent.
   * Rejects when a rank failed instead.
   */
  finalize(): Promise<void> {
    if (this.#leaving === undefined) {
      this.#leaving = new Deferred();
      this.#anchor.hold();
      // Communicators that are being freed still need this rank. What was sent over a link that cannot be made has to show before the
      // good-byes: nobody would wait for them there.
      void this.#member
        .departed()
        .then(() => this.#transport.settled())
        .then(() => this.#sayGoodBye());
    }
    return this.#leaving.promise;
  }

  #sayGoodBye(): void {
    this.#phase = 'leaving';
    const untold = this.#engine.leave();
    if (untold.length > 0) this.#control.send({ type: 'bye', to: untold });
    this.#checkLeft();
  }

  #checkLeft(): void {
    if (this.#phase !== 'leaving') return;
    const { self, endpoints } = this.#engine;
    const others = Array.from({ length: endpoints }, (_, peer) => this.#engine.peer(peer)).filter(
      (_, at) => at !== self,
    );
    const failed = others.find(({ state }) => state === PeerState.FAILED);
    if (failed !== undefined) return this.#endLeaving(failed.error ?? undefined);
    if (others.every(({ state }) => state === PeerState.LEFT)) this.#endLeaving(undefined);
  }

  #endLeaving(error: MpiError | undefined): void {
    this.#phase = 'left';
    if (error === undefined) this.#control.send({ type: 'finalized' });
    this.#member.end(errors.finalized());
    void this.#transport.close().then(() => {
      this.#anchor.release();
      if (error === undefined) this.#leaving?.resolve();
      else this.#leaving?.reject(error);
    });
  }

  /** The link to a peer broke: the launcher knows what it died of, or ends the job first. */
  #peerLost(peer: number, reason: Error): void {
    this.#control.send({ type: 'lost', peer, detail: reason.message });
    this.#anchor.hold();
    const timer = setTimeout(() => this.#peerFailed(peer, undefined), CAUSE_PATIENCE);
    this.#lost.set(peer, { reason, timer });
  }

  #peerFailed(peer: number, cause: string | undefined): void {
    const entry = this.#lost.get(peer);
    if (entry === undefined) return;
    this.#lost.delete(peer);
    clearTimeout(entry.timer);
    this.#anchor.release();
    this.#engine.peerFailed(
      peer,
      cause === undefined
        ? errors.asMpiError(entry.reason)
        : new MpiError('ERR_PROC_FAILED', cause, { peer, cause: entry.reason }),
    );
    this.#checkLeft();
  }

  #hear(message: ToRank): void {
    if (message.type === 'cause') this.#peerFailed(message.peer, message.text);
    else if (message.type === 'bye') for (const peer of message.from) this.#engine.peerLeft(peer);
    else if (message.type === 'where') {
      void locatedCalls(this.#engine).then((pending) => {
        this.#control.send({ type: 'where', id: message.id, pending });
      });
    }
  }

  /** Without a launcher there is nobody to report to and nobody to stop us: we stop ourselves. */
  #orphaned(): void {
    if (this.#phase !== 'left') process.kill(process.pid, 'SIGKILL');
  }

  /** The script is over when the event loop is empty and its module has been evaluated. */
  #watchProcess(): void {
    const hook = (globalThis as { [RANK_HOOK]?: RankHook })[RANK_HOOK];
    if (hook !== undefined) {
      hook.pending = () => pendingCalls(this.#engine);
      hook.finalized = () => this.#phase === 'left';
    }
    process.on('beforeExit', () => {
      if (hook === undefined || hook.scriptSettled) void this.finalize();
    });
  }
}

/** Whether ranks of this host are to use memory that they share: as all of them are told alike. */
function sharesMemory({ local }: Start): boolean {
  return local?.kind === 'unix' && local.memory !== 'none';
}

/** Two that are polled as one. */
function both(one: Omit<Polled, 'quick'>, other: Polled): Polled {
  return {
    get quick() {
      return other.quick;
    },
    poll() {
      const found = one.poll();
      return other.poll() || found;
    },
    arm() {
      const quiet = one.arm();
      return other.arm() && quiet;
    },
  };
}
