/** What a host says of the memory that its ranks could share: runtime/sharing-check.ts is asked, `tsrun doctor` asks. */
export interface SharingReport {
  /** Bytes of `/dev/shm`, and how many of them are free; undefined: there is no such folder. */
  readonly space: { readonly all: number; readonly free: number } | undefined;
  /** So many ranks, or fewer, find room for their rings there, if each talks to each. */
  readonly room: number;
  /** What keeps ranks from sharing memory; undefined: nothing. */
  readonly obstacle: SharingObstacle | undefined;
}

export interface SharingObstacle {
  /** What did not work: system calls past Node.js, memory in a file without a name, or the way of another process to it. */
  readonly step: 'calls' | 'file' | 'process';
  readonly reason: string;
}
