/** What the ranks of the other group have sent, on its way into one flat array. */
import { partsUnlike } from '../../errors.ts';
import { dtypeName } from '../../wire/dtype.ts';
import { announcementIn } from '../announcement.ts';
import type { GathervOptions } from '../context.ts';
import { flatInbox, type InboxOf } from '../inbox.ts';

/** The two groups may send elements of different kinds: what comes says of which kind the result is. */
export function partsInbox(call: string, { out, counts, displs }: GathervOptions): InboxOf {
  return (packets, rank) => {
    const dtypes = packets.map((packet) => (announcementIn(packet)?.head ?? packet).dtype);
    const dtype = dtypes[0] ?? 0;
    const odd = dtypes.findIndex((other) => other !== dtype);
    if (odd >= 0) throw partsUnlike(call, dtypeName(dtype), odd, dtypeName(dtypes[odd] ?? 0));
    return flatInbox({ call, dtype, out, counts, displs })(packets, rank);
  };
}
