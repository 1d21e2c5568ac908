/** Meeting at MASTER_ADDR and MASTER_PORT, which every task knows from the start, with a secret that every task has in a file. */
import type { Contact, ListeningPlace, MeetingPoint } from './meeting-point.ts';

export class Master implements MeetingPoint {
  readonly listen: ListeningPlace;
  readonly secret: string;
  readonly advice = undefined;
  readonly absence: string;
  readonly #contact: Contact;

  /** @param listen - an address of rank 0's host, where the contact's is not one; undefined: all of them. */
  constructor(contact: Contact, listen: string | undefined) {
    this.#contact = contact;
    this.secret = contact.secret;
    this.listen = { host: listen, port: contact.port };
    this.absence = `nobody was reached at ${contact.hosts.join()}:${contact.port} (MASTER_ADDR, MASTER_PORT)`;
  }

  async publish(): Promise<void> {
    // Everybody knows it already.
  }

  async find(): Promise<Contact> {
    return this.#contact;
  }

  async leave(): Promise<void> {
    // Nothing was put anywhere.
  }
}
