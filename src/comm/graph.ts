/** A communicator whose ranks are the nodes of a graph (MPI 4.1, section 8.5.4). */
import type { Domain } from './domain.ts';
import { NeighborhoodCommunicator } from './neighborhood.ts';
import type { Edges } from './topologies.ts';

/** What `createGraph` gives: each rank knows its own edges. */
export class GraphCommunicator extends NeighborhoodCommunicator {
  readonly #edges: Edges;

  /** @internal */
  constructor(domain: Domain, edges: Edges) {
    super(domain, edges.neighbors);
    this.#edges = edges;
  }

  /** The weight of the edge from each source, as its sender has given it. */
  get sourceWeights(): readonly number[] {
    return this.#edges.sourceWeights;
  }

  /** The weight of the edge to each destination; 1 where none were given. */
  get destinationWeights(): readonly number[] {
    return this.#edges.destinationWeights;
  }

  protected override get kind(): string {
    return 'GraphCommunicator';
  }

  protected override like(domain: Domain): this {
    return new GraphCommunicator(domain, this.#edges) as this;
  }
}
