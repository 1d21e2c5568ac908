/** Where the tsruns of a job find each other. The ways differ in what carries rank 0's address and a secret to the others. */

export const LOOPBACK = '127.0.0.1';

/** What leads to the tsrun of rank 0. */
export interface Contact {
  /** Names or IP addresses. Its host has them all, but not every one may lead there from here. */
  readonly hosts: readonly string[];
  readonly port: number;
  /** Proves that both belong to one job; 64 hex digits. */
  readonly secret: string;
}

/** Where rank 0 listens. */
export interface ListeningPlace {
  /** Undefined: at every address of its host. */
  readonly host: string | undefined;
  /** 0: the system's choice. */
  readonly port: number;
}

export interface MeetingPoint {
  readonly listen: ListeningPlace;
  /** What rank 0 asks of whoever connects. */
  readonly secret: string;
  /** Rank 0 listens on that port: the others may come. */
  publish(port: number): Promise<void>;
  /** What is known of rank 0 by now; undefined: nothing. Asked again after an attempt has failed: it may have been old news. */
  find(): Promise<Contact | undefined>;
  /** For messages of whoever did not find it: what was missing, where. */
  readonly absence: string;
  /** Set where only tasks of one machine can meet, though there may be others: what would let all of them. */
  readonly advice: string | undefined;
  /** Everybody has met, or nobody will any more: nothing stays behind. Never rejects. */
  leave(): Promise<void>;
}

/** How this host is reached, if rank 0 is here. */
export interface OwnPlace {
  /** Undefined: at all addresses. */
  readonly listen: string | undefined;
  readonly hosts: readonly string[];
}

export interface Patience {
  /** How long each task waits for the others. */
  readonly milliseconds: number;
  /** When that is over, for this one; or when it is interrupted. */
  readonly deadline: AbortSignal;
  /** It is told to end. */
  readonly interrupted: AbortSignal;
}
