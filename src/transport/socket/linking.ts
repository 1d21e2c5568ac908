/** When the links of a mesh are made, and by whom: eager.ts and lazy.ts are the two answers. */
import type { MpiError } from '../../errors.ts';
import type { SocketAddress } from './address.ts';
import type { Dialer } from './dialer.ts';
import type { Status } from './handshake.ts';
import type { Link } from './link.ts';

export interface Linking {
  /** As `SocketMesh.connect`. @param addresses - by endpoint. */
  connect(addresses: readonly string[]): Promise<void>;
  /** Whether a process that says, or has proved, that it is `peer` gets a link. */
  admit(peer: number): Status;
  /** Frames wait on a link that is not open. Told again and again; nobody is told of a failure before this returns. */
  waiting(link: Link): void;
  /** A link was opened, by a dialer of ours or by the peer's. */
  opened(link: Link): void;
  /** As `Transport.linked`. */
  linked(peer: number): boolean;
  /** As `Transport.settled`, for one link or all of them. */
  settled(link?: Link): Promise<void>;
  /** From now on no link is made but those that {@link settled} waits for. */
  stop(): void;
  /** No link is made any more at all. */
  cancel(): void;
}

/** The mesh as its linking sees it. */
export interface LinkTable {
  readonly self: number;
  /** All endpoints that the mesh reaches, ascending. */
  readonly peers: readonly number[];
  /** Milliseconds. */
  readonly connectTimeout: number;
  /** The link to a peer if there is one yet. */
  find(peer: number): Link | undefined;
  /** The same, made if need be. */
  link(peer: number): Link;
  /** Begins to dial; a link that opens is told by {@link Linking.opened}. */
  dial(link: Link, address: SocketAddress, failed: (error: MpiError) => void): Dialer;
  /** Nobody else is to come. */
  stopListening(): void;
}
