/** What random programs are made of: one entry a kind, with how often it is drawn. A new one is a file in steps/ and a line here. */
import type { Kind } from './step.ts';
import { freeing, making, twins } from './steps/communicators.ts';
import { intercommunicator } from './steps/intercommunicators.ts';
import { messages } from './steps/messages.ts';
import { barrier, inPlace, moving } from './steps/moving.ts';
import { reduction } from './steps/reductions.ts';
import { retracting } from './steps/retracting.ts';
import { persistent, sendrecv } from './steps/rings.ts';
import { graph, grid } from './steps/topologies.ts';

export interface Entry {
  readonly kind: Kind<never, unknown>;
  /** Relative to the others. */
  readonly weight: number;
}

const entry = <Data, Result>(weight: number, kind: Kind<Data, Result>): Entry => ({ weight, kind: kind as never });

export const STEPS: Readonly<Record<string, Entry>> = {
  messages: entry(8, messages),
  sendrecv: entry(2, sendrecv),
  persistent: entry(1, persistent),
  retracting: entry(1, retracting),
  moving: entry(5, moving),
  inPlace: entry(1, inPlace),
  reduction: entry(7, reduction),
  barrier: entry(1, barrier),
  making: entry(5, making),
  freeing: entry(2, freeing),
  twins: entry(1, twins),
  intercommunicator: entry(1, intercommunicator),
  grid: entry(1, grid),
  graph: entry(1, graph),
};
