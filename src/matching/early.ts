/** Frames for communicators that this process has not made yet, in order of arrival. */
import { type Frame, FrameKind } from '../wire/frame.ts';
import type { Message } from './message.ts';

/** Of communicators that this process has not made, so many are remembered as unusable: it may never make them. */
const MAX_REVOKES = 1024;

/**
 * A message (null once its sender has taken it back), an INQUIRY, or a REVOKE (its sentence in the frame's meta), for a context that is
 * still to be opened.
 */
export interface Early {
  readonly from: number;
  readonly frame: Frame;
  message: Message | null;
}

export class EarlyFrames {
  private readonly frames = new Map<number, Early[]>();
  /** The contexts of the REVOKEs among them, in order of arrival. */
  private readonly revokes: number[] = [];

  /** How many contexts have any. */
  get size(): number {
    return this.frames.size;
  }

  add(entry: Early): void {
    const { context, kind } = entry.frame;
    const before = this.frames.get(context);
    if (before === undefined) this.frames.set(context, [entry]);
    else before.push(entry);
    // It may also have come behind the end of its communicator: those that have waited longest are forgotten.
    if (kind === FrameKind.REVOKE && this.revokes.push(context) > MAX_REVOKES) {
      this.forgetRevokes(this.revokes.shift() as number);
    }
  }

  /** Takes out those for a context that is there now. */
  take(context: number): readonly Early[] {
    const frames = this.frames.get(context) ?? [];
    this.frames.delete(context);
    return frames;
  }

  /** The message that endpoint `from` has numbered `id`. */
  find(context: number, from: number, id: number): Early | undefined {
    return this.frames.get(context)?.find(({ message }) => message?.id === id && message.peer === from);
  }

  private forgetRevokes(context: number): void {
    const rest = this.frames.get(context)?.filter(({ frame }) => frame.kind !== FrameKind.REVOKE) ?? [];
    if (rest.length > 0) this.frames.set(context, rest);
    else this.frames.delete(context);
  }
}
