/** A communicator whose ranks form a grid (MPI 4.1, section 8.5). */
import type { WaitOptions } from '../p2p/guard.ts';
import type { Domain } from './domain.ts';
import { splitDomain } from './making.ts';
import { NeighborhoodCommunicator } from './neighborhood.ts';
import type { Grid } from './topology/grid.ts';

/**
 * What `createCart` gives. Ranks are numbered with the last coordinate changing fastest. The neighbours of the neighbourhood
 * collectives are, for each dimension, the one before and the one after; beyond an open edge there is nobody (PROC_NULL).
 */
export class CartCommunicator extends NeighborhoodCommunicator {
  readonly #grid: Grid;
  #coords: readonly number[] | undefined;

  /** @internal */
  constructor(domain: Domain, grid: Grid) {
    super(domain, grid.neighborsOf(domain.rank));
    this.#grid = grid;
  }

  /** Extent of each dimension. */
  get dims(): readonly number[] {
    return this.#grid.dims;
  }

  /** Which dimensions are periodic: their ends meet. */
  get periods(): readonly boolean[] {
    return this.#grid.periods;
  }

  /** The coordinates of this rank. */
  get coords(): readonly number[] {
    this.#coords ??= this.#grid.coordsOf(this.rank);
    return this.#coords;
  }

  /** The coordinates of a rank (MPI_Cart_coords). @throws MpiError ERR_RANK */
  coordsOf(rank: number): number[] {
    return this.#grid.coordsOf(rank);
  }

  /** The rank at these coordinates; those of periodic dimensions wrap (MPI_Cart_rank). @throws MpiError ERR_ARG */
  rankOf(coords: readonly number[]): number {
    return this.#grid.rankOf(coords);
  }

  /**
   * Whom to receive from and send to when all shift their data by `displacement` along `dimension`; PROC_NULL beyond an open edge
   * (MPI_Cart_shift).
   *
   * @throws MpiError ERR_ARG
   */
  shift(dimension: number, displacement: number): { source: number; dest: number } {
    return this.#grid.shift(this.rank, dimension, displacement);
  }

  /**
   * The slice of the grid that this rank is in, with the dimensions for which `keep` is true (MPI_Cart_sub). Every rank calls it.
   *
   * @throws MpiError ERR_ARG
   */
  async sub(keep: readonly boolean[], options?: WaitOptions): Promise<CartCommunicator> {
    const { domain } = this;
    const made = await this.making('sub', options, async () => {
      const { grid, colorOf, keyOf } = this.#grid.sub(keep);
      // Which dimensions are kept is what all ranks must give alike: a bit for each.
      const count = keep.reduce((bits, kept) => 2 * bits + Number(kept), 0);
      const made = await splitDomain(domain, colorOf(this.rank), keyOf(this.rank), 'sub', { count });
      return { grid, domain: made as Domain };
    });
    return new CartCommunicator(made.domain, made.grid);
  }

  protected override get kind(): string {
    return `CartCommunicator (${this.dims.join(' x ')})`;
  }

  protected override like(domain: Domain): this {
    return new CartCommunicator(domain, this.#grid) as this;
  }
}
